"""Cases in a few words, as lists of them show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.cases.model import Case, Ground, Reason
from tocsin.cases.queue import reasons_of
from tocsin.web.console.texts import Texts
from tocsin.web.console.texts import marked as _

_GROUNDS: Final[Mapping[Ground, str]] = {
    Ground.DANGER: _("possible danger now"),
    Ground.CHILD: _("possibly a real child, not identified"),
    Ground.NEW: _("no list knows it"),
    Ground.NEAR: _("resembles something known"),
    Ground.KNOWN: _("known, or judged here"),
    Ground.DISAGREED: _("two reviewers disagreed"),
    Ground.LONGEST: _("given out because it has waited longest"),
    Ground.AGAIN: _("given out though it was skipped: nothing else waits"),
}
_URGENT: Final = frozenset({Ground.DANGER, Ground.CHILD})


@dataclass(frozen=True, slots=True)
class Tag:
    """A word or two, and how they look; nothing is said by looks alone."""

    words: str
    kind: str = "calm"
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A case in a list."""

    case: Case
    reasons: tuple[Tag, ...]
    """In the order in which they count."""
    opted_out: tuple[str, ...]
    """Categories of the case that the reader opted out of."""


def line(case: Case, texts: Texts, now: datetime, opted_out: frozenset[str] = frozenset()) -> Line:
    """A case as `texts` say it at that time."""
    return Line(case, grounds(case, texts, now), tuple(sorted(opted_out & set(case.categories))))


def grounds(case: Case, texts: Texts, now: datetime) -> tuple[Tag, ...]:
    """Why a case stands where it stands, in the order in which that counts."""
    return tuple(_tag(reason, texts, now) for reason in reasons_of(case))


def _tag(reason: Reason, texts: Texts, now: datetime) -> Tag:
    kind = "urgent" if reason.ground in _URGENT else "calm"
    if reason.by:
        return Tag(_said(reason, texts), kind)
    if reason.ground is Ground.DUE and reason.when is not None:
        if reason.when <= now:
            since = texts.span(now - reason.when)
            return Tag(texts.gettext("a duty was due %(span)s ago", span=since), "urgent", reason.when)
        left = texts.span(reason.when - now)
        return Tag(texts.gettext("a duty falls due in %(span)s", span=left), "bad", reason.when)
    if reason.ground is Ground.AGE and reason.when is not None:
        waited = texts.span(now - reason.when)
        return Tag(texts.gettext("opened %(span)s ago", span=waited), "calm", reason.when)
    return Tag(texts.gettext(_GROUNDS.get(reason.ground, reason.ground.value)), kind)


def _said(reason: Reason, texts: Texts) -> str:
    """Who speaks of danger, and of how many others they did: what makes their cases take turns."""
    if reason.turn <= 1:
        return texts.gettext("possible danger now, said by %(who)s", who=reason.by)
    return texts.ngettext(
        "possible danger now, said by %(who)s, who had said so of %(num)s other open case",
        "possible danger now, said by %(who)s, who had said so of %(num)s other open cases",
        reason.turn - 1,
        who=reason.by,
    )
