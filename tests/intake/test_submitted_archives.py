"""Archives that are submitted: what is in them is found, now and later, and what is not looked at is said."""

import bz2
import io
import tarfile
import zipfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.intake import PARTNER, Announced, arrived, do_jobs, entry_of, intake_of, jpeg, submit

from tocsin.banks.batch import check_texts
from tocsin.banks.model import BankKind, EntryDraft, Policy
from tocsin.content.examiner import Examiner
from tocsin.hashing.digests import digest_signals
from tocsin.intake import archives
from tocsin.intake.archives import MOST_NAME, shown_name
from tocsin.intake.service import Intake
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore

pytest_plugins = ["support.examiners"]
slow = pytest.mark.slow  # sandbox children, and real databases with their syncs


@pytest.fixture
def announced() -> Announced:
    return Announced()


@pytest.fixture
def intake(home: Home, examiner: Examiner, announced: Announced) -> Iterator[Intake]:
    home.create_bank("known", Policy())
    with intake_of(home, examiner, announced) as opened:
        yield opened


def zip_of(files: dict[str, bytes]) -> bytes:
    """A zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def tar_of(files: dict[str, bytes], mode: str = "w") -> bytes:
    """A tar, compressed if the mode says so."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]  # a mode it knows
        for name, data in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return file.getvalue()


FILES = {"readme.txt": b"hello", "photos/1.jpg": jpeg(1, quality=60), "photos/2.jpg": jpeg(2)}


@slow
@pytest.mark.parametrize("data", [zip_of(FILES), tar_of(FILES), tar_of(FILES, "w:gz")])
def test_what_is_in_an_archive_matches_under_its_name(
    home: Home, intake: Intake, announced: Announced, data: bytes
) -> None:
    home.add_entries("known", [entry_of(jpeg(1))])
    answer = submit(intake, data)
    assert answer.matches is not None
    assert [(one.match["type"], one.match["member"]) for one in answer.matches] == [("pdq", "photos/1.jpg")]
    assert answer.submission.inside is not None
    assert (answer.submission.inside.members, answer.submission.inside.refused) == (3, 0)
    ((_, body),) = announced.events
    assert body["matches"] == [{**answer.matches[0].match, "bank_version": 1}]
    again = submit(intake, data)  # is not examined again
    assert again.matches is not None
    assert [one.match for one in again.matches] == [one.match for one in answer.matches]


@slow
def test_what_a_worker_examines_is_looked_into_too(home: Home, examiner: Examiner) -> None:
    home.create_bank("known", Policy())
    home.add_entries("known", [entry_of(jpeg(1))])
    with intake_of(home, examiner) as intake:
        intake._background.close()
        answer = submit(intake, zip_of(FILES))
        assert answer.matches is None
        do_jobs(intake, JobStore(home.database))
        matches = intake.answer(answer.submission.id, PARTNER).matches
        assert matches is not None
        assert {one.match["member"] for one in matches} == {"photos/1.jpg"}


@slow
def test_entries_that_come_later_find_what_is_in_archives(home: Home, intake: Intake) -> None:
    first, second = submit(intake, zip_of(FILES)), submit(intake, tar_of(FILES))
    assert (first.matches, second.matches) == ((), ())
    home.add_entries("known", [entry_of(jpeg(2, quality=50)), EntryDraft(tuple(digest_signals([b"hello"])))])
    do_jobs(intake, JobStore(home.database))
    for one in first, second:
        found = intake.answer(one.submission.id, PARTNER).matches
        assert found is not None
        assert {(match.match["type"], match.match["member"]) for match in found} == {
            ("pdq", "photos/2.jpg"),
            ("sha256", "readme.txt"),
            ("sha1", "readme.txt"),
            ("md5", "readme.txt"),
        }
        assert all(match.retroactive for match in found)


@slow
def test_a_harmless_archive_does_not_shield_what_is_in_it(home: Home, intake: Intake) -> None:
    data = zip_of(FILES)
    home.create_bank("fine", Policy(kind=BankKind.ALLOW))
    home.add_entries("fine", [entry_of(data), entry_of(jpeg(2))])
    home.add_entries("known", [entry_of(data), entry_of(jpeg(1)), entry_of(jpeg(2))])
    answer = submit(intake, data)
    assert answer.matches is not None
    assert {one.match["member"] for one in answer.matches if not one.suppressed} == {"photos/1.jpg"}


@slow
def test_the_same_file_twice_is_found_twice(home: Home, intake: Intake) -> None:
    home.add_entries("known", [EntryDraft(tuple(digest_signals([b"x"]))[:1])])
    answer = submit(intake, tar_of({"a": b"x", "b": b"x"}))
    assert answer.matches is not None
    assert [one.match["member"] for one in answer.matches] == ["a", "b"]


@slow
def test_an_archive_that_takes_too_long_is_given_up_aloud_and_the_child_serves_on(
    home: Home, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.add_entries("known", [entry_of(jpeg(1))])
    monkeypatch.setattr(archives, "MOST_SECONDS", 0.0)
    answer = submit(intake, zip_of(FILES))
    assert (answer.matches, answer.submission.matched is not None) == ((), True)
    content = answer.submission.content
    assert content is not None
    assert content.refused is not None
    assert content.refused.code == "media.archive_out_of_time"
    assert "0 members were looked at, and those after them were not" in content.refused.message
    assert "split" in content.refused.advice
    assert submit(intake, jpeg(1)).matches
    monkeypatch.undo()
    assert submit(intake, tar_of(FILES)).matches


@slow
def test_what_is_not_looked_at_is_said(intake: Intake) -> None:
    nested = zip_of({"inner.zip": zip_of(FILES), "broken.jpg": jpeg(1)[:2000], "3.jpg": jpeg(3)})
    inside = submit(intake, nested).submission.inside
    assert inside is not None
    assert (inside.members, inside.refused) == (3, 2)
    assert [(name, why.code) for name, why in inside.told] == [
        ("inner.zip", "media.nested_archive"),
        ("broken.jpg", "media.truncated"),
    ]


@slow
def test_an_encrypted_member_is_said(intake: Intake) -> None:
    data = bytearray(zip_of({"secret.jpg": jpeg(1)}))
    data[6] |= 1  # general purpose bit 0 (APPNOTE 4.4.4), in the local and in the central header
    data[data.index(b"PK\x01\x02") + 8] |= 1
    inside = submit(intake, bytes(data)).submission.inside
    assert inside is not None
    assert [(name, why.code) for name, why in inside.told] == [("secret.jpg", "media.encrypted")]


@slow
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "media.unreadable_archive"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(100), "media.unreadable_archive"),
        (zip_of(FILES)[:-40], "media.truncated"),
        (bz2.compress(b"no tar at all" * 100), "media.unsupported"),
    ],
)
def test_an_archive_that_cannot_be_opened_says_so(intake: Intake, data: bytes, code: str) -> None:
    content = submit(intake, data).submission.content
    assert content is not None
    assert content.refused is not None
    assert content.refused.code == code


@slow
def test_more_members_than_are_looked_at(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 2)
    found = submit(intake, zip_of(FILES)).submission
    assert found.inside is not None
    assert found.inside.members == 2
    assert found.content is not None
    assert found.content.refused is not None
    assert found.content.refused.code == "media.too_many_members"
    monkeypatch.undo()
    assert submit(intake, jpeg(1)).matches == ()  # the child is as good as before


@slow
def test_who_asks_about_an_archive_is_told_that_it_is_not_opened(intake: Intake) -> None:
    content, _ = intake.match_file(arrived(zip_of(FILES)).file, PARTNER)
    assert content.refused is not None
    assert content.refused.code == "intake.archive_not_opened"


@given(
    st.text(st.characters(exclude_categories=()) | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF))
)
def test_names_are_shown_safely(name: str) -> None:
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return  # no child's answer has such a name
    for shown in (shown_name(name), shown_name(name * 500)):
        assert shown.isprintable()
        assert len(shown) <= MOST_NAME
        check_texts([shown])
