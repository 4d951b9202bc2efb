"""Small benign files for tests, and archives of them."""

import io
import os
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from PIL import Image

from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture


def small_picture(seed: int, width: int = 160, height: int = 120) -> bytes:
    """A small picture as a JPEG."""
    return encoders.jpeg(Image.fromarray(picture(seed, width, height)))


def write(path: Path, content: bytes) -> str:
    """Write a file and the folders it needs; its path as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def write_raw(folder: Path, name: bytes, content: bytes) -> str:
    """Write a file whose name need not be text; its path as Python has it."""
    path = os.fsdecode(os.fsencode(folder) + b"/" + name)
    return write(Path(path), content)


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """A zip, each member deflated."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_of(members: Mapping[str, bytes], mode: Literal["w", "w:gz"] = "w") -> bytes:
    """A tar, plain or gzipped."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
