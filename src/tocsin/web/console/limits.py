"""One's own limits: what is left today, and what one sets for oneself. Nobody else is shown this."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, get_args

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.banks.batch import InvalidTextError
from tocsin.cases.errors import InvalidObservationError
from tocsin.cases.limits import OwnLimits
from tocsin.cases.preferences import Theme, Wanted
from tocsin.media.identify import Kind
from tocsin.storage.reading import has_label
from tocsin.web.console.cookies import remember_appearance
from tocsin.web.console.pages import Pages
from tocsin.web.console.texts import marked as _
from tocsin.web.console.visit import Appearance, Visit

if TYPE_CHECKING:
    from collections.abc import Collection

pages = Pages()


NAMES: Final = (
    ("hours_a_day", _("Hours a day with material"), 0.25),
    ("stretch_minutes", _("Longest stretch, in minutes"), 1),
    ("break_minutes", _("Shortest break after it, in minutes"), 1),
    ("reveals_a_day", _("Looks at originals, a day"), 1),
    ("reveal_seconds", _("Longest look at an original, in seconds"), 1),
    ("exposed_minutes", _("Minutes of originals, a day"), 1),
)
"""Each limit, its name, and its step."""


@pages.page("/limits", needs=Permission.REVIEW)
def limits_page(visit: Visit) -> Response:
    """What is left, and what one has set."""
    return _page(visit)


@pages.action("/limits", needs=Permission.REVIEW)
def set_limits(visit: Visit) -> Response:
    """Set one's own limits and what else one prefers."""
    try:
        wanted = _wanted(visit)
        if beyond := [name for name, *_ in NAMES if _looser(visit, wanted.limits, name)]:
            return _page(visit, 422, beyond=beyond)
        visit.node.review.viewing.set_preferences(visit.person, wanted)
    except (InvalidObservationError, InvalidTextError) as error:
        return _page(visit, 422, refused=error.message)
    response = visit.go("/limits", said="saved")
    theme = "system" if wanted.theme is Theme.AUTO else wanted.theme.value
    remember_appearance(visit.request, response, Appearance(wanted.language, theme))
    return response


def _looser(visit: Visit, own: OwnLimits, name: str) -> bool:
    """Whether somebody wants more than the organisation allows: it would be without effect."""
    mine, most = getattr(own, name), getattr(visit.node.review.viewing.limits, name)
    if mine is None:
        return False
    return bool(mine < most if name == "break_minutes" else mine > most)


def _page(visit: Visit, status: int = 200, /, refused: str = "", beyond: "Collection[str]" = ()) -> Response:
    viewing = visit.node.review.viewing
    allowance, preferences = viewing.allowance(visit.person), viewing.preferences(visit.person)
    mine = preferences.limits if preferences.later is None else preferences.later
    rows = [
        {
            "name": name,
            "words": words,
            "step": step,
            "all": getattr(viewing.limits, name),
            "now": getattr(allowance.limits, name),
            "mine": getattr(mine, name),
        }
        for name, words, step in NAMES
    ]
    return visit.page(
        "limits.html",
        status,
        now=datetime.now(UTC),
        allowance=allowance,
        figures=viewing.own_figures(visit.person),
        preferences=preferences,
        rows=rows,
        refused=refused,
        beyond=[row for row in rows if row["name"] in beyond],
        strange=sorted(one for one in preferences.opt_outs if not _called(visit, one)),
    )


def _called(visit: Visit, category: str) -> bool:
    """Whether something is called so: a kind of content, a code of a scheme of law, a label of a list."""
    if category in get_args(Kind):
        return True
    scheme, _, code = category.rpartition(":")
    known = (one for one in visit.node.review.packs.schemes.values() if one.name == scheme)
    return any(one.has(code) for one in known) or has_label(visit.node.database, scheme, code)


def _wanted(visit: Visit) -> Wanted:
    """What the form says. Raises InvalidObservationError."""
    values = {one.name: _number(visit, one.name) for one in fields(OwnLimits)}
    hours = values.pop("hours_a_day")
    whole = {name: None if value is None else int(value) for name, value in values.items()}
    if any(value is not None and value != whole[name] for name, value in values.items()):
        message = "only hours may have a fraction"
        raise InvalidObservationError(message)
    theme = visit.field("theme", "auto")
    return Wanted(
        OwnLimits(hours, **whole),
        frozenset(one.strip() for one in visit.field("opt_outs").splitlines() if one.strip()),
        visit.field("language"),
        Theme(theme) if theme in set(Theme) else Theme.AUTO,
    )


def _number(visit: Visit, name: str) -> float | None:
    text = visit.field(name).replace(",", ".")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < 1e6:  # noqa: PLR2004  # neither too large nor none at all
        message = f"{name}: {text[:40]!r} is not a number that can be set"
        raise InvalidObservationError(message)
    return number
