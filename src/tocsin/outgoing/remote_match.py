"""Asking another node what it knows about contents: their hashes are sent, and nothing else of them."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import islice
from typing import TYPE_CHECKING, Final

from tocsin.banks.model import Label
from tocsin.errors import Error
from tocsin.exchange.model import PartnerRefusedError, PartnerUnreachableError
from tocsin.hashing.signals import Orientation, SignalType
from tocsin.media.answers import list_in, object_in, strictly_read, text_in
from tocsin.outgoing.addresses import LOOPBACK
from tocsin.outgoing.partners import PartnerWeb

if TYPE_CHECKING:
    from tocsin.exchange.transport import Answer
    from tocsin.hashing.signals import Signal
    from tocsin.media.sandbox import JsonObject, JsonValue

_ANYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_LONGEST: Final = 64 << 20
_LONGEST_WORDS: Final = 300
_MOST: Final = 1000
"""Hashes in one question, as the node takes them."""
_MOST_OF_ONE: Final = 200
_TRIES: Final = 6
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 120.0
_LATER: Final = frozenset({429, 502, 503, 504})
_DONE: Final = 200


class RemoteMatchError(Error):
    """The other node did not answer what is known about the hashes."""

    code = "match.remote"
    advice = (
        "Look at the address, which begins with https unless it is on this machine, and ask whoever runs "
        "that node whether the token has the role `matcher` and the right `match` in a bank."
    )


@dataclass(frozen=True, slots=True)
class RemoteMatch:
    """A match as the other node tells it."""

    bank: str
    type: SignalType
    distance: int | None
    """None where the node keeps it to itself."""
    labels: tuple[Label, ...]

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        labels: list[JsonValue] = [
            {
                "scheme": one.scheme,
                "version": one.version,
                "code": one.code,
                "author": one.author,
                "time": one.time,
            }
            for one in self.labels
        ]
        return {"bank": self.bank, "type": self.type.value, "distance": self.distance, "labels": labels}


class RemoteMatcher:
    """Asks one node, with one token."""

    def __init__(self, url: str, token: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        """The node at `url`; plain http is for this machine only. Raises RemoteMatchError."""
        self._url = f"{url.rstrip('/')}/v1/match"
        allowed = _ANYWHERE if url.lower().startswith("https:") else LOOPBACK
        try:
            self._web = PartnerWeb(self._url, allowed=allowed)
        except PartnerRefusedError as error:
            raise RemoteMatchError(error.message) from error
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._pause = pause

    def match_each(self, contents: "Sequence[Sequence[Signal]]") -> Iterator[tuple[RemoteMatch, ...]]:
        """What the node knows about each content, in the order given. Raises RemoteMatchError."""
        questions = (_hashes(signals) for signals in contents)
        for several in _together(questions):
            asked = [one for one in several if one]  # a content without hashes cannot be asked about
            answers = iter(self._asked(asked) if asked else ())
            yield from (next(answers) if one else () for one in several)

    def _asked(self, contents: "list[list[JsonValue]]") -> "list[tuple[RemoteMatch, ...]]":
        """Raises RemoteMatchError."""
        body = json.dumps({"contents": [{"signals": one} for one in contents]}).encode()
        try:
            told = list_in(object_in(strictly_read(self._answer(body).body))["contents"])
            found = [tuple(map(_match, list_in(object_in(one)["matches"]))) for one in told]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            message = "the node's answer cannot be read"
            raise RemoteMatchError(message) from error
        if len(found) != len(contents):
            message = f"the node answers about {len(found)} contents, not {len(contents)}"
            raise RemoteMatchError(message)
        return found

    def _answer(self, body: bytes) -> "Answer":
        """Asking changes nothing there, so what is put off is asked again. Raises RemoteMatchError."""
        pause = _FIRST_PAUSE
        for left in reversed(range(_TRIES)):
            try:
                answer = self._web.send("POST", self._url, self._headers, body, longest=_LONGEST)
            except (PartnerRefusedError, PartnerUnreachableError) as error:
                raise RemoteMatchError(error.message) from error
            if answer.status == _DONE:
                return answer
            if answer.status not in _LATER or not left:
                break
            given = answer.headers.get("retry-after", "")
            wait = float(given[:9]) if given.isascii() and given.isdigit() else pause
            if wait > _LONGEST_PAUSE:
                break
            self._pause(wait)
            pause *= 2
        message = f"the node answers {answer.status}: {_words(answer)}"
        raise RemoteMatchError(message)


def _hashes(signals: "Sequence[Signal]") -> "list[JsonValue]":
    """Those of a content as they are sent, each once: digests first, then upright PDQ, then turned."""
    upright = {None, Orientation.UPRIGHT}
    once: dict[tuple[SignalType, bytes], Signal] = {}
    for one in sorted(signals, key=lambda one: (not one.type.exact, one.orientation not in upright)):
        once.setdefault((one.type, one.value), one)
    return [_hash(one) for one in islice(once.values(), _MOST_OF_ONE)]


def _hash(one: "Signal") -> "JsonObject":
    said: JsonObject = {"type": one.type.value, "value": one.hex}
    return said if one.quality is None else {**said, "quality": one.quality}


def _together(questions: "Iterator[list[JsonValue]]") -> "Iterator[list[list[JsonValue]]]":
    """As many contents as one question may hold."""
    several: list[list[JsonValue]] = []
    for one in questions:
        if sum(map(len, several)) + len(one) > _MOST:
            yield several
            several = []
        several.append(one)
    if several:
        yield several


def _match(value: "JsonValue") -> RemoteMatch:
    """Raises KeyError, TypeError, ValueError."""
    item = object_in(value)
    distance = item["distance"]
    if distance is not None and not isinstance(distance, int):
        message = "a distance is a number"
        raise TypeError(message)
    labels = tuple(_label(object_in(one)) for one in islice(list_in(item["labels"]), _MOST))
    return RemoteMatch(text_in(item["bank"]), SignalType(text_in(item["type"])), distance, labels)


def _label(item: "JsonObject") -> Label:
    return Label(*(text_in(item[name]) for name in ("scheme", "version", "code", "author", "time")))


def _words(answer: "Answer") -> str:
    """What the node says of its refusal."""
    try:
        item = object_in(strictly_read(answer.body))
        words = f"{text_in(item['detail'])} [{text_in(item['code'])}]"
    except (ValueError, KeyError, TypeError, RecursionError):
        words = "without saying why"
    return "".join(one if one.isprintable() else " " for one in words)[:_LONGEST_WORDS]
