"""The case page over HTTP: who sees what of a case, and that strangers' words stay words."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from support.case_pages import claimed, events, kinds, let_go, looked, open_case, page, reviewer, said
from support.console import Client, Console, console
from support.intake import jpeg
from support.nodes import OPERATOR

from tocsin.access.model import Right
from tocsin.banks.model import EntryDraft, Label, Origin, Policy
from tocsin.banks.opinions import Opinion, Verdict
from tocsin.hashing.signals import Orientation, SignalType
from tocsin.web.console.case_matches import MatchCard

HOSTILE = '"><script>alert(1)</script>\u202egnp.exe'
LABEL = Label("ncmec", "1", "B1", "a member", "2026-01-02T03:04:05Z")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        for name in ("known", "unread"):
            opened.node.curation.create_bank(OPERATOR, name, Policy())
        yield opened


@pytest.fixture(scope="module")
def anna(served: Console) -> Client:
    return reviewer(served, "anna")


@pytest.fixture(scope="module")
def cleo(served: Console) -> Client:
    return reviewer(served, "cleo")


def enter(served: Console, data: bytes, *types: SignalType, bank: str = "known") -> int:
    """Make what `data` is known, by signals of these types; the number of its entry."""
    content = served.node.submissions.submission(served.submit(data)).content
    assert content is not None
    wanted = [
        one for one in content.signals if one.type in types and one.orientation in {None, Orientation.UPRIGHT}
    ]
    draft = EntryDraft(
        tuple(wanted), Origin("a list", "a member", hashlib.sha256(data).hexdigest()), (LABEL,)
    )
    return served.node.curation.add(OPERATOR, bank, [draft]).entry_ids[0]


@pytest.fixture(autouse=True)
def _nobody_holds_a_case(served: Console) -> Iterator[None]:
    yield
    let_go(served)


def test_nobody_but_its_holder_is_shown_previews(served: Console, anna: Client, cleo: Client) -> None:
    number = open_case(served, jpeg(101), danger=True)
    waiting = page(anna, number)
    assert not waiting.pictures
    assert "possible danger now" in waiting.said
    assert "Previews are shown to whoever has claimed the case." in waiting.said
    held = claimed(anna, number)
    assert [source for source in held.pictures if "/renditions/blur?claim=" in source] == held.pictures
    assert len(held.pictures) == 1
    other = page(cleo, number)
    assert not other.pictures
    assert "person:anna holds it." in other.said
    assert "observe-real_child" not in other.forms


def test_strangers_words_stay_words(served: Console, anna: Client) -> None:
    number = open_case(
        served,
        b"words",
        platform=HOSTILE,
        url=f"https://example.org/{HOSTILE}",
        account={"id": "1", "name": HOSTILE},
        note=HOSTILE,
        times={HOSTILE: "2026-01-01T00:00:00Z"},
        ip_events=[{"ip": "192.0.2.9", "time": "2026-01-01T00:00:00Z", "event": HOSTILE}],
        extra={HOSTILE: {"deep": [HOSTILE]}},
    )
    found = page(anna, number)
    assert "<script>alert" not in found.text
    assert "\u202e" not in found.text
    assert found.text.count("U+202E") >= 7
    assert not any("example.org" in link for link in found.links)
    assert "192.0.2.9" in found.said


def test_a_file_that_is_known_is_decided_without_a_picture(served: Console, anna: Client) -> None:
    data = jpeg(102)
    enter(served, data, SignalType.SHA256, SignalType.PDQ)
    number = open_case(served, data)
    found = claimed(anna, number)
    assert not found.pictures
    assert "It can be decided without a picture." in found.said
    assert "ncmec 1: B1 a member, 2026-01-02T03:04:05Z" in found.said
    assert f"/console/cases/{number}?content=1&preview=1" in found.links
    asked = page(anna, number, content=1, preview=1)
    assert len(asked.pictures) == 1
    decided = found.send(anna, "decide", outcome="report")
    assert decided.status_code == 303
    assert "content.revealed" not in kinds(served, number)


def test_only_a_match_that_stands_spares_a_look() -> None:
    card = MatchCard("known", SignalType.SHA256, 0, (), datetime.now(UTC), False, False, None, entry=7)  # noqa: FBT003  # as recorded
    against = Opinion(1, 7, datetime.now(UTC), "person:anna", Verdict.DISPUTE, "")
    assert card.trusted
    assert replace(card, type=SignalType.SHA1).trusted
    for doubt in (
        {"type": SignalType.MD5},
        {"type": SignalType.PDQ},
        {"suppressed": True},
        {"withdrawn": True},
        {"member": "a file of an archive"},
        {"opinions": (against,)},
        {"entry": 0},
    ):
        assert not replace(card, **doubt).trusted, doubt


def test_a_match_says_how_far_it_is_to_who_may_know(served: Console, anna: Client) -> None:
    enter(served, jpeg(103, 60), SignalType.PDQ)
    enter(served, jpeg(103, 60), SignalType.PDQ, bank="unread")
    number = open_case(served, jpeg(103))
    found = page(anna, number)
    assert "up to 31 count as a match." in found.said
    assert "list version" in found.said
    assert "the whole picture, upright" in found.said
    assert '<svg class="scale"' in found.text
    matcher = reviewer(served, "matcher-only", rights=(Right.MATCH,))
    told = page(matcher, number)
    assert "bits differ." in told.said
    for hidden in ("count as a match", "list version", "upright", "/console/entries/"):
        assert hidden not in told.text
    stranger = served.client("stranger", "reviewer")
    assert "It matches nothing in the lists that you may match against." in page(stranger, number).said


def test_what_was_judged_is_not_shown_again_without_a_reason(
    served: Console, anna: Client, cleo: Client
) -> None:
    data = jpeg(104)
    first = open_case(served, data)
    held = looked(anna, claimed(anna, first))
    assert held.send(anna, "decide", outcome="no_action").status_code == 303
    second = open_case(served, data)
    assert second != first
    found = claimed(cleo, second)
    assert not found.pictures
    assert "It was judged before, so it is not shown again." in found.said
    assert "Nothing that we have to act on: person:anna" in found.said
    assert "a second person is needed: it overturns an earlier judgement" in found.said
    assert "Linked cases" in found.said
    refused = found.send(cleo, "again", reason="")
    assert refused.status_code == 422
    assert "say why it is to be shown again" in said(refused)
    assert "content.shown_again" not in kinds(served, second)
    assert found.send(cleo, "again", reason="the report names a place").status_code == 303
    assert len(page(cleo, second).pictures) == 1
    shown = [detail for kind, _, detail in events(served, second) if kind == "content.shown_again"]
    assert [one["reason"] for one in shown] == ["the report names a place"]


def test_the_page_tells_the_law_and_what_happened(served: Console, anna: Client) -> None:
    number = open_case(served, b"law and time")
    found = claimed(anna, number)
    assert "Not legal advice." in found.said
    assert found.send(anna, "observe-real_child", value="yes").status_code == 303
    told = page(anna, number)
    assert "Real child depicted: Yes" in told.said
    assert "1 of 10 facts" in told.said
    assert "person:anna claimed the case" in told.said
    assert "they make nothing less urgent" in told.said


def test_the_manager_sees_the_case_and_no_picture(served: Console, anna: Client) -> None:
    number = open_case(served, jpeg(105))
    manager = served.client("mara", "review-manager")
    claimed(anna, number)
    found = page(manager, number)
    assert not found.pictures
    assert {"hand-over", "move"} <= set(found.forms)
    assert manager.act(f"/cases/{number}/claim").status_code == 403
    assert found.send(manager, "move", queue="urgent").status_code == 303
    assert served.node.review.queue.case(OPERATOR, number).queue == "urgent"
    assert page(anna, number).claim == 0


def test_there_is_no_such_case(anna: Client) -> None:
    for path in ("999999", "0", "-1", "x", "9" * 30):
        answer = anna.get(f"/console/cases/{path}")
        assert answer.status_code == 404, path
        assert "There is no case" in said(answer) or "there is no case" in said(answer)


def test_in_french(served: Console, anna: Client) -> None:
    number = open_case(served, b"en francais")
    answer = anna.get(f"/console/cases/{number}", headers={"Accept-Language": "fr"})
    assert answer.status_code == 200
    assert '<html lang="fr"' in answer.text


def test_an_archive_shows_one_of_its_files(served: Console, anna: Client) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "words")
        archive.writestr("b\u202egpj.jpg", jpeg(106))
    number = open_case(served, file.getvalue())
    found = claimed(anna, number)
    assert "2: b\ufffdgpj.jpg" in found.said  # as intake keeps such names
    (source,) = found.pictures
    assert "member=2" in source
    answer = anna.get(source)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
