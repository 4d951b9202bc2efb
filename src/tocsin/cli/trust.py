"""`tocsin trust`: whose signatures on media are trusted."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.provenance.trust import Imported, ListNote, TrustFolder

COMMANDS = {
    "import": "tocsin.cli.trust:import_trust",
    "list": "tocsin.cli.trust:list_trust",
    "remove": "tocsin.cli.trust:remove_trust",
}
KINDS = click.Choice(["c2pa", "tsa", "legacy", "products"])
_SHORT = 16
_DATE = len("2026-11-23")


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def trust() -> None:
    """Say whose signatures on media are trusted, by importing lists.

    Nothing is built in and nothing is fetched. The C2PA conformance programme publishes its lists as
    C2PA-TRUST-LIST.pem (kind c2pa), C2PA-TSA-TRUST-LIST.pem (tsa) and conforming-products-list.json
    (products). A legacy list holds authorities that certify others as well, so it counts for the subjects
    named with it and nobody else.
    """


@click.command("import")
@click.argument("kind", type=KINDS)
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--name", help="What to call the list  [default: the kind; for legacy, the file's name]")
@click.option("--note", default="", help="Where the list is from.")
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="O=NAME[,organizationIdentifier=ID]",
    help="A signer that counts in a legacy list; may be repeated.",
)
@click.option(
    "--eku",
    "ekus",
    multiple=True,
    metavar="NUMBER",
    help="An extended key usage that counts beside the usual ones; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Replace a list even if more than half of it goes.")
@json_option
@home_option
@click.pass_obj
def import_trust(  # noqa: PLR0913  # one for each option
    home: str | None,
    /,
    kind: str,
    file: str,
    *,
    name: str | None,
    note: str,
    subjects: tuple[str, ...],
    ekus: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Import the list in FILE. Importing a list of the same name replaces it.

    It is refused if the same file is imported as another kind already, or if more than half of the list of
    that name would go.
    """
    from pathlib import Path  # noqa: PLC0415  # not on --help

    from tocsin.provenance.trust import Kind, parse_subject  # noqa: PLC0415

    done = _folder(home).import_file(
        Kind(kind),
        Path(file),
        name=name,
        note=note,
        pins=[parse_subject(one) for one in subjects],
        ekus=ekus,
        most_may_go=yes,
    )
    for warning in done.warnings:
        say(f"warning: {warning}")
    _put_imported(done, as_json=as_json)


@click.command("list")
@json_option
@home_option
@click.pass_obj
def list_trust(home: str | None, *, as_json: bool) -> None:
    """List the trust lists that were imported."""
    from tocsin.provenance.trust import Kind  # noqa: PLC0415  # not on --help

    notes = _folder(home).lists()
    if as_json:
        for note in notes:
            put_json(note.to_json())
    else:
        _put_table(notes)
    if not any(note.kind in (Kind.C2PA, Kind.LEGACY) for note in notes):
        say("No list of authorities has been imported, so no signer is trusted: signatures tell only whether")
        say("a file was changed since somebody signed it. `tocsin trust import` takes lists in.")


@click.command("remove")
@click.argument("name")
@home_option
@click.pass_obj
def remove_trust(home: str | None, name: str) -> None:
    """Take the list called NAME away. The signers it knew are no longer trusted."""
    note = _folder(home).remove(name)
    say(f"removed {note.kind} list {shown(note.name)} with {_members(note)}")


def _folder(home: str | None) -> "TrustFolder":
    from tocsin.config import home_folder, trust_folder  # noqa: PLC0415  # not on --help
    from tocsin.provenance.trust import TrustFolder  # noqa: PLC0415

    return TrustFolder(trust_folder(home_folder(home)))


def _put_imported(done: "Imported", *, as_json: bool) -> None:
    note = done.note
    if as_json:
        put_json(
            {
                **note.to_json(),
                "replaced": done.replaced,
                "added": done.added,
                "removed": done.removed,
                "warnings": list(done.warnings),
            }
        )
        return
    expiry = f", the first to expire on {note.earliest_expiry[:_DATE]}" if note.earliest_expiry else ""
    put(f"{shown(note.name)}  {note.kind} list with {_members(note)}{expiry}")
    put(f"  SHA-256 {note.sha256}")
    if done.replaced:
        put(f"  replaced: {done.added:,} added, {done.removed:,} removed")


def _members(note: "ListNote") -> str:
    one = "product" if note.kind.value == "products" else "certificate"
    return f"{note.count:,} {one}" + ("" if note.count == 1 else "s")


def _put_table(notes: "Sequence[ListNote]") -> None:
    if not notes:
        return
    rows = [("kind", "name", "entries", "first expires", "SHA-256", "imported")]
    rows += [
        (
            note.kind.value,
            shown(note.name),
            f"{note.count:,}",
            (note.earliest_expiry or "-")[:_DATE],
            note.sha256[:_SHORT],
            note.imported[:_DATE],
        )
        for note in notes
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        put("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for note in notes:
        said = f": {shown(note.note)}" if note.note else ""
        put(f"  {shown(note.name)} is from the file {shown(note.source)}{said}")
        for pin in note.pins:
            put(f"  {shown(note.name)} counts for {shown(str(pin))}")
