"""A stand-in for NCMEC's hash sharing, version 2: its own list of random hashes, and what can go wrong."""
