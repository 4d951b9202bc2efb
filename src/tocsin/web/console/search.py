"""Search: by hash, number, id, account, link, or a file, of which nothing is kept.

Forms are sent by POST: an account's name or a hash in an address would stay in histories and proxies' logs.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission, Principal, Right
from tocsin.hashing.signals import Orientation, Signal, SignalType
from tocsin.intake.archives import not_opened
from tocsin.intake.lookups import LookupLimitError
from tocsin.intake.model import UnknownSubmissionError
from tocsin.web.console.case_matches import cards_of
from tocsin.web.console.pages import Pages
from tocsin.web.console.queue_words import line
from tocsin.web.console.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.cases.model import Case
    from tocsin.content.model import Content
    from tocsin.intake.model import Submission
    from tocsin.matching.matches import Match
    from tocsin.node.node import Node
    from tocsin.web.console.case_matches import MatchCard

pages = Pages()
LONGEST: Final = 4000
"""Characters of a question: links are long."""
MOST: Final = 100
"""Cases and matches that are shown; what is more is said to be."""
RADIUS: Final = 31
"""Bits within which a PDQ is one of a near copy, as banks have it unless they say otherwise."""
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")


@dataclass(slots=True)
class Found:
    """What there is about what somebody looks for. What was not asked is None: that is not nothing."""

    asked: str = ""
    cases: "Sequence[Case]" = ()
    contents: int = 0
    """How many contents have an equal or near hash."""
    submission: "Submission | None" = None
    signals: tuple[Signal, ...] = ()
    content: "Content | None" = None
    """Of a file."""
    matches: "Sequence[Match] | None" = None
    refused: LookupLimitError | None = None
    """Lists could have been asked, and were not: it looks as if one were being read out."""
    stored: "Sequence[MatchCard]" = ()
    """What the content of that SHA-256 matched by any signal, as far as the reader may see it."""
    readable: frozenset[str] = field(default_factory=frozenset)
    """Banks whose entries the reader may see."""


@pages.page("/search", needs=Permission.READ_CASES)
def search_page(visit: Visit) -> Response:
    """The forms."""
    return visit.page("search.html", found=None, lines=(), asked="", now=datetime.now(UTC))


@pages.action("/search", needs=Permission.READ_CASES)
def search(visit: Visit) -> Response:
    """What there is about a text."""
    text = visit.field("q")[:LONGEST]
    if not text:
        return visit.go("/search")
    node, person = visit.node, visit.person
    found = Found(text, signals=signals_in(text), submission=_submission(node, person, text))
    _look_up(node, person, found)
    cases = {case.number: case for case in node.review.queue.find(person, text)}
    cases |= {case.number: case for case in found.cases}
    found.cases = [cases[number] for number in sorted(cases, reverse=True)]
    return _answer(visit, found)


@pages.action("/search/file", needs=Permission.READ_CASES, uploads=True)
def search_file(visit: Visit) -> Response:
    """What there is about a file: it is examined in a sandbox child and let go."""
    if visit.upload is None:
        return visit.go("/search")
    node, person = visit.node, visit.person
    content = node.examiner.examine(
        visit.upload.file, "", all_orientations=True, origin=False, timeout=node.settings.wait_seconds
    )
    found = Found(content=not_opened(content), signals=tuple(content.signals))
    _look_up(node, person, found)
    return _answer(visit, found)


def signals_in(text: str) -> tuple[Signal, ...]:
    """The hashes that a text may be: 64 digits are a SHA-256 or a PDQ, unless it says which."""
    named, _, digits = text.strip().lower().rpartition(":")
    if not _HEX.fullmatch(digits):
        return ()
    return tuple(
        Signal(
            kind, bytes.fromhex(digits), orientation=Orientation.UPRIGHT if kind is SignalType.PDQ else None
        )
        for kind in SignalType
        if kind.size * 2 == len(digits) and named in {"", kind.value}
    )


def _look_up(node: "Node", person: Principal, found: Found) -> None:
    """What was submitted here with such hashes, and, for whom lists may be asked, what those know."""
    if not found.signals:
        return
    known = [sha256 for sha256, _ in node.earlier.resembling(found.signals, RADIUS)]
    found.contents = len(known)
    cases: dict[int, Case] = {}
    for sha256 in known[:MOST]:
        cases |= {case.number: case for case in node.review.queue.find(person, sha256.hex())}
    found.cases = [cases[number] for number in sorted(cases, reverse=True)]
    found.stored = _stored(node, person, found)
    if not person.may(Permission.MATCH):
        return
    try:
        found.matches = node.intake.match(found.signals, person).matches
    except LookupLimitError as error:
        found.refused = error
    else:
        banks = {match.bank for match in found.matches}
        found.readable = frozenset(bank for bank in banks if person.may_in(bank, Right.READ))


def _stored(node: "Node", person: Principal, found: Found) -> "Sequence[MatchCard]":
    """The matches of the content of that SHA-256 in the cases that were found, as their pages tell them."""
    wanted = {signal.value for signal in found.signals if signal.type is SignalType.SHA256}
    joined = (one for case in found.cases[:MOST] for one in node.review.queue.members(person, case.number))
    ids = dict.fromkeys(one.submission for one in joined if one.sha256 in wanted)
    return cards_of(node, person, list(ids)[:MOST])


def _submission(node: "Node", person: Principal, text: str) -> "Submission | None":
    """The submission of that id, for whom may read them all."""
    if not person.may(Permission.READ_SUBMISSIONS):
        return None
    try:
        return node.submissions.submission(text)
    except UnknownSubmissionError:
        return None


def _answer(visit: Visit, found: Found) -> Response:
    now = datetime.now(UTC)
    opted_out = visit.node.review.viewing.preferences(visit.person).opt_outs
    lines = [line(case, visit.texts, now, opted_out) for case in found.cases[:MOST]]
    return visit.page("search.html", found=found, lines=lines, asked=found.asked, now=now)
