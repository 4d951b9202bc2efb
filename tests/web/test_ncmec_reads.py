"""Banks read as NCMEC's hash sharing is: who may, and whether windows tell all that changes, once each."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from support.nodes import Served, served

from tocsin.access.model import ROLES, Right
from tocsin.banks.model import EntryDraft, Label, Origin, Policy
from tocsin.exchange.feed_store import FeedPartner
from tocsin.exchange.rights import PartnerKind, Purpose, Recipient, Terms, rules
from tocsin.hashing.signals import Signal, SignalType, parse_signal
from tocsin.storage.feeds import FeedStore

N: Final = "{https://hashsharing.ncmec.org/hashsharing/v2}"
BOTH: Final = frozenset({Right.READ, Right.SHARE})


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("ncmec") / "home") as opened:
        yield opened


def basic(name: str, token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()}


def reader(one: Served, *banks: str, name: str = "") -> dict[str, str]:
    """Headers of a new token that may read and share these banks."""
    name = name or f"reader-{uuid4().hex}"
    return basic(name, one.token(name, "publisher", banks=dict.fromkeys(banks, BOTH)))


def utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Copy:
    """What a client has that asks again and again what is new."""

    one: Served
    headers: Mapping[str, str]
    base: str
    live: dict[str, set[str]] = field(default_factory=dict)
    polled: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def poll(self, size: int = 1000) -> list[str]:
        """Ask for one window, page by page; the ids told, in order."""
        end = datetime.now(UTC)
        link: str | None = f"/v2/entries?from={utc(self.polled)}&to={utc(end)}&size={size}"
        told: list[str] = []
        while link:
            answer = self.one.client.get(self.base + link, headers=self.headers)
            assert answer.status_code == 200, answer.text
            root = etree.fromstring(answer.content)
            items = [*root.iterfind(f"{N}images/*"), *root.iterfind(f"{N}videos/*")]
            assert len(items) <= size
            told += [self._take(item) for item in items]
            link = root.findtext(f"{N}paging/{N}next")
        self.polled = end
        return told

    def _take(self, item: etree._Element) -> str:
        number = item.findtext(f"{N}id") or ""
        if etree.QName(item).localname.startswith("deleted"):
            assert item.find(f"{N}fingerprints") is None
            self.live.pop(number, None)
        else:
            self.live[number] = {one.text or "" for one in item.iterfind(f"{N}fingerprints/*")}
        return number


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "withdraw", "reinstate", "list", "poll"]), st.integers(0, 30)),
        max_size=14,
    ),
    size=st.sampled_from([1, 3, 1000]),
)
def test_who_polls_has_what_is_live(one: Served, steps: list[tuple[str, int]], size: int) -> None:
    name = f"polled {datetime.now(UTC).timestamp()}"
    one.bank(name)
    client = Copy(one, reader(one, name), f"/ncmec/{name}")
    banks = one.node.banks
    ids: list[int] = []
    for what, number in [*steps, ("poll", 0)]:
        if what == "add":
            drafts = [
                EntryDraft(
                    (parse_signal(f"md5:{len(ids) + place:032x}"),), Origin("o", "m", f"{len(ids)}.{place}")
                )
                for place in range(number % 4 + 1)
            ]
            ids += banks.add_entries(name, drafts).entry_ids
        elif what == "list" and ids:  # its list says that it was withdrawn, a year ago
            entry = banks.entry(ids[number % len(ids)])
            ago = datetime.now(UTC) - timedelta(days=365)
            banks.add_entries(name, [EntryDraft(entry.signals, entry.origin, withdrawn=ago)])
        elif what == "withdraw" and ids:
            banks.withdraw([ids[number % len(ids)]], "by mistake")
        elif what == "reinstate" and ids:
            banks.reinstate([ids[number % len(ids)]])
        elif what == "poll":
            told = client.poll(size)
            assert len(told) == len(set(told))
    expected = {
        str(entry.id): {signal.hex for signal in entry.signals}
        for entry in banks.entries(name)
        if entry.withdrawn is None
    }
    assert client.live == expected
    assert client.poll(size) == []


def test_what_an_entry_says_is_all_there(one: Served) -> None:
    one.bank("said", policy=Policy(quality_floor=50))
    first, second, plain = (
        Signal(SignalType.PDQ, bytes([value]) * 32, quality) for value, quality in ((1, 90), (2, 80), (3, 20))
    )
    labels = (
        Label("ncmec", "industry", "B1"),
        Label("vics.uk", "2.0", "2 & <more>"),
        Label("fingerprint:photodna", "", "AAAA"),
        Label("fingerprint:<evil>", "", "x"),
    )
    md5 = parse_signal("md5:" + "ab" * 16)
    one.node.banks.add_entries(
        "said",
        [
            EntryDraft(
                (first, second, plain, md5),
                Origin("a list", "M\u00e9mber", "7"),
                labels,
            )
        ],
    )
    root = etree.fromstring(one.client.get("/ncmec/v2/entries", headers=reader(one, "said")).content)
    (image,) = root.iterfind(f"{N}images/*")
    assert [(etree.QName(value).localname, value.text) for value in image.iterfind(f"{N}fingerprints/*")] == [
        ("md5", md5.hex),
        ("pdq", second.hex),
        ("pdq", first.hex),
        ("pdna", "AAAA"),
    ]
    assert image.findtext(f"{N}classification") == "B1"
    assert image.findtext(f"{N}member") == "a list / M\u00e9mber"
    (label,) = image.iterfind(f"{N}categorizations/*")
    assert label.get("name") == "2 & <more>"
    headers = basic("other-name", one.token("said-again", "publisher", banks={"said": BOTH}))
    assert one.client.get("/ncmec/v2/categorizations", headers=headers).status_code == 401
    headers = reader(one, "said", name="said-thrice")
    groups = etree.fromstring(one.client.get("/ncmec/v2/categorizations", headers=headers).content)
    assert [(group.get("name"), [dict(item.attrib) for item in group]) for group in groups] == [
        ("vics.uk 2.0", [dict(label.attrib)])
    ]
    members = etree.fromstring(one.client.get("/ncmec/v2/members", headers=headers).content)
    assert [member.attrib["id"] for member in members] == [
        one.get("id") for one in image.iterfind(f"{N}member")
    ]
    status = etree.fromstring(one.client.get("/ncmec/v2/status", headers=headers).content)
    assert status.findtext(f"{N}username") == "said-thrice"


def test_what_came_with_terms_or_is_too_plain_is_not_passed_on(one: Served) -> None:
    one.bank("terms", policy=Policy(quality_floor=50))
    md5 = parse_signal("md5:" + "cd" * 16)
    drafts = [
        EntryDraft((md5,), Origin("o", "m", "1"), (Label("tlp", "2.0", "red"),)),
        EntryDraft((md5,), Origin("o", "m", "2"), (Label("onward-sharing", "1", "nobody"),)),
        EntryDraft((md5,), Origin("o", "m", "3"), (Label("onward-sharing", "9", "whatever"),)),
    ]
    one.node.banks.add_entries("terms", drafts)
    answer = one.client.get("/ncmec/v2/entries", headers=reader(one, "terms"))
    assert answer.status_code == 200
    assert md5.hex not in answer.text


def test_terms_are_kept_for_the_partner_that_a_token_is_named_after(one: Served) -> None:
    one.bank("ruled", parse_signal("md5:" + "ef" * 16))
    feeds = FeedStore(one.node.database)
    for name, kind in (("a-hotline", PartnerKind.HOTLINE), ("a-platform", PartnerKind.PLATFORM)):
        who = Recipient(name, kind, "DE", frozenset(Purpose))
        feeds.keep_partner(FeedPartner(who, f"v {name}", f"a {name}", "", datetime.now(UTC), "tests"))
    rule = next(
        rule.id
        for rule in rules().rules.values()
        if rule.kinds >= {PartnerKind.HOTLINE}
        and PartnerKind.PLATFORM not in rule.kinds
        and not rule.named
        and not rule.places
    )
    feeds.set_terms("ruled", Terms(rule, jurisdiction="DE"), "tests")
    told = {}
    for name in ("a-hotline", "a-platform", "nobody-known"):
        headers = reader(one, "ruled", name=name)
        told[name] = "ef" * 16 in one.client.get("/ncmec/v2/entries", headers=headers).text
    assert told == {"a-hotline": True, "a-platform": False, "nobody-known": False}


def test_a_bank_is_for_those_who_may_read_and_share_it(one: Served) -> None:
    one.bank("mine", parse_signal("md5:" + "00" * 16))
    one.bank("yours")
    path = "/ncmec/mine/v2/entries"
    for number, rights in enumerate(
        (frozenset(), {Right.READ}, {Right.SHARE, Right.MATCH}, {Right.MATCH, Right.CURATE})
    ):
        name = f"partly-{number}"
        headers = basic(name, one.token(name, *ROLES, banks={"mine": frozenset(rights)}))
        assert one.client.get(path, headers=headers).status_code == 404
        assert one.client.get("/ncmec/v2/entries", headers=headers).status_code == 400
    without = basic("no-role", one.token("no-role", "matcher", banks={"mine": BOTH}))
    assert one.client.get(path, headers=without).status_code == 403
    both = reader(one, "mine", "yours")
    refused = one.client.get("/ncmec/v2/entries", headers=both)
    assert (refused.status_code, refused.json()["code"]) == (400, "ncmec.which_bank")
    assert one.client.get(path, headers=both).status_code == 200
    for headers in ({}, basic("mine", "x"), {"Authorization": "Basic !"}, {"Authorization": "Bearer x"}):
        answer = one.client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")


def test_what_was_read_is_in_the_ledger(one: Served) -> None:
    one.bank("read", parse_signal("md5:" + "01" * 16))
    client = Copy(one, reader(one, "read", name="somebody"), "/ncmec")
    client.poll()
    client.poll()
    rows = [
        row for row in one.node.ledger.rows() if row.kind == "bank.served" and row.actor == "token:somebody"
    ]
    (row,) = rows
    detail = json.loads(row.detail)
    assert (row.subject, detail["entries"], detail["withdrawn"]) == ("bank:read", 1, 0)


@pytest.mark.parametrize(
    "query",
    [
        "to=2999-01-01T00:00:00Z",
        "from=x",
        "from=2026-01-01T00:00:00",
        "start=-1",
        "start=9" * 9,
        "max=1.5",
        "size=x",
    ],
)
def test_what_cannot_be_answered_is_refused_and_not_answered_empty(one: Served, query: str) -> None:
    one.bank(query)
    answer = one.client.get(f"/ncmec/v2/entries?{query}", headers=reader(one, query))
    assert (answer.status_code, answer.json()["code"]) == (400, "ncmec.window")
