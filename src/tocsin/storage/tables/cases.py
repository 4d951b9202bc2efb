"""Cases, observations, decisions, what was looked at, limits of people (schema version 3)."""

CASES = (
    # `rank`, `due` and `opened` are the order of the queue (see tocsin.cases.urgency), with `number` last so
    # that it is total. `standing` says, as JSON, what they were worked out from.
    """CREATE TABLE review_case (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        opened INTEGER NOT NULL,
        queue TEXT NOT NULL,
        state TEXT NOT NULL,
        stage TEXT NOT NULL,
        rank INTEGER NOT NULL,
        due INTEGER NOT NULL,
        standing TEXT NOT NULL,
        submissions INTEGER NOT NULL DEFAULT 0,
        holder TEXT,
        lease_until INTEGER,
        claim INTEGER NOT NULL DEFAULT 0,
        reserved_for TEXT NOT NULL DEFAULT '',
        first_reviewer TEXT NOT NULL DEFAULT '',
        decided INTEGER
    ) STRICT""",
    "CREATE INDEX case_waiting ON review_case (queue, rank, due, opened, number) WHERE state = 'waiting'",
    "CREATE INDEX case_waiting_longest ON review_case (queue, opened, number) WHERE state = 'waiting'",
    "CREATE INDEX case_reserved ON review_case (reserved_for) WHERE reserved_for <> '' AND state = 'waiting'",
    "CREATE INDEX case_claimed ON review_case (lease_until) WHERE state = 'claimed'",
    "CREATE INDEX case_held ON review_case (holder) WHERE state = 'claimed'",
    "CREATE INDEX case_decided ON review_case (decided) WHERE state = 'decided'",
    # Every so many turns, the case that has waited longest is given out (see tocsin.cases.queue).
    "INSERT INTO counter (name, value) VALUES ('turn', 0)",
    """CREATE TABLE case_submission (
        submission INTEGER PRIMARY KEY,
        case_number INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX submission_of_case ON case_submission (case_number, submission)",
    """CREATE TABLE case_content (
        case_number INTEGER NOT NULL,
        content_id INTEGER NOT NULL,
        PRIMARY KEY (case_number, content_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX case_of_content ON case_content (content_id, case_number)",
    # What cases belong together by: digests, for accounts and links are strangers' texts of any length.
    """CREATE TABLE case_key (
        digest BLOB NOT NULL,
        case_number INTEGER NOT NULL,
        kind TEXT NOT NULL,
        PRIMARY KEY (digest, case_number)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX key_of_case ON case_key (case_number)",
    """CREATE TABLE case_category (
        case_number INTEGER NOT NULL,
        category TEXT NOT NULL,
        PRIMARY KEY (case_number, category)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE case_skip (
        person TEXT NOT NULL,
        case_number INTEGER NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (person, case_number)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE observation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        case_number INTEGER NOT NULL,
        content_id INTEGER NOT NULL,
        about TEXT NOT NULL,
        observed TEXT NOT NULL,
        author TEXT NOT NULL,
        time INTEGER NOT NULL,
        claim INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX observation_of_content ON observation (content_id, id)",
    "CREATE INDEX observation_of_case ON observation (case_number, id)",
    """CREATE TABLE decision (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        case_number INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        proposal TEXT NOT NULL,
        author TEXT NOT NULL,
        time INTEGER NOT NULL,
        standpoint TEXT NOT NULL,
        needs_second TEXT NOT NULL,
        second TEXT NOT NULL DEFAULT '',
        second_time INTEGER,
        second_note TEXT NOT NULL DEFAULT '',
        published TEXT NOT NULL DEFAULT '[]',
        undo_until INTEGER
    ) STRICT""",
    "CREATE INDEX decision_of_case ON decision (case_number, id)",
    "CREATE INDEX decision_by_author ON decision (author, id)",
    # One row for each content of a case that a decision in force is about: its newest says what was judged.
    """CREATE TABLE judgement (
        content_id INTEGER NOT NULL,
        decision_id INTEGER NOT NULL,
        PRIMARY KEY (content_id, decision_id)
    ) STRICT, WITHOUT ROWID""",
    # Matches that a decision in force calls wrong: a policy's figures.
    """CREATE TABLE false_match (
        decision_id INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        bank TEXT NOT NULL,
        type TEXT NOT NULL,
        distance INTEGER NOT NULL,
        PRIMARY KEY (decision_id, entry_id, type)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX false_match_of_bank ON false_match (bank)",
    # `seconds` were granted and count whole unless the page says that the look ended sooner.
    """CREATE TABLE reveal (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        person TEXT NOT NULL,
        day TEXT NOT NULL,
        time INTEGER NOT NULL,
        case_number INTEGER NOT NULL,
        content_id INTEGER NOT NULL,
        region TEXT NOT NULL,
        page TEXT NOT NULL,
        seconds INTEGER NOT NULL,
        shown INTEGER
    ) STRICT""",
    "CREATE INDEX reveal_of_person ON reveal (person, day)",
    "CREATE INDEX reveal_of_content ON reveal (content_id)",
    # Minutes in which material was before somebody, in any rendition: the working day and its stretches.
    """CREATE TABLE exposed_minute (
        person TEXT NOT NULL,
        minute INTEGER NOT NULL,
        day TEXT NOT NULL,
        renditions INTEGER NOT NULL,
        PRIMARY KEY (person, minute)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX exposed_on_day ON exposed_minute (day, person)",
    # What people set for themselves: tighter limits, categories they opted out of, language, theme.
    """CREATE TABLE reviewer (
        person TEXT PRIMARY KEY,
        preferences TEXT NOT NULL,
        latest INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
)
