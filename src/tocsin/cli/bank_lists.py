"""`tocsin bank import|export`: whole lists."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from tocsin.cli.exits import REFUSED
from tocsin.cli.output import (
    home_option,
    json_option,
    label_option,
    open_home,
    parse_label,
    put,
    put_json,
    say,
)
from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.banks.importing import ImportOptions, ImportReport
    from tocsin.banks.model import Origin
    from tocsin.banks.store import BadLine
    from tocsin.media.sandbox import JsonObject

SHOWN = 10
TYPES = click.Choice(["pdq", "md5", "sha1", "sha256"])
FORMATS = click.Choice(["csv", "ndjson", "lines"])


@click.command("import")
@click.argument("name")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "form", type=FORMATS, help="How the list is written  [default: found out]")
@click.option("--type", "kind", type=TYPES, help="Type of hashes whose type the list does not state.")
@click.option(
    "--dialect", type=click.Choice(["full", "squash512"]), help="Dialect of PDQ hashes that do not state it."
)
@click.option("--source", default="", help="Whose list it is.")
@click.option("--member", default="", help="Which member of the source contributed it.")
@label_option
@click.option(
    "--bad-lines",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write lines set aside, the first 100,000 of each list, to this file, as NDJSON.",
)
@json_option
@home_option
@click.pass_obj
def import_list(  # noqa: PLR0913  # one for each option
    home: str | None,
    name: str,
    files: tuple[str, ...],
    *,
    form: str | None,
    kind: str | None,
    dialect: str | None,
    source: str,
    member: str,
    labels: tuple[str, ...],
    bad_lines: Path | None,
    as_json: bool,
) -> int:
    """Import lists into bank NAME: CSV, NDJSON or one hash a line, plain or gzipped; - is stdin.

    Lines that cannot be read are set aside with their numbers and the rest goes on. An interrupted import
    goes on where it was when the same command is run again; importing a list twice adds nothing.
    """
    from tocsin.banks.importing import import_file  # noqa: PLC0415  # not on --help
    from tocsin.banks.model import Origin  # noqa: PLC0415
    from tocsin.cli.progress import progress  # noqa: PLC0415

    stdin = _stdin() if "-" in files else None
    options = _options(Origin(source, member), labels, form=form, kind=kind, dialect=dialect)
    reports = []
    with open_home(home) as store:
        for file in files:
            with progress(f"importing {shown(file)}", total=1.0) as advance:

                def told(done: int, size: int | None) -> None:
                    advance(f"{done / 1e6:,.0f} MB", done / size if size else None)  # used at once

                given = stdin if stdin and file == "-" else Path(file)
                report = import_file(store, name, given, options, told)
            reports.append(report)
            _put_report(report, as_json=as_json)
    if bad_lines:
        _write_bad_lines(reports, bad_lines)
    return REFUSED if any(report.bad for report in reports) else 0


@click.command("export")
@click.argument("name")
@click.option("--format", "form", type=FORMATS, default="ndjson", show_default=True, help="How to write it.")
@click.option(
    "--type", "kind", type=TYPES, default="pdq", show_default=True, help="Which hashes, with --format lines."
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead of stdout."
)
@home_option
@click.pass_obj
def export_bank(home: str | None, name: str, *, form: str, kind: str, output: Path | None) -> None:
    """Write bank NAME so that `tocsin bank import` gives the same back. Mind who may have the list."""
    from tocsin.banks.exporting import export  # noqa: PLC0415  # not on --help
    from tocsin.banks.lists.options import Format  # noqa: PLC0415
    from tocsin.hashing.signals import SignalType  # noqa: PLC0415
    from tocsin.replacing import replacing  # noqa: PLC0415

    if output is None and sys.stdout is None:
        message = "the standard output is closed; --output names a file to write to"
        raise UsageError(message)
    with open_home(home) as store:
        store.bank(name)
        if output is None:
            count = export(store, name, Format(form), sys.stdout.buffer, SignalType(kind))
            sys.stdout.buffer.flush()
        else:
            with replacing(output) as file:
                count = export(store, name, Format(form), file, SignalType(kind))
    say(f"{count:,} entries exported")


def _stdin() -> BinaryIO:
    """Standard input. Raises UsageError where there is none."""
    if sys.stdin is None:
        message = "the standard input is closed"
        raise UsageError(message)
    return sys.stdin.buffer


def _options(origin: "Origin", labels: tuple[str, ...], **said: str | None) -> "ImportOptions":
    """The options that the command line names; what it leaves out is found out from the list."""
    from tocsin.banks.importing import Format, ImportOptions  # noqa: PLC0415  # not on --help
    from tocsin.hashing.signals import Dialect, SignalType  # noqa: PLC0415

    form, kind, dialect = said["form"], said["kind"], said["dialect"]
    return ImportOptions(
        format=Format(form) if form else None,
        type=SignalType(kind) if kind else None,
        dialect=Dialect(dialect) if dialect else None,
        origin=origin,
        labels=tuple(map(parse_label, labels)),
    )


def _put_report(report: "ImportReport", *, as_json: bool) -> None:
    if as_json:
        put_json(
            {
                "file": report.name,
                "format": report.format.value,
                "lines": report.lines,
                "added": report.added,
                "already_there": report.already_there,
                "bad": report.bad,
                "bad_lines": [_bad_to_json(line) for line in report.bad_lines],
                "resumed_from": report.resumed_from,
                "ignored_columns": list(report.ignored_columns),
            }
        )
        return
    put(f"{shown(report.name)}  {report.lines:,} lines of {report.format}")
    if report.resumed_from:
        put(f"  taken up again after line {report.resumed_from:,}")
    put(f"  {report.added:,} added, {report.already_there:,} were there already, {report.bad:,} set aside")
    if report.counts.still_withdrawn:
        put(f"  {report.counts.still_withdrawn:,} of those there are withdrawn and stay so")
    if report.ignored_columns:
        put(f"  columns that mean nothing here: {', '.join(map(shown, report.ignored_columns))}")
    for line in report.bad_lines[:SHOWN]:
        put(f"  line {line.line:,}: {line.message} [{line.code}]")
    if report.bad > SHOWN:
        listed = len(report.bad_lines)
        which = "them all" if report.bad == listed else f"the first {listed:,}"
        put(f"  and {report.bad - SHOWN:,} more; --bad-lines FILE writes {which}")


def _bad_to_json(line: "BadLine") -> "JsonObject":
    return {"line": line.line, "code": line.code, "message": line.message, "text": line.text}


def _write_bad_lines(reports: "Sequence[ImportReport]", target: Path) -> None:
    import json  # noqa: PLC0415  # not on --help

    from tocsin.replacing import replacing  # noqa: PLC0415

    with replacing(target) as file:
        for report in reports:
            for line in report.bad_lines:
                file.write((json.dumps({"file": report.name, **_bad_to_json(line)}) + "\n").encode())
