"""The ledger and its signed heads (schema version 2), and ways to look for rows (3)."""

LEDGER = (
    # Each row holds the hash of the one before it, so that none can be changed, dropped or moved unseen.
    """CREATE TABLE ledger (
        number INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        actor TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL,
        previous BLOB NOT NULL,
        hash BLOB NOT NULL,
        key_id TEXT NOT NULL,
        signature BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX ledger_of_subject ON ledger (subject)",
    """CREATE TABLE ledger_head (
        number INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        hash BLOB NOT NULL,
        previous INTEGER NOT NULL,
        key_id TEXT NOT NULL,
        signature BLOB NOT NULL,
        time_stamp BLOB,
        time_stamp_failure TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "INSERT INTO counter (name, value) VALUES ('ledger', 0)",
)
LEDGER_SEARCH = (
    "CREATE INDEX ledger_in_time ON ledger (time, number)",
    "CREATE INDEX ledger_by_actor ON ledger (actor, time, number)",
    "CREATE INDEX ledger_of_kind ON ledger (kind, time, number)",
)
