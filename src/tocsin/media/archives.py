"""Tars and zips, member after member, for use inside the sandbox. Nothing is ever written anywhere.

Names of members are only names: absolute ones or ones with `..` are reported like any other. Archives inside
archives are not opened. A member that cannot be read comes with a refusal and the scan goes on behind it;
where the archive itself ends early or makes no sense, an error comes after the members before that place.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from tocsin.errors import Error, Refusal
from tocsin.media._members import Budget, MemberStream, RawMember
from tocsin.media.errors import NestedArchiveError, TooLargeError, TooManyMembersError, UnsupportedError
from tocsin.media.identify import ARCHIVES, HEAD_BYTES, identify
from tocsin.media.limits import ArchiveLimits
from tocsin.media.pictures import head_of

DEFAULT_LIMITS = ArchiveLimits()
_NAME_BYTES = 4096
"""Longer names cannot be those of files (PATH_MAX on Linux) and would not fit into a finding."""
_CUT = b" ... "


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive."""

    index: int
    """Its place among the archive's files; folders and links are not counted."""
    name: bytes
    """Without its middle if it is longer than any file's name can be."""
    size: int
    """Bytes, as the archive has it."""
    opened: BinaryIO | None
    """Its content, to be read before the next member is asked for; None if it cannot be read.

    It can seek if it fits into memory (`ArchiveLimits.buffered_bytes`); otherwise it can be read once.
    Reading may raise a MediaError: then what was read so far is not to be trusted.
    """
    refusal: Refusal | None
    """Why its content cannot be read, or, for an archive, why what is inside is not looked at."""


def members(  # noqa: PLR0913  # where to begin and what to leave to others
    source: BinaryIO,
    limits: ArchiveLimits = DEFAULT_LIMITS,
    *,
    start: int = 0,
    stride: int = 1,
    offset: int = 0,
    progress: Callable[[], None] = lambda: None,
    began: Callable[[int, bytes], None] = lambda _index, _name: None,
) -> Iterator[Member]:
    """The files in the archive `source` with `index >= start` and `index % stride == offset`.

    So `stride` workers can share an archive whose format is in `SHAREABLE_ARCHIVES`, and a scan that lost
    its worker to a member goes on behind it. `progress` is called now and then while members are skipped or
    large ones decompressed, so that the caller can show that it is alive; `began` with index and name before
    the first byte of a member is read.

    Raises:
        UnsupportedError: not an archive that can be read.
        TruncatedError, CorruptError: after the members before the place where it breaks.
        TooManyMembersError, TooLargeError: after the members within the limit.
    """
    budget = Budget(limits, progress)
    for index, raw in enumerate(_raw_members(source, budget)):
        if index >= limits.members:
            message = f"the archive has more than {limits.members:,} members"
            raise TooManyMembersError(message)
        if index >= start and index % stride == offset:
            short = replace(raw, name=_shortened(raw.name))
            began(index, short.name)
            yield _member(index, short, limits, budget)
        else:
            budget.tick()


def _shortened(name: bytes) -> bytes:
    if len(name) <= _NAME_BYTES:
        return name
    half = (_NAME_BYTES - len(_CUT)) // 2
    return name[:half] + _CUT + name[-half:]  # the end tells what it is said to be


def _raw_members(source: BinaryIO, budget: Budget) -> Iterator[RawMember]:
    match head_of(source).format:
        case "zip":
            from tocsin.media._zips import zip_members  # noqa: PLC0415  # only for zips

            return zip_members(source)
        case "tar":
            from tocsin.media._tars import tar_members  # noqa: PLC0415  # only for tars

            return tar_members(source)
        case "gzip" | "bzip2" | "xz" as coding:
            from tocsin.media._tars import compressed_tar_members  # noqa: PLC0415  # only for tars

            return compressed_tar_members(source, coding, budget)
        case other:
            message = f"this is not an archive that can be read but {other}"
            raise UnsupportedError(message)


def _member(index: int, raw: RawMember, limits: ArchiveLimits, budget: Budget) -> Member:
    try:
        if raw.size > limits.member_bytes:
            message = f"the member has {raw.size:,} bytes; the limit is {limits.member_bytes:,}"
            raise TooLargeError(message)
        if raw.packed is not None:
            budget.check_ratio(raw.size, raw.packed)
        stream = MemberStream(raw.open(), raw.size, budget)
        reader = io.BufferedReader(stream, 1 << 16)
        head = reader.peek(HEAD_BYTES)[:HEAD_BYTES]
        opened: BinaryIO = io.BytesIO(reader.read()) if raw.size <= limits.buffered_bytes else reader
    except Error as error:
        return Member(index, raw.name, raw.size, None, Refusal.of(error))
    nested = identify(head).format in ARCHIVES
    return Member(index, raw.name, raw.size, opened, Refusal.of(NestedArchiveError()) if nested else None)
