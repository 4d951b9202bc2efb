"""Tasks for children of the tests' pools that read C2PA manifests."""

import json
from typing import TYPE_CHECKING, BinaryIO

from tocsin.media.identify import HEAD_BYTES, identify
from tocsin.provenance.c2pa import signs
from tocsin.provenance.c2pa.reader import read
from tocsin.provenance.findings import finding_to_json
from tocsin.provenance.opened import Opened
from tocsin.provenance.trust import Trust

if TYPE_CHECKING:
    from tocsin.media._worker import Emit
    from tocsin.media.sandbox import JsonObject


def look(source: BinaryIO, options: "JsonObject", emit: "Emit") -> None:
    """Emit what is found, with the trust lists in the options."""
    trust = Trust.from_json(json.loads(str(options["trust"])))
    file_type = identify(source.read(HEAD_BYTES))
    for finding in signs(Opened(source, file_type, trust=trust)):
        emit(finding_to_json(finding))


def use_before_forking() -> None:
    """Read something in the zygote, so that children inherit a reader that has been used."""
    import io  # noqa: PLC0415  # only where this is called

    read(io.BytesIO(b"\xff\xd8\xff\xd9"), "image/jpeg", ())
