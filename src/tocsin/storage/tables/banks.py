"""Banks, entries, their signals and labels, and the progress of imports (schema version 1)."""

BANKS_AND_ENTRIES = (
    "CREATE TABLE home (identity TEXT NOT NULL) STRICT",
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    """INSERT INTO counter (name, value)
        VALUES ('entry', 0), ('signal', 0), ('last_pdq', 0), ('last_removal', 0)""",
    """CREATE TABLE bank (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        radius INTEGER NOT NULL,
        quality_floor INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        onward_sharing TEXT NOT NULL,
        created INTEGER NOT NULL,
        entries INTEGER NOT NULL DEFAULT 0,
        withdrawn INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE TABLE origin (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        member TEXT NOT NULL,
        UNIQUE (source, member)
    ) STRICT""",
    """CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        bank_id INTEGER NOT NULL REFERENCES bank (id),
        origin_id INTEGER NOT NULL REFERENCES origin (id),
        id_at_origin TEXT NOT NULL DEFAULT '',
        added INTEGER NOT NULL,
        withdrawn INTEGER,
        withdrawn_reason TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX entry_of_bank ON entry (bank_id)",
    # The unique key stands in a table of its own so that a batch can be inserted in the order of its keys:
    # each page of the tree is then touched once a batch, not once an entry.
    """CREATE TABLE entry_key (
        bank_id INTEGER NOT NULL REFERENCES bank (id),
        key INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (bank_id, key)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE signal (
        id INTEGER PRIMARY KEY,
        entry_id INTEGER NOT NULL REFERENCES entry (id),
        type TEXT NOT NULL,
        value BLOB NOT NULL,
        quality INTEGER,
        view TEXT,
        dialect TEXT,
        orientation TEXT
    ) STRICT""",
    "CREATE INDEX signal_of_entry ON signal (entry_id)",
    "CREATE INDEX exact_signal ON signal (type, value) WHERE type <> 'pdq'",
    """CREATE TABLE label (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        scheme TEXT NOT NULL,
        version TEXT NOT NULL,
        code TEXT NOT NULL,
        author TEXT NOT NULL,
        time TEXT NOT NULL,
        UNIQUE (scheme, version, code, author, time)
    ) STRICT""",
    """CREATE TABLE entry_label (
        entry_id INTEGER NOT NULL REFERENCES entry (id),
        position INTEGER NOT NULL,
        label_id INTEGER NOT NULL REFERENCES label (id),
        PRIMARY KEY (entry_id, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE import_progress (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        bank_id INTEGER NOT NULL REFERENCES bank (id),
        fingerprint TEXT NOT NULL,
        byte_offset INTEGER NOT NULL,
        line INTEGER NOT NULL,
        added INTEGER NOT NULL,
        already_there INTEGER NOT NULL,
        still_withdrawn INTEGER NOT NULL,
        withdrawn INTEGER NOT NULL,
        bad INTEGER NOT NULL,
        UNIQUE (bank_id, fingerprint)
    ) STRICT""",
    """CREATE TABLE bad_line (
        import_id INTEGER NOT NULL REFERENCES import_progress (id),
        line INTEGER NOT NULL,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (import_id, line)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE index_removal (
        id INTEGER PRIMARY KEY,
        first_signal INTEGER NOT NULL,
        last_signal INTEGER NOT NULL
    ) STRICT""",
)
