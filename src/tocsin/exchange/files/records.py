"""What the readers of partners' files share: hashes however they are written, texts that are kept."""

import base64
import binascii
import re
from typing import Final

from tocsin.banks.batch import InvalidTextError, check_texts
from tocsin.banks.model import Entry, Label
from tocsin.exchange import rights
from tocsin.exchange.files.staging import Item
from tocsin.hashing.signals import SignalType

MAX_TEXT: Final = 1000
"""Characters of a text that is kept."""
MAX_SIGNALS: Final = 100
"""Hashes of one record; no file has so many."""
FINGERPRINT: Final = "fingerprint:"
"""Begins the scheme of a label that keeps a fingerprint which nothing here can compare, such as PhotoDNA."""
_HEX = re.compile(r"[0-9a-fA-F]+")
_TYPES = {kind.value: kind for kind in SignalType}


class BadRecordError(Exception):
    """A record cannot be an entry; it is set aside."""

    def __init__(self, code: str, message: str) -> None:
        """Give the stable code, and the sentence for a person."""
        super().__init__(code, message)
        self.code = code
        self.message = message


def type_named(name: str) -> SignalType | None:
    """The type of signal that a partner's name of a hash means, as `SHA-1`; None for one unknown here."""
    return _TYPES.get(re.sub(r"[ _-]", "", name).lower())


def digits(kind: SignalType, text: str) -> str:
    """A hash in lower-case hexadecimal digits, from such or from base64. Raises BadRecordError."""
    written = text.strip()
    if len(written) == 2 * kind.size and _HEX.fullmatch(written):
        return written.lower()
    try:
        value = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) == kind.size:
        return value.hex()
    code, message = "bad_hash", f"{kind}: neither {2 * kind.size} hexadecimal digits nor the same in base64"
    raise BadRecordError(code, message)


def fingerprint(name: str, text: str) -> Label:
    """The label that keeps a fingerprint of another kind, as it was written. Raises BadRecordError."""
    return Label(FINGERPRINT + kept(name.strip().lower()), "", kept(text.strip()))


def kept(text: str) -> str:
    """A text that is kept. Raises BadRecordError for one that is too long."""
    if len(text) > MAX_TEXT:
        code, message = "too_long", f"a text has {len(text):,} characters, more than {MAX_TEXT:,}"
        raise BadRecordError(code, message)
    return text


def checked(item: Item) -> Item:
    """The item, if a bank can hold it. Raises BadRecordError."""
    if not item.signals:
        code, message = "no_hash", "there is no hash"
        raise BadRecordError(code, message)
    if len(item.signals) > MAX_SIGNALS:
        code, message = "too_long", f"there are {len(item.signals):,} hashes, more than {MAX_SIGNALS}"
        raise BadRecordError(code, message)
    texts = [item.key]
    for label in item.labels:
        texts += [label.scheme, label.version, label.code, label.author, label.time]
    try:
        check_texts(texts)
    except InvalidTextError as error:
        code = "bad_text"
        raise BadRecordError(code, error.message) from None
    return item


def has_terms(entry: Entry) -> bool:
    """Whether somebody's onward-sharing rule stands on an entry, which these formats cannot say."""
    return any(label.scheme == rights.SCHEME for label in entry.labels)
