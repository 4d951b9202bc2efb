"""XML made to do harm: none of it is parsed further than it takes to refuse it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cybertip_reports import FILE, REPORT

from tocsin.filing.cybertip.answers import answer_of, salvaged_report_id
from tocsin.filing.cybertip.reading import details_of, report_of
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.cybertip.writing import details_xml, report_xml
from tocsin.filing.cybertip.xml import LARGEST, root_of
from tocsin.filing.errors import UnreadableDocumentError

LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(10))
    + b"]>"
)


def _everyone_refuses(document: bytes) -> None:
    for read in (root_of, report_of, details_of, Schema.of, lambda body: answer_of(body, 200)):
        with pytest.raises(UnreadableDocumentError):
            read(document)
    assert salvaged_report_id(document) == ""


@pytest.mark.parametrize(
    "before",
    [
        b"<!DOCTYPE report>",
        b'<!DOCTYPE report SYSTEM "https://authority.example/report.dtd">',
        b"<!DOCTYPE report [<!ELEMENT report ANY>]>",
        b'<!DOCTYPE report [<!ENTITY % p SYSTEM "https://authority.example/p"> %p;]>',
        b"<!doctype report>",
        LAUGHS,
    ],
)
def test_a_document_type_is_refused(before: bytes) -> None:
    _everyone_refuses(before + b"<report>&k;</report>")


def test_a_file_of_this_machine_is_not_brought_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    entity = f'<!DOCTYPE report [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    included = (
        f'<report xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="{secret.as_uri()}"/></report>'
    )

    _everyone_refuses(entity + b"<report>&x;</report>")
    assert b"a secret" not in (root_of(included.encode()).text or "").encode()
    with pytest.raises(UnreadableDocumentError):
        report_of(included.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp500"])
def test_a_document_type_does_not_hide_in_an_encoding(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE a [<!ENTITY x 'y'>]><report>&x;</report>"

    _everyone_refuses(text.encode(encoding))


def test_a_document_type_does_not_hide_behind_utf_7() -> None:
    hidden = "<!DOCTYPE a [<!ENTITY x 'y'>]>".replace("<", "+ADw-").replace("!", "+ACE-").encode()

    _everyone_refuses(b"<?xml version='1.0' encoding='utf-7'?>" + hidden + b"<report>&x;</report>")
    _everyone_refuses(b"<?xml version='1.0'\n\tencoding = \"UTF-7\" ?>" + hidden + b"<report>&x;</report>")


@pytest.mark.parametrize(
    "document",
    [
        b"<report>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</report>",
        b"<report>" + b"x" * LARGEST + b"</report>",
        b"<report a='" + b"x" * LARGEST + b"'/>",
        b"<report>&undefined;</report>",
        b"<report>&#0;</report>",
        b"<report/><report/>",
        b"<report/>trailing",
        b"<report>",
        b"<report",
        b"",
        b"   ",
        b"\xef\xbb\xbf",
    ],
)
def test_what_is_too_deep_too_large_or_not_well_formed_is_refused(document: bytes) -> None:
    _everyone_refuses(document)


@pytest.mark.parametrize("whole", [report_xml(REPORT), details_xml(FILE)])
def test_a_document_that_broke_off_is_refused(whole: bytes) -> None:
    read = report_of if b"<report " in whole else details_of
    for end in range(0, len(whole), 7):
        with pytest.raises(UnreadableDocumentError):
            read(whole[:end])


@settings(deadline=None)
@given(st.data())
def test_a_document_that_was_damaged_is_refused_or_is_a_report_that_can_be_written(
    data: st.DataObject,
) -> None:
    whole = report_xml(REPORT)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 60)) :]

    try:
        read = report_of(damaged)
    except UnreadableDocumentError:
        return
    assert report_of(report_xml(read)) == read
