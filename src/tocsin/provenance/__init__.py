"""Content to evidence items: what shows that a file came from a camera or from a generator, and which one."""
