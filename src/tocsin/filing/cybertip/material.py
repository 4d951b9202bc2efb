"""What a report is filled from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from tocsin.cases.store_viewing import Look
from tocsin.filing.filer import Filer
from tocsin.filing.model import Kind, Subject
from tocsin.filing.record import CaseRecord, ContentRecord, subject_of
from tocsin.filing.viewed import Viewed
from tocsin.intake.model import Submission


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values of a file's EXIF, as a sandbox child read them."""

    read: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    """How many more there are: long texts, and what was too much."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the log of looks says of a file."""

    said: Viewed
    looks: tuple[Look, ...] = ()
    """Those that count for it."""


@dataclass(frozen=True)
class Material:
    """A case as it is on record, and what is to be made of it."""

    record: CaseRecord
    subject: Subject
    kind: Kind
    author: str
    """Who drafts: `Principal.id`."""
    organisation: Filer
    now: datetime
    seen: Mapping[bytes, Seen] = field(default_factory=dict)
    """By content; where nobody looked there may be nothing."""
    exif: Mapping[bytes, Pairs] = field(default_factory=dict)
    """By content, where it was read."""
    unread: int = 0
    """Of how many files the metadata was not read."""
    prior: tuple[str, ...] = ()
    """Numbers of earlier reports about the account."""
    follows: str = ""
    """The number of the report that this is a follow-up of."""
    reported: frozenset[bytes] = frozenset()
    """Contents that an earlier report about the account has."""

    @cached_property
    def submissions(self) -> tuple[Submission, ...]:
        """Those of the account in the case, or all of its platform where it is about several accounts."""
        if self.kind is Kind.BATCHED:
            on = self.subject.platform
            return tuple(one for one in self.record.submissions if one.context.platform == on)
        return tuple(one for one in self.record.submissions if subject_of(one) == self.subject)

    @cached_property
    def contents(self) -> tuple[ContentRecord, ...]:
        """Those contents of the case that the account submitted."""
        own = {one.sha256 for one in self.submissions}
        return tuple(one for one in self.record.contents if one.sha256 in own)

    def submissions_of(self, content: ContentRecord) -> tuple[Submission, ...]:
        """The account's submissions of a content."""
        return tuple(one for one in self.submissions if one.sha256 == content.sha256)
