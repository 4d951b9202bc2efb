"""ThreatExchange, Tech Against Terrorism and Arachnid Shield, against what stands in for them."""

import base64
from hashlib import sha256

import pytest
from support.partner_lists import PartnerList, web

from tocsin.banks.opinions import Verdict
from tocsin.evidence.ledger import Event
from tocsin.exchange.model import OpinionToGive, PartnerRefusedError, Stance
from tocsin.exchange.oracle import ContentStaysError, ContentSwitch
from tocsin.exchange.services.arachnid import ArachnidShield
from tocsin.exchange.services.model import Secret
from tocsin.exchange.services.tat import TechAgainstTerrorism
from tocsin.exchange.services.threatexchange import ThreatExchange
from tocsin.simulators.arachnid import ArachnidSimulator
from tocsin.simulators.tat import TatSimulator
from tocsin.simulators.threatexchange import GROUP, ThreatExchangeSimulator

_SECRET = Secret("member", "secret")


def threat_exchange(service: ThreatExchangeSimulator) -> ThreatExchange:
    return ThreatExchange(web(service.url), service.url, GROUP, Secret("", service.token))


def test_threatexchange_under_all_faults_and_kills_is_what_the_group_has() -> None:
    with ThreatExchangeSimulator("secret") as service:
        service.fill(1200)
        kept = PartnerList()
        service.faults.at_random(3, 0.2)
        kept.run_to_its_end(lambda: threat_exchange(service), kills=50)
        for number in range(1, 1200, 9):
            service.change(number).deleted = True
        service.change(2).said["5002"] = "NON_MALICIOUS"
        service.change(3).said["5001"] = "NON_MALICIOUS"
        kept.run_to_its_end(lambda: threat_exchange(service))
        service.faults.clear()
        kept.run_to_its_end(lambda: threat_exchange(service))
        assert kept.values() == service.truth()
        assert service.list[3].value not in kept.values()
        assert service.token.partition("|")[2] not in str(kept.checkpoint)


def test_what_members_say_is_heard_and_disputes_leave_it_matching() -> None:
    with ThreatExchangeSimulator("secret") as service:
        service.fill(1)
        item = service.list[1]
        item.said["5002"] = "NON_MALICIOUS"
        item.reactions = {"HELPFUL": ["5003"], "DISAGREE_WITH_TAGS": ["5004"], "NON_MALICIOUS": ["9001"]}
        kept = PartnerList()
        assert kept.run(threat_exchange(service))
        record = kept.records["1"]
        assert {one.author: one.verdict for one in record.heard} == {
            "5001": Verdict.CONFIRM,
            "5002": Verdict.DISPUTE,
            "5003": Verdict.CONFIRM,
            "5004": Verdict.DISPUTE,
        }
        labels = {(one.scheme, one.code) for one in record.draft.labels}
        assert {("tlp", "amber"), ("threatexchange:confidence", "75")} <= labels
        threat_exchange(service).give(OpinionToGive("1", Stance.SEEN))
        assert service.told == [("1000", "SAW_THIS_TOO"), ("1001", "SAW_THIS_TOO")]


def test_threatexchange_after_its_deletions_are_forgotten_is_told_anew() -> None:
    with ThreatExchangeSimulator("secret") as service:
        service.fill(5)
        kept = PartnerList()
        assert kept.run(threat_exchange(service))
        del service.list[4]
        assert kept.run(threat_exchange(service))
        assert len(kept.values()) == 5
        kept.later(days=91)
        kept.run_to_its_end(lambda: threat_exchange(service))
        assert kept.values() == service.truth()


def test_tat_under_all_faults_and_kills_is_what_the_list_has() -> None:
    with TatSimulator("member", "secret") as service:
        service.fill(1500)
        kept = PartnerList()
        service.faults.at_random(5, 0.2)
        url = service.url
        kept.run_to_its_end(lambda: TechAgainstTerrorism(web(url), url, _SECRET), kills=50)
        for number in range(1, 1500, 5):
            service.delete(number)
        kept.run_to_its_end(lambda: TechAgainstTerrorism(web(url), url, _SECRET))
        assert kept.values() == service.truth()
        wrong = TechAgainstTerrorism(web(url), url, Secret("member", "wrong"))
        with pytest.raises(PartnerRefusedError):
            list(wrong.fetch(None, kept.now))


class _Ledger:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def append(self, event: Event) -> int:
        self.events.append(event)
        return len(self.events)


def test_arachnid_is_asked_by_hashes_and_its_own_class_is_never_csam() -> None:
    with ArachnidSimulator("member", "secret") as service:
        service.fill(4)
        shield = ArachnidShield(web(service.url), _SECRET, url=service.url)
        hashes = [*service.list, bytes(32)]
        answers = shield.ask(hashes)
        assert [one.known for one in answers] == [True] * 4 + [False]
        assert [one.label.code for one in answers if one.label] == list(service.list.values())
        digest = answers[0].nearby[0].signals[1].value
        assert digest == sha256(hashes[0]).digest()
        asked = [base64.b64encode(one).decode() for one in hashes]
        assert all(one in service.requests[0].body.decode() for one in asked)


def test_content_stays_here_unless_a_person_switched_it_on_and_then_it_is_recorded() -> None:
    with ArachnidSimulator("member", "secret") as service:
        ledger = _Ledger()
        for switch in (None, ContentSwitch("token:uploads"), ContentSwitch("person:")):
            shield = ArachnidShield(web(service.url), _SECRET, url=service.url, ledger=ledger, content=switch)
            with pytest.raises(ContentStaysError):
                shield.ask_about_content(b"a picture", "image/png")
        assert (service.contents, ledger.events) == ([], [])
        switch = ContentSwitch("person:anna")
        shield = ArachnidShield(web(service.url), _SECRET, url=service.url, ledger=ledger, content=switch)
        assert not shield.ask_about_content(b"a picture", "image/png").known
        assert [(one.kind, one.actor) for one in ledger.events] == [("content.sent", "person:anna")]
        assert service.contents == [b"a picture"]
