"""Files with signs of origin of every family and container, and what must be true of any answer about them.

Each prompt in them is `PROMPT` or `UNWANTED`, words that stand nowhere else: whatever shows one of them shows
prompts. All names in them belong to nobody.
"""

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from bench.embedder import marked
from support import camera_samples as cameras
from support import containers, graph_samples, signed, videos
from support import generator_samples as texts
from support.marking import Stealth, stealthy
from tocsin.content.explaining import PRELOAD, Explained, Search, explain_paths
from tocsin.content.model import Content
from tocsin.media.sandbox import ChildLimits, Pool
from tocsin.provenance import marks, stealth
from tocsin.provenance.findings import finding_from_json, finding_to_json
from tocsin.provenance.model import Derivation, Failed, Finding, Item, Place
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document
from tocsin.simulators import encoders
from tocsin.simulators.authorities import authority, signer
from tocsin.simulators.origins import ORIGINS
from tocsin.simulators.pictures import picture

PROMPT: Final = "a zebra reads marmalade almanacs"
UNWANTED: Final = "no xylophones whatsoever"
CANARIES: Final = ("zebra", "marmalade", "almanac", "xylophone", "whatsoever", "lighthouse at dusk")
"""Words of prompts; the last ones are those of `tocsin.simulators.origins`."""
Files = dict[str, bytes]
_STEALTH: Final[tuple[Stealth, ...]] = (
    "stealth_pnginfo",
    "stealth_pngcomp",
    "stealth_rgbinfo",
    "stealth_rgbcomp",
)
_SDXL: Final = 0b101100111110110010010000011110111011000110011110
_PAINTED: Final = {"inpaint_additional_prompt": PROMPT, "inpaint_mask_dino_prompt_text": UNWANTED}
_STEERED: Final = {
    "sui_image_params": {
        "prompt": PROMPT,
        "model": "seaside",
        "seed": 7,
        "steps": 20,
        "initimage": {"prompt": PROMPT},
        "promptimages": [{"prompt": UNWANTED}],
        "swarm_version": "0.9.3.1",
    }
}
_FAULTS: Final = {"provenance.family_failed", "provenance.generator_failed"}
_METADATA: Final = {"provenance.container", "provenance.exif", "provenance.xmp", "provenance.png_text"}
_IN_PIXELS: Final = {stealth.WHAT, marks.WHAT}
NOTHING: Final = "No sign of a camera or of a generator was found"
NOT_ALL: Final = "Not everything could be read"
UNEXAMINED: Final = "Nothing of this file was examined"


@cache
def every_file() -> Mapping[str, bytes]:
    """All of them by name, which ends as the name of such a file does."""
    makers = (_settings, _objects, _graphs, _declared, _hidden, _cameras, _signed, _films, _origins, _others)
    return {name: data for make in makers for name, data in make().items()}


@cache
def generated_files() -> Mapping[str, bytes]:
    """Those that some generator's fields are in."""
    makers = (_settings, _objects, _graphs, _declared, _hidden)
    return {name: data for make in makers for name, data in make().items()}


def _words(text: str) -> str:
    """The text of another sample with our prompts in it."""
    return (
        text.replace(texts.PROMPT, PROMPT)
        .replace("Negative prompt: fog, rain", f"Negative prompt: {UNWANTED}")
        .replace('"fog"', json.dumps(UNWANTED))
        .replace("a lighthouse, embedding", f"{PROMPT}, embedding")
        .replace("a lighthouse", PROMPT)
        .replace("blurry, (embedding", f"{UNWANTED}, (embedding")
    )


def _inside(value: Any) -> Any:  # noqa: ANN401  # any JSON
    return json.loads(_words(json.dumps(value)))


SETTINGS: Final = {
    name: _words(getattr(texts, name.upper()))
    for name in (
        "a1111",
        "a1111_img2img",
        "a1111_hires",
        "a1111_control",
        "forge",
        "sdnext",
        "civitai",
        "unnamed",
        "older",
        "sdcpp",
        "comfyui",
        "fooocus_text",
    )
}
"""Settings as text, by the tool that writes them."""


def _settings() -> Files:
    files = {f"{name}.png": texts.png({"parameters": text}) for name, text in SETTINGS.items()}
    more = f'{SETTINGS["a1111"]}, Hires prompt: "{PROMPT}", ADetailer prompt: {PROMPT}, Template: {PROMPT}'
    return files | {
        "a1111.jpg": texts.commented("JPEG", SETTINGS["a1111"]),
        "a1111.webp": texts.commented("WEBP", SETTINGS["a1111"]),
        "a1111.avif": texts.commented("AVIF", SETTINGS["a1111"]),
        "a1111-packed.png": texts.png({"parameters": SETTINGS["a1111"]}, packed=True),
        "a1111-more-prompts.png": texts.png({"parameters": more}),
        "civitai.jpg": texts.commented("JPEG", SETTINGS["civitai"]),
        "a1111.gif": containers.saved("GIF", comment=SETTINGS["a1111"].encode()),
    }


def _objects() -> Files:
    fooocus, easy = _words(texts.FOOOCUS), _inside(texts.EASY_DIFFUSION)
    invoke = {
        "app_version": "5.4.2",
        "generation_mode": "img2img",
        "positive_prompt": PROMPT,
        "negative_prompt": UNWANTED,
        "model": {"name": "seaside", "hash": "blake3:0011"},
        "strength": 0.6,
        "seed": 4711,
        "loras": [{"model": {"name": "lamps", "hash": "blake3:2233"}, "weight": 0.7}],
    }
    things = texts.draw_things_xmp(_inside(texts.DRAW_THINGS), _words(texts.DRAW_THINGS_DESCRIPTION))
    return {
        "fooocus.png": texts.png({"parameters": fooocus, "fooocus_scheme": "fooocus"}),
        "fooocus.jpg": texts.fooocus_exif("JPEG", fooocus),
        "ruined.png": texts.png({"parameters": _words(texts.RUINED)}),
        "swarmui.png": texts.png({"parameters": _words(texts.SWARMUI)}),
        "swarmui.jpg": texts.commented("JPEG", _words(texts.SWARMUI), encoding="utf-16-le"),
        "easy.png": texts.png(easy),
        "draw-things.jpg": texts.with_xmp("JPEG", things),
        "draw-things.png": texts.with_xmp("PNG", things),
        "tensor-art.png": texts.png({"generation_data": _words(texts.TENSOR_ART)}),
        "invoke.png": texts.png({"invokeai_metadata": json.dumps(invoke)}),
        "novelai.png": graph_samples.png(_inside(graph_samples.novelai(_inside(texts.NOVELAI)))),
        # Keys that are told for another reason, with prompts behind them.
        "inpainted.png": texts.png({"parameters": json.dumps(json.loads(fooocus) | _PAINTED)}),
        "steered.png": texts.png({"parameters": json.dumps(_STEERED)}),
        # Broken, so that what is said about it may quote it.
        "broken-json.png": texts.png({"parameters": fooocus[:-40], "prompt": '{"1": ' + PROMPT}),
        "broken-numbers.png": texts.png({"invokeai_metadata": json.dumps(invoke | {"strength": PROMPT})}),
    }


def _graphs() -> Files:
    graph = _inside(graph_samples.GRAPH)
    editor = _inside(graph_samples.EDITOR)
    editor["nodes"].append({"id": 9, "type": "CLIPTextEncode", "mode": 0, "widgets_values": [PROMPT]})
    run, shown = json.dumps(graph), json.dumps(editor)
    both = {"prompt": run, "workflow": shown}
    return {
        "graph.png": graph_samples.png(both),
        "graph.webp": graph_samples.exif({"IFD0:Model": f"prompt:{run}"}, "WEBP"),
        "graph.avif": graph_samples.exif({"IFD0:Model": f"prompt:{run}"}, "AVIF"),
        "graph.mp4": graph_samples.tagged(both),
        "graph.webm": graph_samples.tagged(both, "webm"),
        "suite.mp4": graph_samples.tagged({"comment": json.dumps(both)}),
        "animated.png": graph_samples.with_chunk(b"comf", b"prompt\0" + run.encode("latin-1")),
    }


def _declared() -> Files:
    files = {}
    for rule in document("declared")["rule"]:
        example = {name: _declared_value(name, value) for name, value in rule["example"].items()}
        data = graph_samples.declaring(example)
        files[f"{rule['id']}{_suffix(data)}"] = data
    asked = {"Iptc4xmpExt:AIPromptInformation": PROMPT, "Iptc4xmpExt:AISystemUsed": "Seaside"}
    return files | {"asked.jpg": graph_samples.xmp(asked)}


def _declared_value(name: str, value: str) -> str:
    return PROMPT if "AIPromptInformation" in name else _words(value)


def _hidden() -> Files:
    pixels = picture(7, 96, 96)
    files = {f"{kind}.png": _png(stealthy(pixels, SETTINGS["forge"], kind)) for kind in _STEALTH}
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    told = graph_samples.signed(pixels, _inside(texts.NOVELAI), key)
    wide = picture(8, 256, 256)
    mark = np.array([int(bit) for bit in f"{_SDXL:048b}"], np.uint8)
    return files | {
        "novelai-signed.png": graph_samples.png(_inside(graph_samples.novelai(told)), pixels),
        "marked.png": _png(marked(wide, mark)),
    }


def _cameras() -> Files:
    scene, other = cameras.photograph(1), cameras.photograph(2)
    exif = cameras.of_camera().with_thumbnail(cameras.thumbnail_of(scene))
    foreign = cameras.of_camera().with_thumbnail(cameras.thumbnail_of(other))
    small = cameras.photograph(3, 64, 48)
    return {
        "camera.jpg": cameras.jpeg(scene, exif),
        "camera-other-thumbnail.jpg": cameras.jpeg(scene, foreign),
        "camera.png": cameras.saved(small, "PNG", cameras.of_camera()),
        "camera.webp": cameras.saved(small, "WEBP", cameras.of_camera(note=cameras.apple_note())),
        "camera.avif": cameras.saved(small, "AVIF", cameras.of_camera()),
        "camera.tif": cameras.saved(small, "TIFF", cameras.of_camera(note=cameras.canon_note(7))),
        "camera.heic": containers.heic(cameras.of_camera().block(), containers.XMP),
        "camera.jxl": _saved(small, "JXL", exif=cameras.of_camera().block()[6:]),
    }


@cache
def _signer() -> Any:  # noqa: ANN401  # a helper's class
    return signer(authority())


def _signed() -> Files:
    asked = signed.action(source=signed.GENERATED, parameters={"prompt": PROMPT, "description": PROMPT})
    said = signed.manifest(asked)
    plain = {
        "signed.jpg": signed.picture(),
        "signed.png": signed.picture("PNG"),
        "signed.webp": signed.picture("WEBP"),
        "signed.gif": signed.picture("GIF"),
        "signed.tif": signed.picture("TIFF"),
        "signed.avif": encoders.avif(containers.picture()),
        "signed.mp4": signed.movie(),
    }
    return {name: signed.sign(_signer(), said, data) for name, data in plain.items()}


def _films() -> Files:
    noted = videos.clip(tags={"comment": SETTINGS["a1111"]})
    return {
        "x264.mp4": noted,
        "x264.mov": videos.remuxed(noted, "mov"),
        "x265.mp4": videos.clip(codec="libx265", options=videos.X265),
        "vp9.webm": videos.clip("webm", "libvpx-vp9"),
    }


def _origins() -> Files:
    image = Image.fromarray(picture(4, 160, 120))
    return {f"demo-{one.name}{one.suffix}": one.make(image) for one in ORIGINS}


def _others() -> Files:
    """With nothing to find in them, or what nobody asked for."""
    return {
        "plain.png": containers.plain("PNG"),
        "plain.jpg": containers.plain("JPEG"),
        "plain.webp": containers.plain("WEBP"),
        "plain.gif": containers.plain("GIF"),
        "plain.bmp": containers.plain("BMP"),
        "note.txt": b"a note\n",
    }


def _png(pixels: "np.ndarray[Any, np.dtype[np.uint8]]") -> bytes:
    return encoders.png(Image.fromarray(pixels))


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    if form == "JXL":
        import pillow_jxl  # noqa: F401, PLC0415  # registers itself with Pillow

    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _suffix(data: bytes) -> str:
    for magic, suffix in ((b"\x89PNG", ".png"), (b"\xff\xd8", ".jpg"), (b"\x1aE", ".webm")):
        if data.startswith(magic):
            return suffix
    return ".mp4"


# ---- what must be true of any answer -----------------------------------------------------------------------


def places(findings: tuple[Finding, ...]) -> Iterator[Place]:
    """All places that findings rest on."""
    for finding in findings:
        if isinstance(finding, Item | Derivation):
            yield from finding.where


def check(explained: Explained, data: bytes, pixels: Callable[[], str] | None = None) -> None:
    """The answer is about these bytes, hides no failure and shows no prompt."""
    content = explained.content
    findings = content.findings
    assert findings
    for place in places(findings):
        _check_place(place, data, pixels)
    _check_silence(explained, content)
    for sent in map(finding_to_json, findings):
        assert finding_to_json(finding_from_json(sent)) == sent
    faults = [one for one in findings if isinstance(one, Failed) and one.code in _FAULTS]
    assert not faults  # a fault of our own code
    if content.signals:
        assert content.sha256 == hashlib.sha256(data).hexdigest()
        assert content.size == len(data)


def _check_place(place: Place, data: bytes, pixels: Callable[[], str] | None) -> None:
    if place.offset is None:
        assert place.segment == "pixels"
        assert pixels is None or place.sha256 == pixels()
        return
    assert place.length is not None
    held = data[place.offset : place.offset + place.length]
    assert len(held) == place.length
    assert place.sha256 == hashlib.sha256(held).hexdigest()


def _check_silence(explained: Explained, content: Content) -> None:
    """Whatever was not read is said, and the summary says "nothing" only together with that."""
    answer = explained.explanation
    if content.refused is not None:
        assert answer.failed or answer.not_checked
    broken = {failed.reader for failed in answer.failed}
    assert not [one for one in answer.absent if one.reader in broken - {OWN_READER}]
    if any(failed.code in _METADATA for failed in answer.failed):
        assert {one.what for one in answer.absent} <= _IN_PIXELS
    looked_at = bool(answer.items or answer.derivation or answer.absent)
    assert answer.summary.startswith(UNEXAMINED) != looked_at
    assert NOTHING not in answer.summary or looked_at
    if answer.failed:
        assert (NOT_ALL if looked_at else answer.failed[0].reason.rstrip(".")) in answer.summary
        assert "unreadable" in {one.reason.value for one in answer.raises}


def deadly(data: bytes, *readers: tuple[str, str]) -> bytes:
    """The file with last words by which readers die in the ways named; `support.origin_tasks` has them."""
    return data + b"".join(f"#{reader}/{way}#".encode() for reader, way in readers)


@dataclass(frozen=True, slots=True)
class RoughSearch(Search):
    """In children that die where a file says so."""

    def pool(self, *, workers: int, preload: Sequence[str] = ()) -> Pool:
        """Such children."""
        return Pool(
            "support.origin_tasks:examine",
            workers=workers,
            limits=ChildLimits(cpu_seconds=1),
            preload=(*preload, *PRELOAD),
            path=[str(Path(__file__).parent.parent)],
            constants=self.constants(),
        )


def explained(
    files: Iterable[tuple[str, bytes]], folder: Path, search: Search, workers: int = 2
) -> Iterator[tuple[str, bytes, Explained, float]]:
    """Each file by its name, with its answer and the seconds from when it was taken up until it was answered.

    A file is in the folder only while it is explained.
    """
    waiting: dict[str, tuple[str, bytes, float]] = {}

    def paths() -> Iterator[str]:
        for number, (name, data) in enumerate(files):
            path = folder / f"{number}{Path(name).suffix}"
            path.write_bytes(data)
            waiting[str(path)] = name, data, time.monotonic()
            yield str(path)

    for answer in explain_paths(paths(), search, workers=workers):
        name, data, since = waiting.pop(answer.path)
        Path(answer.path).unlink()
        yield name, data, answer, time.monotonic() - since
    assert not waiting


def shows_prompt(text: str) -> list[str]:
    """The words of prompts in a text."""
    return [word for word in CANARIES if word in text.lower()]
