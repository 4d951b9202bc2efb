"""NovelAI's signature: Ed25519 over the pixels' red, green and blue and the settings without the signature.

As in NovelAI's own reader (github.com/NovelAI/novelai-image-metadata, nai_sig.py): the message is the pixels
row by row, then the settings as Python's `json.dumps` writes them, keys in the order found. Alpha is not
signed.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Space
from tocsin.provenance.model import Absent, Failed, Finding, Item, NotChecked
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import TextError, parse_json

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.fields import Fields
    from tocsin.provenance.model import Place
    from tocsin.provenance.opened import Opened, Stored

_KEY: Final = "signed_hash"
_WHAT: Final = "NovelAI's signature over the pixels"
_MARK: Final = re.compile(r'\\?"signed_hash\\?"')
_LOSSLESS: Final = frozenset({"png", "webp"})
_COMMENTS: Final = ((Space.TEXT, "Comment"), (Space.EXIF, "Exif:UserComment"), (Space.STEALTH, "Comment"))


@dataclass(frozen=True, slots=True)
class _Signed:
    """Settings that carry a signature."""

    settings: "JsonObject"
    where: "Segment | Place"


def signs(file: "Opened") -> Iterator[Finding]:
    """Whether a signature in the metadata of a file fits its pixels."""
    found = tuple(checked(file, file.fields))
    yield from found or (Absent(f"{_WHAT} (in the metadata)", OWN_READER),)


def is_signed(text: str) -> bool:
    """Whether a comment says that it is signed."""
    return _MARK.search(text) is not None


def verify_key() -> bytes:
    """NovelAI's public key, 32 bytes."""
    return base64.b64decode(document("graphs")["novelai"]["verify_key"], validate=True)


def settings_of(comment: "JsonValue") -> "JsonObject | None":
    """The settings of a comment, which NovelAI's hidden text holds within a comment once more.

    Raises:
        TextError: the comment within the comment is no JSON.
    """
    if isinstance(comment, dict) and isinstance(inner := comment.get("Comment"), str):
        comment = parse_json(inner)
    return comment if isinstance(comment, dict) else None


def checked(
    file: "Opened", fields: "Fields", key: bytes | None = None
) -> Iterator[Item | NotChecked | Failed]:
    """What comes of each signature in `fields`, checked with `key`, or with NovelAI's."""
    for field in fields.found:
        if (field.space, field.name) in _COMMENTS and is_signed(field.value):
            try:
                settings = _as_signed(field.value)
            except (TextError, ValueError) as error:
                code = getattr(error, "code", TextError.code)
                yield Failed(OWN_READER, code, f"settings that NovelAI signed cannot be read: {error}")
                continue
            if settings is not None and _KEY in settings:
                yield _checked(file, _Signed(settings, field.where), key or verify_key())


def _as_signed(text: str) -> "JsonObject | None":
    """The settings as Python's own parser has them, since they are to be written again to the letter."""
    settings_of(parse_json(text))  # within bounds, or TextError
    value = json.loads(text)
    if isinstance(value, dict) and isinstance(value.get("Comment"), str):
        value = json.loads(value["Comment"])
    return value if isinstance(value, dict) else None


def _checked(file: "Opened", signed: _Signed, key: bytes) -> Item | NotChecked:
    stored = file.stored
    if stored is None:
        return NotChecked(_WHAT, file.why_no_pixels or "the pixels were not asked for")
    if not _is_lossless(file):
        return NotChecked(_WHAT, "the pixels went through lossy compression, which no signature survives")
    if not stored.exact:
        return NotChecked(_WHAT, "the file stores its pixels in another way than NovelAI does")
    rest = {name: value for name, value in signed.settings.items() if name != _KEY}
    message = _colours(stored) + json.dumps(rest).encode()
    if _verifies(signed.settings[_KEY], message, key):
        rule = rules("graphs")["novelai.signature"]
        found = "The signature of NovelAI fits these pixels and the settings beside them."
    else:
        rule = rules("graphs")["novelai.signature_broken"]
        found = "A signature that claims to be NovelAI's does not fit these pixels and settings."
    return file.item(rule, found, file.pixels_place, signed.where)


def _is_lossless(file: "Opened") -> bool:
    if file.type.format == "webp":
        return not any(segment.name.strip() == "VP8" for segment in file.walk.segments)
    return file.type.format in _LOSSLESS


def _colours(stored: "Stored") -> bytes:
    """Red, green and blue of each pixel, row by row; grey, which PNG optimisers make of them, as three."""
    import numpy as np  # noqa: PLC0415  # only files with a signature need it

    pixels = stored.pixels
    if pixels.ndim == 2:  # noqa: PLR2004  # height and width: grey
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    return pixels[:, :, :3].tobytes()


def _verifies(signature: "JsonValue", message: bytes, key: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # as above

    try:
        value = base64.b64decode(signature if isinstance(signature, str) else "", validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(value, message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
