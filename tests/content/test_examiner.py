"""Children shared between threads: each content answered, whatever it does to its child."""

import hashlib
import io
import os
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.intake import jpeg
from support.origin_files import RoughSearch, deadly, every_file

from tocsin.content.examine import signals_of
from tocsin.content.examiner import Examiner, ExaminerBusyError
from tocsin.content.model import Content
from tocsin.errors import UsageError
from tocsin.hashing.signals import SignalType
from tocsin.media.errors import NotRegularError
from tocsin.provenance.explain import DECODER, ENDED, FAMILIES, Tier
from tocsin.provenance.model import Failed

pytest_plugins = ["support.examiners"]
pytestmark = pytest.mark.slow  # starts other processes


@pytest.fixture(scope="module")
def rough() -> Iterator[Examiner]:
    """Its children die where a file says so."""
    with Examiner(1, search=RoughSearch(Tier.PIXELS)) as opened:
        yield opened


def died(content: Content) -> set[str]:
    """The readers that ended a child."""
    return {one.reader for one in content.findings or () if isinstance(one, Failed) and one.code == ENDED}


def test_a_path_a_descriptor_and_a_file_give_the_same(examiner: Examiner, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(1))
    with path.open("rb") as file, tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(jpeg(1))
        file.seek(100)
        sources = [path, str(path), file, file.fileno(), io.BytesIO(jpeg(1)), spooled]
        contents = [examiner.examine(source, ".jpg") for source in sources]  # type: ignore[arg-type]  # spooled files are files
        assert file.seek(0) == 0
        assert file.read() == jpeg(1), "what was handed in stays the caller's"
    assert all(content == contents[0] for content in contents)
    assert contents[0].signals == signals_of(jpeg(1))
    assert (contents[0].kind, contents[0].size, contents[0].refused) == ("image", len(jpeg(1)), None)


def test_turned_copies_are_another_way_of_looking(examiner: Examiner) -> None:
    upright = examiner.examine(io.BytesIO(jpeg(1)))
    turned = examiner.examine(io.BytesIO(jpeg(1)), all_orientations=True)
    assert set(upright.signals) < set(turned.signals)
    assert upright.looked == examiner.token(all_orientations=False) != turned.looked
    assert turned.looked == examiner.token(all_orientations=True)


def test_threads_share_the_children(examiner: Examiner) -> None:
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda seed: examiner.examine(io.BytesIO(jpeg(seed % 8))), range(48)))
    for seed, content in enumerate(found):
        assert content.sha256 == hashlib.sha256(jpeg(seed % 8)).hexdigest()


def test_only_regular_files_are_opened(examiner: Examiner, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = examiner.examine(tmp_path / "pipe")
    assert content.refused is not None
    assert content.refused.code == NotRegularError.code


def test_who_cannot_wait_is_told() -> None:
    with Examiner(1) as examiner:
        begun, end = threading.Event(), threading.Event()

        def hold() -> None:
            with examiner._pool(None):
                begun.set()
                end.wait(120)

        holder = threading.Thread(target=hold)
        holder.start()
        assert begun.wait(120)
        with pytest.raises(ExaminerBusyError):
            examiner.examine(io.BytesIO(b"x"), timeout=0.01)
        end.set()
        holder.join()
        assert examiner.examine(io.BytesIO(b"x"), timeout=120).size == 1


def test_a_closed_examiner_says_so() -> None:
    examiner = Examiner(1)
    examiner.close()
    examiner.close()
    with pytest.raises(UsageError):
        examiner.examine(io.BytesIO(b"x"))


@pytest.mark.parametrize("reader", sorted(family.name for family in FAMILIES)[:3])
def test_a_reader_that_ends_its_child_is_left_out(rough: Examiner, reader: str) -> None:
    data = deadly(every_file()["demo-hidden.png"], (reader, "abort"))
    content = rough.examine(io.BytesIO(data))
    assert died(content) == {reader}
    assert content.signals == signals_of(data)
    assert content.refused is None


def test_a_decoder_that_ends_its_child_is_an_answer(rough: Examiner) -> None:
    data = deadly(every_file()["demo-hidden.png"], (DECODER.name, "abort"))
    content = rough.examine(io.BytesIO(data))
    assert died(content) == {DECODER.name}
    assert content.sha256 == hashlib.sha256(data).hexdigest()
    assert content.refused is not None
    assert {one.type for one in content.signals} == {SignalType.SHA256, SignalType.SHA1, SignalType.MD5}


def test_a_file_on_which_everything_dies_comes_to_an_end(rough: Examiner) -> None:
    readers = [family.name for family in FAMILIES]
    data = deadly(every_file()["camera.jpg"], *((reader, "abort") for reader in [*readers, DECODER.name]))
    assert len(data) - len(every_file()["camera.jpg"]) < 300, "they are all read as last words"
    content = rough.examine(io.BytesIO(data))
    assert died(content) == {*readers, DECODER.name}
    assert rough.examine(io.BytesIO(jpeg(1))).refused is None, "the next content is examined as ever"


def test_who_asks_about_matches_only_gets_signals_without_findings(rough: Examiner) -> None:
    data = deadly(every_file()["demo-hidden.png"], (FAMILIES[0].name, "abort"))
    hashed = rough.examine(io.BytesIO(data), origin=False)
    assert (hashed.findings, hashed.refused, hashed.signals) == (None, None, signals_of(data))
    assert hashed.looked == rough.token(all_orientations=False, origin=False)
    assert hashed.looked != rough.token(all_orientations=False)
