"""Names and hashes of models in one form, so that files link whatever tool wrote them.

ComfyUI names `folder/ink.safetensors` what AUTOMATIC1111 names `ink` with a hash. AUTOMATIC1111 writes the
first 10 digits of the SHA-256 of a model's file (modules/sd_models.py), and of a LoRA the first 12 of the
SHA-256 of its tensors alone (extensions-builtin/Lora/network.py), which SwarmUI writes whole, `0x` before it.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from tocsin.provenance.model import Fingerprint, FingerprintKind
from tocsin.provenance.rules import document

_ENDINGS: Final = (".safetensors", ".ckpt", ".pth", ".pt", ".bin", ".gguf", ".sft", ".onnx")
_NAMED: Final = frozenset({FingerprintKind.MODEL_NAME, FingerprintKind.ADAPTER, FingerprintKind.EMBEDDING})
_HASHED: Final = _NAMED | {FingerprintKind.MODEL_HASH}
_HASH: Final = re.compile(r"(?:0x|sha256:)?([0-9a-f]{4,64})", re.IGNORECASE)
_WHOLE: Final = 64
_BEGINNINGS: Final = (10, 12)


def name_form(name: str) -> str:
    r"""A model's name without folders, which `/` and `\` part, without ending, upper and lower case alike."""
    last = re.split(r"[/\\]", name.strip())[-1].casefold()
    ending = next((one for one in _ENDINGS if last.endswith(one) and len(last) > len(one)), "")
    return last.removesuffix(ending).strip()


def hash_forms(text: str) -> Iterator[str]:
    """A hash in lower case; of a whole SHA-256 also the beginnings that tools write."""
    match = _HASH.fullmatch(text.strip())
    if match is None:
        yield text.strip().lower()
        return
    digits = match[1].lower()
    yield digits
    if len(digits) == _WHOLE:
        yield from (digits[:length] for length in _BEGINNINGS)


def linkable(found: Iterable[Fingerprint]) -> Iterator[Fingerprint]:
    """Fingerprints as they are compared: names and hashes of models in their form, others as they are."""
    for one in found:
        if one.kind in _HASHED and (one.kind not in _NAMED or _HASH.fullmatch(one.value.strip())):
            yield from (Fingerprint(one.kind, form) for form in hash_forms(one.value))
        elif one.kind in _NAMED:
            yield Fingerprint(one.kind, name_form(one.value) or one.value)
        else:
            yield one


def with_hash(kind: FingerprintKind, name: str, digest: str | None) -> Iterator[Fingerprint]:
    """Fingerprints of a small model: its name, and its hash, which links it under another name, too.

    A hash cannot be seen to be that of a model that everybody uses, a name can: of these the name alone.
    """
    yield Fingerprint(kind, name)
    if digest and not any(part in name_form(name) for part in _everybodys(kind)):
        yield Fingerprint(kind, digest)


@cache
def _everybodys(kind: FingerprintKind) -> tuple[str, ...]:
    entries = (entry for entry in document("linking")["common"] if entry["kind"] == kind)
    return tuple(part for entry in entries for part in entry.get("contains", ()))
