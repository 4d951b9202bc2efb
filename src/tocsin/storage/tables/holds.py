"""Holds on what has to be kept, and what was destroyed (schema version 4)."""

HOLDS: tuple[str, ...] = (
    # `until`: when the hold on content ends, extensions counted; none where no rule says so or none binds it.
    # `unclear`: no rule says until when content is kept.
    """CREATE TABLE hold (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        trigger_event TEXT NOT NULL,
        time INTEGER NOT NULL,
        renewals INTEGER NOT NULL,
        filing INTEGER,
        case_number INTEGER,
        is_test INTEGER NOT NULL,
        created INTEGER NOT NULL,
        author TEXT NOT NULL,
        reason TEXT NOT NULL,
        until INTEGER,
        unclear INTEGER NOT NULL,
        released INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE UNIQUE INDEX hold_once ON hold (filing, trigger_event, time) WHERE filing IS NOT NULL",
    "CREATE INDEX hold_of_case ON hold (case_number)",
    "CREATE INDEX hold_ending ON hold (until) WHERE released = 0",
    "CREATE INDEX hold_unclear ON hold (number) WHERE released = 0 AND unclear = 1",
    # `rules` and `then_done` are lists, as JSON.
    """CREATE TABLE hold_end (
        hold INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        until INTEGER,
        no_later_than INTEGER,
        rules TEXT NOT NULL,
        then_done TEXT NOT NULL,
        problem TEXT NOT NULL,
        PRIMARY KEY (hold, purpose)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE hold_content (
        hold INTEGER NOT NULL,
        place INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        PRIMARY KEY (hold, place)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX hold_of_content ON hold_content (sha256, hold)",
    """CREATE TABLE hold_change (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        hold INTEGER NOT NULL,
        what TEXT NOT NULL,
        time INTEGER NOT NULL,
        author TEXT NOT NULL,
        reason TEXT NOT NULL,
        until INTEGER
    ) STRICT""",
    "CREATE INDEX hold_changes ON hold_change (hold, id)",
    # `sha256` is here itself: what was destroyed stays told of. `request`: a reference of law enforcement.
    """CREATE TABLE destruction (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        sha256 BLOB NOT NULL,
        request TEXT NOT NULL,
        reason TEXT NOT NULL,
        asked INTEGER NOT NULL,
        asked_by TEXT NOT NULL,
        state TEXT NOT NULL,
        confirmed INTEGER,
        confirmed_by TEXT NOT NULL DEFAULT '',
        ended INTEGER,
        ended_by TEXT NOT NULL DEFAULT '',
        why TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX destruction_of_content ON destruction (sha256, number)",
    "CREATE UNIQUE INDEX destruction_once ON destruction (sha256) WHERE ended IS NULL",
)
