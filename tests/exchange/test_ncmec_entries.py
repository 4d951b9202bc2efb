"""Reading NCMEC's entries: every fingerprint, nothing guessed, nothing that fails a page."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tocsin.banks.model import Label, Origin
from tocsin.banks.opinions import Verdict
from tocsin.exchange.model import Heard
from tocsin.exchange.services.ncmec.answers import Entries, read_damaged, read_entries
from tocsin.exchange.services.ncmec.xml import UnreadableError
from tocsin.hashing.signals import Signal, SignalType

ENVIRONMENT = "test-industry-csam"
MD5, SHA1, PDQ, PDNA = "0a" * 16, "1b" * 20, "2c" * 32, "QUJD" * 48
WHO = '<member id="42">Example &amp; Member</member>'


def page(images: str = "", videos: str = "", rest: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
        f"<images>{images}</images><videos>{videos}</videos>{rest}</queryResult>"
    ).encode()


def image(
    fingerprints: str, *, identity: str = "i1", time: str = "2024-03-05T07:00:00Z", more: str = ""
) -> str:
    head = f"<image>{WHO}<timestamp>{time}</timestamp><id>{identity}</id>"
    return f"{head}<fingerprints>{fingerprints}</fingerprints>{more}</image>"


def gone(identity: str = "i1", time: str = "2024-03-05T08:00:00Z", kind: str = "Image") -> str:
    inner = f"{WHO}<id>{identity}</id><timestamp>{time}</timestamp>"
    return f"<deleted{kind}>{inner}</deleted{kind}>"


def read(document: bytes) -> Entries:
    return read_entries(document, ENVIRONMENT)


def test_an_entry_is_kept_whole() -> None:
    more = (
        "<classification>A1</classification><categorizations>"
        '<categorization guid="0123-AB" name="One"/><categorization guid="0123-cd" name="Two"/>'
        "</categorizations>"
    )
    fingerprints = (
        f"<md5>{MD5.upper()}</md5><sha1>{SHA1}</sha1><pdq>{PDQ}</pdq><pdq>{'3d' * 32}</pdq><pdq>{PDQ}</pdq>"
        f"<pdna>{PDNA}</pdna><netclean>77</netclean><future-hash>zz9</future-hash>"
        '<tmk-pdqf rel="self" href="/v2/entries/1/fingerprints/TMK_PDQF"/>'
    )
    (record,) = read(page(image(fingerprints, more=more))).found.records.values()
    assert record.key == "42-i1"
    assert record.changed == datetime(2024, 3, 5, 7, tzinfo=UTC)
    assert record.draft.origin == Origin("ncmec:test-industry-csam", "42", "i1")
    assert record.draft.signals == (
        Signal(SignalType.MD5, bytes.fromhex(MD5)),
        Signal(SignalType.SHA1, bytes.fromhex(SHA1)),
        Signal(SignalType.PDQ, bytes.fromhex(PDQ)),
        Signal(SignalType.PDQ, bytes.fromhex("3d" * 32)),
    )
    author = "Example & Member"
    assert record.draft.labels == (
        Label("ncmec:kind", "v2", "image", author),
        Label("ncmec", "industry", "A1", author),
        Label("ncmec:categorization", ENVIRONMENT, "0123-ab", author),
        Label("ncmec:categorization", ENVIRONMENT, "0123-cd", author),
        Label("fingerprint:photodna", "", PDNA),
        Label("fingerprint:netclean", "", "77"),
        Label("fingerprint:future-hash", "", "zz9"),
        Label("fingerprint:tmk-pdqf", "", "held by NCMEC"),
    )


def test_feedback_is_what_others_say_and_no_part_of_the_entry() -> None:
    def members(number: int, day: int) -> str:
        member = f'<member id="{number}">M{number}</member>'
        return f'<members timestamp="2024-06-0{day}T00:00:00Z">{member}</members>'

    feedback = (
        '<feedback lastUpdateTimestamp="2024-06-09T00:00:00Z">'
        f'<affirmativeFeedback type="Md5">{members(7, 1)}{members(8, 2)}</affirmativeFeedback>'
        '<negativeFeedback type="Sha1"><reasons>'
        f'<reason guid="g1" name="Too broad" type="Sha1"/>{members(8, 3)}'
        f'<reason guid="g2" name="Not it" type="Sha1"/>{members(9, 4)}'
        "</reasons></negativeFeedback></feedback>"
    )
    (told,) = read(page(image(f"<md5>{MD5}</md5>", more=feedback))).found.records.values()
    (plain,) = read(page(image(f"<md5>{MD5}</md5>", more="<feedback />"))).found.records.values()
    assert told.draft == plain.draft
    assert plain.heard == ()
    assert told.heard == (
        Heard("7 M7", Verdict.CONFIRM, "confirms Md5", datetime(2024, 6, 1, tzinfo=UTC)),
        Heard(
            "8 M8",
            Verdict.DISPUTE,
            "confirms Md5; disputes Sha1: Too broad",
            datetime(2024, 6, 3, tzinfo=UTC),
        ),
        Heard("9 M9", Verdict.DISPUTE, "disputes Sha1: Not it", datetime(2024, 6, 4, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    ("images", "live"),
    [
        (image(f"<md5>{MD5}</md5>") + gone(), False),
        (gone() + image(f"<md5>{MD5}</md5>"), False),
        (gone(time="2024-03-05T06:00:00Z") + image(f"<md5>{MD5}</md5>"), True),
        (image(f"<md5>{MD5}</md5>") + gone(time="2024-03-05T09:00:00+02:00"), False),
        (image(f"<md5>{MD5}</md5>") + gone(time="2024-03-05T08:30:00.250+02:00"), True),
    ],
)
def test_of_an_entry_told_twice_the_newer_holds(images: str, *, live: bool) -> None:
    found = read(page(images)).found
    assert set(found.records) == ({"42-i1"} if live else set())
    assert set(found.withdrawals) == (set() if live else {"42-i1"})


def test_what_is_wrong_is_set_aside_one_by_one() -> None:
    images = (
        image(f"<md5>{MD5[:-1]}</md5><sha1>{SHA1}</sha1>", identity="short")
        + image(f"<pdna>{PDNA}</pdna>", identity="opaque")
        + image(f"<md5>{MD5}</md5>", identity="when", time="yesterday")
        + "<image><id>nobody</id></image>"
        + f"<audio>{WHO}<id>a</id></audio>"
        + image(f"<md5>{MD5}</md5>", identity="good")
    )
    entries = read(page(images, rest="<songs><song/></songs><paging><next> /v2/entries?x </next></paging>"))
    found = entries.found
    assert sorted(found.records) == ["42-good", "42-short"]
    assert list(found.withdrawals) == ["42-opaque"], "what it had before is no longer its own"
    assert sorted((one.key, one.code) for one in found.set_aside) == [
        ("", "ncmec.no_identity"),
        ("", "ncmec.unknown_item"),
        ("42-a", "ncmec.unknown_item"),
        ("42-opaque", "ncmec.nothing_to_match"),
        ("42-short", "ncmec.bad_fingerprint"),
        ("42-when", "ncmec.bad_time"),
    ]
    assert all(MD5[:8] not in one.text + one.message for one in found.set_aside)
    assert entries.next == "/v2/entries?x"


GOOD = page(
    image(f"<md5>{MD5}</md5>") + gone("i2"),
    gone("v1", kind="Video"),
    "<paging><next>/v2/entries?from=a&amp;to=b</next></paging>",
)


def test_no_page_that_breaks_off_is_read() -> None:
    for length in range(len(GOOD)):
        with pytest.raises(UnreadableError):
            read(GOOD[:length])


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<status/>",
        b"<html><body>503</body></html>",
        b'<!DOCTYPE queryResult [<!ENTITY a "b">]><queryResult>&a;</queryResult>',
        b'<!DOCTYPE q SYSTEM "file:///etc/passwd"><queryResult/>',
        GOOD.decode().encode("utf-16"),
        GOOD.replace(b"<images>", b'<images count="3">'),
        b"<queryResult>" * 5000 + b"</queryResult>" * 5000,
    ],
)
def test_what_is_no_page_is_not_read(document: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(document)


def test_a_damaged_page_is_read_item_by_item_where_none_is_lost() -> None:
    images = [image(f"<md5>{MD5}</md5>", identity=f"i{number}") for number in range(4)]
    images[2] = images[2].replace("<id>", "<id>\x01<")
    document = page("".join(images), rest="<paging><next>/v2/entries?from=a&amp;to=b</next></paging>")
    document = document.replace(b"<images>", b'<images count="4">')
    with pytest.raises(UnreadableError):
        read(document)
    entries = read_damaged(document, ENVIRONMENT)
    assert sorted(entries.found.records) == ["42-i0", "42-i1", "42-i3"]
    assert [one.code for one in entries.found.set_aside] == ["ncmec.damaged_item"]
    assert entries.next == "/v2/entries?from=a&to=b"
    for worse in (
        document[:-3],
        document.replace(b'count="4"', b""),
        document.replace(b'count="4"', b'count="5"'),
        document.replace(b"</image>", b"", 1),
    ):
        with pytest.raises(UnreadableError):
            read_damaged(worse, ENVIRONMENT)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comes_is_read_or_refused(data: st.DataObject) -> None:
    name = st.sampled_from(["image", "deletedVideo", "member", "id", "fingerprints", "md5", "feedback", "x"])
    text = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn", "Co"]), max_size=8)

    def tree(depth: int) -> etree._Element:
        element = etree.Element(data.draw(name))
        element.text = data.draw(text)
        for key in data.draw(st.lists(st.sampled_from(["id", "guid", "timestamp"]), unique=True, max_size=2)):
            element.set(key, data.draw(text))
        for _ in range(data.draw(st.integers(0, 3)) if depth else 0):
            element.append(tree(depth - 1))
        return element

    root, group = etree.Element("queryResult"), etree.Element("images")
    root.append(group)
    items = data.draw(st.integers(0, 3))
    for _ in range(items):
        group.append(tree(3))
    found = read(etree.tostring(root)).found
    assert found.items == items
    assert len(found.records) + len(found.withdrawals) + len(found.set_aside) >= min(items, 1)
