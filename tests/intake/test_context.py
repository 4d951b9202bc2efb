"""The context of a submission: what is refused says where, and what is taken is kept as given."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.intake.context import MOST_BYTES, ContextError, context_of, parse_context

FULL = {
    "platform": "forum",
    "account": {"id": "u1", "name": "anna", "email": "anna@example.org"},
    "url": "https://example.org/1",
    "file_name": "IMG 0001.jpg",
    "ip_events": [
        {"ip": "192.0.2.7", "port": 40123, "time": "2026-03-01T14:05:09+01:00", "event": "upload"},
        {"ip": "2001:db8::7", "time": "2026-03-01T13:05:09.123Z"},
    ],
    "times": {"posted": "2026-03-01T14:05:09-05:30"},
    "note": "as reported\nby a user",
    "review": True,
    "danger": False,
    "notice": "us.tida",
    "extra": {"thread": [1, 2.5, None, True, {"deep": "yes"}]},
}


def test_everything_is_kept_as_given() -> None:
    context = parse_context(json.dumps(FULL))
    assert context.given == FULL
    assert list(context.given) == list(FULL)
    assert (context.platform, context.account, context.url) == ("forum", "u1", "https://example.org/1")


def test_nothing_is_required() -> None:
    assert parse_context("{}").given == {}


@pytest.mark.parametrize(
    ("account", "key"), [({"name": "anna"}, "anna"), ({"email": "a@example.org"}, "a@example.org"), ({}, "")]
)
def test_an_account_is_looked_up_by_the_best_there_is(account: dict[str, str], key: str) -> None:
    assert context_of({"account": {**account}}).account == key


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"platfrom": "x"}, "platfrom"),
        ({"platform": 3}, "platform"),
        ({"file_name": ["a.jpg"]}, "file_name"),
        ({"file_name": "x" * 1001}, "file_name"),
        ({"platform": "x" * 201}, "platform"),
        ({"platform": "a\0b"}, "platform"),
        ({"extra": {"deep": ["ok", "\ud800"]}}, "extra.deep[1]"),
        ({"extra": {"a\0": 1}}, "extra.a\ufffd"),
        ({"account": "anna"}, "account"),
        ({"review": "yes"}, "review"),
        ({"danger": 1}, "danger"),
        ({"notice": True}, "notice"),
        ({"notice": "US TIDA"}, "notice"),
        ({"account": {"password": "x"}}, "account.password"),
        ({"account": {"id": 7}}, "account.id"),
        ({"ip_events": {"ip": "192.0.2.7"}}, "ip_events"),
        ({"ip_events": [{"ip": "192.0.2.7"}]}, "ip_events[0].time"),
        ({"ip_events": [{"time": "2026-03-01T14:05:09Z"}]}, "ip_events[0].ip"),
        ({"ip_events": [{"ip": "192.0.2.700", "time": "2026-03-01T14:05:09Z"}]}, "ip_events[0].ip"),
        ({"ip_events": [{"ip": "192.0.2.7", "time": "2026-03-01T14:05:09"}]}, "ip_events[0].time"),
        ({"ip_events": [{"ip": "192.0.2.7", "time": "yesterday"}]}, "ip_events[0].time"),
        ({"ip_events": [{"ip": "::1", "time": "2026-03-01T14:05Z", "port": 0}]}, "ip_events[0].port"),
        ({"ip_events": [{"ip": "::1", "time": "2026-03-01T14:05Z", "port": True}]}, "ip_events[0].port"),
        ({"ip_events": [{"ip": "::1", "time": "2026-03-01T14:05Z", "who": "x"}]}, "ip_events[0].who"),
        ({"times": {"posted": "2026-03-01"}}, "times.posted"),
        ({"times": {"posted": 1772373909}}, "times.posted"),
        ({"note": "x" * 20_001}, "note"),
        ({"extra": []}, "extra"),
        ({"extra": {"x": "y" * 20_000}}, "extra"),
        ({"extra": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}}, "extra.a.b.c.d.e.f.g.h"),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, object], path: str) -> None:
    with pytest.raises(ContextError) as told:
        context_of(json.loads(json.dumps(given)))
    assert told.value.path == path
    assert told.value.message.isprintable()


def test_a_time_without_a_zone_says_what_to_do() -> None:
    with pytest.raises(ContextError, match=r"add Z if it is UTC"):
        context_of({"times": {"posted": "2026-03-01T14:05:09"}})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"note": NaN}',
        '{"extra": {"x": Infinity}}',
        '{"extra": {"x": 1e999}}',
        '{"note": "a", "note": "b"}',
        "[" * 50_000,
        '{"extra": ' * 5000,
        b"\xff",
        '{"note": "' + "x" * MOST_BYTES + '"}',
    ],
)
def test_what_is_no_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(ContextError):
        parse_context(text)


@given(st.text() | st.binary())
def test_no_text_breaks_it(text: str | bytes) -> None:
    try:
        context = parse_context(text)
    except ContextError:
        return
    assert context.given == json.loads(text)
