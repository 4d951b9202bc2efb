"""What a notice says, and that nothing in it opens, lies or describes."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.filing.notice_model import InvalidNoticeError, Notice, NoticeState
from tocsin.filing.notice_terms import Sender, is_address
from tocsin.filing.notice_text import LANGUAGES, checked_url, defanged, host_of, text_of

SENDER = Sender("Hotline of Examples", "desk@example.net", "+1 555 0100")
NOTICE = Notice(
    case=7,
    provider="host",
    url="https://files.example.org/a.b/c?d=1",
    found=datetime(2031, 5, 6, 12, tzinfo=UTC),
    law="18 U.S.C. 2258A",
    reference="N-ABCDEFGHIJKLMNOP",
    test=False,
    author="person:rita",
    number=3,
    state=NoticeState.DRAFTED,
    revision=1,
    created=datetime(2031, 5, 6, 13, tzinfo=UTC),
)


def test_it_says_where_when_who_and_under_which_law() -> None:
    text = text_of(NOTICE, "host", SENDER, "en")
    assert text.subject == "Notice N-ABCDEFGHIJKLMNOP: please remove an item"
    for said in (
        "hxxps://files[.]example[.]org/a.b/c?d=1",
        "2031-05-06 12:00 UTC",
        "18 U.S.C. 2258A",
        "N-ABCDEFGHIJKLMNOP",
        *("Hotline of Examples", "desk@example.net", "+1 555 0100"),
    ):
        assert said in text.body
    assert "test" not in (text.subject + text.body).lower()


def test_without_a_law_it_names_none() -> None:
    body = text_of(replace(NOTICE, law=""), "host", SENDER, "en").body
    assert "under" not in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_test_and_a_reminder_say_so(language: str) -> None:
    sent = replace(NOTICE, test=True, sent=NOTICE.found + timedelta(hours=5))
    text = text_of(sent, "host", SENDER, language, reminder=2)
    assert text.subject.startswith("[TEST] R")
    assert "2031-05-06 17:00 UTC" in text.body
    assert len(text.body) > len(text_of(sent, "host", SENDER, language).body)


@pytest.mark.parametrize("language", [*LANGUAGES, "xx"])
def test_nothing_of_the_content_is_said(language: str) -> None:
    """Nor of the case: no number of ours, no word of what the item is."""
    text = text_of(replace(NOTICE, number=424242, case=535353), "host", SENDER, language)
    said = (text.subject + text.body).lower()
    for word in (
        "424242",
        "535353",
        "child",
        "enfant",
        "sexual",
        "abuse",
        "image",
        "video",
        "sha",
        "severity",
    ):
        assert word not in said


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a",
        "https://",
        "https:///a",
        "https://user:word@example.org/",
        "https://example.org/a b",
        "https://example.org/\nBcc: all@example.org",
        "https://example.org\\@evil.example/",
        "https://example.org/" + "a" * 9000,
        "https://[::1/",
        "https://example.org/\x00",
        "https://example.org/\u202egnp.exe",
        "javascript:alert(1)",
        "",
    ],
)
def test_what_is_no_address_of_an_item_is_refused(url: str) -> None:
    with pytest.raises(InvalidNoticeError):
        checked_url(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example.org", "hxxps://a[.]example[.]org"),
        ("HTTP://A.example.org:8080/x.y#z.w", "hxxp://A[.]example[.]org:8080/x.y#z.w"),
        ("http://192.0.2.7/?a=b.c", "hxxp://192[.]0[.]2[.]7/?a=b.c"),
        ("https://[2001:db8::1]/a@b", "hxxps://[2001:db8::1]/a@b"),
        ("https://example.org/ä", "hxxps://example[.]org/ä"),
    ],
)
def test_an_address_that_no_program_opens(url: str, shown: str) -> None:
    assert defanged(checked_url(url)) == shown


@given(st.from_regex(r"https?://[a-z0-9]{1,9}(\.[a-z0-9]{1,9}){1,3}(/[!-~]{0,40})?", fullmatch=True))
def test_an_address_can_be_read_back(url: str) -> None:
    if "\\" in url:
        return
    shown = defanged(checked_url(url))
    assert not re.match(r"https?:", shown)
    scheme, _, rest = shown.partition("://")
    host, slash, path = rest.partition("/")
    assert f"{scheme.replace('xx', 'tt')}://{host.replace('[.]', '.')}{slash}{path}" == url
    assert host_of(url) == host.replace("[.]", ".")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("abuse@host.example", True),
        ("a+b.c@x-1.example", True),
        ("abuse@localhost", True),
        ("abuse", False),
        ("a@b@c", False),
        ("Anna <a@b.example>", False),
        ("a@b.example, c@d.example", False),
        ("a@b.example\n", False),
        ("a@-b.example", False),
        ("ä@b.example", False),
        ("a@" + "b." * 130 + "example", False),
    ],
)
def test_one_mail_address(text: str, *, fits: bool) -> None:
    assert is_address(text) is fits
