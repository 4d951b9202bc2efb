"""Cases, observations, decisions, what was looked at, limits of people (schema version 3)."""

CASES = (
    # `turn`, `rank`, `due` and `opened` are the order of the queue (see tocsin.cases.urgency), with `number`
    # last so that it is total. `standing` says, as JSON, what they were worked out from. `said_by`: the
    # submitter whose words of danger count. `given`: why out of its order. `grown`: something new has become
    # known since its holder claimed it.
    """CREATE TABLE review_case (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        opened INTEGER NOT NULL,
        queue TEXT NOT NULL,
        state TEXT NOT NULL,
        stage TEXT NOT NULL,
        turn INTEGER NOT NULL,
        rank INTEGER NOT NULL,
        due INTEGER NOT NULL,
        standing TEXT NOT NULL,
        said_by TEXT NOT NULL DEFAULT '',
        submissions INTEGER NOT NULL DEFAULT 0,
        holder TEXT,
        lease_until INTEGER,
        claim INTEGER NOT NULL DEFAULT 0,
        given TEXT NOT NULL DEFAULT '',
        grown INTEGER NOT NULL DEFAULT 0,
        reserved_for TEXT NOT NULL DEFAULT '',
        reserved_until INTEGER NOT NULL DEFAULT 0,
        first_reviewer TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '',
        decided INTEGER
    ) STRICT""",
    """CREATE INDEX case_waiting ON review_case (queue, turn, rank, due, opened, number)
        WHERE state = 'waiting'""",
    "CREATE INDEX case_waiting_longest ON review_case (queue, opened, number) WHERE state = 'waiting'",
    "CREATE INDEX case_reserved ON review_case (reserved_for) WHERE reserved_for <> '' AND state = 'waiting'",
    "CREATE INDEX case_claimed ON review_case (lease_until) WHERE state = 'claimed'",
    "CREATE INDEX case_held ON review_case (holder) WHERE state = 'claimed'",
    "CREATE INDEX case_undecided ON review_case (queue, state, stage) WHERE state <> 'decided'",
    "CREATE INDEX case_said ON review_case (said_by) WHERE said_by <> '' AND state <> 'decided'",
    "CREATE INDEX case_decided ON review_case (decided) WHERE state = 'decided'",
    # Every so many turns, a person is given the case that has waited longest (see tocsin.cases.queue). The
    # turns start again from 0 then: nobody's work is counted here.
    """CREATE TABLE case_turn (
        person TEXT NOT NULL,
        queue TEXT NOT NULL,
        turn INTEGER NOT NULL,
        PRIMARY KEY (person, queue)
    ) STRICT, WITHOUT ROWID""",
    # A submission comes into another case where something new becomes known after its case was decided.
    # `because` says what brought it in.
    """CREATE TABLE case_submission (
        case_number INTEGER NOT NULL,
        submission INTEGER NOT NULL,
        because TEXT NOT NULL,
        PRIMARY KEY (case_number, submission)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX case_of_submission ON case_submission (submission, case_number)",
    # `novelty` is that of the content by what matched: 0 new, 1 near, 2 known.
    """CREATE TABLE case_content (
        case_number INTEGER NOT NULL,
        content_id INTEGER NOT NULL,
        novelty INTEGER NOT NULL,
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
    # Cases that belong together and could not be one; both ways.
    """CREATE TABLE case_link (
        case_number INTEGER NOT NULL,
        other INTEGER NOT NULL,
        because TEXT NOT NULL,
        PRIMARY KEY (case_number, other)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE case_category (
        case_number INTEGER NOT NULL,
        category TEXT NOT NULL,
        PRIMARY KEY (case_number, category)
    ) STRICT, WITHOUT ROWID""",
    # `again`: it was skipped again when nothing else waited for them.
    """CREATE TABLE case_skip (
        person TEXT NOT NULL,
        case_number INTEGER NOT NULL,
        until INTEGER NOT NULL,
        again INTEGER NOT NULL DEFAULT 0,
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
    # `taken` numbers decisions in the order in which they took force, which is not that of their proposing;
    # `asked_by` and `supersedes` say what undoing it brings back.
    """CREATE TABLE decision (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        case_number INTEGER NOT NULL,
        proposal TEXT NOT NULL,
        outcome TEXT NOT NULL,
        author TEXT NOT NULL,
        time INTEGER NOT NULL,
        idempotency_key TEXT NOT NULL,
        claim INTEGER NOT NULL,
        needs_second TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        standpoint TEXT NOT NULL,
        second TEXT NOT NULL DEFAULT '',
        second_time INTEGER,
        second_note TEXT NOT NULL DEFAULT '',
        second_claim INTEGER NOT NULL DEFAULT 0,
        taken INTEGER,
        supersedes INTEGER,
        undo_until INTEGER,
        UNIQUE (author, idempotency_key)
    ) STRICT""",
    "INSERT INTO counter (name, value) VALUES ('decision_taken', 0)",
    "CREATE INDEX decision_of_case ON decision (case_number, id)",
    # Whatever goes wrong in the code: a case has one decision in force, and one that waits, at most.
    """CREATE UNIQUE INDEX decision_standing ON decision (case_number, standpoint)
        WHERE standpoint IN ('in_force', 'proposed')""",
    # One row for each content of a case that a decision took force about: its newest says what was judged,
    # as long as the decision is in force.
    """CREATE TABLE judgement (
        content_id INTEGER NOT NULL,
        decision_id INTEGER NOT NULL,
        PRIMARY KEY (content_id, decision_id)
    ) STRICT, WITHOUT ROWID""",
    # Entries that a decision made, or made live again.
    """CREATE TABLE publication (
        decision_id INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (decision_id, entry_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX decision_of_entry ON publication (entry_id)",
    # Matches of the contents that a decision took force about, each at its smallest distance; and which of
    # them it calls wrong: a policy's figures.
    """CREATE TABLE judged_match (
        content_id INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        type TEXT NOT NULL,
        decision_id INTEGER NOT NULL,
        bank TEXT NOT NULL,
        distance INTEGER NOT NULL,
        wrong INTEGER NOT NULL,
        PRIMARY KEY (content_id, entry_id, type, decision_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX judged_match_of_bank ON judged_match (bank)",
    # Looks at originals. `seconds` were granted and count whole unless the page says that the look ended
    # sooner (`shown`). `day` is the person's, whose budget they are of (see tocsin.cases.limits).
    """CREATE TABLE reveal (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        person TEXT NOT NULL,
        day TEXT NOT NULL,
        time INTEGER NOT NULL,
        case_number INTEGER NOT NULL,
        content_id INTEGER NOT NULL,
        part TEXT NOT NULL,
        page TEXT NOT NULL,
        seconds INTEGER NOT NULL,
        shown INTEGER,
        failed INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX reveal_of_person ON reveal (person, day)",
    "CREATE INDEX reveal_of_content ON reveal (content_id, id)",
    "CREATE INDEX reveal_of_case ON reveal (case_number)",
    # Why a person looks, under one claim, at content that has been judged.
    """CREATE TABLE second_look (
        person TEXT NOT NULL,
        case_number INTEGER NOT NULL,
        claim INTEGER NOT NULL,
        content_id INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (case_number, person, claim, content_id)
    ) STRICT, WITHOUT ROWID""",
    # What of a case was served to a person, in any rendition; the claim is that of the first time. A decision
    # asks it, and the ledger vouches for it with the decision.
    """CREATE TABLE case_seen (
        case_number INTEGER NOT NULL,
        person TEXT NOT NULL,
        content_id INTEGER NOT NULL,
        claim INTEGER NOT NULL,
        PRIMARY KEY (case_number, person, content_id)
    ) STRICT, WITHOUT ROWID""",
    # Which members of an archive could be shown is asked of archives with very many.
    "ALTER TABLE content_member ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
    """UPDATE content_member SET kind = CASE
        WHEN answer LIKE '{"kind": "image",%' THEN 'image'
        WHEN answer LIKE '{"kind": "video",%' THEN 'video'
        WHEN answer LIKE '{"kind": "archive",%' THEN 'archive' ELSE '' END""",
    "CREATE INDEX member_of_kind ON content_member (content_id, kind, number)",
    # What a person saw on a day: minutes in which material was served, in any rendition; the rest counts.
    """CREATE TABLE exposed_day (
        person TEXT NOT NULL,
        day TEXT NOT NULL,
        minutes INTEGER NOT NULL DEFAULT 0,
        renditions INTEGER NOT NULL DEFAULT 0,
        reveals INTEGER NOT NULL DEFAULT 0,
        seconds INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (person, day)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX exposed_on_day ON exposed_day (day, person)",
    # What people set for themselves (tighter limits, categories they opted out of, language, theme), and
    # where they are in their stretch: see Meter in tocsin.cases.limits.
    """CREATE TABLE reviewer (
        person TEXT PRIMARY KEY,
        preferences TEXT NOT NULL DEFAULT '{}',
        latest INTEGER,
        minute INTEGER,
        stretch INTEGER,
        stretch_minutes INTEGER NOT NULL DEFAULT 0,
        until INTEGER
    ) STRICT""",
)
