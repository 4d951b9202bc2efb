"""Content to matches, under each bank's policy."""
