"""NovelAI: the settings beside or hidden in a picture. The signature over both is in `novelai_signature`.

Fields follow NovelAI's own reader (github.com/NovelAI/novelai-image-metadata): in PNG `Title`, `Software`,
`Source`, `Comment`; in WebP's EXIF `DocumentName` for the title, `Software` for the source, `UserComment` for
the comment; hidden in the alpha channel, the names of PNG.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tocsin.provenance import novelai_signature
from tocsin.provenance.fields import Field, Space
from tocsin.provenance.forgeable import declared
from tocsin.provenance.generators import graphs
from tocsin.provenance.generators.forms import NOT_SHOWN, bare
from tocsin.provenance.generators.graphs import Sign, Trait, fingerprint, name_of
from tocsin.provenance.model import (
    Derivation,
    DerivationKind,
    Failed,
    Fingerprint,
    FingerprintKind,
    Item,
    NotChecked,
    Strength,
    Subject,
)
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import TextError, parse_json, prompt_hash, quoted

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.fields import Fields
    from tocsin.provenance.model import Place
    from tocsin.provenance.opened import Opened

_OWN: Final = {name: name for name in ("Title", "Software", "Source", "Comment")}
_NAMES: Final = {
    Space.EXIF: {"IFD0:DocumentName": "Title", "IFD0:Software": "Source"} | {"Exif:UserComment": "Comment"},
    Space.TEXT: _OWN,
    Space.STEALTH: _OWN,
}
_WHOLE: Final = frozenset({"NovelAI", "NovelAI generated image"})
_TELLING: Final = ("Title", "Software", "Source")
_SOURCE: Final = re.compile(
    r"((?:NovelAI|Stable)(?: Diffusion)?(?: [A-Z0-9][\w.()-]{0,15}){0,4}?) ([0-9A-Fa-f]{8})"
)
_BEGINNING: Final = re.compile(r"(?:NovelAI|Stable)(?: Diffusion)?(?: XL| V?\d[\d.]{0,6})?\b")


def _names_it(value: str) -> bool:
    """Whether a field says it as NovelAI does; a title may also speak about NovelAI."""
    if value in _WHOLE or value.startswith("NovelAI Diffusion"):
        return True
    return value.startswith("NovelAI") and bool(_SOURCE.fullmatch(value) or _BEGINNING.fullmatch(value))


@dataclass(frozen=True, slots=True)
class _Written:
    """What stands in one space of a file, by NovelAI's names."""

    by_name: Mapping[str, Field]

    @property
    def telling(self) -> tuple[Field, ...]:
        """The fields that name NovelAI."""
        fields = (self.by_name.get(name) for name in _TELLING)
        return tuple(one for one in fields if one and _names_it(bare(one.value)))


def signs(file: "Opened", fields: "Fields") -> Iterator[Item | Derivation | Failed | NotChecked]:
    """What NovelAI wrote into a file, or hid in its pixels; in the latter case with the signature."""
    found = graphs.Signs()
    for space, names in _NAMES.items():
        by_name: dict[str, Field] = {}
        known = {name.casefold(): own for name, own in names.items()}
        for field in fields.found:
            if field.space is space and (own := known.get(bare(field.name).casefold())):
                by_name.setdefault(own, field)
        yield from _of_space(file, _Written(by_name), found)
    if any(field.space is Space.STEALTH for field in fields.found):
        yield from novelai_signature.checked(file, fields)
    kinds = dict.fromkeys(DerivationKind, rules("graphs")["novelai.derivation"])
    yield from found.told(file, kinds, "The settings of NovelAI say")


def _of_space(file: "Opened", written: _Written, found: graphs.Signs) -> Iterator[Item | Failed]:
    comment = written.by_name.get("Comment")
    settings: JsonObject | None = None
    if comment and (written.telling or novelai_signature.is_signed(comment.value)):
        try:
            settings = novelai_signature.settings_of(parse_json(bare(comment.value)))
        except TextError as error:
            yield Failed(OWN_READER, error.code, f"NovelAI's comment cannot be read: {error}")
    if not written.telling and settings is None:
        return
    traits = tuple(_traits(settings or {}, written))
    fields = [*written.telling, *([comment] if comment and settings is not None else [])]
    places = tuple(dict.fromkeys(file.place(field.where) for field in fields))
    found.add(traits, *places[-1:])
    yield _item(file, written, traits, places, full=settings is not None)


def _item(
    file: "Opened", written: _Written, traits: tuple[Trait, ...], places: "tuple[Place, ...]", *, full: bool
) -> Item:
    rule = rules("graphs")["novelai.metadata"]
    source = written.by_name.get("Source")
    model = _model(source.value)[0] if source else None
    strength = None if full else Strength.S2
    what = "Settings of NovelAI" if full else "The name of NovelAI, without its settings"
    return file.item(
        rule,
        what + (f", with the model {quoted(model)}." if model else "."),
        *places,
        subject=Subject(
            tool=rule.tool,
            vendor=rule.vendor,
            model=model,
            model_hash=graphs.named(traits, FingerprintKind.MODEL_HASH),
        ),
        fingerprints=graphs.kept(traits),
        caveats=declared(rule, strength=strength),
        strength=strength,
    )


def _traits(settings: "JsonObject", written: _Written) -> Iterator[Trait]:
    source = written.by_name.get("Source")
    if source:
        name, digest = _model(source.value)
        yield from fingerprint(FingerprintKind.MODEL_NAME, name)
        yield from fingerprint(FingerprintKind.MODEL_HASH, digest)
    yield from fingerprint(FingerprintKind.SEED, settings.get("seed"))
    prompt = settings.get("prompt")
    if isinstance(prompt, str) and prompt.strip():
        yield Fingerprint(FingerprintKind.PROMPT, prompt_hash(prompt))
    yield from _derived(settings, document("graphs")["novelai"])


def _model(source: str) -> tuple[str | None, str | None]:
    """The model that a source names, with its hash, as `NovelAI Diffusion V4.5 4BDE2A90`.

    Of what has another form as many of the first words as have this one: the rest may be prose.
    """
    source = bare(source)
    if match := _SOURCE.fullmatch(source):
        return source, match[2].lower()
    begins = _BEGINNING.match(source)
    return (begins[0] if begins else NOT_SHOWN) if source else None, None


def _derived(settings: "JsonObject", table: "Mapping[str, Any]") -> Iterator[Sign]:
    request = settings.get("request_type")
    for part, kind in table["requests"].items():
        if isinstance(request, str) and part in request:
            yield Sign(DerivationKind(kind), name_of(request) or NOT_SHOWN, "the type of request")
    for name, kind in table["settings"].items():
        if _is_set(settings.get(name)):
            yield Sign(
                DerivationKind(kind), name, "a setting that stands for a picture or model that went in"
            )
    strength = settings.get("strength")
    if isinstance(strength, int | float) and not isinstance(strength, bool) and 0 <= strength < 1:
        yield Sign(DerivationKind.DENOISING, f"{strength:.4g}", "strength below 1")


def _is_set(value: "JsonValue") -> bool:
    """Whether a setting is more than the nothing that NovelAI writes for what was not used."""
    return value not in (None, False, "", 0, [], {})
