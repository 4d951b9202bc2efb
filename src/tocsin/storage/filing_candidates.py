"""What is to be drafted: `tocsin.filing.drafting.Candidates` on either database."""

from typing import Final

from tocsin.filing.drafting import ToDraft
from tocsin.filing.model import Authority, Subject
from tocsin.storage import times
from tocsin.storage.database import Database

_TO_DRAFT: Final = """
    SELECT DISTINCT decision.case_number, submission.platform, submission.account,
        COALESCE(decision.second_time, decision.time),
        EXISTS (SELECT 1 FROM filing WHERE filing.case_number = decision.case_number
            AND filing.platform = submission.platform
            AND (filing.account = submission.account OR filing.kind = 'batched')
            AND filing.kind IN ('text', 'batched') AND filing.authority = ? AND filing.state <> 'retracted')
    FROM decision
    JOIN case_submission ON case_submission.case_number = decision.case_number
    JOIN submission ON submission.number = case_submission.submission
    WHERE decision.standpoint = 'in_force' AND decision.outcome = 'report' AND NOT EXISTS (
        SELECT 1 FROM filing WHERE filing.case_number = decision.case_number
            AND filing.platform = submission.platform
            AND filing.account = submission.account AND filing.kind NOT IN ('text', 'batched')
            AND filing.authority = ? AND filing.state <> 'retracted')
    ORDER BY 4 DESC, 1 DESC, 2, 3 LIMIT ?"""


class CandidateStore:
    """Finds decided cases without filings in one database."""

    def __init__(self, database: Database) -> None:
        """Use the tables of `database`."""
        self._database = database

    def to_draft(self, authority: Authority, limit: int) -> list[ToDraft]:
        """Accounts of cases with a decision to report in force, without a filing that was not given up.

        Also those that one without files, or a batched one, may be about (`partly`).
        """
        with self._database.reading():
            found = self._database.rows(_TO_DRAFT, (authority.value, authority.value, limit))
        return [
            ToDraft(case, Subject(platform, account), times.from_number(decided), bool(partly))
            for case, platform, account, decided, partly in found
        ]
