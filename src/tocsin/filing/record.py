"""All that is on record of a decided case: what drafts, forms and duties are worked out from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tocsin.cases.model import Case, Decision, Observation, Outcome
from tocsin.cases.store_viewing import Look
from tocsin.content.model import Content
from tocsin.filing.errors import NotToBeReportedError
from tocsin.filing.model import Subject
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
    def subjects(self) -> tuple[Subject, ...]:
        """Whom its submissions are about, each once, in their order."""
        return tuple(dict.fromkeys(map(subject_of, self.submissions)))

    def subject(self, account: str, platform: str = "") -> Subject:
        """Whom a report about an account is about; the platform need not be named where only one has it.

        Raises NotToBeReportedError.
        """
        found = [one for one in self.subjects if one.account == account]
        if (named := Subject(platform, account)) in found:
            return named
        if platform or not found:
            where = f" on {platform}" if platform else ""
            message = f"no submission of case {self.case.number} is of that account{where}"
            raise NotToBeReportedError(message)
        return _only(found)

    def platform(self, platform: str = "") -> str:
        """Where a report about several accounts is about; it need not be named where there is only one.

        Raises NotToBeReportedError.
        """
        found = list(dict.fromkeys(replace(one, account="") for one in self.subjects))
        if (named := Subject(platform, "")) in found:
            return named.platform
        if platform:
            message = f"no submission of case {self.case.number} is of {platform}"
            raise NotToBeReportedError(message)
        return _only(found).platform

    def decision_to_report(self) -> Decision:
        """The decision in force, which is to report. Raises NotToBeReportedError where it is not."""
        if self.decision is None or self.decision.proposal.outcome is not Outcome.REPORT:
            message = f"case {self.case.number} has no decision to report in force"
            raise NotToBeReportedError(message)
        return self.decision


def subject_of(submission: Submission) -> Subject:
    """Whom a submission is about."""
    return Subject(submission.context.platform, submission.context.account)


def _only(found: Sequence[Subject]) -> Subject:
    if len(found) > 1:
        platforms = ", ".join(one.platform or "one without a name" for one in found)
        message = f"the case has that on several platforms: name one of {platforms}"
        raise NotToBeReportedError(message)
    return found[0]
