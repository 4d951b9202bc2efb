"""Adapters and embeddings that a prompt calls by tags, such as `<lora:name:0.8>`.

The web UI takes everything from `<lora:` to the next `>` for a tag, and what stands before its first colon
for the name (modules/extra_networks.py), so a name may have any sign in it but these two. No tag is passed
over: of one whose name cannot be told it is said that it is there. A name that is longer than those of files,
or goes on in another line, is cut, since it may be a prompt.
"""

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 200
"""Characters of a name; file systems allow 255 bytes."""
_CUT: Final = 80
_MOST: Final = 1000
_TAG: Final = re.compile(r"<(lora|lyco|lycoris|locon|hypernet|embed|embedding):", re.IGNORECASE)
_END: Final = re.compile("[:>]")
_NONE: Final = frozenset({"", "none", "null", "false"})


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag."""

    embedding: bool
    name: str | None
    """None where it cannot be told."""
    cut: bool = False
    """Whether the name goes on."""


def read_tags(prompt: str) -> tuple[tuple[Tag, ...], int]:
    """The tags of a prompt in their order, and how many more there are than are read."""
    last = prompt.rfind(">")
    found: list[Tag] = []
    left_out = 0
    for match in _TAG.finditer(prompt):
        if len(found) < _MOST:
            name, cut = _name(prompt, match.end(), closed=match.end() <= last)
            found.append(Tag(match[1].lower().startswith("embed"), name, cut))
        else:
            left_out += 1
    return tuple(found), left_out


def _name(prompt: str, at: int, *, closed: bool) -> tuple[str | None, bool]:
    """The name that begins at `at`, and whether it was cut. What nothing closes is prompt, not a name."""
    head = prompt[at : at + LONGEST + 1]
    end = _END.search(head)
    whole = head[: end.start()].strip() if end else head.strip()
    name = next(iter(whole.splitlines()), "").strip()
    if not closed or name.lower() in _NONE:
        return None, False
    if end and name == whole:
        return name, False
    return name[:_CUT], True
