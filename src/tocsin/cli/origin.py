"""What the commands about origin have in common: trust lists, files in a sensible order, answers in words."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from tocsin.cli.output import refusal_line
from tocsin.matching.names import shown

if TYPE_CHECKING:
    from tocsin.content.explaining import Explained, Search
    from tocsin.content.model import Content
    from tocsin.media.sandbox import JsonValue
    from tocsin.provenance.answer import Explanation
    from tocsin.provenance.model import Derivation, Item, Place

IN_ORDER = 200
"""Up to so many files are answered in the order in which they were found, more of them as they are done."""


def search_for(home: str | None, *, pixels: bool) -> "Search":
    """How signs of origin are to be looked for, with the trust lists and detectors of the home folder."""
    from tocsin.config import home_folder  # noqa: PLC0415  # not on --help
    from tocsin.content.explaining import Search  # noqa: PLC0415
    from tocsin.provenance.explain import Tier  # noqa: PLC0415
    from tocsin.provenance.trust import TrustFolder  # noqa: PLC0415

    folder = home_folder(home)
    detectors = folder / "detectors"
    return Search(
        Tier.PIXELS if pixels else Tier.FAST,
        TrustFolder(folder / "trust").load(),
        detectors.resolve() if detectors.is_dir() else None,
    )


def explained_files(
    paths: Iterable[str], search: "Search", workers: int | None = None
) -> "Iterator[Explained]":
    """Every file under `paths`, explained; a line on the terminal says how far it has come."""
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help
    from tocsin.content.explaining import Explained, explain_paths, with_findings  # noqa: PLC0415
    from tocsin.content.model import Content  # noqa: PLC0415
    from tocsin.matching.walk import walk  # noqa: PLC0415

    found = walk(paths)
    few = list(islice(found, IN_ORDER + 1))
    refused: list[Explained] = []

    def regular() -> Iterator[str]:
        for some in (few, found):
            for file in some:
                if file.stamp is None:
                    content = Content("file", 0, (), file.refused)
                    refused.append(Explained(file.path, with_findings(content)))
                else:
                    yield file.path

    count = 0
    with progress("explaining") as advance:
        answers = explain_paths(regular(), search, workers=workers)
        if len(few) <= IN_ORDER:
            places = {file.path: place for place, file in enumerate(few)}
            kept = []
            for explained in answers:
                kept.append(explained)
                advance(f"{len(kept):,} of {len(few):,} files")
            answers = iter(sorted([*kept, *refused], key=lambda one: places[one.path]))
            refused.clear()
        for explained in answers:
            count += 1
            advance(f"{count:,} files")
            yield explained
        yield from refused


def explained_to_json(explained: "Explained") -> "dict[str, JsonValue]":
    """The documented shape of one answer."""
    content = explained.content
    return {
        "path": explained.path,
        "kind": content.kind,
        "format": content.format,
        "bytes": content.size,
        "sha256": content.sha256,
        "refused": None if content.refused is None else {**content.refused.to_json()},
        **explained.explanation.to_json(),
    }


def explained_lines(explained: "Explained") -> "Iterator[str]":
    """One answer in words: the summary first, then what it rests on."""
    content = explained.content
    yield f"{shown(explained.path)}  {_headline(content)}"
    if content.refused is not None:
        yield f"  refused: {refusal_line(content.refused)}"
    explanation = explained.explanation
    yield f"  {shown(explanation.summary)}"
    yield from _derivation_lines(explanation)
    for item in explanation.items:
        yield from _item_lines(item)
    for contradiction in explanation.contradictions:
        yield f"  contradiction: {shown(contradiction.found)} [{', '.join(contradiction.items)}]"
    for failed in explanation.failed:
        yield f"  failed: {shown(failed.reader)}: {shown(failed.reason)} [{shown(failed.code)}]"
    for why in dict.fromkeys(one.why for one in explanation.not_checked):
        what = ", ".join(one.what for one in explanation.not_checked if one.why == why)
        yield f"  not checked: {shown(what)}: {shown(why)}"
    for caveat in dict.fromkeys(caveat for one in explanation.items for caveat in one.rule.caveats):
        yield f"  mind: {shown(caveat)}"
    absent = ", ".join(dict.fromkeys(one.what for one in explanation.absent))
    if absent:
        yield f"  looked for and not there: {shown(absent)}"


def short_lines(explanation: "Explanation") -> "Iterator[str]":
    """The same in a line for each sign, without places and caveats."""
    for sign in explanation.derivation:
        yield f"  a real person may be depicted: {shown(sign.found)} [{sign.rule.name}]"
    for item in explanation.telling:
        direction = item.leans.value.replace("_", " ")
        yield f"  {item.carries.value} {direction}: {shown(item.found)} [{item.rule.name}]"
    for failed in explanation.failed:
        yield f"  origin not read in full: {shown(failed.reader)}: {shown(failed.reason)}"


def _headline(content: "Content") -> str:
    digest = f", sha256 {content.sha256}" if content.sha256 else ""
    return f"{content.kind}, {content.format}, {content.size:,} bytes{digest}"


def _derivation_lines(explanation: "Explanation") -> "Iterator[str]":
    if explanation.derivation:
        yield "  A REAL PERSON MAY BE DEPICTED"
    for sign in explanation.derivation:
        yield f"    {sign.kind.value.replace('_', ' ')}: {shown(sign.found)} [{sign.rule.name}]"
        yield from _place_lines(sign)


def _item_lines(item: "Item") -> "Iterator[str]":
    direction = item.leans.value.replace("_", " ")
    yield f"  {item.carries.value} {direction}: {shown(item.found)} [{item.rule.name}]"
    details = [item.subject.tool, item.subject.version, item.subject.model, item.subject.signer]
    named = ", ".join(shown(one) for one in details if one)
    if named:
        yield f"     names {named}"
    rule = item.rule
    forge, strip, basis = (
        one.value.replace("_", " ") for one in (rule.forge_cost, rule.strip_cost, rule.basis)
    )
    yield f"     to forge it takes: {forge}; lost by: {strip}; basis: {basis}"
    for caveat in item.caveats:
        yield f"     mind: {shown(caveat)}"
    yield from _place_lines(item)


def _place_lines(sign: "Item | Derivation") -> "Iterator[str]":
    for place in sign.where:
        yield f"     at {_place(place)}"


def _place(place: "Place") -> str:
    span = "" if place.offset is None else f" offset {place.offset:,}, {place.length:,} bytes,"
    return f"{place.container} {shown(place.segment)}{span} sha256 {place.sha256[:16]}…"
