"""A simulated ThreatExchange on the loopback: one privacy group's updates, of hashes that are of nothing."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

from tocsin.simulators.json_service import Asked, JsonService, Said

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

ROOT: Final = "/v26.0"
GROUP: Final = "4001"
_TOMBSTONES: Final = 90 * 86_400
_US: Final = "9001"
_INVALID: Final[Said] = Said({"error": {"message": "Invalid cursor", "code": 100}}, 400)


@dataclass(slots=True)
class Indicator:
    """One indicator, and what members say of it."""

    id: int
    value: str
    time: int
    said: dict[str, str]
    """Status, by the member's number."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Members, by reaction to the first descriptor."""
    deleted: bool = False

    def to_json(self) -> "JsonObject":
        """As the service tells it."""
        found: JsonObject = {
            "id": str(self.id),
            "indicator": self.value,
            "type": "HASH_PDQ",
            "last_updated": self.time,
            "should_delete": self.deleted,
        }
        said: list[JsonValue] = [self._descriptor(at, owner) for at, owner in enumerate(self.said)]
        return found if self.deleted else {**found, "descriptors": {"data": said}}

    def _descriptor(self, at: int, owner: str) -> "JsonObject":
        reactions: list[JsonValue] = [
            {"key": name, "value": ",".join(members)} for name, members in self.reactions.items()
        ]
        return {
            "id": f"{self.id}{at:03}",
            "owner": {"id": owner},
            "status": self.said[owner],
            "confidence": 75,
            "share_level": "AMBER",
            "privacy_type": "HAS_PRIVACY_GROUP",
            "tags": {"data": [{"id": "1", "text": "example_tag"}]},
            "reactions": [] if at else reactions,
        }


class ThreatExchangeSimulator(JsonService):
    """The service, from entering until leaving; `list` is what it really has, by number."""

    def __init__(self, secret: str, port: int = 0, clock: Callable[[], float] = time) -> None:
        """For the app whose token is `token`."""
        self.list: dict[int, Indicator] = {}
        self.token = f"{_US}|{secret}"
        self.told: list[tuple[str, str]] = []
        """Descriptors, and how was reacted to them."""
        self._epoch = 0
        self._clock = clock
        super().__init__(self._said, self._forget, port)

    @property
    def url(self) -> str:
        """What a client puts its paths behind."""
        return f"http://127.0.0.1:{self.port}{ROOT}"

    def fill(self, count: int, seed: int = 1) -> None:
        """Put that many indicators in the group, many of them in one second."""
        for number in range(1, count + 1):
            value = sha256(f"threatexchange {seed} {number}".encode()).hexdigest()
            when = int(self._clock()) - 1000 - (count - number) // 200
            self.list[number] = Indicator(number, value, when, {"5001": "MALICIOUS"})

    def change(self, number: int) -> Indicator:
        """One that changes now."""
        self.list[number].time = int(self._clock())
        return self.list[number]

    def truth(self) -> set[str]:
        """What a client should match in the end."""
        live = (one for one in self.list.values() if not one.deleted)
        return {one.value for one in live if set(one.said.values()) != {"NON_MALICIOUS"}}

    def _forget(self) -> None:
        self._epoch += 1

    def _said(self, asked: Asked) -> Said:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if {**asked.query, **form}.get("access_token") != self.token:
            return Said({"error": {"message": "Invalid OAuth access token.", "code": 190}}, 400)
        named = asked.path.removeprefix(f"{ROOT}/").strip("/")
        if named == f"{GROUP}/threat_updates":
            return self._page(asked)
        if asked.method == "POST":
            self.told.append((named, form["reactions"]))
            return Said({"success": True})
        if named.isdigit() and int(named) in self.list:
            return Said(self.list[int(named)].to_json())
        return Said({"error": {"message": "Unknown object", "code": 803}}, 404)

    def _page(self, asked: Asked) -> Said:
        size, start = int(asked.query.get("limit", "25")), (int(asked.query.get("start_time", "0")), 0)
        if cursor := asked.query.get("after"):
            epoch, when, number = base64.b64decode(cursor).decode().split(",")
            if int(epoch) != self._epoch:
                return _INVALID
            start = (int(when), int(number) + 1)
        kept = int(self._clock()) - _TOMBSTONES
        there = [one for one in self.list.values() if not one.deleted or one.time > kept]
        left = sorted((one.time, one.id) for one in there if (one.time, one.id) >= start)
        page = left[:size]
        body: dict[str, JsonValue] = {"data": [self.list[number].to_json() for _, number in page]}
        if len(left) > size:
            after = base64.b64encode(f"{self._epoch},{page[-1][0]},{page[-1][1]}".encode()).decode()
            link = f"{self.url}/{GROUP}/threat_updates?{urlencode({**asked.query, 'after': after})}"
            body["paging"] = {"cursors": {"after": after}, "next": link}
        return Said(body, listing=True)
