"""One content: what it is, its signals, and why there are no more of them.

Sandbox children answer in JSON, which `Content.from_answer` reads back and checks, because a child may have
been subverted.
"""

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, TypeVar

from tocsin.errors import Error, Refusal
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.media.answers import list_in, number_in, object_in, text_in
from tocsin.provenance.findings import finding_from_json, finding_to_json
from tocsin.provenance.model import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.media.sandbox import JsonObject, JsonValue, Outcome

K = TypeVar("K")


class SubvertedError(Error):
    """A sandbox child answered with something that is not an answer."""

    code = "media.subverted"
    advice = "Treat the file as hostile: it may have taken over its sandbox child, which has been stopped."


@dataclass(frozen=True, slots=True)
class Content:
    """What examining one content gave. Signals and a refusal can stand together: some views, then damage."""

    kind: str
    """image, video, text or file."""
    size: int
    """Length in bytes."""
    signals: tuple[Signal, ...]
    refused: Refusal | None = None
    format: str = "unknown"
    """Short name of the file's format, such as jpeg or zip."""
    preview: bytes = b""
    """A blurred, grey, small PNG for reports, where one was asked for."""
    findings: tuple[Finding, ...] | None = None
    """What was found of its origin, where that was asked for."""
    looked: str = ""
    """How it was looked for: `Search.token`, noted by whoever asked."""

    @property
    def sha256(self) -> str | None:
        """Its SHA-256 in hexadecimal digits, if its bytes could be read."""
        return next((signal.hex for signal in self.signals if signal.type is SignalType.SHA256), None)

    def to_json(self) -> "dict[str, JsonValue]":
        """The documented shape, without the path that only the caller knows."""
        return {
            "kind": self.kind,
            "bytes": self.size,
            "signals": [signal_to_json(signal) for signal in self.signals],
            "refused": None if self.refused is None else {**self.refused.to_json()},
        }

    def to_answer(self) -> "dict[str, JsonValue]":
        """All of it, as a sandbox child sends it."""
        return {
            **self.to_json(),
            "format": self.format,
            "preview": base64.b64encode(self.preview).decode(),
            "looked": self.looked,
            "findings": None if self.findings is None else [finding_to_json(one) for one in self.findings],
        }

    @classmethod
    def from_answer(cls, answer: "Mapping[str, JsonValue]") -> Self:
        """Read what `to_answer` made. Raises SubvertedError if it is no such thing."""
        try:
            return cls(
                kind=text_in(answer["kind"]),
                size=number_in(answer["bytes"]),
                signals=tuple(signal_from_json(item) for item in list_in(answer["signals"])),
                refused=_refusal(answer.get("refused")),
                format=text_in(answer["format"]),
                preview=base64.b64decode(text_in(answer["preview"]), validate=True),
                findings=_findings(answer.get("findings")),
                looked=text_in(answer.get("looked", "")),
            )
        except (KeyError, TypeError, ValueError, binascii.Error, Error) as error:
            raise SubvertedError from error


def content_from(item: "JsonObject") -> Content:
    """A child's answer, or a content refused because it is none."""
    try:
        return Content.from_answer(item)
    except SubvertedError as error:
        return Content("file", 0, (), Refusal.of(error))


def content_of(outcome: "Outcome[K]") -> Content:
    """What a child found out about a file, and if it died on the way, the reason beside what it had."""
    if not outcome.items:
        return Content("file", 0, (), outcome.refusal or Refusal.of(SubvertedError()))
    content = content_from(outcome.items[-1])
    return replace(content, refused=content.refused or outcome.refusal)


def signal_to_json(signal: Signal) -> "dict[str, JsonValue]":
    """The documented shape; what does not apply to the type is left out."""
    if signal.type.exact:
        return {"type": signal.type.value, "value": signal.hex}
    return {
        "type": signal.type.value,
        "value": signal.hex,
        "quality": signal.quality,
        "view": signal.view,
        "dialect": None if signal.dialect is None else signal.dialect.value,
        "orientation": None if signal.orientation is None else signal.orientation.value,
    }


def signal_from_json(item: "JsonValue") -> Signal:
    """The signal that `signal_to_json` wrote. Raises ValueError, KeyError, TypeError or an Error."""
    table = object_in(item)
    kind = SignalType(text_in(table["type"]))
    value = bytes.fromhex(text_in(table["value"]))
    if kind.exact:
        return Signal(kind, value)
    return Signal(
        kind,
        value,
        quality=number_in(table["quality"]),
        view=text_in(table["view"]),
        dialect=Dialect(text_in(table["dialect"])),
        orientation=Orientation(text_in(table["orientation"])),
    )


def _findings(item: "JsonValue") -> tuple[Finding, ...] | None:
    return None if item is None else tuple(map(finding_from_json, list_in(item)))


def _refusal(item: "JsonValue") -> Refusal | None:
    if item is None:
        return None
    return Refusal(*(text_in(object_in(item)[name]) for name in ("code", "message", "advice")))
