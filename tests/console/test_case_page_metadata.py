"""Looking at metadata on the case page: on record, read by somebody, and nothing of it runs."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from support.case_pages import Page, claimed, events, open_case, page, reviewer, said
from support.console import Console, console

COMMENT = "<script>x</script>\u202e"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("metadata") / "home") as opened:
        yield opened


def picture() -> bytes:
    """A picture that says who made it."""
    exif, made = Image.Exif(), BytesIO()
    exif[0x010F], exif[0x013B] = "A camera", COMMENT.encode().decode("latin-1")
    Image.new("RGB", (200, 150), "steelblue").save(made, "JPEG", exif=exif)
    return made.getvalue()


def test_metadata_is_shown_on_record_and_counts_once_somebody_says_that_they_read_it(served: Console) -> None:
    rita = reviewer(served, "rita")
    number = open_case(served, picture())
    assert 'id="metadata"' not in page(rita, number).text, "only who holds the case looks"
    held = claimed(rita, number)
    shown = held.send(rita, "metadata")
    assert shown.status_code == 200, said(shown)
    assert "IFD0:Make A camera" in said(shown)
    assert "<script>x" not in shown.text
    assert "\u202e" not in shown.text
    (look,) = (detail for kind, _, detail in events(served, number) if kind == "content.revealed")
    assert (look["metadata"], look["rendition"]) == (True, "metadata")
    (kept,) = served.node.reporting.gathering.record(number).contents[0].looks
    assert kept.shown is None, "nobody has said that they read it"
    back = Page(shown.text).send(rita, f"/console/cases/{number}/metadata-read")
    assert back.status_code == 303, said(back)
    (kept,) = served.node.reporting.gathering.record(number).contents[0].looks
    assert kept.shown is not None
    other = reviewer(served, "olga")
    refused = other.act(f"/cases/{number}/metadata-read", look=str(kept.id))
    assert refused.status_code == 422, "of others one says nothing"
    sha256 = kept.sha256.hex()
    not_held = other.act(f"/cases/{number}/contents/{sha256}/metadata", claim=str(held.claim))
    assert not_held.status_code == 409
