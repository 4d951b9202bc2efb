"""A simulated StopNCII on the loopback, with its own list of random hashes, which are of nothing."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING, Final

from tocsin.simulators.json_service import Asked, JsonService, Said

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

ROOT: Final = "/v1"
_BAD: Final[Said] = Said({"message": "bad request"}, 400)


@dataclass(slots=True)
class Hash:
    """One hash of the list."""

    kind: str
    value: str
    status: str
    time: int
    feedback: "list[JsonValue]"

    def to_json(self) -> "JsonObject":
        """As the service tells it; no cases are told as a list, as it really does."""
        cases: JsonValue = {"case-1": self.status} if self.value[0] > "7" else []
        return {
            "lastModtimestamp": self.time,
            "signalType": self.kind,
            "hashValue": self.value,
            "hashStatus": self.status,
            "caseNumbers": cases,
            "CSPFeedbacks": self.feedback,
        }


class StopNciiSimulator(JsonService):
    """The service, from entering until leaving; `list` is what it really has, by value."""

    def __init__(self, subscription: str, key: str, port: int = 0, clock: Callable[[], float] = time) -> None:
        """With these keys, which are those of all its functions."""
        self.list: dict[str, Hash] = {}
        self.corrupt: set[str] = set()
        """Pages with one of these values come cut off."""
        self.told: list[JsonObject] = []
        """Feedback that it took."""
        self._keys = (subscription, key)
        self._sets: dict[str, tuple[list[str], int]] = {}
        self._clock = clock
        self._numbers = 0
        super().__init__(self._said, self._sets.clear, port)

    @property
    def url(self) -> str:
        """What a client puts its paths behind."""
        return f"http://127.0.0.1:{self.port}{ROOT}"

    def fill(self, count: int, seed: int = 1) -> None:
        """Put that many hashes on the list, many of them in one second."""
        for number in range(count):
            value = sha256(f"stopncii {seed} {number}".encode()).hexdigest()
            when = int(self._clock()) - (count - number) // 40 - 1
            self.list[value] = Hash("ImagePDQ", value, "Active", when, [])

    def change(self, value: str, status: str) -> None:
        """What becomes of a case, now."""
        self.list[value].status = status
        self.list[value].time = int(self._clock())

    def truth(self) -> set[str]:
        """What a client should match in the end."""
        return {one.value for one in self.list.values() if one.status in {"Active", "Received"}}

    def _said(self, asked: Asked) -> Said:
        given = (asked.headers.get("ocp-apim-subscription-key"), asked.headers.get("x-functions-key"))
        if given != self._keys:
            return Said({"message": "Access denied"}, 401)
        if asked.path == f"{ROOT}/SubmitFeedback":
            self.told.extend(json.loads(asked.body)["hashFeedbacks"])
            return Said({})
        return self._page(asked) if asked.path == f"{ROOT}/FetchHashes" else Said({}, 404)

    def _page(self, asked: Asked) -> Said:
        token, size = asked.query.get("nextPageToken", ""), int(asked.query.get("pageSize", "800"))
        name, _, start = token.partition("-")
        if not token:
            self._numbers += 1
            name, start = f"t{self._numbers}", "0"
            since = int(asked.query["startTimestamp"])
            found = sorted((one.time, one.value) for one in self.list.values() if one.time >= since)
            self._sets[name] = ([value for _, value in found], found[-1][0] if found else since)
        if name not in self._sets:
            return _BAD
        values, following = self._sets[name]
        at = int(start)
        page = values[at : at + size]
        random.Random(token).shuffle(page)  # noqa: S311  # no order that means anything
        more = at + size < len(values)
        items: list[JsonValue] = [self.list[value].to_json() for value in page]
        body: JsonObject = {
            "count": len(items),
            "nextPageToken": f"{name}-{at + size}" if more else None,
            "nextSetTimestamp": following,
            "hasMoreRecords": more,
            "hashRecords": items,
        }
        return Said(body, listing=True, corrupt=not self.corrupt.isdisjoint(page))
