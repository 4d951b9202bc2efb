"""Media signed with C2PA manifests by the library that others sign with."""

import copy
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import av
import c2pa
import numpy as np
from PIL import Image

from tocsin.media.identify import identify
from tocsin.provenance.opened import Opened
from tocsin.provenance.rules import document
from tocsin.provenance.trust import Anchors, Kind, Pin, Product, Trust
from tocsin.simulators.authorities import Certified

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = f"{IPTC}trainedAlgorithmicMedia"
CAPTURED = f"{IPTC}digitalCapture"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """An ingredient to sign with."""

    data: bytes
    title: str = "parent.jpg"
    relation: str = "parentOf"
    more: tuple[tuple[str, object], ...] = ()


@cache
def picture(form: str = "JPEG", *, size: int = 64, colour: int = 90) -> bytes:
    """A gradient as a JPEG, PNG, WebP, AVIF or GIF."""
    ramp = np.linspace(0, 255, size, dtype=np.uint8)
    pixels = np.dstack([np.tile(ramp, (size, 1)), np.tile(ramp, (size, 1)).T, np.full((size, size), colour)])
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, form)
    return out.getvalue()


@cache
def movie() -> bytes:
    """Five frames of growing brightness as an MP4."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(5):
            frame = np.full((64, 64, 3), number * 40, dtype=np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


def action(name: str = "c2pa.created", source: str | None = None, **more: object) -> Mapping[str, object]:
    """An action of a manifest."""
    return {"action": name, **({"digitalSourceType": source} if source else {}), **more}


def manifest(*actions: Mapping[str, object], vouched: bool = True, version: int = 2) -> Manifest:
    """A manifest with these actions, which its signer vouches for unless `vouched` is False."""
    data = {"actions": list(actions)}
    assertion = {"label": "c2pa.actions.v2" if version > 1 else "c2pa.actions", "data": data}
    return {
        "claim_version": version,
        "claim_generator_info": [{"name": "Test Program", "version": "1.5"}],
        "title": "signed",
        "assertions": [{**assertion, "created": vouched}] if actions else [],
    }


def sign(  # noqa: PLR0913  # what a signed file is made of
    by: Certified,
    said: Manifest,
    data: bytes | None = None,
    *,
    parts: Sequence[Part] = (),
    address: str | None = None,
    embed: bool = True,
    time_stamps: str | None = None,
    thumbnails: bool = False,
    recording: bool = True,
    eku: str = "",
) -> bytes:
    """`data` (a small JPEG by default) with a manifest that says `said`.

    With `recording` it also says what is wrong with its ingredients, as honest signers do; `eku` is a usage
    that signers may have beside the usual ones.
    """
    data = picture() if data is None else data
    settings = {
        "verify": {"verify_after_sign": False, "verify_after_reading": recording},
        "trust": {"trust_config": "\n".join([*document("c2pa")["reader"]["ekus"], eku])},
        "builder": {"thumbnail": {"enabled": thumbnails}},
    }
    info = c2pa.C2paSignerInfo("es256", by.chain_pem.encode(), by.key_pem.encode(), time_stamps)
    with (
        c2pa.Context.from_dict(settings) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(copy.deepcopy(said), context=context) as builder,
    ):
        if not embed:
            builder.set_no_embed()
        if address:
            builder.set_remote_url(address)
        for number, part in enumerate(parts):
            told = {"title": part.title, "relationship": part.relation, "instance_id": f"part-{number}"}
            builder.add_ingredient(told | dict(part.more), mime(part.data), io.BytesIO(part.data))
        out = io.BytesIO()
        builder.sign(signer, mime(data), io.BytesIO(data), out)
    return out.getvalue()


def mime(data: bytes) -> str:
    """Media type of a file."""
    return identify(data[:4096]).mime


def trusting(
    *roots: Certified, pins: Sequence[Pin] = (), products: Sequence[Product] = (), name: str = "list"
) -> Trust:
    """A C2PA list of these roots; with pins a legacy one."""
    kind = Kind.LEGACY if pins else Kind.C2PA
    pem = "".join(root.pem for root in roots)
    anchors = Anchors(kind, name, "made for a test", "0" * 64, "2026-01-01T00:00:00+00:00", pem, tuple(pins))
    return Trust((anchors,), tuple(products))


def opened(data: bytes, trust: Trust | None = None) -> Opened:
    """The file as families of signs get it."""
    return Opened(io.BytesIO(data), identify(data[:4096]), trust=trust)


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine: its address, and what is asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/manifest.c2pa", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
