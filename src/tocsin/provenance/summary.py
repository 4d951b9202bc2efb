"""The answer in one paragraph for somebody who has to decide, and may not know a hash from a header.

It claims no more than the items do: each sentence is about what stands in the file, and the last one says
what none of it can show.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin.provenance.model import (
    Absent,
    Contradiction,
    Derivation,
    Direction,
    Failed,
    Item,
    NotChecked,
)
from tocsin.provenance.texts import shortened
from tocsin.provenance.words import DERIVATIONS, DIRECTIONS, FORGERY, STRENGTHS

_MOST: Final = 3
LAST: Final = (
    "None of this says whether a real child is depicted or can be found: what is generated may be made from "
    "a picture of one, and signs of a generator can be put on a photograph. Signs that are missing show "
    "nothing: they vanish whenever a file is saved anew."
)


def summary(  # noqa: PLR0913, PLR0917  # the parts of an answer
    items: Sequence[Item],
    derivation: Sequence[Derivation],
    contradictions: Sequence[Contradiction],
    absent: Sequence[Absent],
    not_checked: Sequence[NotChecked],
    failed: Sequence[Failed],
) -> str:
    """The paragraph."""
    if not (items or derivation or absent):
        return " ".join(_nothing(not_checked, failed))
    sentences = [
        *_derived(derivation),
        *_found(items),
        *(one.found for one in contradictions if not _is_item(one, items)),
        *_unread(failed),
        *_unchecked(not_checked),
        LAST,
    ]
    return " ".join(sentence.rstrip(".") + "." for sentence in sentences)


def _nothing(not_checked: Sequence[NotChecked], failed: Sequence[Failed]) -> Iterator[str]:
    """Where nobody has looked, "nothing was found" would not be true."""
    reasons = [*(one.reason for one in failed), *(one.why for one in not_checked)]
    why = f": {'; '.join(list(dict.fromkeys(reasons))[:_MOST])}" if reasons else ""
    yield f"Nothing of this file was examined in full{why}."
    yield "So nothing can be said of where it came from."


def _derived(derivation: Sequence[Derivation]) -> Iterator[str]:
    """The kinds of signs in words, and then the signs themselves."""
    if derivation:
        kinds = ", ".join(dict.fromkeys(DERIVATIONS[one.kind] for one in derivation))
        found = "; ".join(dict.fromkeys(one.found.rstrip(".") for one in derivation[:_MOST]))
        yield f"A real person may be depicted ({kinds}): {found}{_more(derivation)}"


def _found(items: Sequence[Item]) -> Iterator[str]:
    told = False
    for direction, heading in DIRECTIONS.items():
        if direction is Direction.NEUTRAL:
            continue
        some = [item for item in items if item.leans is direction]
        if some:
            told = True
            yield f"{heading}: {'; '.join(map(_told, some[:_MOST]))}{_more(some)}"
    if not told:
        yield "No sign of a camera or of a generator was found in what was checked"


def _told(item: Item) -> str:
    found = shortened(item.found.rstrip("."), 300)
    if found.count("“") > found.count("”"):  # cut within a name from the file
        found += "”"
    return f"{found} ({STRENGTHS[item.carries]}; can be forged by {FORGERY[item.rule.forge_cost]})"


def _more(some: Sequence[object]) -> str:
    return f"; and {len(some) - _MOST} more" if len(some) > _MOST else ""


def _is_item(contradiction: Contradiction, items: Sequence[Item]) -> bool:
    """Whether it has been told as an item already."""
    return any(item.rule.id == contradiction.rule for item in items)


def _unread(failed: Sequence[Failed]) -> Iterator[str]:
    if failed:
        readers = ", ".join(dict.fromkeys(one.reader for one in failed))
        yield f"Not everything could be read, so more may be there ({readers})"


def _unchecked(not_checked: Sequence[NotChecked]) -> Iterator[str]:
    if not_checked:
        what = tuple(dict.fromkeys(one.what for one in not_checked))
        yield f"Not checked: {', '.join(what[:_MOST])}{_more(what)}"
