"""Where on the internet, or off it, an incident took place."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Annotated

from tocsin.filing.cybertip.accounts import IpCaptureEvent
from tocsin.filing.cybertip.people import Address, Email, Phone
from tocsin.filing.cybertip.shape import ATTRIBUTE, Limit, Named, Rule


@dataclass(frozen=True, slots=True)
class WebPageIncident:
    """`webPageIncident`."""

    url: Annotated[tuple[str, ...], Rule.URL, Limit(2083)] = ()
    additional_info: str = ""
    third_party_hosted_content: Annotated[bool | None, ATTRIBUTE] = None


@dataclass(frozen=True, slots=True)
class EmailIncident:
    """`emailIncident`. Each of its addresses must also stand with a person in the report."""

    email_address: tuple[Email, ...] = ()
    content: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class NewsgroupIncident:
    """`newsgroupIncident`."""

    name: Annotated[str, Limit(255)] = ""
    email_address: tuple[Email, ...] = ()
    content: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class ChatImIncident:
    """`chatImIncident`."""

    chat_client: Annotated[str, Limit(255)] = ""
    chat_room_name: Annotated[str, Limit(255)] = ""
    content: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class OnlineGamingIncident:
    """`onlineGamingIncident`."""

    game_name: Annotated[str, Limit(255)] = ""
    console: Annotated[str, Limit(255)] = ""
    content: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class CellPhoneIncident:
    """`cellPhoneIncident`."""

    phone_number: Phone | None = None
    latitude: Annotated[Decimal | None, Rule.LATITUDE] = None
    longitude: Annotated[Decimal | None, Rule.LONGITUDE] = None
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class NonInternetIncident:
    """`nonInternetIncident`."""

    location_name: Annotated[str, Limit(255)] = ""
    incident_address: tuple[Address, ...] = ()
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class Peer2PeerIncident:
    """`peer2peerIncident`."""

    client: Annotated[str, Limit(255)] = ""
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    file_names: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class InternetDetails:
    """`internetDetails`: exactly one of these. Raises ValueError for more than one."""

    web_page_incident: WebPageIncident | None = None
    email_incident: EmailIncident | None = None
    newsgroup_incident: NewsgroupIncident | None = None
    chat_im_incident: ChatImIncident | None = None
    online_gaming_incident: OnlineGamingIncident | None = None
    cell_phone_incident: CellPhoneIncident | None = None
    non_internet_incident: NonInternetIncident | None = None
    peer2peer_incident: Annotated[Peer2PeerIncident | None, Named("peer2peerIncident")] = None

    def __post_init__(self) -> None:
        """Refuse more than one."""
        if sum(getattr(self, one.name) is not None for one in fields(self)) > 1:
            message = "internetDetails takes one kind of incident"
            raise ValueError(message)
