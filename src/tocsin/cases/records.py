"""Observations and proposals as JSON, as they are kept and told."""

from typing import TYPE_CHECKING

from tocsin.cases.model import Basis, EntryOpinion, Observed, Outcome, Proposal, Publication
from tocsin.law.facts import AgeBand, Fact, Value
from tocsin.media.answers import list_in, number_in, object_in, text_in

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue


def observed_to_json(observed: Observed) -> "dict[str, JsonValue]":
    """The documented shape of what was observed."""
    return {
        "fact": None if observed.fact is None else observed.fact.value,
        "value": None if observed.value is None else observed.value.value,
        "age": None if observed.age is None else observed.age.value,
        "scheme": observed.scheme,
        "code": observed.code,
        "basis": observed.basis.value,
        "note": observed.note,
    }


def observed_from_json(item: "JsonObject") -> Observed:
    """What `observed_to_json` wrote. Raises ValueError, KeyError, TypeError."""
    fact, value, age = item["fact"], item["value"], item["age"]
    return Observed(
        fact=None if fact is None else Fact(text_in(fact)),
        value=None if value is None else Value(text_in(value)),
        age=None if age is None else AgeBand(text_in(age)),
        scheme=text_in(item["scheme"]),
        code=text_in(item["code"]),
        basis=Basis(text_in(item["basis"])),
        note=text_in(item["note"]),
    )


def proposal_to_json(proposal: Proposal) -> "dict[str, JsonValue]":
    """The documented shape of a proposal."""
    return {
        "outcome": proposal.outcome.value,
        "note": proposal.note,
        "publish": [{"sha256": one.sha256.hex(), "bank": one.bank} for one in proposal.publish],
        "opinions": [
            {"entry": one.entry, "confirm": one.confirm, "reason": one.reason} for one in proposal.opinions
        ],
        "false_matches": list(proposal.false_matches),
        "unseen": proposal.unseen,
    }


def proposal_from_json(item: "JsonObject") -> Proposal:
    """What `proposal_to_json` wrote. Raises ValueError, KeyError, TypeError."""
    return Proposal(
        outcome=Outcome(text_in(item["outcome"])),
        note=text_in(item["note"]),
        publish=tuple(_publication(one) for one in map(object_in, list_in(item["publish"]))),
        opinions=tuple(_opinion(one) for one in map(object_in, list_in(item["opinions"]))),
        false_matches=tuple(map(number_in, list_in(item["false_matches"]))),
        unseen=item.get("unseen") is True,
    )


def _publication(item: "JsonObject") -> Publication:
    return Publication(bytes.fromhex(text_in(item["sha256"])), text_in(item["bank"]))


def _opinion(item: "JsonObject") -> EntryOpinion:
    return EntryOpinion(number_in(item["entry"]), item["confirm"] is True, text_in(item["reason"]))
