"""RIFF: the chunks of WebP (RFC 9649, 2.3) and AVI (Microsoft's multimedia programming interface, 1991)."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers._reader import Reader
    from tocsin.media.containers.segments import Segment

_HEADER_BYTES: Final = 8
_FORM_BYTES: Final = 4
_DEEPEST: Final = 8
_LEAVES: Final = frozenset({b"movi"})  # its many chunks are the film itself
_FORMS: Final = frozenset({b"WEBP", b"AVI ", b"AVIX"})  # AVIX: what goes beyond a gigabyte (OpenDML 1.02)


def walk_riff(file: "Reader") -> "Iterator[Segment]":
    """The data of every chunk; within lists under names such as `LIST/INFO/ISFT`."""
    at, forms = 0, 0
    while len(head := file.read(at, 12)) == 12 and head[:4] == b"RIFF" and head[8:] in _FORMS:  # noqa: PLR2004
        forms += 1
        stop = at + _HEADER_BYTES + int.from_bytes(head[4:8], "little")
        if stop > file.size:
            file.note(f"the RIFF promises {stop:,} bytes, but the file has {file.size:,}")
        yield from _chunks(file, at + _HEADER_BYTES + _FORM_BYTES, min(stop, file.size))
        at = stop + stop % 2
    if not forms:
        file.note("the file does not begin with a RIFF chunk of a known form")
    yield from file.trailer(at)


def _chunks(file: "Reader", start: int, stop: int) -> "Iterator[Segment]":
    """Depth first, with a stack of (where to go on, where the list ends, its path) instead of recursion."""
    lists = [(start, stop, "")]
    while lists:
        at, end, path = lists.pop()
        while end - at >= _HEADER_BYTES:
            head = file.read(at, _HEADER_BYTES + _FORM_BYTES)
            kind, form, size = head[:4], head[8:], int.from_bytes(head[4:8], "little")
            is_list = kind == b"LIST" and size >= _FORM_BYTES == len(form)
            name = path + (kind + b"/" + form if is_list else kind).decode("latin-1")
            data = at + _HEADER_BYTES
            if data + size > end and end < file.size:
                file.note(f"{name} at byte {at:,} is longer than what it is in")
            yield file.segment(name, data, data + size)
            at = data + size + size % 2
            if not is_list or form in _LEAVES:
                continue
            if len(lists) == _DEEPEST:
                file.note(f"lists are nested deeper than {_DEEPEST} at byte {data:,}")
                continue
            lists.append((at, end, path))
            at, end, path = data + _FORM_BYTES, min(data + size, file.size), name + "/"
