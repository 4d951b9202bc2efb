"""Pictures made by code that carry signs of origin, each with the rules that must find them.

They are written as the tools write them, by Pillow, and show gradients and shapes. The settings in them are
made up, and the names in them belong to nobody.
"""

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, PngImagePlugin

from tocsin.simulators import encoders
from tocsin.simulators.signing import self_signed_capture

if TYPE_CHECKING:
    from numpy.typing import NDArray

SETTINGS: Final = (
    "a lighthouse at dusk <lora:harbour_style:0.8>\nNegative prompt: blurry\n"
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 412233017, Size: 640x480, "
    "Model hash: 31e35c80fc, Model: sd_xl_base_1.0, Denoising strength: 0.55, "
    'Lora hashes: "harbour_style: 5f1c2a90b3d4", Version: v1.10.1'
)
"""What Automatic1111 writes for a picture made from another one with a small model on top."""
_GRAPH: Final = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "flux1-dev.safetensors"}},
    "2": {"class_type": "LoadImage", "inputs": {"image": "harbour-photo.png"}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse at dusk", "clip": ["1", 1]}},
    "4": {
        "class_type": "KSampler",
        "inputs": {"seed": 98713, "denoise": 0.6, "steps": 20, "sampler_name": "euler", "model": ["1", 0]},
    },
}
_XMP: Final = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" e:DigitalSourceType='
    '"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/></rdf:RDF></x:xmpmeta>'
)
_EXIF_FOLDER: Final = 0x8769


@dataclass(frozen=True, slots=True)
class OriginSample:
    """A way to write a picture so that it carries signs of origin."""

    name: str
    suffix: str
    make: Callable[[Image.Image], bytes]
    rules: frozenset[str]
    """The rules that must find something, as `Rule.id` has them."""
    contradicted: bool = False
    """Whether its signs do not fit together."""
    repeatable: bool = True
    """Whether the same picture gives the same bytes; keys are drawn anew."""


def _png(image: Image.Image, **texts: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info, compress_level=1)
    return buffer.getvalue()


def _jpeg(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def _camera_exif(comment: str = "") -> Image.Exif:
    """The fields that a camera writes (Exif 3.0, 4.6), but for a maker's note."""
    exif = Image.Exif()
    exif.update({0x010F: "OLYMPUS CORPORATION", 0x0110: "E-M1", 0x0132: "2024:05:06 07:08:09"})
    exif.get_ifd(_EXIF_FOLDER).update(
        {
            0x9003: "2024:05:06 07:08:09",
            0x9291: "42",
            0x9011: "+02:00",
            0x829A: 1 / 60,
            0x829D: 2.8,
            0x8827: 400,
            0x920A: 25.0,
            0xA434: "OLYMPUS M.25mm F1.8",
            0xA431: "BHP242330",
        }
    )
    if comment:
        exif.get_ifd(_EXIF_FOLDER)[0x9286] = b"UNICODE\0" + comment.encode("utf-16-be")
    return exif


def _hidden(image: Image.Image) -> bytes:
    """Settings in the lowest bits of the transparency, column by column (sd-webui-stealth-pnginfo)."""
    text = gzip.compress(SETTINGS.encode(), mtime=0)
    block = b"stealth_pngcomp" + (len(text) * 8).to_bytes(4) + text
    bits = np.unpackbits(np.frombuffer(block, np.uint8))
    rgba: NDArray[np.uint8] = np.dstack(
        [np.asarray(image.convert("RGB")), np.full(image.size[::-1], 255, np.uint8)]
    )
    column = rgba[:, :, 3].T.reshape(-1).copy()
    column[: len(bits)] = column[: len(bits)] & 0xFE | bits
    rgba[:, :, 3] = column.reshape(image.size).T
    return encoders.png(Image.fromarray(rgba, "RGBA"))


ORIGINS: Final = (
    OriginSample(
        "automatic1111",
        ".png",
        lambda image: _png(image, parameters=SETTINGS),
        frozenset({"generators.a1111", "generators.denoising", "generators.adapter"}),
    ),
    OriginSample(
        "comfyui",
        ".png",
        lambda image: _png(image, prompt=json.dumps(_GRAPH)),
        frozenset({"comfyui.graph", "comfyui.input_file", "comfyui.denoising"}),
    ),
    OriginSample(
        "declared",
        ".jpg",
        lambda image: _jpeg(image, xmp=_XMP.encode()),
        frozenset({"declared.source_type"}),
    ),
    OriginSample(
        "hidden", ".png", _hidden, frozenset({"stealth.alpha", "generators.a1111", "generators.denoising"})
    ),
    OriginSample(
        "camera",
        ".jpg",
        lambda image: _jpeg(image, exif=_camera_exif()),
        frozenset({"camera.exif", "camera.serial"}),
    ),
    OriginSample(
        "camera-signed-by-itself",
        ".jpg",
        lambda image: self_signed_capture(_jpeg(image)),
        frozenset({"c2pa.signature.self_declared", "c2pa.origin.self_declared"}),
        repeatable=False,
    ),
    OriginSample(
        "camera-dressed-up",
        ".jpg",
        lambda image: _jpeg(image, exif=_camera_exif(SETTINGS)),
        frozenset({"camera.exif", "generators.a1111"}),
        contradicted=True,
    ),
)
"""One for each way in which signs of origin are written."""
