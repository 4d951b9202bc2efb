"""HMA's words for signals and contents, and ours."""

from collections.abc import Mapping, Sequence
from typing import Final

from tocsin.content.model import Content
from tocsin.hashing.signals import Orientation, Signal, SignalType
from tocsin.web.hma.errors import HmaRequestError

SIGNALS: Final[Mapping[str, SignalType]] = {
    "pdq": SignalType.PDQ,
    "video_md5": SignalType.MD5,
    "md5": SignalType.MD5,
    "sha1": SignalType.SHA1,
    "sha256": SignalType.SHA256,
}
"""Signal types. HMA's own configuration has the first two; it has no digests of photos."""
HASHED: Final[Mapping[str, Sequence[str]]] = {
    "photo": ("pdq", "md5", "sha1", "sha256"),
    "video": ("video_md5", "md5", "sha1", "sha256"),
}
"""What contents of each type are hashed to. The first is given unless others are asked for, as HMA does."""
NAMES: Final[Mapping[SignalType, str]] = {
    SignalType.PDQ: "pdq",
    SignalType.MD5: "md5",
    SignalType.SHA1: "sha1",
    SignalType.SHA256: "sha256",
}
"""What we call the type of a match that was not asked for by name."""
QUALITY_FLOOR: Final = 50
"""HMA answers an empty hash below this (python-threatexchange, PdqSignal)."""


def signal_type(name: str) -> SignalType:
    """The signal type of that name. Raises HmaRequestError."""
    if (found := SIGNALS.get(name)) is None:
        message = f"No such signal type '{name[:80]}'"
        raise HmaRequestError(message)
    return found


def parsed(name: str, digits: str) -> Signal:
    """The signal of a type's name and hexadecimal digits in either case. Raises HmaRequestError."""
    kind = signal_type(name)
    text = digits.strip()
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != kind.size or len(text) != 2 * kind.size:
        message = f"invalid signal: {name} is {2 * kind.size} hexadecimal digits"
        raise HmaRequestError(message)
    return Signal(kind, value)


def content_type(name: str) -> str:
    """The content type of that name. Raises HmaRequestError."""
    if name not in HASHED:
        message = f"no such content_type: '{name[:80]}'"
        raise HmaRequestError(message)
    return name


def kind_of(content: Content, given: str | None) -> str:
    """The content type that was given, or that the bytes themselves show. Raises HmaRequestError."""
    if given:
        return content_type(given)
    found = {"image": "photo", "video": "video"}.get(content.kind)
    if found is None:
        message = f"unsupported content: its bytes are neither a photo nor a video but {content.format}"
        raise HmaRequestError(message)
    return found


def picture_hash(content: Content) -> Signal | None:
    """The PDQ that HMA would give: of the picture as it is seen, at full size, upright."""
    turned = (Orientation.UPRIGHT, None)
    return next(
        (one for one in content.signals if one.type is SignalType.PDQ and one.orientation in turned), None
    )


def value_of(content: Content, name: str) -> str | None:
    """The hash of that type; None where there is none, empty where there is too little to hash."""
    kind = SIGNALS[name]
    if kind.exact:
        return next((one.hex for one in content.signals if one.type is kind), None)
    found = picture_hash(content)
    if found is None:
        return None
    return "" if found.quality is not None and found.quality < QUALITY_FLOOR else found.hex
