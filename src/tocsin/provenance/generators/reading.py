"""The signs of all generators known here: each module in turn, and no fault of one silences the others."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Fields
from tocsin.provenance.model import Absent, Derivation, Failed, Finding, Item, NotChecked
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.texts import fault

if TYPE_CHECKING:
    from tocsin.provenance.opened import Opened

Signs = Iterator[Item | Derivation | Failed | NotChecked]
MODULES: Final = (
    "a1111",
    "comfyui",
    "invokeai",
    "novelai",
    "fooocus",
    "swarmui",
    "easydiffusion",
    "drawthings",
    "tensorart",
)
LOOKED_FOR: Final = "settings that image generators write"


def signs(file: "Opened", fields: Fields | None = None) -> Iterator[Finding]:
    """What generators wrote into `fields`, or else into the metadata of the file."""
    held = file.fields if fields is None else fields
    silent = True
    for name in MODULES:
        for finding in _signs(name, file, held):
            silent = False
            yield finding
    if silent:
        yield Absent(LOOKED_FOR, OWN_READER)


def _signs(name: str, file: "Opened", fields: Fields) -> Signs:
    try:
        read: Callable[[Opened, Fields], Signs]
        read = import_module(f"tocsin.provenance.generators.{name}").signs
        yield from read(file, fields)
    except Exception as error:  # noqa: BLE001  # a fault of one reader is told and the others go on
        reason = f"settings as {name} writes them: {fault(error)}"
        yield Failed(OWN_READER, "provenance.generator_failed", reason)
