"""Parts of containers, made byte by byte, and whole files as the libraries write them."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:d="http://purl.org/dc/elements/1.1/"'
    ' xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' ext:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation">'
    '<d:description><rdf:Alt><rdf:li xml:lang="x-default">Two hills, a lake</rdf:li></rdf:Alt>'
    '</d:description></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """A small picture of waves."""
    y, x = np.mgrid[:height, :width]
    planes = [127 + 120 * np.sin(x / 5 + y / divisor) for divisor in (7, 11, 13)]
    return Image.fromarray(np.stack(planes, axis=2).astype(np.uint8))


def saved(form: str, *, of: Image.Image | None = None, **options: object) -> bytes:
    """A picture in the format Pillow calls `form`."""
    out = io.BytesIO()
    (of or picture()).save(out, form, **options)
    return out.getvalue()


@cache
def plain(form: str) -> bytes:
    """The small picture with Pillow's default options."""
    return saved(form)


def film(
    form: str, metadata: dict[str, str], codec: str = "mpeg4", options: dict[str, str] | None = None
) -> bytes:
    """Three frames with these tags, as FFmpeg writes them."""
    import av  # noqa: PLC0415  # slow to load, and few tests need it

    out = io.BytesIO()
    with av.open(out, "w", format=form, options=options or {}) as container:
        stream = container.add_stream(codec, rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.metadata.update(metadata)
        frame = av.VideoFrame.from_ndarray(np.asarray(picture()), format="rgb24")
        for _ in range(3):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def heic(exif: bytes, xmp: bytes) -> bytes:
    """A HEIC picture with metadata, as libheif writes it."""
    import pillow_heif  # noqa: PLC0415  # as above

    out = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(out, exif=exif, xmp=xmp)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(*chunks: bytes) -> bytes:
    """A PNG with chunks put in behind its header."""
    data = plain("PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def marker(code: int, body: bytes) -> bytes:
    """A JPEG marker segment."""
    return struct.pack(">BBH", 0xFF, code, 2 + len(body)) + body


def jpeg_with(*segments: bytes) -> bytes:
    """A JPEG with segments put in behind its beginning."""
    data = plain("JPEG")
    return data[:2] + b"".join(segments) + data[2:]


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of ISO base media files."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)


def element(number: int, *parts: bytes, size: bytes | None = None) -> bytes:
    """An EBML element; `size` replaces its length."""
    body = b"".join(parts)
    length = size or (len(body) | 1 << 56).to_bytes(8)
    return number.to_bytes((number.bit_length() + 7) // 8) + length + body


FTYP = box(b"ftyp", b"isom\0\0\0\0isom")
EBML = element(0x1A45DFA3, element(0x4282, b"webm"))
