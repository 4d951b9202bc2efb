"""Banks, their entries, and opinions of these. Hashes are for those with the right `read` in a bank."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Self

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field

from tocsin.access.model import Permission, Right
from tocsin.banks.model import (
    DEFAULT_QUALITY_FLOOR,
    DEFAULT_RADIUS,
    MAX_RADIUS,
    Bank,
    BankKind,
    Entry,
    EntryDraft,
    Origin,
    Policy,
)
from tocsin.banks.opinions import Opinion, Verdict
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.web.api.shapes import (
    LARGEST,
    PAGE,
    Given,
    LabelShape,
    Limit,
    Name,
    Number,
    SignalShape,
    Text,
)
from tocsin.web.bank_rights import known_bank, may_know
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

if TYPE_CHECKING:
    from tocsin.banks.store import BankCounts

operations = Operations("banks")
MOST_DRAFTS: Final = 1000
BankName = Annotated[str, Path(max_length=200, description="The bank's name.")]
After = Annotated[int, Query(ge=0, le=LARGEST, description="The `next` of the page before.")]
EntryNumber = Annotated[Number, Path(description="The entry's number.")]


class PolicyGiven(Given):
    """How a bank is to be matched, and what may be done with it."""

    kind: Annotated[BankKind, Field(strict=False)] = BankKind.MATCH
    radius: Annotated[int, Field(ge=0, le=MAX_RADIUS)] = DEFAULT_RADIUS
    quality_floor: Annotated[int, Field(ge=0, le=100)] = DEFAULT_QUALITY_FLOOR
    purpose: Text = ""
    onward_sharing: Text = ""

    def policy(self) -> Policy:
        """The policy."""
        return Policy(self.kind, self.radius, self.quality_floor, self.purpose, self.onward_sharing)


class BankGiven(PolicyGiven):
    """A bank to be made."""

    name: Name


class PolicyChanges(Given):
    """What to change of a bank's policy; what is left out stays."""

    kind: Annotated[BankKind, Field(strict=False)] | None = None
    radius: Annotated[int, Field(ge=0, le=MAX_RADIUS)] | None = None
    quality_floor: Annotated[int, Field(ge=0, le=100)] | None = None
    purpose: Text | None = None
    onward_sharing: Text | None = None


class BankShape(BaseModel):
    """A bank."""

    name: str
    kind: BankKind
    radius: int
    quality_floor: int
    purpose: str
    onward_sharing: str
    created: datetime
    entries: int | None
    """For those with the right `read` in it."""
    withdrawn: int | None


class BankList(BaseModel):
    """The banks in which the caller has a right."""

    items: list[BankShape]


class SignalGiven(Given):
    """One of an entry's signals."""

    type: Annotated[SignalType, Field(strict=False)]
    value: Annotated[str, Field(pattern="^([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$")]
    quality: Annotated[int, Field(ge=0, le=100)] | None = None
    dialect: Annotated[Dialect, Field(strict=False)] | None = None

    def signal(self) -> Signal:
        """The signal. Raises InvalidSignalError."""
        value = bytes.fromhex(self.value)
        if self.type.exact:
            return Signal(self.type, value)
        return Signal(self.type, value, self.quality, None, self.dialect, Orientation.UPRIGHT)


class OriginShape(BaseModel):
    """Whose list an entry is from, which member contributed it, and its id there."""

    source: Text = ""
    member: Text = ""
    id: Text = ""

    @classmethod
    def of(cls, origin: Origin) -> Self:
        """The shape of an origin."""
        return cls(source=origin.source, member=origin.member, id=origin.id)


class DraftGiven(Given):
    """An entry to be added."""

    signals: Annotated[list[SignalGiven], Field(min_length=1, max_length=20)]
    origin: OriginShape = OriginShape()
    labels: list[LabelShape] = Field(default=[], max_length=100)

    def draft(self) -> EntryDraft:
        """The draft. Raises InvalidSignalError."""
        return EntryDraft(
            tuple(one.signal() for one in self.signals),
            Origin(self.origin.source, self.origin.member, self.origin.id),
            tuple(one.label() for one in self.labels),
        )


class DraftsGiven(Given):
    """Entries to be added: all of them, or none if one is wrong."""

    entries: Annotated[list[DraftGiven], Field(min_length=1, max_length=MOST_DRAFTS)]


class Added(BaseModel):
    """What became of entries that were sent."""

    entries: list[int]
    """Their numbers, in the order sent; one that was there already keeps the number it has."""
    added: int
    already_there: int
    still_withdrawn: int


class EntryShape(BaseModel):
    """One known item in a bank."""

    id: int
    bank: str
    signals: list[SignalShape]
    origin: OriginShape
    labels: list[LabelShape]
    added: datetime
    withdrawn: datetime | None
    withdrawn_reason: str


class EntryPage(BaseModel):
    """Some entries of a bank, in the order added."""

    items: list[EntryShape]
    next: int | None
    """For `after`; null where there are no more."""


class Reason(Given):
    """Why."""

    reason: Annotated[Text, Field(min_length=1)]


class OpinionGiven(Given):
    """What somebody says of an entry."""

    verdict: Annotated[Verdict, Field(strict=False)]
    reason: Text = ""


class OpinionShape(BaseModel):
    """An opinion of an entry."""

    id: int
    entry: int
    time: datetime
    author: str
    verdict: Verdict
    reason: str

    @classmethod
    def of(cls, opinion: Opinion) -> Self:
        """The shape of an opinion."""
        return cls(
            id=opinion.id,
            entry=opinion.entry,
            time=opinion.time,
            author=opinion.author,
            verdict=opinion.verdict,
            reason=opinion.reason,
        )


class OpinionPage(BaseModel):
    """Some opinions, oldest first."""

    items: list[OpinionShape]
    next: int | None


@operations.operation("GET", "/v1/banks", needs=(Permission.READ_BANKS, Permission.MANAGE_BANKS))
def list_banks(request: Request, caller: Caller) -> BankList:
    """List the banks in which the caller has a right; all of them for who may manage banks."""
    home = node_of(request).banks
    shown = [bank for bank in home.banks() if may_know(caller, bank.name)]
    return BankList(items=[_bank(request, bank, caller) for bank in shown])


@operations.operation("POST", "/v1/banks", needs=Permission.MANAGE_BANKS, status=201, answers=(409,))
def create_bank(request: Request, caller: Caller, given: BankGiven) -> BankShape:
    """Make a bank."""
    bank = node_of(request).curation.create_bank(caller, given.name, given.policy())
    return _bank(request, bank, caller)


@operations.operation(
    "GET", "/v1/banks/{bank}", needs=(Permission.READ_BANKS, Permission.MANAGE_BANKS), answers=(404,)
)
def read_bank(request: Request, caller: Caller, bank: BankName) -> BankShape:
    """Read a bank."""
    return _bank(request, known_bank(node_of(request), caller, bank), caller)


@operations.operation("PATCH", "/v1/banks/{bank}", needs=Permission.MANAGE_BANKS, answers=(404,))
def change_bank(request: Request, caller: Caller, bank: BankName, changes: PolicyChanges) -> BankShape:
    """Change a bank's policy; it counts for every match from then on."""
    node = node_of(request)
    with node.database.writing():
        old = node.banks.bank(bank).policy
        policy = replace(old, **changes.model_dump(exclude_none=True))
        found = node.curation.set_policy(caller, bank, policy)
    return _bank(request, found, caller)


@operations.operation(
    "DELETE",
    "/v1/banks/{bank}",
    needs=Permission.MANAGE_BANKS,
    status=204,
    answers=(404,),
    response_model=None,
)
def remove_bank(request: Request, caller: Caller, bank: BankName) -> None:
    """Delete a bank with its entries for good."""
    node_of(request).curation.remove_bank(caller, bank)


@operations.operation("GET", "/v1/banks/{bank}/entries", needs=Permission.READ_BANKS, answers=(404,))
def list_entries(
    request: Request,
    caller: Caller,
    bank: BankName,
    *,
    after: After = 0,
    limit: Annotated[Limit, Query()] = PAGE,
) -> EntryPage:
    """List a bank's entries, withdrawn ones included; needs the right `read` in it."""
    home = node_of(request).banks
    known_bank(node_of(request), caller, bank)
    caller.demand_in(bank, Right.READ)
    items = [entry_shape(one) for one in home.page(bank, after=after, limit=limit)]
    return EntryPage(items=items, next=_next(items, limit))


@operations.operation("POST", "/v1/banks/{bank}/entries", needs=Permission.CURATE, status=201, answers=(404,))
def add_entries(request: Request, caller: Caller, bank: BankName, given: DraftsGiven) -> Added:
    """Add entries to a bank in which one has the right `curate`; they are matched at once."""
    result = node_of(request).curation.add(caller, bank, [one.draft() for one in given.entries])
    return Added(
        entries=list(result.entry_ids),
        added=result.added,
        already_there=result.already_there,
        still_withdrawn=result.still_withdrawn,
    )


@operations.operation("GET", "/v1/entries/{entry}", needs=Permission.READ_BANKS, answers=(404,))
def read_entry(request: Request, caller: Caller, entry: EntryNumber) -> EntryShape:
    """Read an entry of a bank in which one has the right `read`."""
    return entry_shape(node_of(request).curation.readable(caller, entry))


@operations.operation("POST", "/v1/entries/{entry}/withdraw", needs=Permission.CURATE, answers=(404,))
def withdraw_entry(request: Request, caller: Caller, entry: EntryNumber, given: Reason) -> EntryShape:
    """Withdraw an entry: kept, but matched no more."""
    return entry_shape(node_of(request).curation.withdraw(caller, entry, given.reason))


@operations.operation("POST", "/v1/entries/{entry}/reinstate", needs=Permission.CURATE, answers=(404,))
def reinstate_entry(request: Request, caller: Caller, entry: EntryNumber) -> EntryShape:
    """Undo a withdrawal."""
    return entry_shape(node_of(request).curation.reinstate(caller, entry))


@operations.operation(
    "POST", "/v1/entries/{entry}/opinions", needs=Permission.GIVE_OPINIONS, status=201, answers=(404,)
)
def give_opinion(request: Request, caller: Caller, entry: EntryNumber, given: OpinionGiven) -> OpinionShape:
    """Say what one thinks of an entry; nothing else changes by that."""
    return OpinionShape.of(node_of(request).curation.give_opinion(caller, entry, given.verdict, given.reason))


@operations.operation("GET", "/v1/entries/{entry}/opinions", needs=Permission.READ_BANKS, answers=(404,))
def list_opinions(
    request: Request,
    caller: Caller,
    entry: EntryNumber,
    *,
    after: After = 0,
    limit: Annotated[Limit, Query()] = PAGE,
) -> OpinionPage:
    """List what was said of an entry, oldest first."""
    curation = node_of(request).curation
    curation.readable(caller, entry)
    items = [OpinionShape.of(one) for one in curation.opinions.of(entry, after=after, limit=limit)]
    return OpinionPage(items=items, next=_next(items, limit))


def entry_shape(entry: Entry) -> EntryShape:
    """The shape of an entry."""
    return EntryShape(
        id=entry.id,
        bank=entry.bank,
        signals=[SignalShape.of(one) for one in entry.signals],
        origin=OriginShape.of(entry.origin),
        labels=[LabelShape.of(one) for one in entry.labels],
        added=entry.added,
        withdrawn=entry.withdrawn,
        withdrawn_reason=entry.withdrawn_reason,
    )


def _bank(request: Request, bank: Bank, caller: Caller) -> BankShape:
    counts: BankCounts | None = None
    if caller.may_in(bank.name, Right.READ):
        counts = node_of(request).banks.counts(bank.name)
    return BankShape(
        name=bank.name,
        kind=bank.policy.kind,
        radius=bank.policy.radius,
        quality_floor=bank.policy.quality_floor,
        purpose=bank.policy.purpose,
        onward_sharing=bank.policy.onward_sharing,
        created=bank.created,
        entries=None if counts is None else counts.entries,
        withdrawn=None if counts is None else counts.withdrawn,
    )


def _next(items: "list[EntryShape] | list[OpinionShape]", limit: int) -> int | None:
    return items[-1].id if len(items) == limit else None
