"""Submissions and matches that were changed, dropped or added by hand are named by `tocsin ledger verify`."""

import hashlib
import io
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from support.served import LOCAL

from tocsin.banks.model import EntryDraft, Policy
from tocsin.content.examine import signals_of
from tocsin.intake.model import Context
from tocsin.intake.service import Arrived
from tocsin.node.node import Node
from tocsin.node.settings import NodeSettings
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture
from tocsin.storage.home import Home
from tocsin.storage.verifying import Verification

pytestmark = pytest.mark.slow  # copies a home for each change, and runs a node
WAIT = timedelta(seconds=60)
CONTEXT = Context("forum", "anna", "https://example.org/1", {"account": {"id": "anna"}, "note": "seen"})
RECEIVED = "it is not as it was received"
MATCHES = "its matches are not those that were found"
CHANGES = {
    "UPDATE submission SET context = replace(context, 'seen', 'unseen')": RECEIVED,
    "UPDATE submission SET submitter = 'token:other'": RECEIVED,
    "UPDATE submission SET received = received - 1": RECEIVED,
    "UPDATE submission SET account = 'eve'": RECEIVED,
    "UPDATE submission SET idempotency_key = 'other'": RECEIVED,
    "UPDATE submission SET id = id || 'x'": "the ledger does not say that it was received",
    "UPDATE submission SET matched = NULL": "the ledger says it was matched",
    "UPDATE content SET sha256 = x'00'": RECEIVED,
    "UPDATE content SET size = size + 1": RECEIVED,
    "DELETE FROM submission_match": MATCHES,
    "UPDATE submission_match SET suppressed = 1": MATCHES,
    "UPDATE submission_match SET found = found + 1": MATCHES,
    "UPDATE submission_match SET distance = 31": MATCHES,
    "UPDATE submission_match SET member = 7": MATCHES,
    "UPDATE submission_match SET detail = replace(detail, 'known', 'other')": MATCHES,
    """INSERT INTO submission_match (submission, found, retroactive, member, bank, bank_version, entry_id,
        type, distance, radius, suppressed, detail)
        SELECT submission, found, retroactive, member, 'made-up', 1, 99, type, 0, 0, 0, detail
        FROM submission_match LIMIT 1""": MATCHES,
    "DELETE FROM submission": "the ledger says that it was received, but it is gone",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a submission that matched, once when it came and once later."""
    home = tmp_path_factory.mktemp("vouched") / "home"
    data = encoders.png(Image.fromarray(picture(1, 128, 128)))
    with Node.open(home, NodeSettings(children=1, explain="off"), create=True) as node:
        for bank in ("known", "later"):
            node.curation.create_bank(LOCAL, bank, Policy())
        node.curation.add(LOCAL, "known", [EntryDraft(signals_of(data))])
        arrived = Arrived(io.BytesIO(data), hashlib.sha256(data).digest(), len(data))
        answer = node.intake.submit(arrived, LOCAL, CONTEXT, key="one", wait=WAIT)
        assert answer.matches
        node.curation.add(LOCAL, "later", [EntryDraft(signals_of(data))])
        for kind, handle in node.intake.handlers().items():
            while (job := node.jobs.claim([kind], "tests", WAIT)) is not None:
                handle(job)
        assert {one.match["bank"] for one in node.submissions.matches(answer.submission.id)} == {
            "known",
            "later",
        }
    return home


def broken(home: Path) -> list[str]:
    """Why what is broken is so."""
    with Home.open(home) as opened:
        return [one.why for one in Verification(opened.database, home).run()]


def test_what_nobody_changed_is_whole(whole: Path) -> None:
    assert broken(whole) == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_hand_is_named(change: str, whole: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole, home)
    connection = sqlite3.connect(home / "tocsin.db")
    connection.execute("PRAGMA foreign_keys = OFF")
    assert connection.execute(change).rowcount > 0
    connection.commit()
    connection.close()
    found = broken(home)
    assert any(one.startswith(CHANGES[change]) for one in found), found


def test_the_digest_tells_nothing_to_who_has_no_key(whole: Path) -> None:
    """The same context in another home has another digest, so that nobody can try out what it says."""
    with Node.open(whole, NodeSettings(children=1, explain="off")) as node:
        (submission,) = node.submissions.submissions_of(next(iter(node.vault.digests())))
        data = node.submissions.vouched(submission)
        vouched = node.keys.vouch(data)
        assert node.keys.vouches(vouched, data)
        assert not node.keys.vouches(vouched, data + b" ")
        assert hashlib.sha256(data).hexdigest() not in vouched
        (row,) = [one for one in node.ledger.rows() if one.kind == "submission.received"]
        assert vouched in row.detail
