"""Whose signatures are trusted: lists that the operator imported. Nothing is fetched, nothing is built in.

The folder `trust` of a home holds two files for each list: its note, `NAME.json`, and the file that was
imported, as it was, under a name with its digest, which the note names. The note is replaced last, so that
a list is the old one or the new one at any instant.
"""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin.provenance.texts import TextError
from tocsin.provenance.trust.errors import (
    DamagedListError,
    ListNameError,
    MostGoneError,
    OtherKindError,
    SubjectError,
    TooLargeError,
    TrustError,
    UnknownListError,
    UsagesError,
)
from tocsin.provenance.trust.model import (
    MAX_JSON,
    Anchors,
    Kind,
    Pin,
    Product,
    Trust,
)
from tocsin.provenance.trust.notes import ListNote, note_from_json
from tocsin.provenance.trust.parsing import (
    MAX_FILE,
    Authorities,
    checked_usages,
    parse_authorities,
    parse_products,
    parse_subject,
)
from tocsin.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Anchors",
    "Imported",
    "Kind",
    "ListNote",
    "Pin",
    "Product",
    "Trust",
    "TrustError",
    "TrustFolder",
    "parse_subject",
]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    note: ListNote
    replaced: bool
    added: int
    """Certificates or products that were not in the list of that name before."""
    removed: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Content:
    """What a list holds: its members by something that tells them apart."""

    members: frozenset[str]
    earliest_expiry: str | None = None
    pem: str = ""
    products: tuple[Product, ...] = ()
    warnings: tuple[str, ...] = ()


class TrustFolder:
    """The trust lists of a home. Nothing is kept open; the folder is made by the first import."""

    def __init__(self, path: Path) -> None:
        """`path` is the folder `trust` of a home."""
        self._path = path

    def import_file(  # noqa: PLR0913  # what a list is known by
        self,
        kind: Kind,
        path: Path,
        *,
        name: str | None = None,
        note: str = "",
        pins: "Sequence[Pin]" = (),
        ekus: "Sequence[str]" = (),
        most_may_go: bool = False,
    ) -> Imported:
        """Take in the list at `path`; a list of that name and kind is replaced.

        `name` is the kind unless it is given; a legacy list takes the file's name. Nothing changes if
        the list cannot be used, if the file is imported already under another kind, or if more than half of
        the list of that name would go and `most_may_go` is not set.

        Raises:
            TrustError: one of its subclasses says what is wrong with the list.
            OSError: the file cannot be read, or the folder not be written.
        """
        name = _checked_name(name or (path.stem.lower() if kind is Kind.LEGACY else kind.value))
        _check_fit(kind, pins, ekus)
        before = self._note(name) if self._note_path(name).exists() else None
        if before and before.kind is not kind:
            message = f"there is a list called {name} already, and it is of the kind {before.kind}"
            raise ListNameError(message)
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        content = _read(kind, data)
        made = ListNote(
            kind=kind,
            name=name,
            source=path.name,
            note=note,
            sha256=hashlib.sha256(data).hexdigest(),
            imported=datetime.now(UTC).isoformat(timespec="seconds"),
            count=len(content.members),
            earliest_expiry=content.earliest_expiry,
            pins=tuple(pins),
            ekus=checked_usages(tuple(ekus)),
        )
        self._check_kind(made)
        self._check_size(made, content)
        old = self._members(before)
        if not most_may_go:
            _check_most_stays(made, old, content.members)
        self._put(made, data, before)
        return Imported(
            note=made,
            replaced=before is not None,
            added=len(content.members - old),
            removed=len(old - content.members),
            warnings=content.warnings,
        )

    def lists(self) -> tuple[ListNote, ...]:
        """All lists by name.

        Raises:
            DamagedListError: a note cannot be read.
        """
        if not self._path.is_dir():
            return ()
        return tuple(self._note(path.stem) for path in sorted(self._path.glob("*.json")))

    def load(self) -> Trust:
        """All lists, as a reader of C2PA needs them.

        Raises:
            TrustError: a list is damaged, or they are too large together.
        """
        trust = Trust()
        for note in self.lists():
            trust = _with(trust, note, self._content(note))
        _check_json(trust)
        return trust

    def remove(self, name: str) -> ListNote:
        """Take a list away; what it was.

        Raises:
            UnknownListError: there is none of that name.
        """
        if not _NAME.fullmatch(name) or not self._note_path(name).exists():
            message = f"there is no trust list called {name}"
            raise UnknownListError(message)
        note = self._note(name)
        self._note_path(name).unlink()
        (self._path / note.content_name).unlink(missing_ok=True)
        return note

    def _note_path(self, name: str) -> Path:
        return self._path / f"{name}.json"

    def _note(self, name: str) -> ListNote:
        try:
            return note_from_json(self._note_path(name).read_text("utf-8"), name)
        except (KeyError, ValueError, TypeError, TextError) as error:
            message = f"the note of trust list {name} cannot be read"
            raise DamagedListError(message) from error

    def _content(self, note: ListNote) -> _Content:
        try:
            data = (self._path / note.content_name).read_bytes()
        except FileNotFoundError as error:
            message = f"the file of trust list {note.name} is gone"
            raise DamagedListError(message) from error
        if hashlib.sha256(data).hexdigest() != note.sha256:
            message = f"the file of trust list {note.name} is not the one that was imported"
            raise DamagedListError(message)
        return _read(note.kind, data)

    def _members(self, note: ListNote | None) -> frozenset[str]:
        """What a list holds, to compare with; nothing if that cannot be read any more."""
        if note is None:
            return frozenset()
        try:
            return self._content(note).members
        except TrustError:  # it is being replaced, which is what the error would advise
            return frozenset()

    def _check_kind(self, made: ListNote) -> None:
        for note in self.lists():
            if note.sha256 == made.sha256 and note.kind is not made.kind:
                message = f"this very file is imported already as the {note.kind} list {note.name}"
                raise OtherKindError(message)

    def _check_size(self, made: ListNote, content: _Content) -> None:
        trust = Trust()
        for note in self.lists():
            if note.name != made.name:
                trust = _with(trust, note, self._content(note))
        _check_json(_with(trust, made, content))

    def _put(self, made: ListNote, data: bytes, before: ListNote | None) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        with replacing(self._path / made.content_name) as file:
            file.write(data)
        with replacing(self._note_path(made.name)) as file:
            file.write((json.dumps(made.to_json(), indent=1) + "\n").encode("ascii"))
        if before and before.content_name != made.content_name:
            (self._path / before.content_name).unlink(missing_ok=True)


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        message = f"{name!r} cannot be the name of a trust list"
        raise ListNameError(message)
    return name


def _check_most_stays(made: ListNote, old: frozenset[str], new: frozenset[str]) -> None:
    gone = len(old - new)
    if gone * 2 > len(old):
        what = "products" if made.kind is Kind.PRODUCTS else "certificates"
        message = f"{gone:,} of the {len(old):,} {what} of the list {made.name} would go"
        raise MostGoneError(message)


def _check_fit(kind: Kind, pins: "Sequence[Pin]", ekus: "Sequence[str]") -> None:
    if (kind is Kind.LEGACY) != bool(pins):
        message = (
            f"a {kind} list {'needs at least one subject' if kind is Kind.LEGACY else 'takes no subject'}"
        )
        raise SubjectError(message)
    if ekus and kind not in (Kind.C2PA, Kind.LEGACY):
        message = f"a {kind} list takes no extended key usages"
        raise UsagesError(message)


def _read(kind: Kind, data: bytes) -> _Content:
    if len(data) > MAX_FILE:
        message = f"a trust list of more than {MAX_FILE >> 20} MB is too large"
        raise TooLargeError(message)
    if kind is Kind.PRODUCTS:
        products = parse_products(data)
        return _Content(frozenset(map(repr, products)), products=products)
    found = parse_authorities(data)
    warnings = []
    if found.expired:
        which = "1 certificate has" if found.expired == 1 else f"{found.expired:,} certificates have"
        warnings.append(f"{which} expired: it counts where a time stamp proves an earlier date")
    if found.others:
        which = "1 certificate is" if found.others == 1 else f"{found.others:,} certificates are"
        warnings.append(f"{which} not of an authority and left out")
    warnings += _odd_kind(kind, found)
    expiry = found.earliest_expiry.isoformat(timespec="seconds")
    return _Content(found.digests, expiry, found.pem, warnings=tuple(warnings))


def _odd_kind(kind: Kind, found: Authorities) -> "Iterator[str]":
    """Why the list may be of another kind; the programme's two lists share certificates, so it may not be."""
    total, look = len(found.digests), "look whether this is a list of the kind tsa"
    if kind is not Kind.TSA and found.stamping:
        which = f"{found.stamping:,} of {total:,} certificates are"
        yield f"{which} by their names or usages for time stamps: {look}"
    if kind is Kind.TSA and found.not_stamping:
        which = f"{found.not_stamping:,} of {total:,} certificates are"
        yield f"{which} by their usages not for time stamps: {look}"


def _with(trust: Trust, note: ListNote, content: _Content) -> Trust:
    """`trust` and one more list."""
    if note.kind is Kind.PRODUCTS:
        return replace(trust, products=trust.products + content.products)
    more = Anchors(
        kind=note.kind,
        name=note.name,
        note=note.note,
        sha256=note.sha256,
        imported=note.imported,
        pem=content.pem,
        pins=note.pins,
        ekus=note.ekus,
    )
    return replace(trust, anchors=(*trust.anchors, more))


def _check_json(trust: Trust) -> None:
    size = len(json.dumps(trust.to_json()))
    if size > MAX_JSON:
        message = f"the trust lists have {size:,} characters together and may have {MAX_JSON:,}"
        raise TooLargeError(message)
