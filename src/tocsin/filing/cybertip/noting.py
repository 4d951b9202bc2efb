"""A draft in the making: where each field comes from, what was left out, and texts as XML can hold them."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit, urlunsplit

from tocsin.filing.cybertip.shape import Rule
from tocsin.filing.cybertip.value_rules import NOT_XML, keeps
from tocsin.filing.draft import Source, Sourced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.media.sandbox import JsonValue

MOST_TOLD: Final = 100
"""Sentences about what is not in a draft."""
LONGEST_INFO: Final = 20_000
"""Characters of one text of further information: the schema has no limit, and readers have."""
LONGEST_URL: Final = 2083
_SHOWN: Final = 80
_FILES_LEFT: Final = re.compile("[0-9,]+ more of the account's files in this case .+")
_ASCII: Final = "".join(map(chr, range(ord("!"), ord("~") + 1)))
"""What stays as it is in an address."""


@dataclass(slots=True)
class Noted:
    """Sources and omissions, as they come."""

    sources: list[Sourced] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def of(self, path: str, source: Source, which: str = "") -> None:
        """A field comes from there."""
        self.sources.append(Sourced(path, source, which))

    def out(self, sentence: str) -> None:
        """Something is not in the draft; each sentence once."""
        if sentence not in self.left_out:
            self.left_out.append(sentence)

    def told(self) -> tuple[str, ...]:
        """What is not in the draft, that of single files last, and no more than somebody reads."""
        found = sorted(self.left_out, key=lambda one: one.startswith("file["))
        if len(found) <= MOST_TOLD:
            return tuple(found)
        more = len(found) - MOST_TOLD
        return (*found[:MOST_TOLD], f"{more:,} more things of single files, such as these, were left out")

    def fitting(self, text: str, most: int, what: str) -> str:
        """A text that names something, or nothing where it is too long: cut, it would name something else."""
        if len(text) <= most:
            return text
        self.out(f"{what} has {len(text):,} characters, more than the {most} that the report takes")
        return ""

    def joined(self, sentences: list[str]) -> str:
        """Sentences as one text for further information, as many as there is room for."""
        kept, size = [], 0
        for place, one in enumerate(sentences):
            size += len(one) + 1
            if size > LONGEST_INFO:
                self.out(f"{len(sentences) - place} lines of further information were too much for one text")
                break
            kept.append(one)
        return "\n".join(kept)


def files_left(count: int) -> str:
    """That so many files are not in the report, as whoever receives it is told."""
    return f"{count:,} more of the account's files in this case are not part of this report."


def with_files_left(info: str, more: int) -> str:
    """Further information once `more` files (or fewer, below 0) are not in the report."""
    lines = info.split("\n") if info else []
    told = next((one for one in lines if _FILES_LEFT.fullmatch(one)), None)
    count = more + (int(told.partition(" ")[0].replace(",", "")) if told else 0)
    now = [files_left(count)] if count > 0 else []
    if told is None:
        return "\n".join([*lines, *now])
    place = lines.index(told)
    return "\n".join([*lines[:place], *now, *lines[place + 1 :]])


def clean(text: str) -> str:
    """The text with what XML cannot hold replaced, and no blanks around it."""
    return NOT_XML.sub("\ufffd", text).strip()


def text_in(given: "Mapping[str, JsonValue] | JsonValue | None", name: str) -> str:
    """A text of an object of a context; empty where there is none."""
    found = given.get(name) if isinstance(given, dict) else None
    return clean(found) if isinstance(found, str) else ""


def as_url(text: str) -> str:
    """An address of the web as a report takes it, its foreign letters encoded; empty where it is none."""
    text = clean(text)
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        return ""
    if not text.isascii() and parts.hostname:
        place = parts.netloc.lower().replace(parts.hostname, host)
        text = urlunsplit(parts._replace(netloc=place))
    text = quote(text, safe=_ASCII)
    return text if len(text) <= LONGEST_URL and keeps(Rule.URL, text) else ""


def shortened(text: str) -> str:
    """The beginning of a text, to name it by."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
