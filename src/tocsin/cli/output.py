"""What commands say: objects for programs on stdout, words for people on stderr or a terminal."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.banks.model import Label
    from tocsin.errors import Refusal
    from tocsin.media.sandbox import JsonValue
    from tocsin.storage.home import Home

F = TypeVar("F", bound=Callable[..., object])

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
workers_option = click.option(
    "--workers", type=click.IntRange(1), help="Sandbox children at a time  [default: one a core]"
)


label_option = click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="SCHEME:VERSION:CODE",
    help="Somebody's classification, kept as given; may be repeated.",
)


def parse_label(text: str) -> "Label":
    """The label that `scheme:version:code` writes. Raises UsageError."""
    from tocsin.banks.model import Label  # noqa: PLC0415  # not on --help

    scheme, _, rest = text.partition(":")
    version, colon, code = rest.partition(":")
    if not (scheme and colon and code):
        message = f"a label is written SCHEME:VERSION:CODE, not {text!r}"
        raise UsageError(message)
    return Label(scheme, version, code)


def home_option(command: F) -> F:
    """Let a command take `--home` after its name as well as before; the folder is the context's object."""
    return click.option(
        "--home",
        metavar="FOLDER",
        expose_value=False,
        callback=_note_home,
        help="The node's folder: banks, vault, keys, settings  [default: $TOCSIN_HOME or your data folder]",
    )(command)


def _note_home(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.obj = value


@contextmanager
def open_home(given: str | None, *, create: bool = False) -> "Iterator[Home]":
    """The home folder that the command line, the environment or the platform names."""
    from tocsin.config import home_folder  # noqa: PLC0415  # not on --help
    from tocsin.storage.home import Home  # noqa: PLC0415

    with Home.open(home_folder(given), create=create) as home:
        yield home


def warn_of_nothing(store: "Home", named: Sequence[str]) -> None:
    """Say so where nothing can match because the banks (those named, or all) hold nothing to compare with."""
    from tocsin.banks.model import BankKind  # noqa: PLC0415  # not on --help

    banks = [bank for bank in store.banks() if not named or bank.name in named]
    if not banks:
        say("nothing to compare with: there are no banks; `tocsin bank create NAME` makes one")
        return
    counts = [store.counts(bank.name) for bank in banks if bank.policy.kind is BankKind.MATCH]
    if not any(one.entries > one.withdrawn for one in counts):
        which = "none of the banks named holds" if named else "no bank holds"
        say(f"nothing to compare with: {which} an entry to match that is not withdrawn")


def say(message: str) -> None:
    """A message to whoever runs the command."""
    click.echo(message, err=True)


def put(line: str) -> None:
    """A line of the answer."""
    click.echo(line)


def say_rest(found: "Sequence[object]", limit: int = 0, option: str = "") -> None:
    """Behind a list: that it is empty, or that with `option` there may be more than the `limit` asked for."""
    if not found:
        say("There are none.")
    elif option and len(found) == limit:
        say(f"there may be more: {option}")


def put_json(item: "Mapping[str, JsonValue]") -> None:
    """One object of the answer, on a line of its own, in ASCII so that any name survives any terminal."""
    click.echo(json.dumps(item))


def refusal_line(refusal: "Refusal") -> str:
    """A refusal in one line; a subverted sandbox child may have worded it."""
    return shown(f"{refusal.message} [{refusal.code}]")
