"""What is noted beside each trust list that was imported."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.texts import parse_json
from tocsin.provenance.trust.model import Kind, Pin, pins_from_json, texts_from_json

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_DIGEST_SHOWN: Final = 16


@dataclass(frozen=True, slots=True)
class ListNote:
    """What is known about a list that was imported."""

    kind: Kind
    name: str
    source: str
    """Name of the file it was imported from."""
    note: str
    sha256: str
    imported: str
    """ISO 8601, UTC."""
    count: int
    """Certificates of authorities, or products."""
    earliest_expiry: str | None
    """ISO 8601, UTC; None for products."""
    pins: tuple[Pin, ...] = ()
    ekus: tuple[str, ...] = ()

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "source": self.source,
            "note": self.note,
            "sha256": self.sha256,
            "imported": self.imported,
            "count": self.count,
            "earliest_expiry": self.earliest_expiry,
            "pins": [[pin.organization, pin.identifier] for pin in self.pins],
            "ekus": list(self.ekus),
        }

    @property
    def content_name(self) -> str:
        """Name of the file beside the note that holds the list."""
        suffix = "products" if self.kind is Kind.PRODUCTS else "pem"
        return f"{self.name}-{self.sha256[:_DIGEST_SHOWN]}.{suffix}"


def note_from_json(text: str, name: str) -> ListNote:
    """The note that `to_json` wrote. Raises KeyError, TypeError, ValueError or TextError."""
    table = parse_json(text)
    if not isinstance(table, dict) or table["name"] != name:
        raise TypeError
    count, expiry = table["count"], table["earliest_expiry"]
    if not isinstance(count, int) or not (expiry is None or isinstance(expiry, str)):
        raise TypeError
    names = ("source", "note", "sha256", "imported")
    source, note, sha256, imported = texts_from_json([table[one] for one in names])
    return ListNote(
        kind=Kind(table["kind"]),
        name=name,
        source=source,
        note=note,
        sha256=sha256,
        imported=imported,
        count=count,
        earliest_expiry=expiry,
        pins=pins_from_json(table["pins"]),
        ekus=texts_from_json(table["ekus"]),
    )
