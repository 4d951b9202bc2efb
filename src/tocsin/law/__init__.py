"""Law: dated rule packs that derive legal status from observed facts, and say which rule."""
