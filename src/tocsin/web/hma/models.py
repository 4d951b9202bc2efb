"""The shapes of HMA, as its OpenAPI document has them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Ratio = Annotated[float, Field(ge=0, le=1, description="Share of look-ups in which it takes part.")]
NOTE_LENGTH = 255


class Message(BaseModel):
    """What was done."""

    message: str


class ErrorResponse(BaseModel):
    """Why a request was refused."""

    message: str
    details: str | None = None
    """What to do about it, and the stable code of the error."""


class BankConfig(BaseModel):
    """A bank."""

    name: str
    matching_enabled_ratio: float


class BankCreateRequest(BaseModel):
    """A bank to be made."""

    name: str
    enabled_ratio: Ratio | None = None
    enabled: bool | None = None


class BankUpdateRequest(BaseModel):
    """What to change in a bank."""

    name: str | None = None
    enabled_ratio: Ratio | None = None
    enabled: bool | None = None


class ContentMetadata(BaseModel):
    """What the client wants to keep with a content."""

    model_config = ConfigDict(extra="forbid")

    content_id: str | None = None
    content_uri: str | None = None
    json_: dict[str, JsonValue] | None = Field(None, alias="json")


class BankContentAdd(BaseModel):
    """What may come along with a URL."""

    metadata: ContentMetadata | None = None
    note: Annotated[str, Field(max_length=NOTE_LENGTH)] | None = None


class BankContentUpdate(BaseModel):
    """What to change in a content."""

    disable_until_ts: Annotated[int, Field(ge=0)] | None = None
    note: Annotated[str, Field(max_length=NOTE_LENGTH)] | None = None


class BankContentAdded(BaseModel):
    """The number of a content, and its hashes."""

    id: int
    signals: dict[str, str]


class BankContent(BaseModel):
    """A content of a bank."""

    id: int
    disable_until_ts: int
    original_media_uri: str | None = None
    bank: BankConfig
    signals: dict[str, str] | None = None
    metadata: dict[str, JsonValue] | None = None
    note: str | None = None


class Deleted(BaseModel):
    """How many contents were taken out."""

    deleted: int


class SignalTypeConfig(BaseModel):
    """A signal type."""

    name: str
    enabled_ratio: float


class SignalTypeUpdate(BaseModel):
    """What to change in a signal type."""

    enabled_ratio: Ratio


class ContentTypeConfig(BaseModel):
    """A content type."""

    name: str
    enabled: bool


class MatchWithDistance(BaseModel):
    """A match."""

    bank_content_id: int
    """0 for callers who may match against the bank but not see its contents."""
    distance: str
    """Bits in which two PDQ hashes differ; `-` for equal digests."""


class RawLookupResponse(BaseModel):
    """Matches of a hash, over all banks."""

    matches: list[int | MatchWithDistance]


class IndexStatus(BaseModel):
    """How far the index of a signal type has been built."""

    present: bool
    built_to: int
    """Unix time; -1 where there is nothing yet."""
    size: int


class SignalTypeIndexStatus(BaseModel):
    """The index of a signal type beside what it is built from."""

    db_size: int
    index_size: int
    index_out_of_date: bool
    newest_db_item: int
    index_built_to: int


class ExchangeApi(BaseModel):
    """Whether an exchange takes credentials."""

    supports_authentification: bool
    has_set_authentification: bool
