"""`tocsin admin key`: the node's keys, and new ones in their place."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject
    from tocsin.storage.home import Home

COMMANDS = {
    "list": "tocsin.cli.keys:list_keys",
    "reencrypt": "tocsin.cli.keys:reencrypt",
    "rotate": "tocsin.cli.keys:rotate",
}
KINDS = click.Choice(["vault", "ledger"])


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def key() -> None:
    """The keys that encrypt the vault and sign the ledger."""


@click.command("list")
@json_option
@home_option
@click.pass_obj
def list_keys(home: str | None, *, as_json: bool) -> None:
    """List the keys of this home: their ids and public parts, and which are current."""
    from tocsin.evidence.keys import Keys  # noqa: PLC0415  # not on --help

    with open_home(home) as store:
        keys = Keys.open(store.folder)
    for kind, current in (("ledger", keys.ledger_id), ("vault", keys.vault_id)):
        for one in keys.ids(kind):
            public = keys.public(one).hex() if kind == "ledger" else str(keys.identity(one).to_public())
            if as_json:
                put_json({"kind": kind, "id": one, "public": public, "current": one == current})
            else:
                put(f"{kind:6}  {one}  {'current' if one == current else 'old    '}  {public}")


@click.command()
@click.argument("kind", type=KINDS)
@home_option
@click.pass_obj
def rotate(home: str | None, kind: str) -> None:
    """Make a new key of this KIND current. Old keys stay: they open and verify what they made.

    `tocsin admin key reencrypt` then encrypts what is in the vault to the new key.
    """
    from tocsin.storage.ledger import keys_of  # noqa: PLC0415  # not on --help

    with open_home(home) as store:
        old, new = keys_of(store.folder, store.database).rotate(kind)
        _record(store, "key.rotated", new, {"kind": kind, "old": old})
    put(f"{kind} key {new} is current; {old} stays, for what it made")
    say("Back up the home's `keys` now: without them nothing in the vault can be opened.")


@click.command()
@home_option
@click.pass_obj
def reencrypt(home: str | None) -> None:
    """Encrypt what old keys made in the vault to the current one; interrupted, it goes on where it was."""
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help
    from tocsin.evidence.keys import Keys  # noqa: PLC0415
    from tocsin.node.opening import home_vault  # noqa: PLC0415

    with open_home(home) as store:
        keys = Keys.open(store.folder)
        vault = home_vault(store.folder, keys)
        done = 0
        with progress("encrypting") as advance:
            for sha256 in list(vault.digests()):
                done += vault.renew(sha256)
                advance(f"{done:,} files")
        if done:
            _record(store, "vault.reencrypted", keys.vault_id, {"files": done})
    put(f"{done:,} files encrypted to {keys.vault_id}")


def _record(store: "Home", kind: str, key_id: str, detail: "JsonObject") -> None:
    from tocsin.evidence.ledger import Event  # noqa: PLC0415  # not on --help
    from tocsin.storage.recording import local_actor  # noqa: PLC0415

    store.ledger.append(Event(kind, local_actor(), f"key:{key_id}", detail))
