"""What nobody has read is told."""

import io

from support.containers import chunk, png_with, saved

from tocsin.media.identify import identify
from tocsin.provenance.answer import explanation_of
from tocsin.provenance.explain import Wanted, look
from tocsin.provenance.model import NotChecked
from tocsin.provenance.opened import Opened


def unread(data: bytes) -> list[str]:
    """What the answer about these bytes says that nobody has checked, but for what is off by default."""
    findings = look(Opened(io.BytesIO(data), identify(data[:4096])), Wanted())
    said = [one.what for one in findings if isinstance(one, NotChecked)]
    return [what for what in said if "behind the end" in what or "free text" in what]


def test_a_picture_behind_the_end_of_a_picture_is_told_with_its_place() -> None:
    first, second = saved("PNG"), saved("JPEG")
    (said,) = unread(first + second)
    assert f"{len(second):,} bytes" in said
    assert f"from offset {len(first):,}" in said
    assert "look like jpeg" in said
    assert unread(first) == unread(second) == []


def test_free_text_that_no_rule_reads_is_told_by_its_name_alone() -> None:
    (said,) = unread(png_with(chunk(b"tEXt", b"Comment\0made with something")))
    assert said == "free text in 1 field: “Comment”"


def test_text_that_a_rule_has_read_is_not_told_again() -> None:
    settings = (
        b"parameters\0a lighthouse\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 5, Size: 64x64, Model: m"
    )
    assert unread(png_with(b"tEXt", settings)) == []


def test_an_archive_is_sent_to_the_command_that_looks_inside() -> None:
    data = b"PK\x03\x04" + bytes(60)
    summary = explanation_of(look(Opened(io.BytesIO(data), identify(data)), Wanted())).summary
    assert "tocsin scan --explain" in summary
