"""`tocsin simulate ncmec` and the other partners that lists come from, on this machine.

Each subcommand here is named in COMMANDS of `tocsin.cli.simulate`.
"""

import click

PORT = click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Where to listen  [default: a free port]"
)
ITEMS = click.option(
    "--items", default=1000, show_default=True, type=click.IntRange(0, 10_000_000), help="Items in its list."
)
SEED = click.option("--seed", default=1, show_default=True, help="Which items, and which troubles.")
TROUBLE = click.option(
    "--trouble",
    default=0.0,
    type=click.FloatRange(0, 1),
    help="The share of requests that goes wrong  [default: 0]",
)
