"""The nouns of rule packs. All of them are data: another jurisdiction is another file."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

from tocsin.law.conditions import Condition
from tocsin.law.periods import Period


class Confidence(StrEnum):
    """How well it is known that the law says so."""

    PRIMARY = "primary"
    """Read in the law itself or in what its maker publishes."""
    SECONDARY = "secondary"
    """Read in what others write about it."""
    GENERAL = "general"
    """General knowledge, not looked up."""
    UNCONFIRMED = "unconfirmed"
    """Could not be confirmed."""


class Purpose(StrEnum):
    """What a copy is held for: rules about keeping differ by it."""

    CONTENT = "content"
    """The content, and what belongs to it."""
    REPORT = "report"
    """What was told the authority."""
    REFERENCE = "reference"
    """The authority's reference number alone."""


@dataclass(frozen=True, slots=True)
class Provision:
    """What every rule, duty and retention rule says of itself."""

    id: str
    """Stable; versions of one rule share it, at different times."""
    version: int
    jurisdiction: str
    title: str
    effective_from: date | None
    """None: it has been made, and from when it is in force is not known. It is never applied."""
    effective_to: date | None
    """The first day on which it is in force no more."""
    source: str
    """Where the law says so: a citation, and an address where there is one."""
    confidence: Confidence
    reviewer: str
    caveats: tuple[str, ...]

    def in_force(self, on: date) -> bool:
        """Whether it is in force on that day."""
        return (
            self.effective_from is not None
            and self.effective_from <= on
            and (self.effective_to is None or on < self.effective_to)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A status that the law gives to content, and what has to be known for it."""

    provision: Provision
    status: str
    """Code of the status."""
    when: Condition
    decides: str
    """Who decides in the end: a court, an authority."""
    duties: tuple[str, ...] = ()
    """Ids of the duties to look at where it holds."""


DECIDED: Final = "case.decided"
"""A duty begins when people decide that a case is to be reported."""
NOTICE: Final = "notice"
"""A duty begins when a notice comes in that names it."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Who must do what, and by when."""

    provision: Provision
    who: str
    to: str
    """Whom it is owed."""
    what: str
    when: str
    """By when, in words."""
    within: Period | None = None
    """By when, where the law gives a number."""
    immediately: bool = False
    begins: str = DECIDED
    """The event that it begins with: `case.decided`, `notice`, or another that somebody records."""
    applies: Condition | None = None
    """Whom and what it binds, beside what the rules say that name it. None: everybody."""
    one_of: str = ""
    """Of duties that share this, one is met: the one that is due at once where it is owed."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long something has to be kept, or may be, from an event on."""

    provision: Provision
    trigger: str
    """The event: `us.cybertipline_finished`."""
    purposes: frozenset[Purpose]
    keep: Period | None
    """At least so long."""
    at_most: Period | None
    """No longer than that."""
    extension: Period | None
    """What each renewal adds."""
    then: str
    """What is done at the end."""


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What meets duties: an event, such as a report to another authority."""

    provision: Provision
    duties: tuple[str, ...]
    """Their ids."""
    by: str
    """The event, as retention rules name it: `us.cybertipline_finished`."""


Part: TypeAlias = Rule | Duty | Retention | Satisfaction
"""What has a `Provision`."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a scheme. What material it is for is its owner's to say, and is not repeated here."""

    code: str
    title: str = ""
    """The name that its owner publishes, where it is needed to tell codes apart."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Somebody's classification. A code means something within its scheme and version only."""

    name: str
    version: str
    title: str
    owner: str
    codes: tuple[Code, ...]
    complete: bool
    """False: it has codes that are not known here, and takes any."""
    source: str
    confidence: Confidence
    note: str = ""

    @property
    def id(self) -> str:
        """Name and version, as an observation has them: `iwf:2024`."""
        return f"{self.name}:{self.version}"

    def has(self, code: str) -> bool:
        """Whether this is one of the codes that are listed."""
        return any(one.code == code for one in self.codes)


class Verdict(StrEnum):
    """What is known about turning a code of one scheme into one of another."""

    NO = "no"
    CANDIDATE = "candidate"
    """A person may look whether the other fits as well."""
    SAME = "same"
    """Both name the same thing."""


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """A step from one scheme to another that people take, and what there is to say against it."""

    source: str
    """A scheme's name, or `name:code`."""
    target: str
    verdict: Verdict
    reason: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Pack:
    """One file of law."""

    id: str
    version: str
    """The date of its last change."""
    jurisdiction: str
    title: str
    reviewer: str
    notes: tuple[str, ...]
    origin: str
    """`shipped`, or the name of the file it was read from."""
    effective_from: date | None = None
    effective_to: date | None = None
    rules: tuple[Rule, ...] = ()
    duties: tuple[Duty, ...] = ()
    retentions: tuple[Retention, ...] = ()
    satisfactions: tuple[Satisfaction, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    crosswalks: tuple[Crosswalk, ...] = ()

    @property
    def parts(self) -> "tuple[Part, ...]":
        """Its rules, duties, retention rules and what meets duties."""
        return (*self.rules, *self.duties, *self.retentions, *self.satisfactions)
