"""`tocsin link`: which files may come from one hand."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say
from tocsin.matching.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.matching.scan import Scanner
    from tocsin.provenance.answer import Explanation
    from tocsin.provenance.linking.model import Links

REFUSED = 3
_WEAK_SHOWN = 20


@click.command("link")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--pixels", is_flag=True, help="Also look for signs in the pixels.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a graph to this file."
)
@click.option("--workers", type=click.IntRange(1), help="Sandbox children at a time  [default: one a core]")
@json_option
@home_option
@click.pass_obj
def link_files(  # noqa: PLR0913  # one for each option
    home: str | None,
    paths: tuple[str, ...],
    *,
    pixels: bool,
    html: Path | None,
    workers: int | None,
    as_json: bool,
) -> int:
    """Group the files under PATH by what they share: models, LoRAs, signers, accounts, seeds, devices.

    Each link is given with what it rests on and what it weighs; what nearly every file shares weighs little,
    and that is said, too. Files are examined as `tocsin scan` does it, also inside tars and zips, and what is
    found out is remembered in the home folder, so that a second run is quick.
    """
    import os  # noqa: PLC0415  # not on --help

    from tocsin.cli.origin import search_for  # noqa: PLC0415
    from tocsin.matching.matches import Matcher  # noqa: PLC0415
    from tocsin.matching.scan import Scanner  # noqa: PLC0415
    from tocsin.provenance.linking import link  # noqa: PLC0415
    from tocsin.storage.spare_seen import SpareSeen  # noqa: PLC0415

    unread: list[str] = []
    with open_home(home, create=True) as store, SpareSeen(store.folder / "seen.db", say) as seen:
        search, size = search_for(home, pixels=pixels), workers or len(os.sched_getaffinity(0))
        with Scanner(Matcher(store), seen, workers=size, search=search) as scanner:
            links = link(_answers(scanner, paths, unread))
    if html:
        from tocsin.provenance.pages import link_page  # noqa: PLC0415  # jinja2

        link_page(links, html)
        say(f"Page: {shown(str(html))}")
    if as_json:
        put_json(links.to_json())
    else:
        _put(links)
    if unread:
        say(f"{len(unread):,} could not be examined in full, so they may share more")
    return REFUSED if unread else 0


def _answers(
    scanner: "Scanner", paths: tuple[str, ...], unread: list[str]
) -> "Iterator[tuple[str, Explanation]]":
    """Every file and member by its name; those that are not whole go into `unread`."""
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help
    from tocsin.provenance.answer import explanation_of  # noqa: PLC0415

    with progress("examining") as advance:
        for count, scanned in enumerate(scanner.scan(paths), 1):
            name = scanned.path if scanned.member is None else f"{scanned.path}, member {scanned.member}"
            explanation = scanned.explanation or explanation_of(())
            if scanned.content.refused is not None or explanation.failed:
                unread.append(name)
            advance(f"{count:,} files")
            yield name, explanation


def _put(links: "Links") -> None:
    from rich.console import Console  # noqa: PLC0415  # not on --help
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from tocsin.provenance.linking import COLUMNS, file_rows, table_rows  # noqa: PLC0415

    counts = links.counts
    put(f"{counts.files:,} files, {counts.in_groups:,} of them in {len(links.groups):,} groups")
    if links.groups:
        table = Table(*COLUMNS)
        for row in table_rows(links):
            table.add_row(*map(Text, row))  # as it stands: names may hold what rich would take for markup
        Console().print(table)
    for number, name in file_rows(links):
        put(f"{f'group {number}' if number else 'no group':10} {name}")
    for weak in links.shared_but_weak[:_WEAK_SHOWN]:
        part = weak.part
        what = f"{part.name} {shown(part.fingerprint.value)}"
        put(f"weighs little: {what}, shared by {weak.sharing:,}: {shown(part.why)}")
    if len(links.shared_but_weak) > _WEAK_SHOWN:
        put(f"and {len(links.shared_but_weak) - _WEAK_SHOWN:,} more that weigh little; --json has them all")
    put(f"{counts.without_fingerprint:,} files have no fingerprint at all")
    for why, count in counts.dropped:
        put(f"not compared: {count:,} fingerprints: {shown(why)}")
