"""What a value must look like to be carried: a name, a number, a hash. What looks otherwise may be a prompt.

Files can have prompts under any key, so a key alone never decides. A sign whose value has not the form of its
kind is told all the same, with `NOT_SHOWN` for the value, and links no files.
"""

import re
from functools import cache
from typing import Final

from tocsin.provenance.model import FingerprintKind
from tocsin.provenance.rules import document

NOT_SHOWN: Final = "(text, not shown)"
LONGEST_NAME: Final = 128
_MOST_BLANKS: Final = 5
_MOST_BLANKS_IN_FILES: Final = 8
_MOST_COMMAS: Final = 1
_MOST_IDEOGRAPHS: Final = 24
"""Letters of scripts that are written without blanks."""
_FIRST_IDEOGRAPH: Final = "\u2e80"
_FILE: Final = re.compile(r"[^\n]{1,120}\.[A-Za-z][A-Za-z0-9]{1,11}(?: \[\w{1,16}\])?")
_HASH: Final = re.compile(r"(?:0x|[a-z0-9_]{2,12}:)?[0-9a-fA-F]{4,128}")
_NUMBER: Final = re.compile(r"[-+]?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,3})?|[-+]?\.\d{1,40}")
_LOOKED_AT: Final = 4096
_MEMBER: Final = re.compile(r"\S{0,60}[\d_.]\S{0,60}")
_AROUND: Final = " \t\r\n\v\f\0\x85\xa0\u200b\u2028\u2029\u3000\ufeff"
_LIMITS: Final = (",", ";", "|")


def bare(text: str) -> str:
    """A text without blanks, zero bytes and byte order marks around it, which readers of files pass over."""
    return text.strip(_AROUND)


def looks_like_a_name(text: str) -> bool:
    """Whether a text has the form of the name of a model, a node or a file, rather than of a sentence."""
    if not text or len(text) > LONGEST_NAME or len(text.splitlines()) > 1:
        return False
    if sum(letter >= _FIRST_IDEOGRAPH for letter in text) > _MOST_IDEOGRAPHS:
        return False
    if sum(map(text.count, _LIMITS)) > _MOST_COMMAS:
        return False
    words = text.casefold().split()
    if _FILE.fullmatch(text):
        return len(words) <= _MOST_BLANKS_IN_FILES + 1
    return len(words) <= _MOST_BLANKS + 1 and _small_words().isdisjoint(words)


@cache
def _small_words() -> frozenset[str]:
    return frozenset(document("generators")["forms"]["small_words"])


def name_shown(text: str) -> str:
    """A name as far as it can be carried: whole, or the last part of a long path, or not at all."""
    if looks_like_a_name(text):
        return text
    last = re.split(r"[/\\]", text[-LONGEST_NAME:])[-1].strip()
    return last if last != text and _FILE.fullmatch(last) and looks_like_a_name(last) else NOT_SHOWN


def looks_like_a_hash(text: str) -> bool:
    """Whether a text has the form of a hash, with the name of its kind before it or not."""
    return _HASH.fullmatch(text) is not None


def looks_like_a_number(text: str) -> bool:
    """Whether a text is a number, as seeds are."""
    return _NUMBER.fullmatch(text) is not None


def fits(kind: FingerprintKind, value: str) -> bool:
    """Whether a value has the form that a fingerprint of this kind must have."""
    if kind is FingerprintKind.SEED:
        return looks_like_a_number(value)
    if kind is FingerprintKind.MODEL_HASH:
        return looks_like_a_hash(value)
    return value != NOT_SHOWN and looks_like_a_name(value)


def may_hold_a_prompt(key: str) -> bool:
    """Whether prompts stand under such a key, whatever else it is a sign of."""
    low = key.casefold()
    return any(part in low for part in document("generators")["forms"]["prompt_keys"])


def pairs_shown(text: str) -> str:
    """Of `Module: canny, Model: …` the known keys with names and numbers, and whether there is more.

    A list without keys is shown if its members look like names of files or models, not like words.
    """
    known = document("generators")["forms"]["inner_keys"]
    parts = [part.strip() for part in text[:_LOOKED_AT].split(",")]
    if not any(": " in part for part in parts):
        files = all(_MEMBER.fullmatch(part) for part in parts) and len(text) <= _LOOKED_AT
        return ", ".join(parts) if files else NOT_SHOWN
    split = [(part, *part.split(": ", 1)) for part in parts if ": " in part]
    shown = [whole for whole, key, value in split if key.casefold() in known and looks_like_a_name(value)]
    more = len(shown) < len(parts) or len(text) > _LOOKED_AT
    return ", ".join([*shown, NOT_SHOWN] if more else shown)
