"""docs/formats/ledger.md is enough to verify an exported ledger: here it is done with none of our code."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rfc3161_client import decode_timestamp_response
from support.commands import tocsin

from tocsin.simulators.authorities import TIME_EKU, authority, signer
from tocsin.simulators.time_stamp import time_stamps


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verify(lines: list[dict[str, Any]], fingerprint: str) -> tuple[int, int]:
    """How many heads and stamps there are; fails where anything is not as the page says."""
    beginning, *between, end = lines
    heads = [line for line in between if line["type"] == "head"]
    rows = [line for line in between if line["type"] == "row"]
    assert (beginning["type"], beginning["format"]) == ("ledger", 1)
    assert end == {"type": "end", "rows": len(rows), "heads": len(heads)}
    keys: dict[str, Ed25519PublicKey] = {}
    previous, force = sha256(b"tocsin-ledger-1\n" + beginning["identity"].encode()), ""
    for number, row in enumerate(rows, 1):
        assert (row["number"], row["previous"]) == (number, previous.hex())
        names = ("actor", "detail", "kind", "number", "previous", "subject", "time")
        previous = sha256(canonical({name: row[name] for name in names}))
        assert row["hash"] == previous.hex()
        if row["kind"] == "key.introduced":
            public = bytes.fromhex(json.loads(row["detail"])["public"])
            introduced = sha256(public).hex()[:16]
            assert row["subject"] == f"key:{introduced}"
            keys[introduced] = Ed25519PublicKey.from_public_bytes(public)
            if number == 1:
                assert sha256(public).hex() == fingerprint
                force = introduced
        assert row["key"] == force
        keys[force].verify(bytes.fromhex(row["signature"]), b"tocsin-ledger-row-1\n" + previous)
        if row["kind"] == "key.introduced":
            force = introduced
    before = stamps = 0
    for head in heads:
        assert head["previous"] == before
        before = head["number"]
        assert head["hash"] == rows[before - 1]["hash"]
        signed = {name: head[name] for name in ("hash", "number", "previous", "time")}
        message = b"tocsin-ledger-head-1\n" + canonical(signed)
        keys[head["key"]].verify(bytes.fromhex(head["signature"]), message)
        if head["time_stamp"] is not None:
            stamp = decode_timestamp_response(base64.b64decode(head["time_stamp"]))
            assert stamp.tst_info.message_imprint.message == sha256(
                message + bytes.fromhex(head["signature"])
            )
            stamps += 1
    assert before == len(rows)
    return len(heads), stamps


@pytest.mark.slow  # a dozen commands
def test_an_export_is_verified_from_the_page_alone(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "ledger.ndjson"
    tocsin("--home", home, "bank", "create", "dörfer ☃")
    tocsin("--home", home, "bank", "add", "dörfer ☃", "--hash", f"md5:{0:032x}")
    tocsin("--home", home, "bank", "withdraw", "1", "--reason", 'quotes " \\ and \x7f \u2028 \U0001f514')
    with time_stamps(signer(authority("Time Root"), "Time Stamper", eku=TIME_EKU)) as url:
        assert "time-stamped" in tocsin("--home", home, "ledger", "sign", "--authority", url).out
    tocsin("--home", home, "admin", "key", "rotate", "ledger")
    tocsin("--home", home, "bank", "reinstate", "1")
    said = tocsin("--home", home, "ledger", "export", file)
    fingerprint = said.out.split()[-1]
    assert verify([json.loads(line) for line in file.read_text().splitlines()], fingerprint) == (2, 1)
