"""Submitting tells what looking up tells: whoever may not read a bank does not find out its hashes by it."""

import io
from pathlib import Path

import pytest
from PIL import Image
from support.nodes import bearer, served

from tocsin.access.model import Right
from tocsin.content.examine import signals_of
from tocsin.intake.lookups import MOST_VARIANTS
from tocsin.simulators.pictures import picture


def variant(quality: int) -> bytes:
    """The same picture, in other bytes, with hashes near to each other."""
    file = io.BytesIO()
    Image.fromarray(picture(31, 256, 192)).save(file, "JPEG", quality=quality)
    return file.getvalue()


@pytest.mark.slow
def test_many_variants_are_matched_but_how_far_is_told_no_more(tmp_path: Path) -> None:
    with served(tmp_path / "home") as node:
        node.bank("known", next(one for one in signals_of(variant(90)) if not one.type.exact))
        app = bearer(node.token("app", "submitter", banks={"*": frozenset({Right.MATCH})}))
        answers = []
        for quality in range(30, 96):
            files = {"file": ("a.jpg", variant(quality))}
            sent = node.client.post("/v1/submissions", headers=app, files=files)
            assert sent.status_code == 201
            answers.append(sent.json())
        assert {one["state"] for one in answers} == {"matched"}
        distances = [one["matches"][0]["distance"] for one in answers]
        assert None not in distances[:MOST_VARIANTS]
        assert distances[-1] is None
        assert answers[-1]["matches"][0]["bank"] == "known"
        again = node.client.get(f"/v1/submissions/{answers[0]['id']}", headers=app).json()
        assert again["matches"][0]["distance"] == distances[0], "the same once more tells nothing new"
        page = node.client.get("/v1/submissions", headers=app).json()["items"]
        assert [one["matches"][0]["distance"] for one in reversed(page)] == distances
        reviewer = bearer(node.token("desk", "reviewer"))
        seen = node.client.get(f"/v1/submissions/{answers[-1]['id']}", headers=reviewer).json()
        assert seen["matches"][0]["distance"] is not None
        rows = [row for row in node.node.ledger.rows() if row.kind == "lookups.refused"]
        assert [row.actor for row in rows] == ["token:app"]
