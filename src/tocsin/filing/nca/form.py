"""What SI 2026/268, Schedule 1, asks of a report, filled from what is on record and from what people wrote.

Each item is *held* with its value, *not held* because a person said so, or *blank*: nobody has answered yet.
The Schedule asks for what is available, so "not held" is an answer, and a blank is none.

The portal's own schema is not public; items are named by us after the Schedule, and pasted or typed by a
person. Nothing here speaks to the portal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    """How an item stands."""

    HELD = "held"
    NOT_HELD = "not held"
    BLANK = "blank"


class From(StrEnum):
    """Where the value of an item comes from."""

    RECORD = "record"
    SETTINGS = "settings"
    PERSON = "person"
    NOBODY = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the Schedule asks for."""

    key: str
    label: str
    standing: Standing
    values: tuple[str, ...] = ()
    """One for each file, event or address."""
    source: From = From.NOBODY
    by: str = ""
    """Of what a person wrote: `Principal.id`."""


@dataclass(frozen=True, slots=True)
class Section:
    """Items that belong together."""

    key: str
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says of an item, in place of what is on record."""

    text: str
    """Empty with `not_held`."""
    not_held: bool
    by: str


@dataclass(frozen=True, slots=True)
class Form:
    """The whole of it."""

    sections: tuple[Section, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in their order."""
        return tuple(item for section in self.sections for item in section.items)

    @property
    def blanks(self) -> tuple[Item, ...]:
        """What nobody has answered."""
        return tuple(item for item in self.items if item.standing is Standing.BLANK)


ITEMS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "reporter": (
        "Who reports",
        {
            "reporter.organisation": "Organisation",
            "reporter.name": "Name",
            "reporter.email": "E-mail",
            "reporter.phone": "Telephone",
        },
    ),
    "content": (
        "Content",
        {
            "content.files": "Files: name as uploaded, kind, size",
            "content.hashes": "Original hash of each file",
            "content.url": "Where the content is or was (URL)",
            "content.detected": "How it was detected",
            "content.platform": "Platform or service",
            "content.text": "Text that belongs to it, such as messages",
        },
    ),
    "earlier": (
        "Earlier reports",
        {
            "earlier.reported": "Reported before, to whom and when",
            "earlier.reference": "NCA reference of an earlier report",
        },
    ),
    "upload": (
        "Upload",
        {
            "upload.time": "Time of upload",
            "upload.ip": "IP address of upload, with port and time",
            "upload.other_ip": "Other IP addresses, with times and what they were used for",
            "upload.exif": "EXIF of the files as uploaded",
        },
    ),
    "account": (
        "Account",
        {
            "account.username": "User name or id",
            "account.display_name": "Display name",
            "account.email": "E-mail",
            "account.recovery_email": "Recovery e-mail",
            "account.phone": "Telephone, with the date it was verified",
            "account.billing": "Billing details",
            "account.profile_url": "URL of the profile",
            "account.logins": "IP addresses of log-ins in the three months before, with port and time",
        },
    ),
    "connections": (
        "Connections",
        {"connections.accounts": "Other accounts that belong to it, and how they are connected"},
    ),
    "declaration": (
        "Declaration",
        {
            "declaration.true": (
                "Declared, by whoever reports, that this is true to the best of their knowledge (false "
                "information is an offence: Online Safety Act 2023 s.69)"
            )
        },
    ),
}
"""Sections, and their items by key, in the order of the Schedule."""
KEYS: Final = tuple(key for _, items in ITEMS.values() for key in items)
ONLY_BY_PEOPLE: Final = frozenset({"declaration.true"})


@dataclass(frozen=True, slots=True)
class Held:
    """Values on record of one item."""

    values: Sequence[str]
    source: From = From.RECORD


def form_of(held: Mapping[str, Held], answers: Mapping[str, Answer]) -> Form:
    """The form: what a person says of an item counts before what is on record."""
    return Form(
        tuple(
            Section(key, title, tuple(_item(name, label, held, answers) for name, label in items.items()))
            for key, (title, items) in ITEMS.items()
        )
    )


def _item(key: str, label: str, held: Mapping[str, Held], answers: Mapping[str, Answer]) -> Item:
    said = answers.get(key)
    if said is not None and said.not_held:
        return Item(key, label, Standing.NOT_HELD, (), From.PERSON, said.by)
    if said is not None:
        return Item(key, label, Standing.HELD, (said.text,), From.PERSON, said.by)
    found = held.get(key)
    if found is None or not found.values:
        return Item(key, label, Standing.BLANK)
    return Item(key, label, Standing.HELD, tuple(found.values), found.source)
