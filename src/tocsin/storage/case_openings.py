"""Opening cases and putting submissions into them: `tocsin.cases.store_openings.Openings`."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from tocsin.cases.grouping import MOST_SUBMISSIONS, Key, KeyKind
from tocsin.cases.model import MAIN, Novelty, Stage, Standing, State
from tocsin.cases.store_openings import Arrival, Known, Placed
from tocsin.clock import present
from tocsin.hashing.signals import SignalType
from tocsin.storage import case_standing, times
from tocsin.storage.case_rows import NOVELTIES, place_of
from tocsin.storage.case_standing import HeldFacts
from tocsin.storage.database import Database, Row

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

MOST_MATCHES: Final = 2_000
"""Matches of a submission that are looked at."""
MOST_CATEGORIES: Final = 200
"""Of one case."""
MOST_LINKS: Final = 10
_LABEL_LENGTH: Final = 300
_NEWEST: Final = 20
"""Cases looked at for one that takes a submission: older ones than these are full, or somebody's."""
_CONTENT = """
    SELECT content.id, content.kind FROM submission JOIN content ON content.id = submission.content_id
    WHERE submission.number = ?"""
_MATCHES = """
    SELECT member, type, detail FROM submission_match WHERE submission = ? AND suppressed = 0
    ORDER BY id LIMIT ?"""
_MEMBERS = "SELECT COUNT(*) FROM content_member WHERE content_id = ?"
_MEMBER_KINDS = """
    SELECT DISTINCT kind FROM content_member WHERE content_id = ? AND kind <> '' ORDER BY kind"""
_CASE_OF = """
    SELECT review_case.number, review_case.state, case_submission.because, EXISTS (
        SELECT 1 FROM decision WHERE decision.case_number = review_case.number
        AND decision.standpoint = 'in_force' AND decision.outcome = 'report')
    FROM case_submission JOIN review_case ON review_case.number = case_submission.case_number
    WHERE case_submission.submission = ? ORDER BY case_submission.case_number DESC LIMIT 1"""
_TAKES = f"stage = 'first' AND submissions < {MOST_SUBMISSIONS}"
_WITH_CONTENT = f"""
    SELECT number, state FROM review_case WHERE number IN (
        SELECT case_number FROM case_content WHERE content_id = ? ORDER BY case_number DESC LIMIT {_NEWEST})
    AND state IN ('waiting', 'claimed') AND {_TAKES} ORDER BY number DESC LIMIT 1"""
_WITH_KEY = f"""
    SELECT number, state FROM review_case WHERE number IN (
        SELECT case_number FROM case_key WHERE digest = ? ORDER BY case_number DESC LIMIT {_NEWEST})
    AND state = 'waiting' AND {_TAKES} ORDER BY number DESC LIMIT 1"""
_OF_CONTENTS = """
    SELECT case_content.case_number FROM case_content JOIN content ON content.id = case_content.content_id
    WHERE content.sha256 IN ({values}) ORDER BY case_content.case_number DESC"""
_TAKING = f"""
    SELECT number FROM review_case WHERE number IN ({{values}}) AND state = 'waiting' AND {_TAKES}
    ORDER BY number DESC"""
_OPEN = """
    INSERT INTO review_case (opened, queue, state, stage, turn, rank, due, standing, said_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number"""
_ADD_SUBMISSION = """
    INSERT INTO case_submission (case_number, submission, because) VALUES (?, ?, ?)
    ON CONFLICT (case_number, submission) DO NOTHING"""
_COUNT_SUBMISSION = "UPDATE review_case SET submissions = submissions + 1 WHERE number = ?"
_ADD_CONTENT = """
    INSERT INTO case_content (case_number, content_id, novelty) VALUES (?, ?, ?)
    ON CONFLICT (case_number, content_id) DO UPDATE SET novelty = excluded.novelty"""
_ADD_KEY = """
    INSERT INTO case_key (digest, case_number, kind) VALUES (?, ?, ?)
    ON CONFLICT (digest, case_number) DO NOTHING"""
_CATEGORIES = "SELECT category FROM case_category WHERE case_number = ?"
_ADD_CATEGORY = """
    INSERT INTO case_category (case_number, category) VALUES (?, ?)
    ON CONFLICT (case_number, category) DO NOTHING"""
_CLAIMED = "SELECT standing FROM review_case WHERE number = ? AND state = 'claimed'"
_GROWN = "UPDATE review_case SET grown = 1 WHERE number = ?"
_STRANGE = """
    SELECT 1 FROM submission_match AS ours WHERE ours.submission = ? AND ours.suppressed = 0
    AND NOT EXISTS (
        SELECT 1 FROM case_submission JOIN submission_match ON submission_match.submission =
            case_submission.submission
        WHERE case_submission.case_number = ? AND case_submission.submission <> ours.submission
            AND submission_match.entry_id = ours.entry_id AND submission_match.suppressed = 0)
    LIMIT 1"""
_LINK = """
    INSERT INTO case_link (case_number, other, because) VALUES (?, ?, 'near')
    ON CONFLICT (case_number, other) DO NOTHING"""
_EARLIER = """
    SELECT number, id FROM submission WHERE number > ? AND matched IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM case_submission WHERE case_submission.submission = submission.number)
    ORDER BY number LIMIT ?"""
_EXACT: Final = frozenset(one.value for one in SignalType if one.exact)


class OpeningStore:
    """Opens cases in one database. Every method takes part in the caller's transaction."""

    def __init__(
        self,
        database: Database,
        facts: HeldFacts | None = None,
        clock: Callable[[], datetime] = present,
    ) -> None:
        """Open cases in `database`; `facts` holds what people observed."""
        self._database = database
        self._facts = facts
        self._clock = clock

    def known(self, submission: int) -> Known:
        """What is on record of the submission of that number."""
        with self._database.reading():
            content, kind = self._database.rows(_CONTENT, (submission,))[0]
            matches = self._database.rows(_MATCHES, (submission, MOST_MATCHES))
            members = self._database.number(_MEMBERS, (content,))
            inside = [one for (one,) in self._database.rows(_MEMBER_KINDS, (content,))] if members else []
        return Known(
            submission,
            content,
            _novelty(matches, members),
            bool(matches),
            (kind or "file", *inside, *_labels(detail for _, _, detail in matches)),
        )

    def case_of(self, submission: int) -> Placed | None:
        """The newest case that a submission is in."""
        with self._database.reading():
            row = self._database.row(_CASE_OF, (submission,))
        return None if row is None else Placed(row[0], State(row[1]), row[2], bool(row[3]))

    def joinable(self, content: int, keys: Sequence[Key], near: Collection[bytes]) -> Placed | None:
        """The case that a submission belongs into, if there is one that takes it (see Openings)."""
        with self._database.reading():
            if row := self._database.row(_WITH_CONTENT, (content,)):
                return Placed(row[0], State(row[1]), "content")
            for key in keys:
                if key.kind is not KeyKind.NAME and (row := self._database.row(_WITH_KEY, (key.digest,))):
                    return Placed(row[0], State(row[1]), key.kind.value)
            if near and (number := self._taking_near(near)):
                return Placed(number, State.WAITING, "near")
        return None

    def _taking_near(self, near: Collection[bytes]) -> int | None:
        """The newest case with one of these contents that takes another one."""
        cases = self._with_contents(near)[: 10 * _NEWEST]
        return max((row[0] for row in self._database.rows_among(_TAKING, (), cases)), default=None)

    def _with_contents(self, sha256s: Collection[bytes]) -> list[int]:
        """The numbers of the cases with one of these contents, newest first."""
        rows = self._database.rows_among(_OF_CONTENTS, (), sorted(sha256s))
        return sorted({row[0] for row in rows}, reverse=True)

    def open(self, arrival: Arrival, near: Collection[bytes]) -> int:
        """Open a case with a submission in it, linked with the cases of what resembles it; its number."""
        now = times.to_number(self._clock())
        # What it says of danger counts as it joins.
        standing = Standing(times.from_number(now), novelty=arrival.known.novelty, due=arrival.due)
        place = place_of(standing, None)
        with self._database.writing():
            links = self._with_contents(near)[:MOST_LINKS] if near else []
            number = self._database.number(_OPEN, (now, MAIN, State.WAITING.value, Stage.FIRST.value, *place))
            self._database.change_many(_LINK, [(number, other) for other in links])
            self._database.change_many(_LINK, [(other, number) for other in links])
            self.join(number, arrival, "opened")
        return number

    def join(self, number: int, arrival: Arrival, because: str, *, news: bool = False) -> None:
        """Put a submission into a case, or note what has become known of one that is in it (see Openings)."""
        known = arrival.known
        with self._database.writing():
            before = self._database.row(_CLAIMED, (number,))
            if self._database.change(_ADD_SUBMISSION, (number, known.submission, because)):
                self._database.change(_COUNT_SUBMISSION, (number,))
                news = before is not None and self._strange(number, known.submission)
            novelty = NOVELTIES.index(known.novelty)
            self._database.change(_ADD_CONTENT, (number, known.content, novelty))
            self._database.change_many(
                _ADD_KEY, [(key.digest, number, key.kind.value) for key in arrival.keys]
            )
            self._categorise(number, known.categories)
            case_standing.restand(
                self._database, self._facts, number, said_by=arrival.danger_said_by, due=arrival.due
            )
            if before is not None and (news or before != self._database.row(_CLAIMED, (number,))):
                self._database.change(_GROWN, (number,))

    def _strange(self, number: int, submission: int) -> bool:
        """Whether a submission matched what nothing else in the case did."""
        return self._database.row(_STRANGE, (submission, number)) is not None

    def _categorise(self, number: int, categories: Sequence[str]) -> None:
        there = {row[0] for row in self._database.rows(_CATEGORIES, (number,))}
        new = [one for one in dict.fromkeys(categories) if one not in there]
        new = new[: max(0, MOST_CATEGORIES - len(there))]
        self._database.change_many(_ADD_CATEGORY, [(number, one) for one in new])

    def earlier(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Number and id of submissions that were matched and are in no case, after that number."""
        with self._database.reading():
            return [(number, name) for number, name in self._database.rows(_EARLIER, (after, limit))]


def _novelty(matches: Iterable[Row], members: int) -> Novelty:
    """How well a content is known: an archive only as well as the newest file in it."""
    best: dict[int, Novelty] = {}
    for member, kind, _ in matches:
        found = Novelty.KNOWN if kind in _EXACT else Novelty.NEAR
        best[member] = max(found, best.get(member, found), key=NOVELTIES.index)
    if best.get(0) is Novelty.KNOWN or (best and not members):
        return best[0]
    if not best or len(best) < members:
        return Novelty.NEW
    return min(best.values(), key=NOVELTIES.index)


def _labels(details: Iterable[str]) -> list[str]:
    """The labels of what matched, as categories that people may opt out of."""
    found: dict[str, None] = {}
    for detail in details:
        for label in json.loads(detail)["labels"]:
            found[f"{label['scheme']}:{label['code']}"[:_LABEL_LENGTH]] = None
    return list(found)
