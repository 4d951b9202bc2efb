"""Makers of cameras, and how their private notes begin.

A name in Make is no camera: image generators write their own names there, prompts even. Only makers that are
listed count, and only notes that begin as a vendor's do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from tocsin.provenance.rules import document

_BYTE_ORDERS: Final = ("little", "big")
_ENTRY: Final = 12
_FORMATS: Final = range(1, 14)
_LONGEST_MAKE: Final = 64
_LONG: Final = 4
_MOST_ENTRIES: Final = 512
_WORD: Final = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class MakerNote:
    """Whose note it is."""

    vendor: str
    makers: tuple[str, ...]
    """Makers whose cameras are known to write it."""
    serial: int | None = None
    """The body's number, where the note has it in a place that is read."""


def maker_of(make: str) -> str | None:
    """The listed maker that `make` names, such as Nikon for `NIKON CORPORATION`; None for all else."""
    text = make.replace("\0", " ").strip().casefold()
    if not text or len(text) > _LONGEST_MAKE:
        return None
    for alias, maker in _aliases().items():
        if text.startswith(alias) and not _WORD.match(text, len(alias)):
            return maker
    return None


@cache
def _aliases() -> Mapping[str, str]:
    """Longest first, so that Sony Ericsson is not Sony."""
    pairs = [(alias, maker["name"]) for maker in document("camera")["maker"] for alias in maker["aliases"]]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))


def note_of(raw: bytes, maker: str | None) -> MakerNote | None:
    """Whose private note `raw` is, if that can be told; Canon's can only where Canon is the maker."""
    for begins, note in _notes().items():
        if raw.startswith(begins):
            return note
    canon = document("camera")["canon_note"]
    if maker in canon["makers"]:
        tags = _directory(raw)
        if len(tags.keys() & set(canon["tags"])) >= canon["least"]:
            return MakerNote("Canon", tuple(canon["makers"]), tags.get(canon["serial"]) or None)
    return None


@cache
def _notes() -> Mapping[bytes, MakerNote]:
    notes = document("camera")["maker_note"]
    return {bytes.fromhex(one["begins"]): MakerNote(one["vendor"], tuple(one["makers"])) for one in notes}


def _directory(raw: bytes) -> dict[int, int]:
    """The tags of a directory as TIFF has, in either byte order, and what is in place of their values.

    Empty where `raw` does not begin with one. Only values of one LONG stand in that place themselves.
    """
    for order in _BYTE_ORDERS:
        count = int.from_bytes(raw[:2], order)
        if not 0 < count <= _MOST_ENTRIES or 2 + count * _ENTRY > len(raw):
            continue
        entries = [raw[at : at + _ENTRY] for at in range(2, 2 + count * _ENTRY, _ENTRY)]
        if all(int.from_bytes(entry[2:4], order) in _FORMATS for entry in entries):
            return {
                int.from_bytes(entry[:2], order): int.from_bytes(entry[8:], order)
                if int.from_bytes(entry[2:4], order) == _LONG
                else 0
                for entry in entries
            }
    return {}
