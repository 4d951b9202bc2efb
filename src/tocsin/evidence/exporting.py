"""A ledger as a file that anybody can verify without Tocsin: NDJSON, described in docs/formats/ledger.md."""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.evidence.chain import Head, Row
from tocsin.evidence.errors import LedgerFormatError

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

FORMAT: Final = 1
_LONGEST: Final = 1 << 24
_GREATEST: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first line: which home's ledger this is."""

    identity: str


@dataclass(frozen=True, slots=True)
class End:
    """The last line: how much came before it."""

    rows: int
    heads: int


Line = Beginning | Row | Head | End


def row_json(row: Row) -> "JsonObject":
    """A row as an exported line; its detail is the text that was hashed."""
    return {
        "type": "row",
        "number": row.number,
        "time": row.time,
        "actor": row.actor,
        "kind": row.kind,
        "subject": row.subject,
        "detail": row.detail,
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
        "key": row.key_id,
        "signature": row.signature.hex(),
    }


def head_json(head: Head) -> "JsonObject":
    """A signed head as an exported line."""
    stamp = None if head.time_stamp is None else base64.b64encode(head.time_stamp).decode()
    return {
        "type": "head",
        "number": head.number,
        "time": head.time,
        "hash": head.hash.hex(),
        "previous": head.previous,
        "key": head.key_id,
        "signature": head.signature.hex(),
        "time_stamp": stamp,
    }


def export(target: BinaryIO, identity: str, rows: Iterable[Row], heads: Iterable[Head]) -> End:
    """Write a ledger: its identity, its heads, its rows, and how many they were."""
    _put(target, {"type": "ledger", "format": FORMAT, "identity": identity})
    head_count = row_count = 0
    for head in heads:
        head_count += 1
        _put(target, head_json(head))
    for row in rows:
        row_count += 1
        _put(target, row_json(row))
    _put(target, {"type": "end", "rows": row_count, "heads": head_count})
    return End(row_count, head_count)


def _put(target: BinaryIO, item: "JsonObject") -> None:
    target.write(json.dumps(item).encode() + b"\n")


def lines(source: BinaryIO) -> Iterator[Line]:
    """Every line of an exported ledger. Raises LedgerFormatError, naming the line."""
    number = 0
    while text := source.readline(_LONGEST):
        number += 1
        try:
            yield _line(text)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            message = f"line {number} is none of an exported ledger: {error!r}"
            raise LedgerFormatError(message) from error


def _line(text: bytes) -> Line:
    item = json.loads(text)
    kind = item["type"]
    if kind == "row":
        return Row(
            _whole(item, "number"),
            _whole(item, "time"),
            _text(item, "actor"),
            _text(item, "kind"),
            _text(item, "subject"),
            _text(item, "detail"),
            _bytes(item, "previous"),
            _bytes(item, "hash"),
            _text(item, "key"),
            _bytes(item, "signature"),
        )
    if kind == "head":
        stamp = item["time_stamp"]
        return Head(
            _whole(item, "number"),
            _whole(item, "time"),
            _bytes(item, "hash"),
            _whole(item, "previous"),
            _text(item, "key"),
            _bytes(item, "signature"),
            None if stamp is None else base64.b64decode(stamp, validate=True),
        )
    if kind == "ledger":
        if item["format"] != FORMAT:
            message = f"format {item['format']!r} is not known to this version"
            raise ValueError(message)
        return Beginning(_text(item, "identity"))
    if kind == "end":
        return End(_whole(item, "rows"), _whole(item, "heads"))
    message = f"no such type: {kind!r}"
    raise ValueError(message)


def _whole(item: "JsonObject", name: str) -> int:
    value = item[name]
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _GREATEST:
        message = f"{name} is no whole number"
        raise ValueError(message)
    return value


def _text(item: "JsonObject", name: str) -> str:
    value = item[name]
    if not isinstance(value, str):
        message = f"{name} is no text"
        raise TypeError(message)
    return value


def _bytes(item: "JsonObject", name: str) -> bytes:
    text = _text(item, name)
    if text != text.lower():
        message = f"{name} is not written in lower-case hexadecimal digits"
        raise ValueError(message)
    return bytes.fromhex(text)
