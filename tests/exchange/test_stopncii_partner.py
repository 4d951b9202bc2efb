"""StopNCII: what is withdrawn stops matching, corrupt pages cost nothing for good, nothing is lost."""

import time
from collections.abc import Iterator
from hashlib import sha256

import pytest
from support.partner_lists import PartnerList, web

from tocsin.banks.opinions import Verdict
from tocsin.exchange.model import OpinionToGive, PartnerRefusedError, Stance, Telling
from tocsin.exchange.services.corrupt_json import salvaged
from tocsin.exchange.services.model import Secret
from tocsin.exchange.services.stopncii import StopNcii
from tocsin.simulators.stopncii import Hash, StopNciiSimulator

_SECRET = Secret("subscription", "key,key")


@pytest.fixture
def service() -> Iterator[StopNciiSimulator]:
    with StopNciiSimulator("subscription", "key") as found:
        yield found


def partner(service: StopNciiSimulator) -> StopNcii:
    return StopNcii(web(service.url), service.url, _SECRET)


@pytest.mark.parametrize("status", ["Withdrawn", "Deleted", "Suspended"])
def test_what_is_withdrawn_no_longer_matches_whatever_its_hash_says(
    service: StopNciiSimulator, status: str
) -> None:
    service.fill(50)
    kept = PartnerList()
    assert kept.run(partner(service))
    assert kept.values() == service.truth()
    assert kept.tellings[0] is Telling.ANEW
    assert kept.tellings[-1] is Telling.WHOLE
    gone, stays = list(service.list)[:2]
    service.change(gone, status)
    service.change(stays, "Received")
    assert kept.run(partner(service))
    assert kept.values() == service.truth() == set(service.list) - {gone}
    assert status in kept.withdrawn[f"ImagePDQ:{gone}"]
    service.change(gone, "Active")
    assert kept.run(partner(service))
    assert gone in kept.values()


def test_items_that_cannot_be_matched_are_set_aside_one_by_one(service: StopNciiSimulator) -> None:
    service.fill(5)
    now = int(time.time()) - 1
    upper = sha256(b"upper").hexdigest().upper()
    for kind, value in (("ImagePDQ", "0" * 32), ("VideoTMK", "ab" * 4000), ("ImagePDQ", upper)):
        service.list[value] = Hash(kind, value, "Active", now, [])
    kept = PartnerList()
    assert kept.run(partner(service))
    assert len(kept.set_aside) == 2
    assert len(kept.records) == 6
    assert upper.lower() in kept.values()


def test_what_platforms_say_is_heard_and_feedback_is_given_as_the_service_spells_it(
    service: StopNciiSimulator,
) -> None:
    service.fill(1)
    [item] = service.list.values()
    item.feedback = [
        {"source": "One", "feedbackValue": "Blocked", "tags": ["b", "a"]},
        {"source": "Two", "feedbackValue": "NotBlocked", "tags": []},
        {"source": "Three", "feedbackValue": "PendingReview", "tags": []},
    ]
    kept = PartnerList()
    assert kept.run(partner(service))
    [record] = kept.records.values()
    assert [(one.author, one.verdict, one.reason) for one in record.heard] == [
        ("One", Verdict.CONFIRM, "Blocked a b"),
        ("Two", Verdict.DISPUTE, "NotBlocked"),
    ]
    for stance in Stance:
        partner(service).give(OpinionToGive(record.key, stance))
    assert [one["feedbackValue"] for one in service.told] == ["Blocked", "NotBlocked", "PendingReview"]
    assert {one["hashValue"] for one in service.told} == {item.value}


def test_a_corrupt_page_costs_nothing_for_good(service: StopNciiSimulator) -> None:
    service.fill(2500)
    bad = list(service.list)[1200]
    service.corrupt.add(bad)
    kept = PartnerList()
    assert kept.run(partner(service))
    assert kept.set_aside
    assert kept.up_to is None
    assert len(service.truth() - kept.values()) < 100
    assert Telling.WHOLE not in kept.tellings
    service.corrupt.clear()
    assert kept.run(partner(service))
    assert kept.values() == service.truth()
    assert kept.tellings[-1] is Telling.WHOLE
    assert kept.up_to is not None


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_under_all_faults_and_fifty_kills_it_is_what_the_service_has(
    service: StopNciiSimulator, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    service.fill(2500)
    kept = PartnerList()
    service.faults.at_random(7, 0.3)
    kept.run_to_its_end(lambda: partner(service), kills=50)
    for value in list(service.list)[::7]:
        service.change(value, "Withdrawn")
    kept.run_to_its_end(lambda: partner(service), kills=10)
    service.faults.clear()
    kept.run_to_its_end(lambda: partner(service))
    assert kept.values() == service.truth()
    monkeypatch.undo()
    time.tzset()


def test_a_checkpoint_after_a_month_tells_the_list_anew(service: StopNciiSimulator) -> None:
    service.fill(3)
    kept = PartnerList()
    kept.run_to_its_end(lambda: partner(service))
    vanished = next(iter(service.list))
    del service.list[vanished]
    kept.later(days=31)
    kept.run_to_its_end(lambda: partner(service))
    assert kept.values() == service.truth()


def test_a_wrong_key_is_refused(service: StopNciiSimulator) -> None:
    wrong = StopNcii(web(service.url), service.url, Secret("subscription", "no"))
    with pytest.raises(PartnerRefusedError):
        list(wrong.fetch(None, PartnerList().now))


def test_a_hostile_page_is_given_up_soon() -> None:
    deep = b'{"hashRecords":[' + b'{"a":[' * 200_000
    assert salvaged(deep, "hashRecords", "hashValue").items == []
    assert salvaged(b"\xff" * 1000, "hashRecords", "hashValue").items == []
