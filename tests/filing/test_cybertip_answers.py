"""What the CyberTipline's answers mean, and what is made of answers that are broken."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.filing.cybertip.answers import (
    LARGEST_ANSWER,
    Meaning,
    Reply,
    answer_of,
    meaning,
    salvaged_report_id,
)
from tocsin.filing.cybertip.values import LARGEST_NUMBER
from tocsin.filing.errors import UnreadableDocumentError

PROLOG = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
FILE_ID = "0123456789abcdef0123456789abcdef"
MD5 = bytes.fromhex("d41d8cd98f00b204e9800998ecf8427e")
OPENED = (
    PROLOG + b"<reportResponse>\n  <responseCode>0</responseCode>\n"
    b"  <responseDescription>Success</responseDescription>\n"
    b"  <reportId>4000002</reportId>\n</reportResponse>\n"
)
UPLOADED = (
    PROLOG
    + b"<reportResponse><responseCode>0</responseCode><responseDescription>Success</responseDescription>"
    b"<reportId>4000002</reportId><fileId>"
    + FILE_ID.encode()
    + b"</fileId><hash>"
    + MD5.hex().encode()
    + b"</hash></reportResponse>"
)
FINISHED = (
    PROLOG + b"<reportDoneResponse><responseCode>0</responseCode><reportId>4000002</reportId><files>"
    b"<fileId>"
    + FILE_ID.encode()
    + b"</fileId><fileId>"
    + b"f" * 32
    + b"</fileId></files></reportDoneResponse>"
)
REFUSED = (
    PROLOG + b"<reportResponse><responseCode>4100</responseCode><responseDescription>Validation failed\n"
    b"[1,638] - cvc-complex-type.2.4.a: Invalid content was found.</responseDescription></reportResponse>"
)


def test_a_report_that_was_opened() -> None:
    reply = answer_of(OPENED, 200)

    assert reply == Reply(200, 0, "Success", report_id="4000002")
    assert meaning(reply, "submit") is Meaning.DONE


def test_a_file_that_was_uploaded() -> None:
    reply = answer_of(UPLOADED, 200)

    assert reply == Reply(200, 0, "Success", report_id="4000002", file_id=FILE_ID, md5=MD5)
    assert meaning(reply, "upload") is Meaning.DONE


def test_a_report_that_was_finished() -> None:
    reply = answer_of(FINISHED, 200)

    assert reply == Reply(200, 0, report_id="4000002", file_ids=(FILE_ID, "f" * 32), done=True)
    assert meaning(reply, "finish") is Meaning.DONE
    assert (
        answer_of(FINISHED[: FINISHED.index(b"<files>")] + b"<files/></reportDoneResponse>", 200).file_ids
        == ()
    )


def test_the_status_says_who_we_are_and_has_no_report() -> None:
    body = OPENED.replace(b"Success", b"Remote User : esp, Remote Ip : 192.0.2.1").replace(
        b"<reportId>4000002</reportId>", b""
    )

    assert answer_of(body, 200) == Reply(200, 0, "Remote User : esp, Remote Ip : 192.0.2.1")
    assert meaning(answer_of(body, 200), "status") is Meaning.DONE


def test_a_refusal_keeps_the_words() -> None:
    reply = answer_of(REFUSED, 400)

    assert reply.description.startswith("Validation failed\n[1,638] - cvc-complex-type.2.4.a")
    assert meaning(reply, "submit") is Meaning.NEVER


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1000, Meaning.LATER),
        (1100, Meaning.LATER),
        (1110, Meaning.LATER),
        (1111, Meaning.LATER),
        (1210, Meaning.NEVER),
        (1300, Meaning.LATER),
        (2000, Meaning.ALARM),
        (3000, Meaning.ALARM),
        (3100, Meaning.ALARM),
        (3300, Meaning.ALARM),
        (4000, Meaning.NEVER),
        (4100, Meaning.NEVER),
        (4110, Meaning.NEVER),
        (4200, Meaning.NEVER),
        (5001, Meaning.GONE),
        (5002, Meaning.FILE_GONE),
        (5101, Meaning.RETRACTED),
        (5102, Meaning.FINISHED),
        (1999, Meaning.LATER),
        (3999, Meaning.ALARM),
        (4999, Meaning.NEVER),
        (5999, Meaning.NEVER),
        (999999999, Meaning.NEVER),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_the_code_counts_whatever_the_status(code: int, expected: Meaning, status: int) -> None:
    for step in ("submit", "upload", "fileinfo", "finish", "retract"):
        assert meaning(Reply(status, code), step) is expected


@pytest.mark.parametrize("code", [0, 1000, 4100, 5102])
def test_who_is_not_known_is_told_so_by_the_status_alone(code: int) -> None:
    assert meaning(Reply(401, code), "finish") is Meaning.ALARM


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, Meaning.LATER),
        (200, Meaning.LATER),
        (302, Meaning.LATER),
        (400, Meaning.NEVER),
        (401, Meaning.ALARM),
        (403, Meaning.ALARM),
        (404, Meaning.NEVER),
        (407, Meaning.ALARM),
        (408, Meaning.LATER),
        (413, Meaning.NEVER),
        (425, Meaning.LATER),
        (429, Meaning.LATER),
        (500, Meaning.LATER),
        (503, Meaning.LATER),
    ],
)
def test_without_a_readable_body_the_status_counts(status: int, expected: Meaning) -> None:
    assert meaning(status, "submit") is expected


@pytest.mark.parametrize(
    ("reply", "step"),
    [
        (Reply(200, 0), "submit"),
        (Reply(200, 0, report_id="1", done=True), "submit"),
        (Reply(200, 0, report_id="1", file_id="a"), "upload"),
        (Reply(200, 0, report_id="1", md5=MD5), "upload"),
        (Reply(200, 0, report_id="1"), "finish"),
        (Reply(500, 0, report_id="1"), "submit"),
        (Reply(400, 0, report_id="1", done=True), "finish"),
    ],
)
def test_success_without_what_must_come_with_it_is_not_believed(reply: Reply, step: str) -> None:
    assert meaning(reply, step) is Meaning.LATER


@pytest.mark.parametrize("body", [OPENED, UPLOADED, FINISHED, REFUSED])
def test_an_answer_that_broke_off_is_never_taken_for_a_whole_one(body: bytes) -> None:
    for end in range(len(body.rstrip())):
        with pytest.raises(UnreadableDocumentError):
            answer_of(body[:end], 200)


def test_a_number_is_salvaged_as_soon_as_it_stands_there_whole_and_never_a_part_of_it() -> None:
    whole = OPENED.index(b"</reportId>") + len(b"</reportId>")

    for end in range(len(OPENED) + 1):
        assert salvaged_report_id(OPENED[:end]) == ("4000002" if end >= whole else "")


@pytest.mark.parametrize("number", ["1", "0001", str(LARGEST_NUMBER)])
def test_numbers_from_the_first_to_the_largest_are_numbers(number: str) -> None:
    body = OPENED.replace(b"4000002", number.encode())
    assert answer_of(body, 200).report_id == salvaged_report_id(body) == str(int(number))


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"<html><reportId>4000002</reportId>",
        OPENED.replace(b"<responseCode>0<", b"<responseCode>1100<"),
        OPENED.replace(b"<responseCode>0</responseCode>", b""),
        OPENED.replace(b"<reportId>4000002</reportId>", b"<x><reportId>4000002</reportId></x>"),
        OPENED.replace(b"4000002", b"4000002x"),
        OPENED.replace(b"4000002", b"0"),
        OPENED.replace(b"4000002", b"9" * 19),
        FINISHED[:-30],
        OPENED.replace(PROLOG, b'<!DOCTYPE x [<!ENTITY n "4000002">]>').replace(b">4000002<", b">&n;<"),
    ],
)
def test_nothing_is_salvaged_from_what_does_not_say_it(part: bytes) -> None:
    assert salvaged_report_id(part) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<responseCode>0</responseCode>", b""),
        (b"<responseCode>0", b"<responseCode>"),
        (b"<responseCode>0", b"<responseCode>zero"),
        (b"<responseCode>0", b"<responseCode>-1"),
        (b"<responseCode>", b"<responseCode>5102</responseCode><responseCode>"),
        (b"<reportId>", b"<reportId>1</reportId><reportId>"),
        (b">4000002<", b">4000002;1<"),
        (b">4000002<", b">9223372036854775808<"),
        (b">" + MD5.hex().encode(), b">" + MD5.hex()[1:].encode()),
        (FILE_ID.encode(), b"../../etc"),
        (FILE_ID.encode(), b"a" * 101),
        (b"reportResponse>", b"html>"),
    ],
)
def test_an_answer_that_is_not_what_it_should_be_is_unreadable(old: bytes, new: bytes) -> None:
    body = UPLOADED.replace(old, new)
    assert body != UPLOADED

    with pytest.raises(UnreadableDocumentError):
        answer_of(body, 200)


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>502</body></html>", b"{}", b"Service Unavailable", b"\xff\xfe<\0"]
)
def test_an_error_page_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableDocumentError):
        answer_of(body, 502)


def test_what_answers_may_say_some_day_is_passed_over() -> None:
    body = UPLOADED.replace(b"<hash>", b"<severity>1</severity><hash>")

    assert answer_of(body, 200) == answer_of(UPLOADED, 200)


def test_an_answer_in_latin_1_is_read_by_its_prolog() -> None:
    body = OPENED.replace(b"UTF-8", b"ISO-8859-1").replace(b"Success", b"Succ\xe8s")

    assert answer_of(body, 200).description == "Succès"


def test_a_number_is_written_one_way() -> None:
    assert answer_of(OPENED.replace(b"4000002", b" 0004000002 "), 200).report_id == "4000002"


def test_an_answer_beyond_all_measure_is_not_read() -> None:
    with pytest.raises(UnreadableDocumentError, match="larger"):
        answer_of(OPENED + b" " * LARGEST_ANSWER, 200)


def test_an_answer_of_ten_thousand_files_is_within_the_measure() -> None:
    many = FINISHED.replace(b"<files>", b"<files>" + (b"<fileId>" + FILE_ID.encode() + b"</fileId>") * 10_000)

    assert len(answer_of(many, 200).file_ids) == 10_002


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), st.sampled_from([OPENED, UPLOADED, FINISHED])), st.data())
def test_no_bytes_make_it_fail_otherwise(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, max(0, len(body) - 1)))
    broken = body[:at] + data.draw(st.binary(max_size=3)) + body[at + 1 :]

    salvaged = salvaged_report_id(broken)
    with suppress(UnreadableDocumentError):
        answer_of(broken, 200)
    assert salvaged == "" or salvaged.isdecimal()
