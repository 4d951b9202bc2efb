"""`tocsin feed`: our own feed, and what of our banks goes into it."""

import click

from tocsin.cli.authority_shell import as_option, sign_in_option
from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say
from tocsin.names import shown

COMMANDS = {
    "confirm": "tocsin.cli.feed:confirm_offer",
    "init": "tocsin.cli.feed:init_feed",
    "offer": "tocsin.cli.feed:offer_bank",
    "publish": "tocsin.cli.feed:publish_feed",
    "rotate": "tocsin.cli.feed:rotate_key",
    "rules": "tocsin.cli.feed:list_rules",
    "status": "tocsin.cli.feed:show_status",
    "terms": "tocsin.cli.feed:set_terms",
}
_KINDS = click.Choice(
    ["hotline", "law-enforcement", "clearinghouse", "platform", "ai-provider", "regulator", "research"]
)


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def feed() -> None:
    """Tell partners what they may have: a signed log in the folder `feed` of the home, sealed to each.

    A partner's feed is followed by an exchange: `tocsin exchange add NAME --service feed`.
    """


@click.command("init")
@click.argument("name")
@click.option("--kind", required=True, type=_KINDS, help="What you are to partners.")
@click.option("--country", required=True, help="Your country's code of two letters.")
@click.option("--place", default="by hand", show_default=True, help="Where partners read the feed: a URL.")
@home_option
@click.pass_obj
def init_feed(home: str | None, *, name: str, kind: str, country: str, place: str) -> None:
    """Make the feed's keys; NAME is what it is called for ever, as in hotline.example/feed."""
    from tocsin.cli.feed_shell import me  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import begin  # noqa: PLC0415

    with open_home(home) as store:
        card = begin(store, me(), name, kind, country=country, place=place)
    say(f"{name} is set up; words of its card: {card.words}")


@click.command("rules")
def list_rules() -> None:
    """List the onward-sharing rules: whom each lets have an entry."""
    from tocsin.exchange.rights import rules  # noqa: PLC0415  # not on --help

    for one in rules().rules.values():
        put(f"{one.id}  {one.title}")
        kinds = ", ".join(sorted(one.kinds)) or "nobody"
        put(f"  {kinds}{'; passed on' if one.relay else ''}  [{one.source}]")


@click.command("terms")
@click.argument("bank")
@click.argument("rule")
@click.option("--partner", "partners", multiple=True, help="Only this partner; may be repeated.")
@click.option("--country", "countries", multiple=True, help="Only this country, EU or EEA; may be repeated.")
@click.option("--purpose", "purposes", multiple=True, help="Only for this; may be repeated.")
@click.option("--from", "jurisdiction", default="", help="The country under whose law entries were assessed.")
@home_option
@click.pass_obj
def set_terms(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    bank: str,
    rule: str,
    partners: tuple[str, ...],
    countries: tuple[str, ...],
    purposes: tuple[str, ...],
    jurisdiction: str,
) -> None:
    """Say under which RULE entries of BANK may be passed on, as far as their owner lets them."""
    from tocsin.cli.feed_shell import me  # noqa: PLC0415  # not on --help
    from tocsin.exchange.rights import Terms, purposes_of  # noqa: PLC0415
    from tocsin.node.feeding import offering  # noqa: PLC0415

    terms = Terms(rule, partners, countries, purposes_of(purposes), jurisdiction)
    with open_home(home) as store:
        offers = offering(store)
        offers.set_terms(me(), bank, terms)
        for name, answer in offers.audience(me(), bank).items():
            put(f"{name}  {answer}")


@click.command("offer")
@click.argument("bank")
@click.option("--entry", default=0, type=int, help="Only this entry  [default: all, with those to come]")
@as_option
@sign_in_option
@home_option
@click.pass_obj
def offer_bank(home: str | None, *, bank: str, entry: int, name: str, sign_in_stdin: bool) -> None:
    """Offer BANK, or an entry of it, to partners; another person is to confirm."""
    from tocsin.cli.authority_shell import open_authorities  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import offering  # noqa: PLC0415

    with open_authorities(home) as shell, shell.signed_in(name, from_stdin=sign_in_stdin) as person:
        made = offering(shell.shell.home).offer(person, bank, entry)
    say(f"offer {made.id} waits for another person: tocsin feed confirm {made.id}")


@click.command("confirm")
@click.argument("number", type=int)
@as_option
@sign_in_option
@home_option
@click.pass_obj
def confirm_offer(home: str | None, *, number: int, name: str, sign_in_stdin: bool) -> None:
    """Confirm the offer of that NUMBER, which somebody else made."""
    from tocsin.cli.authority_shell import open_authorities  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import offering  # noqa: PLC0415

    with open_authorities(home) as shell, shell.signed_in(name, from_stdin=sign_in_stdin) as person:
        offering(shell.shell.home).confirm(person, number)
    say(f"offer {number} is confirmed: partners who may have it are told")


@click.command("publish")
@home_option
@click.pass_obj
def publish_feed(home: str | None) -> None:
    """Tell partners what is new, now."""
    from tocsin.clock import present  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import publishing  # noqa: PLC0415

    with open_home(home) as store:
        done = publishing(store).run(present())
    say(f"{done.items:,} items in {done.bundles:,} bundles")


@click.command("rotate")
@click.argument("which", type=click.Choice(["signing", "age"]))
@home_option
@click.pass_obj
def rotate_key(home: str | None, *, which: str) -> None:
    """Make a new key; followers find a new signing key by themselves, a new age key needs a new card."""
    from tocsin.cli.feed_shell import me  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import rotate  # noqa: PLC0415

    with open_home(home) as store:
        card = rotate(store, me(), which)
    say(f"done; `tocsin partner card` writes the new card; its words: {card.words}")


@click.command("status")
@json_option
@home_option
@click.pass_obj
def show_status(home: str | None, *, as_json: bool) -> None:
    """Show what is offered, told and waiting, and what partners say."""
    from tocsin.cli.feed_shell import me  # noqa: PLC0415  # not on --help
    from tocsin.node.feeding import offering  # noqa: PLC0415

    with open_home(home) as store:
        offers = offering(store)
        own, counts = offers.me(me()), offers.feeds.counts()
        found, opinions = offers.offers(me()), offers.opinions(me())
    if as_json:
        put_json({"name": own.name, **counts, "offers": len(found), "opinions": len(opinions)})
        return
    put(f"{own.name}: {counts['live']:,} told, {counts['ended']:,} taken back, {counts['waiting']:,} waiting")
    for one in found:
        what = f"entry {one.entry} of {one.bank}" if one.entry else one.bank
        state = f"confirmed by {one.confirmed_by}" if one.confirmed else "waits for another person"
        put(f"  offer {one.id}: {shown(what)}, offered by {one.offered_by}, {state}")
    for said in opinions:
        put(f"  {said.partner}: {said.verdict.value} of entry {said.entry}  {shown(said.reason)}")
