"""GIF: blocks (GIF89a specification, 1990, sections 15 to 27)."""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers._reader import Reader
    from tocsin.media.containers.segments import Segment

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_COMMENT, _APPLICATION = 0xFE, 0xFF
_EXTENSIONS: Final = {0x01: "plain_text", 0xF9: "graphic_control", _COMMENT: "comment"}
_SCREEN_BYTES: Final = 13
_DESCRIPTOR_BYTES: Final = 10
_NAME_BYTES: Final = 11
_FULL_BLOCKS: Final = re.compile(rb"(?:\xff.{255})+", re.DOTALL)  # picture data are mostly full ones
_CHUNK: Final = 1 << 16
_MAX_BLOCKS: Final = 1_000_000
"""Blocks that are not full, in the whole file: each costs a step in Python."""


def walk_gif(file: "Reader") -> "Iterator[Segment]":
    """Extensions and pictures, with their sub-blocks' lengths among the data; behind the end `trailer`.

    A comment is `comment`, an application's extension `application/NETSCAPE2.0` (its data without the name),
    a picture's data `image`.
    """
    blocks = _SubBlocks(file)
    at = _SCREEN_BYTES + _colours(file.read(10, 1))
    while introducer := file.read(at, 3 + _NAME_BYTES):
        if introducer[0] == _TRAILER:
            yield from file.trailer(at + 1)
            return
        if introducer[0] == _IMAGE:
            name = "image"
            data = at + _DESCRIPTOR_BYTES + _colours(introducer[9:10]) + 1
        elif introducer[0] == _EXTENSION and len(introducer) > 1:
            name, data = _extension(introducer)
            data += at
        else:
            file.note(f"there is no block where one should begin, at byte {at:,}")
            yield from file.trailer(at)
            return
        at = blocks.end(data)
        yield file.segment(name, data, max(data, at - 1))
    file.note("the GIF ends without a trailer block")


def _colours(packed: bytes) -> int:
    """Bytes of the colour table that this byte announces."""
    return 3 << ((packed[0] & 7) + 1) if packed and packed[0] & 0x80 else 0


def _extension(head: bytes) -> tuple[str, int]:
    """Name of an extension, and where its data begin."""
    label = head[1]
    if label == _APPLICATION and head[2:3] == bytes([_NAME_BYTES]):
        return "application/" + head[3:].decode("latin-1"), 3 + _NAME_BYTES
    return _EXTENSIONS.get(label, f"extension {label:#04x}"), 2


class _SubBlocks:
    """Skips sub-blocks, and stops when a file is made of too many small ones."""

    def __init__(self, file: "Reader") -> None:
        self._file = file
        self._left = _MAX_BLOCKS

    def end(self, at: int) -> int:
        """The offset behind the empty sub-block that ends those from `at` on, or behind the file's end."""
        while chunk := self._file.read(at, _CHUNK):
            here = 0
            while here < len(chunk) and self._left:
                if full := _FULL_BLOCKS.match(chunk, here):
                    here = full.end()
                    continue
                if not chunk[here]:
                    return at + here + 1
                here += 1 + chunk[here]
                self._left -= 1
            if not self._left:
                self._file.note("the GIF has too many small blocks to be walked to its end")
                return self._file.size + 1
            at += here
        self._file.note("the GIF ends within a block")
        return self._file.size + 1
