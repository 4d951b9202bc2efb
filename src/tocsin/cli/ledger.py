"""`tocsin ledger`: what was done in a home, and whether the record of it is whole."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import BROKEN, REFUSED
from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say
from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cryptography.x509 import Certificate

    from tocsin.evidence.chain import Row
    from tocsin.evidence.checking import Broken
    from tocsin.evidence.keys import Keys
    from tocsin.storage.home import Home

COMMANDS = {
    "export": "tocsin.cli.ledger:export",
    "show": "tocsin.cli.ledger:show",
    "sign": "tocsin.cli.ledger:sign",
    "verify": "tocsin.cli.ledger:verify",
}
_MOST = 20
_SHORT = 16


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def ledger() -> None:
    """Show, verify, sign and export the record of all that was done.

    Each row holds the hash of the one before it and is signed by the node, so that a row that was changed,
    dropped, moved or added shows.
    """


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--fingerprint",
    metavar="HEX",
    help="SHA-256 of the public key that began the ledger: for FILE, or a home without its keys.",
)
@click.option(
    "--roots", type=click.Path(exists=True, dir_okay=False), help="Root certificates of time stamps, PEM."
)
@click.option("--no-vault", is_flag=True, help="Do not decrypt and verify the files of the vault.")
@json_option
@home_option
@click.pass_obj
def verify(  # noqa: PLR0913  # one for each option
    home: str | None,
    file: str | None,
    *,
    fingerprint: str | None,
    roots: str | None,
    no_vault: bool,
    as_json: bool,
) -> int:
    """Verify the home's ledger and vault, or an exported ledger in FILE, which needs no home.

    Names the first broken row and those after it that are broken by themselves, each broken file of the
    vault, and each submission of which the ledger says nothing. Exits with 5 if anything is broken.
    """
    if file is not None:
        return _verify_file(file, _fingerprint(fingerprint), _roots(roots), as_json=as_json)
    with open_home(home) as store:
        return _verify_home(
            store, _fingerprint(fingerprint), _roots(roots), vault=not no_vault, as_json=as_json
        )


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@home_option
@click.pass_obj
def export(home: str | None, file: str) -> None:
    """Sign the ledger as it is now and write it to FILE, which anybody can verify without this home."""
    from tocsin.evidence.exporting import export as write  # noqa: PLC0415  # not on --help
    from tocsin.replacing import replacing  # noqa: PLC0415

    with open_home(home) as store:
        head = store.ledger.sign_head()
        last = 0 if head is None else head.number
        heads = [one for one in store.ledger.heads() if one.number <= last]
        with replacing(_path(file)) as target:
            end = write(target, store.ledger.identity(), store.ledger.rows(limit=last), heads)
        fingerprint = _first_fingerprint(store)
    put(f"{end.rows:,} rows and {end.heads:,} signed heads")
    if fingerprint:
        put(f"fingerprint of the key that began it: {fingerprint}")
        say("Give the fingerprint to whoever verifies the file, by another way than the file.")


@click.command()
@click.option("--subject", metavar="KIND:ID", help="Only rows about this, such as bank:known or entry:17.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only rows with greater numbers.")
@click.option(
    "--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most so many rows."
)
@json_option
@home_option
@click.pass_obj
def show(home: str | None, *, subject: str | None, after: int, limit: int, as_json: bool) -> None:
    """Show rows of the ledger, the oldest first: when, who, what, and to what."""
    from tocsin.evidence.exporting import row_json  # noqa: PLC0415  # not on --help
    from tocsin.storage.ledger import LedgerStore  # noqa: PLC0415

    with open_home(home) as store:
        reader = LedgerStore(store.database)
        rows = reader.rows(after, limit) if subject is None else reader.rows_of(subject, after, limit)
        for row in rows:
            if as_json:
                put_json(row_json(row))
            else:
                put(_line(row))


@click.command()
@click.option("--authority", metavar="URL", help="Have it time-stamped by this authority (RFC 3161).")
@click.option("--roots", type=click.Path(exists=True, dir_okay=False), help="Its root certificates, PEM.")
@json_option
@home_option
@click.pass_obj
def sign(home: str | None, *, authority: str | None, roots: str | None, as_json: bool) -> int:
    """Sign the ledger as it is now. The line printed, kept elsewhere, shows later that no row is gone.

    Exits with 3 if the ledger was signed, but the authority did not stamp all that waits for a time stamp.
    """
    from tocsin.evidence.exporting import head_json  # noqa: PLC0415  # not on --help

    with open_home(home) as store:
        if (head := store.ledger.sign_head()) is None:
            say("the ledger is empty: nothing was done in this home yet")
            return 0
        failure = "" if authority is None else _stamp(store, authority, roots)
        (head,) = (one for one in store.ledger.heads() if one.number == head.number)
    if as_json:
        put_json(head_json(head))
    else:
        put(f"row {head.number}  {head.hash.hex()}  signed by {head.key_id}")
        if head.time_stamp is not None:
            put("  time-stamped")
    if failure:
        say(f"signed, but not time-stamped: {failure}. It is stamped when the command is given again.")
    return REFUSED if failure else 0


def _stamp(store: "Home", authority: str, roots: str | None) -> str:
    """Why not all heads that wait could be stamped; empty if they were."""
    from tocsin.evidence.time_stamps import stamp_heads  # noqa: PLC0415  # not on --help
    from tocsin.outgoing.time_stamping import ask  # noqa: PLC0415

    done = stamp_heads(store.ledger, authority, ask, _roots(roots))
    say(f"{done.stamped:,} heads time-stamped")
    return done.failure


def _roots(file: str | None) -> "Sequence[Certificate]":
    from tocsin.evidence.time_stamps import read_roots  # noqa: PLC0415  # not on --help

    return () if file is None else read_roots(_path(file).read_bytes())


def _verify_home(
    store: "Home",
    fingerprint: bytes | None,
    roots: "Sequence[Certificate]",
    *,
    vault: bool,
    as_json: bool,
) -> int:
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help
    from tocsin.node.opening import home_vault  # noqa: PLC0415
    from tocsin.storage.verifying import Verification  # noqa: PLC0415

    keys = _keys(store, needed=fingerprint is None)
    readable = home_vault(store.folder, keys) if vault and keys is not None else None
    work = Verification(store.database, store.folder, readable, roots, fingerprint)
    with progress("verifying", total=work.size()) as advance:
        found = list(work.run(lambda done: advance(f"{done:,}", done)))
    if keys is None and work.rows:
        say("without the keys, neither the vault nor what the ledger vouches for was verified")
    facts = f"{_facts(work.rows, work.heads, work.stamps)}, {work.files:,} files"
    return _answer(found, facts, as_json=as_json)


def _keys(store: "Home", *, needed: bool) -> "Keys | None":
    """The home's keys; none where nothing was recorded yet. Raises NoKeysError where they are `needed`."""
    from tocsin.evidence.errors import NoKeysError  # noqa: PLC0415  # not on --help
    from tocsin.evidence.keys import Keys  # noqa: PLC0415
    from tocsin.storage.ledger import LedgerStore  # noqa: PLC0415

    try:
        return Keys.open(store.folder)
    except NoKeysError as error:
        if needed and LedgerStore(store.database).count():
            message = "this home has no keys: put the old home's `keys` folder here, or give --fingerprint"
            raise NoKeysError(message) from error
        return None


def _verify_file(
    file: str, fingerprint: bytes | None, roots: "Sequence[Certificate]", *, as_json: bool
) -> int:
    from tocsin.evidence.file_checking import FileCheck  # noqa: PLC0415  # not on --help

    with _path(file).open("rb") as source:
        work = FileCheck(source, fingerprint, roots)
        found = list(work.run())
    if fingerprint is None and work.fingerprint is not None:
        say(
            f"whoever made this file vouches for itself; compare: the fingerprint is {work.fingerprint.hex()}"
        )
    return _answer(found, _facts(work.rows, work.heads, work.stamps), as_json=as_json)


def _facts(rows: int, heads: int, stamps: int) -> str:
    stamped = f" ({stamps:,} time-stamped)" if stamps else ""
    return f"{rows:,} rows, {heads:,} signed heads{stamped}"


def _answer(found: "Iterable[Broken]", facts: str, *, as_json: bool) -> int:
    broken = list(found)
    if as_json:
        for one in broken:
            put_json(one.to_json())
    else:
        for one in broken[:_MOST]:
            put(f"{one.what}: {shown(one.why)}")
        if len(broken) > _MOST:
            put(f"and {len(broken) - _MOST:,} more")
    say(
        f"{facts}: "
        + ("all whole" if not broken else f"{len(broken):,} broken, the first is {broken[0].what}")
    )
    return BROKEN if broken else 0


def _line(row: "Row") -> str:
    from tocsin.storage.times import from_number  # noqa: PLC0415  # not on --help

    when = from_number(row.time).strftime("%Y-%m-%d %H:%M:%S")
    detail = "" if row.detail == "{}" else f"  {row.detail}"
    return shown(f"{row.number}  {when}  {row.actor}  {row.kind}  {row.subject}{detail}")


def _first_fingerprint(store: "Home") -> str:
    import hashlib  # noqa: PLC0415  # not on --help

    from tocsin.evidence.checking import introduced  # noqa: PLC0415

    public = next((introduced(row) for row in store.ledger.rows(limit=1)), None)
    return "" if public is None else hashlib.sha256(public).hexdigest()


def _fingerprint(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 32:  # noqa: PLR2004  # bytes of a SHA-256
        message = "--fingerprint is a SHA-256: 64 hexadecimal digits"
        raise UsageError(message)
    return found


def _path(name: str) -> "Path":
    from pathlib import Path  # noqa: PLC0415  # not on --help

    return Path(name)
