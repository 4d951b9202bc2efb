"""python-threatexchange as it is in its package, reading a bank from a node over HTTP."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.served import Server, token

from tocsin.access.model import Right
from tocsin.banks.model import EntryDraft, Label, Origin, Policy
from tocsin.hashing.signals import Signal, SignalType, parse_signal
from tocsin.storage import times
from tocsin.storage.home import Home

ncmec = pytest.importorskip("threatexchange.exchanges.impl.ncmec_api")
from threatexchange.signal_type.md5 import VideoMD5Signal  # noqa: E402  # a peer, which may be missing
from threatexchange.signal_type.pdq.signal import PdqSignal  # noqa: E402  # as above

pytestmark = pytest.mark.slow
PICTURES = 3000
VIDEOS = 120


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The client writes local time and calls it UTC."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def drafts() -> Iterator[EntryDraft]:
    dice = random.Random(11)  # noqa: S311  # no secret
    for number in range(PICTURES):
        value = Signal(SignalType.PDQ, dice.randbytes(32), 80)
        yield EntryDraft(
            (value,), Origin("list", f"member {number % 3}", f"p{number}"), (Label("ncmec", "", "A1"),)
        )
    for number in range(VIDEOS):
        yield EntryDraft((parse_signal(f"md5:{number:032x}"),), Origin("list", "member 1", f"v{number}"))


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """What is stored from now on was stored then."""
    monkeypatch.setattr(times, "present", lambda: moment)


class Peer:
    """The client, and what it has fetched."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Nothing fetched yet; an environment is its address."""
        environment = SimpleNamespace(value=url)
        self.collab = ncmec.NCMECCollabConfig(name="node", environment=environment)
        self.api = ncmec.NCMECSignalExchangeAPI(self.collab, user, password)
        self.checkpoint: Any = None
        self.kept: dict[str, Any] = {}

    def fetch(self) -> None:
        """As its own command does."""
        for delta in self.api.fetch_iter([PdqSignal, VideoMD5Signal], self.checkpoint):
            for key, update in delta.updates.items():
                merged = self.api.fetch_value_merge(self.kept.pop(key, None), update)
                if merged is not None:
                    self.kept[key] = merged
            self.checkpoint = delta.checkpoint

    def hashes(self) -> set[str]:
        """As its own indexes are built from."""
        found = self.api.naive_convert_to_signal_type([PdqSignal, VideoMD5Signal], self.collab, self.kept)
        return {value for values in found.values() for value in values}


@pytest.mark.usefixtures("in_utc")
def test_the_peer_has_what_the_bank_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    password = token(home, "peer", ["publisher"], {"known": frozenset({Right.READ, Right.SHARE})})
    with Home.open(home) as banks:
        banks.create_bank("known", Policy())
        several = list(drafts())
        for when, some in ((timedelta(days=400), several[:1000]), (timedelta(hours=1), several[1000:])):
            at(monkeypatch, datetime.now(UTC) - when)
            ids = banks.add_entries("known", some).entry_ids
        banks.withdraw(ids[:100], "by mistake")
        live = {one.signals[0].hex for one in several} - {one.signals[0].hex for one in several[1000:1100]}
        server = Server(home, "--no-worker")
        try:
            peer = Peer(f"http://127.0.0.1:{server.port}/ncmec", "peer", password)
            assert peer.api.get_client(peer.collab.environment).status().esp_name == "peer"
            peer.fetch()
            assert peer.hashes() == live
            assert {one.classification for one in peer.kept.values() if one.fingerprints.get("pdq")} == {"A1"}
            fetched = datetime.fromtimestamp(peer.checkpoint.get_entries_max_ts, UTC)
            at(monkeypatch, fetched + timedelta(seconds=0.5))
            banks.withdraw(ids[200:300], "by mistake")
            banks.reinstate(ids[:50])
            while int(time.time()) - 5 <= fetched.timestamp():
                time.sleep(0.1)
            peer.fetch()
        finally:
            server.stop()
        assert peer.hashes() == {
            signal.hex for one in banks.entries("known") if one.withdrawn is None for signal in one.signals
        }
