"""Files as image generators write them: the documented forms, about a lighthouse, in their containers."""

import io
import json
from collections.abc import Iterable, Mapping
from typing import Literal
from xml.sax.saxutils import escape

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tocsin.media.containers.segments import Segment
from tocsin.media.identify import identify
from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.generators.reading import signs
from tocsin.provenance.model import Derivation, Finding, Item, Place
from tocsin.provenance.opened import Opened

PROMPT = "a lighthouse at dusk"
LORA_PROMPT = "a lighthouse at dusk, <lora:lamps:0.8>, <lyco:brass fittings:1>"
HASH = "31e35c80fc"
LONG_HASH = "0123456789ab"

Lossy = Literal["JPEG", "WEBP", "AVIF"]
_USER_COMMENT, _EXIF_IFD, _SOFTWARE, _MAKER_NOTE = 0x9286, 0x8769, 0x0131, 0x927C


def png(texts: Mapping[str, str], *, packed: bool = False) -> bytes:
    """A PNG with these texts; tEXt where Latin-1 will do, else iTXt, as Pillow decides."""
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text, zip=packed)
    return _saved("PNG", pnginfo=info)


def commented(
    container: Lossy, text: str, *, charset: bytes = b"UNICODE\0", encoding: str = "utf-16-be"
) -> bytes:
    """A picture with an Exif UserComment, as piexif writes it unless said otherwise."""
    exif = Image.Exif()
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = charset + text.encode(encoding)
    return _saved(container, exif=exif.tobytes())


def fooocus_exif(container: Lossy, text: str, scheme: str = "fooocus") -> bytes:
    """A picture as Fooocus' get_exif writes it: everything in IFD0, the comment without a character set."""
    exif = Image.Exif()
    exif[_USER_COMMENT] = text
    exif[_SOFTWARE] = "Fooocus v2.5.5"
    exif[_MAKER_NOTE] = scheme
    return _saved(container, exif=exif)


def draw_things_xmp(settings: Mapping[str, object] | None, description: str = "") -> str:
    """XMP as Draw Things writes it."""
    text = escape(json.dumps(settings)) if settings is not None else ""
    comment = f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
    comment = f"<exif:UserComment>{comment}</exif:UserComment>" if text else ""
    told = escape(description).replace("\n", "&#xA;")
    told = f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{told}</rdf:li></rdf:Alt></dc:description>'
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<xmp:CreatorTool>Draw Things</xmp:CreatorTool>{comment}{told}"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def with_xmp(container: Literal["PNG", "JPEG", "WEBP"], xmp: str) -> bytes:
    """A picture with XMP."""
    if container == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp)
        return _saved("PNG", pnginfo=info)
    return _saved(container, xmp=xmp.encode())


def _saved(container: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), (90, 120, 150)).save(buffer, container, **options)
    return buffer.getvalue()


_BARE = _saved("PNG")


def opened(data: bytes) -> Opened:
    """The file at hand."""
    return Opened(io.BytesIO(data), identify(data[:4096]))


def found_in(data: bytes) -> list[Finding]:
    """What generators wrote into the file."""
    return list(signs(opened(data)))


def found_in_fields(*given: tuple[Space, str, str]) -> list[Finding]:
    """What stands in fields that no container is needed for."""
    where = Segment("png", "tEXt", 0, 8)
    fields = (
        Field(space, name, value, value.encode("utf-8", "replace"), where) for space, name, value in given
    )
    return list(signs(opened(_BARE), Fields(tuple(fields))))


def items(findings: Iterable[Finding]) -> list[Item]:
    """The items among the findings."""
    return [one for one in findings if isinstance(one, Item)]


def derivations(findings: Iterable[Finding]) -> set[tuple[str, str, str | None]]:
    """Kind, value and hash of the signs of derivation."""
    return {(one.kind.value, one.value, one.hash) for one in findings if isinstance(one, Derivation)}


def fingerprints(item: Item) -> set[tuple[str, str]]:
    """Kind and value of an item's fingerprints."""
    return {(one.kind.value, one.value) for one in item.fingerprints}


def stretch(data: bytes, place: Place) -> bytes:
    """The bytes of a place."""
    assert place.offset is not None
    assert place.length is not None
    return data[place.offset : place.offset + place.length]


# ---- settings texts ----------------------------------------------------------------------------------------


def settings_text(line: str, prompt: str = PROMPT) -> str:
    """Prompts and a settings line."""
    return f"{prompt}\nNegative prompt: fog, rain\n{line}"


CORE = (
    "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 4711, Size: 512x768, "
    f"Model hash: {HASH}, Model: seaside_v2"
)
A1111 = settings_text(
    f'{CORE}, Lora hashes: "lamps: {LONG_HASH}, brass fittings: ab0123456789", '
    'TI hashes: "calm: 9876543210", Version: v1.10.1',
    LORA_PROMPT,
)
A1111_IMG2IMG = settings_text(
    f"{CORE}, Denoising strength: 0.55, Mask blur: 4, Inpaint area: Only masked, Masked area padding: 32, "
    f"Init image hash: 00112233445566778899aabbccddeeff, Version: v1.9.4"
)
A1111_HIRES = settings_text(
    f"{CORE}, Denoising strength: 0.4, Hires upscale: 2, Hires steps: 10, "
    "Hires upscaler: Latent, Version: v1.10.1"
)
A1111_CONTROL = settings_text(
    f'{CORE}, ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 1.0", '
    'ControlNet 1: "Module: ip-adapter_face_id_plus, Model: ip-adapter-faceid-plusv2_sd15, Weight: 0.7", '
    "Version: v1.10.1"
)
FORGE = settings_text(
    f"{CORE}, Denoising strength: 0.3, Module 1: ae, Module 2: clip_l, Version: f2.0.1v1.10.1-previous-664"
)
SDNEXT = settings_text(
    "Steps: 30, Size: 1024x1024, Sampler: UniPC, Seed: 12, CFG scale: 6.0, App: SD.Next, Version: 0a1b2c3, "
    "Pipeline: StableDiffusionXLPipeline, Operations: img2img; detailer, Model: seaside_xl, "
    "Model hash: 0011223344, Init image size: 800x600, Init image hash: 0123456789abcdef0123456789abcdef, "
    "Denoising strength: 0.6, FaceID 0 score: 0.91, FaceID 0 gender: female, FaceID 0 age: 34, "
    'LoRA networks: "lamps, brass", Lora hashes: "aabbccddee00, aabbccddee11"'
)
CIVITAI_RESOURCES = [
    {
        "type": "checkpoint",
        "modelVersionId": 128713,
        "modelName": "Seaside [XL], real: yes",
        "modelVersionName": "8",
    },
    {"type": "lora", "weight": 0.7, "modelVersionId": 62833, "modelName": "Lamp tweaker"},
    {"type": "embed", "modelVersionId": 99, "modelName": "calm"},
]
CIVITAI = settings_text(
    "Steps: 25, Sampler: Euler a, CFG scale: 7, Seed: 99, Size: 832x1216, Clip skip: 2, "
    "Created Date: 2024-12-22T01:01:01.0222111Z, "
    f'Civitai resources: {json.dumps(CIVITAI_RESOURCES)}, Civitai metadata: {{"remixOfId":11111}}'
)
UNNAMED = settings_text(
    f'{CORE}, Hashes: {{"model": "{HASH}", "lora:lamps": "{LONG_HASH}", "embed:calm": "9876543210"}}'
)
OLDER = settings_text(
    f"{CORE}, AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: lamps_v1(0123456789ab), "
    "AddNet Weight A 1: 1, Hypernet: brass, Hypernet hash: 55667788, User: keeper\n"
    "Used embeddings: calm [119b]"
)
SDCPP = (
    f"{PROMPT}\nNegative prompt: fog\nSteps: 30, CFG scale: 5.000000, Guidance: 3.500000, Eta: 0.000000, "
    "Seed: 197583933, Size: 512x512, Model: seaside.safetensors, RNG: cuda, Sampler: dpm++2mv2 karras, "
    "Version: stable-diffusion.cpp"
)
COMFYUI = settings_text(f"{CORE}, Version: ComfyUI")
FOOOCUS_TEXT = settings_text(
    f'{CORE}, Sharpness: 2, ADM Guidance: "(1.5, 0.8, 0.3)", Lora hashes: "lamps: {LONG_HASH}", '
    'Lora weights: "lamps: 0.5", Version: Fooocus v2.5.5, User: keeper'
)

# ---- JSON --------------------------------------------------------------------------------------------------

FOOOCUS = json.dumps(
    {
        "adm_guidance": "(1.5, 0.8, 0.3)",
        "base_model": "juggernautXL_v8",
        "base_model_hash": "aeb7e9e689",
        "created_by": "keeper",
        "full_negative_prompt": ["fog"],
        "full_prompt": [PROMPT],
        "guidance_scale": 4,
        "lora_combined_1": "lamps : 0.1",
        "loras": [["lamps", 0.1, LONG_HASH]],
        "metadata_scheme": "fooocus",
        "negative_prompt": "fog",
        "performance": "Speed",
        "prompt": PROMPT,
        "resolution": "(1152, 896)",
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "seed": "4711",
        "sharpness": 2,
        "steps": 30,
        "styles": "['Fooocus V2']",
        "vae": "Default (model)",
        "version": "Fooocus v2.5.5",
    }
)
RUINED = json.dumps(
    {
        "Prompt": PROMPT,
        "Negative": "fog",
        "steps": 30,
        "cfg": 8.5,
        "width": 1152,
        "height": 896,
        "seed": 4711,
        "sampler_name": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "base_model_name": "seaside.safetensors",
        "base_model_hash": "be9edd61",
        "loras": [["4852686128", "0.1 - lamps.safetensors"]],
        "start_step": 0,
        "denoise": 0.5,
        "software": "RuinedFooocus",
    }
)
SWARM_PARAMETERS = {
    "prompt": f"{PROMPT} <embed:calm>",
    "model": "seaside/xl",
    "seed": 4711,
    "steps": 20,
    "cfgscale": 7.0,
    "width": 1024,
    "height": 1024,
    "initimagecreativity": 0.6,
    "controlnetstrength": 0.9,
    "controlnetmodel": "canny_xl",
    "useipadapter": "faceid plus v2",
    "maskshrinkgrow": 8,
    "loras": ["lamps"],
    "loraweights": ["0.8"],
    "swarm_version": "0.9.3.1",
}
SWARM_MODELS = [
    {"name": "seaside/xl.safetensors", "param": "model", "hash": "0xaabb"},
    {"name": "lamps.safetensors", "param": "loras", "hash": "0xccdd"},
]
SWARMUI = json.dumps(
    {
        "sui_image_params": SWARM_PARAMETERS,
        "sui_extra_data": {"date": "2026-01-02", "used_embeddings": ["calm"]},
        "sui_models": SWARM_MODELS,
    },
    indent=2,
)
EASY_DIFFUSION = {
    "prompt": PROMPT,
    "seed": "4711",
    "negative_prompt": "fog",
    "num_inference_steps": "25",
    "guidance_scale": "7.5",
    "use_stable_diffusion_model": "seaside-v1",
    "use_vae_model": "None",
    "sampler_name": "euler_a",
    "width": "512",
    "height": "768",
    "prompt_strength": "0.8",
    "use_lora_model": "['lamps', 'brass']",
    "use_controlnet_model": "control_openpose",
    "use_embeddings_model": "None",
}
EASY_DIFFUSION_LABELS = {
    "Prompt": PROMPT,
    "Seed": "4711",
    "Stable Diffusion model": "seaside-v1",
    "Steps": "25",
    "Guidance Scale": "7.5",
    "Sampler": "euler_a",
    "Width": "512",
}
DRAW_THINGS = {
    "c": PROMPT,
    "uc": "fog",
    "model": "seaside_q6p.ckpt",
    "sampler": "Euler A Trailing",
    "scale": 4.5,
    "seed": 4711,
    "seed_mode": "Scale Alike",
    "size": "1024x1024",
    "steps": 8,
    "strength": 0.7,
    "lora": [{"model": "lamps_lora_f16.ckpt", "weight": 0.8}],
    "control": [],
    "mask_blur": 1.5,
    "v2": {
        "controls": [{"file": "pulid_0.9.1_q8p.ckpt", "weight": 1}],
        "loras": [{"file": "lamps_lora_f16.ckpt", "weight": 0.8, "mode": "all"}],
    },
}
DRAW_THINGS_DESCRIPTION = (
    f"{PROMPT}\n-fog\nSteps: 8, Sampler: Euler A Trailing, Guidance Scale: 4.5, Seed: 4711, Size: 1024x1024, "
    "Model: seaside_q6p.ckpt, Strength: 0.5, Seed Mode: Scale Alike, "
    "LoRA Model: lamps.ckpt, LoRA Weight: 0.8, LoRA Model: brass.ckpt, LoRA Weight: 1.0"
)
NOVELAI = {
    "prompt": PROMPT,
    "steps": 28,
    "height": 1216,
    "width": 832,
    "scale": 5.0,
    "seed": 4711,
    "sampler": "k_euler_ancestral",
    "strength": 0.7,
    "uc": "fog",
    "request_type": "PromptGenerateRequest",
}
TENSOR_ART = json.dumps(
    {
        "models": [
            {
                "label": "Lamps",
                "type": "LORA",
                "modelId": "6001",
                "modelFileId": "6002",
                "weight": 0.8,
                "modelFileName": "lamps_v1",
                "hash": "ABCDEF012345",
            }
        ],
        "prompt": PROMPT,
        "negativePrompt": "fog",
        "width": 768,
        "height": 1152,
        "seed": "4711",
        "steps": 25,
        "cfgScale": 7,
        "clipSkip": 2,
        "baseModel": {
            "label": "Seaside",
            "type": "BASE_MODEL",
            "modelFileId": "5002",
            "modelFileName": "seaside_v2",
            "hash": "31E35C80FC4829D1",
        },
    }
)
