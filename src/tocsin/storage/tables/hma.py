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
    """CREATE TABLE hma_signal_type (
        name TEXT PRIMARY KEY,
        enabled_ratio TEXT NOT NULL
    ) STRICT""",
)
