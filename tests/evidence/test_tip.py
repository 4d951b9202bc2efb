"""The tip: never behind what it was, and nothing where it cannot be read."""

import json
import random
from pathlib import Path

import pytest
from support.evidence import keys

from tocsin.evidence.chain import Row
from tocsin.evidence.errors import KeysError
from tocsin.evidence.keys import Keys
from tocsin.evidence.tip import FILE, read_tip, write_tip

__all__ = ["keys"]


def row(number: int) -> Row:
    return Row(number, 0, "node", "thing.done", "thing:1", "{}", b"", bytes([number % 256]) * 32, "", b"")


def test_there_is_none_until_something_was_recorded(tmp_path: Path) -> None:
    assert read_tip(tmp_path / FILE) is None


def test_it_never_goes_back(keys: Keys, tmp_path: Path) -> None:
    numbers = list(range(1, 200))
    random.Random(1).shuffle(numbers)  # noqa: S311  # an order, no secret
    highest = 0
    for number in numbers:
        write_tip(tmp_path / FILE, keys, row(number))
        highest = max(highest, number)
        found = read_tip(tmp_path / FILE)
        assert found is not None
        assert (found.number, found.hash) == (highest, row(highest).hash)
    assert (tmp_path / FILE).stat().st_size == 512


@pytest.mark.parametrize(
    "text", [b"", b"nonsense", b"\0" * 512, b"{}", b"[]", b'{"number": "x"}', b"\xff" * 512]
)
def test_what_a_power_cut_left_is_as_if_there_were_none(keys: Keys, tmp_path: Path, text: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(text)
    assert read_tip(path) is None
    write_tip(path, keys, row(7))
    found = read_tip(path)
    assert found is not None
    assert found.number == 7


def test_it_is_one_object_that_anybody_can_read(keys: Keys, tmp_path: Path) -> None:
    write_tip(tmp_path / FILE, keys, row(7))
    found = json.loads((tmp_path / FILE).read_text())
    assert set(found) == {"number", "hash", "key", "signature"}


def test_a_place_that_cannot_be_written_is_said_to_be_so(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(KeysError):
        write_tip(tmp_path / FILE, keys, row(1))
