"""Reading lists of hashes: CSV, NDJSON and one hash a line (docs/formats/lists.md)."""
