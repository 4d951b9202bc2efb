"""Review: cases and their queue, observations, decisions, what was seen, and limits on seeing."""
