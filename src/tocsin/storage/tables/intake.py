"""Contents submitted, their signals, submissions, matches, opinions, look-ups, webhooks (version 2)."""

INTAKE = (
    "ALTER TABLE bank ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
    """INSERT INTO counter (name, value)
        VALUES ('content', 0), ('content_signal', 0), ('last_content_pdq', 0), ('last_content_removal', 0)""",
    """CREATE TABLE content (
        id INTEGER PRIMARY KEY,
        sha256 BLOB NOT NULL UNIQUE,
        size INTEGER NOT NULL,
        received INTEGER NOT NULL,
        kind TEXT NOT NULL DEFAULT '',
        format TEXT NOT NULL DEFAULT '',
        examined INTEGER,
        answer TEXT
    ) STRICT""",
    """CREATE TABLE content_signal (
        id INTEGER PRIMARY KEY,
        content_id INTEGER NOT NULL REFERENCES content (id),
        member INTEGER NOT NULL DEFAULT 0,
        type TEXT NOT NULL,
        value BLOB NOT NULL,
        quality INTEGER,
        view TEXT,
        dialect TEXT,
        orientation TEXT
    ) STRICT""",
    "CREATE INDEX signal_of_content ON content_signal (content_id, member)",
    "CREATE INDEX exact_content_signal ON content_signal (type, value) WHERE type <> 'pdq'",
    # Files in an archive, counted from 1; member 0 of content_signal is the archive itself.
    """CREATE TABLE content_member (
        content_id INTEGER NOT NULL REFERENCES content (id),
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        refused TEXT,
        answer TEXT NOT NULL,
        PRIMARY KEY (content_id, number)
    ) STRICT, WITHOUT ROWID""",
    # Signals of a content that was examined anew: what an index over content_signal has to forget.
    """CREATE TABLE content_removal (
        id INTEGER PRIMARY KEY,
        first_signal INTEGER NOT NULL,
        last_signal INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE submission (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        content_id INTEGER NOT NULL REFERENCES content (id),
        received INTEGER NOT NULL,
        submitter TEXT NOT NULL,
        idempotency_key TEXT,
        platform TEXT NOT NULL,
        account TEXT NOT NULL,
        url TEXT NOT NULL,
        context TEXT NOT NULL,
        job INTEGER NOT NULL DEFAULT 0,
        matched INTEGER,
        UNIQUE (submitter, idempotency_key)
    ) STRICT""",
    "CREATE INDEX submission_of_content ON submission (content_id)",
    # Pages are by number: without the number in them, SQLite sorts everything that a submitter has sent.
    "CREATE INDEX submission_of_submitter ON submission (submitter, number)",
    "CREATE INDEX submission_of_platform ON submission (platform, number)",
    "CREATE INDEX submission_of_account ON submission (platform, account)",
    "CREATE INDEX submission_of_url ON submission (url)",
    # A match stays what it was when it was made, also when its entry or bank is gone: no foreign keys.
    """CREATE TABLE submission_match (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        submission INTEGER NOT NULL REFERENCES submission (number),
        found INTEGER NOT NULL,
        retroactive INTEGER NOT NULL,
        member INTEGER NOT NULL,
        bank TEXT NOT NULL,
        bank_version INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        type TEXT NOT NULL,
        distance INTEGER NOT NULL,
        radius INTEGER NOT NULL,
        suppressed INTEGER NOT NULL,
        detail TEXT NOT NULL
    ) STRICT""",
    # Once for each submission, member, entry and type; and once more when an allow bank no longer holds it
    # back.
    """CREATE UNIQUE INDEX match_of_submission
        ON submission_match (submission, member, entry_id, type, bank, suppressed)""",
    "CREATE INDEX match_of_entry ON submission_match (entry_id)",
    """CREATE TABLE opinion (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        entry_id INTEGER NOT NULL REFERENCES entry (id),
        time INTEGER NOT NULL,
        author TEXT NOT NULL,
        verdict TEXT NOT NULL,
        reason TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX opinion_of_entry ON opinion (entry_id)",
    # How much somebody asked about hashes alone, minute by minute: who guesses at a list shows here.
    """CREATE TABLE lookup_count (
        principal TEXT NOT NULL,
        minute INTEGER NOT NULL,
        asked INTEGER NOT NULL,
        matched INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        PRIMARY KEY (minute, principal)
    ) STRICT, WITHOUT ROWID""",
    # Secrets are sealed. The old one signs too until `old_until`, so that a receiver has time to change.
    """CREATE TABLE webhook (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        url TEXT NOT NULL,
        events TEXT NOT NULL,
        secret BLOB NOT NULL,
        old_secret BLOB,
        old_until INTEGER,
        created INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        active INTEGER NOT NULL,
        paused TEXT NOT NULL DEFAULT '',
        failures INTEGER NOT NULL DEFAULT 0,
        last_failed INTEGER
    ) STRICT""",
    # `job_id` is null while the webhook is paused; jobs that ended well are forgotten: no foreign key.
    """CREATE TABLE delivery (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        webhook_id INTEGER NOT NULL REFERENCES webhook (id),
        message TEXT NOT NULL,
        event TEXT NOT NULL,
        body TEXT NOT NULL,
        created INTEGER NOT NULL,
        delivered INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        last_answer TEXT NOT NULL DEFAULT '',
        job_id INTEGER
    ) STRICT""",
    "CREATE INDEX delivery_of_webhook ON delivery (webhook_id, id)",
)
