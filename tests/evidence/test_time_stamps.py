"""Time stamps of heads, from an authority on this machine."""

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509 import Certificate
from support.evidence import keys

from tocsin.evidence.chain import Head
from tocsin.evidence.keys import Keys
from tocsin.evidence.ledger import Event
from tocsin.evidence.time_stamps import TimeStampError, check_stamp, read_roots, stamp_heads
from tocsin.outgoing.time_stamping import ask
from tocsin.simulators.authorities import TIME_EKU, Certified, authority, signer
from tocsin.simulators.time_stamp import time_stamps
from tocsin.storage.database import Database
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.verifying import Verification

__all__ = ["keys"]


@pytest.fixture
def store(database: Database, keys: Keys) -> LedgerStore:
    """A ledger with three heads to be stamped."""
    made = LedgerStore(database, keys)
    for number in range(3):
        made.append(Event("thing.done", "node", f"thing:{number}"))
        made.sign_head()
    return made


@pytest.fixture(scope="module")
def root() -> Certified:
    return authority("Time Root")


@pytest.fixture(scope="module")
def stamper(root: Certified) -> Certified:
    return signer(root, "Time Stamper", eku=TIME_EKU)


@pytest.fixture(scope="module")
def roots(root: Certified) -> list[Certificate]:
    return read_roots(root.pem.encode())


def test_every_head_is_stamped_once(store: LedgerStore, stamper: Certified, roots: list[Certificate]) -> None:
    with time_stamps(stamper) as url:
        done = stamp_heads(store, url, ask, roots)
        assert (done.stamped, done.failure) == (3, "")
        assert stamp_heads(store, url, ask, roots).stamped == 0
    before = datetime.now(UTC) - timedelta(minutes=1)
    for head in store.heads():
        assert head.time_stamp is not None
        assert check_stamp(head, head.time_stamp, roots) > before


def test_an_authority_that_fails_stops_nothing_and_is_asked_again(
    store: LedgerStore, stamper: Certified
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    done = stamp_heads(store, url, ask)
    assert done.stamped == 0
    assert "does not answer" in done.failure
    assert [number for number, reason in store.failures() if "does not answer" in reason] == [4]
    assert store.append(Event("thing.done", "node", "thing:9")) == 5
    with time_stamps(stamper) as url:
        assert stamp_heads(store, url, ask).stamped == 3
    assert store.failures() == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"<html>not here</html>",
        lambda answer: answer[:-10],
        lambda _: bytes.fromhex("30053003020102"),
        lambda answer: answer.replace(b"\x02\x01\x00", b"\x02\x01\x02", 1),
    ],
    ids=["nothing", "a page", "cut off", "refused", "refused with a stamp"],
)
def test_answers_that_are_no_time_stamp_are_refused(
    store: LedgerStore, stamper: Certified, spoil: Callable[[bytes], bytes]
) -> None:
    with time_stamps(stamper) as url:
        done = stamp_heads(store, url, lambda where, request: spoil(ask(where, request)))
    assert done.stamped == 0
    assert done.failure
    assert len(store.unstamped()) == 3


def test_a_stamp_of_something_else_is_refused(
    store: LedgerStore, stamper: Certified, roots: list[Certificate]
) -> None:
    with time_stamps(stamper) as url:
        stamp_heads(store, url, ask, roots)
    first, second, _ = store.heads()
    assert first.time_stamp is not None
    assert second.time_stamp is not None
    for head in (second, replace(first, time=first.time + 1), replace(first, signature=second.signature)):
        with pytest.raises(TimeStampError):
            check_stamp(head, first.time_stamp, roots)


def test_a_stamp_that_was_altered_or_moved_is_named(
    store: LedgerStore, database: Database, tmp_path: Path, stamper: Certified, roots: list[Certificate]
) -> None:
    with time_stamps(stamper) as url:
        stamp_heads(store, url, ask, roots)
    work = Verification(database, tmp_path, roots=roots)
    assert list(work.run()) == []
    assert work.stamps == 3
    stamps = [head.time_stamp for head in store.heads() if head.time_stamp is not None]
    altered = stamps[0][:-1] + bytes([stamps[0][-1] ^ 1])
    for other in (altered, stamps[1], b"nonsense"):
        with database.writing():
            database.change("UPDATE ledger_head SET time_stamp = ? WHERE number = 2", (other,))
        assert [one.what for one in Verification(database, tmp_path, roots=roots).run()] == ["head 2"]


def test_a_stamp_that_answered_another_request_is_refused(store: LedgerStore, stamper: Certified) -> None:
    kept: list[bytes] = []

    def replaying(url: str, request: bytes) -> bytes:
        kept.append(ask(url, request))
        return kept[0]

    newest: list[Head] = store.unstamped(1)
    with time_stamps(stamper) as url:
        assert stamp_heads(Only(store, newest), url, replaying).stamped == 1
        done = stamp_heads(Only(store, newest), url, replaying)
    assert "another request" in done.failure


class Only:
    """Heads of a ledger of which some wait, whatever became of them."""

    def __init__(self, store: LedgerStore, heads: list[Head]) -> None:
        self._heads = heads
        self.note_time_stamp = store.note_time_stamp
        self.note_failure = store.note_failure

    def unstamped(self, limit: int = 100) -> list[Head]:
        return self._heads[:limit]


def test_an_authority_nobody_trusts_is_refused(store: LedgerStore, stamper: Certified) -> None:
    with time_stamps(stamper) as url:
        done = stamp_heads(store, url, ask, read_roots(authority("Another Root").pem.encode()))
    assert "no root certificate" in done.failure


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/passwd", "nonsense"])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(TimeStampError):
        ask(url, b"")


def test_a_file_without_certificates_is_refused() -> None:
    with pytest.raises(TimeStampError):
        read_roots(b"nothing")
