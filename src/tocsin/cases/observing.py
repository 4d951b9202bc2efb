"""Recording what people saw: facts in three values, ages, severity codes; revised, never overwritten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission, Principal
from tocsin.banks.batch import check_texts
from tocsin.cases.contradictions import Contradiction, contradictions, newest
from tocsin.cases.model import Observation, Observed
from tocsin.cases.notes import check_notes, refuse
from tocsin.cases.people import demand_person
from tocsin.cases.records import observed_to_json
from tocsin.cases.store_cases import Cases
from tocsin.cases.store_observations import Observations
from tocsin.evidence.ledger import Event, Ledger
from tocsin.law.facts import Facts
from tocsin.law.schemes import knows
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_LONGEST_CODE: Final = 200


@dataclass(frozen=True, slots=True)
class Observing:
    """Observations of the contents of cases. All of one database."""

    transactions: Transactions
    cases: Cases
    observations: Observations
    ledger: Ledger
    knows: Callable[[str, str], bool] = knows
    """Whether there is a scheme of that name, and in it a code (empty: any)."""

    def record(
        self, principal: Principal, case: int, claim: int, sha256: bytes, observed: Observed
    ) -> Observation:
        """Record what somebody who holds a case saw of one of its contents.

        The same once more, by the same person under the same claim and as the newest about its subject, is
        that observation. Raises DeniedError, UnknownCaseError, NotHeldError, InvalidObservationError,
        InvalidTextError.
        """
        principal.demand(Permission.REVIEW)
        demand_person(principal)
        self._check(observed)
        with self.transactions.writing():
            self.cases.demand_held(case, principal.id, claim)
            if sha256 not in self.cases.contents(case):
                refuse(f"no content of case {case} has the SHA-256 {sha256.hex()}")
            for one in self.observations.current(sha256):
                said = (one.observed, one.author, one.case, one.claim)
                if said == (observed, principal.id, case, claim):
                    return one
            made = self.observations.add(observed, case, sha256, principal.id, claim)
            self.ledger.append(_event(made, self.observations.vouched(made.id)))
            for number in self.observations.open_cases(sha256):
                self.cases.restand(number)
        return made

    def of_content(self, sha256: bytes) -> Sequence[Observation]:
        """All observations of a content, oldest first: the history of what was said."""
        with self.transactions.reading():
            return self.observations.of_content(sha256)

    def of_case(self, number: int) -> Sequence[Observation]:
        """All observations that were recorded in a case, oldest first."""
        with self.transactions.reading():
            return self.observations.of_case(number)

    def current(self, sha256: bytes) -> Sequence[Observation]:
        """The newest about each thing, whoever recorded it; also a severity code taken back, empty."""
        with self.transactions.reading():
            return self.observations.current(sha256)

    def facts(self, sha256: bytes) -> Facts:
        """What is held of a content at present; what nobody spoke of is absent."""
        with self.transactions.reading():
            return self.observations.facts(sha256)

    def contradictions(self, sha256: bytes, author: str) -> tuple[Contradiction, ...]:
        """What one person's observations of a content say against each other: to be told, not refused."""
        return contradictions(newest(self.of_content(sha256), author))

    def _check(self, observed: Observed) -> None:
        """Raises InvalidObservationError, InvalidTextError."""
        given = (observed.fact is not None, observed.age is not None, bool(observed.scheme))
        if sum(given) != 1:
            refuse("an observation is of one thing: a fact, an age or a scheme's severity code")
        if (observed.fact is None) != (observed.value is None):
            refuse("a fact has a value, and only a fact has one")
        if observed.code and not observed.scheme:
            refuse("a severity code belongs to a scheme")
        if len(observed.code) > _LONGEST_CODE:
            refuse(f"a code has at most {_LONGEST_CODE} characters")
        check_notes(observed.note)
        check_texts([observed.scheme, observed.code])
        if observed.scheme and not self.knows(observed.scheme, observed.code):
            what = f"no code {observed.code!r} in the scheme" if observed.code else "no scheme"
            refuse(f"there is {what} {observed.scheme!r}")


def _event(made: Observation, vouched: bytes) -> Event:
    """What the ledger says; notes are free text and stay out, but it vouches for them."""
    said = observed_to_json(made.observed)
    del said["note"]
    detail: JsonObject = {"observation": made.id, "sha256": made.sha256.hex(), "about": made.observed.about}
    said = {name: value for name, value in said.items() if value}
    return Event("observation.recorded", made.author, f"case:{made.case}", {**detail, **said}, vouched)
