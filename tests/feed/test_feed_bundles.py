"""Sealed bundles: what goes in comes out, for those it is for; what a stranger made of one is refused."""

import tracemalloc
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrage import x25519
from support.feed_logs import NAME, items

from tocsin.exchange.feed.bundles import LIMITS, Bundle, open_bundle, padded, seal
from tocsin.exchange.feed.errors import BundleError, CardError, LimitError

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

_READER = x25519.Identity.generate()
_TO = [str(_READER.to_public())]
_LINE = st.binary(min_size=1, max_size=200).filter(lambda line: b"\n" not in line)


def _sealed(plain: bytes) -> bytes:
    data: bytes = pyrage.encrypt(plain, [_READER.to_public()])
    return data


def _packed(first: bytes, *lines: bytes) -> bytes:
    return zlib.compress(b"\n".join((first, *lines, b"")))


def _first(count: int, origin: str = NAME) -> bytes:
    return b'{"format":"tocsin-feed-bundle/1","origin":"%s","items":%d}' % (origin.encode(), count)


def _open(bundle: Bundle, reader: "Identity" = _READER) -> list[bytes] | None:
    return open_bundle(bundle.data, [reader], NAME)


@given(st.lists(_LINE, max_size=30), st.integers(1, 12))
@settings(max_examples=50)
def test_items_come_back_in_order(lines: list[bytes], per_bundle: int) -> None:
    bundles = list(seal(lines, _TO, NAME, per_bundle=per_bundle))
    opened = [line for one in bundles for line in _open(one) or ()]
    assert opened == lines
    assert all(0 < one.items <= per_bundle for one in bundles)


def test_each_of_an_audience_opens_it_and_nobody_else() -> None:
    audience = [x25519.Identity.generate() for _ in range(5)]
    (bundle,) = seal(items(0, 3), [str(one.to_public()) for one in audience], NAME)
    assert all(_open(bundle, one) == items(0, 3) for one in audience)
    assert _open(bundle) is None


@pytest.mark.parametrize("count", [1, 3, 4])
def test_the_number_of_recipients_is_rounded_up(count: int) -> None:
    to = [str(x25519.Identity.generate().to_public()) for _ in range(count)]
    (bundle,) = seal(items(0, 1), to, NAME)
    assert bundle.data.count(b"\n-> X25519 ") == 4


def test_sizes_tell_little() -> None:
    sizes = set()
    for count in range(1, 60):
        (bundle,) = seal(items(0, count), _TO, NAME)
        sizes.add(len(bundle.data) // 512)  # age itself adds a few bytes by chance
    assert len(sizes) == 1


@given(st.integers(0, 1 << 40))
def test_padding_adds_an_eighth_at_most(size: int) -> None:
    assert size <= padded(size) <= max(4096, size + size // 8)
    assert padded(padded(size)) == padded(size)


def test_a_bundle_lifted_into_another_feed_is_refused() -> None:
    (bundle,) = seal(items(0, 1), _TO, NAME)
    with pytest.raises(BundleError, match="another feed"):
        open_bundle(bundle.data, [_READER], "b.example/feed")


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"no zlib",
        _packed(_first(2), b"1"),
        _packed(_first(0), b"1"),
        _packed(b'{"format":"tocsin-feed-bundle/2","items":1}', b"1"),
        _packed(b"[" * 50_000, b"1"),
        _packed(b"\xff", b"1"),
        _packed(_first(1), b"1")[:-1],
        _packed(_first(1), b"1") + b"\0more",
        zlib.compress(_first(0)),
        zlib.compress(b""),
    ],
)
def test_what_is_no_bundle_is_refused(plain: bytes) -> None:
    with pytest.raises(BundleError):
        open_bundle(_sealed(plain), [_READER], NAME)


@given(st.data())
@settings(max_examples=60)
def test_a_sealed_bundle_cut_or_altered_anywhere_is_refused(data: st.DataObject) -> None:
    (bundle,) = seal(items(0, 5), _TO, NAME)
    at = data.draw(st.floats(0, 1, exclude_max=True).map(lambda part: int(part * len(bundle.data))))
    cut = bundle.data[:at]
    altered = cut + bytes([bundle.data[at] ^ data.draw(st.integers(1, 255))]) + bundle.data[at + 1 :]
    for one in (cut, altered):
        with suppress(BundleError):
            assert open_bundle(one, [_READER], NAME) is None  # a recipient's line that is altered is nobody's


def test_a_bomb_is_refused_within_bounds() -> None:
    bomb = zlib.compressobj(9)
    sealed = _sealed(b"".join([bomb.compress(bytes(1 << 20)) for _ in range(64)]) + bomb.flush())
    assert len(sealed) < 1 << 17
    tracemalloc.start()
    with pytest.raises(LimitError, match="unpacks to more"):
        open_bundle(sealed, [_READER], NAME)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * LIMITS.plain


def test_floods_of_lines_long_lines_and_recipients_are_refused() -> None:
    with pytest.raises(LimitError, match="items"):
        open_bundle(_sealed(_packed(_first(1), b"\n" * (LIMITS.items + 1))), [_READER], NAME)
    with pytest.raises(LimitError, match="longer"):
        open_bundle(_sealed(_packed(_first(1), b"x" * (LIMITS.line + 1))), [_READER], NAME)
    with pytest.raises(LimitError, match="header"):
        open_bundle(b"age-encryption.org/v1\n" + b"-> X25519 a\nb\n" * 10_000 + b"--- x\n", [_READER], NAME)
    with pytest.raises(LimitError, match="bytes"):
        open_bundle(bytes(LIMITS.sealed + 1), [_READER], NAME)


def test_what_cannot_be_sealed_is_said() -> None:
    with pytest.raises(BundleError, match="nobody"):
        list(seal(items(0, 1), [], NAME))
    with pytest.raises(CardError):
        list(seal(items(0, 1), ["age1nobody"], NAME))
    with pytest.raises(BundleError, match="one line"):
        list(seal([b"a\nb"], _TO, NAME))
    with pytest.raises(LimitError):
        list(seal([bytes(LIMITS.line + 1)], _TO, NAME))
