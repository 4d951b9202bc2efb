"""Longer texts of strangers, set in lines: nothing in them misleads, and a long one says that it was cut."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.web.console.strange import RAW, raw


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("<a>\n\t<b/>\r\n</a>", "&lt;a&gt;\n\t&lt;b/&gt;\r\n&lt;/a&gt;"),
        ("é<\r\n\tb", "é&lt;\n        b"),
        ("a\u202eb\nc", "a<mark>U+202E</mark>b\nc"),
        ("a\x00b", "a<mark>U+0000</mark>b"),
        ("", ""),
    ],
)
def test_lines_stay_and_what_cannot_be_seen_is_shown(text: str, made: str) -> None:
    assert str(raw(text)) == made


@pytest.mark.parametrize("letter", ["z", "é"])
def test_a_text_that_is_too_long_says_so(letter: str) -> None:
    made = str(raw(letter * (RAW + 5)))
    assert made.endswith(f"<mark>… {RAW + 5}</mark>")
    assert made.count(letter) == RAW


@given(some.text(max_size=200))
def test_nothing_but_our_marks_is_markup_and_nothing_hidden_is_left(text: str) -> None:
    left = re.sub(r"<mark>U\+[0-9A-F]{4,6}</mark>", "", str(raw(text)))
    assert "<" not in left
    assert all(one.isprintable() for one in unescape(left) if one not in "\n\r\t")
