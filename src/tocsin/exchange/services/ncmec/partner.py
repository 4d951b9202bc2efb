"""One environment of NCMEC's hash sharing with one account; implements `tocsin.exchange.model.Partner`.

Entries are asked for by windows of time, from exclusive, to inclusive, and come in no order: a window counts
as had when its last page was. An entry is told as it is now, at its newest time, so that whatever changes
while windows are read comes again in a later one.
"""

import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote

from tocsin.exchange.model import OpinionToGive, Page, PartnerRefusedError, PartnerUnreachableError, Telling
from tocsin.exchange.services.ncmec.answers import Entries, read_damaged, read_entries
from tocsin.exchange.services.ncmec.entries import Found, moment
from tocsin.exchange.services.ncmec.feedback import give
from tocsin.exchange.services.ncmec.position import Cursor, Position, floor, position_in, stamp
from tocsin.exchange.services.ncmec.xml import LONGEST, UnreadableError, attribute, name_of, root_of

if TYPE_CHECKING:
    from tocsin.exchange.services.model import Secret
    from tocsin.exchange.transport import Answer, Web
    from tocsin.media.sandbox import JsonObject

OK: Final = 200
_DENIED: Final = (401, 403)
_REFUSED: Final = range(300, 500)
_BEHIND: Final = timedelta(seconds=5)
"""What is newer may still be on its way into NCMEC's database, under an earlier time."""
_NAMES_LAST: Final = timedelta(days=1)
_READINGS: Final = 3
"""Times that an answer which cannot be read is asked for."""
_NARROWINGS: Final = 3
"""Times in a run that a window which gets no answer is asked for again, narrower."""
_LOST_CURSORS: Final = 20
_ITEMS: Final = 5000
"""Of a page that is handed on at once."""


class Ncmec:
    """What speaks to one environment, for one run."""

    def __init__(self, web: "Web", url: str, environment: str, secret: "Secret") -> None:
        """The environment behind `url`; `environment` is its name, which GUIDs and origins are kept under."""
        self._web = web
        self._root = url.rstrip("/")
        self._environment = environment
        login = b64encode(f"{secret.user}:{secret.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Accept": "application/xml"}

    def fetch(self, checkpoint: "JsonObject | None", now: datetime) -> Iterator[Page]:
        """Pages from `checkpoint` on, as `Partner.fetch` says."""
        begun, theirs = time.monotonic(), self._their_time(now)

        def passed() -> timedelta:
            return timedelta(seconds=time.monotonic() - begun)

        position = self._named(position_in(checkpoint), now)
        end = floor(theirs - _BEHIND)
        losses = _Losses()
        while True:
            position = position.usable(now + passed())
            if position.cursor is None and position.after >= end:
                if not position.anew:
                    return
                if position.told is None or position.after < position.told:
                    # An entry stands at the time of its last change: one that changed before it was reached,
                    # and too short a while ago, has not been named. A later run does, before others are gone.
                    told = position.told or floor(theirs + passed())
                    yield Page(
                        (), (), (), replace(position, told=told).to_json(), Telling.GOING_ON, position.after
                    )
                    return
                done = replace(position, anew="", told=None)
                yield Page((), (), (), done.to_json(), Telling.WHOLE, position.after)
                return
            to = position.cursor.to if position.cursor else _end_of(position, end)
            try:
                entries = self._asked(position, to)
            except PartnerUnreachableError as error:
                if not losses.narrowing(position, error):
                    yield from self._pages(Found(), position, position, None)
                    raise
                position = position.narrower()
                continue
            if entries is None:
                losses.cursor()
                position = position.narrower()
                continue
            after = self._moved(position, to, entries, now + passed())
            yield from self._pages(entries.found, position, after, None if after.cursor else to)
            position = _begun(after)

    def give(self, opinion: OpinionToGive) -> None:
        """Tell what we think of an entry's fingerprint, as `Partner.give` says: once."""
        give(self._web, self._root, self._headers, opinion)

    def _their_time(self, now: datetime) -> datetime:
        """The time by the clock that is behind, theirs or ours: a window must not end in their future.

        Raises PartnerRefusedError, PartnerUnreachableError: the account is looked at here, too.
        """
        answer = self._got("/v2/status")
        if answer.status != OK:
            raise _refused(answer)
        try:
            theirs = parsedate_to_datetime(answer.headers.get("date", ""))
            return min(now, theirs.replace(tzinfo=UTC) if theirs.tzinfo is None else theirs.astimezone(UTC))
        except (ValueError, OverflowError):
            return now

    def _named(self, position: Position, now: datetime) -> Position:
        """With what categorizations are called; without that an exchange goes on as well."""
        read = position.names_read
        if read is not None and timedelta(0) <= now - read < _NAMES_LAST:
            return position
        try:
            answer = self._got("/v2/categorizations", tries=1)
            names = _names_in(answer.body) if answer.status == OK else {}
        except (PartnerUnreachableError, UnreadableError):
            return position  # the next run asks again
        return replace(position, names={**position.names, **names}, names_read=now)

    def _asked(self, position: Position, to: datetime) -> Entries | None:
        """The next page of a window; None where NCMEC no longer takes the link to it.

        Raises PartnerRefusedError, PartnerUnreachableError.
        """
        cursor = position.cursor
        path = f"/v2/entries?from={_quoted(position.after)}&to={_quoted(to)}"
        # To find where a window begins takes NCMEC long: one that gets no answer is better asked narrower.
        answer, entries = self._read(cursor.next if cursor else path, tries=5 if cursor else 3)
        if entries is not None:
            return entries
        if cursor and answer.status in _REFUSED and answer.status not in _DENIED:
            return None
        raise _refused(answer)

    def _read(self, path: str, tries: int) -> tuple["Answer", Entries | None]:
        """Entries, where the status is 200. Raises PartnerUnreachableError."""
        seen: bytes | None = None
        problem = ""
        for _ in range(_READINGS):
            answer = self._got(path, tries)
            if answer.status != OK:
                return answer, None
            try:
                return answer, read_entries(answer.body, self._environment)
            except UnreadableError as error:
                problem = str(error)
            if answer.body == seen:
                break  # it is not the way here that damages it
            seen = answer.body
        try:
            return answer, read_damaged(answer.body, self._environment)
        except UnreadableError:
            message = f"the service's answer cannot be read: {problem}"
            raise PartnerUnreachableError(message) from None

    def _moved(self, position: Position, to: datetime, entries: Entries, now: datetime) -> Position:
        """Where to go on after that page. Raises PartnerUnreachableError."""
        cursor = position.cursor
        pages = 1 + (cursor.pages if cursor else 0)
        if not entries.next:
            return position.past(to, pages)
        link = self._checked(entries.next, position.after, to)
        if cursor and link == cursor.next:
            message = "the service's link to the next page leads to the same page"
            raise PartnerUnreachableError(message)
        return replace(position, cursor=Cursor(to, link, cursor.begun if cursor else now, pages))

    def _checked(self, link: str, after: datetime, to: datetime) -> str:
        """A link as a path behind the environment's URL. Raises PartnerUnreachableError for another one."""
        path = link.removeprefix(self._root)
        asked = parse_qs(path.partition("?")[2])
        if not path.startswith("/v2/entries?") or not (_is(asked, "from", after) and _is(asked, "to", to)):
            message = "the service's link to the next page leads elsewhere than to the next page"
            raise PartnerUnreachableError(message)
        return path

    def _pages(
        self, found: Found, before: Position, after: Position, up_to: datetime | None
    ) -> Iterator[Page]:
        """What was found, in pieces that can be committed; `after` counts with the last of them."""
        records, gone = list(found.records.values()), list(found.withdrawals.values())
        aside, first = list(found.set_aside), before.anew == "begun"
        pieces = max(1, -(-max(len(records), len(gone), len(aside)) // _ITEMS))
        for piece in range(pieces):
            part, last = slice(piece * _ITEMS, (piece + 1) * _ITEMS), piece == pieces - 1
            anew = Telling.ANEW if first and not piece else Telling.GOING_ON
            yield Page(
                tuple(records[part]),
                tuple(gone[part]),
                tuple(aside[part]),
                # Within an answer we would begin it again, and tell the whole list as going on.
                _begun(after if last else before).to_json(),
                anew if before.anew else Telling.CHANGES,
                up_to if last else None,
            )

    def _got(self, path: str, tries: int = 5) -> "Answer":
        answer = self._web.get(self._root + path, self._headers, longest=LONGEST, tries=tries)
        if answer.status in _DENIED:
            message = f"the service does not let this account in (status {answer.status})"
            raise PartnerRefusedError(message)
        return answer


class _Losses:
    """What went wrong in a run, so that it does not go on without end."""

    def __init__(self) -> None:
        self._cursors = 0
        self._narrowings = 0

    def cursor(self) -> None:
        """A link was not taken any more. Raises PartnerUnreachableError."""
        self._cursors += 1
        if self._cursors > _LOST_CURSORS:
            message = "the service gives links to further pages, and then does not take them"
            raise PartnerUnreachableError(message)

    def narrowing(self, position: Position, error: PartnerUnreachableError) -> bool:
        """Whether to ask for less after no answer."""
        self._narrowings += 1
        narrow = position.narrower().width < position.width
        return error.wait is None and self._narrowings <= _NARROWINGS and narrow


def _begun(position: Position) -> Position:
    return replace(position, anew="on") if position.anew else position


def _end_of(position: Position, end: datetime) -> datetime:
    return min(end, position.after + timedelta(milliseconds=position.width))


def _is(asked: Mapping[str, list[str]], name: str, time: datetime) -> bool:
    """Whether a link is for that window, as far as it says so."""
    try:
        return all(floor(moment(text.replace(" ", "+"))) == time for text in asked.get(name, []))
    except ValueError:
        return False


def _quoted(time: datetime) -> str:
    return quote(stamp(time), safe="")


def _names_in(document: bytes) -> dict[str, str]:
    """Categorizations by GUID, each with its group. Raises UnreadableError."""
    names = {}
    for one in root_of(document).iter():
        guid, parent = attribute(one, "guid").lower(), one.getparent()
        if guid and name_of(one) == "categorization":
            group = "" if parent is None else attribute(parent, "name")
            names[guid[:100]] = f"{group}: {attribute(one, 'name')}".removeprefix(": ")[:200]
    return names


def _refused(answer: "Answer") -> PartnerRefusedError:
    return PartnerRefusedError(f"the service refuses the request (status {answer.status})")
