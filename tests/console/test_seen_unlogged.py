"""The proof that nothing is seen unlogged, put to the proof: each way of showing too much is noticed."""

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from support.case_pages import claimed, open_case, reviewer
from support.console import Console, console
from support.recording import Passed, Recording
from support.seen import assert_nothing_seen_unlogged

from tocsin.evidence.renditions import Rendition

pytestmark = [pytest.mark.slow]


def detailed(seed: int) -> Image.Image:
    """A picture with detail at every scale."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (384, 512), dtype=np.uint8), "L")


def written(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("seen") / "home") as opened:
        yield opened


def one(path: str, body: bytes, **headers: str) -> Recording:
    return Recording("", [Passed("GET", path, 200, {**headers}, body)])


def test_renditions_are_within_their_limits_and_more_is_noticed(served: Console) -> None:
    anna = reviewer(served, "anna")
    picture = detailed(1)
    number = open_case(served, written(picture))
    claim = claimed(anna, number).claim
    (sha256,) = (one.hex() for one in served.node.review.queue.contents(number))
    before = len(served.recording.passed)
    for rendition in Rendition:
        path = f"/console/cases/{number}/contents/{sha256}/renditions/{rendition.value}?claim={claim}"
        assert anna.get(path).status_code == 200
        # The same sort of picture with as much of the original in it as its limit allows, and some more.
        for side, enough in ((rendition.longest * 2, False), (rendition.longest, True)):
            more = picture.resize((side, side * 3 // 4), Image.Resampling.LANCZOS)
            told = one(
                path,
                written(more.resize((rendition.longest, rendition.longest * 3 // 4)) if enough else more),
            )
            if enough:
                assert assert_nothing_seen_unlogged(served.node, told)[rendition.value] == 1
            else:
                with pytest.raises(AssertionError, match="pixels across"):
                    assert_nothing_seen_unlogged(served.node, told)
    passed = Recording("", served.recording.passed[before:])
    assert set(assert_nothing_seen_unlogged(served.node, passed)) == {one.value for one in Rendition}


@pytest.mark.parametrize(
    ("path", "wrapped"),
    [
        ("/console/queue", b"%s"),
        ("/v1/submissions", b'{"preview": "data:image/png;base64,%s"}'),
        ("/console/static/console.css", b"a { background: url(data:image/png;base64,%s) }"),
        ("/console/cases/1/contents/other/renditions/blur", b"%s"),
    ],
)
def test_a_picture_by_any_other_way_is_noticed(served: Console, path: str, wrapped: bytes) -> None:
    data = written(detailed(2))
    body = wrapped % (base64.b64encode(data) if wrapped != b"%s" else data)
    with pytest.raises(AssertionError, match="a picture came by"):
        assert_nothing_seen_unlogged(served.node, one(path, body))


def test_a_look_that_is_not_on_record_is_noticed(served: Console) -> None:
    bela = reviewer(served, "bela")
    data = written(detailed(3))
    number = open_case(served, data)
    claim = claimed(bela, number).claim
    (sha256,) = (one.hex() for one in served.node.review.queue.contents(number))
    path = f"/console/cases/{number}/contents/{sha256}/reveal"
    with pytest.raises(AssertionError, match="not on record"):
        assert_nothing_seen_unlogged(served.node, one(path, data, **{"x-reveal": "99"}))
    answer = bela.post(path, data={"csrf": bela.csrf, "claim": str(claim), "seconds": "1"})
    assert answer.status_code == 200
    look = one(path, data, **{"x-reveal": answer.headers["x-reveal"]})
    assert assert_nothing_seen_unlogged(served.node, look)["reveal"] == 1
    look.passed.append(look.passed[0])
    with pytest.raises(AssertionError, match="sent twice"):
        assert_nothing_seen_unlogged(served.node, look)
