"""The domain's Protocols on SQLite, and the search index that follows them, in one folder."""
