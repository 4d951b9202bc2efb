"""`tocsin exchange import|export`: files that partners hand over, and files for them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from tocsin.cli.exits import REFUSED
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say
from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.exchange.files.formats import FileOptions, Written
    from tocsin.exchange.files.importing import FileReport
    from tocsin.storage.home import Home

SHOWN = 10
bank_option = click.option("--bank", required=True, metavar="NAME", help="Which bank.")


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@bank_option
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(["vics", "icse", "nsrl", "threatexchange"]),
    help="Whose format it is.",
)
@click.option("--source", default="", help="Whose list it is.")
@click.option("--member", default="", help="Which member of the source contributed it.")
@click.option(
    "--scheme",
    metavar="NAME:VERSION",
    help="Which scheme the categories of VICS 1.x are of, as vics-us:1.3: such a file does not say.",
)
@click.option(
    "--type",
    "kind",
    type=click.Choice(["pdq", "md5", "sha1", "sha256"]),
    help="Type of hashes whose type a file of python-threatexchange does not state.",
)
@click.option(
    "--set-aside",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write records set aside, the first 100,000 of each file, to this file, as NDJSON.",
)
@json_option
@home_option
@click.pass_obj
def import_files(  # noqa: PLR0913  # one for each option
    home: str | None,
    files: tuple[str, ...],
    *,
    bank: str,
    form: str,
    source: str,
    member: str,
    scheme: str | None,
    kind: str | None,
    set_aside: Path | None,
    as_json: bool,
) -> int:
    """Import files of partners, plain or gzipped; - is stdin.

    A file that is cut or malformed is refused whole. A record that cannot be read is set aside and the rest
    goes on. Importing a file twice adds nothing. NSRL's files enter allow banks only, all others match banks
    only.
    """
    reports = []
    with open_home(home) as store:
        options = _options(
            store, format=form, source=source, member=member, scheme=_scheme(scheme), type=kind
        )
        for file in files:
            report = _import(store, bank, file, options)
            reports.append(report)
            _put_report(report, as_json=as_json)
    if set_aside:
        _write_set_aside(reports, set_aside)
    return REFUSED if any(report.bad for report in reports) else 0


@click.command("export")
@bank_option
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(["vics", "icse", "misp", "stix"]),
    help="How to write it.",
)
@click.option(
    "--scheme",
    metavar="NAME:VERSION",
    help="Which scheme the categories of a VICS file are of, as vics-us:2.0 or vics:1.3.",
)
@click.option(
    "--tlp",
    type=click.Choice(["red", "amber+strict", "amber", "green", "clear"]),
    help="MISP, STIX: the mark of entries without one of their own  [default: red]",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead of stdout."
)
@home_option
@click.pass_obj
def export(  # noqa: PLR0913  # one for each option
    home: str | None, *, bank: str, form: str, scheme: str | None, tlp: str | None, output: Path | None
) -> None:
    """Write the live entries of a bank as a file for a partner. Mind who may have the list.

    What the format has no room for is left out, counted and told.
    """
    from tocsin.replacing import replacing  # noqa: PLC0415  # not on --help

    if output is None and sys.stdout is None:
        message = "the standard output is closed; --output names a file to write to"
        raise UsageError(message)
    if (form == "vics") != (scheme is not None):
        message = (
            "--scheme says which scheme a VICS file's categories are of: give it with vics, and only then"
        )
        raise UsageError(message)
    if tlp is not None and form not in {"misp", "stix"}:
        message = "--tlp is for MISP and STIX files"
        raise UsageError(message)
    with open_home(home) as store:
        store.bank(bank)
        if output is None:
            done = _write(store, bank, form, (scheme, tlp), sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with replacing(output) as file:
                done = _write(store, bank, form, (scheme, tlp), file)
    _say_written(done)


def _options(store: "Home", **said: object) -> "FileOptions":
    """What the command line says of the files."""
    from tocsin.exchange.files.formats import FileFormat, FileOptions  # noqa: PLC0415  # not on --help
    from tocsin.hashing.signals import SignalType  # noqa: PLC0415

    kind, scheme = said["type"], said["scheme"]
    return FileOptions(
        format=FileFormat(str(said["format"])),
        source=str(said["source"]),
        member=str(said["member"]),
        scheme=scheme if isinstance(scheme, tuple) else None,
        type=SignalType(str(kind)) if kind else None,
        folder=store.folder,
    )


def _scheme(written: str | None) -> tuple[str, str] | None:
    """Name and version of a scheme. Raises UsageError."""
    if written is None:
        return None
    name, _, version = written.partition(":")
    if not name or not version:
        message = f"a scheme is written NAME:VERSION, not {written!r}"
        raise UsageError(message)
    return name, version


def _import(store: "Home", bank: str, file: str, options: "FileOptions") -> "FileReport":
    """Import one file, showing how far it has come."""
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help
    from tocsin.exchange.files.importing import import_partner_file  # noqa: PLC0415

    with progress(f"importing {shown(file)}", total=1.0) as advance:

        def told(done: int, size: int | None) -> None:
            advance(f"{done / 1e6:,.0f} MB read", done / size if size else None)

        return import_partner_file(store, bank, _stdin() if file == "-" else Path(file), options, told)


def _stdin() -> BinaryIO:
    """Standard input. Raises UsageError where there is none."""
    if sys.stdin is None:
        message = "the standard input is closed"
        raise UsageError(message)
    return sys.stdin.buffer


def _put_report(report: "FileReport", *, as_json: bool) -> None:
    if as_json:
        put_json(
            {
                "file": report.name,
                "format": report.format.value,
                "records": report.records,
                "items": report.items,
                "added": report.counts.added,
                "already_there": report.counts.already_there,
                "scheme": report.scheme,
                "set_aside": report.bad,
                "records_set_aside": [
                    {"record": one.line, "code": one.code, "message": one.message, "text": one.text}
                    for one in report.bad_records
                ],
                "left_out": dict(report.left_out),
                "mended": report.mended,
            }
        )
        return
    scheme = f", categories of {shown(report.scheme)}" if report.scheme else ""
    put(f"{shown(report.name)}  {report.records:,} records of {report.items:,} items{scheme}")
    counts = report.counts
    put(f"  {counts.added:,} added, {counts.already_there:,} were there already, {report.bad:,} set aside")
    if counts.still_withdrawn:
        put(f"  {counts.still_withdrawn:,} of those there are withdrawn and stay so")
    if report.mended:
        put(f"  {report.mended:,} single backslashes in texts were taken for themselves")
    if report.left_out:
        put(f"  not kept: {', '.join(f'{shown(name)} ({count:,})' for name, count in report.left_out)}")
    for one in report.bad_records[:SHOWN]:
        put(f"  record {one.line:,}: {one.message} [{one.code}]")
    if report.bad > SHOWN:
        put(f"  and {report.bad - SHOWN:,} more; --set-aside FILE writes them")


def _write_set_aside(reports: "list[FileReport]", target: Path) -> None:
    import json  # noqa: PLC0415  # not on --help

    from tocsin.replacing import replacing  # noqa: PLC0415

    with replacing(target) as file:
        for report in reports:
            for one in report.bad_records:
                fields = {"record": one.line, "code": one.code, "message": one.message, "text": one.text}
                file.write((json.dumps({"file": report.name, **fields}) + "\n").encode())


def _write(
    store: "Home", bank: str, form: str, said: tuple[str | None, str | None], stream: BinaryIO
) -> "Written":
    """Write a bank in a format; `said` is the scheme and the mark."""
    from tocsin.clock import present  # noqa: PLC0415  # not on --help
    from tocsin.exchange.files import icse_writing, misp, stix, vics_writing  # noqa: PLC0415
    from tocsin.exchange.files.fingerprint_words import DEFAULT_TLP, Sheet  # noqa: PLC0415

    entries, (scheme, tlp) = store.entries(bank), said
    if form in {"misp", "stix"}:
        write = misp.write if form == "misp" else stix.write
        return write(entries, stream, Sheet(bank, present(), tlp or DEFAULT_TLP))
    if (of := _scheme(scheme)) is not None and form == "vics":
        return vics_writing.write(entries, stream, of)
    return icse_writing.write(entries, stream)


def _say_written(done: "Written") -> None:
    say(f"{done.entries:,} entries exported, as {done.records:,} records")
    for count, what in (
        (done.withdrawn, "withdrawn entries were left out"),
        (
            done.unwritable,
            "entries were left out: they lack what the format demands, such as an MD5, or may not go on so",
        ),
        (done.left_out, "labels and hashes were left out: the format, or the scheme, has no room for them"),
    ):
        if count:
            say(f"  {count:,} {what}")
