"""A simulated Arachnid Shield on the loopback: it knows random hashes, which are of nothing."""

import base64
import json
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, Final

from tocsin.simulators.json_service import Asked, JsonService, Said

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

_RADIUS: Final = 31
_NOTHING: Final = "no-known-match"


class ArachnidSimulator(JsonService):
    """The service, from entering until leaving; `list` is what it knows: classification by PDQ hash."""

    def __init__(self, user: str, password: str, port: int = 0) -> None:
        """With one account."""
        self.list: dict[bytes, str] = {}
        self.contents: list[bytes] = []
        """Content that was sent to it."""
        self._login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        super().__init__(self._said, lambda: None, port)

    @property
    def url(self) -> str:
        """What a client puts its paths behind."""
        return f"http://127.0.0.1:{self.port}"

    def fill(self, count: int, seed: int = 1) -> None:
        """Know that many hashes."""
        classes = ("csam", "harmful-abusive-material")
        for number in range(count):
            self.list[sha256(f"arachnid {seed} {number}".encode()).digest()] = classes[number % 2]

    def _said(self, asked: Asked) -> Said:
        if asked.headers.get("authorization") != self._login:
            return Said({"detail": "Invalid username/password."}, 401)
        if asked.path == "/v1/pdq/":
            scanned = {name: self._known(base64.b64decode(name)) for name in json.loads(asked.body)["hashes"]}
            return Said({"scanned_hashes": scanned}, listing=True)
        if asked.path == "/v1/media/":
            self.contents.append(asked.body)
            return Said({"classification": _NOTHING, "match_type": None, "near_match_details": []})
        return Said({"detail": "Not found."}, 404)

    def _known(self, value: bytes) -> "JsonValue":
        wanted = int.from_bytes(value)
        near = [one for one in self.list if (int.from_bytes(one) ^ wanted).bit_count() <= _RADIUS]
        if not near:
            return {"classification": _NOTHING, "match_type": None, "near_match_details": None}
        details: list[JsonValue] = [self._detail(one) for one in near]
        match = "exact" if value in self.list else "near"
        found = self.list[value if value in self.list else near[0]]
        return {"classification": found, "match_type": match, "near_match_details": details}

    def _detail(self, value: bytes) -> "JsonObject":
        return {
            "timestamp": 0.0,
            "sha1_base32": base64.b32encode(sha1(value, usedforsecurity=False).digest()).decode(),
            "sha256_hex": sha256(value).hexdigest().upper(),
            "classification": self.list[value],
        }
