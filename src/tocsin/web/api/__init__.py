"""Our own interface, under /v1."""
