"""Benign clips of moving gradients, written by FFmpeg's libraries, and pieces of streams by hand."""

import io
from collections.abc import Mapping
from fractions import Fraction

import av
import numpy as np

X265 = {"x265-params": "log-level=none:bframes=0"}  # what it holds back for B-frames it sometimes mangles


def clip(  # noqa: PLR0913  # what can be said about a clip
    container: str = "mp4",
    codec: str = "libx264",
    *,
    tags: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    muxing: Mapping[str, str] | None = None,
    frames: int = 2,
    side: int = 64,
) -> bytes:
    """A clip as the encoder and muxer of these names write it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options=dict(muxing or {})) as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(codec, rate=Fraction(10), options=dict(options or {}))
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        ramp = np.add.outer(np.arange(side), np.arange(side))
        for number in range(frames):
            grey = (ramp * 2 + number * 16).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.dstack([grey, grey, grey]), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def remuxed(
    video: bytes,
    container: str = "mp4",
    *,
    tags: Mapping[str, str] | None = None,
    muxing: Mapping[str, str] | None = None,
) -> bytes:
    """The clip in another container, its stream untouched, as `ffmpeg -c copy` does it."""
    buffer = io.BytesIO()
    with (
        av.open(io.BytesIO(video), "r") as source,
        av.open(buffer, "w", format=container, options=dict(muxing or {})) as out,
    ):
        out.metadata.update({**source.metadata, **(tags or {})})
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return buffer.getvalue()


def message(kind: int, payload: bytes) -> bytes:
    """One SEI message."""
    return b"".join(_number(number) for number in (kind, len(payload))) + payload


def _number(number: int) -> bytes:
    return b"\xff" * (number // 255) + bytes([number % 255])


def sei_unit(*messages: bytes, header: bytes = b"\x06") -> bytes:
    """A unit of these messages, with the bytes inserted that keep start codes out of it."""
    plain, escaped, zeros = b"".join(messages) + b"\x80", bytearray(header), 0
    for byte in plain:
        if zeros == 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(escaped)


def with_length(unit: bytes, size: int = 4) -> bytes:
    """The unit as it stands in samples."""
    return len(unit).to_bytes(size) + unit


def with_start_code(unit: bytes) -> bytes:
    """The unit as it stands in byte streams, followed by the start of another."""
    return b"\0\0\0\1" + unit + b"\0\0\1\x65"


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of an MP4."""
    payload = b"".join(parts)
    return (8 + len(payload)).to_bytes(4) + kind + payload


def mp4(*boxes: bytes, brand: bytes = b"mp42") -> bytes:
    """An MP4 of these boxes; nothing in it can be played."""
    return box(b"ftyp", brand, b"\0\0\0\0", brand) + b"".join(boxes)
