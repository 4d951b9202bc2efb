"""StopNCII.org: hashes that adults, and people who were minors in the pictures, made of their own pictures.

The list is led by those people: what they withdraw stops matching. Of an item, `hashStatus` decides, and only
`Active` and `Received` match. Its case numbers point to a person's report and are not kept.

The interface is only known from its public client (python-threatexchange 1.2): sets of changes from
`startTimestamp` on, in pages that follow one another in time, each with a token for the next one that soon
expires, the last with the time to begin the next set at. Pages come corrupt now and then (issue 2004 there).
What can be read of such a page is kept, the span of time it covered is remembered and asked for again in each
run, in smaller pages, until it has been read whole.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from tocsin.banks.model import EntryDraft, Label, Origin
from tocsin.banks.opinions import Verdict
from tocsin.exchange.model import (
    CheckpointExpiredError,
    Heard,
    OpinionToGive,
    Page,
    PartnerRefusedError,
    PartnerUnreachableError,
    Record,
    Stance,
    Telling,
    Withdrawal,
)
from tocsin.exchange.services.corrupt_json import Salvage, salvaged
from tocsin.exchange.services.model import Environment, Secret, Service
from tocsin.exchange.services.reading import (
    LONGEST,
    aside,
    demand_success,
    refuse,
    signal_of,
    sort_out,
    text_of,
    time_of,
)
from tocsin.hashing.signals import SignalType
from tocsin.media.answers import list_in, number_in, object_in, strictly_read

if TYPE_CHECKING:
    from tocsin.exchange.transport import Web
    from tocsin.media.sandbox import JsonObject, JsonValue

_SOURCE: Final = "StopNCII"
_BEGINNING: Final = 10
"""Where the public client begins."""
_PAGE: Final = 800
_SMALL_PAGE: Final = 50
_TOKEN_SECONDS: Final = 1800
"""A token is "not valid over long periods of time"; an older one is not tried."""
_EXPIRES_SECONDS: Final = 30 * 86_400
"""The public client takes what is older as stale."""
_STEPS: Final = (1, 10, 60, 600, 3600, 86_400)
"""Seconds by which is stepped over what cannot be read."""
_MOST_GAPS: Final = 20
_MOST_EMPTY: Final = 1000
_MOST_REFUSED: Final = 3
_LONGEST_SHORT: Final = 128
_LIVE: Final = frozenset({"active", "received"})
_GONE: Final = frozenset({"withdrawn", "deleted"})
_KINDS: Final = {"imagepdq": SignalType.PDQ, "videomd5": SignalType.MD5}
_VERDICTS: Final = {"blocked": Verdict.CONFIRM, "notblocked": Verdict.DISPUTE}
_STANCES: Final = {Stance.CONFIRM: "Blocked", Stance.DISPUTE: "NotBlocked", Stance.SEEN: "PendingReview"}


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the list is known."""

    since: int
    """Where the present set of changes begins."""
    token: str = ""
    """Of the next page of that set."""
    asked: int = 0
    """When that token came."""
    low: int = 0
    """The earliest change on the page before."""
    run: int = 0
    """When the last set ended."""
    anew: bool = True
    """The whole list is being told, and its last page has not come."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Spans of time of which something could not be read."""

    def to_json(self) -> "JsonObject":
        return {
            "since": self.since,
            "token": self.token,
            "asked": self.asked,
            "low": self.low,
            "run": self.run,
            "anew": self.anew,
            "gaps": [list(gap) for gap in self.gaps],
        }


def _place_of(checkpoint: "JsonObject", now: int) -> _Place:
    """Raises CheckpointExpiredError, also for one that cannot be read."""
    try:
        gaps = [list_in(gap) for gap in list_in(checkpoint["gaps"])]
        place = _Place(
            number_in(checkpoint["since"]),
            str(checkpoint["token"]),
            number_in(checkpoint["asked"]),
            number_in(checkpoint["low"]),
            number_in(checkpoint["run"]),
            checkpoint["anew"] is True,
            tuple((number_in(start), number_in(end)) for start, end in gaps),
        )
    except (KeyError, TypeError, ValueError) as error:
        message = "the checkpoint cannot be read"
        raise CheckpointExpiredError(message) from error
    if now - max(place.run, place.asked) > _EXPIRES_SECONDS:
        raise CheckpointExpiredError
    if now - place.asked > _TOKEN_SECONDS:
        place = replace(place, token="")
    return place


@dataclass(frozen=True, slots=True)
class _Told:
    """A page as it came."""

    items: "list[JsonValue]"
    token: str
    next: int | None
    more: bool
    broken: str = ""
    """Why it is not whole; empty where it is."""


class StopNcii:
    """Speaks to StopNCII; implements `tocsin.exchange.model.Partner`."""

    def __init__(self, web: "Web", url: str, secret: Secret) -> None:
        """At `url`, with the subscription key as user and the keys of the functions, `FETCH[,FEEDBACK]`."""
        self._web = web
        self._url = url.rstrip("/")
        self._subscription = secret.user
        self._fetch_key, _, self._feedback_key = secret.password.partition(",")

    def fetch(self, checkpoint: "JsonObject | None", now: datetime) -> Iterator[Page]:
        """As `Partner.fetch` says. Raises also CheckpointExpiredError."""
        seconds = int(now.timestamp())
        place = _Place(_BEGINNING, run=seconds) if checkpoint is None else _place_of(checkpoint, seconds)
        telling = Telling.ANEW if checkpoint is None else _telling(place)
        for told, after in self._set(place, seconds, _PAGE):
            place = after
            yield _page(told, place, telling)
            telling = _telling(place)
        for gap in place.gaps:
            for told, after in self._gap(place, gap, seconds):
                place = after
                yield _page(told, place, telling)
        if place.anew and not place.gaps:
            place, telling = replace(place, anew=False), Telling.WHOLE
        up_to = None if place.gaps else time_of(place.since)
        yield Page((), (), (), place.to_json(), telling, up_to)

    def give(self, opinion: OpinionToGive) -> None:
        """As `Partner.give` says; the reason goes along as a tag."""
        if not self._feedback_key:
            message = "the account of this exchange has no key for giving opinions"
            raise PartnerRefusedError(message)
        tags: list[JsonValue] = [opinion.reason] if opinion.reason else []
        said: JsonObject = {
            "hashValue": opinion.key.partition(":")[2],
            "feedbackValue": _STANCES[opinion.stance],
            "tags": tags,
        }
        body = json.dumps({"count": 1, "hashFeedbacks": [said]}).encode()
        headers = {**self._headers(self._feedback_key), "Content-Type": "application/json"}
        answer = self._web.send("POST", f"{self._url}/SubmitFeedback", headers, body, longest=LONGEST)
        demand_success(answer)

    def _headers(self, key: str) -> Mapping[str, str]:
        return {"x-functions-key": key, "Ocp-Apim-Subscription-Key": self._subscription}

    def _set(self, place: _Place, now: int, size: int) -> Iterator[tuple[_Told, _Place]]:
        """The pages of the set of changes at `place`, each with the place after it.

        Raises PartnerUnreachableError, PartnerRefusedError.
        """
        refused: set[str] = set()
        empty = 0
        while True:
            try:
                told = self._asked(place, size, refused)
            except PartnerRefusedError:
                if not place.token or len(refused) > _MOST_REFUSED:
                    raise
                # The token has expired, or came from a corrupt page: the set is told from its beginning.
                refused.add(place.token)
                place = replace(place, token="", low=0)
                continue
            after = _after(place, told, now)
            if told.broken and not told.token:
                beyond = self._beyond(place, told, now, size)
                if beyond is None:
                    yield told, place  # what could be read of it; nothing that follows can be
                    message = f"a page cannot be read, nor anything after it: {told.broken}"
                    raise PartnerUnreachableError(message)
                after = beyond
            elif told.broken:
                after = _with_gap(after, (place.low or place.since, _highest(told, after)))
            empty = 0 if told.items else empty + 1
            if after.token and (after.token == place.token or empty > _MOST_EMPTY):
                message = "the service says for ever that there is more, and tells nothing new"
                raise PartnerUnreachableError(message)
            yield told, after
            place = after
            if not told.more:
                return

    def _beyond(self, place: _Place, told: _Told, now: int, size: int) -> _Place | None:
        """The next place whose page can be read; None where there is none."""
        start = max(place.since, place.low, _highest(told, place))
        for step in _STEPS:
            if start + step > now:
                return None
            there = replace(place, since=start + step, token="", low=0)
            if not self._asked(there, size).broken:
                return _with_gap(there, (place.low or place.since, start + step))
        return None

    def _gap(self, place: _Place, gap: tuple[int, int], now: int) -> Iterator[tuple[_Told, _Place]]:
        """Read a span once more, in small pages, and forget of it what could be read."""
        try:
            for told, there in self._set(_Place(gap[0]), now, _SMALL_PAGE):
                passed = not told.more or there.since > gap[1] or _lowest(told, gap[1]) > gap[1]
                if passed:
                    place = replace(place, gaps=tuple(one for one in place.gaps if one != gap))
                    for smaller in there.gaps:
                        place = _with_gap(place, smaller)
                yield told, place
                if passed:
                    return
        except PartnerUnreachableError as error:
            yield _Told([], "", None, more=True, broken=error.message), place

    def _asked(self, place: _Place, size: int, refused: Container[str] = ()) -> _Told:
        """One page; a corrupt one is asked for twice. Raises PartnerUnreachableError, PartnerRefusedError."""
        query: dict[str, str | int] = {"startTimestamp": place.since, "pageSize": size}
        if place.token:
            query["nextPageToken"] = place.token
        url = f"{self._url}/FetchHashes?{urlencode(query)}"
        broken = ""
        for _ in range(2):
            body = demand_success(self._web.get(url, self._headers(self._fetch_key), longest=LONGEST))
            try:
                return _told(object_in(strictly_read(body)))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                broken = str(error)[:100] or type(error).__name__
        told = _of_salvage(salvaged(body, "hashRecords", "hashValue"), broken)
        return replace(told, token="") if told.token in refused else told


def _told(answer: "JsonObject") -> _Told:
    """Raises TypeError, KeyError."""
    more = answer["hasMoreRecords"] is True
    token = str(answer.get("nextPageToken") or "") if more else ""
    if more and not token:
        message = "there is more, and no token for it"
        raise TypeError(message)
    following = answer.get("nextSetTimestamp")
    return _Told(
        list_in(answer["hashRecords"]), token, None if following is None else number_in(following), more
    )


def _of_salvage(found: Salvage, broken: str) -> _Told:
    token = found.fields.get("nextPageToken")
    return _Told(found.items, token if isinstance(token, str) else "", None, more=True, broken=broken)


def _after(place: _Place, told: _Told, now: int) -> _Place:
    """The place after a page."""
    if told.more:
        return replace(place, token=told.token, asked=now, low=_lowest(told, place.low))
    # A set that ends in the future would hide what changes until then.
    following = max(place.since, min(told.next or 0, now))
    return replace(place, since=following, token="", low=0, run=now)


def _times(told: _Told) -> list[int]:
    found = [item.get("lastModtimestamp") for item in told.items if isinstance(item, dict)]
    return [int(one) for one in found if isinstance(one, int)]


def _lowest(told: _Told, default: int) -> int:
    return min(_times(told), default=default)


def _highest(told: _Told, place: _Place) -> int:
    return max(_times(told), default=place.low or place.since)


def _with_gap(place: _Place, gap: tuple[int, int]) -> _Place:
    """With one more span to read again; those that are too many are joined with their neighbours."""
    gaps = sorted({*place.gaps, gap})
    while len(gaps) > _MOST_GAPS:
        (start, end), (_, other) = gaps.pop(0), gaps.pop(0)
        gaps.insert(0, (start, max(end, other)))
    return replace(place, gaps=tuple(gaps))


def _telling(place: _Place) -> Telling:
    return Telling.GOING_ON if place.anew else Telling.CHANGES


def _page(told: _Told, place: _Place, telling: Telling) -> Page:
    records, withdrawals, put_aside = sort_out(told.items, _key, _record)
    if told.broken:
        put_aside += (aside("", f"a page is corrupt; it is asked for again: {told.broken}", ""),)
    return Page(records, withdrawals, put_aside, place.to_json(), telling)


def _key(item: "JsonObject") -> str:
    value = text_of(item, "hashValue", LONGEST)
    if not value:
        refuse("there is no hashValue")
    # Longer ones are no hashes whose case says nothing, and are set aside.
    short = value.lower() if len(value) <= _LONGEST_SHORT else value[:_LONGEST_SHORT]
    return f"{text_of(item, 'signalType', 100)}:{short}"


def _record(key: str, item: "JsonObject") -> Record | Withdrawal:
    """Raises UnfitItemError."""
    kind, status = text_of(item, "signalType", 100), text_of(item, "hashStatus", 100)
    changed = time_of(item.get("lastModtimestamp"))
    if status.lower() in _GONE:
        return Withdrawal(key, status, changed)
    if status.lower() not in _LIVE:
        # What we do not understand does not match: the person behind it may have taken it back.
        return Withdrawal(key, f"hashStatus {status or 'missing'}, which is none that matches", changed)
    if kind.lower() not in _KINDS:
        refuse(f"{kind or 'no signalType'} is no kind of hash that is matched here")
    signal = signal_of(_KINDS[kind.lower()], text_of(item, "hashValue"))
    label = Label("stopncii:hashStatus", "1", status)
    draft = EntryDraft((signal,), Origin(_SOURCE, "", key), (label,))
    return Record(key, draft, changed, tuple(_heard(item.get("CSPFeedbacks"))))


def _heard(value: "JsonValue") -> Iterable[Heard]:
    """What platforms say: the last word of each. Raises UnfitItemError."""
    found: dict[str, Heard] = {}
    for one in value if isinstance(value, list) else []:
        if not isinstance(one, dict):
            continue
        word = text_of(one, "feedbackValue", 100)
        author = text_of(one, "source", 150) or "a platform"
        tags = one.get("tags")
        words = sorted(str(tag)[:100] for tag in tags[:20]) if isinstance(tags, list) else []
        if verdict := _VERDICTS.get(word.lower()):
            found[author] = Heard(author, verdict, " ".join([word, *words]))
    return found.values()


SERVICE: Final = Service(
    "stopncii",
    "StopNCII.org",
    {"production": Environment("https://api.stopncii.org/v1", production=True)},
    lambda web, url, _settings, secret: StopNcii(web, url, secret),
)
