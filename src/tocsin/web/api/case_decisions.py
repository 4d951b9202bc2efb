"""Decisions about cases: made, confirmed or not, undone; and what they say of a bank's matches.

They are people's: a program with a token reads them and makes none.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import Header, Path, Request
from pydantic import BaseModel, Field

from tocsin.access.model import Permission, Principal, Right
from tocsin.cases.model import Decision, EntryOpinion, Outcome, Proposal, Publication
from tocsin.cases.objects import figure_to_json
from tocsin.cases.proposals import LONGEST_KEY, MOST_EFFECTS
from tocsin.hashing.signals import SignalType
from tocsin.web.api.banks import BankName
from tocsin.web.api.case_shapes import (
    ByClaim,
    CaseNumber,
    CaseShape,
    DecisionShape,
    EntryOpinionShape,
    Note,
    PublicationShape,
)
from tocsin.web.api.shapes import Given, Number
from tocsin.web.api.submissions import KEY
from tocsin.web.bank_rights import decisions_known, known_bank, may_see_figures
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

if TYPE_CHECKING:
    from tocsin.node.node import Node

operations = Operations("decisions")


class ProposalGiven(Given):
    """A decision: it takes effect at once, or once a second person confirms it."""

    outcome: Annotated[Outcome, Field(strict=False)]
    note: Note = ""
    publish: Annotated[list[PublicationShape], Field(max_length=MOST_EFFECTS, default_factory=list)]
    opinions: Annotated[list[EntryOpinionShape], Field(max_length=MOST_EFFECTS, default_factory=list)]
    false_matches: Annotated[list[Number], Field(max_length=MOST_EFFECTS, default_factory=list)]
    """Entries whose match with this case is wrong."""
    unseen: bool = False
    """Decide also on contents that the caller has nothing to judge by: else they are refused."""

    def proposal(self) -> Proposal:
        """The proposal."""
        return Proposal(
            outcome=self.outcome,
            note=self.note,
            publish=tuple(Publication(bytes.fromhex(one.sha256), one.bank) for one in self.publish),
            opinions=tuple(EntryOpinion(one.entry, one.confirm, one.reason) for one in self.opinions),
            false_matches=tuple(self.false_matches),
            unseen=self.unseen,
        )


class DecisionGiven(ProposalGiven, ByClaim):
    """A decision about a case that the caller holds."""


class Answered(ByClaim):
    """What a second person says of a decision that waits."""

    note: Note = ""


class Reopened(Given):
    """Why a case is opened again."""

    reason: Annotated[Note, Field(min_length=1)]


class SecondNeeded(BaseModel):
    """Why a second person would be needed; empty where none would."""

    reasons: list[str]
    """`publish`, `overturn`, `asked`, `disagreed`."""


class TotalsShape(BaseModel):
    """Sums of matches that decisions in force are about."""

    matches: int
    false_matches: int
    reported: int


class FigureShape(TotalsShape):
    """Those of one type at one distance."""

    type: SignalType
    distance: int
    within: TotalsShape
    """What there would have been with a radius of that distance: digests, and PDQ no farther."""


class FiguresShape(BaseModel):
    """What reviewers found of a bank's matches: what to set its radius by."""

    bank: str
    radius: int
    items: list[FigureShape]
    """By type, then distance."""


@operations.operation("POST", "/v1/cases/{case}/needs-second", needs=Permission.REVIEW, answers=(404, 409))
def needs_second(request: Request, caller: Caller, case: CaseNumber, given: ProposalGiven) -> SecondNeeded:
    """Tell whether a decision would need a second person, and why; nothing is done."""
    found = node_of(request).review.deciding.needs_second(caller, case, given.proposal())
    return SecondNeeded(reasons=list(found))


@operations.operation(
    "POST", "/v1/cases/{case}/decisions", needs=Permission.REVIEW, status=201, answers=(404, 409)
)
def decide(
    request: Request,
    caller: Caller,
    case: CaseNumber,
    given: DecisionGiven,
    key: Annotated[str, Header(alias=KEY, min_length=1, max_length=LONGEST_KEY, pattern=r"^[\x21-\x7e]+$")],
) -> DecisionShape:
    """Decide a case that the caller holds, who is a person. Sent again with the same key, it is the same."""
    node = node_of(request)
    for one in given.publish:
        known_bank(node, caller, one.bank)
    made = node.review.deciding.decide(caller, case, given.claim, given.proposal(), key)
    return _decision(node, caller, made)


@operations.operation("POST", "/v1/cases/{case}/confirm", needs=Permission.REVIEW, answers=(404, 409))
def confirm(request: Request, caller: Caller, case: CaseNumber, given: Answered) -> DecisionShape:
    """Confirm the decision that waits about a case that the caller holds: it is in force."""
    node = node_of(request)
    return _decision(node, caller, node.review.deciding.confirm(caller, case, given.claim, given.note))


@operations.operation("POST", "/v1/cases/{case}/disagree", needs=Permission.REVIEW, answers=(404, 409))
def disagree(request: Request, caller: Caller, case: CaseNumber, given: Answered) -> DecisionShape:
    """Disagree with the decision that waits: neither of the two decides the case alone any more."""
    node = node_of(request)
    return _decision(node, caller, node.review.deciding.disagree(caller, case, given.claim, given.note))


@operations.operation("POST", "/v1/decisions/{decision}/undo", needs=Permission.REVIEW, answers=(404, 409))
def undo(request: Request, caller: Caller, decision: Annotated[Number, Path()]) -> DecisionShape:
    """Undo one's own decision: in force, until its `undo_until`; waiting, whenever nobody holds it."""
    node = node_of(request)
    return _decision(node, caller, node.review.deciding.undo(caller, decision))


@operations.operation(
    "POST",
    "/v1/cases/{case}/take-back",
    needs=(Permission.REVIEW, Permission.MANAGE_CASES),
    answers=(404, 409),
)
def take_back(request: Request, caller: Caller, case: CaseNumber) -> CaseShape:
    """Have a case wait for no second reviewer any more: for whoever asked for one, or manages cases.

    Not where a decision waits: its author can undo that one.
    """
    return CaseShape.of(node_of(request).review.deciding.take_back(caller, case))


@operations.operation(
    "POST",
    "/v1/cases/{case}/reopen",
    needs=(Permission.REVIEW, Permission.MANAGE_CASES),
    answers=(404, 409),
)
def reopen_case(request: Request, caller: Caller, case: CaseNumber, given: Reopened) -> CaseShape:
    """Have a decided case wait again; its decision stays in force until another takes its place."""
    return CaseShape.of(node_of(request).review.deciding.reopen(caller, case, given.reason))


@operations.operation(
    "GET",
    "/v1/banks/{bank}/figures",
    needs=(Permission.READ_BANKS, Permission.MANAGE_BANKS),
    answers=(404,),
)
def read_figures(request: Request, caller: Caller, bank: BankName) -> FiguresShape:
    """Tell what reviewers found of a bank's matches; for who manages banks, or may read this one."""
    node = node_of(request)
    known_bank(node, caller, bank)
    if not may_see_figures(caller, bank):
        caller.demand_in(bank, Right.READ)
    found = node.review.deciding.figures(bank)
    items = [FigureShape.model_validate(figure_to_json(found, one)) for one in found.figures]
    return FiguresShape(bank=bank, radius=found.radius, items=items)


def decisions_of(node: "Node", caller: Principal, decisions: Sequence[Decision]) -> list[DecisionShape]:
    """Decisions as far as the caller may know the banks and entries that they are about."""
    return [DecisionShape.of(made, hidden) for made, hidden in decisions_known(node, caller, decisions)]


def _decision(node: "Node", caller: Principal, made: Decision) -> DecisionShape:
    return decisions_of(node, caller, [made])[0]
