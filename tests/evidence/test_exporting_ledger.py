"""Exported ledgers: whole as they are, and named wherever they were altered."""

import hashlib
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.evidence.errors import LedgerFormatError
from tocsin.evidence.exporting import export, lines
from tocsin.evidence.file_checking import FileCheck
from tocsin.evidence.keys import LEDGER, Keys
from tocsin.evidence.ledger import Event
from tocsin.storage.database import Database, create
from tocsin.storage.ledger import LedgerStore

FIELDS = ("number", "time", "actor", "kind", "subject", "detail", "previous", "hash", "key", "signature")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines of an exported ledger: two heads, eight rows, a rotated key."""
    home = tmp_path_factory.mktemp("home")
    create(home / "tocsin.db")
    keys = Keys.open(home, create=True)
    database = Database(home / "tocsin.db")
    store = LedgerStore(database, keys)
    for number in range(6):
        store.append(Event("thing.done", "node", f"thing:{number}", {"name": "é☃", "number": number}))
        if number == 2:
            store.sign_head()
            keys.rotate(LEDGER)
    store.sign_head()
    target = io.BytesIO()
    end = export(target, store.identity(), store.rows(), store.heads())
    database.close()
    assert (end.rows, end.heads) == (8, 2)
    return target.getvalue().splitlines(keepends=True)


def broken(exported: list[bytes], fingerprint: bytes | None = None) -> list[str]:
    return [one.what for one in FileCheck(io.BytesIO(b"".join(exported)), fingerprint).run()]


def fingerprint(exported: list[bytes]) -> bytes:
    """Of the key that the first row introduces, found without our code."""
    first = next(json.loads(line) for line in exported if json.loads(line)["type"] == "row")
    return hashlib.sha256(bytes.fromhex(json.loads(first["detail"])["public"])).digest()


def test_an_export_is_whole_and_tells_whose_it_is(exported: list[bytes]) -> None:
    check = FileCheck(io.BytesIO(b"".join(exported)))
    assert list(check.run()) == []
    assert (check.rows, check.heads) == (8, 2)
    assert check.fingerprint == fingerprint(exported)
    assert broken(exported, fingerprint(exported)) == []


def test_another_fingerprint_names_the_first_row(exported: list[bytes]) -> None:
    assert broken(exported, bytes(32)) == ["row 1"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("number", range(1, 9))
def test_each_field_of_each_row_is_named(exported: list[bytes], number: int, field: str) -> None:
    changed = list(exported)
    place = 2 + number
    row = json.loads(changed[place])
    value = row[field]
    row[field] = value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")
    changed[place] = json.dumps(row).encode() + b"\n"
    assert broken(changed)[0] in {f"row {number}", f"row {number + 1}"}


@pytest.mark.parametrize("place", range(12))
def test_each_line_dropped_or_repeated_is_noticed(exported: list[bytes], place: int) -> None:
    for changed in (
        exported[:place] + exported[place + 1 :],
        exported[: place + 1] + exported[place:],
    ):
        try:
            assert broken(changed)
        except LedgerFormatError:
            assert place == 0


def test_a_file_that_ends_early_is_noticed(exported: list[bytes]) -> None:
    for length in range(1, len(exported)):
        assert broken(exported[:length])


@given(place=st.integers(0, 1 << 20), bit=st.integers(0, 7))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_flipped_bit_passes(exported: list[bytes], place: int, bit: int) -> None:
    whole = b"".join(exported)
    at = place % len(whole)
    flipped = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
    try:
        same = list(lines(io.BytesIO(flipped))) == list(lines(io.BytesIO(whole)))
        found = list(FileCheck(io.BytesIO(flipped), fingerprint(exported)).run())
    except LedgerFormatError:
        return
    assert found or same, "only space between values may differ"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense\n",
        b"[]\n",
        b"{}\n",
        b'{"type":"ledger","format":2,"identity":"x"}\n',
        b'{"type":"row"}\n',
        b"\xff\n",
        b'{"type":"ledger","format":1,"identity":"x"}\n{"type":"row","number":true}\n',
        b"[" * 100_000,
    ],
)
def test_what_is_no_export_is_said_to_be_none(line: bytes) -> None:
    with pytest.raises(LedgerFormatError):
        list(FileCheck(io.BytesIO(line)).run())


def test_an_empty_ledger_can_be_exported() -> None:
    target = io.BytesIO()
    export(target, "identity", [], [])
    assert broken(target.getvalue().splitlines(keepends=True)) == []
