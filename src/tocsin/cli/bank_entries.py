"""`tocsin bank add|withdraw|reinstate`: single entries."""

from typing import TYPE_CHECKING

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
    refusal_line,
    say,
)
from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.matching.banking import Banked

ENTRY = click.IntRange(1, (1 << 63) - 1)


@click.command()
@click.argument("name")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--hash",
    "hashes",
    multiple=True,
    metavar="TYPE:HEX",
    help="Add a hash without a file; several make one entry.",
)
@click.option("--source", default="", help="Whose list the entries come from.")
@click.option("--member", default="", help="Which member of the source contributed them.")
@click.option("--id", "origin_id", default="", help="The entry's id at the source (for one entry).")
@label_option
@json_option
@home_option
@click.pass_obj
def add(  # noqa: PLR0913  # one for each option
    home: str | None,
    name: str,
    paths: tuple[str, ...],
    *,
    hashes: tuple[str, ...],
    source: str,
    member: str,
    origin_id: str,
    labels: tuple[str, ...],
    as_json: bool,
) -> int:
    """Add files, or hashes, to bank NAME. Files are only read: no copy of them is kept.

    A file becomes one entry with its digests and the PDQ of every view in both dialects.
    """
    from tocsin.banks.model import EntryDraft, Origin  # noqa: PLC0415  # not on --help
    from tocsin.hashing.signals import parse_signal  # noqa: PLC0415
    from tocsin.matching.banking import bank_files  # noqa: PLC0415

    if not paths and not hashes:
        message = "give a PATH or a --hash to add"
        raise UsageError(message)
    if origin_id and len(paths) + bool(hashes) > 1:
        message = "--id names one entry, but several are given"
        raise UsageError(message)
    origin, given = Origin(source, member, origin_id), tuple(map(parse_label, labels))
    refused = 0
    with open_home(home) as store:
        if hashes:
            result = store.add_entries(name, [EntryDraft(tuple(map(parse_signal, hashes)), origin, given)])
            _put_entry(" ".join(hashes), result.entry_ids[0], new=result.added == 1, as_json=as_json)
        if paths:
            for banked in bank_files(store, name, paths, origin, given):
                refused += banked.content.refused is not None
                _put_banked(banked, as_json=as_json)
    return REFUSED if refused else 0


@click.command()
@click.argument("entries", nargs=-1, required=True, type=ENTRY, metavar="ENTRY...")
@click.option("--reason", default="", help="Why, for whoever asks later.")
@home_option
@click.pass_obj
def withdraw(home: str | None, entries: tuple[int, ...], *, reason: str) -> None:
    """Withdraw entries by number: kept, but matched no more from now on. `reinstate` undoes it."""
    with open_home(home) as store:
        count = store.withdraw(entries, reason)
    say(f"{count:,} withdrawn, {len(entries) - count:,} were withdrawn before")


@click.command()
@click.argument("entries", nargs=-1, required=True, type=ENTRY, metavar="ENTRY...")
@home_option
@click.pass_obj
def reinstate(home: str | None, entries: tuple[int, ...]) -> None:
    """Undo the withdrawal of entries by number."""
    with open_home(home) as store:
        count = store.reinstate(entries)
    say(f"{count:,} reinstated, {len(entries) - count:,} were not withdrawn")


def _put_banked(banked: "Banked", *, as_json: bool) -> None:
    content = banked.content
    if as_json:
        refused = None if content.refused is None else {**content.refused.to_json()}
        put_json({"path": banked.path, "entry": banked.entry, "new": banked.new, "refused": refused})
        return
    if banked.entry is None:
        put(f"{shown(banked.path)}  not added")
    else:
        _put_entry(banked.path, banked.entry, new=banked.new, as_json=False)
    if content.refused is not None:
        put(f"  refused: {refusal_line(content.refused)}")
        if banked.entry is not None:
            put("  added with what could be computed; look at the reason before relying on it")


def _put_entry(what: str, entry: int, *, new: bool, as_json: bool) -> None:
    if as_json:
        put_json({"path": what, "entry": entry, "new": new, "refused": None})
    else:
        put(f"{shown(what)}  entry {entry}" + ("" if new else ", was there already"))
