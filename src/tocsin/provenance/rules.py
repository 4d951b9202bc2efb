"""Rules as data: what is known about generators, cameras and formats changes faster than programs.

Each family of signs has a TOML file in `provenance/data`: a `version` (a date), then `[[rule]]` tables with
the fields of `Rule`, then whatever else the family needs.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from tocsin.provenance.model import Basis, Direction, ForgeCost, Rule, Strength, StripCost

FAMILIES = (
    "c2pa",
    "generators",
    "graphs",
    "declared",
    "stealth",
    "marks",
    "camera",
    "video",
    "detectors",
)
"""Names of the data files, in the order in which documents list them."""


@cache
def document(family: str) -> Mapping[str, Any]:
    """The data file of a family, as TOML has it; read-only."""
    return MappingProxyType(tomllib.loads(_text(family)))


@cache
def rules_digest() -> str:
    """SHA-256 of all data files: findings made with others may differ."""
    folder = resources.files("tocsin.provenance").joinpath("data")
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    texts = (folder.joinpath(name).read_text("utf-8") for name in files)
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def _text(family: str) -> str:
    return resources.files("tocsin.provenance").joinpath("data", f"{family}.toml").read_text("utf-8")


@cache
def rules(family: str) -> Mapping[str, Rule]:
    """The rules of a family by their id."""
    found = (_rule(table) for table in document(family)["rule"])
    return MappingProxyType({rule.id: rule for rule in found})


@cache
def rule_named(name: str) -> Rule:
    """The rule that `Rule.name` cites, as in `camera.exif@1`. Raises KeyError for one that is not ours."""
    return _by_name()[name]


@cache
def _by_name() -> Mapping[str, Rule]:
    return {rule.name: rule for family in FAMILIES for rule in rules(family).values()}


def _rule(table: Mapping[str, Any]) -> Rule:
    return Rule(
        id=table["id"],
        version=table["version"],
        direction=Direction(table["direction"]),
        strength=Strength(table["strength"]),
        forge_cost=ForgeCost(table["forge_cost"]),
        strip_cost=StripCost(table["strip_cost"]),
        basis=Basis(table["basis"]),
        source=table["source"],
        means=table["means"],
        tool=table.get("tool"),
        vendor=table.get("vendor"),
        caveats=tuple(table.get("caveats", ())),
        contradiction=table.get("contradiction", False),
        runs=table.get("runs"),
    )
