"""Accounts at authorities, their secrets sealed; which environment is in use; schemas (schema version 4)."""

CONNECTIONS = (
    """CREATE TABLE authority_account (
        authority TEXT NOT NULL,
        environment TEXT NOT NULL,
        url TEXT NOT NULL,
        sealed BLOB NOT NULL,
        connected INTEGER NOT NULL,
        connected_by TEXT NOT NULL,
        PRIMARY KEY (authority, environment)
    ) STRICT, WITHOUT ROWID""",
    # Which of the environments for tests is in use. Production never stands here: see authority_switch.
    """CREATE TABLE authority_in_use (
        authority TEXT NOT NULL PRIMARY KEY,
        environment TEXT NOT NULL CHECK (environment <> 'production'),
        since INTEGER NOT NULL,
        chosen_by TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # A switch to production: asked for by one person, confirmed by another, ended by anybody or by time.
    # `seal` binds it to the place where it was confirmed; only the node's keys make one.
    """CREATE TABLE authority_switch (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        authority TEXT NOT NULL,
        asked INTEGER NOT NULL,
        asked_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        confirmed INTEGER,
        confirmed_by TEXT NOT NULL DEFAULT '',
        place TEXT NOT NULL DEFAULT '',
        seal BLOB,
        ended INTEGER,
        ended_by TEXT NOT NULL DEFAULT '',
        why_ended TEXT NOT NULL DEFAULT '',
        CHECK (confirmed IS NULL OR (seal IS NOT NULL AND confirmed_by <> asked_by))
    ) STRICT""",
    "CREATE INDEX switch_of_authority ON authority_switch (authority, ended)",
    """CREATE TABLE authority_schema (
        authority TEXT NOT NULL,
        environment TEXT NOT NULL,
        fetched INTEGER NOT NULL,
        fetched_by TEXT NOT NULL,
        sha256 BLOB NOT NULL,
        xsd BLOB NOT NULL,
        PRIMARY KEY (authority, environment)
    ) STRICT, WITHOUT ROWID""",
)
