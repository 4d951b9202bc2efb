"""Sealed bundles: items for one audience in one file, whose host learns neither what nor whose.

A bundle is an age file (C2SP age, X25519) around a zlib stream (RFC 1950) of lines, then zeros. The first
line says which feed it belongs to and how many lines follow; each of those is one item. The zeros round the
size up as Padmé does, so that it tells little; recipients nobody is round their number up as well.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.exchange.feed.errors import BundleError, CardError, LimitError
from tocsin.exchange.feed.tiles import Leaf

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

ITEMS: Final = "items"
_FORMAT: Final = "tocsin-feed-bundle/1"
_ITEMS_IN_BUNDLE: Final = 4096
_BYTES_IN_BUNDLE: Final = 8 << 20
_LEAST: Final = 4096
_LEAST_RECIPIENTS: Final = 4
_LEVEL: Final = 1  # fingerprints hardly compress; the rest does at any level
_LONGEST_HEADER: Final = 65536
"""Bytes of an age header that are worked through: every recipient costs the reader a key exchange."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a stranger's bundle is taken."""

    sealed: int = 16 << 20
    """Bytes of a file."""
    plain: int = 32 << 20
    """Bytes of its lines when they are unpacked."""
    line: int = 64 << 10
    """Bytes of one item."""
    items: int = 100_000


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A sealed bundle, as it is written to a file."""

    data: bytes
    sha256: bytes
    items: int

    @property
    def leaf(self) -> Leaf:
        """What stands for it in the log."""
        return Leaf(ITEMS, self.sha256, len(self.data))


def seal(
    items: Iterable[bytes], recipients: Sequence[str], origin: str, per_bundle: int = _ITEMS_IN_BUNDLE
) -> Iterator[Bundle]:
    """Bundles of the items (lines without their newline), in order, that `recipients` (`age1...`) can open.

    A bundle ends after `per_bundle` items or 8 MiB. `origin` is the feed's name; a bundle that somebody lifts
    into another feed is refused there. Raises CardError for a recipient that is none, LimitError for an item
    that no reader takes, BundleError for one that holds a newline or nothing.
    """
    keys = _recipients(recipients)
    lines: list[bytes] = []
    size = 0
    for item in items:
        _check_item(item)
        if lines and (len(lines) >= per_bundle or size + len(item) >= _BYTES_IN_BUNDLE):
            yield _sealed(lines, keys, origin)
            lines, size = [], 0
        lines.append(item)
        size += len(item) + 1
    if lines:
        yield _sealed(lines, keys, origin)


def open_bundle(
    data: bytes, identities: "Sequence[Identity]", origin: str, limits: Limits = LIMITS
) -> list[bytes] | None:
    """The items of a bundle of the feed `origin`; None for one that is sealed to others.

    Memory stays within a few times `limits.plain`. Raises BundleError, LimitError.
    """
    import pyrage  # noqa: PLC0415  # not needed to match and scan

    if len(data) > limits.sealed:
        message = f"a bundle of {len(data)} bytes is more than the {limits.sealed} that are taken"
        raise LimitError(message)
    _check_header(data)
    try:
        plain = pyrage.decrypt(data, list(identities))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            return None
        message = f"a bundle cannot be decrypted: {error}"
        raise BundleError(message) from error
    first, *items = _lines(plain, limits)
    _check_first(first, origin, len(items))
    return items


def padded(size: int) -> int:
    """The size that a plaintext of `size` bytes is rounded up to: Padmé, at least 4 KiB.

    So at most 12 % are added, and of a size no more is told than about as many bits as its logarithm has
    (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019).
    """
    if size <= _LEAST:
        return _LEAST
    exponent = size.bit_length() - 1
    dropped = exponent - exponent.bit_length()
    return -(-size >> dropped) << dropped


def _sealed(lines: list[bytes], keys: "Sequence[object]", origin: str) -> Bundle:
    import pyrage  # noqa: PLC0415  # not needed to match and scan

    first = json.dumps({"format": _FORMAT, "origin": origin, "items": len(lines)}).encode()
    packed = zlib.compress(b"\n".join((first, *lines, b"")), _LEVEL)
    data: bytes = pyrage.encrypt(packed.ljust(padded(len(packed)), b"\0"), [*keys, *_nobody(len(keys))])
    return Bundle(data, hashlib.sha256(data).digest(), len(lines))


def _recipients(texts: Sequence[str]) -> "list[object]":
    from pyrage import RecipientError, x25519  # noqa: PLC0415  # not needed to match and scan

    if not texts:
        message = "a bundle for nobody"
        raise BundleError(message)
    try:
        return [x25519.Recipient.from_str(text) for text in texts]
    except RecipientError as error:
        message = f"this is no recipient: {error}"
        raise CardError(message) from error


def _nobody(count: int) -> "list[object]":
    """As many recipients nobody is as make `count` a power of two."""
    from pyrage import x25519  # noqa: PLC0415  # not needed to match and scan

    wanted = max(_LEAST_RECIPIENTS, 1 << (count - 1).bit_length())
    return [x25519.Identity.generate().to_public() for _ in range(wanted - count)]


def _check_item(item: bytes) -> None:
    if len(item) > LIMITS.line:
        message = f"an item of {len(item)} bytes is more than the {LIMITS.line} that are taken"
        raise LimitError(message)
    if not item or b"\n" in item:
        message = "an item is one line"
        raise BundleError(message)


def _check_header(data: bytes) -> None:
    """Raise BundleError if this is no age file, LimitError if it is for more recipients than is sane."""
    if not data.startswith(b"age-encryption.org/v1\n"):
        message = "a bundle is no age file"
        raise BundleError(message)
    if data.find(b"\n--- ", 0, _LONGEST_HEADER) < 0:
        message = f"the header of a bundle is cut or longer than {_LONGEST_HEADER} bytes"
        raise LimitError(message)


def _lines(plain: bytes, limits: Limits) -> list[bytes]:
    """The lines within a decrypted bundle."""
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(plain, limits.plain)
    except zlib.error as error:
        message = f"a bundle cannot be unpacked: {error}"
        raise BundleError(message) from error
    if not stream.eof:
        if len(text) >= limits.plain:
            message = f"a bundle unpacks to more than the {limits.plain} bytes that are taken"
            raise LimitError(message)
        message = "a bundle ends in the middle"
        raise BundleError(message)
    if stream.unused_data.strip(b"\0") or not text.endswith(b"\n"):
        message = "a bundle holds something else after its lines"
        raise BundleError(message)
    if text.count(b"\n") > limits.items + 1:
        message = f"a bundle holds more than the {limits.items} items that are taken"
        raise LimitError(message)
    lines = text.split(b"\n")[:-1]
    if max(map(len, lines)) > limits.line:
        message = f"an item is longer than the {limits.line} bytes that are taken"
        raise LimitError(message)
    return lines


def _check_first(first: bytes, origin: str, items: int) -> None:
    try:
        head = json.loads(first)
    except (ValueError, RecursionError) as error:
        message = "the first line of a bundle is not JSON"
        raise BundleError(message) from error
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        message = f"a bundle is not of the format {_FORMAT}"
        raise BundleError(message)
    if head.get("origin") != origin:
        message = f"a bundle belongs to another feed than {origin}"
        raise BundleError(message)
    if head.get("items") != items:
        message = f"a bundle says that it holds {head.get('items')!s:.20} items and holds {items}"
        raise BundleError(message)
