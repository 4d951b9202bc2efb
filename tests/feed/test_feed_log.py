"""Writing a log: stopped or killed anywhere it verifies, goes on, and never signs another past."""

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.feed_logs import NAME, NOW, Feed, items, signer

from tocsin.evidence import files
from tocsin.exchange.feed.errors import LogAccessError, LogBusyError, LogDamagedError
from tocsin.exchange.feed.following import Follower
from tocsin.exchange.feed.log import LogWriter
from tocsin.exchange.feed.sources import FolderSource
from tocsin.exchange.feed.tiles import Leaf
from tocsin.exchange.feed.tree import Seen


class _StoppedError(BaseException):
    """As a kill: nothing after it happens."""


def _leaves(start: int, count: int) -> list[Leaf]:
    return [Leaf("items", number.to_bytes(32, "big"), number) for number in range(start, start + count)]


def _stop_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Stop before the write of that number; what a write has done up to then is durable."""
    left = [step]
    write = files.write_durably

    def stopping(path: Path, content: bytes, mode: int = 0o600) -> None:
        if left[0] == 0:
            raise _StoppedError
        left[0] -= 1
        write(path, content, mode)

    monkeypatch.setattr(files, "write_durably", stopping)


@pytest.mark.parametrize("step", range(12))
def test_stopped_before_any_of_its_writes_a_log_verifies_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    key = signer(1)
    with LogWriter.create(tmp_path, [key], NOW) as writer:
        before = writer.append(_leaves(0, 250), NOW)
    seen = Seen(before.size, before.root)
    with monkeypatch.context() as patch, LogWriter.open(tmp_path, [key]) as writer:
        _stop_at(patch, step)
        try:
            writer.append(_leaves(1000, 600), NOW)  # 850 leaves: three tiles become full
        except _StoppedError:
            assert Follower(FolderSource(tmp_path), key.verifier, seen).look(NOW).size == before.size
    with LogWriter.open(tmp_path, [key], seen) as writer:
        if writer.size == before.size:  # what comes instead is something else
            writer.append(_leaves(2000, 600), NOW)
        assert len([leaf for _, leaf in writer.leaves()]) == 850
    follower = Follower(FolderSource(tmp_path), key.verifier, seen)
    assert follower.look(NOW).size == 850
    assert [leaf for _, leaf in follower.leaves()][:250] == _leaves(0, 250)


def test_partial_tiles_go_when_full_ones_are_signed(tmp_path: Path) -> None:
    with LogWriter.create(tmp_path, [signer(1)], NOW) as writer:
        for number in range(0, 260, 20):
            writer.append(_leaves(number, 20), NOW)
        held = Follower(FolderSource(tmp_path), signer(1).verifier)
        held.look(NOW)
        assert not list(tmp_path.glob("tile/**/000.p/2*0"))
        writer.append(_leaves(260, 300), NOW)
    assert {str(one.relative_to(tmp_path)) for one in tmp_path.glob("tile/**/*.p/*")} == {
        "tile/0/002.p/48",
        "tile/1/000.p/1",
        "tile/1/000.p/2",
        "tile/entries/002.p/48",
    }
    assert [leaf for _, leaf in held.leaves()] == _leaves(0, 260)  # by way of the full tile


def test_an_old_folder_is_not_signed(tmp_path: Path) -> None:
    feed = Feed.begin(tmp_path / "feed")
    feed.publish(items(0, 2))
    shutil.copytree(feed.folder, tmp_path / "backup")
    feed.publish(items(2, 2))
    known = feed.follower().look(NOW)
    shutil.rmtree(feed.folder)
    (tmp_path / "backup").rename(feed.folder)
    with pytest.raises(LogDamagedError, match="4 when it was last seen"):
        LogWriter.open(feed.folder, [feed.key], known)
    feed.publish(items(7, 5))
    with pytest.raises(LogDamagedError, match="not those that were seen"):
        LogWriter.open(feed.folder, [feed.key], known)


def test_a_folder_that_was_altered_is_not_signed(tmp_path: Path) -> None:
    feed = Feed.begin(tmp_path / "feed")
    feed.publish(items(0, 2))
    (feed.folder / "tile/entries/000.p/2").write_bytes(b"\0\0")
    with pytest.raises(LogDamagedError):
        LogWriter.open(feed.folder, [feed.key])
    with pytest.raises(LogDamagedError):
        LogWriter.open(feed.folder, [signer(5)])
    with pytest.raises(LogDamagedError, match="already"):
        LogWriter.create(feed.folder, [feed.key], NOW)


def test_only_one_may_write(tmp_path: Path) -> None:
    with LogWriter.create(tmp_path, [signer(1)], NOW), pytest.raises(LogBusyError):
        LogWriter.open(tmp_path, [signer(1)])
    LogWriter.open(tmp_path, [signer(1)]).close()


def test_a_disk_that_fails_is_named_and_nothing_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes, mode: int) -> None:
        raise OSError(errno.ENOSPC, f"full {path} {len(content)} {mode}")

    with LogWriter.create(tmp_path, [signer(1)], NOW) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(files, "write_durably", full)
            with pytest.raises(LogAccessError, match="full"):
                writer.append(_leaves(0, 300), NOW)
        assert writer.size == 0
        assert writer.append(_leaves(0, 300), NOW).size == 300


def test_where_no_feed_is_none_is_opened(tmp_path: Path) -> None:
    with pytest.raises(LogDamagedError, match="no feed"):
        LogWriter.open(tmp_path / "nothing", [signer(1)])


_CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from support.feed_logs import NOW, signer, items
from pyrage import x25519
from tocsin.exchange.feed.bundles import seal
from tocsin.exchange.feed.log import LogWriter
folder, to = Path({folder!r}), [str(x25519.Identity.generate().to_public())]
with LogWriter.open(folder, [signer(1)]) as writer:
    while True:
        sealed = seal(items(writer.size, 30), to, {name!r}, per_bundle=1)
        print(writer.append([writer.put(one) for one in sealed], NOW).size, flush=True)
"""


@pytest.mark.slow
def test_a_writer_that_is_killed_loses_nothing_acknowledged(tmp_path: Path) -> None:
    key = signer(1)
    LogWriter.create(tmp_path, [key], NOW).close()
    tests = str(Path(__file__).parents[1])
    program = _CHILD.format(folder=str(tmp_path), tests=tests, name=NAME)
    seen: Seen | None = None
    for lines in (1, 2, 3, 4):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            acknowledged = [int(child.stdout.readline()) for _ in range(lines)][-1]
            os.kill(child.pid, signal.SIGKILL)
        follower = Follower(FolderSource(tmp_path), key.verifier, seen)
        seen = follower.look(NOW)
        assert seen.size >= acknowledged
        assert all(follower.body(leaf) for _, leaf in follower.leaves())


def test_the_vectors_in_the_document_are_what_is_written(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "formats" / "feed.md").read_text("utf-8")
    leaf = Leaf("items", hashlib.sha256(b"").digest(), 0)
    with LogWriter.create(tmp_path, [signer(1)], NOW) as writer:
        writer.append([leaf], NOW)
    assert (tmp_path / "checkpoint").read_text("utf-8") in document
    assert (tmp_path / "tile/0/000.p/1").read_bytes().hex() in document
    assert signer(1).verifier.to_text() in document
    assert leaf.to_bytes().decode() in document
