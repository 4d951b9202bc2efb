"""Holds: what has to be kept and until when; keeping longer, releasing, and destroying, which takes two."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.errors import Error
from tocsin.filing.errors import UnsuitableHoldError
from tocsin.law.duties import Occasion
from tocsin.web.console import keeping_words as words
from tocsin.web.console.asking import PAGE, again, digest_of, needed_time, page_after, text
from tocsin.web.console.filings import SEE
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.filing.holding import Destruction, Hold

pages = Pages()
MANAGE: Final = (Permission.READ_FILINGS, Permission.MANAGE_HOLDS)
SOON: Final = timedelta(days=30)
VIEWS: Final = ("all", "ending", "unclear")


@dataclass(frozen=True, slots=True)
class Content:
    """One content of a hold."""

    sha256: bytes
    against: tuple[str, ...]
    """What stands against destroying it."""
    wishes: "tuple[Destruction, ...]"


@pages.page("/holds", needs=SEE)
def holds_page(visit: Visit) -> Response:
    """What is kept and until when; first what ends soon, and what no rule is clear about."""
    return visit.page("holds.html", **_list(visit), refused=None)


@pages.action("/holds", needs=MANAGE)
def set_hold(visit: Visit) -> Response:
    """Hold the contents of a case after an event that no receipt tells of, such as an agency's letter."""
    reporting, case = visit.node.reporting, whole(visit.field("case")) or 0
    try:
        occasion = Occasion(visit.field("trigger"), _day(visit, "since"))
        contents = [one.sha256 for one in reporting.gathering.record(case).contents]
        made = reporting.holds.set(visit.person, occasion, case, contents, text(visit, "reason"))
    except Error as error:
        return again(visit, error, "holds.html", **_list(visit))
    return visit.go(f"/holds/{made.number}", said="saved")


@pages.page("/holds/{number}", needs=SEE)
def hold_page(visit: Visit) -> Response:
    """One hold: its event, its ends by the rules, what was done with it, and its contents."""
    return visit.page("hold.html", **_values(visit), refused=None)


@pages.action("/holds/{number}/extend", needs=MANAGE)
def extend(visit: Visit) -> Response:
    """Keep longer: until a day that somebody names, or as its rule is renewed."""

    def do(number: int) -> None:
        until = _day(visit, "until") if visit.field("how") == "until" else None
        visit.node.reporting.holds.extend(visit.person, number, text(visit, "reason"), until=until)

    return _doing(visit, do)


@pages.action("/holds/{number}/reckon", needs=MANAGE)
def reckon(visit: Visit) -> Response:
    """Work its ends out again, after rules were put right."""
    reason = text(visit, "reason")
    return _doing(visit, lambda number: visit.node.reporting.holds.reckon(visit.person, number, reason))


@pages.action("/holds/{number}/release", needs=MANAGE)
def release(visit: Visit) -> Response:
    """Say that it binds nobody any more."""
    reason = text(visit, "reason")
    return _doing(visit, lambda number: visit.node.reporting.holds.release(visit.person, number, reason))


def _list(visit: Visit) -> dict[str, object]:
    holds, after, now = visit.node.reporting.holds, page_after(visit), datetime.now(UTC)
    view = visit.asked("view") if visit.asked("view") in VIEWS else "all"
    ending, unclear = holds.ending(now + SOON, limit=PAGE), holds.unclear(limit=PAGE)
    found: Sequence[Hold] = {"ending": ending, "unclear": unclear}.get(view, ())
    if view == "all":
        found = holds.page(after=after, limit=PAGE)
    return {
        "words": words,
        "holds": found,
        "view": view,
        "ending": len(ending),
        "unclear": len(unclear),
        "triggers": sorted({one.trigger for one in visit.node.review.packs.retentions}),
        "may": visit.person.may(Permission.MANAGE_HOLDS),
        "typed": {name: visit.field(name) for name in ("case", "trigger", "since", "reason")},
        "now": now,
        "first": after == 0,
        "following": found[-1].number if view == "all" and len(found) == PAGE else "",
    }


def _doing(visit: Visit, what: Callable[[int], object]) -> Response:
    number = visit.number("number")
    try:
        what(number)
    except Error as error:
        return again(visit, error, "hold.html", **_values(visit))
    return visit.go(f"/holds/{number}", said="saved")


def _day(visit: Visit, name: str) -> datetime:
    """The day that the form names. Raises UnsuitableHoldError."""
    return needed_time(visit.field(name), UnsuitableHoldError("name the day"))


def _values(visit: Visit) -> dict[str, object]:
    reporting = visit.node.reporting
    hold = reporting.holds.hold(visit.number("number"))
    return {
        "words": words,
        "hold": hold,
        "now": datetime.now(UTC),
        "contents": [_content(visit, one) for one in hold.contents],
        "may": visit.person.may(Permission.MANAGE_HOLDS),
        "typed": {name: visit.field(name) for name in ("reason", "until", "how")},
    }


def _content(visit: Visit, sha256: bytes) -> Content:
    destroying = visit.node.reporting.destroying
    return Content(sha256, tuple(destroying.why_not(sha256)), tuple(destroying.of_content(sha256)))


# ---- destroying


@pages.page("/destructions", needs=SEE)
def destructions_page(visit: Visit) -> Response:
    """Contents that somebody wants destroyed, and what became of each wish."""
    return visit.page("destructions.html", **_destructions(visit), refused=None)


@pages.action("/destructions", needs=MANAGE)
def ask_to_destroy(visit: Visit) -> Response:
    """Ask for a content to be destroyed; somebody else has to confirm it."""
    try:
        visit.node.reporting.destroying.ask(
            visit.person,
            digest_of(visit.field("sha256")),
            text(visit, "reason"),
            request=text(visit, "request"),
        )
    except Error as error:
        return again(visit, error, "destructions.html", **_destructions(visit))
    return visit.go("/destructions", said="destruction-asked")


@pages.action("/destructions/{number}/confirm", needs=MANAGE)
def confirm_destruction(visit: Visit) -> Response:
    """Confirm, as somebody else, that a content is destroyed."""
    try:
        visit.node.reporting.destroying.confirm(visit.person, visit.number("number"))
    except Error as error:
        return again(visit, error, "destructions.html", **_destructions(visit))
    return visit.go("/destructions", said="destruction-confirmed")


@pages.action("/destructions/{number}/withdraw", needs=MANAGE)
def withdraw_destruction(visit: Visit) -> Response:
    """Take back a wish that nobody has confirmed."""
    try:
        visit.node.reporting.destroying.withdraw(visit.person, visit.number("number"), text(visit, "reason"))
    except Error as error:
        return again(visit, error, "destructions.html", **_destructions(visit))
    return visit.go("/destructions", said="saved")


def _destructions(visit: Visit) -> dict[str, object]:
    before = page_after(visit)
    found = visit.node.reporting.destroying.page(before=before or None, limit=PAGE)
    return {
        "words": words,
        "destructions": found,
        "first": before == 0,
        "following": found[-1].number if len(found) == PAGE else "",
        "may": visit.person.may(Permission.MANAGE_HOLDS),
        "typed": {name: visit.field(name) or visit.asked(name) for name in ("sha256", "reason", "request")},
    }
