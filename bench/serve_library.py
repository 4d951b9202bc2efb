"""The peer's library behind the least of a web server: an upper bound of the peer's own speed.

A WSGI application for gunicorn, run by a Python that has `threatexchange` and gunicorn: its PDQ hasher, its
index, two routes of HMA. It has no database, no banks, no log, no checks of any kind; HMA does all of that at
every request, so it is slower than this. Set TOCSIN_BENCH_HASHES to a file of hashes, 32 bytes each.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from threatexchange.signal_type.pdq.signal import PdqSignal

BANK = "BENCH"
_SIZE = 32
_data = Path(os.environ["TOCSIN_BENCH_HASHES"]).read_bytes()
_hashes = [_data[start : start + _SIZE].hex() for start in range(0, len(_data), _SIZE)]
_index = PdqSignal.get_index_cls().build([(digits, number) for number, digits in enumerate(_hashes, 1)])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a look-up as HMA does."""
    if environ["REQUEST_METHOD"] == "POST":
        hashed = PdqSignal.hash_from_bytes(_uploaded(environ))
        item: object = {"pdq": _matches(hashed)}
    elif environ["PATH_INFO"] == "/m/lookup":
        item = _matches(parse_qs(environ["QUERY_STRING"])["signal"][0])
    else:
        item = "I-AM-ALIVE"
    body = json.dumps(item).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _matches(digits: str) -> dict[str, list[dict[str, object]]]:
    found = _index.query(digits)
    several = [
        {"bank_content_id": hit.metadata, "distance": hit.similarity_info.pretty_str()} for hit in found
    ]
    return {BANK: several} if several else {}


def _uploaded(environ: dict[str, Any]) -> bytes:
    """The one part of a form, found the shortest way."""
    body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    boundary = b"--" + environ["CONTENT_TYPE"].partition("boundary=")[2].encode()
    return body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n" + boundary)[0]
