"""Matches in words, for people at a terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.cli.output import refusal_line
from tocsin.hashing.signals import SignalType
from tocsin.media.identify import READABLE_ARCHIVES
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.banks.model import Label
    from tocsin.content.model import Content
    from tocsin.matching.matches import Match, Matches


def match_lines(path: str, content: "Content", found: "Matches") -> Iterator[str]:
    """What is known about one content: a headline, then a line for each match and each thing to know."""
    yield f"{shown(path)}  {_headline(content, found)}"
    for match in found.matches:
        yield f"  {_match(match)}"
    for suppressed in found.suppressed:
        reason = (
            f"outranked by {shown(suppressed.by.bank)} entry {suppressed.by.entry}"
            if suppressed.by
            else "allowed"
        )
        yield f"  suppressed ({reason}): {_match(suppressed.match)}"
    if content.refused is not None:
        yield f"  refused: {refusal_line(content.refused)}"
    views = sorted({str(signal.view) for signal in found.too_plain})
    if views:
        yield f"  too plain to compare by PDQ: {', '.join(views)}"


def _headline(content: "Content", found: "Matches") -> str:
    if found.matches:
        count = len(found.matches)
        return f"{count} match{'es' if count > 1 else ''}"
    if content.refused is not None:
        return "refused"
    if found.suppressed:
        return "suppressed"
    if content.kind == "hash" or SignalType.PDQ in found.compared or found.too_plain:
        return "no match"
    inside = "; `tocsin scan` looks inside" if content.format in READABLE_ARCHIVES else ""
    return f"no match by its digests; nothing else of it was compared{inside}"


def _match(match: "Match") -> str:
    words = [shown(match.bank), f"entry {match.entry}", match.type.value]
    if match.type.exact:
        words.append("equal")
    else:
        words.append(f"distance {match.distance} of {match.radius}")
        if match.view is not None:  # a bare hash has none
            words.append(f"{match.view}, {match.orientation}, {match.dialect}")
    return "  ".join([*words, *map(_label, match.labels)])


def _label(label: "Label") -> str:
    return f"[{shown(' '.join(part for part in (label.scheme, label.version, label.code) if part))}]"
