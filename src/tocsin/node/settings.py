"""What an operator may set of a node: in the table `[node]` of `tocsin.toml` in the home folder."""

import os
import tomllib
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from tocsin.config import SETTINGS, SettingsError

Network = IPv4Network | IPv6Network
Port = Annotated[int, Field(ge=1, le=65535)]


class NodeSettings(BaseModel):
    """One node's settings; each has a default that serves one machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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

    @classmethod
    def read(cls, home: Path) -> Self:
        """The settings in the home's tocsin.toml, defaults where it is silent. Raises SettingsError."""
        path = home / SETTINGS
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")).get("node", {}))
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            message = f"{path} cannot be read: {error}"
            raise SettingsError(message) from error
        except ValidationError as error:
            message = f"{path}: {_first(error)}"
            raise SettingsError(message) from error


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, in an operator's words where pydantic's are a programmer's."""
    first = error.errors()[0]
    setting, *within = first["loc"] or ("",)
    message = {
        "extra_forbidden": "there is no such setting",
        "tuple_type": "write a list, as in [...]",
        "model_type": "write settings below [node]",
    }.get(first["type"], first["msg"])
    if len(within) > 1:  # one of several types: networks
        message = "write networks like 10.20.0.0/16 or 2001:db8::/32, without bits behind the prefix"
    return f"node.{setting}: {message}" if setting else f"node: {message}"
