"""All that is on record of a decided case: what drafts, forms and duties are worked out from."""

from dataclasses import dataclass

from tocsin.cases.model import Case, Decision, Observation, Outcome
from tocsin.cases.store_viewing import Look
from tocsin.content.model import Content
from tocsin.filing.errors import NotToBeReportedError
from tocsin.intake.model import MatchRecord, Submission


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """One content of a case."""

    place: int
    """In the case, from 1."""
    sha256: bytes
    size: int
    content: Content | None
    """What examining it gave: signals, findings, format."""
    submissions: tuple[str, ...]
    """The ids of its submissions in this case."""
    matches: tuple[MatchRecord, ...]
    observations: tuple[Observation, ...]
    """Those that hold at present."""
    looks: tuple[Look, ...]
    """Every look at an original of it, oldest first."""


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One case."""

    case: Case
    decision: Decision | None
    """The one in force."""
    submissions: tuple[Submission, ...]
    contents: tuple[ContentRecord, ...]

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts (`Context.account`) that its submissions name, each once, in their order."""
        return tuple(dict.fromkeys(one.context.account for one in self.submissions))

    def decision_to_report(self) -> Decision:
        """The decision in force, which is to report. Raises NotToBeReportedError where it is not."""
        if self.decision is None or self.decision.proposal.outcome is not Outcome.REPORT:
            message = f"case {self.case.number} has no decision to report in force"
            raise NotToBeReportedError(message)
        return self.decision
