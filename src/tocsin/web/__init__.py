"""HTTP: our own interface, the one of the peer, health and metrics."""
