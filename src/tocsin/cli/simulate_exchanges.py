"""`tocsin simulate ncmec` and the other partners that lists come from, on this machine.

Each subcommand here is named in COMMANDS of `tocsin.cli.simulate`.
"""

from typing import TYPE_CHECKING

import click

from tocsin.cli.output import put, say
from tocsin.cli.signals import signals

if TYPE_CHECKING:
    from tocsin.simulators.serving import Served

PORT = click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Where to listen  [default: a free port]"
)
ITEMS = click.option(
    "--items", default=1000, show_default=True, type=click.IntRange(0, 1_000_000), help="Items in its list."
)
SEED = click.option("--seed", default=1, show_default=True, help="Which items, and which troubles.")
TROUBLE = click.option(
    "--trouble",
    default=0.0,
    type=click.FloatRange(0, 1),
    help="The share of requests that goes wrong  [default: 0]",
)


@click.command()
@PORT
@ITEMS
@SEED
@TROUBLE
@click.option("--user", default="simulated-member", show_default=True, help="The account that may use it.")
@click.option("--password", help="Its password  [default: a new one, printed]")
def ncmec(  # noqa: PLR0913  # one for each option
    *, port: int, items: int, seed: int, trouble: float, user: str, password: str | None
) -> int:
    """Be NCMEC's hash sharing on 127.0.0.1 until ^C, with a list of random hashes, which are of nothing."""
    import secrets  # noqa: PLC0415  # not on --help

    from tocsin.simulators.ncmec.server import NcmecSimulator  # noqa: PLC0415

    secret = password or secrets.token_urlsafe(16)
    simulator = NcmecSimulator(user, secret, port=port)
    simulator.list.fill(items, seed)
    simulator.faults.at_random(seed, trouble)
    words = [f"a simulated hash sharing: its hashes are random, and are of nothing. User {user}"]
    if password is None:
        words.append(f"password {secret}")
    return _be(simulator, simulator.url, *words)


@click.command()
@PORT
@ITEMS
@SEED
@TROUBLE
def stopncii(*, port: int, items: int, seed: int, trouble: float) -> int:
    """Be StopNCII.org on 127.0.0.1 until ^C, with a list of random hashes, which are of nothing."""
    import secrets  # noqa: PLC0415  # not on --help

    from tocsin.simulators.stopncii import StopNciiSimulator  # noqa: PLC0415

    key = secrets.token_urlsafe(16)
    simulator = StopNciiSimulator("simulated-member", key, port)
    simulator.fill(items, seed)
    simulator.faults.at_random(seed, trouble)
    words = f"a simulated StopNCII: its hashes are of nothing. User simulated-member, password {key},{key}"
    return _be(simulator, simulator.url, words)


@click.command()
@PORT
@ITEMS
@SEED
@TROUBLE
def threatexchange(*, port: int, items: int, seed: int, trouble: float) -> int:
    """Be Meta's ThreatExchange on 127.0.0.1 until ^C, with random hashes, which are of nothing."""
    import secrets  # noqa: PLC0415  # not on --help

    from tocsin.simulators.threatexchange import GROUP, ThreatExchangeSimulator  # noqa: PLC0415

    simulator = ThreatExchangeSimulator(secrets.token_urlsafe(16), port)
    simulator.fill(items, seed)
    simulator.faults.at_random(seed, trouble)
    words = f"a simulated ThreatExchange: privacy_group {GROUP}, password {simulator.token}"
    return _be(simulator, simulator.url, words)


@click.command()
@PORT
@ITEMS
@SEED
@TROUBLE
def tat(*, port: int, items: int, seed: int, trouble: float) -> int:
    """Be Tech Against Terrorism's hash list on 127.0.0.1 until ^C, of random hashes, which are of nothing."""
    import secrets  # noqa: PLC0415  # not on --help

    from tocsin.simulators.tat import TatSimulator  # noqa: PLC0415

    secret = secrets.token_urlsafe(16)
    simulator = TatSimulator("simulated-member", secret, port)
    simulator.fill(items, seed)
    simulator.faults.at_random(seed, trouble)
    words = f"a simulated hash list: its hashes are of nothing. User simulated-member, password {secret}"
    return _be(simulator, simulator.url, words)


@click.command()
@PORT
@ITEMS
@SEED
def arachnid(*, port: int, items: int, seed: int) -> int:
    """Be Arachnid Shield on 127.0.0.1 until ^C, which knows random hashes, which are of nothing."""
    import secrets  # noqa: PLC0415  # not on --help

    from tocsin.simulators.arachnid import ArachnidSimulator  # noqa: PLC0415

    secret = secrets.token_urlsafe(16)
    simulator = ArachnidSimulator("simulated-member", secret, port)
    simulator.fill(items, seed)
    words = f"a simulated Arachnid Shield. User simulated-member, password {secret}"
    return _be(simulator, simulator.url, words)


def _be(simulator: "Served", url: str, *words: str) -> int:
    """Serve until ^C, having said where, and what is to be known of it."""
    with simulator, signals() as wait_for_one:
        put(url)
        for one in words:
            say(one)
        wait_for_one()
    return 0
