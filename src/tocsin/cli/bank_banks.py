"""`tocsin bank create|list|show|set|remove`: banks themselves."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from tocsin.cli.exits import FAILED
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.banks.model import Bank, Policy
    from tocsin.banks.store import BankCounts
    from tocsin.media.sandbox import JsonObject


F = TypeVar("F", bound=Callable[..., object])


def policy_options(command: F) -> F:
    """The options that make a policy; what is not given stays None."""
    for option in (
        click.option(
            "--kind", type=click.Choice(["match", "allow"]), help="What a match does  [default: match]"
        ),
        click.option("--radius", type=int, help="Largest PDQ distance that matches, 0 to 64  [default: 31]"),
        click.option(
            "--quality-floor", type=int, help="Least PDQ quality that is matched, 0 to 100  [default: 50]"
        ),
        click.option("--purpose", help="The use that the list's owner agreed to."),
        click.option("--onward-sharing", help="The owner's rule for passing entries on."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("name")
@policy_options
@json_option
@home_option
@click.pass_obj
def create(home: str | None, /, name: str, *, as_json: bool, **policy: str | int | None) -> None:
    """Make an empty bank called NAME. Also makes the home folder if there is none yet."""
    from tocsin.banks.model import Policy  # noqa: PLC0415  # not on --help

    with open_home(home, create=True) as store:
        bank = store.create_bank(name, _changed(Policy(), policy))
        _put_bank(bank, store.counts(name), as_json=as_json)


@click.command("list")
@json_option
@home_option
@click.pass_obj
def list_banks(home: str | None, *, as_json: bool) -> None:
    """List all banks."""
    with open_home(home) as store:
        banks = store.banks()
        for bank in banks:
            _put_bank(bank, store.counts(bank.name), as_json=as_json)
    if not banks:
        say("There are no banks yet; `tocsin bank create NAME` makes one.")


@click.command()
@click.argument("name")
@json_option
@home_option
@click.pass_obj
def show(home: str | None, name: str, *, as_json: bool) -> None:
    """Show a bank's policy and how many entries it holds."""
    with open_home(home) as store:
        _put_bank(store.bank(name), store.counts(name), as_json=as_json)


@click.command("set")
@click.argument("name")
@policy_options
@json_option
@home_option
@click.pass_obj
def set_policy(home: str | None, /, name: str, *, as_json: bool, **policy: str | int | None) -> None:
    """Change a bank's policy. What is not given stays as it is; takes effect at once."""
    with open_home(home) as store:
        bank = store.set_policy(name, _changed(store.bank(name).policy, policy))
        _put_bank(bank, store.counts(name), as_json=as_json)


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
@click.pass_obj
def remove(home: str | None, name: str, *, yes: bool) -> int:
    """Delete a bank and its entries for good. To stop matching only, withdraw its entries."""
    with open_home(home) as store:
        count = store.counts(name).entries
        question = f"Delete bank {shown(name)} and its {count:,} entries for good?"
        if not yes and not click.confirm(question, err=True):
            say("nothing was deleted")
            return FAILED
        removed = store.remove_bank(name)
    say(f"deleted bank {shown(name)} with {removed:,} entries")
    return 0


def _changed(policy: "Policy", given: dict[str, str | int | None]) -> "Policy":
    """`policy` with what was given on the command line."""
    from dataclasses import replace  # noqa: PLC0415  # not on --help

    from tocsin.banks.model import BankKind  # noqa: PLC0415

    kind, radius, floor = given["kind"], given["radius"], given["quality_floor"]
    purpose, sharing = given["purpose"], given["onward_sharing"]
    return replace(
        policy,
        kind=policy.kind if kind is None else BankKind(str(kind)),
        radius=policy.radius if radius is None else int(radius),
        quality_floor=policy.quality_floor if floor is None else int(floor),
        purpose=policy.purpose if purpose is None else str(purpose),
        onward_sharing=policy.onward_sharing if sharing is None else str(sharing),
    )


def _put_bank(bank: "Bank", counts: "BankCounts", *, as_json: bool) -> None:
    if as_json:
        put_json(bank_to_json(bank, counts))
        return
    policy = bank.policy
    put(f"{shown(bank.name)}  {counts.entries:,} entries, {counts.withdrawn:,} of them withdrawn")
    put(f"  {policy.kind} bank, PDQ radius {policy.radius}, quality floor {policy.quality_floor}")
    for what, text in (("purpose", policy.purpose), ("onward sharing", policy.onward_sharing)):
        if text:
            put(f"  {what}: {shown(text)}")


def bank_to_json(bank: "Bank", counts: "BankCounts") -> "JsonObject":
    """The documented shape."""
    return {
        "name": bank.name,
        "kind": bank.policy.kind.value,
        "radius": bank.policy.radius,
        "quality_floor": bank.policy.quality_floor,
        "purpose": bank.policy.purpose,
        "onward_sharing": bank.policy.onward_sharing,
        "created": bank.created.isoformat(),
        "entries": counts.entries,
        "withdrawn": counts.withdrawn,
    }
