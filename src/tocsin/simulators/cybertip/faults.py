"""The troubles that a simulated authority can make, and when it makes them."""

import random
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """The calls of the API, by the last part of their path."""

    STATUS = "status"
    XSD = "xsd"
    SUBMIT = "submit"
    UPLOAD = "upload"
    FILEINFO = "fileinfo"
    FINISH = "finish"
    RETRACT = "retract"
    OTHER = "other"
    """A path that is not of the API."""


class Moment(StrEnum):
    """When the trouble comes."""

    DURING = "during"
    """While the request comes in: `size` bytes of its body are read. Nothing happens at the authority."""
    BEFORE = "before"
    """The request came whole. Nothing happens at the authority (but see `Kind.LATE`)."""
    AFTER = "after"
    """It happened; only the answer suffers."""


class Kind(StrEnum):
    """What goes wrong."""

    CODE = "code"
    """The answer has `code`, with its HTTP status or `status`."""
    HTML = "html"
    """The answer is a page of HTML with `status`, as of a proxy in between; a redirection, if it is 3xx."""
    UNAUTHORIZED = "unauthorized"
    """The answer is 401 with nothing in it."""
    CUT = "cut"
    """The connection is closed without an answer."""
    RESET = "reset"
    """The connection is reset without an answer."""
    HANG = "hang"
    """No answer for `seconds` (0: as long as the simulator lives), then the connection is closed."""
    LATE = "late"
    """The answer comes after `seconds`. BEFORE: what was asked for is done only then, too."""
    TRUNCATED = "truncated"
    """`size` bytes of the answer's body come, then the connection is closed. BEFORE: of a code 1000."""
    CLIPPED = "clipped"
    """The same, but the length is as announced: only the XML is broken."""
    BARE = "bare"
    """The answer says 0 and leaves out what it should say besides: reportId, fileId, hash."""
    WRONG_MD5 = "wrong md5"
    """The file is damaged on its way: the authority has, and answers with, another MD5."""
    SLOW = "slow"
    """The request is read slowly, over `seconds`; then it is done."""
    HUGE = "huge"
    """The answer is followed by `size` blanks."""
    JUMP = "jump"
    """The clock jumps ahead by `seconds` first; then it is done."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble."""

    kind: Kind
    moment: Moment = Moment.BEFORE
    code: int = 1000
    status: int = 0
    """Of HTTP; 0 is what goes with the code, and 503 for HTML."""
    seconds: float = 0
    size: int = 40


_BOTH: Final = (Moment.BEFORE, Moment.AFTER)
EVERY_FAULT: Final = (
    *(Fault(Kind.CODE, when, code) for when in _BOTH for code in (1000, 1100, 1300)),
    *(Fault(Kind.HTML, when, status=status) for when in _BOTH for status in (502, 503)),
    *(Fault(Kind.CUT, when) for when in Moment),
    *(Fault(Kind.RESET, when) for when in _BOTH),
    *(Fault(Kind.TRUNCATED, Moment.AFTER, size=size) for size in (0, 90, 150)),
    *(Fault(Kind.CLIPPED, Moment.AFTER, size=size) for size in (0, 90, 150)),
    Fault(Kind.BARE, Moment.AFTER),
    Fault(Kind.WRONG_MD5, Moment.AFTER),
)
"""Troubles that pass, with no waiting: for runs at random."""


class Faults:
    """The plan. It may be changed at any time, from any thread."""

    def __init__(self) -> None:
        """No trouble."""
        self._lock = threading.Lock()
        self._seen: Counter[Step] = Counter()
        self.clear()

    def clear(self) -> None:
        """No more trouble. What came stays counted."""
        with self._lock:
            self._at: dict[tuple[Step, int], Fault] = {}
            self._next: dict[Step, deque[Fault | None]] = {step: deque() for step in Step}
            self._always: dict[Step, Fault | None] = {}
            self._random: random.Random | None = None
            self._left: int | None = None

    def at(self, step: Step, number: int, fault: Fault) -> None:
        """At the request of that number of this step, from 1, counted since the simulator began."""
        with self._lock:
            self._at[step, number] = fault

    def then(self, step: Step, *faults: Fault | None) -> None:
        """At the next requests of this step, one each; None is no trouble."""
        with self._lock:
            self._next[step].extend(faults)

    def always(self, fault: Fault | None, *steps: Step) -> None:
        """At every request of these steps (none named: of all), as in an outage; None ends it."""
        with self._lock:
            for step in steps or tuple(Step):
                self._always[step] = fault

    def at_random(  # what tells one run from another
        self,
        seed: int,
        share: float,
        faults: Sequence[Fault] = EVERY_FAULT,
        steps: Sequence[Step] = (Step.SUBMIT, Step.UPLOAD, Step.FILEINFO, Step.FINISH, Step.RETRACT),
        most: int | None = None,
    ) -> None:
        """At that share of the requests of these steps, but `most` times in all."""
        with self._lock:
            self._random = random.Random(seed)  # noqa: S311  # nothing secret
            self._share, self._choice, self._steps, self._left = share, tuple(faults), tuple(steps), most

    def draw(self, step: Step) -> Fault | None:
        """What goes wrong with the request that came just now."""
        with self._lock:
            self._seen[step] += 1
            if (step, self._seen[step]) in self._at:
                return self._at.pop((step, self._seen[step]))
            if self._next[step]:
                return self._next[step].popleft()
            return self._always.get(step) or self._drawn(step)

    def _drawn(self, step: Step) -> Fault | None:
        if self._random is None or step not in self._steps or self._left == 0:
            return None
        if self._random.random() >= self._share:
            return None
        if self._left is not None:
            self._left -= 1
        fault = self._random.choice(self._choice)
        if fault.kind in (Kind.TRUNCATED, Kind.CLIPPED):  # anywhere: also within a number
            return replace(fault, size=self._random.randrange(fault.size + 60))
        return fault
