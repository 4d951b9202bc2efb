"""`tocsin explain`: what shows where files came from."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import REFUSED
from tocsin.cli.output import home_option, json_option, put, put_json, say, workers_option
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tocsin.content.explaining import Explained
    from tocsin.matching.counts import OriginCounts
    from tocsin.provenance.answer import Explanation


@click.command("explain")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--fast", is_flag=True, help="Metadata and C2PA only; do not look for marks in the pixels.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the answers to this page as well."
)
@workers_option
@click.option("--details", is_flag=True, help="Print each sign with its place, caveats and cost of forging.")
@json_option
@home_option
@click.pass_obj
def explain(  # noqa: PLR0913  # one for each option
    home: str | None,
    paths: tuple[str, ...],
    *,
    fast: bool,
    html: Path | None,
    workers: int | None,
    details: bool,
    as_json: bool,
) -> int:
    """Say what shows that each file under PATH came from a camera or a generator, and which one.

    The answer is a list of signs, each with its strength and what it takes to forge it: never a verdict.
    Prompts are not shown, because they may be abusive text; the place where one stands is. Nothing is looked
    up anywhere: `tocsin trust` says whose signatures count.
    """
    from tocsin.cli.origin import explained_files, search_for  # noqa: PLC0415  # not on --help
    from tocsin.matching.counts import OriginCounts  # noqa: PLC0415

    search = search_for(home, pixels=not fast)
    counts = OriginCounts()
    answers = _put_all(explained_files(paths, search, workers), counts, details=details, as_json=as_json)
    if html:
        from tocsin.provenance.pages import explain_page  # noqa: PLC0415  # jinja2

        explain_page(answers, html)
    else:
        for _ in answers:
            pass
    if not as_json:
        _put_end(counts, details=details)
    if html:
        say(f"Page: {shown(str(html))}")
    return REFUSED if counts.unread else 0


def _put_all(
    files: "Iterable[Explained]", counts: "OriginCounts", *, details: bool, as_json: bool
) -> "Iterator[tuple[str, Explanation]]":
    """Print each answer, count it and pass it on."""
    from tocsin.cli.origin import explained_lines, explained_to_json  # noqa: PLC0415  # not on --help

    for explained in files:
        explanation = explained.explanation
        counts.add(explanation)
        if as_json:
            put_json(explained_to_json(explained, explanation))
        else:
            for line in explained_lines(explained, explanation, details=details):
                put(line)
        yield explained.path, explanation


def _put_end(counts: "OriginCounts", *, details: bool) -> None:
    from tocsin.cli.origin import count_lines  # noqa: PLC0415  # not on --help

    if counts.looked_for > 1:
        put("")
        for line in count_lines(counts):
            put(line)
    if not details:
        say("With --details: each sign with its place, caveats and what it takes to forge it.")
