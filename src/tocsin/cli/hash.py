"""`tocsin hash`: the signals of files."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import REFUSED
from tocsin.cli.output import json_option, put, put_json, refusal_line, say
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.content.model import Content


@click.command("hash")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--all-orientations", is_flag=True, help="PDQ of all eight rotations and reflections.")
@json_option
def hash_files(paths: tuple[str, ...], *, all_orientations: bool, as_json: bool) -> int:
    """Print the signals of each file: MD5, SHA-1, SHA-256, and PDQ of each view in both dialects.

    PATH may be - for stdin. Files are decoded in a sandbox; what cannot be decoded is said with its reason,
    and its digests are printed all the same.
    """
    from tocsin.matching.examine import COMPILED_FROM, examine_paths  # noqa: PLC0415  # not on --help

    refused = 0
    contents = examine_paths(paths, all_orientations=all_orientations, compiled=len(paths) >= COMPILED_FROM)
    for path, content in contents:
        refused += content.refused is not None
        if as_json:
            put_json({"path": path, **content.to_json()})
        else:
            _show(path, content)
    if refused:
        say(f"{refused} of {len(paths)} refused")
    return REFUSED if refused else 0


def _show(path: str, content: "Content") -> None:
    put(f"{shown(path)}  {content.kind}, {content.size:,} bytes")
    if content.refused is not None:
        put(f"  refused  {refusal_line(content.refused)}")
    for signal in content.signals:
        details = [signal.view, signal.dialect, signal.orientation] if not signal.type.exact else []
        words = [str(detail) for detail in details if detail]
        if signal.quality is not None:
            words.append(f"quality {signal.quality}")
        put(f"  {signal.type:7} {signal.hex}" + (f"  {', '.join(words)}" if words else ""))
