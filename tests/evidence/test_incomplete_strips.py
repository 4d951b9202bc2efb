"""Stills of which some could not be made are not remembered as all there are."""

from pathlib import Path

import pytest
from support.evidence import put
from support.rendition_tasks import LATE, TASK
from support.videos import clip

from tocsin.evidence.folder import FolderVault
from tocsin.evidence.keys import Keys
from tocsin.evidence.renditions import Renderer

pytestmark = pytest.mark.slow  # starts other processes
TESTS = str(Path(__file__).parent.parent)


def test_a_strip_that_ended_with_a_refusal_is_made_anew_when_it_is_asked_for(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault", Keys.open(tmp_path, create=True))
    data = clip(frames=30)
    whole, cut = put(vault, data), put(vault, data + LATE)
    with Renderer(vault, 1, task=TASK, path=[TESTS]) as renderer:
        incomplete = renderer.strip(cut)
        assert incomplete.refusal is not None
        assert renderer.strip(cut) is not incomplete
        complete = renderer.strip(whole)
        assert len(incomplete.pictures) < len(complete.pictures)
        assert renderer.strip(whole) is complete
