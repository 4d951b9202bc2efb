"""What is said of a file: `<fileDetails>` of the CyberTipline as values (schema of 2025-11)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from tocsin.filing.cybertip.accounts import DeviceId, IpCaptureEvent
from tocsin.filing.cybertip.shape import ATTRIBUTE, TEXT, Limit, Named, Rule
from tocsin.filing.cybertip.values import DetailsType, FileRelevance, IndustryClassification


@dataclass(frozen=True, slots=True)
class FileAnnotations:
    """`fileAnnotations`: each is said, or nothing is said of it; none can be denied."""

    anime_drawing_virtual_hentai: bool = False
    potential_meme: bool = False
    viral: bool = False
    possible_self_production: bool = False
    physical_harm: bool = False
    violence_gore: bool = False
    bestiality: bool = False
    live_streaming: bool = False
    infant: bool = False
    generative_ai: bool = False


@dataclass(frozen=True, slots=True)
class OriginalFileHash:
    """`originalFileHash`: of the file as it was first uploaded, in hexadecimal digits."""

    value: Annotated[str, TEXT, Rule.REQUIRED, Limit(64)] = ""
    hash_type: Annotated[str, ATTRIBUTE, Rule.REQUIRED, Rule.HASH_TYPE] = ""
    """A key of `values.HASH_LENGTHS`."""


@dataclass(frozen=True, slots=True)
class NameValuePair:
    """`nameValuePair`."""

    name: Annotated[str, Rule.REQUIRED, Limit(64)] = ""
    value: Annotated[str, Rule.REQUIRED] = ""


@dataclass(frozen=True, slots=True)
class Details:
    """`details`: names and values of one type.

    The documentation puts the type on each pair, the schema here: the schema rules.
    """

    pairs: Annotated[tuple[NameValuePair, ...], Named("nameValuePair"), Rule.REQUIRED] = ()
    type: Annotated[DetailsType | None, ATTRIBUTE] = None


@dataclass(frozen=True, slots=True)
class FileDetails:
    """`fileDetails`. Raises ValueError for both `fileAnnotations` and the old `potentialMeme`."""

    report_id: Annotated[int, Rule.NUMBER] = 0
    """0: not known yet."""
    file_id: str = ""
    file_name: str = ""
    """In the schema and not in the documentation: not used here."""
    original_file_name: Annotated[str, Limit(2056)] = ""
    uploaded_to_esp_timestamp: Annotated[datetime | None, Rule.PAST] = None
    location_of_file: Annotated[str, Rule.URL, Limit(2083)] = ""
    file_viewed_by_esp: bool | None = None
    """Whether somebody here viewed its entire contents."""
    exif_viewed_by_esp: bool | None = None
    publicly_available: bool | None = None
    file_relevance: FileRelevance | None = None
    potential_meme: bool | None = None
    file_annotations: FileAnnotations | None = None
    industry_classification: IndustryClassification | None = None
    original_file_hash: tuple[OriginalFileHash, ...] = ()
    ip_capture_event: IpCaptureEvent | None = None
    device_id: tuple[DeviceId, ...] = ()
    details: tuple[Details, ...] = ()
    additional_info: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse both ways of saying what is in it."""
        if self.potential_meme is not None and self.file_annotations is not None:
            message = "fileDetails takes potentialMeme or fileAnnotations, not both"
            raise ValueError(message)
