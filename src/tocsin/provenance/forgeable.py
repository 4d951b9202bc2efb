"""What is said beside every declared sign of a generator."""

from typing import Final

from tocsin.provenance.model import Direction, Rule, Strength

FORGEABLE: Final = (
    "This is declared, and can be forged: whoever can edit text can write it into any file, "
    "a photograph of a real person too."
)
_WEAK: Final = frozenset({Strength.S1, Strength.S2, Strength.S3})


def declared(
    rule: Rule, *caveats: str, strength: Strength | None = None, direction: Direction | None = None
) -> tuple[str, ...]:
    """The caveats of an item, with the one above where it speaks for a generator and nothing proves it."""
    artificial = (direction or rule.direction).artificial
    if artificial and (strength or rule.strength) in _WEAK:
        return (FORGEABLE, *caveats)
    return caveats
