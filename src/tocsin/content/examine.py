"""The sandbox task that examines strangers' bytes: what a file is, its digests, the PDQ of its views."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from tocsin.content.model import Content
from tocsin.errors import Error, Refusal
from tocsin.hashing.digests import digest_signals
from tocsin.hashing.signals import Orientation, Signal
from tocsin.media.answers import number_in
from tocsin.media.errors import EmptyError, TooLargeError
from tocsin.media.identify import ARCHIVES, HEAD_BYTES, READABLE_ARCHIVES, FileType, identify
from tocsin.media.limits import PictureLimits

if TYPE_CHECKING:
    from tocsin.content.origin import Looking
    from tocsin.media.pixels import TakeStored
    from tocsin.media.sandbox import JsonValue

TASK: Final = "tocsin.content.examine:examine"
"""The task by the name that a pool takes."""
CHUNK = 1 << 20
PICTURE_LIMITS = PictureLimits()
PICTURE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .apng .gif .webp .bmp .dib .tif .tiff .avif .heic .heif .jxl".split()  # noqa: SIM905  # reads better
)
"""Names that promise a picture; bytes under such a name that are none are worth a word."""


class NotAPictureError(Error):
    """The file is named like a picture, but its bytes are not one."""

    code = "media.not_a_picture"
    advice = "Its digests are still compared. Look at how the file was made or transferred."


class UnreadableArchiveError(Error):
    """An archive in this format cannot be opened here, so nothing in it was looked at."""

    code = "media.unreadable_archive"
    advice = "Its digests are still compared. Unpack it and scan what was in it."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to compute beside the digests."""

    orientations: tuple[Orientation, ...] = (Orientation.UPRIGHT,)
    compiled: bool = True
    """Use the compiled kernel; the NumPy one starts a second sooner."""
    preview: bool = False
    views: bool = True
    """Decode pictures and hash their views; without, there are only digests, and origin if that is wanted."""
    origin: "Looking | None" = None
    """Look for signs of where the file came from, and how."""
    limits: PictureLimits = PICTURE_LIMITS

    @classmethod
    def from_options(cls, options: "Mapping[str, JsonValue]") -> Self:
        """Read the options of a sandbox job."""
        upright = (Orientation.UPRIGHT,)
        return cls(
            orientations=tuple(Orientation) if options.get("all_orientations") else upright,
            compiled=bool(options.get("compiled", True)),
            preview=bool(options.get("preview")),
            views=bool(options.get("views", True)),
            origin=_looking(options),
        )


def _looking(options: "Mapping[str, JsonValue]") -> "Looking | None":
    if "origin" not in options:
        return None
    from tocsin.content.origin import looking  # noqa: PLC0415  # only where it is wanted

    return looking(options)


def signals_of(data: bytes, *, all_orientations: bool = False) -> tuple[Signal, ...]:
    """All signals of content, computed in this process: only for bytes that the caller trusts.

    Raises:
        tocsin.errors.Error: a picture that cannot be decoded to its end.
    """
    import io  # noqa: PLC0415  # a sandbox child never comes here

    wanted = Wanted(tuple(Orientation) if all_orientations else (Orientation.UPRIGHT,))
    signals: list[Signal] = digest_signals([data])
    if identify(data[:HEAD_BYTES]).kind == "image":
        signals += chain.from_iterable(_view_signals(io.BytesIO(data), wanted, []))
    return tuple(signals)


def content_of(
    source: BinaryIO, suffix: str, wanted: Wanted, so_far: Callable[[Content], None] = lambda _content: None
) -> Content:
    """Examine one content from its beginning; whatever is wrong with it becomes its refusal.

    Args:
        source: at its beginning. If it cannot seek, a picture in it is refused as too large.
        suffix: the ending of its name with the dot, lower case; empty where it has no name.
        wanted: what to compute.
        so_far: called before a picture is decoded and after each of its views with what is known by then,
            because the decoder may take the process with it.
    """
    try:
        head = source.read(HEAD_BYTES)
        file_type = identify(head)
        size = 0

        def chunks() -> Iterator[bytes]:
            nonlocal size
            chunk = head
            while chunk:
                size += len(chunk)
                yield chunk
                chunk = source.read(CHUNK)

        signals = digest_signals(chunks())
    except Error as error:  # the bytes could not be read to their end, so their digests mean nothing
        return Content("file", 0, (), Refusal.of(error))
    content = Content(file_type.kind, size, tuple(signals), format=file_type.format)
    if refusal := _out_of_reach(file_type, suffix):
        content = replace(content, refused=refusal)
    return _looked_into(source, file_type, content, wanted, so_far)


def _looked_into(
    source: BinaryIO,
    file_type: FileType,
    content: Content,
    wanted: Wanted,
    so_far: Callable[[Content], None],
) -> Content:
    """`content` with the signals of its views and the signs of its origin, as far as they are wanted."""
    keep: TakeStored | None = None
    if wanted.origin is not None:
        from tocsin.content.origin import Origin  # noqa: PLC0415  # only where it is wanted

        origin = Origin(source, file_type, wanted.origin, wanted.limits)
        keep = origin.keep
        content = replace(content, findings=origin.not_yet())
        so_far(content)
    if content.refused is None and file_type.kind == "image" and wanted.views:
        content = _with_views(source, content, wanted, so_far, keep)
    if wanted.origin is not None:
        before = content
        content = replace(
            content, findings=origin.look(lambda findings: so_far(replace(before, findings=findings)))
        )
    return content


def _with_views(
    source: BinaryIO,
    content: Content,
    wanted: Wanted,
    so_far: Callable[[Content], None],
    keep: "TakeStored | None",
) -> Content:
    """`content` with the signals of its views, as many as there are before a refusal."""
    previews = list[bytes]()
    try:
        if not source.seekable():
            raise TooLargeError
        source.seek(0)
        so_far(content)
        for signals in _view_signals(source, wanted, previews, keep):
            content = replace(content, signals=content.signals + signals, preview=b"".join(previews))
            so_far(content)
    except Error as error:
        return replace(content, refused=Refusal.of(error))
    return content


def examine(
    source: BinaryIO, options: "Mapping[str, JsonValue]", emit: "Callable[[Mapping[str, JsonValue]], None]"
) -> None:
    """Sandbox task: examine one file; with the option `stride`, what is in an archive.

    A later answer replaces an earlier one. The first has the digests, so that they are known even if decoding
    the picture ends this process.
    """
    from PIL import Image  # noqa: PLC0415  # loaded beforehand in sandbox children

    Image.MAX_IMAGE_PIXELS = (
        None  # `PictureLimits` are the limits, stated to users and checked on all headers
    )
    if "stride" in options:
        _examine_members(source, options, emit)
        return
    said: list[Content] = []

    def answer(content: Content) -> None:
        if content not in said:  # the last view has often been the only one
            said[:] = [content]
            emit(content.to_answer())

    answer(content_of(source, str(options.get("suffix", "")), Wanted.from_options(options), answer))


def _examine_members(
    source: BinaryIO, options: "Mapping[str, JsonValue]", emit: "Callable[[Mapping[str, JsonValue]], None]"
) -> None:
    """Examine the members of an archive and answer for each, with its index and name.

    Options `start`, `stride` and `offset` are those of `tocsin.media.archives.members`; with `only_first`, no
    more than one is examined. Before a byte of a
    member is read, its index and name are sent with `begun`; answers with `partial` are followed by a fuller
    one. So whoever reads them knows which member ended this process, if one did. An empty answer is a sign of
    life.
    """
    from tocsin.media.archives import members  # noqa: PLC0415  # only for archives

    start, stride, offset = (number_in(options[name]) for name in ("start", "stride", "offset"))
    wanted = Wanted.from_options(options)

    def began(index: int, name: bytes) -> None:
        emit({"begun": True, "index": index, "name": os.fsdecode(name)})

    inside = members(
        source, start=start, stride=stride, offset=offset, progress=lambda: emit({}), began=began
    )
    for member in inside:
        name = os.fsdecode(member.name)
        about: dict[str, JsonValue] = {"index": member.index, "name": name}
        if member.opened is None:
            content = Content("file", 0, (), member.refusal)
        else:

            def so_far(content: Content, about: "dict[str, JsonValue]" = about) -> None:
                emit({"partial": True, **about, **content.to_answer()})

            content = content_of(member.opened, suffix_of(name), wanted, so_far)
            content = replace(content, refused=content.refused or member.refusal)
        emit({**about, **content.to_answer()})
        if options.get("only_first"):
            return


def suffix_of(name: str) -> str:
    """The ending of a file's name with its dot, in lower case."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # the name may be one no Path can have


def _view_signals(
    source: BinaryIO, wanted: Wanted, previews: list[bytes], keep: "TakeStored | None" = None
) -> Iterator[tuple[Signal, ...]]:
    """The PDQ signals of each view, as they are decoded; the first one's preview goes into `previews`."""
    from tocsin.hashing.pdq import hash_signals  # noqa: PLC0415  # NumPy, only once there is a picture
    from tocsin.media.views import views  # noqa: PLC0415

    for view in views(source, wanted.limits, keep):
        if wanted.preview and not previews:
            from tocsin.media.preview import preview  # noqa: PLC0415  # only for reports

            previews.append(preview(view.pixels))
        yield tuple(hash_signals(view.pixels, wanted.orientations, view=view.name, compiled=wanted.compiled))


def _out_of_reach(file_type: FileType, suffix: str) -> Refusal | None:
    if file_type.format == "empty":
        return Refusal.of(EmptyError())
    if file_type.format in ARCHIVES - READABLE_ARCHIVES:
        return Refusal.of(
            UnreadableArchiveError(f"an archive in the format {file_type.format} cannot be opened here")
        )
    if suffix in PICTURE_SUFFIXES and file_type.kind in {"text", "file"}:
        message = f"the file is named {suffix} but its bytes are {file_type.mime}"
        return Refusal.of(NotAPictureError(message))
    return None
