"""What single fields declare about a file's origin: IPTC's source type, China's label, vendors, editors.

All of it is in `data/declared.toml`, so that a vendor's new label is a new table there and no code here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.declarations import Declaration, FieldTest, Taken, declarations
from tocsin.provenance.forgeable import declared
from tocsin.provenance.model import (
    Absent,
    Derivation,
    Failed,
    Finding,
    Fingerprint,
    FingerprintKind,
    NotChecked,
    Subject,
)
from tocsin.provenance.names import linkable
from tocsin.provenance.opened import MAX_READ, OWN_READER
from tocsin.provenance.texts import TextError, prompt_hash, quoted, shortened

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment
    from tocsin.provenance.model import Place
    from tocsin.provenance.opened import Opened

_TRAILER: Final = "trailer"
_MOST_HITS: Final = 50
"""Different declarations by one rule in one file that are told, and places of each."""
_MOST_NAME: Final = 256
_MOST_MARKERS: Final = 1000
"""Times that one marker is looked at behind the end of a picture."""
_MODELS: Final = {"model": FingerprintKind.MODEL_NAME}
_PROMPT: Final = "prompt"


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of a file, by the words of the data file."""

    space: str
    name: str
    text: str
    where: "Segment | Place"


_Index = Mapping[tuple[str, str], list[_Value]]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A rule that was recognised: what was taken, from which values."""

    taken: Taken
    values: tuple[_Value, ...]


def signs(file: "Opened") -> Iterator[Finding]:
    """Every declaration in the metadata of a file."""
    index: dict[tuple[str, str], list[_Value]] = {}
    for one in _values(file):
        index.setdefault((one.space, one.name.casefold()), []).append(one)
    unread = tuple(_unread(file))
    yield from unread
    told = {one.topic for one in declarations() if unread and any(_in_trailers(one))}
    for declaration in declarations():
        for finding in _found(file, declaration, index):
            told.add(declaration.topic)
            yield finding
    for topic in dict.fromkeys(one.topic for one in declarations()):
        if topic not in told:
            yield Absent(topic, OWN_READER)


def _values(file: "Opened") -> Iterator[_Value]:
    for field in file.fields.found:
        yield _Value(field.space.value, field.name, field.value, field.where)
    for segment in file.walk.named(_TRAILER):
        for marker in _markers():
            yield from _in_trailer(file, segment, marker)


def _unread(file: "Opened") -> Iterator[NotChecked]:
    """What stands behind the end of a picture and is not looked at."""
    for segment in file.walk.named(_TRAILER):
        names = ", ".join(dict.fromkeys(_markers()))
        if segment.length > MAX_READ:
            what = f"the first {segment.length - MAX_READ:,} bytes behind the end of the picture"
            yield NotChecked(what, f"only the last {MAX_READ >> 20} MiB are searched for {names}")
        data = _end_of(file, segment)
        if any(data.count(marker.encode()) > _MOST_MARKERS for marker in _markers()):
            what = f"all but the last {_MOST_MARKERS:,} blocks behind the end of the picture"
            yield NotChecked(what, f"there are more that are called {names}")


def _markers() -> Iterator[str]:
    """What is looked for behind the end of a picture, in the spelling of the data file."""
    for declaration in declarations():
        yield from _in_trailers(declaration)


def _in_trailers(declaration: Declaration) -> Iterator[str]:
    """Names that a rule looks for there."""
    for test in declaration.fields:
        for place in test.test["at"]:
            space, _, name = place.partition(" ")
            if space == _TRAILER:
                yield name


def _end_of(file: "Opened", trailer: "Segment") -> bytes:
    """What stands behind the end of a picture, its last 8 MiB at most."""
    return file.read(trailer.part(max(0, trailer.length - MAX_READ), MAX_READ))


def _in_trailer(file: "Opened", trailer: "Segment", marker: str) -> Iterator[_Value]:
    """The JSON that follows each marker in what stands behind the end of a picture, the last ones first.

    Samsung's blocks have a name and then data; the next block begins with two zeros, the directory with SEFH.
    """
    data, sought = _end_of(file, trailer), marker.encode()
    stop = len(data)
    for _ in range(_MOST_MARKERS):
        start = data.rfind(sought, 0, stop)
        if start < 0:
            return
        begin = data.find(b"{", start + len(sought), stop)
        if begin >= 0 and not data[start + len(sought) : begin].strip(b"\0 \t\r\n"):
            text = data[begin:stop].partition(b"\0")[0].partition(b"SEFH")[0]
            text = text[: text.rfind(b"}") + 1]
            where = trailer.part(trailer.length - len(data) + begin, len(text))
            yield _Value(_TRAILER, marker, text.decode("utf-8", "replace"), where)
        stop = start


def _found(file: "Opened", declaration: Declaration, index: _Index) -> Iterator[Finding]:
    """What one rule finds, the same declaration in several places as one."""
    by_taken: dict[tuple[tuple[str, str], ...], list[_Hit]] = {}
    left_out = 0
    for hit in _hits(declaration, index):
        if isinstance(hit, Failed):
            yield hit
            continue
        key = tuple(sorted(hit.taken.items()))
        if declaration.says(hit.taken) is None:
            continue
        if key not in by_taken and len(by_taken) == _MOST_HITS:
            left_out += 1
            continue
        hits = by_taken.setdefault(key, [])
        if len(hits) < _MOST_HITS:
            hits.append(hit)
        else:
            left_out += 1
    for hits in by_taken.values():
        yield from _told(file, declaration, hits)
    if left_out:
        why = f"more than {_MOST_HITS} fields of one file declare it"
        yield NotChecked(f"{left_out:,} further fields: {declaration.topic}", why)


def _hits(declaration: Declaration, index: _Index) -> Iterator[_Hit | Failed]:
    first, *others = declaration.fields
    beside: dict[str, _Hit | None] = {}
    for value in (one for key in first.at for one in index.get(key, ())):
        taken = _taken(first, value)
        if isinstance(taken, Failed):
            yield taken
        elif taken is not None:
            if value.space not in beside:
                beside[value.space] = _beside_in(value.space, others, index)
            if (more := beside[value.space]) is not None:
                yield _Hit({**taken, **more.taken}, (value, *more.values))


def _beside_in(space: str, others: list[FieldTest], index: _Index) -> _Hit | None:
    """What the rule's other fields, all in this space, add to a hit; None if one is missing."""
    all_taken: dict[str, str] = {}
    values: list[_Value] = []
    for test in others:
        for value in (one for key in test.at if key[0] == space for one in index.get(key, ())):
            taken = _taken(test, value)
            if taken is not None and not isinstance(taken, Failed):
                all_taken |= taken
                values.append(value)
                break
        else:
            if not test.optional:
                return None
    return _Hit(all_taken, tuple(values))


def _taken(test: FieldTest, value: _Value) -> Taken | Failed | None:
    try:
        return test.taken(value.text)
    except TextError as error:
        return Failed(OWN_READER, error.code, f"the field {shortened(value.name)} cannot be read: {error}")


def _told(file: "Opened", declaration: Declaration, hits: list[_Hit]) -> Iterator[Finding]:
    taken = hits[0].taken
    says = declaration.says(taken)
    if says is None:
        return
    places = tuple(dict.fromkeys(file.place(value.where) for hit in hits for value in hit.values))
    yield file.item(
        declaration.rule,
        _sentence(declaration, hits[0], says.says),
        *places,
        subject=_subject(declaration, taken),
        fingerprints=tuple(linkable(_fingerprints(taken))),
        caveats=declared(declaration.rule, strength=says.strength, direction=says.direction),
        strength=says.strength,
        direction=says.direction,
    )
    yield from _beside(file, declaration, hits[0], places)


def _sentence(declaration: Declaration, hit: _Hit, says: str) -> str:
    """The rule's sentence with what was taken in it, a prompt aside."""
    names = {name: quoted(value[:_MOST_NAME]) for name, value in hit.taken.items() if name != _PROMPT}
    rule = declaration.rule
    defaults = {"tool": rule.tool or "", "vendor": rule.vendor or "", "value": "", "job": ""}
    return declaration.found.format(**defaults | names, at=quoted(hit.values[0].name), says=says)


def _subject(declaration: Declaration, taken: Taken) -> Subject:
    rule = declaration.rule
    parts = {name: _name(value) for name, value in taken.items() if name in Subject.__slots__}
    return Subject(**{"tool": rule.tool, "vendor": rule.vendor} | parts)


def _fingerprints(taken: Taken) -> Iterator[Fingerprint]:
    for name, value in taken.items():
        if name == _PROMPT:
            yield Fingerprint(FingerprintKind.PROMPT, prompt_hash(value))
        elif name in _MODELS or name in set(FingerprintKind):
            yield Fingerprint(_MODELS.get(name) or FingerprintKind(name), _name(value))


def _name(value: str) -> str:
    """A value as a name: on one line, printable, not long."""
    return shortened(value[: 4 * _MOST_NAME], _MOST_NAME)


def _beside(
    file: "Opened", declaration: Declaration, hit: _Hit, places: "tuple[Place, ...]"
) -> Iterator[Derivation | NotChecked]:
    """The derivation sign that a mode stands for, and a signature that is not verified."""
    rule = declaration.rule
    mode = hit.taken.get("mode", "")
    if kind := declaration.derivation.get(mode):
        said = f"The field {quoted(hit.values[0].name)} states the mode {quoted(mode)}."
        yield file.derivation(rule, kind, mode, said, *places)
    if key := declaration.fields[0].unverified(hit.values[0].text):
        why = "no key to verify it with is published in a form that this version can use"
        yield NotChecked(f"the signature in {declaration.topic} ({key})", why)
