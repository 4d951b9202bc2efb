"""Proof that nothing was seen unlogged.

Every picture that went by is a rendition within its limit, or a look that was on record before.
"""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from support.recording import Passed, Recording
from support.spectra import decoded, most_shown
from tocsin.evidence.renditions import Rendition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tocsin.node.node import Node

_RENDITION: Final = re.compile(r"/console/cases/(\d+)/contents/([0-9a-f]{64})/renditions/(\w+)(?:\?.*)?")
_REVEAL: Final = re.compile(r"/console/cases/(\d+)/contents/([0-9a-f]{64})/reveal")


def assert_nothing_seen_unlogged(node: "Node", recording: Recording) -> "Counter[str]":
    """Fail unless everything that could be seen is accounted for; how many pictures of each sort went by."""
    originals: dict[str, list[NDArray[np.uint8]]] = {}
    looks: set[str] = set()
    count: Counter[str] = Counter()
    for passed, picture in recording.pictures():
        if found := _RENDITION.fullmatch(passed.path):
            _assert_within(picture, Rendition(found[3]), _original(node, found[2], originals))
            count[found[3]] += 1
        elif found := _REVEAL.fullmatch(passed.path):
            number = passed.headers["x-reveal"]
            assert number not in looks, f"look {number} was sent twice"
            looks.add(number)
            _assert_on_record(node, passed, int(found[1]), found[2], int(number))
            count["reveal"] += 1
        else:
            message = f"a picture came by {passed.method} {passed.path}"
            raise AssertionError(message)
    return count


def _assert_within(picture: bytes, rendition: Rendition, originals: "list[NDArray[np.uint8]]") -> None:
    shown = decoded(picture)
    assert shown is not None, "a rendition that is no picture"
    longest = max(shown.shape[:2])
    assert longest <= rendition.longest, f"{rendition}: {longest} pixels across"
    across = most_shown(shown, originals)
    assert across <= rendition.longest, f"{rendition}: {across} pixels' worth of detail"


def _assert_on_record(node: "Node", passed: Passed, case: int, sha256: str, number: int) -> None:
    """The look is in the log of looks, and its row in the ledger is older than the answer."""
    looks = [one for one in node.review.viewing.looks(bytes.fromhex(sha256)) if one.id == number]
    assert [one.case for one in looks] == [case], f"look {number} is not on record"
    rows = [
        row
        for row in node.ledger.rows_of(f"case:{case}")
        if row.kind == "content.revealed" and json.loads(row.detail)["reveal"] == number
    ]
    assert len(rows) == 1, f"look {number} is {len(rows)} times in the ledger"
    assert json.loads(rows[0].detail)["sha256"] == sha256
    assert rows[0].actor == looks[0].person
    assert datetime.fromtimestamp(rows[0].time / 1e6, UTC) <= passed.when, (
        "it was sent before it was on record"
    )


def _original(
    node: "Node", sha256: str, known: "dict[str, list[NDArray[np.uint8]]]"
) -> "list[NDArray[np.uint8]]":
    """The pixels of a content, where it is a plain picture; else nothing, and only pixels are counted."""
    if sha256 not in known:
        with node.vault.open(bytes.fromhex(sha256)) as file:
            pixels = decoded(file.read())
        known[sha256] = [] if pixels is None else [pixels]
    return known[sha256]
