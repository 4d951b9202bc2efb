"""Cases being opened for what was submitted: for matches, for what a context asks, or for everything."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tocsin.cases.grouping import keys_of
from tocsin.cases.model import State
from tocsin.cases.store_openings import Arrival
from tocsin.evidence.ledger import Event
from tocsin.hashing.signals import Orientation, SignalType
from tocsin.law.errors import NotInForceError, UnknownRuleError

if TYPE_CHECKING:
    from tocsin.cases.store_openings import Known, Openings
    from tocsin.content.model import Content
    from tocsin.evidence.ledger import Ledger
    from tocsin.hashing.signals import Signal
    from tocsin.intake.model import Context, Submission, Submissions
    from tocsin.intake.retroactive import Earlier
    from tocsin.law.packs import Packs
    from tocsin.media.sandbox import JsonObject
    from tocsin.transactions import Transactions

_LOG = logging.getLogger(__name__)
NODE: Final = "node"
RADIUS: Final = 31
"""Bits within which two contents count as copies of each other (PDQ's own recommendation)."""
QUALITY: Final = 50
"""What is plainer than this resembles too much: it is never put together by its looks."""
MOST_NEAR: Final = 200
"""Signals of earlier contents, for each of a content's own, that are looked at: the newest."""
Due = Callable[[str, datetime], datetime | None]
"""When the duty of a rule falls due for something received then; `tocsin.law.duties.due`."""


def due_by_law(rule: str, received: datetime, packs: "Packs | None" = None) -> datetime | None:
    """When a duty of the rule packs (else those shipped) falls due. A rule they do not hold has no date."""
    from tocsin.law.duties import due  # noqa: PLC0415  # packs are only read where somebody asks for a rule

    try:
        return due(rule, received, packs)
    except (UnknownRuleError, NotInForceError) as error:
        _LOG.warning("a notice names a rule without a date: %s", error.message)
        return None


class Casework:
    """Opens cases; what examines and matches submissions calls it in its transactions."""

    def __init__(  # noqa: PLR0913  # the rooms it works between
        self,
        transactions: "Transactions",
        openings: "Openings",
        submissions: "Submissions",
        ledger: "Ledger",
        earlier: "Earlier | None" = None,
        *,
        due: Due = due_by_law,
        open_all: bool = False,
    ) -> None:
        """Open cases in `openings`; with `open_all` for every submission, whether anything matched or not.

        Without `earlier`, near copies are not put together.
        """
        self._transactions = transactions
        self._openings = openings
        self._submissions = submissions
        self._ledger = ledger
        self._earlier = earlier
        self._due = due
        self._open_all = open_all

    def resembling(self, submission: "Submission", content: "Content", *, matched: bool) -> Sequence[bytes]:
        """The SHA-256 of earlier contents that resemble one, where a case may have to be opened for it.

        Not inside a transaction. `matched`: whether something matched that is not suppressed.
        """
        if self._earlier is None or not self._why(submission.context, matched=matched):
            return ()
        signals = _appearance(content)
        if not signals or self._has_place(submission):
            return ()
        found = self._earlier.resembling(signals, RADIUS, newest=MOST_NEAR)
        return [sha256 for sha256, _ in found if sha256 != submission.sha256]

    def _has_place(self, submission: "Submission") -> bool:
        """Whether there is a case for a submission already, without any look at what resembles it."""
        if self._openings.case_of(submission.number) is not None:
            return True
        content = self._openings.known(submission.number).content
        return self._openings.joinable(content, keys_of(submission.context), ()) is not None

    def matched(
        self, submission: "Submission", near: Sequence[bytes] = (), *, news: bool = True
    ) -> int | None:
        """Put a submission that has been matched into a case, if it is to be in one; the case's number.

        Runs in the caller's transaction. `near`: what `resembling` gave. `news`: whether something matched
        that had not before; without that nothing is opened for a submission that is in a case.
        """
        with self._transactions.writing():
            known = self._openings.known(submission.number)
            arrival = self._arrival(submission, known)
            placed = self._openings.case_of(submission.number)
            if placed is not None:
                if placed.state is not State.DECIDED:
                    self._openings.join(placed.number, arrival, placed.because, news=news)
                    return placed.number
                if not news or placed.reported:
                    return placed.number
            why = self._why(submission.context, matched=known.matched)
            if not why:
                return None
            return self._place(submission, arrival, near, why)

    def _place(
        self, submission: "Submission", arrival: Arrival, near: Sequence[bytes], why: Sequence[str]
    ) -> int:
        """Put a submission into a case that takes it, or open one."""
        place = self._openings.joinable(arrival.known.content, arrival.keys, near)
        if place is not None:
            self._openings.join(place.number, arrival, place.because)
            detail: JsonObject = {"submission": submission.id, "because": place.because}
            self._ledger.append(Event("case.joined", NODE, f"case:{place.number}", detail))
            return place.number
        number = self._openings.open(arrival, near)
        detail = {"submission": submission.id, "for": [*why]}
        if "notice" in why:
            detail |= {"notice": str((submission.context.given or {})["notice"])}
        self._ledger.append(Event("case.opened", NODE, f"case:{number}", detail))
        return number

    def open_for(self, submissions: Sequence[str]) -> list[int]:
        """Open cases for submissions that were matched before there were any; the cases they are in.

        Each in a transaction of its own: stopped half-way and begun again, it goes on. Raises
        UnknownSubmissionError.
        """
        found = []
        for one in submissions:
            submission = self._submissions.submission(one)
            if submission.content is None or submission.matched is None:
                continue  # it will be put into a case when it is
            matched = self._openings.known(submission.number).matched
            near = self.resembling(submission, submission.content, matched=matched)
            number = self.matched(submission, near, news=False)
            found += [] if number is None else [number]
        return found

    def open_earlier(self, after: int = 0, limit: int = 100) -> tuple[int | None, int]:
        """Open cases for earlier submissions that are in none, `limit` of them after that number.

        The number to go on after, None at the end; and how many of these were put into cases.
        """
        some = self._openings.earlier(after, limit)
        opened = len(self.open_for([one for _, one in some]))
        return (some[-1][0] if len(some) == limit else None), opened

    def _arrival(self, submission: "Submission", known: "Known") -> Arrival:
        given = submission.context.given or {}
        notice = given.get("notice")
        return Arrival(
            known,
            keys_of(submission.context),
            danger_said_by=submission.submitter if given.get("danger") is True else "",
            due=self._due(notice, submission.received) if isinstance(notice, str) and notice else None,
        )

    def _why(self, context: "Context", *, matched: bool) -> list[str]:
        """Why a case is opened, as the ledger says it; empty where none is."""
        given = context.given or {}
        reasons = {
            "match": matched,
            "danger": given.get("danger") is True,
            "review": given.get("review") is True,
            "notice": bool(given.get("notice")),
        }
        why = [reason for reason, holds in reasons.items() if holds]
        return why or (["setting"] if self._open_all else [])


def _appearance(content: "Content") -> "list[Signal]":
    """The signals that copies of a content are found by."""
    return [
        one
        for one in content.signals
        if one.type is SignalType.PDQ
        and one.orientation in {None, Orientation.UPRIGHT}
        and one.view in {None, "picture", "on-white"}
        and (one.quality is None or one.quality >= QUALITY)
    ]
