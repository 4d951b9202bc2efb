"""What reports are filled from, made by hand: cases that no database holds."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from support.drafting import OURS
from tocsin.cases.model import Case, Decision, Observation, Observed, Outcome, Proposal, Stage, Standing
from tocsin.cases.model import Standpoint as StandsAs
from tocsin.cases.model import State as CaseState
from tocsin.content.model import Content
from tocsin.filing.cybertip.material import Material
from tocsin.filing.filer import Filer
from tocsin.filing.model import Kind, Subject
from tocsin.filing.record import CaseRecord, ContentRecord
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.intake.context import context_of
from tocsin.intake.model import MatchRecord, Submission

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject
    from tocsin.provenance.model import Finding

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
RECEIVED = NOW - timedelta(hours=2)


def digest(number: int) -> bytes:
    """The SHA-256 of a content."""
    return hashlib.sha256(b"content %d" % number).digest()


def content(number: int, kind: str = "image", findings: "Sequence[Finding] | None" = None) -> Content:
    """What examining a content gave."""
    pdq = [
        Signal(SignalType.PDQ, digest(number + 500), 90, "whole", dialect, Orientation.UPRIGHT)
        for dialect in Dialect
    ]
    return Content(
        kind,
        1000,
        (
            Signal(SignalType.MD5, digest(number)[:16]),
            Signal(SignalType.SHA1, digest(number)[:20]),
            Signal(SignalType.SHA256, digest(number)),
            *pdq,
        ),
        format="jpeg",
        findings=None if findings is None else tuple(findings),
    )


def submission(
    number: int, given: "JsonObject", of: int | None = None, received: datetime = RECEIVED
) -> Submission:
    """A submission of a content, which has its number unless said otherwise."""
    return Submission(
        id=f"s{number}",
        number=number,
        sha256=digest(number if of is None else of),
        size=1000,
        received=received,
        submitter="token:uploads",
        context=context_of(given),
        content=content(number if of is None else of),
        matched=received,
        job=number,
    )


def observation(number: int, sha256: bytes, observed: Observed) -> Observation:
    """An observation of a content."""
    return Observation(number, 1, sha256, observed, "person:anna", RECEIVED)


def match(entry: int, *, distance: int = 3, suppressed: bool = False, kind: str = "pdq") -> MatchRecord:
    """A match with an entry of a list."""
    said: JsonObject = {"bank": "a list", "entry": entry, "type": kind, "distance": distance, "radius": 31}
    return MatchRecord("s1", RECEIVED, False, 1, suppressed, said)  # noqa: FBT003  # not retroactive


def record(
    submissions: Sequence[Submission],
    observed: "Mapping[bytes, Sequence[Observed]] | None" = None,
    matches: "Mapping[bytes, Sequence[MatchRecord]] | None" = None,
    findings: "Sequence[Finding] | None" = None,
    false_matches: tuple[int, ...] = (),
) -> CaseRecord:
    """A case that was decided to be reported."""
    case = Case(1, RECEIVED, "main", CaseState.DECIDED, Stage.FIRST, Standing(RECEIVED), len(submissions))
    proposal = Proposal(Outcome.REPORT, false_matches=false_matches)
    decision = Decision(4, 1, proposal, "person:anna", NOW, StandsAs.IN_FORCE)
    found = []
    for place, sha256 in enumerate(dict.fromkeys(one.sha256 for one in submissions), 1):
        own = [one for one in submissions if one.sha256 == sha256]
        made = own[0].content
        if findings is not None and made is not None:
            made = content(own[0].number, findings=findings)
        told = [observation(at, sha256, one) for at, one in enumerate((observed or {}).get(sha256, ()), 1)]
        ids = tuple(one.id for one in own)
        matched = tuple((matches or {}).get(sha256, ()))
        found.append(ContentRecord(place, sha256, 1000, made, ids, matched, tuple(told), ()))
    return CaseRecord(case, decision, tuple(submissions), tuple(found))


def material(
    of: CaseRecord,
    account: str = "u-17",
    kind: Kind = Kind.REPORT,
    organisation: Filer = OURS,
    **more: object,
) -> Material:
    """What a report about an account is filled from."""
    platform = next((one.platform for one in of.subjects if one.account == account), "")
    return Material(of, Subject(platform, account), kind, "person:rita", organisation, NOW, **more)  # type: ignore[arg-type]
