"""What the interface of HMA keeps beside banks and entries (schema version 2)."""

HMA = (
    # Ratios as Python writes them: they come back exactly as they were given, from either database.
    """CREATE TABLE hma_bank (
        bank_id INTEGER PRIMARY KEY,
        enabled_ratio TEXT NOT NULL,
        made_by TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE hma_content (
        entry_id INTEGER PRIMARY KEY,
        disable_until INTEGER NOT NULL,
        metadata TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT""",
    # Kept in step with `signal`, of which a bank can hold so many that counting them takes seconds. Entries
    # that are withdrawn count.
    """CREATE TABLE signal_count (
        bank_id INTEGER NOT NULL,
        type TEXT NOT NULL,
        entries INTEGER NOT NULL,
        newest INTEGER NOT NULL,
        PRIMARY KEY (bank_id, type)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO signal_count (bank_id, type, entries, newest)
        SELECT entry.bank_id, signal.type, COUNT(DISTINCT signal.entry_id), MAX(entry.added)
        FROM signal JOIN entry ON entry.id = signal.entry_id GROUP BY entry.bank_id, signal.type""",
    """CREATE TABLE hma_signal_type (
        name TEXT PRIMARY KEY,
        enabled_ratio TEXT NOT NULL
    ) STRICT""",
)
