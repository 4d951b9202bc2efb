"""Durable work (schema version 2)."""

JOBS = (
    """CREATE TABLE job (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        payload TEXT NOT NULL,
        idempotency_key TEXT UNIQUE,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due INTEGER NOT NULL,
        lease TEXT,
        leased_until INTEGER,
        created INTEGER NOT NULL,
        ended INTEGER,
        reason TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX job_to_do ON job (due) WHERE state IN ('ready', 'leased')",
    "CREATE INDEX job_in_state ON job (state, kind)",
)
