"""The feed: a signed, append-only log of static files, its parts sealed to the partners entitled to them."""
