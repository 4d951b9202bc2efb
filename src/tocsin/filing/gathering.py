"""Everything that is on record of a case, from the places where it is kept, as one state of the database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.cases.model import Observation, Standpoint
from tocsin.cases.proposals import with_standpoint
from tocsin.cases.store_cases import Cases
from tocsin.cases.store_decisions import Decisions
from tocsin.cases.store_observations import Observations
from tocsin.cases.store_viewing import ViewingStore
from tocsin.filing.record import CaseRecord, ContentRecord
from tocsin.intake.model import MatchRecord, Submission, Submissions
from tocsin.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Gathering:
    """Records of cases. All of one database. Threads may share it."""

    transactions: Transactions
    cases: Cases
    decisions: Decisions
    observations: Observations
    submissions: Submissions
    looks: ViewingStore

    def record(self, case: int) -> CaseRecord:
        """All of a case. Raises UnknownCaseError."""
        with self.transactions.reading():
            found = self.cases.case(case)
            submissions = tuple(map(self.submissions.submission, self.cases.submissions(case)))
            matches = {one.id: self.submissions.matches(one.id) for one in submissions}
            by_content: defaultdict[bytes, list[Submission]] = defaultdict(list)
            for one in submissions:
                by_content[one.sha256].append(one)
            contents = tuple(
                self._content(place, sha256, by_content[sha256], matches)
                for place, sha256 in enumerate(self.cases.contents(case), 1)
                if sha256 in by_content
            )
            in_force = with_standpoint(self.decisions.of_case(case), Standpoint.IN_FORCE)
            return CaseRecord(found, in_force, submissions, contents)

    def _content(
        self,
        place: int,
        sha256: bytes,
        submissions: Sequence[Submission],
        matches: dict[str, Sequence[MatchRecord]],
    ) -> ContentRecord:
        return ContentRecord(
            place,
            sha256,
            submissions[0].size,
            submissions[0].content,
            tuple(one.id for one in submissions),
            tuple(match for one in submissions for match in matches[one.id]),
            self._current(sha256),
            tuple(self.looks.looks(sha256)),
        )

    def _current(self, sha256: bytes) -> tuple[Observation, ...]:
        """What holds at present: a severity code that was taken back does not."""
        found = self.observations.current(sha256)
        return tuple(one for one in found if one.observed.code or not one.observed.scheme)
