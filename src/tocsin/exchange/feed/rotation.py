"""What became of a key: a note beside the log, found by the id of the key that somebody still knows.

`keys/<id>` says either that another key took its place, signed by both, so that whoever was away during a
rotation finds the way; or that it is revoked, signed by itself: a thief could do no worse to himself.
"""

from dataclasses import dataclass
from typing import Final

from tocsin.exchange.feed.errors import CardError, NotSignedError, RevokedError
from tocsin.exchange.feed.notes import LONGEST_NOTE, Signer, Verifier, read_note, sign_note
from tocsin.exchange.feed.sources import Source

_HEAD: Final = "tocsin-feed-key/1"
_CHANGED: Final = "changed to"
_REVOKED: Final = "revoked"
_LONGEST_CHAIN: Final = 32


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a key."""

    next: Verifier | None
    """The key that took its place; None if it is revoked."""


def fate_name(key: Verifier) -> str:
    """Where the note about a key is."""
    return f"keys/{key.key_id}"


def change_note(old: Signer, new: Signer) -> bytes:
    """The note by which `new` takes the place of `old`. Raises CardError if they are of different names."""
    if old.verifier.name != new.verifier.name:
        message = "a feed keeps its name when its key changes"
        raise CardError(message)
    return sign_note(f"{_about(old.verifier)}{_CHANGED}\n{new.verifier.to_text()}\n", [old, new])


def revocation_note(key: Signer) -> bytes:
    """The note by which a key says that it is not to be believed any more."""
    return sign_note(f"{_about(key.verifier)}{_REVOKED}\n", [key])


def read_fate(note: bytes, key: Verifier) -> Fate:
    """What the note says of `key`. Raises NotSignedError for one that is not signed by all it must be."""
    text = read_note(note, [key])
    about = _about(key)
    if text == f"{about}{_REVOKED}\n":
        return Fate(None)
    lines = text.removeprefix(about).split("\n")
    try:
        new = Verifier.from_text(lines[1]) if len(lines) > 1 else None
    except CardError as error:
        raise NotSignedError from error
    if new is None or text != f"{about}{_CHANGED}\n{new.to_text()}\n" or new.name != key.name:
        message = f"what the key {key.key_id} of {key.name} signed says nothing of what became of it"
        raise NotSignedError(message)
    read_note(note, [new])
    return Fate(new)


def newest_key(source: Source, key: Verifier) -> Verifier:
    """The key that a feed is signed with now, from one that is known.

    Raises RevokedError, NotSignedError, and what the source raises.
    """
    for _ in range(_LONGEST_CHAIN):
        note = source.read(fate_name(key), LONGEST_NOTE)
        if note is None:
            return key
        after = read_fate(note, key).next
        if after is None:
            message = f"the key {key.key_id} of {key.name} is revoked"
            raise RevokedError(message)
        key = after
    message = f"the key of {key.name} changed more than {_LONGEST_CHAIN} times"
    raise NotSignedError(message)


def _about(key: Verifier) -> str:
    return f"{_HEAD}\n{key.to_text()}\n"
