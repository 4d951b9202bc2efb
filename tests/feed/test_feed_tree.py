"""The tree, its tiles and its paths are those of RFC 6962 and of C2SP tlog-tiles."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.exchange.feed.errors import AlteredError, WithheldError
from tocsin.exchange.feed.merkle import EMPTY_ROOT, WIDTH, edge, leaf_hash, levels, root, subtree_root
from tocsin.exchange.feed.tiles import Leaf, join_leaves, split_leaves, tile_name

# The tree of eight leaves that implementations of Certificate Transparency are tested with.
_LEAVES = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243")]
_LEAVES += [bytes.fromhex("5051525354555657"), bytes.fromhex("606162636465666768696a6b6c6d6e6f")]
_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def _by_the_book(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    left, right = _by_the_book(hashes[:half]), _by_the_book(hashes[half:])
    return hashlib.sha256(b"\1" + left + right).digest()


def _by_tiles(hashes: Sequence[bytes]) -> bytes:
    """The root by way of tiles."""
    tiles = {0: list(hashes)}
    for level in levels(len(hashes)):
        at = range(0, len(tiles[level]) // WIDTH * WIDTH, WIDTH)
        tiles[level + 1] = [subtree_root(tiles[level][one : one + WIDTH]) for one in at]

    def hashes_at(level: int) -> Sequence[bytes]:
        index, width = edge(len(hashes), level)
        return tiles[level][index * WIDTH : index * WIDTH + width]

    return root(len(hashes), hashes_at)


def test_roots_are_those_of_certificate_transparency() -> None:
    for size, expected in _ROOTS.items():
        hashes = [leaf_hash(one) for one in _LEAVES[:size]]
        assert (_by_tiles(hashes) if hashes else EMPTY_ROOT).hex() == expected


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000])
def test_the_root_by_way_of_tiles_is_that_of_the_book(size: int) -> None:
    hashes = [number.to_bytes(32, "big") for number in range(size)]
    assert _by_tiles(hashes) == _by_the_book(hashes)


@given(st.integers(1, 3000))
def test_the_root_by_way_of_tiles_is_that_of_the_book_at_any_size(size: int) -> None:
    hashes = [number.to_bytes(32, "big") for number in range(size)]
    assert _by_tiles(hashes) == _by_the_book(hashes)


def test_the_edge_is_that_of_the_example_in_the_specification() -> None:
    assert [edge(70_000, level) for level in levels(70_000)] == [(273, 112), (1, 17), (0, 1)]
    assert [edge(256, level) for level in levels(256)] == [(1, 0), (0, 1)]


def test_paths_are_those_of_the_specification() -> None:
    assert tile_name(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_name(2, 0, 17) == "tile/2/000.p/17"
    assert tile_name("entries", 273, 112) == "tile/entries/273.p/112"


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20), st.data())
def test_leaves_of_a_tile_come_back_and_a_cut_is_named(leaves: list[bytes], data: st.DataObject) -> None:
    tile = join_leaves(leaves)
    assert split_leaves(tile, len(leaves), "x") == leaves
    with pytest.raises(WithheldError):
        split_leaves(tile[: data.draw(st.integers(0, len(tile) - 1))], len(leaves), "x")
    with pytest.raises(AlteredError):
        split_leaves(tile + b"\0", len(leaves), "x")


@given(st.sampled_from(["items", "x"]), st.binary(min_size=32, max_size=32), st.integers(0, 10**15))
def test_a_leaf_comes_back(kind: str, sha256: bytes, size: int) -> None:
    leaf = Leaf(kind, sha256, size)
    assert Leaf.from_bytes(leaf.to_bytes()) == leaf


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"tocsin-feed/2 items " + b"0" * 64 + b" 1\n",
        b"tocsin-feed/1 items " + b"0" * 64 + b" 01\n",
        b"tocsin-feed/1 items " + b"A" * 64 + b" 1\n",
        b"tocsin-feed/1 items " + b"0" * 64 + b" 1\n\n",
    ],
)
def test_a_leaf_of_another_version_is_none(data: bytes) -> None:
    assert Leaf.from_bytes(data) is None
