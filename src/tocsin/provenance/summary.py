"""The answer in one paragraph for somebody who has to decide, and may not know a hash from a header.

It claims no more than the items do: each sentence is about what stands in the file, and the last one says
what none of it can show.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin.provenance.model import (
    Contradiction,
    Derivation,
    Direction,
    Failed,
    ForgeCost,
    Item,
    NotChecked,
    Strength,
)
from tocsin.provenance.texts import shortened

_MOST: Final = 3
_HEADINGS: Final = {
    Direction.GENERATED: "Signs that it was generated",
    Direction.PARTLY_GENERATED: "Signs that a generator made a part of it",
    Direction.CAPTURED: "Signs that a camera took it",
    Direction.EDITED: "Signs that it was edited or put together",
    Direction.INTEGRITY: "On whether it is unchanged",
}
_CARRIES: Final = {
    Strength.S1: "a hint only",
    Strength.S2: "one declared field",
    Strength.S3: "several parts that fit together",
    Strength.S4: "hard to make by chance",
    Strength.S5: "proven by a trusted signature",
}
_FORGERY: Final = {
    ForgeCost.TEXT_EDIT: "anybody can write it into any file",
    ForgeCost.CUSTOM_TOOL: "can be forged with a suitable program",
    ForgeCost.SELF_MADE_KEY: "anybody can sign with a key of their own",
    ForgeCost.CA_KEY: "to forge it takes a key that an authority certified",
}
LAST: Final = (
    "None of this says whether a real child is depicted or can be found, and signs that are missing show "
    "nothing: they vanish whenever a file is saved anew."
)


def summary(
    items: Sequence[Item],
    derivation: Sequence[Derivation],
    contradictions: Sequence[Contradiction],
    not_checked: Sequence[NotChecked],
    failed: Sequence[Failed],
) -> str:
    """The paragraph."""
    sentences = [
        *_derived(derivation),
        *_found(items),
        *(one.found for one in contradictions if not _is_item(one, items)),
        *_unread(failed),
        *_unchecked(not_checked),
        LAST,
    ]
    return " ".join(sentence.rstrip(".") + "." for sentence in sentences)


def _derived(derivation: Sequence[Derivation]) -> Iterator[str]:
    if derivation:
        found = "; ".join(dict.fromkeys(one.found.rstrip(".") for one in derivation[:_MOST]))
        yield f"A real person may be depicted: {found}{_more(derivation)}"


def _found(items: Sequence[Item]) -> Iterator[str]:
    told = False
    for direction, heading in _HEADINGS.items():
        some = [item for item in items if item.leans is direction]
        if some:
            told = True
            yield f"{heading}: {'; '.join(map(_told, some[:_MOST]))}{_more(some)}"
    if not told:
        yield "No sign of a camera or of a generator was found in what was checked"


def _told(item: Item) -> str:
    found = shortened(item.found.rstrip("."), 300)
    return f"{found} ({_CARRIES[item.carries]}; {_FORGERY[item.rule.forge_cost]})"


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
