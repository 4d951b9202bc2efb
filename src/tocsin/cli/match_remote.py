"""`tocsin match --remote`: files are hashed here, and another node is asked about their hashes."""

import os
import stat
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.cli.exits import MATCHED, REFUSED
from tocsin.cli.output import put, put_json, refusal_line, say
from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tocsin.content.model import Content
    from tocsin.media.sandbox import JsonObject
    from tocsin.outgoing.remote_match import RemoteMatch

_AT_ONCE = 100
"""Files hashed before the node is asked about them."""
_LONGEST_TOKEN = 1000


def token_in(path: str) -> str:
    """The token in a file. Raises UsageError."""
    try:
        with Path(path).open(encoding="ascii") as file:
            open_to_others = os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO)
            token = file.read(_LONGEST_TOKEN).strip()
    except (OSError, ValueError) as error:
        message = f"the token in {shown(path)} cannot be read"
        raise UsageError(message) from error
    if not token.isprintable() or not token or " " in token:
        message = f"{shown(path)} does not hold a token"
        raise UsageError(message)
    if open_to_others:
        say(f"others on this machine may read {shown(path)}: `chmod 600` it")
    return token


def match_remote(
    url: str, token_file: str, contents: "Iterable[tuple[str, Content]]", *, as_json: bool
) -> int:
    """Print what the node at `url` knows about each of `contents`; the exit code. Raises RemoteMatchError."""
    from tocsin.batches import batched  # noqa: PLC0415  # not on --help
    from tocsin.outgoing.remote_match import RemoteMatcher  # noqa: PLC0415

    matcher = RemoteMatcher(url, token_in(token_file))
    matched = refused = False
    for several in batched(contents, _AT_ONCE):
        answers = matcher.match_each([content.signals for _, content in several])
        for (path, content), found in zip(several, answers, strict=True):
            matched |= bool(found)
            refused |= content.refused is not None
            if as_json:
                put_json(_object(path, content, found))
            else:
                for line in chain([f"{shown(path)}  {_headline(content, found)}"], _lines(content, found)):
                    put(line)
    return MATCHED if matched else REFUSED if refused else 0


def _object(path: str, content: "Content", found: "tuple[RemoteMatch, ...]") -> "JsonObject":
    return {
        "path": path,
        "kind": content.kind,
        "bytes": content.size,
        "sha256": content.sha256,
        "matches": [one.to_json() for one in found],
        "refused": None if content.refused is None else {**content.refused.to_json()},
    }


def _headline(content: "Content", found: "tuple[RemoteMatch, ...]") -> str:
    if found:
        return f"{len(found)} match{'es' if len(found) > 1 else ''}"
    return "no match" if content.refused is None else "refused"


def _lines(content: "Content", found: "tuple[RemoteMatch, ...]") -> "Iterator[str]":
    for one in found:
        near = "near" if one.distance is None else f"distance {one.distance}"
        labels = [
            f"[{shown(' '.join(part for part in (label.scheme, label.version, label.code) if part))}]"
            for label in one.labels
        ]
        how = "equal" if one.type.exact else near
        yield "  " + "  ".join([shown(one.bank), one.type.value, how, *labels])
    if content.refused is not None:
        yield f"  refused: {refusal_line(content.refused)}"
