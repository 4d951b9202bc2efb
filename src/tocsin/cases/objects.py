"""Cases, observations, decisions and figures as JSON has them (docs/reference/json-cases.md)."""

from typing import TYPE_CHECKING

from tocsin.cases.queue import reasons_of
from tocsin.cases.records import observed_to_json, proposal_to_json

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.cases.figures import Figure, Figures, Totals
    from tocsin.cases.model import Case, Decision, Judgement, Observation, Reason
    from tocsin.media.sandbox import JsonObject


def case_to_json(case: "Case") -> "JsonObject":
    """A case with the reasons for its place."""
    standing = case.standing
    return {
        "number": case.number,
        "opened": case.opened.isoformat(),
        "queue": case.queue,
        "state": case.state.value,
        "stage": case.stage.value,
        "reasons": [_reason(one) for one in reasons_of(case)],
        "danger": standing.danger,
        "child": standing.child,
        "novelty": standing.novelty.value,
        "due": time_to_json(standing.due),
        "disagreed": standing.disagreed,
        "submissions": case.submissions,
        "categories": list(case.categories),
        "holder": case.holder,
        "lease_until": time_to_json(case.lease_until),
        "claim": case.claim,
        "reserved_for": case.reserved_for,
        "first_reviewer": case.first_reviewer,
        "note": case.note,
        "decided": time_to_json(case.decided),
    }


def judgement_to_json(judgement: "Judgement") -> "JsonObject":
    """What was decided earlier about a content."""
    return {
        "case": judgement.case,
        "outcome": judgement.outcome.value,
        "by": list(judgement.by),
        "time": judgement.time.isoformat(),
    }


def observation_to_json(made: "Observation") -> "JsonObject":
    """An observation on record."""
    return {
        "id": made.id,
        "case": made.case,
        "sha256": made.sha256.hex(),
        "author": made.author,
        "time": made.time.isoformat(),
        **observed_to_json(made.observed),
    }


def decision_to_json(made: "Decision") -> "JsonObject":
    """A decision on record, with all that it names."""
    return {
        "id": made.id,
        "case": made.case,
        **proposal_to_json(made.proposal),
        "published": list(made.published),
        "author": made.author,
        "time": made.time.isoformat(),
        "standpoint": made.standpoint.value,
        "needs_second": list(made.needs_second),
        "second": made.second,
        "second_time": time_to_json(made.second_time),
        "second_note": made.second_note,
        "undo_until": time_to_json(made.undo_until),
        "supersedes": made.supersedes,
    }


def totals_to_json(totals: "Totals | Figure") -> "JsonObject":
    """Sums of matches that decisions in force are about."""
    return {
        "matches": totals.matches,
        "false_matches": totals.false_matches,
        "reported": totals.reported,
    }


def figure_to_json(figures: "Figures", one: "Figure") -> "JsonObject":
    """The matches of one type at one distance, and those that a radius of that distance would have kept."""
    return {
        "bank": figures.bank,
        "radius": figures.radius,
        "type": one.type.value,
        "distance": one.distance,
        **totals_to_json(one),
        "within": totals_to_json(figures.within(one.distance)),
    }


def _reason(reason: "Reason") -> "JsonObject":
    return {
        "ground": reason.ground.value,
        "when": time_to_json(reason.when),
        "by": reason.by or None,
        "turn": reason.turn or None,
    }


def time_to_json(time: "datetime | None") -> str | None:
    """A time, or null for none."""
    return None if time is None else time.isoformat()
