"""When entries changed last, for those who ask what is new since (schema version 5)."""

SERVING: tuple[str, ...] = (
    # When it was withdrawn or reinstated here, whatever date its list gives to that; NULL: not since it was
    # added. Entries are numbered in the order they are added, so only this needs an index.
    "ALTER TABLE entry ADD COLUMN changed INTEGER",
    "UPDATE entry SET changed = withdrawn WHERE withdrawn > added",
    "CREATE INDEX changed_entry ON entry (bank_id, changed) WHERE changed IS NOT NULL",
)
