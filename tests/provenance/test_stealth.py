"""Text hidden in the lowest bits of pixels is found whole, and hostile blocks are told and bounded."""

import gzip
import io
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from support.marking import Stealth, stealthy, stealthy_raw

from tocsin.media.identify import identify
from tocsin.media.views import views
from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.model import Absent, Failed, Finding, Item, NotChecked, Strength
from tocsin.provenance.opened import Opened, Stored
from tocsin.provenance.stealth import (
    MAX_TEXT,
    MetadataBombError,
    StealthError,
    blocks,
    fields_of,
    signs,
    text_of,
)
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture

KINDS: tuple[Stealth, ...] = ("stealth_pnginfo", "stealth_pngcomp", "stealth_rgbinfo", "stealth_rgbcomp")
SETTINGS = "a lighthouse\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 64x64, Model: demo"


def opened(pixels: NDArray[np.uint8]) -> Opened:
    """A file with these pixels, decoded or not."""
    data = encoders.png(Image.new("RGB", (8, 8)))
    return Opened(io.BytesIO(data), identify(data), stored=Stored(np.ascontiguousarray(pixels), exact=True))


def decoded(data: bytes) -> Opened:
    """A file with the pixels as our decoder hands them over."""
    given: list[Stored] = []
    for _ in views(data, stored=lambda pixels, exact: given.append(Stored(pixels, exact))):
        pass
    return Opened(io.BytesIO(data), identify(data[:4096]), stored=given[0])


def hidden_fields(file: Opened) -> Fields:
    """The fields of all hidden text that can be read."""
    found: list[Field] = []
    assert file.stored is not None
    for block in blocks(file.stored.pixels):
        with suppress(StealthError, MetadataBombError):  # `signs` tells them
            found += fields_of(file, text_of(block)).found
    return Fields(tuple(found))


@cache
def canvas(width: int = 64, height: int = 64) -> NDArray[np.uint8]:
    return picture(5, width, height)


def items(findings: list[Finding]) -> list[Item]:
    return [finding for finding in findings if isinstance(finding, Item)]


FILES: dict[str, Callable[[Image.Image], bytes]] = {
    "png": encoders.png,
    "webp": lambda p: _saved(p, "WEBP", lossless=True, exact=True),
    "tiff": lambda p: _saved(p, "TIFF", compression="tiff_lzw"),
}


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_in_every_lossless_file(kind: Stealth, form: str) -> None:
    marked = Image.fromarray(stealthy(canvas(), SETTINGS, kind))
    file = decoded(FILES[form](marked))
    first = items(list(signs(file)))[0]
    assert kind in first.found
    assert first.carries is Strength.S3
    assert first.where == (file.pixels_place,)
    (field,) = hidden_fields(file).named(Space.STEALTH, "parameters")
    assert field.value == SETTINGS
    assert field.where == file.pixels_place


def test_the_generators_own_signs_come_out_of_hidden_text() -> None:
    found = items(list(signs(opened(stealthy(canvas(), SETTINGS, "stealth_pngcomp")))))
    assert len(found) > 1
    assert any(item.rule.id.startswith("generators.") for item in found)


def test_a_prompt_is_never_shown() -> None:
    text = SETTINGS.replace("lighthouse", "SECRETWORD")
    assert "SECRETWORD" not in repr(list(signs(opened(stealthy(canvas(), text, "stealth_rgbcomp")))))


@settings(max_examples=15, deadline=None)
@given(
    st.text(min_size=1, max_size=300), st.sampled_from(KINDS), st.integers(1, 70), st.integers(0, 2**32 - 1)
)
def test_any_text_comes_back(text: str, kind: Stealth, height: int, seed: int) -> None:
    width = -(-12_000 // height)  # wide enough for 300 characters of four bytes, packed badly
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    fields = hidden_fields(opened(stealthy(pixels, json.dumps({"Comment": text}), kind)))
    assert [(field.name, field.value) for field in fields.found] == [("Comment", text)]


def test_json_becomes_fields_of_its_keys() -> None:
    value = {"Comment": '{"seed": 7}', "Software": "NovelAI", "sizes": [1, 2]}
    fields = hidden_fields(opened(stealthy(canvas(), json.dumps(value), "stealth_pngcomp"))).found
    assert [(field.name, field.value) for field in fields] == [
        ("Comment", '{"seed": 7}'),
        ("Software", "NovelAI"),
        ("sizes", "[1, 2]"),
    ]


def test_junk_before_known_keys_hides_nothing_and_is_told() -> None:
    junk = {f"key {number}": 1 for number in range(100)}
    text = json.dumps({**junk, "Comment": "{}", "Software": "NovelAI"})
    file = opened(stealthy(canvas(128, 128), text, "stealth_pngcomp"))
    assert hidden_fields(file).named(Space.STEALTH, "Comment", "Software")
    (left,) = (one for one in signs(file) if isinstance(one, NotChecked))
    assert "38 further keys" in left.what


def test_repeated_keys_are_told() -> None:
    file = opened(stealthy(canvas(), '{"Comment": {"a": 1}, "Comment": {}}', "stealth_pngcomp"))
    (left,) = (one for one in signs(file) if isinstance(one, NotChecked))
    assert "repeated keys" in left.what


def test_text_packed_in_several_members_is_read_whole() -> None:
    members = [gzip.compress(part.encode(), mtime=0) for part in (SETTINGS[:30], SETTINGS[30:])]
    block = b"".join(members) + bytes(3)
    raw = b"stealth_pngcomp" + (len(block) * 8).to_bytes(4) + block
    file = opened(stealthy_raw(canvas(), raw, colours=False))
    (field,) = hidden_fields(file).named(Space.STEALTH, "parameters")
    assert field.value == SETTINGS
    many = gzip.compress(b"", mtime=0) * 65
    raw = b"stealth_pngcomp" + (len(many) * 8).to_bytes(4) + many
    assert [
        one.code
        for one in signs(opened(stealthy_raw(canvas(128, 128), raw, colours=False)))
        if isinstance(one, Failed)
    ]


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_frames_of_an_animation_are_said_not_to_be_looked_at(form: str) -> None:
    frames = [Image.fromarray(picture(seed, 64, 64)) for seed in (5, 6)]
    for more, told in ((frames[1:], 1), ([], 0)):
        data = _saved(frames[0], form, save_all=True, append_images=more, lossless=True)
        file = Opened(io.BytesIO(data), identify(data[:4096]), stored=Stored(canvas(), exact=True))
        assert sum(isinstance(one, NotChecked) and "frames" in one.what for one in signs(file)) == told


def test_appended_error_correction_is_named() -> None:
    pixels = stealthy(canvas(), SETTINGS, "stealth_pngcomp", appended=bytes(28 * 3))
    assert (
        "84 bytes in the shape of NovelAI's error correction" in items(list(signs(opened(pixels))))[0].found
    )


def test_pictures_without_hidden_text_have_none() -> None:
    for pixels in (canvas(), canvas()[:, :, 0], np.dstack([canvas(), canvas()[:, :, :1]]), canvas(8, 8)[:1]):
        assert [type(finding) for finding in signs(opened(pixels))] == [Absent]
        assert not hidden_fields(opened(pixels)).found


def test_a_jpeg_copy_has_lost_it() -> None:
    marked = Image.fromarray(stealthy(canvas(), SETTINGS, "stealth_rgbinfo"))
    assert [type(finding) for finding in signs(decoded(encoders.jpeg(marked)))] == [Absent]


def test_without_pixels_nothing_is_claimed() -> None:
    data = encoders.png(Image.new("RGB", (8, 8)))
    file = Opened(io.BytesIO(data), identify(data), why_no_pixels="the pixels were not asked for")
    (finding,) = signs(file)
    assert isinstance(finding, NotChecked)
    assert finding.why == "the pixels were not asked for"


def broken_block(kind: bytes, content: bytes, bits: int | None = None) -> bytes:
    return kind + (len(content) * 8 if bits is None else bits).to_bytes(4) + content


BROKEN = {
    "longer than the picture": broken_block(b"stealth_pnginfo", b"abc", 2**32 - 8),
    "no whole bytes": broken_block(b"stealth_pnginfo", b"abc", 23),
    "no UTF-8": broken_block(b"stealth_pnginfo", b"\xff\xfe\xfd"),
    "no gzip": broken_block(b"stealth_pngcomp", b"not gzip at all"),
    "gzip cut short": broken_block(b"stealth_pngcomp", gzip.compress(b"words " * 9)[:-9]),
    "no length": b"stealth_pngcomp",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_blocks_are_told(name: str) -> None:
    findings = list(signs(opened(stealthy_raw(canvas(), BROKEN[name], colours=False))))
    item, failed = findings
    assert isinstance(item, Item)
    assert item.carries is Strength.S2
    assert isinstance(failed, Failed)
    assert failed.code == "provenance.stealth_broken"


@pytest.mark.parametrize("size", [MAX_TEXT + 1, 3 * MAX_TEXT])
def test_a_bomb_is_told_and_not_inflated(size: int) -> None:
    bomb = broken_block(b"stealth_pngcomp", gzip.compress(bytes(size), 9))
    pixels = stealthy_raw(np.zeros((1, len(bomb) * 8 + 40, 3), np.uint8), bomb[:4000], colours=False)
    bits = np.unpackbits(np.frombuffer(bomb, np.uint8))
    pixels[0, : len(bits), 3] = 254 | bits
    codes = [finding.code for finding in signs(opened(pixels)) if isinstance(finding, Failed)]
    assert codes == ["provenance.metadata_bomb"]


def test_a_text_longer_than_any_is_refused_unread() -> None:
    pixels = np.zeros((8, (MAX_TEXT + 64) // 3 + 9, 3), np.uint8)
    head = np.unpackbits(np.frombuffer(b"stealth_rgbinfo" + ((MAX_TEXT + 1) * 8).to_bytes(4), np.uint8))
    pixels[:, :7] |= np.resize(head, 7 * 8 * 3).reshape(7, 8, 3).transpose(1, 0, 2)
    codes = [finding.code for finding in signs(opened(pixels)) if isinstance(finding, Failed)]
    assert codes == ["provenance.metadata_bomb"]


@settings(max_examples=10, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(KINDS), st.integers(0, 2**32 - 1))
def test_nothing_behind_the_magic_makes_it_raise(content: bytes, kind: Stealth, stated: int) -> None:
    block = broken_block(kind.encode(), content, stated)
    for colours in (False, True):
        assert list(signs(opened(stealthy_raw(canvas(16, 16), block, colours=colours))))
