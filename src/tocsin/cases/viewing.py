"""Looking at material: who may, what it costs of their limits, and the record of it before anything is shown.

A booking is one writing transaction, in which whoever writes is alone: that the case is held, that nothing of
it was judged, what is left of the day and the stretch, the booking itself and its row in the ledger. So it
does not matter how many pages, sessions or servers ask at once.
"""

import json
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from tocsin.access import names
from tocsin.access.errors import DeniedError
from tocsin.access.model import Permission, Principal
from tocsin.banks.batch import check_texts
from tocsin.cases import exposure
from tocsin.cases import preferences as setting
from tocsin.cases.allowances import Allowance, Allowances
from tocsin.cases.errors import InvalidObservationError, NotRevealableError
from tocsin.cases.exposure import GroupWeek, OwnFigures
from tocsin.cases.limits import Limits, Spent, SteadyClock
from tocsin.cases.people import LOCAL
from tocsin.cases.preferences import Preferences, Wanted
from tocsin.cases.store_viewing import (
    Held,
    Judgements,
    Look,
    NewLook,
    ReadsMetadata,
    Renders,
    ViewingStore,
)
from tocsin.evidence.errors import NotRenderedError
from tocsin.evidence.ledger import Event, Ledger
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.evidence.metadata import Metadata
    from tocsin.evidence.renditions import Picture, Region, Rendition, Timeline
    from tocsin.media.sandbox import JsonObject

__all__ = [
    "Allowance",
    "GroupWeek",
    "Inspected",
    "Look",
    "OwnFigures",
    "Preferences",
    "Revealed",
    "Viewing",
    "Wanted",
]

LONGEST_PAGE: Final = 500
"""Characters in the name of the page that a look was asked for from."""
LONGEST_REASON: Final = 1000
MOST_PARTS: Final = 1_000_000
"""Stills, or members of an archive, that can be named."""
_ORIGINAL: Final = "original"
_MOST_LOOKS: Final = (1 << 63) - 1
_PEOPLE: Final = (names.PERSON, LOCAL)


@dataclass(frozen=True, slots=True)
class Revealed:
    """A look at an original that was granted."""

    id: int
    picture: "Picture"
    seconds: int
    """How long it may be shown; less than was asked for, where less is left."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """A look at metadata that was granted."""

    id: int
    metadata: "Metadata"
    seconds: int
    """How long it may be shown."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """All looking, and everybody's limits on it. All of one database."""

    transactions: Transactions
    store: ViewingStore
    cases: Held
    judgements: Judgements
    renderer: Renders
    reader: ReadsMetadata
    ledger: Ledger
    limits: Limits = field(default_factory=Limits)
    """The organisation's."""
    zone: tzinfo = UTC
    """Whose days count."""
    languages: Collection[str] = ("en", "fr")
    clock: Callable[[], datetime] = field(default_factory=SteadyClock)

    def rendition(  # noqa: PLR0913, PLR0917  # what a picture is asked for with
        self,
        principal: Principal,
        case: int,
        claim: int,
        sha256: bytes,
        rendition: "Rendition",
        still: int = 0,
        *,
        member: int = 0,
        despite: str = "",
    ) -> "Picture":
        """A filtered preview of content of a case that the person holds.

        `member`: the number of a file in an archive, from 1. `despite`: why content that has been judged is
        to be shown; it is recorded, and holds for the claim.

        Raises DeniedError, UnknownCaseError, NotHeldError, NotRevealableError, LimitReachedError, and what
        the renderer raises. The minute counts then all the same.
        """
        self._serve(principal, case, claim, sha256, despite, member)
        return self.renderer.render(sha256, rendition, still, member=member)

    def stills(
        self, principal: Principal, case: int, claim: int, sha256: bytes, *, member: int = 0
    ) -> "Timeline":
        """How many stills there are of content of a case that the person holds; nothing is shown or booked.

        Raises as `rendition`, but for judged content and limits.
        """
        person = _person(principal, Permission.REVIEW)
        with self.transactions.writing():
            self._demand_held(person, case, claim, sha256)
        try:
            return self.renderer.stills(sha256, member=member)
        except NotRenderedError:
            with self.transactions.writing():  # they looked, and there is nothing to see
                self.store.note_seen(person, case, claim, sha256)
            raise

    def keep_showing(self, principal: Principal, case: int, claim: int, sha256: bytes) -> None:
        """Count one more minute for what stays before somebody; a page says so as long as it is in use.

        Raises as `rendition`: then it is to be taken away.
        """
        self._serve(principal, case, claim, sha256)

    def shown_again(self, principal: Principal, case: int, claim: int, sha256: bytes) -> bool:
        """Whether the person has said, under this claim, why they look at content that has been judged."""
        with self.transactions.reading():
            return self.store.second_look(principal.id, case, claim, sha256)

    def reveal(  # noqa: PLR0913, PLR0917  # what a look is recorded with
        self,
        principal: Principal,
        case: int,
        claim: int,
        sha256: bytes,
        region: "Region | None",
        seconds: int,
        page: str,
        still: int = 0,
        despite: str = "",
        *,
        member: int = 0,
    ) -> Revealed:
        """A look at an original, or a region of it: recorded and booked before it is made.

        The seconds granted are booked whole, until `ended` tells of fewer. Looks that run at the same time
        are booked one on top of the other. If the picture cannot be made, the record says so and nothing is
        booked on reveals and seconds; the minute counts. Raises as `rendition`.
        """
        part = _part(region, still, member)
        number, seconds = self._look(
            principal, case, claim, sha256, _Wish(part, member, seconds, page, despite, _ORIGINAL)
        )
        try:
            picture = self.renderer.original(sha256, region, still, member=member)
        except Exception:
            self._failed(number)
            raise
        return Revealed(number, picture, seconds)

    def metadata(  # noqa: PLR0913, PLR0917  # as reveal
        self,
        principal: Principal,
        case: int,
        claim: int,
        sha256: bytes,
        seconds: int,
        page: str,
        despite: str = "",
        *,
        member: int = 0,
    ) -> Inspected:
        """A look at the metadata of an original: texts of strangers, recorded and booked as `reveal` is.

        It is no look at the content itself. A report to an authority says that metadata was viewed only where
        a page has told (`ended`) that such a look was shown, and nothing of it was left out here. Raises as
        `reveal`, and what the reader raises.
        """
        part = {"metadata": True, **_part(None, 0, member)}
        del part["region"], part["still"]
        number, seconds = self._look(
            principal, case, claim, sha256, _Wish(part, member, seconds, page, despite, "metadata")
        )
        try:
            found = self.reader.metadata(sha256, member=member)
        except Exception:
            self._failed(number)
            raise
        if not found.whole:
            self._cut(number)
        return Inspected(number, found, seconds)

    def ended(self, principal: Principal, reveal_id: int, seconds: float) -> int:
        """A page says that a look of this person lasted so long; how many seconds it counts for now.

        No fewer than have passed here, no more than were granted; whatever is said after the first time
        changes nothing. A page that says 0 has shown nothing, which the record has: the seconds count, and
        nobody has viewed anything. Raises InvalidObservationError where the person has had no such look.
        """
        with self.transactions.writing():
            look = self.store.look(reveal_id) if 0 < reveal_id <= _MOST_LOOKS else None
            if look is None or look.person != principal.id:
                message = f"you have had no look with the number {reveal_id}"
                raise InvalidObservationError(message)
            if look.failed or look.shown is not None:
                return look.shown or 0
            at = self._allowances.standing(look.person)
            passed = at.present - look.time
            steady = at.now == at.present and passed >= timedelta()
            lasted = max(passed.total_seconds(), seconds) if steady and seconds >= 0 else math.inf
            counts = look.seconds if lasted >= look.seconds else math.ceil(lasted)
            shown = counts if seconds else 0
            self.store.end_look(reveal_id, shown)
            if counts < look.seconds:
                self.store.spend(look.person, look.day, Spent(seconds=counts - look.seconds))
            if shown < look.seconds:
                detail: JsonObject = {"reveal": reveal_id, "sha256": look.sha256.hex(), "seconds": shown}
                self._record("content.reveal_ended", look.person, look.case, detail)
            return counts

    def allowance(self, principal: Principal) -> Allowance:
        """What is left to the person who asks: today, of the stretch, until a break ends."""
        self._settle(principal.id)
        with self.transactions.reading():
            return self._allowances.allowance(principal.id)

    def own_figures(self, principal: Principal) -> OwnFigures:
        """What the person who asks has seen today, and since Monday."""
        self._settle(principal.id)
        with self.transactions.reading():
            at = self._allowances.standing(principal.id)
            monday = exposure.monday_of(at.day)
            return OwnFigures(at.spent, self.store.spent(principal.id, monday, at.day))

    def group_figures(self, principal: Principal, weeks: int = 8) -> Sequence[GroupWeek]:
        """What everybody together has seen, in each of the last weeks in which five people saw anything.

        Newest first; the present week is none of them. Raises DeniedError.
        """
        principal.demand(Permission.READ_WELLBEING)
        monday = exposure.monday_of(self.clock().astimezone(self.zone).date())
        found = []
        with self.transactions.reading():
            for back in range(1, min(weeks, exposure.MOST_WEEKS) + 1):
                first = monday - back * exposure.WEEK
                seen = self.store.group(first, first + exposure.WEEK - timedelta(days=1))
                if week := exposure.week(first, seen):
                    found.append(week)
        return found

    def preferences(self, principal: Principal) -> Preferences:
        """What the person who asks has set for themselves."""
        with self.transactions.reading():
            return self._allowances.standing(principal.id).preferences

    def set_preferences(self, principal: Principal, wanted: Wanted) -> Preferences:
        """Set one's own limits, opt-outs, language and theme; as they are then.

        What makes a limit tighter holds at once, what loosens one (never beyond the organisation's) from the
        next day on. Raises InvalidObservationError, InvalidTextError.
        """
        setting.check(wanted, self.languages)
        self._settle(principal.id)
        with self.transactions.writing():
            at = self._allowances.standing(principal.id)
            changed = at.preferences.changed(wanted, at.day)
            self.store.set_preferences(principal.id, changed)
            if (changed.limits, changed.later) != (at.preferences.limits, at.preferences.later):
                # That they were set, and not what to: how much somebody bears is nobody else's affair.
                self.ledger.append(Event("reviewer.limits_set", principal.id, principal.id))
            return changed

    def opted_out(self, person: str) -> frozenset[str]:
        """Categories of cases that are not to be routed to a person (`Principal.id`)."""
        with self.transactions.reading():
            return self.store.preferences(person).opt_outs

    def looks(self, sha256: bytes) -> Sequence[Look]:
        """All looks at a content, oldest first."""
        with self.transactions.reading():
            return self.store.looks(sha256)

    @property
    def _allowances(self) -> Allowances:
        return Allowances(self.store, self.limits, self.zone, self.clock)

    def _settle(self, person: str) -> None:
        """Write down what a clock that has gone back changes, in a transaction of its own."""
        with self.transactions.reading():
            unsettled = self._allowances.standing(person).unsettled
        if unsettled:
            with self.transactions.writing():
                self._allowances.settle(self._allowances.standing(person))

    def _serve(  # noqa: PLR0913, PLR0917  # as rendition
        self, principal: Principal, case: int, claim: int, sha256: bytes, despite: str = "", member: int = 0
    ) -> None:
        """Book filtered previews."""
        person = _person(principal, Permission.REVIEW)
        self._settle(person)
        with self.transactions.writing():
            self._demand(person, case, claim, sha256, despite, member)
            self._allowances.serve(person)
            self.store.note_seen(person, case, claim, sha256)

    def _demand(  # noqa: PLR0913, PLR0917  # as rendition
        self, person: str, case: int, claim: int, sha256: bytes, despite: str, member: int
    ) -> None:
        """Raise unless the person holds the case, the content is of it, and may be shown.

        A member of an archive that was judged as a content of its own is as little shown as that.
        """
        self._demand_held(person, case, claim, sha256)
        inside = self.store.member_digest(sha256, member)
        for one in sorted(self.judgements.judgements([sha256] if inside is None else [sha256, inside])):
            if despite.strip():
                _check_text(despite, LONGEST_REASON)
                self.store.allow_second_look(person, case, claim, one, despite)
                detail: JsonObject = {"sha256": one.hex(), "claim": claim, "reason": despite}
                self._record("content.shown_again", person, case, detail)
            elif not self.store.second_look(person, case, claim, one):
                message = "it has been judged: the judgement stands for it"
                raise NotRevealableError(message)

    def _demand_held(self, person: str, case: int, claim: int, sha256: bytes) -> None:
        self.cases.demand_held(number=case, person=person, claim=claim)
        if not self.store.has_content(case, sha256):
            message = f"no content of case {case} has the SHA-256 {sha256.hex()}"
            raise NotRevealableError(message)

    def _look(
        self, principal: Principal, case: int, claim: int, sha256: bytes, wish: "_Wish"
    ) -> tuple[int, int]:
        """Record and book a look: its number, and the seconds granted."""
        person = _person(principal, Permission.REVEAL)
        _check_text(wish.page, LONGEST_PAGE)
        self._settle(person)
        with self.transactions.writing():
            self._demand(person, case, claim, sha256, wish.despite, wish.member)
            at, seconds = self._allowances.reveal(person, wish.seconds)
            part, page = json.dumps(wish.part), wish.page
            number = self.store.add_look(
                NewLook(person, at.day, at.present, case, sha256, part, page, seconds)
            )
            shown = {"sha256": sha256.hex(), **wish.part, "seconds": seconds, "page": page}
            if wish.rendition == _ORIGINAL:
                self.store.note_seen(person, case, claim, sha256)
            detail: JsonObject = {"reveal": number, **shown, "rendition": wish.rendition}
            vouched = self.store.vouched(number)
            self._record("content.revealed", person, case, detail, vouched)
        return number, seconds

    def _cut(self, number: int) -> None:
        """Not all of the metadata could be told: it counts whole, and nobody has seen all of it."""
        with self.transactions.writing():
            self.store.end_look(number, 0)

    def _failed(self, number: int) -> None:
        """Take back what was booked for a look of which nothing could be shown."""
        with self.transactions.writing():
            look = self.store.look(number)
            if look is None or look.failed:
                return
            booked = look.seconds if look.shown is None else look.shown
            self.store.spend(look.person, look.day, Spent(reveals=-1, seconds=-booked))
            self.store.end_look(number, 0, failed=True)
            detail: JsonObject = {"reveal": number, "sha256": look.sha256.hex()}
            self._record("content.reveal_failed", look.person, look.case, detail)

    def _record(self, kind: str, person: str, case: int, detail: "JsonObject", vouched: bytes = b"") -> None:
        self.ledger.append(Event(kind, person, f"case:{case}", detail, vouched))


@dataclass(frozen=True, slots=True)
class _Wish:
    """A look as it is asked for."""

    part: "JsonObject"
    member: int
    seconds: int
    page: str
    despite: str
    rendition: str


def _person(principal: Principal, permission: Permission) -> str:
    """The id of a person with the permission. Raises DeniedError."""
    principal.demand(permission)
    if not principal.id.startswith(_PEOPLE):
        message = f"{principal.id} is no person: material is shown to people, whose limits hold for them"
        raise DeniedError(message)
    return principal.id


def _part(region: "Region | None", still: int, member: int) -> "JsonObject":
    """Which part of a content. The ledger has no fractions: a region is in millionths of the sides."""
    at = None if region is None else {name: round(one * 1_000_000) for name, one in asdict(region).items()}
    if not (0 <= still <= MOST_PARTS and 0 <= member <= MOST_PARTS):
        message = "a content has no such still or member"
        raise NotRevealableError(message)
    return {"region": at, "still": still, **({"member": member} if member else {})}


def _check_text(text: str, longest: int) -> None:
    check_texts([text])
    if len(text) > longest:
        message = f"a page or reason has at most {longest} characters, not {len(text)}"
        raise InvalidObservationError(message)
