"""People, tokens, sessions and rights in banks (schema version 2)."""

ACCESS = (
    # Attempts to sign in that belong to no person who could do so. Counting them costs what counting a
    # person's failure costs, so that the time an answer takes does not tell which names exist.
    "INSERT INTO counter (name, value) VALUES ('idle_sign_in', 0)",
    """CREATE TABLE person (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        roles TEXT NOT NULL,
        password TEXT NOT NULL,
        must_enrol INTEGER NOT NULL,
        second_factor BLOB,
        pending_factor BLOB,
        last_code INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0,
        locked_until INTEGER NOT NULL DEFAULT 0,
        created INTEGER NOT NULL,
        active INTEGER NOT NULL
    ) STRICT""",
    # What a code is good for ends with its first use; the row goes with it.
    """CREATE TABLE recovery_code (
        person_id INTEGER NOT NULL REFERENCES person (id),
        digest BLOB NOT NULL,
        PRIMARY KEY (person_id, digest)
    ) STRICT, WITHOUT ROWID""",
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
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        digest BLOB NOT NULL UNIQUE,
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
