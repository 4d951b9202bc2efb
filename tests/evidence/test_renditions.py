"""What of a content can be looked at: previews and reveals of what a vault holds, from a sandbox."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from support.evidence import put
from support.rendition_tasks import KILL, LATE, LIES, TASK
from support.spectra import resolution
from support.videos import clip

from tocsin.content.model import SubvertedError
from tocsin.errors import UsageError
from tocsin.evidence import renditions
from tocsin.evidence.errors import NotInVaultError, NotRenderedError, RendererBusyError
from tocsin.evidence.folder import FolderVault
from tocsin.evidence.keys import Keys
from tocsin.evidence.renditions import Picture, Region, Renderer, Rendition, Timeline
from tocsin.media.errors import KilledError, NotShowableError
from tocsin.media.renditions import MOST_ORIGINAL_PIXELS
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture

pytestmark = pytest.mark.slow  # starts other processes
TESTS = str(Path(__file__).parent.parent)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> FolderVault:
    home = tmp_path_factory.mktemp("home")
    return FolderVault(home / "vault", Keys.open(home, create=True))


@pytest.fixture(scope="module")
def renderer(vault: FolderVault) -> Iterator[Renderer]:
    with Renderer(vault) as opened:
        yield opened


@pytest.fixture(scope="module")
def rough(vault: FolderVault) -> Iterator[Renderer]:
    """Its children die or lie where a content says so."""
    with Renderer(vault, 1, task=TASK, path=[TESTS]) as opened:
        yield opened


def detailed(seed: int, width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    grain = np.random.default_rng(seed).integers(-40, 41, (height, width, 3))
    pixels: NDArray[np.uint8] = np.clip(picture(seed, width, height) + grain, 0, 255).astype(np.uint8)
    return pixels


def jpeg(seed: int, width: int = 640, height: int = 480) -> bytes:
    return encoders.jpeg(Image.fromarray(detailed(seed, width, height)), 95)


def refusal_code(call: Callable[[], object]) -> str:
    with pytest.raises(NotRenderedError) as caught:
        call()
    assert caught.value.refusal.message == caught.value.message
    assert caught.value.refusal.advice
    return caught.value.refusal.code


def opened(found: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(found.data))
    image.load()
    assert image.size == (found.width, found.height)
    assert Image.MIME[str(image.format)] == found.media_type
    return image


@pytest.mark.parametrize("rendition", Rendition)
@pytest.mark.parametrize("size", [(1200, 900), (900, 1200)])
def test_no_rendition_holds_more_than_its_limit(
    renderer: Renderer, vault: FolderVault, rendition: Rendition, size: tuple[int, int]
) -> None:
    original = detailed(3, *size)
    digest = put(vault, encoders.png(Image.fromarray(original)))
    found = renderer.render(digest, rendition)
    assert opened(found).mode == "L"
    assert max(found.width, found.height) == rendition.longest
    measured = resolution(np.asarray(opened(found)), original)
    assert measured.coherent <= rendition.longest * 1.25
    assert measured.across <= rendition.longest
    assert resolution(np.asarray(opened(renderer.original(digest))), original).across > 900


def test_a_rendition_is_nothing_but_its_pixels(renderer: Renderer, vault: FolderVault) -> None:
    """No text, profile or Exif of the file; the chunks are those that a grey PNG must have."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SECRET")
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    Image.fromarray(picture(1, 300, 200)).save(
        out, "PNG", pnginfo=notes, exif=exif, icc_profile=b"SECRET" * 99
    )
    digest = put(vault, out.getvalue() + b"SECRET")
    for rendition in Rendition:
        data = renderer.render(digest, rendition).data
        assert b"SECRET" not in data
        kinds = []
        at = 8
        while at < len(data):
            kinds.append(data[at + 4 : at + 8])
            at += 12 + int.from_bytes(data[at : at + 4])
        assert kinds == [b"IHDR", b"IDAT", b"IEND"]
        assert at == len(data)
    revealed = renderer.original(digest)
    assert b"SECRET" not in revealed.data
    assert not opened(revealed).getexif()
    assert set(opened(revealed).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_reveal_shows_a_region_or_the_whole_reduced(renderer: Renderer, vault: FolderVault) -> None:
    original = picture(5, 1000, 800)
    digest = put(vault, encoders.png(Image.fromarray(original)))
    whole = renderer.original(digest, longest=500)
    assert (whole.width, whole.height, whole.media_type) == (500, 400, "image/jpeg")
    part = renderer.original(digest, Region(0.5, 0.25, 0.2, 0.5))
    assert (part.width, part.height) == (200, 400)
    shown = np.asarray(opened(part)).astype(int)
    assert np.abs(shown - original[200:600, 500:700]).mean() < 3


def test_large_reveals_arrive_in_pieces(renderer: Renderer, vault: FolderVault) -> None:
    original = picture(6, 1700, 1200)
    found = renderer.original(put(vault, encoders.jpeg(Image.fromarray(original), 95)), longest=1700)
    assert np.abs(np.asarray(opened(found)).astype(int) - original).mean() < 4


@pytest.mark.parametrize("longest", [0, -1, MOST_ORIGINAL_PIXELS + 1])
def test_reveals_have_a_limit_of_their_own(renderer: Renderer, longest: int) -> None:
    with pytest.raises(UsageError):
        renderer.original(bytes(32), longest=longest)


def test_videos_have_a_strip_of_blurred_stills(renderer: Renderer, vault: FolderVault) -> None:
    digest = put(vault, clip(frames=30, side=128))
    timeline = renderer.stills(digest)
    assert len(timeline.seconds) == 8
    strip = renderer.strip(digest)
    assert strip.refusal is None
    assert [max(one.width, one.height) for one in strip.pictures] == [24] * 8
    assert all(opened(one).mode == "L" for one in strip.pictures)
    assert renderer.render(digest, Rendition.BLUR, 3) == strip.pictures[3]
    assert renderer.render(digest, Rendition.GREY, 3).width == 128
    assert renderer.original(digest, still=7).width == 128


def test_pictures_have_one_still(renderer: Renderer, vault: FolderVault) -> None:
    digest = put(vault, jpeg(1))
    assert renderer.stills(digest) == Timeline((None,), frames=1)
    assert len(renderer.strip(digest).pictures) == 1
    assert refusal_code(lambda: renderer.render(digest, Rendition.BLUR, 1)) == "media.no_still"


def test_refusals_are_answers(renderer: Renderer, vault: FolderVault) -> None:
    calls: list[Callable[[bytes], object]] = [
        lambda digest: renderer.render(digest, Rendition.BLUR),
        lambda digest: renderer.render(digest, Rendition.LINES),
        renderer.original,
        renderer.strip,
        renderer.stills,
    ]
    for call in calls:
        assert refusal_code(lambda call=call: call(put(vault, b"words"))) == NotShowableError.code  # type: ignore[misc]  # bound at once
    cut = put(vault, jpeg(2)[:9000])
    for call in calls[:-1]:
        assert refusal_code(lambda call=call: call(cut)).startswith("media.")  # type: ignore[misc]  # as above
    with pytest.raises(NotInVaultError):
        renderer.strip(bytes(32))


def test_a_content_that_ends_its_child_is_refused_and_the_next_is_not(
    rough: Renderer, vault: FolderVault
) -> None:
    for call in (lambda: rough.strip(put(vault, KILL)), lambda: rough.original(put(vault, KILL))):
        assert refusal_code(call) == KilledError.code
    assert rough.render(put(vault, jpeg(1)), Rendition.BLUR).width == 24


def test_stills_made_before_a_child_ended_are_shown(rough: Renderer, vault: FolderVault) -> None:
    strip = rough.strip(put(vault, clip(frames=30) + LATE))
    assert len(strip.pictures) == 1
    assert strip.refusal is not None
    assert strip.refusal.code == KilledError.code


@pytest.mark.parametrize("lie", LIES)
def test_children_that_were_taken_over_show_nothing(rough: Renderer, vault: FolderVault, lie: bytes) -> None:
    digest = put(vault, lie)
    for call in (
        lambda: rough.render(digest, Rendition.BLUR),
        lambda: rough.render(digest, Rendition.GREY),
        lambda: rough.original(digest, longest=100),
        lambda: rough.stills(digest),
    ):
        assert refusal_code(call) == SubvertedError.code


def test_threads_share_the_children(renderer: Renderer, vault: FolderVault) -> None:
    digests = [put(vault, jpeg(seed, 64, 48)) for seed in range(6)]
    expected = [renderer.render(one, Rendition.GREY) for one in digests]
    with ThreadPoolExecutor(12) as threads:
        found = list(
            threads.map(lambda number: renderer.render(digests[number % 6], Rendition.GREY), range(48))
        )
    assert found == [expected[number % 6] for number in range(48)]


def test_who_cannot_wait_is_told(vault: FolderVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renditions, "PATIENCE", 0.01)
    digest = put(vault, jpeg(1))
    with Renderer(vault, 1) as renderer:
        begun, end = threading.Event(), threading.Event()

        def hold() -> None:
            with renderer._pool():
                begun.set()
                end.wait(120)

        holder = threading.Thread(target=hold)
        holder.start()
        assert begun.wait(120)
        with pytest.raises(RendererBusyError):
            renderer.stills(digest)
        end.set()
        holder.join()
        assert renderer.stills(digest) == Timeline((None,), frames=1)


def test_blurred_stills_are_remembered_for_a_while_and_not_beyond_the_content(
    vault: FolderVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = put(vault, jpeg(7))
    with Renderer(vault, 1) as renderer:
        strip = renderer.strip(digest)
        assert renderer.strip(digest) is strip
        later = time.monotonic() + renditions.REMEMBERED_SECONDS + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert renderer.strip(digest) is not strip
        monkeypatch.undo()
        vault.path(digest).unlink()
        with pytest.raises(NotInVaultError):
            renderer.strip(digest)


def test_few_strips_are_remembered(vault: FolderVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renditions, "REMEMBERED", 2)
    digests = [put(vault, jpeg(seed, 32, 32)) for seed in range(3)]
    with Renderer(vault, 1) as renderer:
        strips = [renderer.strip(one) for one in digests]
        assert renderer.strip(digests[2]) is strips[2]
        assert renderer.strip(digests[1]) is strips[1]
        assert renderer.strip(digests[0]) is not strips[0]


def test_a_closed_renderer_says_so(vault: FolderVault) -> None:
    renderer = Renderer(vault, 1)
    digest = put(vault, jpeg(1))
    renderer.strip(digest)
    renderer.close()
    renderer.close()
    with pytest.raises(UsageError):
        renderer.strip(digest)
