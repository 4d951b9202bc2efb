"""`tocsin scan`: screen folders against the banks."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import MATCHED, REFUSED
from tocsin.cli.output import (
    home_option,
    json_option,
    open_home,
    put,
    put_json,
    say,
    warn_of_nothing,
    workers_option,
)
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tocsin.matching.counts import ScanCounts
    from tocsin.matching.report import ReportWriter
    from tocsin.matching.scan import Scanned


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--bank",
    "banks",
    multiple=True,
    metavar="NAME",
    help="Match against this bank and the allow banks only; may be repeated.",
)
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Write an HTML report to this file."
)
@workers_option
@click.option("--all", "show_all", is_flag=True, help="Print files that did not match, too.")
@click.option("--fresh", is_flag=True, help="Read every file, also those an earlier scan has seen unchanged.")
@click.option("--explain", is_flag=True, help="Also look for signs of origin in metadata and C2PA manifests.")
@click.option("--pixels", is_flag=True, help="Also look for those in the pixels; means --explain.")
@json_option
@home_option
@click.pass_obj
def scan(  # noqa: PLR0913  # one for each option
    home: str | None,
    paths: tuple[str, ...],
    *,
    banks: tuple[str, ...],
    report: Path | None,
    workers: int | None,
    show_all: bool,
    fresh: bool,
    explain: bool,
    pixels: bool,
    as_json: bool,
) -> int:
    """Screen every file under PATH, also inside tars and zips, and print all matches.

    An interrupted scan goes on where it was when it is started again. A file that has not changed is not read
    again, but matched anew against the banks as they are. With --json, the last object holds the counts.
    """
    import os  # noqa: PLC0415  # not on --help

    from tocsin.cli.origin import search_for  # noqa: PLC0415
    from tocsin.matching.matches import Matcher  # noqa: PLC0415
    from tocsin.matching.report import ReportWriter  # noqa: PLC0415
    from tocsin.matching.scan import Scanner  # noqa: PLC0415
    from tocsin.storage.spare_seen import SpareSeen  # noqa: PLC0415

    with open_home(home) as store, SpareSeen(store.folder / "seen.db", say) as seen:
        size = workers or len(os.sched_getaffinity(0))
        matcher = Matcher(store, banks or None)
        warn_of_nothing(store, banks)
        with contextlib.ExitStack() as stack:
            search = search_for(home, pixels=pixels) if explain or pixels else None
            scanner = stack.enter_context(Scanner(matcher, seen, workers=size, fresh=fresh, search=search))
            held = [(bank, store.counts(bank.name)) for bank in matcher.banks()] if report else []
            writer = stack.enter_context(ReportWriter(report, held)) if report else None
            counts = _show(scanner.scan(paths), writer, show_all=show_all, as_json=as_json)
            if writer:
                writer.write(paths, counts)
    if as_json:
        put_json({"counts": counts.to_json()})
    else:
        for line in _summary(counts, report):
            put(line)
    return MATCHED if counts.matched else REFUSED if counts.refused else 0


def _show(
    found: "Iterable[Scanned]", writer: "ReportWriter | None", *, show_all: bool, as_json: bool
) -> "ScanCounts":
    """Print what is found as it is found, and count it."""
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help
    from tocsin.matching.counts import ScanCounts  # noqa: PLC0415

    counts = ScanCounts()
    with progress("scanning") as advance:
        for scanned in found:
            counts.add(scanned)
            advance(f"{counts.contents:,} files, {counts.matched:,} matched, {counts.refused:,} refused")
            if writer:
                writer.add(scanned)
            _put(scanned, show_all=show_all, as_json=as_json)
    return counts


def _put(scanned: "Scanned", *, show_all: bool, as_json: bool) -> None:
    from tocsin.cli.origin import short_lines  # noqa: PLC0415  # not on --help
    from tocsin.cli.show import match_lines  # noqa: PLC0415

    found, content, explanation = scanned.matches, scanned.content, scanned.explanation
    if as_json:
        origin = {} if explanation is None else {"provenance": explanation.to_json()}
        put_json({"path": scanned.path, "member": scanned.member, **found.to_json(content), **origin})
        return
    signs = [] if explanation is None else list(short_lines(explanation))
    if show_all or found.matches or found.suppressed or content.refused is not None or signs:
        for line in (*match_lines(scanned.name, content, found), *signs):
            put(line)


def _summary(counts: "ScanCounts", report: Path | None) -> "Iterator[str]":
    yield ""
    yield f"{counts.contents:,} files and archive members, {counts.recalled:,} unchanged and not read again"
    yield f"  matched     {counts.matched:,}"
    yield f"  suppressed  {counts.suppressed:,}"
    yield f"  unmatched   {counts.unmatched:,}"
    if counts.digests_only:
        yield f"    of them no picture: only digests were compared  {counts.digests_only:,}"
    if counts.too_plain:
        yield f"    of them with a view too plain for PDQ           {counts.too_plain:,}"
    yield f"  refused     {counts.refused:,}"
    for code, count in counts.refusals.most_common():
        yield f"    {shown(code):24} {count:,}"
    if counts.origin:
        from tocsin.cli.origin import count_lines  # noqa: PLC0415  # not on --help

        yield from (f"  {line}" for line in count_lines(counts.origin))
    if report:
        yield f"Report: {shown(str(report))}"
