"""Durable work (schema version 2)."""

JOBS = (
    # `due` says when a job may be claimed: of one that waits, when it is to run; of a leased one, when its
    # lease ends. `changed` is when its row was last written: if that is to come, a clock was set back.
    """CREATE TABLE job (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        payload TEXT NOT NULL,
        idempotency_key TEXT UNIQUE,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due INTEGER NOT NULL,
        lease TEXT,
        changed INTEGER NOT NULL,
        created INTEGER NOT NULL,
        ended INTEGER,
        reason TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    # By `ended`, not by state: SQLite would look for the states in job_in_state, and sort all that waits.
    "CREATE INDEX job_to_do ON job (due, id) WHERE ended IS NULL",
    "CREATE INDEX job_in_state ON job (state, id)",
    "CREATE INDEX job_ended ON job (state, ended)",
)
