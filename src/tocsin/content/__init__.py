"""One content examined, in a sandbox child: what it is, its signals, and what shows where it came from."""
