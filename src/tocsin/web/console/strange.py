"""Strangers' texts (names of files and accounts, addresses, labels), shown so that they cannot mislead.

Characters that are invisible, or that turn the direction of what follows, are shown by their numbers (see
Unicode Technical Report 36, 2.5); so are the fourth and later of marks piled onto one letter.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

LONGEST: Final = 2000
"""Characters of one text that are shown."""
RAW: Final = 200_000
"""Of a longer text."""
_SIMPLE: Final = re.compile(rf"[\t\n\r -~]{{0,{RAW}}}")
"""What cannot mislead, which most of what authorities and we write is."""
_MARKS: Final = 3
_MARK: Final = frozenset({"Mn", "Me"})
"""Categories of marks that take no room of their own: not all of them are said to combine."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Needed to write Persian, Hindi and others: harmless between letters of theirs, shown elsewhere."""


def shown(text: object) -> Markup:
    """HTML of a stranger's text, isolated from the direction of what stands around it."""
    parts = (_marked(part, odd=odd) for part, odd in _parts(str(text)))
    return Markup('<bdi class="strange">{}</bdi>').format(Markup("").join(parts))


def raw(text: str) -> Markup:
    """HTML of a longer text of many lines, to be set as it is in a `pre`."""
    if _SIMPLE.fullmatch(text):
        return escape(text)
    lines = text[:RAW].expandtabs().splitlines()
    made = (Markup("").join(_marked(part, odd=odd) for part, odd in _parts(line, RAW)) for line in lines)
    cut = _marked(f"… {len(text)}", odd=True) if len(text) > RAW else ""
    return Markup("\n").join(made) + cut


def _marked(part: str, *, odd: bool) -> Markup:
    return Markup("<mark>{}</mark>").format(part) if odd else escape(part)


def plain(text: object) -> str:
    """The same without markup, for attributes and for texts that are put together."""
    return "".join(f"[{part}]" if odd else part for part, odd in _parts(str(text)))


def _parts(text: str, longest: int = LONGEST) -> Iterator[tuple[str, bool]]:
    """The text in pieces, with whether a piece stands for what cannot be seen."""
    piled = 0
    for at, character in enumerate(text[:longest]):
        piled = piled + 1 if unicodedata.category(character) in _MARK else 0
        if piled > _MARKS or not _can_be_seen(text, at):
            yield f"U+{ord(character):04X}", True
        else:
            yield character, False
    if len(text) > longest:
        yield f"… {len(text)}", True


def _can_be_seen(text: str, at: int) -> bool:
    character = text[at]
    if character in _JOINERS:
        around = text[at - 1 : at] + text[at + 1 : at + 2]
        return len(around) == 2 and all(map(_joins, around))  # noqa: PLR2004  # both sides
    if _selects(character):
        before = text[at - 1 : at]
        return before >= _SELECTABLE and not _selects(before)
    return character.isprintable() and character not in _BLANKS


def _selects(character: str) -> bool:
    """Whether it chooses among the shapes of the letter before it, and is drawn as nothing else."""
    return (
        "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or character in _MONGOLIAN_SELECTORS
    )


def _joins(character: str) -> bool:
    """Whether it is of a script whose letters join: they begin with Arabic."""
    return (character.isalpha() and ord(character) >= 0x600) or unicodedata.combining(character) > 0  # noqa: PLR2004  # U+0600


_SELECTABLE: Final = "\u1800"
"""From Mongolian on there are letters and pictures with several shapes; before it, a selector only hides."""
_MONGOLIAN_SELECTORS: Final = frozenset("\u180b\u180c\u180d\u180f")
_BLANKS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\u034f")
"""Letters and symbols by category that are drawn as nothing."""
