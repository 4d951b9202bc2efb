"""Shapes that several operations answer with, and values that several take."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from tocsin.banks.batch import InvalidTextError, check_texts
from tocsin.banks.model import Label
from tocsin.exchange.rights import BETWEEN_PARTNERS

if TYPE_CHECKING:
    from tocsin.hashing.signals import Signal

LARGEST: Final = 2**63 - 1
PAGE: Final = 100


def storable(text: str) -> str:
    """The text itself, where it can be kept. Raises ValueError."""
    try:
        check_texts([text])
    except InvalidTextError as error:
        raise ValueError(error.message) from error
    return text


Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(storable)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(storable)]
Number = Annotated[int, Field(ge=1, le=LARGEST)]
Limit = Annotated[int, Field(ge=1, le=1000)]
Time = AwareDatetime


class Given(BaseModel):
    """What callers send: nothing that is not understood is let pass."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LabelShape(BaseModel):
    """Somebody's classification, kept exactly as given."""

    scheme: Text
    version: Text
    code: Text
    author: Text = ""
    time: Text = ""

    @classmethod
    def of(cls, label: Label) -> Self:
        """The shape of a label."""
        return cls(
            scheme=label.scheme,
            version=label.version,
            code=label.code,
            author=label.author,
            time=label.time,
        )

    def label(self) -> Label:
        """The label."""
        return Label(self.scheme, self.version, self.code, self.author, self.time)


class SignalShape(BaseModel):
    """A typed value of a content."""

    type: str
    value: str
    quality: int | None = None
    view: str | None = None
    dialect: str | None = None
    orientation: str | None = None

    @classmethod
    def of(cls, signal: "Signal") -> Self:
        """The shape of a signal."""
        return cls(
            type=signal.type.value,
            value=signal.hex,
            quality=signal.quality,
            view=signal.view,
            dialect=signal.dialect and signal.dialect.value,
            orientation=signal.orientation and signal.orientation.value,
        )


class RefusalShape(BaseModel):
    """Why something was set aside."""

    code: str
    message: str
    advice: str


class MatchShape(BaseModel):
    """A match. Who may only match is told bank, type, distance and labels; the rest is null."""

    bank: str
    type: str
    distance: int | None
    """Null where somebody seems to find out a hash in the bank by submitting."""
    labels: list[LabelShape]
    entry: int | None = None
    radius: int | None = None
    view: str | None = None
    dialect: str | None = None
    orientation: str | None = None


class AllowedShape(BaseModel):
    """The entry of an allow bank that suppressed a match."""

    bank: str
    entry: int | None = None


class SuppressedShape(MatchShape):
    """A match that is shown but not reported; `by` is null for an allow bank's own."""

    by: AllowedShape | None = None


HIDDEN: Final = ("entry", "radius", "view", "dialect", "orientation")


def reduced(match: dict[str, Any]) -> dict[str, Any]:
    """A match as somebody sees it who may only match against its bank."""
    labels = [label for label in match["labels"] if label["scheme"] not in BETWEEN_PARTNERS]
    return {name: value for name, value in match.items() if name not in HIDDEN} | {"labels": labels}


def ids(values: Iterable[Any]) -> list[str]:
    """Values of enumerations as sorted words."""
    return sorted(str(value) for value in values)


def next_of(items: Sequence[Any], limit: int, cursor: str) -> str | None:
    """The cursor of the next page, where there may be one."""
    return cursor if len(items) == limit else None
