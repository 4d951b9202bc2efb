"""Banks read as NCMEC's hash sharing is: for clients of that interface, unmodified."""
