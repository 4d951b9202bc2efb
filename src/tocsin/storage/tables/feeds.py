"""Partners with their keys, what was offered to them, and what they were told (schema version 5)."""

FEEDS: tuple[str, ...] = (
    # What our own feed is called and what we are; one row, when `tocsin feed init` has been run.
    # `recheck` is the last entry looked at since partners or terms changed; NULL: nothing is to be looked at.
    # `signed` is the tree that was signed last: a folder that is older than that is not written to.
    """CREATE TABLE feed_own (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        country TEXT NOT NULL,
        purposes TEXT NOT NULL,
        place TEXT NOT NULL,
        recheck INTEGER,
        signed TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    """CREATE TABLE feed_partner (
        name TEXT NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        country TEXT NOT NULL,
        purposes TEXT NOT NULL,
        verifier TEXT NOT NULL,
        recipient TEXT NOT NULL,
        place TEXT NOT NULL,
        added INTEGER NOT NULL,
        added_by TEXT NOT NULL,
        revoked INTEGER,
        revoked_by TEXT NOT NULL DEFAULT '',
        why TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID""",
    # Keys that a partner had before those of today.
    """CREATE TABLE feed_partner_key (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        partner TEXT NOT NULL,
        verifier TEXT NOT NULL,
        recipient TEXT NOT NULL,
        until INTEGER NOT NULL,
        ended_by TEXT NOT NULL
    ) STRICT""",
    # Under which terms entries of a bank may be passed on; no row: not at all.
    """CREATE TABLE feed_terms (
        bank_id INTEGER PRIMARY KEY,
        rule TEXT NOT NULL,
        partners TEXT NOT NULL,
        countries TEXT NOT NULL,
        purposes TEXT NOT NULL,
        jurisdiction TEXT NOT NULL,
        set_by TEXT NOT NULL,
        set_at INTEGER NOT NULL,
        revision INTEGER NOT NULL DEFAULT 1
    ) STRICT""",
    # An entry, or with entry_id 0 a whole bank, that one person offers and another confirms. Of a bank
    # `reached` is the last entry that was looked at.
    """CREATE TABLE feed_offer (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        bank_id INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        offered INTEGER NOT NULL,
        offered_by TEXT NOT NULL,
        offered_as TEXT NOT NULL,
        confirmed INTEGER,
        confirmed_by TEXT NOT NULL DEFAULT '',
        confirmed_as TEXT NOT NULL DEFAULT '',
        ended INTEGER,
        ended_by TEXT NOT NULL DEFAULT '',
        reached INTEGER NOT NULL DEFAULT 0,
        CHECK (confirmed IS NULL OR confirmed_by <> offered_by)
    ) STRICT""",
    "CREATE UNIQUE INDEX offer_once ON feed_offer (bank_id, entry_id) WHERE ended IS NULL",
    # Who was told an entry last: names of partners, each on a line.
    """CREATE TABLE feed_audience (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        partners TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE feed_item (
        entry_id INTEGER PRIMARY KEY,
        bank_id INTEGER NOT NULL,
        offer_id INTEGER NOT NULL,
        key TEXT NOT NULL,
        audience_id INTEGER NOT NULL,
        live INTEGER NOT NULL,
        terms INTEGER NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX feed_item_key ON feed_item (key)",
    "CREATE INDEX feed_item_ended ON feed_item (bank_id) WHERE live = 0",
    "CREATE INDEX feed_item_offer ON feed_item (offer_id)",
    "CREATE INDEX entry_withdrawn ON entry (bank_id) WHERE withdrawn IS NOT NULL",
    # What is to be sealed and appended to the log, in this order: lines of items for one audience.
    """CREATE TABLE feed_outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        audience TEXT NOT NULL,
        lines BLOB NOT NULL,
        items INTEGER NOT NULL
    ) STRICT""",
    # What partners say of entries of ours: the newest of each author.
    """CREATE TABLE feed_opinion (
        entry_id INTEGER NOT NULL,
        partner TEXT NOT NULL,
        author TEXT NOT NULL,
        verdict TEXT NOT NULL,
        reason TEXT NOT NULL,
        time INTEGER NOT NULL,
        PRIMARY KEY (entry_id, partner, author)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE feed_seen (
        entry_id INTEGER NOT NULL,
        partner TEXT NOT NULL,
        count INTEGER NOT NULL,
        time INTEGER NOT NULL,
        PRIMARY KEY (entry_id, partner)
    ) STRICT, WITHOUT ROWID""",
)
