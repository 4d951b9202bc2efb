"""A node as HMA's clients see it, and pictures to send to it."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from starlette.testclient import TestClient

from support.nodes import Served
from tocsin.node.node import Node
from tocsin.node.settings import NodeSettings
from tocsin.simulators.pictures import picture
from tocsin.web.app import create_app

LISTED = "10.1.2.3"
"""An address that the operator lists."""
STRANGER = "192.0.2.7"


@dataclass(frozen=True, slots=True)
class Clients:
    """A node, and clients of it at two addresses."""

    served: Served
    listed: TestClient
    stranger: TestClient

    def bank(self, name: str) -> str:
        """A new bank, made by the listed client."""
        assert self.listed.post("/hma/c/banks", json={"name": name}).status_code == 201
        return name

    def add(self, bank: str, data: bytes, field: str = "photo", **more: str) -> int:
        """Add a file to a bank; its number."""
        answer = self.listed.post(f"/hma/c/bank/{bank}/content", files={field: ("a", data)}, data=more)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["id"])

    def look_up(self, data: bytes, **params: str) -> Mapping[str, Mapping[str, list[dict[str, object]]]]:
        """Look a photo up."""
        answer = self.listed.post("/hma/m/lookup", files={"photo": ("a", data)}, params=params)
        assert answer.status_code == 200, answer.text
        found: Mapping[str, Mapping[str, list[dict[str, object]]]] = answer.json()
        return found

    def by_hash(self, digits: str, kind: str = "pdq", **params: str) -> dict[str, list[dict[str, object]]]:
        """Look a hash up."""
        answer = self.listed.get("/hma/m/lookup", params={"signal": digits, "signal_type": kind, **params})
        assert answer.status_code == 200, answer.text
        found: dict[str, list[dict[str, object]]] = answer.json()
        return found

    def hash_of(self, data: bytes) -> str:
        """A photo's PDQ."""
        return str(self.listed.post("/hma/h/hash", files={"photo": ("a", data)}).json()["pdq"])


@contextmanager
def clients(home: Path) -> Iterator[Clients]:
    """A new node with one sandbox child; the network 10.0.0.0/8 is listed."""
    settings = NodeSettings(children=1, explain="off", hma_anonymous_networks=(ip_network("10.0.0.0/8"),))
    with Node.open(home, settings, create=True) as node:
        app = create_app(node)
        with (
            TestClient(app, client=(LISTED, 1), raise_server_exceptions=False) as listed,
            TestClient(app, client=(STRANGER, 1), raise_server_exceptions=False) as stranger,
        ):
            yield Clients(Served(node, app, stranger), listed, stranger)


def encoded(
    pixels: NDArray[np.uint8] | int, kind: str = "JPEG", mode: str = "RGB", **options: object
) -> bytes:
    """A picture (of that seed) as a file."""
    seen = picture(pixels, 640, 480) if isinstance(pixels, int) else pixels
    image = Image.fromarray(seen)
    if mode == "P":
        image = image.quantize(128)
    elif mode != "RGB":
        image = image.convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def stored_turned(seed: int) -> bytes:
    """The picture stored a quarter turned, with the orientation tag that turns it back."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = np.ascontiguousarray(np.rot90(picture(seed, 640, 480), 1))
    return encoded(turned, "JPEG", exif=exif, quality=95)
