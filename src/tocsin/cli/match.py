"""`tocsin match`: what the banks know about files or hashes."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import MATCHED, REFUSED
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, warn_of_nothing
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.content.model import Content


@click.command("match")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--hash",
    "hashes",
    multiple=True,
    metavar="TYPE:HEX",
    help="Match a hash, such as pdq:HEX, without a file.",
)
@click.option(
    "--bank",
    "banks",
    multiple=True,
    metavar="NAME",
    help="Match against this bank and the allow banks only; may be repeated.",
)
@click.option(
    "--remote", metavar="URL", help="Ask the node there: hashes are sent to it, and nothing else of a file."
)
@click.option("--token-file", metavar="FILE", help="Where the token for that node is.")
@json_option
@home_option
@click.pass_obj
def match(  # noqa: PLR0913  # one for each option
    home: str | None,
    paths: tuple[str, ...],
    *,
    hashes: tuple[str, ...],
    banks: tuple[str, ...],
    remote: str | None,
    token_file: str | None,
    as_json: bool,
) -> int:
    """Print all matches of each file, best evidence first.

    PATH may be - for stdin. Every view of a picture is compared in both dialects and all eight orientations.

    With --remote no list is needed here: the node asked tells bank, labels and distance.
    """
    from tocsin.cli.match_remote import match_remote  # noqa: PLC0415  # not on --help
    from tocsin.cli.show import match_lines  # noqa: PLC0415
    from tocsin.matching.matches import Matcher  # noqa: PLC0415

    if not paths and not hashes:
        message = "give a PATH or a --hash to match"
        raise UsageError(message)
    if (remote is None) != (token_file is None) or (remote and banks):
        message = "--remote goes with --token-file, and not with --bank: the token says which banks"
        raise UsageError(message)
    if remote and token_file:
        return match_remote(remote, token_file, _contents(paths, hashes), as_json=as_json)
    matched = refused = False
    with open_home(home) as store:
        matcher = Matcher(store, banks or None)
        warn_of_nothing(store, banks)
        for path, content in _contents(paths, hashes):
            found = matcher.match(content.signals)
            matched |= bool(found.matches)
            refused |= content.refused is not None
            if as_json:
                put_json({"path": path, **found.to_json(content)})
            else:
                for line in match_lines(path, content, found):
                    put(line)
    return MATCHED if matched else REFUSED if refused else 0


def _contents(paths: tuple[str, ...], hashes: tuple[str, ...]) -> "Iterator[tuple[str, Content]]":
    from tocsin.content.model import Content  # noqa: PLC0415  # not on --help
    from tocsin.hashing.signals import parse_signal  # noqa: PLC0415
    from tocsin.matching.examine import COMPILED_FROM, examine_paths  # noqa: PLC0415

    for given in hashes:
        yield given, Content("hash", 0, (parse_signal(given),))
    if paths:
        yield from examine_paths(paths, all_orientations=True, compiled=len(paths) >= COMPILED_FROM)
