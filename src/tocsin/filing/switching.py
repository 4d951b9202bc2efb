"""Switches to production: asked for by one person, confirmed by another, for one place and one account.

A confirmed switch carries a seal over who asked, who confirmed, where and for which account. Only whoever has
the node's keys can make one, so that no row copied or written into a database switches anything.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.access.model import Principal
from tocsin.evidence.errors import MissingKeyError, SealBrokenError
from tocsin.evidence.ledger import Event, Ledger
from tocsin.evidence.sealing import Sealer
from tocsin.filing.errors import NoSuchSwitchError, SecondPersonError, SwitchPendingError
from tocsin.filing.model import Authority
from tocsin.filing.store_connections import KeptConnections, KeptSwitch

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

TO_CONFIRM: Final = timedelta(hours=24)
"""How long a second person has to confirm."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this process runs, as far as a switch to production is concerned."""

    mark: str = field(repr=False)
    """Differs in every copy."""
    words: str
    """For people: the machine's name and the folder."""


class Places(Protocol):
    """Tells which place this is; `tocsin.storage.place` does."""

    def here(self) -> Place | None:
        """This place; None where it was never marked, or the database has lost what it held when last used.

        Call it before a transaction: inside, what another process has done since would look lost.
        """
        ...

    def marked(self) -> Place:
        """This place, marked if it is not."""
        ...

    def left(self) -> None:
        """Production is not used from here any more: what was confirmed for this place never holds again."""
        ...

    def used(self) -> None:
        """Something is about to be sent from here: the database must never again be older than now."""
        ...


class Switching:
    """The switches to production. Every method takes part in the caller's transaction."""

    def __init__(
        self,
        kept: KeptConnections,
        sealer: Sealer,
        ledger: Ledger,
        places: Places,
        clock: Callable[[], datetime],
    ) -> None:
        """Over one database."""
        self._kept = kept
        self._sealer = sealer
        self._ledger = ledger
        self._places = places
        self._clock = clock

    def asked(self, authority: Authority) -> KeptSwitch | None:
        """What was asked for and can still be confirmed. A clock that was set back lengthens nothing."""
        now = self._clock()
        return next((one for one in self._unconfirmed(authority) if abs(now - one.asked) < TO_CONFIRM), None)

    def confirmed(self, authority: Authority) -> list[KeptSwitch]:
        """Those in force, each at its place."""
        return [one for one in self._kept.switches(authority) if one.confirmed is not None]

    def holds(self, switch: KeptSwitch, place: Place | None, user: str) -> bool:
        """Whether a switch was confirmed at that place, for that account."""
        if place is None:
            return False
        try:
            fields = json.loads(self._sealer.unseal(switch.seal, _purpose(switch)))
        except (SealBrokenError, MissingKeyError):  # of another home's keys, or written in by hand
            return False
        return bool(fields == _sealed(switch, place, user))

    def ask(self, principal: Principal, authority: Authority, reason: str) -> KeptSwitch:
        """Ask for one. Raises SwitchPendingError where somebody has."""
        if (asked := self.asked(authority)) is not None:
            message = f"{asked.asked_by} has asked for it already"
            raise SwitchPendingError(message)
        now = self._clock()
        for late in self._unconfirmed(authority):
            self._kept.end_switch(late.id, now, "node", "nobody confirmed it in time")
        number = self._kept.ask_switch(authority, now, principal.id, reason)
        self._record(principal, authority, {"step": "asked", "reason": reason})
        return KeptSwitch(number, authority, now, principal.id, reason)

    def confirm(self, principal: Principal, authority: Authority, user: str) -> None:
        """Confirm what somebody else asked for, here. Raises NoSuchSwitchError, SecondPersonError."""
        asked = self.asked(authority)
        if asked is None:
            message = "nobody has asked for production, or it is longer ago than 24 hours"
            raise NoSuchSwitchError(message)
        if asked.asked_by == principal.id:
            message = f"{principal.id} has asked for it: somebody else has to confirm"
            raise SecondPersonError(message)
        place = self._places.marked()
        done = replace(asked, confirmed=self._clock(), confirmed_by=principal.id, place=place.words)
        seal = self._sealer.seal(json.dumps(_sealed(done, place, user)).encode(), _purpose(done))
        self._kept.confirm_switch(replace(done, seal=seal))
        people: list[JsonValue] = [done.asked_by, done.confirmed_by]
        self._record(principal, authority, {"step": "confirmed", "people": people, "place": place.words})

    def end(self, principal: Principal, authority: Authority, why: str) -> bool:
        """End every switch there is, asked for or confirmed; whether there was one.

        None comes back with a database that is put back to when it held, or by a row changed by hand.
        """
        ended = self._kept.switches(authority)
        for one in ended:
            self._kept.end_switch(one.id, self._clock(), principal.id, why)
        if ended:
            self._places.left()
            self._record(principal, authority, {"step": "back", "reason": why})
        return bool(ended)

    def _unconfirmed(self, authority: Authority) -> list[KeptSwitch]:
        return [one for one in self._kept.switches(authority) if one.confirmed is None]

    def _record(self, principal: Principal, authority: Authority, detail: "JsonObject") -> None:
        detail = {"environment": "production", **detail}
        self._ledger.append(Event("authority.switched", principal.id, f"authority:{authority.value}", detail))


def _sealed(switch: KeptSwitch, place: Place, user: str) -> dict[str, str]:
    """What a seal holds."""
    return {"asked_by": switch.asked_by, "by": switch.confirmed_by, "mark": place.mark, "user": user}


def _purpose(switch: KeptSwitch) -> str:
    return f"authority-switch:{switch.authority.value}:{switch.id}"
