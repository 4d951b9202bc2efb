"""Container walkers: where the parts of a file stand, without decoding any of them.

A walker compares markers and follows lengths, within bounds, and reads no more than headers.
"""

from typing import TYPE_CHECKING, BinaryIO

from tocsin.media.containers.segments import Segment, Walk

if TYPE_CHECKING:
    from tocsin.media.identify import FileType

__all__ = ["Segment", "Walk", "walk"]


def walk(source: BinaryIO, file_type: "FileType") -> Walk:
    """The parts of the file in `source`, which must seek, if its container is one that can be walked.

    Never raises for what the file holds: where it breaks its container's rules, the walk ends with a problem.
    """
    raise NotImplementedError(source, file_type)
