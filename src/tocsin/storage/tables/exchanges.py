"""Exchanges, the records they fill banks with, what was set aside and heard (schema version 5)."""

EXCHANGES: tuple[str, ...] = (
    # An exchange has a bank to itself. `state` is unconfirmed (one of production, which a second person is to
    # confirm), ready, held (a person is to accept what it would withdraw) or stopped (somebody refuses us).
    # `generation` counts how often the whole list was begun to be told; `sweeping`: it came to its end, and
    # what was not named in this generation is being withdrawn. `guard_*`: how much was withdrawn since when,
    # of how many. `accepted`: who lets the next run withdraw more. `job`: the one that is to run it next, or
    # does.
    """CREATE TABLE exchange (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        service TEXT NOT NULL,
        environment TEXT NOT NULL,
        production INTEGER NOT NULL,
        bank_id INTEGER NOT NULL UNIQUE REFERENCES bank (id),
        settings TEXT NOT NULL,
        sealed BLOB,
        every INTEGER NOT NULL,
        paused INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL,
        created INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        confirmed_by TEXT NOT NULL DEFAULT '',
        checkpoint TEXT,
        up_to INTEGER,
        generation INTEGER NOT NULL DEFAULT 0,
        sweeping INTEGER NOT NULL DEFAULT 0,
        records INTEGER NOT NULL DEFAULT 0,
        withdrawn INTEGER NOT NULL DEFAULT 0,
        guard_since INTEGER,
        guard_of INTEGER NOT NULL DEFAULT 0,
        guard_count INTEGER NOT NULL DEFAULT 0,
        accepted TEXT NOT NULL DEFAULT '',
        run INTEGER NOT NULL DEFAULT 0,
        job INTEGER NOT NULL DEFAULT 0,
        started INTEGER,
        ended INTEGER,
        next INTEGER,
        failures INTEGER NOT NULL DEFAULT 0,
        outcome TEXT NOT NULL DEFAULT '',
        message TEXT NOT NULL DEFAULT '',
        counts TEXT NOT NULL DEFAULT '{}',
        CHECK (confirmed_by <> created_by)
    ) STRICT""",
    # One record of the partner and the entry that holds it now; entries before it (`entry_id` was another)
    # are withdrawn. `withdrawn`: when the partner took it back. `ours`: that is why the entry is withdrawn.
    # No foreign keys: PostgreSQL would ask for each of ten million rows.
    # `digest`: of its signals, of the rest of its draft, of what others say of it, 8 bytes each.
    """CREATE TABLE exchange_record (
        exchange_id INTEGER NOT NULL,
        key TEXT NOT NULL,
        entry_id INTEGER NOT NULL,
        digest BLOB NOT NULL,
        changed INTEGER,
        generation INTEGER NOT NULL,
        withdrawn INTEGER,
        ours INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (exchange_id, key)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX record_of_entry ON exchange_record (entry_id)",
    # An entry that a correction took the place of, and by which.
    """CREATE TABLE exchange_superseded (
        entry_id INTEGER PRIMARY KEY,
        exchange_id INTEGER NOT NULL REFERENCES exchange (id),
        by_entry INTEGER NOT NULL,
        time INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE exchange_heard (
        exchange_id INTEGER NOT NULL REFERENCES exchange (id),
        key TEXT NOT NULL,
        author TEXT NOT NULL,
        verdict TEXT NOT NULL,
        reason TEXT NOT NULL,
        time INTEGER,
        count INTEGER NOT NULL,
        heard INTEGER NOT NULL,
        PRIMARY KEY (exchange_id, key, author)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE exchange_set_aside (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        exchange_id INTEGER NOT NULL REFERENCES exchange (id),
        key TEXT NOT NULL,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        text TEXT NOT NULL,
        time INTEGER NOT NULL,
        times INTEGER NOT NULL DEFAULT 1,
        digest BLOB NOT NULL,
        UNIQUE (exchange_id, digest)
    ) STRICT""",
    # What we tell the partner of its records. `state` is waiting, sending, given, refused, or unknown: it may
    # have come through, and is not sent again by itself.
    """CREATE TABLE exchange_opinion (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        exchange_id INTEGER NOT NULL REFERENCES exchange (id),
        key TEXT NOT NULL,
        entry_id INTEGER NOT NULL,
        stance TEXT NOT NULL,
        reason TEXT NOT NULL,
        signal TEXT NOT NULL,
        author TEXT NOT NULL,
        asked INTEGER NOT NULL,
        state TEXT NOT NULL,
        ended INTEGER,
        message TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX opinion_of_exchange ON exchange_opinion (exchange_id, key)",
)
