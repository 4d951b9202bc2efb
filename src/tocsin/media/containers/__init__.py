"""Container walkers: where the parts of a file stand, without decoding any of them.

A walker compares markers and follows lengths, within bounds, and reads no more than headers.
"""

from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.media.containers._reader import Reader
from tocsin.media.containers.gif import walk_gif
from tocsin.media.containers.isobmff import walk_isobmff
from tocsin.media.containers.jpeg import walk_jpeg
from tocsin.media.containers.matroska import walk_matroska
from tocsin.media.containers.png import walk_png
from tocsin.media.containers.riff import walk_riff
from tocsin.media.containers.segments import MAX_SEGMENTS, Segment, Walk
from tocsin.media.containers.tiff import walk_tiff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tocsin.media.identify import FileType

__all__ = ["Segment", "Walk", "walk"]

_WALKERS: "Final[dict[str, tuple[str, Callable[[Reader], Iterator[Segment]]]]]" = {
    "jpeg": ("jpeg", walk_jpeg),
    "png": ("png", walk_png),
    "webp": ("webp", walk_riff),
    "avi": ("avi", walk_riff),
    "gif": ("gif", walk_gif),
    "tiff": ("tiff", walk_tiff),
    **dict.fromkeys(("heic", "avif", "mp4", "m4a", "quicktime", "jp2"), ("isobmff", walk_isobmff)),
    "jxl": ("jxl", walk_isobmff),
    **dict.fromkeys(("matroska", "webm"), ("matroska", walk_matroska)),
}
_BARE_JXL: Final = b"\xff\x0a"


def walk(source: BinaryIO, file_type: "FileType") -> Walk:
    """The parts of the file in `source`, which must seek, if its container is one that can be walked.

    Never raises for what the file holds: where it breaks its container's rules, the walk ends with a problem.
    """
    container, walker = _WALKERS.get(file_type.format, ("", None))
    if walker is None:
        return Walk((), walked=file_type.kind not in {"image", "video"})
    file = Reader(source, container)
    if container == "jxl" and file.read(0, 2) == _BARE_JXL:
        return Walk(())  # the codestream alone, without boxes around it
    segments: list[Segment] = []
    for segment in walker(file):
        if len(segments) == MAX_SEGMENTS:
            most, at = f"{MAX_SEGMENTS:,}", f"{segment.offset:,}"
            file.note(f"the file has more than {most} parts; those from byte {at} on are not listed")
            break
        segments.append(segment)
    return Walk(tuple(segments), file.problem)
