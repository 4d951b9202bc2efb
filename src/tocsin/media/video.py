"""Stills of videos by FFmpeg's decoders (the package `av`, extra `video`), for use inside the sandbox.

Only pictures are decoded, never sound. The demuxer is the one that the first bytes call for, so that nothing
is probed, and formats that name other files or addresses (playlists) are none of these; decoders are those of
codecs in common use.
"""

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.media.errors import NoStillError, NotShowableError, NoVideoDecoderError, UnsupportedError
from tocsin.media.pictures import check_size, named_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    import av
    from av.container import InputContainer

    from tocsin.media.limits import PictureLimits
    from tocsin.media.pixels import Pixels

_DEMUXERS: Final = {
    "mp4": "mov",
    "quicktime": "mov",
    "webm": "matroska",
    "matroska": "matroska",
    "avi": "avi",
    "flv": "flv",
    "ogg": "ogg",
    "mpeg": "mpeg",
    "asf": "asf",
}
CODECS: Final = frozenset(
    "h264 hevc av1 libdav1d libaom-av1 vp8 libvpx vp9 libvpx-vp9 mpeg4 mpeg1video mpeg2video mjpeg h263 flv "  # noqa: SIM905  # reads better
    "theora msmpeg4 msmpeg4v2 wmv1 wmv2 wmv3 vc1 prores".split()
)
"""Decoders, by FFmpeg's names, that strangers' bytes are given to."""
_DECODED_PIXELS: Final = 400_000_000
"""Pixels decoded on the way from a key frame to a still; then the nearest one so far is shown."""
_MOST_ASPECT: Final = 4
"""Width of a pixel to its height, or the other way round; what is odder than that is not believed."""
_PACKETS: Final = 200_000
"""Read to learn the length of a video that does not tell it."""


def seconds(source: BinaryIO, form: str, most: int) -> tuple[float, ...]:
    """When the stills of the video in `source` are shown: at most `most`, each in the middle of its part.

    Raises:
        NoVideoDecoderError: the package `av` is not installed.
        MediaError: there is no video that can be read.
    """
    with _opened(source, form) as (container, stream):
        return _seconds(container, stream, most)


def stills(
    source: BinaryIO, form: str, most: int, wanted: int | None, limits: "PictureLimits"
) -> "Iterator[tuple[int, Pixels]]":
    """The wanted still, or all for None, with their numbers: upright, RGB.

    Raises as `seconds`, and NoStillError.
    """
    with _opened(source, form) as (container, stream):
        context = stream.codec_context
        check_size(context.width, context.height, limits)
        times = _seconds(container, stream, most)
        if wanted is not None and not 0 <= wanted < len(times):
            message = f"there is no still {wanted}; they are numbered from 0 to {len(times) - 1}"
            raise NoStillError(message)
        for number in range(len(times)) if wanted is None else (wanted,):
            frame = _frame_at(container, stream, times[: number + 1])
            yield number, _upright(frame, stream.sample_aspect_ratio, limits)


@contextmanager
def _opened(source: BinaryIO, form: str) -> "Iterator[tuple[InputContainer, av.VideoStream]]":
    try:
        import av  # noqa: PLC0415  # optional, and large
        from av.stream import Disposition  # noqa: PLC0415  # as above
    except ImportError as error:
        raise NoVideoDecoderError from error
    source.seek(0)
    with named_errors():
        container = av.open(
            source,
            "r",
            format=_DEMUXERS.get(form, "mov"),
            options={"protocol_whitelist": "none"},
            metadata_errors="ignore",
        )
    with container:
        for stream in container.streams.video:
            if not stream.disposition & Disposition.attached_pic:
                break
        else:
            message = "there is no moving picture in this video, only sound or data"
            raise NotShowableError(message)
        # What has no decoder has no context, whatever the types of `av` say.
        codec = getattr(stream.codec_context, "name", "unknown")
        if codec not in CODECS:
            message = f"videos of the codec {codec} cannot be decoded here"
            raise UnsupportedError(message)
        stream.codec_context.thread_count = 1
        stream.codec_context.skip_frame = "NONREF"  # those that no other frame is made from
        yield container, stream


def _seconds(container: "InputContainer", stream: "av.VideoStream", most: int) -> tuple[float, ...]:
    with named_errors():
        length = _length(container, stream)
        frames = stream.frames or round(length * float(stream.average_rate or 0)) or most
    count = max(1, min(most, frames)) if length > 0 else 1
    return tuple(round(length * (number + 0.5) / count, 3) for number in range(count))


def _length(container: "InputContainer", stream: "av.VideoStream") -> float:
    """Seconds that the video lasts, as it says, or else as its packets are timed."""
    base = float(stream.time_base or 0)
    if stream.duration and stream.duration > 0:
        return stream.duration * base
    if container.duration is not None and container.duration > 0:
        return container.duration / 1_000_000
    start, end = stream.start_time or 0, 0
    for count, packet in enumerate(container.demux(stream)):
        end = max(end, (packet.pts or 0) + (packet.duration or 0))
        if count >= _PACKETS:
            break
    return max(0, end - start) * base


def _frame_at(
    container: "InputContainer", stream: "av.VideoStream", times: "Sequence[float]"
) -> "av.VideoFrame":
    """What is seen at the last of `times`, or as near before it as limits allow.

    Some files say that they last longer than they do; then it is what is seen last after the time before.
    """
    for at in reversed(times[-2:]):
        with named_errors():
            found = _decoded(container, stream, at)
        if found is not None:
            return found
    message = f"there is no picture {times[-1]:g} seconds into the video"
    raise NoStillError(message)


def _decoded(container: "InputContainer", stream: "av.VideoStream", at: float) -> "av.VideoFrame | None":
    found: av.VideoFrame | None = None
    decoded = 0
    target = (stream.start_time or 0) + round(at / float(stream.time_base or 1))
    container.seek(target, stream=stream)
    for frame in container.decode(stream):
        if found is not None and frame.pts is not None and frame.pts > target:
            break
        found = frame
        decoded += frame.width * frame.height
        if decoded > _DECODED_PIXELS:
            break
    return found


def _upright(frame: "av.VideoFrame", aspect: "Fraction | None", limits: "PictureLimits") -> "Pixels":
    """RGB as players show it: turned, and with pixels that are wider than high made square."""
    import numpy as np  # noqa: PLC0415  # only once there is a picture

    width = frame.width
    if aspect is not None and 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT:
        width = max(1, round(width * aspect))
    check_size(width, frame.height, limits)
    with named_errors():
        pixels = frame.to_ndarray(format="rgb24", width=width, height=frame.height)
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)), np.uint8)  # counterclockwise
