"""Benign files that say of themselves what generators, editors and services write, and graphs of nodes."""

import base64
import io
import json
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray
from PIL import ExifTags, Image, PngImagePlugin

from support.videos import clip
from tocsin.media.identify import identify
from tocsin.media.views import views
from tocsin.provenance.opened import Opened, Stored
from tocsin.simulators.pictures import picture

NAMESPACES = {
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
}
GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": ["11", 0],
            "denoise": 0.45,
            "sampler_name": "euler",
            "positive": ["9", 0],
            "negative": ["9", 1],
            "model": ["8", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "harbour_xl.safetensors"}},
    "5": {"class_type": "LoadImage", "inputs": {"image": "lighthouse.jpg", "upload": "image"}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse, embedding:seaside:1.1"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry, (embedding:nofog)"}},
    "8": {
        "class_type": "Power Lora Loader (rgthree)",
        "inputs": {
            "lora_1": {"on": True, "lora": "ink.safetensors", "strength": 0.8},
            "lora_2": {"on": False, "lora": "unused.safetensors", "strength": 1},
        },
    },
    "9": {
        "class_type": "ControlNetApplyAdvanced",
        "inputs": {"positive": ["6", 0], "negative": ["7", 0], "image": ["5", 0]},
    },
    "10": {"class_type": "ReActorFaceSwap", "inputs": {"input_image": ["5", 0]}},
    "11": {"class_type": "PrimitiveInt", "inputs": {"value": 987654321}},
    "12": {"class_type": "FaceDetailer", "inputs": {"denoise": 0.5}},
}
"""As ComfyUI's server ran it."""

EDITOR = {
    "last_node_id": 4,
    "links": [[1, 3, 0, 1, 0, "MODEL"]],
    "version": 0.4,
    "nodes": [
        {
            "id": 1,
            "type": "KSampler",
            "mode": 0,
            "widgets_values": [7, "fixed", 20, 8, "euler", "normal", 0.6],
        },
        {"id": 2, "type": "LoadImage", "mode": 4, "widgets_values": ["pier.png", "image"]},
        {"id": 3, "type": "CheckpointLoaderSimple", "mode": 0, "widgets_values": ["harbour_xl.safetensors"]},
        {
            "id": 4,
            "type": "VHS_LoadVideo",
            "mode": 0,
            "widgets_values": {"video": "waves.mp4", "force_rate": 0},
        },
    ],
    "definitions": {
        "subgraphs": [{"nodes": [{"type": "LoraLoader", "widgets_values": ["ink.safetensors", 1, 1]}]}]
    },
}
"""As ComfyUI's editor shows it."""


def opened(data: bytes) -> Opened:
    """The file, its pixels not asked for."""
    return Opened(io.BytesIO(data), identify(data[:4096]))


def decoded(data: bytes) -> Opened:
    """The file with the pixels as our decoder hands them over."""
    given: list[Stored] = []
    for _ in views(data, stored=lambda pixels, exact: given.append(Stored(pixels, exact))):
        pass
    return Opened(io.BytesIO(data), identify(data[:4096]), stored=given[0])


def png(texts: Mapping[str, str], pixels: "NDArray[np.uint8] | None" = None) -> bytes:
    """A PNG with text chunks, as Pillow writes them; longer ones are not compressed."""
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name, text)
    return _saved("PNG", pixels, pnginfo=info)


def with_chunk(name: bytes, content: bytes) -> bytes:
    """A PNG with a chunk of its own behind the pixels, as Pillow writes it for ComfyUI."""
    info = PngImagePlugin.PngInfo()
    info.add(name, content, after_idat=True)
    return _saved("PNG", None, pnginfo=info)


def exif(tags: Mapping[str, str], kind: str = "JPEG", pixels: "NDArray[np.uint8] | None" = None) -> bytes:
    """A picture with EXIF tags by our names, as Pillow writes them; comments with ASCII for their code."""
    block = Image.Exif()
    for tag, value in tags.items():
        directory, _, name = tag.partition(":")
        number = ExifTags.Base[name].value
        if directory == "Exif":
            block.get_ifd(ExifTags.IFD.Exif)[number] = b"ASCII\0\0\0" + value.encode("ascii", "replace")
        else:
            block[number] = value
    lossless = {"lossless": True} if kind == "WEBP" else {}
    return _saved(kind, pixels, exif=block, **lossless)


def packet(properties: Mapping[str, str]) -> bytes:
    """An XMP packet, each property as an element."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in properties.items())
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    text = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}">'
        f'<rdf:Description rdf:about="" {spaces}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )
    return text.encode()


def xmp(properties: Mapping[str, str], kind: str = "JPEG") -> bytes:
    """A picture with an XMP packet, as Pillow writes it."""
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet(properties).decode())
        return _saved("PNG", None, pnginfo=info)
    return _saved(kind, None, xmp=packet(properties))


def tagged(tags: Mapping[str, str], container: str = "mp4") -> bytes:
    """A clip with tags, as FFmpeg writes them."""
    if container == "webm":
        return clip("webm", "libvpx", tags=tags)
    return clip("mp4", tags=tags, muxing={"movflags": "use_metadata_tags"})


def iptc(sets: Mapping[str, str]) -> bytes:
    """A JPEG with data sets of IPTC's model in Photoshop's resources."""
    model = b""
    for name, value in sets.items():
        record, number = map(int, name.split(":"))
        model += b"\x1c" + bytes([record, number]) + len(value.encode()).to_bytes(2) + value.encode()
    body = (
        b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + len(model).to_bytes(4) + model + b"\0" * (len(model) % 2)
    )
    plain = _saved("JPEG", None)
    return plain[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2) + body + plain[2:]


def samsung(name: str, content: str) -> bytes:
    """A JPEG with a block of Samsung's behind its end, and the directory of such blocks."""
    block = b"\0\0\xa1\x0b" + len(name).to_bytes(4, "little") + name.encode() + content.encode()
    entry = b"\0\0\xa1\x0b" + len(block).to_bytes(4, "little") * 2
    directory = b"SEFH" + (106).to_bytes(4, "little") + (1).to_bytes(4, "little") + entry
    return _saved("JPEG", None) + block + directory + len(directory).to_bytes(4, "little") + b"SEFT"


def declaring(example: Mapping[str, str]) -> bytes:
    """A file that holds the fields of a rule's example, by "space name"."""
    (space,) = {key.split(" ", 1)[0] for key in example}
    fields = {key.split(" ", 1)[1]: value for key, value in example.items()}
    if space == "trailer":
        return samsung(*next(iter(fields.items())))
    writers: dict[str, Callable[[Mapping[str, str]], bytes]]
    writers = {"text": png, "exif": exif, "xmp": xmp, "tag": tagged, "iptc": iptc}
    return writers[space](fields)


def novelai(settings: Mapping[str, object]) -> dict[str, str]:
    """The text of a picture of NovelAI."""
    return {
        "Title": "NovelAI generated image",
        "Description": "a lighthouse",
        "Software": "NovelAI",
        "Source": "NovelAI Diffusion V4.5 4BDE2A90",
        "Comment": json.dumps(settings),
    }


def signed(
    pixels: NDArray[np.uint8], settings: Mapping[str, object], key: Ed25519PrivateKey
) -> dict[str, object]:
    """The settings with a signature over them and the pixels [h, w, 3], as NovelAI makes it."""
    message = pixels.tobytes() + json.dumps(settings).encode()
    return {**settings, "signed_hash": base64.b64encode(key.sign(message)).decode()}


def _saved(kind: str, pixels: "NDArray[np.uint8] | None", **options: object) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(picture(1, 16, 16) if pixels is None else pixels)
    image.save(buffer, kind, **options)
    return buffer.getvalue()
