"""Names of files as people may see them."""


def shown(name: str) -> str:
    """A name from a stranger, safe to show: what cannot be printed, or turns text around, as escapes.

    Undecodable bytes (surrogate escapes, PEP 383) come as escapes as well.
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in name
    )
