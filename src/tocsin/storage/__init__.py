"""Where banks live: one folder with a SQLite database, and the index that follows it."""
