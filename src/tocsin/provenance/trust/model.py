"""Trust lists as a reader of C2PA needs them, and how they are handed to sandbox children: as JSON."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from tocsin.media.answers import list_in, object_in, text_in
from tocsin.provenance.trust.errors import ShapeError

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

MAX_JSON: Final = 900_000
"""Characters of a `Trust` as JSON: it goes to a sandbox child in one message."""
UNKNOWN_CATEGORY: Final = "other"


class Kind(StrEnum):
    """What a list is for."""

    C2PA = "c2pa"
    """Certificate authorities whose signers are known by name: the official C2PA trust list."""
    TSA = "tsa"
    """Authorities for time stamps."""
    LEGACY = "legacy"
    """Authorities that also certify others, so that signers count only by the subjects pinned."""
    PRODUCTS = "products"
    """What the signers of the official list are: the C2PA conforming products list."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A subject that a certificate must have. Organisation and identifier are compared as they stand."""

    organization: str
    identifier: str | None = None
    """X.520 organizationIdentifier, 2.5.4.97; None where any will do."""

    def __str__(self) -> str:
        """As the command line takes it."""
        return f"O={self.organization}" + (
            f",organizationIdentifier={self.identifier}" if self.identifier else ""
        )


@dataclass(frozen=True, slots=True)
class Product:
    """A product that passed the C2PA conformance programme."""

    common_name: str
    organization: str
    category: str
    """camera, generator, editor or other: ours, by its name; the list does not say."""
    max_level: int | None
    """Highest assurance level, 1 or 2."""
    disallowed: tuple[str, ...]
    """Signals of inception that it must not claim, such as capturedMedia."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """One list of certificate authorities."""

    kind: Kind
    name: str
    note: str
    """Where the operator says it is from."""
    sha256: str
    """Of the file as it was imported."""
    imported: str
    """Time of import, ISO 8601 in UTC."""
    pem: str
    pins: tuple[Pin, ...] = ()
    ekus: tuple[str, ...] = ()
    """Extended key usages that count beside the usual ones, as dotted numbers."""


@dataclass(frozen=True, slots=True)
class Trust:
    """All lists that were imported."""

    anchors: tuple[Anchors, ...] = ()
    products: tuple[Product, ...] = ()

    @property
    def knows_signers(self) -> bool:
        """Whether there is any list that could know a signer."""
        return bool(self.of_kind(Kind.C2PA, Kind.LEGACY))

    def of_kind(self, *kinds: Kind) -> tuple[Anchors, ...]:
        """The lists of authorities of these kinds, in the order of their kinds."""
        return tuple(one for kind in kinds for one in self.anchors if one.kind is kind)

    def product(self, common_name: str | None, organization: str | None) -> Product | None:
        """The product that a certificate with this subject belongs to."""
        for one in self.products:
            if (one.common_name, one.organization) == (common_name, organization):
                return one
        return None

    def to_json(self) -> "JsonObject":
        """What `from_json` takes."""
        return {
            "anchors": [_anchors_to_json(one) for one in self.anchors],
            "products": [
                [one.common_name, one.organization, one.category, one.max_level, list(one.disallowed)]
                for one in self.products
            ],
        }

    @classmethod
    def from_json(cls, value: "JsonValue") -> Self:
        """The lists that `to_json` wrote.

        Raises:
            ShapeError: it is something else.
        """
        try:
            table = object_in(value)
            return cls(
                tuple(map(_anchors_from_json, list_in(table["anchors"]))),
                tuple(map(_product_from_json, list_in(table["products"]))),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ShapeError from error


def _anchors_to_json(one: Anchors) -> "JsonObject":
    return {
        "kind": one.kind.value,
        "name": one.name,
        "note": one.note,
        "sha256": one.sha256,
        "imported": one.imported,
        "pem": one.pem,
        "pins": [[pin.organization, pin.identifier] for pin in one.pins],
        "ekus": list(one.ekus),
    }


def _anchors_from_json(value: "JsonValue") -> Anchors:
    table = object_in(value)
    return Anchors(
        kind=Kind(text_in(table["kind"])),
        name=text_in(table["name"]),
        note=text_in(table["note"]),
        sha256=text_in(table["sha256"]),
        imported=text_in(table["imported"]),
        pem=text_in(table["pem"]),
        pins=pins_from_json(table["pins"]),
        ekus=texts_from_json(table["ekus"]),
    )


def pins_from_json(value: "JsonValue") -> tuple[Pin, ...]:
    """Pins, each as a pair; raises TypeError or ValueError."""
    pairs = (list_in(pair) for pair in list_in(value))
    return tuple(Pin(text_in(first), None if second is None else text_in(second)) for first, second in pairs)


def texts_from_json(value: "JsonValue") -> tuple[str, ...]:
    """Several texts; raises TypeError."""
    return tuple(map(text_in, list_in(value)))


def _product_from_json(value: "JsonValue") -> Product:
    common_name, organization, category, level, disallowed = list_in(value)
    if not (level is None or isinstance(level, int)):
        raise TypeError
    return Product(
        text_in(common_name), text_in(organization), text_in(category), level, texts_from_json(disallowed)
    )
