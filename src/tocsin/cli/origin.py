"""What the commands about origin have in common: trust lists, files in a sensible order, answers in words."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from tocsin.cli.output import refusal_line
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.content.explaining import Explained, Search
    from tocsin.content.model import Content
    from tocsin.matching.counts import OriginCounts
    from tocsin.media.sandbox import JsonValue
    from tocsin.provenance.answer import Explanation
    from tocsin.provenance.model import Derivation, Item, Place

WIDTH = 110
NARROWEST = 60
IN_ORDER = 200
"""Up to so many files are answered in the order in which they were found, more of them as they are done."""


def search_for(home: str | None, *, pixels: bool) -> "Search":
    """How signs of origin are to be looked for, with the trust lists and detectors of the home folder."""
    from tocsin.config import detectors_folder, home_folder, trust_folder  # noqa: PLC0415  # not on --help
    from tocsin.content.explaining import Search  # noqa: PLC0415
    from tocsin.provenance.explain import Tier  # noqa: PLC0415
    from tocsin.provenance.trust import TrustFolder  # noqa: PLC0415

    folder = home_folder(home)
    detectors = detectors_folder(folder)
    return Search(
        Tier.PIXELS if pixels else Tier.FAST,
        TrustFolder(trust_folder(folder)).load(),
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


def explained_to_json(explained: "Explained", explanation: "Explanation") -> "dict[str, JsonValue]":
    """The documented shape of one answer."""
    content = explained.content
    return {
        "path": explained.path,
        "kind": content.kind,
        "format": content.format,
        "bytes": content.size,
        "sha256": content.sha256,
        "refused": None if content.refused is None else {**content.refused.to_json()},
        **explanation.to_json(),
    }


def explained_lines(explained: "Explained", explanation: "Explanation", *, details: bool) -> "Iterator[str]":
    """One answer in words: the summary, and with `details` everything that it rests on."""
    yield f"{shown(explained.path)}  {_headline(explained.content)}"
    if explained.content.refused is not None:
        yield from _wrapped(f"refused: {refusal_line(explained.content.refused)}")
    yield from _wrapped(explanation.summary)
    yield from raise_lines(explanation)
    if details:
        yield from _detail_lines(explanation)
        return
    for caveat in dict.fromkeys(text for sign in explanation.derivation for text in sign.all_caveats):
        yield from _wrapped(f"mind: {caveat}")
    for failed in explanation.failed:
        yield from _wrapped(f"failed: {failed.reader}: {failed.reason} [{failed.code}]")


def raise_lines(explanation: "Explanation") -> "Iterator[str]":
    """Why somebody should look sooner."""
    from tocsin.provenance.words import REASONS  # noqa: PLC0415  # not on --help

    if explanation.raises:
        yield from _wrapped(f"look sooner: {'; '.join(REASONS[one.reason] for one in explanation.raises)}")


def _detail_lines(explanation: "Explanation") -> "Iterator[str]":
    """All parts of an answer; each caveat once, under the first sign that it is about."""
    from tocsin.provenance.words import BASES, DERIVATIONS, FORGERY, STRENGTHS, STRIPPING  # noqa: PLC0415

    told: set[str] = set()
    if explanation.derivation:
        yield "  A REAL PERSON MAY BE DEPICTED"
    for sign in explanation.derivation:
        yield from _wrapped(f"{DERIVATIONS[sign.kind]}: {sign.found} [{sign.rule.name}]", 4)
        yield from _wrapped(f"can be forged by {FORGERY[sign.rule.forge_cost]}", 6)
        yield from _sign_lines(sign, told)
    for item in explanation.items:
        direction = item.leans.value.replace("_", " ")
        yield from _wrapped(f"{item.carries.value} {direction}: {item.found} [{item.rule.name}]")
        subject = item.subject
        named = (subject.tool, subject.version, subject.model, subject.signer)
        if any(named):
            yield from _wrapped(f"names {', '.join(f'“{one}”' for one in named if one)}", 6)
        rule = item.rule
        yield from _wrapped(f"{STRENGTHS[item.carries]}; can be forged by {FORGERY[rule.forge_cost]}", 6)
        confirmed = "" if rule.confirmed else "; not confirmed on a genuine file"
        yield from _wrapped(f"vanishes {STRIPPING[rule.strip_cost]}; {BASES[rule.basis]}{confirmed}", 6)
        yield from _sign_lines(item, told)
    for contradiction in explanation.contradictions:
        yield from _wrapped(f"contradiction: {contradiction.found} [{', '.join(contradiction.items)}]")
    for failed in explanation.failed:
        yield from _wrapped(f"failed: {failed.reader}: {failed.reason} [{failed.code}]")
    for why in dict.fromkeys(one.why for one in explanation.not_checked):
        what = ", ".join(one.what for one in explanation.not_checked if one.why == why)
        yield from _wrapped(f"not checked: {what}: {why}")
    absent = ", ".join(dict.fromkeys(one.what for one in explanation.absent))
    if absent:
        yield from _wrapped(f"looked for and not there, which shows nothing: {absent}")


def _sign_lines(sign: "Item | Derivation", told: set[str]) -> "Iterator[str]":
    for caveat in sign.all_caveats:
        if caveat not in told:
            told.add(caveat)
            yield from _wrapped(f"mind: {caveat}", 6)
    for place in sign.where:
        yield f"      at {_place(place)}"


def _wrapped(text: str, indent: int = 2) -> list[str]:
    """Text for people, safe to show, in lines that fit a terminal."""
    import shutil  # noqa: PLC0415  # not on --help
    import textwrap  # noqa: PLC0415

    width = min(max(shutil.get_terminal_size((WIDTH, 24)).columns, NARROWEST), WIDTH)
    return textwrap.wrap(
        shown(text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def short_lines(explanation: "Explanation") -> "Iterator[str]":
    """What a scan says of one file: a line for each sign, without places and caveats."""
    for sign in explanation.derivation:
        yield f"  a real person may be depicted: {shown(sign.found)} [{sign.rule.name}]"
    for item in explanation.telling:
        direction = item.leans.value.replace("_", " ")
        yield f"  {item.carries.value} {direction}: {shown(item.found)} [{item.rule.name}]"
    for contradiction in explanation.contradictions:
        yield f"  contradiction: {shown(contradiction.found)}"
    for failed in explanation.failed:
        yield f"  origin not read in full: {shown(failed.reader)}: {shown(failed.reason)}"


def count_lines(counts: "OriginCounts") -> "Iterator[str]":
    """What the signs of many files come to, with the sentence that must not be missing."""
    yield f"signs of origin looked for in {counts.looked_for:,}"
    alone = (
        f", {counts.adapters_alone:,} of them by a LoRA or embedding alone" if counts.adapters_alone else ""
    )
    yield f"  say that something real went in, so a real person may be depicted  {counts.derived:,}{alone}"
    yield f"  signs of a camera  {counts.captured:,}"
    yield f"  signs of a generator  {counts.generated:,}"
    yield f"  signs that do not fit together  {counts.contradicted:,}"
    yield f"  not read in full  {counts.unread:,}"
    yield "  Signs of a generator can be forged, and make nothing less urgent."


def _headline(content: "Content") -> str:
    digest = f", sha256 {content.sha256}" if content.sha256 else ""
    return f"{content.kind}, {content.format}, {content.size:,} bytes{digest}"


def _place(place: "Place") -> str:
    span = "" if place.offset is None else f" offset {place.offset:,}, {place.length:,} bytes,"
    return f"{place.container} {shown(place.segment)}{span} sha256 {place.sha256[:16]}…"
