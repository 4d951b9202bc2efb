"""Notices to hosting providers: drafting one about a link of a case, sending it, what came of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.errors import Error
from tocsin.filing.notice_model import ANSWERS, Channel, InvalidNoticeError, NoticeState, Provider
from tocsin.filing.notice_text import LANGUAGES
from tocsin.filing.notices import Wanted
from tocsin.filing.store_notices import WantedNotices
from tocsin.web.console import notice_words as words
from tocsin.web.console.asking import PAGE, again, exact, needed_time, page_after, text
from tocsin.web.console.filing_draft import revision_of
from tocsin.web.console.filings import SEE
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole

if TYPE_CHECKING:
    from tocsin.filing.notice_model import Notice

pages = Pages()
ACT: Final = (Permission.READ_FILINGS, Permission.SEND_NOTICES)
MANAGE: Final = (Permission.READ_FILINGS, Permission.MANAGE_FILING)


@pages.page("/notices", needs=SEE)
def notices_page(visit: Visit) -> Response:
    """Notices, the newest first; of one case, also its links that none was drafted for."""
    return visit.page("notices.html", **_list(visit), refused=None)


@pages.action("/notices", needs=ACT)
def draft(visit: Visit) -> Response:
    """Draft a notice about a link of a case."""
    try:
        found = needed_time(visit.field("found"), InvalidNoticeError("say when it was found"))
        wanted = Wanted(exact(visit, "url"), exact(visit, "provider"), found, exact(visit, "law"))
        made = visit.node.reporting.notices.draft(visit.person, whole(visit.field("case")) or 0, wanted)
    except Error as error:
        return again(visit, error, "notices.html", **_list(visit))
    return visit.go(f"/notices/{made.number}", said="notice-drafted")


@pages.page("/notices/{number}", needs=SEE)
def notice_page(visit: Visit) -> Response:
    """A notice as its provider reads it, and what became of it."""
    return visit.page("notice.html", **_values(visit), refused=None)


@pages.action("/notices/{number}/send", needs=ACT)
def send(visit: Visit) -> Response:
    """Have it sent."""
    notices = visit.node.reporting.notices
    return _doing(visit, lambda number: notices.send(visit.person, number, revision_of(visit)), "sending")


@pages.action("/notices/{number}/by-hand", needs=ACT)
def by_hand(visit: Visit) -> Response:
    """Note that somebody has handed it in by the provider's own form."""
    reference = text(visit, "reference")
    notices = visit.node.reporting.notices
    return _doing(
        visit,
        lambda number: notices.sent_by_hand(visit.person, number, revision_of(visit), reference),
        "saved",
    )


@pages.action("/notices/{number}/answer", needs=ACT)
def answer(visit: Visit) -> Response:
    """Note what the provider answered, or that somebody found the item gone."""
    given, said, reference = visit.field("state"), text(visit, "words"), text(visit, "reference")

    def do(number: int) -> None:
        if given not in ANSWERS:
            _refuse("choose what was answered")
        visit.node.reporting.notices.answer(
            visit.person,
            number,
            revision_of(visit),
            NoticeState(given),
            words=said,
            their_reference=reference,
        )

    return _doing(visit, do, "saved")


@pages.action("/notices/{number}/remind", needs=ACT)
def remind(visit: Visit) -> Response:
    """Have a reminder sent now."""
    notices = visit.node.reporting.notices
    return _doing(visit, lambda number: notices.remind(visit.person, number, revision_of(visit)), "sending")


@pages.action("/notices/{number}/discard", needs=ACT)
def discard(visit: Visit) -> Response:
    """Give up a notice that was not sent."""
    notices, reason = visit.node.reporting.notices, text(visit, "reason")
    return _doing(
        visit, lambda number: notices.discard(visit.person, number, revision_of(visit), reason), "discarded"
    )


@pages.page("/providers", needs=SEE)
def providers_page(visit: Visit) -> Response:
    """Hosting providers, and how each takes notices."""
    return visit.page("providers.html", **_providers(visit), refused=None)


@pages.action("/providers", needs=MANAGE)
def keep_provider(visit: Visit) -> Response:
    """Add a provider, or change it."""
    try:
        hosts = tuple(dict.fromkeys(visit.field("hosts").lower().split()))
        channel = visit.field("channel")
        if channel not in set(Channel):
            _refuse("choose how it takes notices")
        provider = Provider(
            visit.field("name"),
            Channel(channel),
            visit.field("address"),
            hosts,
            visit.field("language") or "en",
        )
        token = visit.secret("token")
        visit.node.reporting.notices.providers.keep(visit.person, provider, token or None)
    except Error as error:
        return again(visit, error, "providers.html", **_providers(visit))
    return visit.go("/providers", said="saved")


@pages.action("/providers/remove", needs=MANAGE)
def remove_provider(visit: Visit) -> Response:
    """Forget a provider; its notices stay."""
    try:
        visit.node.reporting.notices.providers.remove(visit.person, exact(visit, "name"))
    except Error as error:
        return again(visit, error, "providers.html", **_providers(visit))
    return visit.go("/providers", said="removed")


def _doing(visit: Visit, what: Callable[[int], object], said: str) -> Response:
    number = visit.number("number")
    try:
        what(number)
    except Error as error:
        return again(visit, error, "notice.html", **_values(visit))
    return visit.go(f"/notices/{number}", said=said)


def _refuse(message: str) -> None:
    raise InvalidNoticeError(message)


def _values(visit: Visit) -> dict[str, object]:
    notices, person = visit.node.reporting.notices, visit.person
    notice: Notice = notices.notice(person, visit.number("number"))
    providers = {one.name: one for one in notices.providers.all(person)}
    provider = providers.get(notice.provider)
    return {
        "words": words,
        "notice": notice,
        "provider": provider,
        "wording": None if provider is None else notices.text(person, notice.number),
        "history": list(reversed(notices.history(person, notice.number))),
        "may": person.may(Permission.SEND_NOTICES),
        "now": datetime.now(UTC),
        "answers": [(one.value, visit.texts.gettext(words.STATES[one])) for one in sorted(ANSWERS)],
    }


def _list(visit: Visit) -> dict[str, object]:
    notices, person = visit.node.reporting.notices, visit.person
    case, before = whole(visit.field("case") or visit.asked("case")), page_after(visit)
    found = notices.page(person, WantedNotices(case=case), before=before or None, limit=PAGE)
    candidates = notices.candidates(person, case) if case and not before else ()
    return {
        "words": words,
        "case": case,
        "notices": found,
        "counts": notices.counts(person),
        "candidates": [one for one in candidates if not one.notices],
        "providers": [one.name for one in notices.providers.all(person)],
        "laws": sorted(notices.terms.laws),
        "lacks": notices.terms.lacks,
        "live": notices.terms.live,
        "may": person.may(Permission.SEND_NOTICES),
        "first": before == 0,
        "following": found[-1].number if len(found) == PAGE else "",
    }


def _providers(visit: Visit) -> dict[str, object]:
    notices = visit.node.reporting.notices
    return {
        "words": words,
        "providers": notices.providers.all(visit.person),
        "channels": [(one.value, visit.texts.gettext(words.CHANNELS[one])) for one in Channel],
        "languages": [(one, one) for one in LANGUAGES],
        "may": visit.person.may(Permission.MANAGE_FILING),
        "typed": {name: visit.field(name) for name in ("name", "channel", "address", "hosts", "language")},
    }
