"""A simulated hash list of Tech Against Terrorism on the loopback, of random hashes, which are of nothing."""

from dataclasses import dataclass
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from tocsin.simulators.json_service import Asked, JsonService, Said

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

_SIZE: Final = 100
_FIRST: Final = 1_760_000_000.0
_USES: Final = 40
"""Requests for which a token is good."""


@dataclass(slots=True)
class Listed:
    """One hash of the list."""

    id: int
    digest: str
    algorithm: str
    updated: float
    deleted: bool = False

    def to_json(self) -> "JsonObject":
        """As the service tells it."""
        return {
            "id": self.id,
            "hash_digest": self.digest,
            "algorithm": self.algorithm,
            "ideology": "all",
            "file_type": "mp4" if self.algorithm == "MD5" else "jpg",
            "deleted": self.deleted,
            "updated_on": self.updated,
            "created_on": "2025-10-09T08:00:00Z",
        }


class TatSimulator(JsonService):
    """The service, from entering until leaving; `list` is what it really has, by number."""

    def __init__(self, user: str, password: str, port: int = 0) -> None:
        """With one account."""
        self.list: dict[int, Listed] = {}
        self._account = (user, password)
        self._uses: dict[str, int] = {}
        self._given = 0
        self._last = _FIRST
        super().__init__(self._said, self._uses.clear, port)

    @property
    def url(self) -> str:
        """What a client puts its paths behind."""
        return f"http://127.0.0.1:{self.port}"

    def fill(self, count: int, seed: int = 1) -> None:
        """Put that many hashes on the list, many of them at one time."""
        for number in range(1, count + 1):
            name = f"tat {seed} {number}".encode()
            pdq = number % 3 != 0
            digest = sha256(name).hexdigest() if pdq else md5(name, usedforsecurity=False).hexdigest()
            self._last += number % 50 == 0
            self.list[number] = Listed(number, digest.upper(), "PDQ" if pdq else "MD5", self._last)

    def delete(self, number: int) -> None:
        """Take one off the list."""
        self._last += 1
        self.list[number].deleted, self.list[number].updated = True, self._last

    def truth(self) -> set[str]:
        """What a client should match in the end."""
        return {one.digest.lower() for one in self.list.values() if not one.deleted}

    def _said(self, asked: Asked) -> Said:
        if asked.path == "/token-auth/tcap/":
            return self._signed_in(parse_qs(asked.body.decode()))
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if self._uses.get(token, 0) < 1:
            return Said({"error": "token"}, 401)
        self._uses[token] -= 1
        return self._page(asked) if asked.path == "/api/hash-list/v2/all" else Said({}, 404)

    def _signed_in(self, form: dict[str, list[str]]) -> Said:
        if (form.get("username"), form.get("password")) != ([self._account[0]], [self._account[1]]):
            return Said({"error": "account"}, 401)
        self._given += 1
        token = f"token.{self._given}"
        self._uses[token] = _USES
        return Said({"user": {}, "token": token})

    def _page(self, asked: Asked) -> Said:
        when, _, number = asked.query.get("after", "").partition(",")
        after = (float(when or 0), int(number or 0))
        left = sorted((one.updated, one.id) for one in self.list.values() if (one.updated, one.id) > after)
        page = left[:_SIZE]
        items: list[JsonValue] = [self.list[number].to_json() for _, number in page]
        last = f"{page[-1][0]},{page[-1][1]}" if page else asked.query.get("after", "")
        following = f"{self.url}{asked.path}?limit={_SIZE}&offset={_SIZE}" if len(left) > _SIZE else None
        body: JsonObject = {
            "count": len(left),
            "next": following,
            "previous": None,
            "checkpoint": last,
            "results": items,
        }
        return Said(body, listing=True)
