"""What a proposal has to be, and when a second person is needed: rules without a database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tocsin.banks.batch import check_texts
from tocsin.banks.model import BankKind
from tocsin.cases.model import (
    Case,
    Decision,
    Judgement,
    Outcome,
    Proposal,
    Stage,
    Standpoint,
    State,
)
from tocsin.cases.notes import check_notes, refuse

PUBLISH: Final = "publish"
OVERTURN: Final = "overturn"
ASKED: Final = "asked"
DISAGREED: Final = "disagreed"
LONGEST_KEY: Final = 200
MOST_EFFECTS: Final = 1000
"""Of each: contents to publish, opinions, false matches."""
_FITTING: Final = {
    BankKind.MATCH: frozenset({Outcome.REPORT}),
    BankKind.ALLOW: frozenset({Outcome.NO_ACTION, Outcome.FALSE_MATCH}),
}
"""With which outcomes something may be published to a bank of each kind."""


def tidied(proposal: Proposal) -> Proposal:
    """The proposal with what stands in it twice once, in order. Raises InvalidObservationError.

    So that the same decision sent again is told from another one. Raises InvalidTextError as well.
    """
    check_notes(proposal.note, *(one.reason for one in proposal.opinions))
    check_texts([one.bank for one in proposal.publish])
    tidy = replace(
        proposal,
        publish=tuple(sorted(set(proposal.publish), key=lambda one: (one.sha256, one.bank))),
        opinions=tuple(sorted(set(proposal.opinions), key=lambda one: one.entry)),
        false_matches=tuple(sorted(set(proposal.false_matches))),
    )
    if len({one.entry for one in tidy.opinions}) < len(tidy.opinions):
        refuse("an entry can be given one opinion, not two")
    if max(len(tidy.publish), len(tidy.opinions), len(tidy.false_matches)) > MOST_EFFECTS:
        refuse(f"a decision publishes, disputes or confirms at most {MOST_EFFECTS:,} things")
    return tidy


def check_key(key: str) -> None:
    """Raises InvalidObservationError, InvalidTextError."""
    check_texts([key])
    if not 0 < len(key) <= LONGEST_KEY:
        refuse(f"the key of a decision has 1 to {LONGEST_KEY} characters")


def check_fits(case: int, proposal: Proposal, contents: Collection[bytes], matched: Collection[int]) -> None:
    """Raise InvalidObservationError where a proposal speaks of what is not in the case."""
    for one in proposal.publish:
        if one.sha256 not in contents:
            refuse(f"no content of case {case} has the SHA-256 {one.sha256.hex()}")
    named = {one.entry for one in proposal.opinions} | set(proposal.false_matches)
    if strange := sorted(named - set(matched)):
        refuse(f"entry {strange[0]} matched nothing in case {case}")
    if proposal.outcome is Outcome.FALSE_MATCH and not matched:
        refuse(f"nothing in case {case} matched, so no match can be false: decide that there is no action")


def check_bank(kind: BankKind, bank: str, outcome: Outcome) -> None:
    """Raise InvalidObservationError where an outcome does not go with publishing to a bank of that kind."""
    if outcome not in _FITTING[kind]:
        words = " or ".join(sorted(one.value for one in _FITTING[kind]))
        refuse(f"{bank!r} is a bank of kind {kind.value}: publishing there needs the outcome {words}")


def wrong_matches(proposal: Proposal, matched: Collection[int]) -> frozenset[int]:
    """The entries whose matches a decision calls wrong: those named, or all where the outcome says so."""
    if proposal.outcome is Outcome.FALSE_MATCH and not proposal.false_matches:
        return frozenset(matched)
    return frozenset(proposal.false_matches)


def reasons_for_second(
    case: Case,
    proposal: Proposal,
    judgements: Mapping[bytes, Judgement],
    earlier: Decision | None,
    *,
    at_odds: bool = False,
) -> tuple[str, ...]:
    """Why a second person is needed: `publish`, `overturn`, `asked`, `disagreed`.

    `judgements` are those of the case's contents; `earlier` is the decision in force of a case that was
    opened again. To take back what that one published overturns it too, whatever the outcome. `at_odds`:
    whoever proposes is one of two who disagreed.
    """
    other = any(one.outcome is not proposal.outcome for one in judgements.values())
    taken_back = earlier is not None and not set(earlier.proposal.publish) <= set(proposal.publish)
    differs = earlier is not None and earlier.proposal.outcome is not proposal.outcome
    reasons = {
        PUBLISH: bool(proposal.publish),
        OVERTURN: other or taken_back or differs,
        ASKED: case.stage is Stage.SECOND and case.state is not State.DECIDED,
        DISAGREED: at_odds,
    }
    return tuple(name for name, holds in reasons.items() if holds)


def with_standpoint(decisions: Sequence[Decision], standpoint: Standpoint) -> Decision | None:
    """The newest of a case's decisions that stands there."""
    return next((one for one in reversed(decisions) if one.standpoint is standpoint), None)


def at_odds(decisions: Sequence[Decision]) -> frozenset[str]:
    """The two who disagreed last about a case, if nothing has been proposed or decided since.

    A third person decides it, as one in force alone where the proposal itself needs no second one. Either of
    the two can propose anew, since there may be no third: then somebody else, or the other, has to confirm.
    """
    last = next((one for one in reversed(decisions) if one.standpoint is not Standpoint.UNDONE), None)
    if last is None or last.standpoint is not Standpoint.REJECTED:
        return frozenset()
    return frozenset({last.author, last.second})
