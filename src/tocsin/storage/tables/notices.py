"""Notices to hosting providers, and the register of what was told the NCA (schema version 4)."""

NOTICES: tuple[str, ...] = (
    """CREATE TABLE notice_provider (
        name TEXT PRIMARY KEY,
        channel TEXT NOT NULL,
        address TEXT NOT NULL,
        hosts TEXT NOT NULL,
        language TEXT NOT NULL
    ) STRICT""",
    # Sealed for the purpose, which names where the secret is sent: it opens for nowhere else.
    """CREATE TABLE notice_secret (
        purpose TEXT PRIMARY KEY,
        sealed BLOB NOT NULL
    ) STRICT""",
    # A provider may be forgotten while its notices stay: no foreign key.
    """CREATE TABLE notice (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        case_number INTEGER NOT NULL REFERENCES review_case (number),
        provider TEXT NOT NULL,
        url TEXT NOT NULL,
        found INTEGER NOT NULL,
        law TEXT NOT NULL,
        reference TEXT NOT NULL UNIQUE,
        test INTEGER NOT NULL,
        author TEXT NOT NULL,
        state TEXT NOT NULL,
        revision INTEGER NOT NULL,
        created INTEGER NOT NULL,
        sent INTEGER,
        reminders INTEGER NOT NULL DEFAULT 0,
        next_reminder INTEGER,
        answered INTEGER,
        their_reference TEXT NOT NULL DEFAULT '',
        problem TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX notice_of_case ON notice (case_number, number)",
    "CREATE INDEX notice_in_state ON notice (state, number)",
    """CREATE TABLE notice_event (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        notice INTEGER NOT NULL REFERENCES notice (number),
        time INTEGER NOT NULL,
        what TEXT NOT NULL,
        actor TEXT NOT NULL,
        words TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX event_of_notice ON notice_event (notice, id)",
    # What a person has written of the form, and which priority, until and after it was handed in by portal.
    """CREATE TABLE register_entry (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        case_number INTEGER NOT NULL REFERENCES review_case (number),
        platform TEXT NOT NULL,
        account TEXT NOT NULL,
        follows INTEGER,
        author TEXT NOT NULL,
        created INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        state TEXT NOT NULL,
        proposed TEXT NOT NULL,
        priority TEXT NOT NULL DEFAULT '',
        priority_by TEXT NOT NULL DEFAULT '',
        priority_reason TEXT NOT NULL DEFAULT '',
        answers TEXT NOT NULL,
        test INTEGER NOT NULL DEFAULT 1,
        reference TEXT NOT NULL DEFAULT '',
        sent INTEGER,
        sent_by TEXT NOT NULL DEFAULT '',
        form TEXT NOT NULL DEFAULT '',
        acknowledged INTEGER,
        acknowledged_words TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX register_of_case ON register_entry (case_number, number)",
    "CREATE INDEX register_in_state ON register_entry (state, number)",
    # Test references are made up, and may repeat.
    """CREATE UNIQUE INDEX register_reference ON register_entry (reference)
        WHERE reference <> '' AND test = 0""",
    """CREATE TABLE register_question (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        entry INTEGER NOT NULL REFERENCES register_entry (number),
        asked INTEGER NOT NULL,
        due INTEGER NOT NULL,
        words TEXT NOT NULL,
        noted_by TEXT NOT NULL,
        answered INTEGER,
        answer TEXT NOT NULL DEFAULT '',
        answered_by TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX question_of_entry ON register_question (entry, id)",
    "CREATE INDEX open_question ON register_question (due) WHERE answered IS NULL",
)
