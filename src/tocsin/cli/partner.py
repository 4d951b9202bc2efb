"""`tocsin partner`: who is told, and who tells us: cards with their keys, compared by words."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say
from tocsin.names import shown

if TYPE_CHECKING:
    from typing import BinaryIO

COMMANDS = {
    "add": "tocsin.cli.partner:add_partner",
    "card": "tocsin.cli.partner:show_card",
    "list": "tocsin.cli.partner:list_partners",
    "revoke": "tocsin.cli.partner:revoke_partner",
    "rotate": "tocsin.cli.partner:rotate_partner",
}
_LONGEST_CARD = 16385


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def partner() -> None:
    """Keep the partners that feeds go to and come from, with their keys."""


@click.command("card")
@click.option("--output", type=click.File("wb"), help="Write the card to this file, for partners.")
@home_option
@click.pass_obj
def show_card(home: str | None, *, output: "BinaryIO | None") -> None:
    """Show our own card: its words are read to partners by voice or in person, the file is sent to them."""
    from tocsin.node.feeding import own_card  # noqa: PLC0415  # not on --help

    with open_home(home) as store:
        card, note = own_card(store)
    if output is not None:
        output.write(note)
    else:
        put(note.decode())
    say(f"words of {card.recipient.name}: {card.words}")


@click.command("add")
@click.argument("card", type=click.File("rb"))
@click.option("--words", help="What the partner read to you from their own card; asked for unless given.")
@home_option
@click.pass_obj
def add_partner(home: str | None, *, card: "BinaryIO", words: str | None) -> None:
    """Enter the CARD (a file) of a partner, once you have compared its words with them."""
    from tocsin.cli.feed_shell import me  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import partners  # noqa: PLC0415

    given = words if words is not None else click.prompt("The words that the partner reads to you", err=True)
    with open_home(home) as store:
        kept = partners(store).add(me(), card.read(_LONGEST_CARD), given)
    say(f"{kept.name} is a partner: {kept.recipient.kind.value}, {kept.recipient.country}")


@click.command("rotate")
@click.argument("card", type=click.File("rb"))
@click.option("--words", default="", help="Words compared anew, where the key before did not sign.")
@home_option
@click.pass_obj
def rotate_partner(home: str | None, *, card: "BinaryIO", words: str) -> None:
    """Enter the new CARD of a partner that is known."""
    from tocsin.cli.feed_shell import me  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import partners  # noqa: PLC0415

    with open_home(home) as store:
        kept = partners(store).rotate(me(), card.read(_LONGEST_CARD), words)
    say(f"{kept.name} has a new card")


@click.command("revoke")
@click.argument("name")
@click.option("--why", required=True, help="The reason, for the ledger.")
@home_option
@click.pass_obj
def revoke_partner(home: str | None, *, name: str, why: str) -> None:
    """Tell the partner NAME nothing more, and take nothing more from it."""
    from tocsin.cli.feed_shell import me  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import partners  # noqa: PLC0415

    with open_home(home) as store:
        partners(store).revoke(me(), name, why)
    say(f"{shown(name)} is revoked")


@click.command("list")
@json_option
@home_option
@click.pass_obj
def list_partners(home: str | None, *, as_json: bool) -> None:
    """List partners by name."""
    from tocsin.cli.feed_shell import me  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import partners  # noqa: PLC0415

    with open_home(home) as store:
        found = partners(store).all(me())
    for one in found:
        seen = one.recipient
        revoked = "" if one.revoked is None else f"  REVOKED {one.revoked:%Y-%m-%d}: {shown(one.why)}"
        if as_json:
            put_json(
                {
                    "name": one.name,
                    "kind": seen.kind.value,
                    "country": seen.country,
                    "purposes": [*sorted(seen.purposes)],
                    "key": one.verifier,
                    "age": one.age,
                    "place": one.place,
                    "revoked": None if one.revoked is None else one.revoked.isoformat(),
                }
            )
        else:
            put(f"{one.name}  {seen.kind.value}, {seen.country}  {shown(one.place)}{revoked}")
    if not found:
        say("There are none.")
