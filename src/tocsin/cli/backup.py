"""`tocsin admin backup` and `tocsin admin restore`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import REFUSED
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject
    from tocsin.storage.backup.manifest import Manifest


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--with-keys", is_flag=True, help="Also the keys, without which the vault cannot be read.")
@json_option
@home_option
@click.pass_obj
def backup(home: str | None, *, folder: str, with_keys: bool, as_json: bool) -> int:
    """Back up the node into FOLDER, while it runs: database, vault, settings, trust lists and detectors.

    A second backup into the same FOLDER copies only contents that are new, and replaces the first when it is
    whole. Contents stay encrypted. WITHOUT THE KEYS THE VAULT CANNOT BE READ: either give --with-keys, and
    guard the FOLDER as you guard the node, or keep a copy of the folder `keys` of the home somewhere else.
    """
    from pathlib import Path  # noqa: PLC0415  # not on --help

    from tocsin.config import home_folder  # noqa: PLC0415
    from tocsin.node.settings import NodeSettings  # noqa: PLC0415
    from tocsin.storage.backup.saving import save  # noqa: PLC0415

    place = home_folder(home)
    in_home = not NodeSettings.read(place).vault
    with _reporting("backing up") as report:
        done = save(place, Path(folder), with_keys=with_keys, vault_in_home=in_home, report=report)
    found = done.manifest
    _record("backup.made", str(place), found)
    if as_json:
        put_json({**_json(found), "rows": done.rows, "copied_bytes": done.copied, "removed": done.removed})
    else:
        put(f"{done.rows:,} rows, {found.contents:,} contents, {done.copied:,} bytes of files copied anew")
    _warn(found, in_home=in_home)
    return REFUSED if found.missing else 0


@click.command("restore")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--check", "only_check", is_flag=True, help="Only compare everything with its SHA-256.")
@click.option(
    "--database",
    metavar="URL",
    help="Into this empty PostgreSQL database, or `sqlite`  [default: what the settings in the backup say]",
)
@json_option
@home_option
@click.pass_obj
def restore(home: str | None, *, folder: str, only_check: bool, database: str | None, as_json: bool) -> None:
    """Restore the backup in FOLDER into a new home (--home), which must not exist yet or be empty.

    Everything is compared with its SHA-256 first, and restored as a whole or not at all. A backup of a
    SQLite database can be restored into PostgreSQL and the other way round. Do not let the old node and the
    restored one run at the same time: both would do the same jobs.
    """
    from pathlib import Path  # noqa: PLC0415  # not on --help

    from tocsin.config import home_folder  # noqa: PLC0415
    from tocsin.storage.backup import restoring  # noqa: PLC0415

    with _reporting("comparing" if only_check else "restoring") as report:
        if only_check:
            manifest = restoring.check(Path(folder), report)
        else:
            manifest = restoring.restore(Path(folder), home_folder(home), database=database, report=report)
    if manifest.keys and not only_check:  # without the old keys it could not sign as the same node
        _record("home.restored", home, manifest)
    if as_json:
        put_json({**_json(manifest), "restored": not only_check})
    else:
        what = "is whole" if only_check else f"is restored into {home_folder(home)}"
        put(f"the backup of {manifest.made} {what}")
    if not (manifest.keys or only_check):
        say(
            "The keys are not in it: put the folder `keys` of the old home into the new one before it starts."
        )


def _record(kind: str, home: str | None, manifest: "Manifest") -> None:
    """Let the home's ledger say what was done."""
    from tocsin.evidence.ledger import Event  # noqa: PLC0415  # not on --help
    from tocsin.storage.recording import local_actor  # noqa: PLC0415

    with open_home(home) as store:
        store.ledger.append(Event(kind, local_actor(), f"home:{manifest.identity}", _json(manifest)))


def _warn(found: "Manifest", *, in_home: bool) -> None:
    if not found.keys:
        say("The keys are not in it. Without them the vault cannot be read: keep a copy of the home's `keys`")
        say("somewhere else, or back up --with-keys.")
    if not in_home:
        say("The vault is in an object store, which is not in this backup.")
    if found.missing:
        say(f"{found.missing:,} contents that the database names are not in the vault.")


def _json(manifest: "Manifest") -> "JsonObject":
    return {
        "made": manifest.made,
        "keys": manifest.keys,
        "contents": manifest.contents,
        "missing": manifest.missing,
    }


@contextmanager
def _reporting(what: str) -> Iterator[Callable[[str, int], None]]:
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help

    with progress(what) as advance:
        yield lambda kind, done: advance(f"{done:,} {kind}")
