"""`tocsin simulate`: the services we speak to, on this machine, to try and test with."""

import click

from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import put, say
from tocsin.cli.signals import signals

COMMANDS = {
    "threatexchange": "tocsin.cli.simulate_exchanges:threatexchange",
    "tat": "tocsin.cli.simulate_exchanges:tat",
    "stopncii": "tocsin.cli.simulate_exchanges:stopncii",
    "arachnid": "tocsin.cli.simulate_exchanges:arachnid",
    "cybertip": "tocsin.cli.simulate:cybertip",
    "mail": "tocsin.cli.simulate_notices:mail",
    "ncmec": "tocsin.cli.simulate_exchanges:ncmec",
    "provider": "tocsin.cli.simulate_notices:provider",
}


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def simulate() -> None:
    """Stand in for the services that Tocsin speaks to, on this machine.

    Nothing that a stand-in receives goes anywhere: it keeps hashes of files, not files.
    """


@click.command()
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Where to listen  [default: a free port]"
)
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--user", default="simulated-esp", show_default=True, help="The account that may use it.")
@click.option("--password", help="Its password  [default: a new one, printed]")
@click.option(
    "--trouble",
    default=0.0,
    type=click.FloatRange(0, 1),
    help="The share of requests that goes wrong  [default: 0]",
)
@click.option("--seed", default=1, show_default=True, help="Which of them go wrong, and how.")
def cybertip(  # noqa: PLR0913  # one for each option
    *, port: int, address: str, user: str, password: str | None, trouble: float, seed: int
) -> int:
    """Be NCMEC's CyberTipline until ^C: its reporting API, for tests, with nobody behind it.

    Prints the URL that an authority connection of the environment `simulator` is given. What it received, and
    what is to go wrong, is asked and said at /_simulator (see docs/howto/simulate-the-cybertipline.md).
    """
    import secrets  # noqa: PLC0415  # not on --help

    from tocsin.simulators.cybertip.server import Cybertip  # noqa: PLC0415

    secret = password or secrets.token_urlsafe(16)
    with Cybertip(user, secret, port=port, address=address) as simulator, signals() as wait_for_one:
        if trouble:
            simulator.faults.at_random(seed, trouble)
        put(simulator.url)
        say(f"a simulated CyberTipline: nothing that is sent there reaches anybody. User {user}")
        if password is None:
            say(f"password {secret}")
        wait_for_one()
    return 0
