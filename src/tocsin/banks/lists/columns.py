"""What the columns of a table, or the fields of an object, mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.banks.lists.errors import AmbiguousTypeError, UnknownListError
from tocsin.banks.lists.hash_lines import BY_DIGITS
from tocsin.hashing.signals import SignalType


class Role(StrEnum):
    """What a column holds, where it is not hashes of one type."""

    HASH = "hash"
    """A hash whose type stands in another column, or is told by its length."""
    TYPE = "type"
    QUALITY = "quality"
    DIALECT = "dialect"
    VIEW = "view"
    ORIENTATION = "orientation"
    ID = "id"
    SOURCE = "source"
    MEMBER = "member"
    SCHEME = "scheme"
    VERSION = "version"
    CODE = "code"
    AUTHOR = "author"
    TIME = "time"
    WITHDRAWN = "withdrawn"
    WITHDRAWN_REASON = "withdrawn_reason"
    MORE_SIGNALS = "more_signals"
    MORE_LABELS = "more_labels"


EXPORTED = (
    *("entry", "source", "member", "id"),
    *(kind.value for kind in SignalType),
    *("quality", "view", "dialect", "orientation", "more_signals"),
    *("scheme", "version", "code", "author", "time", "more_labels"),
    *("added", "withdrawn", "withdrawn_reason"),
)
"""The header of our own export."""
LABEL_ROLES = (Role.SCHEME, Role.VERSION, Role.CODE, Role.AUTHOR, Role.TIME)
_TYPES = {kind.value: kind for kind in SignalType}
_OTHER_NAMES = {"value": Role.HASH, "signal": Role.HASH, "label": Role.CODE}
_ROLES = {role.value.replace("_", ""): role for role in Role} | _OTHER_NAMES
_ENTRY = "entry"
"""Our export's own entry number: the id at the origin only where there is no column `id`."""
_HEX = re.compile(r"\s*[0-9a-fA-F]+\s*")
_DIGITS = {2 * kind.size for kind in SignalType}


def normal(name: str) -> str:
    """A name without the differences that do not matter: case, blanks, `-` and `_`."""
    return re.sub(r"[\s_-]", "", name).lower()


def known(name: str) -> bool:
    """Whether a column of that name means anything."""
    plain = normal(name)
    return plain in _TYPES or plain in _ROLES or plain == _ENTRY


def is_hash(cell: str) -> bool:
    """Whether a cell looks like a hash of one of our types."""
    return _HEX.fullmatch(cell) is not None and len(cell.strip()) in _DIGITS


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row everything stands."""

    width: int
    hashes: tuple[tuple[int, SignalType | None], ...]
    """Columns of hashes with their type; None where it is told row by row."""
    roles: dict[Role, int]
    ignored: tuple[str, ...] = ()
    """Names that mean nothing here."""

    @property
    def plain(self) -> SignalType | None:
        """The type of hash, where the table holds one column of one type and nothing else of use."""
        return self.hashes[0][1] if len(self.hashes) == 1 and not self.roles else None


def from_header(names: Sequence[str]) -> Columns:
    """The columns that a header names.

    Raises UnknownListError when no column holds hashes, or two claim to be the same thing.
    """
    plain = [normal(name) for name in names]
    hashes: list[tuple[int, SignalType | None]] = []
    roles: dict[Role, int] = {}
    ignored = []
    for number, name in enumerate(plain):
        role = _ROLES.get(name)
        if name == _ENTRY:
            role = None if Role.ID.value in plain else Role.ID
        if name in _TYPES:
            hashes.append((number, _TYPES[name]))
        elif role is Role.HASH:
            hashes.append((number, None))
        elif role is not None and role not in roles:
            roles[role] = number
        elif role is not None:
            message = f"two columns are named {role}"
            raise UnknownListError(message)
        elif name not in {_ENTRY, "added"}:
            ignored.append(names[number])
    if not hashes and Role.MORE_SIGNALS not in roles:
        message = f"no column holds hashes: {', '.join(names[:20])!r}"
        raise UnknownListError(message)
    return Columns(len(names), tuple(hashes), roles, tuple(ignored))


def from_rows(rows: Sequence[Sequence[str]], given: SignalType | None) -> Columns:
    """The columns of a table without a header, told by how the first rows look.

    Raises UnknownListError when none looks like hashes, AmbiguousTypeError when one may be pdq or sha256.
    """
    width = max(len(row) for row in rows)
    hashes = []
    for number in range(width):
        cells = [row[number] for row in rows if number < len(row) and is_hash(row[number])]
        if cells and 2 * len(cells) >= len(rows):
            hashes.append((number, type_of_digits(len(cells[0].strip()), given)))
    if not hashes:
        message = "there is no header, and no column looks like hashes"
        raise UnknownListError(message)
    return Columns(width, tuple(hashes), {})


def type_of_digits(digits: int, given: SignalType | None) -> SignalType:
    """The type of a hash with that many digits. Raises AmbiguousTypeError."""
    if given is not None and digits == 2 * given.size:
        return given
    if (kind := BY_DIGITS.get(digits)) is None:
        raise AmbiguousTypeError
    return kind
