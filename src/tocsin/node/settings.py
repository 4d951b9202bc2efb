"""What an operator may set of a node: in the tables `[node]` and `[review]` of `tocsin.toml` in the home."""

import os
import tomllib
import zoneinfo
from datetime import UTC, timedelta, tzinfo
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from tocsin.cases.limits import MOST_REVEAL_SECONDS, Limits
from tocsin.cases.model import MAIN
from tocsin.config import SETTINGS, SettingsError
from tocsin.filing.duties import Organisation
from tocsin.filing.filer import Filer
from tocsin.filing.notice_terms import MailServer, Sender, Terms, is_address, on_loopback

Network = IPv4Network | IPv6Network
Port = Annotated[int, Field(ge=1, le=65535)]


def zone_of(name: str) -> tzinfo:
    """The time zone of that name. Raises ValueError."""
    if name == "UTC":  # there even where a machine has no data on zones
        return UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError) as error:
        message = f"this machine knows no time zone {name!r}; write one like Europe/Paris"
        raise ValueError(message) from error


def _known_zone(name: str) -> str:
    zone_of(name)
    return name


def _one_address(text: str) -> str:
    if text and not is_address(text):
        message = "write one mail address, as in notices@example.org"
        raise ValueError(message)
    return text


Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
Address = Annotated[str, AfterValidator(_one_address)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Table(BaseModel):
    """A table of `tocsin.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    table: ClassVar[str]

    @classmethod
    def read(cls, home: Path) -> Self:
        """The settings in the home's tocsin.toml, defaults where it is silent. Raises SettingsError."""
        path = home / SETTINGS
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")).get(cls.table, {}))
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            message = f"{path} cannot be read: {error}"
            raise SettingsError(message) from error
        except ValidationError as error:
            message = f"{path}: {_first(error, cls.table)}"
            raise SettingsError(message) from error


class NodeSettings(Table):
    """One node's settings; each has a default that serves one machine."""

    table = "node"

    children: PositiveInt = Field(
        default_factory=lambda: len(os.sched_getaffinity(0)),
        description="Sandbox children that decode at a time; by default one for each core.",
    )
    explain: Literal["fast", "pixels", "off"] = Field(
        default="fast", description="How signs of origin are looked for: in metadata, also in pixels, or not."
    )
    upload_bytes: PositiveInt = Field(default=100 << 20, description="Largest content taken in, in bytes.")
    wait_seconds: PositiveFloat = Field(
        default=30.0, description="Longest time that a submitter may wait for matches."
    )
    vault: str = Field(
        default="",
        description="URL of an object store, such as s3://bucket/folder; empty for `vault` in the home.",
    )
    time_stamp_authority: str = Field(
        default="",
        description="URL of an RFC 3161 authority that stamps heads of the ledger; empty for none.",
    )
    head_minutes: PositiveInt = Field(default=60, description="How often a head of the ledger is signed.")
    allowed_networks: tuple[Network, ...] = Field(
        default=(), description="Private networks that URLs may be fetched from and webhooks sent to."
    )
    fetch_ports: tuple[Port, ...] = Field(
        default=(80, 443, 8080, 8443), description="Ports that URLs may be fetched from."
    )
    hma_anonymous_networks: tuple[Network, ...] = Field(
        default=(), description="Addresses that may use /hma without a token."
    )


class ReviewSettings(Table):
    """How cases are reviewed, and what one person may see at most."""

    table = "review"

    hours_a_day: float = Field(
        default=4.0, gt=0, le=24, description="Hours a day in which one person is served material, in all."
    )
    stretch_minutes: Minutes = Field(
        default=50, description="The longest stretch with material; then there is a break."
    )
    break_minutes: Minutes = Field(
        default=10, description="How long a break is at least; a gap as long begins a new stretch."
    )
    reveals_a_day: int = Field(default=200, ge=0, le=10_000, description="Looks at originals, a day.")
    reveal_seconds: int = Field(
        default=10, ge=1, le=MOST_REVEAL_SECONDS, description="The longest look at an original."
    )
    exposed_minutes: int = Field(
        default=60, ge=0, le=24 * 60, description="Minutes of originals a day, all looks together."
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC", description="Whose days and weeks count, as in Europe/Paris."
    )
    lease_minutes: Minutes = Field(
        default=15, description="How long a claimed case stays claimed without anything being done with it."
    )
    undo_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = Field(
        default=10, description="How long whoever decided may undo the decision."
    )
    open: Literal["matched", "all"] = Field(
        default="matched",
        description="What becomes a case: what matched, or whose context asks for it; or every submission.",
    )
    queues: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        default=(MAIN,), description=f"Queues that cases may be moved to; they come into `{MAIN}`."
    )
    languages: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        default=("en", "fr"),
        description="Languages that reviewers may choose from; the first is the default.",
    )

    @property
    def limits(self) -> Limits:
        """What one person may see at most."""
        return Limits(
            self.hours_a_day,
            self.stretch_minutes,
            self.break_minutes,
            self.reveals_a_day,
            self.reveal_seconds,
            self.exposed_minutes,
        )

    @property
    def zone(self) -> tzinfo:
        """Whose days count."""
        return zone_of(self.time_zone)

    @property
    def lease(self) -> timedelta:
        """How long a claim lasts by itself."""
        return timedelta(minutes=self.lease_minutes)

    @property
    def undo(self) -> timedelta:
        """How long a decision may be undone."""
        return timedelta(minutes=self.undo_minutes)


class FilingSettings(Table):
    """Who reports to authorities: what stands in every report, and which service it is about."""

    table = "filing"

    company: str = Field(default="", description="The organisation's name, as reports give it.")
    service: str = Field(default="", description="The service that accounts and files are of.")
    first_name: str = Field(default="", description="First name of whoever reports.")
    last_name: str = Field(default="", description="Last name of whoever reports.")
    email: str = Field(default="", description="Address of whoever reports; authorities require it.")
    phone: str = Field(default="", description="Telephone number of whoever reports.")
    contact_first_name: str = Field(
        default="", description="First name of whom law enforcement is to contact, if that is somebody else."
    )
    contact_last_name: str = Field(default="", description="Their last name.")
    contact_email: str = Field(default="", description="Their address.")
    contact_phone: str = Field(default="", description="Their telephone number.")
    company_template: str = Field(
        default="",
        description="What law enforcement has to know of this organisation, such as where to serve.",
    )
    terms_of_service: str = Field(default="", description="The terms that were broken, or where they stand.")
    legal_url: str = Field(default="", description="URL of the page for legal requests.")
    industry_classification: bool = Field(
        default=False,
        description="Whether it takes part in the industry's sharing of hashes, and reports its codes.",
    )

    @property
    def organisation(self) -> Filer:
        """As reports name it."""
        return Filer(**self.model_dump())


class DutiesSettings(Table):
    """What an organisation's duties to report depend on; what is not said stays open."""

    table = "duties"

    jurisdictions: tuple[Name, ...] = Field(
        default=(),
        description="Whose reporting law binds the organisation: `us`, `uk`, `eu`, `ca`, `au`, `nz`, or "
        "that of a rule pack of its own.",
    )
    services: tuple[Literal["user_to_user", "search", "hosting", "isp", "email", "messages"], ...] = Field(
        default=(), description="What it provides."
    )
    established_in: tuple[Name, ...] = Field(
        default=(), description="Where it is established, named as under `jurisdictions`."
    )

    @property
    def organisation(self) -> Organisation:
        """As duties are worked out for it."""
        return Organisation(
            frozenset(self.jurisdictions), frozenset(self.services), frozenset(self.established_in)
        )


class NoticesSettings(Table):
    """Notices to hosting providers: who asks, under which laws, by which mail server."""

    table = "notices"

    live: bool = Field(
        default=False,
        description="Whether providers are written to. Until then every notice is a test: it says so, and "
        "goes to `test_address`, or to a provider's API on this machine.",
    )
    organisation: str = Field(default="", description="The organisation's name, as providers read it.")
    contact: Address = Field(default="", description="The address that providers answer to.")
    phone: str = Field(default="", description="A telephone number that providers may call.")
    laws: dict[Name, str] = Field(
        default={},
        description="Laws that notices are sent under, by names to choose from, in the words that providers "
        'read: `laws = {us = "18 U.S.C. 2258A"}`.',
    )
    test_address: Address = Field(default="", description="Where tests by mail go.")
    mail_host: str = Field(default="", description="The mail server that takes notices; empty for none.")
    mail_port: Port = Field(default=587, description="Its port.")
    mail_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection is encrypted. `none`: for a server on this machine, by its address.",
    )
    mail_user: str = Field(
        default="",
        description="The user it knows us by; `tocsin notices password` keeps the password, sealed.",
    )
    mail_from: Address = Field(default="", description="The address that notices come from.")
    remind_hours: Annotated[int, Field(ge=1, le=24 * 90)] = Field(
        default=24, description="Hours until a provider is reminded, and reminded again."
    )
    reminders: Annotated[int, Field(ge=0, le=20)] = Field(
        default=3, description="How often a provider is reminded."
    )
    ask_minutes: Minutes = Field(
        default=60, description="How often a provider's API is asked what became of a notice."
    )

    @model_validator(mode="after")
    def _checked_mail(self) -> Self:
        if self.mail_host and not self.mail_from:
            message = "mail_from is missing beside mail_host"
            raise ValueError(message)
        if self.mail_host and self.mail_security == "none" and not on_loopback(self.mail_host):
            message = "mail_security = none is only for a mail server at 127.0.0.1 or ::1"
            raise ValueError(message)
        return self

    @property
    def terms(self) -> Terms:
        """As notices are made and sent by."""
        mail = MailServer(self.mail_host, self.mail_port, self.mail_security, self.mail_user, self.mail_from)
        return Terms(
            Sender(self.organisation, self.contact, self.phone),
            self.laws,
            self.live,
            self.test_address,
            mail if self.mail_host else None,
            timedelta(hours=self.remind_hours),
            self.reminders,
            timedelta(minutes=self.ask_minutes),
        )


def _first(error: ValidationError, table: str) -> str:
    """The first thing that is wrong, in an operator's words where pydantic's are a programmer's."""
    first = error.errors()[0]
    setting, *within = first["loc"] or ("",)
    message = {
        "extra_forbidden": "there is no such setting",
        "tuple_type": "write a list, as in [...]",
        "model_type": f"write settings below [{table}]",
    }.get(first["type"], first["msg"])
    if len(within) > 1:  # one of several types: networks
        message = "write networks like 10.20.0.0/16 or 2001:db8::/32, without bits behind the prefix"
    return f"{table}.{setting}: {message}" if setting else f"{table}: {message}"
