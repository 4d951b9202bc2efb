"""Pictures signed with C2PA manifests by certificates of one's own making, as anybody can make them."""

import io
from collections.abc import Mapping
from typing import Final

from tocsin.simulators.authorities import Certified, authority, signer

CAPTURE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
"""IPTC's word for what a camera took."""
_NOTHING_ELSE: Final = {
    "verify": {"verify_after_sign": False, "verify_after_reading": False},
    "builder": {"thumbnail": {"enabled": False}},
}


def self_signed_capture(jpeg: bytes) -> bytes:
    """A JPEG whose manifest says that a camera took it, by a signer who made all certificates up.

    Keys and serial numbers are drawn anew each time.
    """
    by = signer(authority("Made-up Root"), "Made-up Camera", "Made-up Cameras")
    action = {"action": "c2pa.created", "digitalSourceType": CAPTURE}
    manifest = {
        "claim_version": 2,
        "claim_generator_info": [{"name": "Made-up Camera", "version": "1.0"}],
        "title": "signed",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}, "created": True}],
    }
    return _signed(jpeg, by, manifest)


def _signed(jpeg: bytes, by: Certified, manifest: Mapping[str, object]) -> bytes:
    import c2pa  # noqa: PLC0415  # a large library, for one picture

    info = c2pa.C2paSignerInfo("es256", by.chain_pem.encode(), by.key_pem.encode(), None)
    with (
        c2pa.Context.from_dict(_NOTHING_ELSE) as context,
        c2pa.Signer.from_info(info) as signs,
        c2pa.Builder(dict(manifest), context=context) as builder,
    ):
        out = io.BytesIO()
        builder.sign(signs, "image/jpeg", io.BytesIO(jpeg), out)
    return out.getvalue()
