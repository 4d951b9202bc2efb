"""Project Arachnid Shield (C3P): asked about PDQ hashes; content goes there only where a person allowed it.

Facts from its SDK (arachnid-shield-sdk-python, 2025-07-17). Of its encodings SHA-1 is base32, SHA-256 is
upper-case hexadecimal and PDQ is base64. Its class `harmful-abusive-material` is its own, is not illegal
everywhere, and is never taken for `csam`.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tocsin.banks.model import Label
from tocsin.evidence.ledger import Event, Ledger
from tocsin.exchange.model import PartnerRefusedError, PartnerUnreachableError
from tocsin.exchange.oracle import ContentStaysError, ContentSwitch, Nearby, OracleAnswer
from tocsin.exchange.services.model import Secret
from tocsin.exchange.services.reading import LONGEST, UnfitItemError, demand_success, object_of, text_of
from tocsin.hashing.signals import InvalidSignalError, Signal, SignalType
from tocsin.media.answers import list_in, object_in

if TYPE_CHECKING:
    from tocsin.exchange.transport import Answer, Web
    from tocsin.media.sandbox import JsonObject, JsonValue

URL: Final = "https://shield.projectarachnid.com"
SCHEME: Final = "arachnid-shield"
_VERSION: Final = "v1"
_NOTHING: Final = "no-known-match"
_TOGETHER: Final = 100
_MOST_NEARBY: Final = 100
_PERSON: Final = "person:"


class ArachnidShield:
    """Asks Arachnid Shield; implements `tocsin.exchange.oracle.Oracle`."""

    def __init__(
        self,
        web: "Web",
        secret: Secret,
        *,
        url: str = URL,
        ledger: Ledger | None = None,
        content: ContentSwitch | None = None,
    ) -> None:
        """With an account; content can be sent only with a ledger and a switch that names a person."""
        self._web = web
        self._url = url.rstrip("/")
        login = base64.b64encode(f"{secret.user}:{secret.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}
        self._ledger = ledger
        self._content = content

    def ask(self, pdq: Sequence[bytes]) -> Sequence[OracleAnswer]:
        """As `Oracle.ask` says. Raises InvalidSignalError for a value of another length."""
        wanted = [Signal(SignalType.PDQ, value).value for value in pdq]
        found: dict[bytes, OracleAnswer] = {}
        distinct = list(dict.fromkeys(wanted))
        for start in range(0, len(distinct), _TOGETHER):
            found |= self._asked(distinct[start : start + _TOGETHER])
        return [found[value] for value in wanted]

    def ask_about_content(self, data: bytes, media_type: str) -> OracleAnswer:
        """What is known of an image or video, which leaves this machine for it: recorded before it goes.

        What rests in the vault is not for this (design invariant 5). Raises ContentStaysError, and as `ask`.
        """
        switch = self._content
        if switch is None or self._ledger is None or not switch.person.removeprefix(_PERSON).strip():
            raise ContentStaysError
        if not switch.person.startswith(_PERSON):
            message = f"{switch.person} is not a person, who could answer for it"
            raise ContentStaysError(message)
        detail: JsonObject = {"bytes": len(data), "type": media_type}
        self._ledger.append(Event("content.sent", switch.person, f"oracle:{SCHEME}", detail))
        headers = {**self._headers, "Content-Type": media_type}
        answer = self._web.send("POST", f"{self._url}/v1/media/", headers, data, longest=LONGEST)
        return _answer(_object(answer))

    def _asked(self, values: Sequence[bytes]) -> Mapping[bytes, OracleAnswer]:
        hashes: list[JsonValue] = [base64.b64encode(value).decode() for value in values]
        headers = {**self._headers, "Content-Type": "application/json"}
        body = json.dumps({"hashes": hashes}).encode()
        answer = self._web.send("POST", f"{self._url}/v1/pdq/", headers, body, longest=LONGEST)
        try:
            scanned = object_in(_object(answer)["scanned_hashes"])
            found = {_bytes_of(name): _answer(object_in(one)) for name, one in scanned.items()}
        except (KeyError, TypeError, binascii.Error) as error:
            message = f"the service answers what is not as its interface says: {error}"
            raise PartnerUnreachableError(message) from error
        if missing := sum(value not in found for value in values):
            message = f"the service said nothing of {missing} of {len(values)} hashes"
            raise PartnerUnreachableError(message)
        return found


def _bytes_of(text: str) -> bytes:
    """Raises binascii.Error."""
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _object(answer: "Answer") -> "JsonObject":
    """Raises PartnerRefusedError with what the service says, PartnerUnreachableError."""
    try:
        return object_of(demand_success(answer))
    except PartnerRefusedError as error:
        try:
            detail = str(object_of(answer.body).get("detail") or "")[:200]
        except PartnerUnreachableError:
            detail = ""
        message = f"{error.message}: {detail}" if detail.isprintable() and detail else error.message
        raise PartnerRefusedError(message) from error


def _answer(item: "JsonObject") -> OracleAnswer:
    """Raises PartnerUnreachableError."""
    try:
        return _stated(item)
    except (UnfitItemError, TypeError) as error:
        message = f"the service answers what is not as its interface says: {error}"
        raise PartnerUnreachableError(message) from error


def _stated(item: "JsonObject") -> OracleAnswer:
    """Raises PartnerUnreachableError: what says nothing is no answer, least of all that it is not known."""
    code = text_of(item, "classification", 100)
    if not code:
        message = "the service answers without a classification"
        raise PartnerUnreachableError(message)
    if code == _NOTHING:
        return OracleAnswer(known=False)
    details = item.get("near_match_details")
    near = tuple(_nearby(list_in(details)[:_MOST_NEARBY])) if details is not None else ()
    match = text_of(item, "match_type", 100)
    return OracleAnswer(known=True, label=_label(code), match=match, nearby=near)


def _nearby(details: "Sequence[JsonValue]") -> Iterator[Nearby]:
    for one in details:
        detail = object_in(one)
        seconds = detail.get("timestamp")
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        yield Nearby(
            _label(text_of(detail, "classification", 100)),
            tuple(_digests(detail)),
            float(seconds) if number and isinstance(seconds, int | float) else None,
        )


def _digests(detail: "JsonObject") -> Iterator[Signal]:
    """SHA-1 and SHA-256 as signals; what cannot be read is left out, as it decides nothing."""
    for kind, name, read in (
        (SignalType.SHA1, "sha1_base32", base64.b32decode),
        (SignalType.SHA256, "sha256_hex", bytes.fromhex),
    ):
        try:
            yield Signal(kind, read(text_of(detail, name, 100).upper()))
        except (ValueError, InvalidSignalError):
            continue


def _label(code: str) -> Label:
    return Label(SCHEME, _VERSION, code, "Canadian Centre for Child Protection")
