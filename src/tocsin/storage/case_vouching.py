"""What the ledger vouches for of review: cases, observations, looks, decisions and what they judged.

As tocsin.storage.vouching does of submissions. Where a decision or a case stands is worked out from the
ledger again; docs/formats/ledger.md says what is covered.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.cases.model import MAIN, Stage, Standpoint
from tocsin.evidence.checking import Broken
from tocsin.storage.database import Database, Row
from tocsin.storage.vouching import LOST, gone, in_bytes, page_by_page, why_not

if TYPE_CHECKING:
    from tocsin.evidence.keys import Keys
    from tocsin.media.sandbox import JsonObject

_PAGE: Final = 200
_OBSERVATION = """
    SELECT observation.id, case_number, content.sha256, about, observed, author, time, claim
    FROM observation LEFT JOIN content ON content.id = observation.content_id WHERE observation.id = ?"""
_LOOK = """
    SELECT reveal.id, person, time, case_number, content.sha256, part, page, seconds
    FROM reveal LEFT JOIN content ON content.id = reveal.content_id WHERE reveal.id = ?"""
# Not where it stands: another decision may have taken its place since.
_DECISION = """
    SELECT id, case_number, proposal, outcome, author, time, idempotency_key, claim, needs_second, asked_by,
        second, second_time, second_note, second_claim, taken, supersedes, undo_until
    FROM decision WHERE id = ?"""
_JUDGED = """
    SELECT content.sha256 FROM judgement LEFT JOIN content ON content.id = judgement.content_id
    WHERE decision_id = ? ORDER BY content_id"""
_JUDGED_MATCHES = """
    SELECT content_id, entry_id, type, bank, distance, wrong FROM judged_match WHERE decision_id = ?
    ORDER BY content_id, entry_id, type"""
# What they had looked at until then: what they see of it later is under another claim.
_SEEN = """
    SELECT case_seen.person, content.sha256, case_seen.claim
    FROM decision
        JOIN case_seen ON case_seen.case_number = decision.case_number AND (
            (case_seen.person = decision.author AND case_seen.claim <= decision.claim)
            OR (case_seen.person = decision.second AND case_seen.claim <= decision.second_claim))
        LEFT JOIN content ON content.id = case_seen.content_id
    WHERE decision.id = ? ORDER BY case_seen.person, case_seen.content_id"""
_PUBLISHED = "SELECT entry_id FROM publication WHERE decision_id = ? ORDER BY entry_id"

_CASES = """
    SELECT number, state, queue, stage, first_reviewer FROM review_case WHERE number > ?
    ORDER BY number LIMIT ?"""
_EVENTS = "SELECT number, kind, actor, detail FROM ledger WHERE subject = ? ORDER BY number"
_SUBMISSIONS = """
    SELECT submission.id FROM case_submission
        LEFT JOIN submission ON submission.number = case_submission.submission
    WHERE case_number = ?"""
_OBSERVATIONS = "SELECT id FROM observation WHERE case_number = ?"
_LOOKS = "SELECT id, seconds, shown, failed FROM reveal WHERE case_number = ?"
_DECISIONS = "SELECT id, standpoint FROM decision WHERE case_number = ?"
_SECOND_LOOKS = """
    SELECT person, claim, content.sha256, reason FROM second_look
        LEFT JOIN content ON content.id = second_look.content_id
    WHERE case_number = ?"""
_TAKING: Final = frozenset({"decision.made", "decision.confirmed"})
_REOPENING: Final = frozenset({"case.reopened", "decision.undone"})
_UNSAID: Final = "the ledger says nothing of it"


def observation(database: Database, number: int) -> bytes:
    """An observation as it was recorded. Inside a transaction."""
    return in_bytes(database.rows(_OBSERVATION, (number,)))


def look(database: Database, number: int) -> bytes:
    """A look at an original as it was granted. Inside a transaction."""
    return in_bytes(database.rows(_LOOK, (number,)))


def decision(database: Database, number: int) -> bytes:
    """A decision with what was looked at for it, what it judged and published. Inside a transaction."""
    told = (_DECISION, _SEEN, _JUDGED, _JUDGED_MATCHES, _PUBLISHED)
    return b"\n".join(in_bytes(database.rows(one, (number,))) for one in told)


@dataclass(frozen=True, slots=True)
class _Said:
    """One event of a case."""

    number: int
    kind: str
    actor: str
    detail: "JsonObject"

    def names(self, what: str) -> int:
        """The number of the thing that it is about; 0 where it names none."""
        number = self.detail.get(what)
        return number if isinstance(number, int) else 0


def broken(database: Database, keys: "Keys") -> Iterator[Broken]:
    """What of review is not as the ledger says."""
    yield from gone(database, "case", "review_case", "case.opened")
    yield from page_by_page(database, _CASES, _PAGE, lambda row: _of_case(database, keys, row))


def _of_case(database: Database, keys: "Keys", row: Row) -> Iterator[Broken]:
    number, state, queue, stage, first = row
    said = [_event(one) for one in database.rows(_EVENTS, (f"case:{number}",))]
    yield from _case(number, state, queue, said)
    asked = _first_reviewer(said)
    if state != "decided" and (stage, first) != (Stage.SECOND if asked else Stage.FIRST, asked):
        yield Broken(
            f"case {number}", f"the ledger has it wait for a {'second' if asked else 'first'} reviewer"
        )
    yield from _submissions(database, number, said)
    recorded = {one.names("observation"): one for one in said if one.kind == "observation.recorded"}
    there = {one: observation(database, one) for (one,) in database.rows(_OBSERVATIONS, (number,))}
    yield from _vouched(database, keys, "observation", there, recorded)
    yield from _looks(database, keys, number, said)
    yield from _second_looks(database, number, said)
    yield from _decisions(database, keys, number, said)


def _case(number: int, state: str, queue: str, said: Sequence[_Said]) -> Iterator[Broken]:
    """Whether it was opened, is in the queue that it was put into, and is decided."""
    if not any(one.kind == "case.opened" for one in said):
        yield Broken(f"case {number}", _UNSAID)
    put, decided = MAIN, False
    for one in said:
        if one.kind == "case.moved":
            put = str(one.detail.get("to"))
        # Only the decision of a decided case, or one that waits, can be undone.
        decided = one.kind in _TAKING or (decided and one.kind not in _REOPENING)
    if queue != put:
        yield Broken(f"case {number}", f"the ledger has it in the queue {put}")
    if (state == "decided") != decided:
        yield Broken(f"case {number}", f"the ledger says that it is {'' if decided else 'not '}decided")


def _first_reviewer(said: Sequence[_Said]) -> str:
    """Who proposed, or asked for a second reviewer, where the case waits for one; else empty."""
    first = ""
    asked: dict[int, str] = {}
    for one in said:
        if one.kind in {"decision.proposed", "decision.made"}:
            asked[one.names("decision")] = first
        if one.kind in {"case.second_asked", "decision.proposed"}:
            first = one.actor
        elif one.kind == "decision.undone":
            first = asked.get(one.names("decision"), "")
        elif one.kind in {"case.second_taken_back", "case.reopened", "decision.disagreed"}:
            first = ""
    return first


def _submissions(database: Database, number: int, said: Sequence[_Said]) -> Iterator[Broken]:
    told = {str(one.detail.get("submission")) for one in said if one.kind in {"case.opened", "case.joined"}}
    there = {str(one) for (one,) in database.rows(_SUBMISSIONS, (number,))}
    for one in sorted(told ^ there):
        what = "is in it" if one in there else "is in it no more"
        yield Broken(f"case {number}", f"the submission {one} {what}, and the ledger does not say so")


def _looks(database: Database, keys: "Keys", number: int, said: Sequence[_Said]) -> Iterator[Broken]:
    def of(kind: str) -> dict[int, _Said]:
        return {one.names("reveal"): one for one in said if one.kind == kind}

    rows = {one[0]: one[1:] for one in database.rows(_LOOKS, (number,))}
    there = {one: look(database, one) for one in rows}
    yield from _vouched(database, keys, "reveal", there, of("content.revealed"))
    ended, failures = of("content.reveal_ended"), of("content.reveal_failed")
    for one, (seconds, shown, failed) in rows.items():
        counted = seconds if shown is None else shown
        told = ended[one].names("seconds") if one in ended else seconds
        if bool(failed) != (one in failures) or (not failed and counted != told):
            yield Broken(f"reveal {one}", "the ledger tells its end otherwise")


def _second_looks(database: Database, number: int, said: Sequence[_Said]) -> Iterator[Broken]:
    told = {
        (one.actor, one.names("claim"), str(one.detail.get("sha256"))): str(one.detail.get("reason"))
        for one in said
        if one.kind == "content.shown_again"
    }
    rows = database.rows(_SECOND_LOOKS, (number,))
    there = {
        (person, claim, "" if sha256 is None else sha256.hex()): reason
        for person, claim, sha256, reason in rows
    }
    if told != there:
        yield Broken(f"case {number}", "why judged content was shown again is not as the ledger says")


def _decisions(database: Database, keys: "Keys", number: int, said: Sequence[_Said]) -> Iterator[Broken]:
    last = {one.names("decision"): one for one in said if one.kind.startswith("decision.")}
    rows: dict[int, str] = dict(database.rows(_DECISIONS, (number,)))
    there = {one: decision(database, one) for one in rows}
    yield from _vouched(database, keys, "decision", there, last)
    for one, standpoint in _standpoints(said).items():
        if one in rows and rows[one] != standpoint.value:
            yield Broken(f"decision {one}", f"the ledger has it {standpoint.value}")


def _standpoints(said: Sequence[_Said]) -> dict[int, Standpoint]:
    """Where the decisions of a case stand, by what was done."""
    stands: dict[int, Standpoint] = {}
    before: dict[int, int] = {}
    for one in said:
        number = one.names("decision")
        if one.kind == "decision.proposed":
            stands[number] = Standpoint.PROPOSED
        elif one.kind in _TAKING:
            if earlier := one.names("supersedes"):
                before[number], stands[earlier] = earlier, Standpoint.SUPERSEDED
            stands[number] = Standpoint.IN_FORCE
        elif one.kind == "decision.disagreed":
            stands[number] = Standpoint.REJECTED
        elif one.kind == "decision.undone":
            if stands.get(number) is Standpoint.IN_FORCE and number in before:
                stands[before[number]] = Standpoint.IN_FORCE
            stands[number] = Standpoint.UNDONE
    return stands


def _vouched(
    database: Database,
    keys: "Keys",
    what: str,
    there: Mapping[int, bytes],
    said: Mapping[int, _Said],
) -> Iterator[Broken]:
    """Whether what is there is what the events vouch for, both ways."""
    for one in sorted(there.keys() | said.keys()):
        if one not in said:
            yield Broken(f"{what} {one}", _UNSAID)
        elif one not in there:
            yield Broken(f"{what} {one}", LOST)
        elif why := why_not(database, keys, said[one].number, there[one]):
            yield Broken(f"{what} {one}", f"it is not as the ledger says: {why}")


def _event(row: Row) -> _Said:
    number, kind, actor, detail = row
    try:
        value = json.loads(detail)
    except ValueError:  # broken, which is told of the row
        value = None
    return _Said(number, kind, actor, value if isinstance(value, dict) else {})
