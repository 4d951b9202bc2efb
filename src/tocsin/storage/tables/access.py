"""People, tokens, sessions and rights in banks (schema version 2)."""

ACCESS = (
    """CREATE TABLE person (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        roles TEXT NOT NULL,
        password TEXT NOT NULL,
        second_factor BLOB,
        last_code INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0,
        locked_until INTEGER NOT NULL DEFAULT 0,
        created INTEGER NOT NULL,
        active INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE token (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        roles TEXT NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        created INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        expires INTEGER NOT NULL,
        revoked INTEGER,
        rate INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE session (
        digest BLOB PRIMARY KEY,
        person_id INTEGER NOT NULL REFERENCES person (id),
        created INTEGER NOT NULL,
        last_used INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        revoked INTEGER
    ) STRICT""",
    "CREATE INDEX session_of_person ON session (person_id)",
    # The bank '*' stands for every bank that has no row of its own for the principal.
    """CREATE TABLE bank_right (
        principal TEXT NOT NULL,
        bank TEXT NOT NULL,
        rights TEXT NOT NULL,
        PRIMARY KEY (principal, bank)
    ) STRICT, WITHOUT ROWID""",
)
