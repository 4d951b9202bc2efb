"""Meta's ThreatExchange: what the members of one privacy group say of indicators.

Followed by `/<privacy-group>/threat_updates`, in the order of `last_updated`, with `should_delete` for what
is gone. Deletions are told for 90 days by one page of Meta's documentation and for 30 by another, so after 28
days without an update the list is told anew.

An indicator is a record; its descriptors are opinions of their owners, kept as labels under the owner's
number and, with the reactions to them, as what others say. It matches unless every owner says NON_MALICIOUS;
an owner who disagrees makes it disputed, not gone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

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
from tocsin.exchange.services.model import Environment, Secret, Service, UnfitSettingsError
from tocsin.exchange.services.reading import (
    LONGEST,
    demand_success,
    get_object,
    number_key,
    object_of,
    refuse,
    signal_of,
    sort_out,
    text_of,
    time_of,
)
from tocsin.hashing.signals import SignalType
from tocsin.media.answers import list_in, number_in, object_in, text_in

if TYPE_CHECKING:
    from tocsin.exchange.transport import Answer, Web
    from tocsin.media.sandbox import JsonObject, JsonValue

_SOURCE: Final = "ThreatExchange"
_PAGE: Final = 500
_EXPIRES: Final = timedelta(days=28)
_OVERLAP: Final = 60
"""Seconds that are asked for again: what was being written while we asked."""
_MOST_REFUSED: Final = 3
_LONGEST_NEXT: Final = 4000
_MOST_DESCRIPTORS: Final = 100
_KINDS: Final = {
    "HASH_PDQ": SignalType.PDQ,
    "HASH_MD5": SignalType.MD5,
    "HASH_VIDEO_MD5": SignalType.MD5,
    "HASH_SHA1": SignalType.SHA1,
    "HASH_SHA256": SignalType.SHA256,
    "HASH_VIDEO_SHA256": SignalType.SHA256,
}
_STATED: Final = ("status", "confidence", "severity", "review_status", "privacy_type", "expired_on")
_FIELDS: Final = (
    "id,indicator,type,last_updated,should_delete,"
    f"descriptors{{id,owner{{id}},reactions,tags,share_level,{','.join(_STATED)}}}"
)
_VERDICTS: Final = {"MALICIOUS": Verdict.CONFIRM, "NON_MALICIOUS": Verdict.DISPUTE}
_REACTIONS: Final = {
    "HELPFUL": Verdict.CONFIRM,
    "NON_MALICIOUS": Verdict.DISPUTE,
    "DISAGREE_WITH_TAGS": Verdict.DISPUTE,
}
_STANCES: Final = {Stance.CONFIRM: "HELPFUL", Stance.DISPUTE: "NON_MALICIOUS", Stance.SEEN: "SAW_THIS_TOO"}
_DISAGREE: Final = "DISAGREE_WITH_TAGS"
_BAD_REQUEST: Final = 400
_THROTTLED: Final = frozenset({1, 2, 4, 17, 32, 341, 613})
"""Codes of the Graph API for what passes: too many calls, or a trouble of its own."""
_THROTTLE_WAIT: Final = 900.0


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the list is known; the token of the account is no part of it."""

    since: int = 0
    following: "tuple[tuple[str, str], ...]" = ()
    """What the next page is asked for with."""
    highest: int = 0
    """The latest change that came."""
    run: int = 0
    anew: bool = True

    def to_json(self) -> "JsonObject":
        return {
            "since": self.since,
            "next": dict(self.following),
            "highest": self.highest,
            "run": self.run,
            "anew": self.anew,
        }


def _place_of(checkpoint: "JsonObject", now: datetime) -> _Place:
    """Raises CheckpointExpiredError."""
    try:
        following = object_in(checkpoint["next"])
        place = _Place(
            number_in(checkpoint["since"]),
            tuple((name, text_in(value)) for name, value in following.items()),
            number_in(checkpoint["highest"]),
            number_in(checkpoint["run"]),
            checkpoint["anew"] is True,
        )
    except (KeyError, TypeError) as error:
        message = "the checkpoint cannot be read"
        raise CheckpointExpiredError(message) from error
    if now - datetime.fromtimestamp(place.run, UTC) > _EXPIRES:
        raise CheckpointExpiredError
    return place


class ThreatExchange:
    """Speaks to ThreatExchange; implements `tocsin.exchange.model.Partner`."""

    def __init__(self, web: "Web", url: str, privacy_group: str, secret: Secret) -> None:
        """At `url`, which ends in the version, for one privacy group, with an app's access token."""
        self._web = web
        self._url = url.rstrip("/")
        self._group = privacy_group
        self._token = secret.password
        self._us = secret.password.replace("%7C", "|").partition("|")[0]

    def fetch(self, checkpoint: "JsonObject | None", now: datetime) -> Iterator[Page]:
        """As `Partner.fetch` says. Raises also CheckpointExpiredError."""
        seconds = int(now.timestamp())
        place = _Place(run=seconds) if checkpoint is None else _place_of(checkpoint, now)
        telling = Telling.ANEW if checkpoint is None else _telling(place)
        refused, more = 0, True
        while more:
            try:
                items, following = self._page(place)
            except PartnerRefusedError:
                refused += 1
                if not place.following or refused > _MOST_REFUSED:
                    raise
                place = replace(place, following=())  # the cursor has expired
                continue
            if following and following == place.following:
                message = "the service says that there is more, and tells the same again"
                raise PartnerUnreachableError(message)
            highest = min(_latest(items, place.highest), seconds)
            place, more = replace(place, following=following, highest=highest), bool(following)
            yield Page(*sort_out(items, number_key, self._record), place.to_json(), telling)
            telling = _telling(place)
        if place.anew:
            telling = Telling.WHOLE
        place = replace(place, since=max(place.since, place.highest - _OVERLAP), run=seconds, anew=False)
        yield Page((), (), (), place.to_json(), telling, now)

    def give(self, opinion: OpinionToGive) -> None:
        """React to each descriptor of others, as `Partner.give` says; the same reaction twice is one."""
        query = {"fields": "descriptors{id,owner{id}}", "access_token": self._token}
        url = f"{self._url}/{number_key({'id': opinion.key})}?{urlencode(query)}"
        descriptors = _descriptors(get_object(self._web, url, {}, _demand_success))
        others = [number_key(one) for one in descriptors if _owner(one) != self._us]
        if not others:
            message = "no descriptor of another member is visible to us"
            raise PartnerRefusedError(message)
        reaction = _STANCES[opinion.stance]
        if opinion.stance is Stance.DISPUTE and opinion.reason == _DISAGREE:
            reaction = _DISAGREE
        body = urlencode({"reactions": reaction, "access_token": self._token}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        for one in others:
            _demand_success(self._web.send("POST", f"{self._url}/{one}", headers, body, longest=LONGEST))

    def _page(self, place: _Place) -> "tuple[list[JsonValue], tuple[tuple[str, str], ...]]":
        """A page, and what the next one is asked for with.

        Raises PartnerUnreachableError, PartnerRefusedError.
        """
        query = {"start_time": str(place.since), "limit": str(_PAGE), "types": ",".join(_KINDS)}
        query |= {"fields": _FIELDS, **dict(place.following), "access_token": self._token}
        url = f"{self._url}/{self._group}/threat_updates/?{urlencode(query)}"
        found = get_object(self._web, url, {}, _demand_success)
        try:
            paging = found.get("paging")
            link = text_in(object_in(paging).get("next") or "") if paging is not None else ""
            return list_in(found["data"]), _following(link)
        except (KeyError, TypeError, ValueError) as error:
            message = f"the service answers what is not as its interface says: {error}"
            raise PartnerUnreachableError(message) from error

    def _record(self, key: str, item: "JsonObject") -> Record | Withdrawal:
        """Raises UnfitItemError, TypeError."""
        changed = time_of(item.get("last_updated"))
        if item.get("should_delete") is True:
            return Withdrawal(key, "should_delete", changed)
        said = _descriptors(item)
        if not said:
            # They come so instead of as deleted (python-threatexchange, issue 834).
            return Withdrawal(key, "no descriptor of it is visible to us", changed)
        owned = [one for one in said if _owner(one)]
        if not owned:
            # A known bug that comes and goes: what we have of the indicator stays as it is.
            refuse("its descriptors have no owner")
        statuses = {text_of(one, "status", 100) for one in owned}
        if statuses == {"NON_MALICIOUS"}:
            return Withdrawal(key, "every member says NON_MALICIOUS", changed)
        kind = text_of(item, "type", 100)
        if kind not in _KINDS:
            refuse(f"{kind or 'no type'} is no kind of hash that is matched here")
        signal = signal_of(_KINDS[kind], text_of(item, "indicator"))
        labels = tuple(label for one in owned for label in _labels(one))
        draft = EntryDraft((signal,), Origin(_SOURCE, _owner(owned[0]), key), labels)
        return Record(key, draft, changed, tuple(self._heard(owned)))

    def _heard(self, descriptors: "Sequence[JsonObject]") -> Iterator[Heard]:
        """One word of each member but us: that of a descriptor before that of a reaction."""
        found: dict[str, Heard] = {}
        for one in descriptors:
            for name, author in _reactions(one.get("reactions")):
                verdict = _REACTIONS.get(name)
                # A member that both helps itself to it and disputes it is heard to dispute it.
                if verdict is Verdict.DISPUTE or (verdict is not None and author not in found):
                    found[author] = Heard(author, verdict, name)
        stated: dict[str, Heard] = {}
        for one in descriptors:
            status, author = text_of(one, "status", 100), _owner(one)
            verdict = _VERDICTS.get(status)
            if verdict is Verdict.DISPUTE or (verdict is not None and author not in stated):
                stated[author] = Heard(author, verdict, status)
        return (one for author, one in (found | stated).items() if author != self._us)


def _telling(place: _Place) -> Telling:
    return Telling.GOING_ON if place.anew else Telling.CHANGES


def _demand_success(answer: "Answer") -> bytes:
    """Raises PartnerRefusedError, PartnerUnreachableError: of being asked too often, too."""
    if answer.status == _BAD_REQUEST:
        error = object_of(answer.body).get("error")
        code = error.get("code") if isinstance(error, dict) else None
        if code in _THROTTLED:
            trouble = PartnerUnreachableError(f"the service answers with error {code}")
            trouble.wait = _THROTTLE_WAIT
            raise trouble
        message = f"the service answers with error {code}"
        raise PartnerRefusedError(message)
    return demand_success(answer)


def _following(link: str) -> tuple[tuple[str, str], ...]:
    """What a link to the next page asks with, but for the account's token. Raises ValueError."""
    pairs = parse_qsl(urlsplit(link[:_LONGEST_NEXT]).query, max_num_fields=30)
    kept = tuple((name, value) for name, value in pairs if name not in {"access_token", "appsecret_proof"})
    if link and not kept:
        message = "a link to the next page that says nothing"
        raise ValueError(message)
    return kept


def _latest(items: "list[JsonValue]", known: int) -> int:
    times = (item.get("last_updated") for item in items if isinstance(item, dict))
    return max((one for one in times if isinstance(one, int)), default=known)


def _descriptors(item: "JsonObject") -> "Sequence[JsonObject]":
    """Raises TypeError, UnfitItemError."""
    edge = item.get("descriptors")
    found = [object_in(one) for one in list_in(object_in(edge)["data"])] if isinstance(edge, dict) else []
    if len(found) > _MOST_DESCRIPTORS:
        refuse(f"it has {len(found):,} descriptors")
    return found


def _owner(descriptor: "JsonObject") -> str:
    owner = descriptor.get("owner")
    return text_of(owner, "id", 100) if isinstance(owner, Mapping) else ""


def _labels(descriptor: "JsonObject") -> Iterator[Label]:
    """What an owner says of it. Raises UnfitItemError."""
    owner = _owner(descriptor)
    for name in _STATED:
        if code := text_of(descriptor, name, 100):
            yield Label(f"threatexchange:{name}", "1", code, owner)
    if level := text_of(descriptor, "share_level", 100):
        yield Label("tlp", "1.0", level.lower(), owner)
    for tag in sorted(_tags(descriptor.get("tags"))):
        yield Label("threatexchange:tag", "1", tag, owner)


def _tags(value: "JsonValue") -> set[str]:
    """The tags of a descriptor, which come as words or as an edge of objects."""
    if isinstance(value, dict):
        value = value.get("data")
    found = value if isinstance(value, list) else []
    texts = {one if isinstance(one, str) else text_of(object_in(one), "text", 200) for one in found[:50]}
    return {one[:200] for one in texts if one}


def _reactions(value: "JsonValue") -> Iterator[tuple[str, str]]:
    """Reaction and member, from `[{"key": REACTION, "value": "ID,ID"}]`."""
    for one in value if isinstance(value, list) else []:
        if isinstance(one, dict):
            name = text_of(one, "key", 100)
            for author in text_of(one, "value").split(","):
                if author.strip():
                    yield name, author.strip()[:100]


def _check(_environment: str, settings: "JsonObject") -> "JsonObject":
    group = settings.get("privacy_group")
    if set(settings) != {"privacy_group"} or not (str(group).isascii() and str(group).isdigit()):
        message = "it wants one setting, privacy_group: the number of the group"
        raise UnfitSettingsError(message)
    return {"privacy_group": str(group)}


SERVICE: Final = Service(
    "threatexchange",
    "Meta ThreatExchange",
    {"production": Environment("https://graph.facebook.com/v26.0", production=True)},
    lambda web, url, settings, secret: ThreatExchange(web, url, str(settings["privacy_group"]), secret),
    _check,
)
