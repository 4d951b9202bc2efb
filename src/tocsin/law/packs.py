"""The packs that are used together: those shipped, and an operator's own beside or in place of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Final

from tocsin.law.conditions import CodeIn, leaves
from tocsin.law.errors import MalformedPackError, NotInForceError, UnknownRuleError, UnknownSchemeError
from tocsin.law.model import Crosswalk, Duty, Pack, Part, Provision, Retention, Rule, Satisfaction, Scheme
from tocsin.law.reading import read_pack

SHIPPED: Final = "shipped"


@dataclass(frozen=True, slots=True)
class Packs:
    """Packs that were checked against each other."""

    packs: tuple[Pack, ...]

    @property
    def parts(self) -> Iterator[Part]:
        """Every rule, duty and retention rule, of all times."""
        for pack in self.packs:
            yield from pack.parts

    def rules(self, on: date) -> Iterator[Rule]:
        """The rules in force on a day, in the order of the packs: facts do not change it."""
        return (rule for pack in self.packs for rule in pack.rules if rule.provision.in_force(on))

    def versions(self, rule_id: str) -> tuple[Part, ...]:
        """All versions of a rule, duty or retention rule. Raises UnknownRuleError."""
        found = tuple(part for part in self.parts if part.provision.id == rule_id)
        if not found:
            message = f"there is no rule, duty or retention rule {rule_id!r}"
            raise UnknownRuleError(message)
        return found

    def duty(self, rule_id: str, on: date) -> Duty:
        """The duty of that id as it is on a day. Raises UnknownRuleError, NotInForceError."""
        found = [duty for duty in self.duties if duty.provision.id == rule_id]
        if not found:
            message = f"there is no duty {rule_id!r}"
            raise UnknownRuleError(message)
        for duty in found:
            if duty.provision.in_force(on):
                return duty
        message = f"{rule_id} is not known to be in force on {on}"
        raise NotInForceError(message)

    @property
    def duties(self) -> tuple[Duty, ...]:
        """Every duty, of all times."""
        return tuple(duty for pack in self.packs for duty in pack.duties)

    @property
    def retentions(self) -> tuple[Retention, ...]:
        """Every retention rule, of all times."""
        return tuple(one for pack in self.packs for one in pack.retentions)

    @property
    def satisfactions(self) -> tuple[Satisfaction, ...]:
        """Everything that meets duties, of all times."""
        return tuple(one for pack in self.packs for one in pack.satisfactions)

    @property
    def crosswalks(self) -> tuple[Crosswalk, ...]:
        """What is known about steps between schemes."""
        return tuple(one for pack in self.packs for one in pack.crosswalks)

    @property
    def schemes(self) -> Mapping[str, Scheme]:
        """Classification schemes by their id, as in `iwf:2024`."""
        return {scheme.id: scheme for pack in self.packs for scheme in pack.schemes}

    def has_code(self, scheme_id: str, code: str) -> bool:
        """Whether there is such a scheme, and it has the code."""
        return any(one.id == scheme_id and one.has(code) for pack in self.packs for one in pack.schemes)

    def scheme(self, scheme_id: str) -> Scheme:
        """The scheme of that id. Raises UnknownSchemeError."""
        found = self.schemes.get(scheme_id)
        if found is None:
            message = f"there is no scheme {scheme_id!r}"
            raise UnknownSchemeError(message)
        return found


@cache
def shipped() -> Packs:
    """The packs that come with Tocsin."""
    return assemble(_shipped())


def packs_with(folder: Path | None) -> Packs:
    """Those shipped and those in `folder` (`*.toml`), where there is one; the same id replaces a shipped one.

    Raises MalformedPackError: nothing of a folder is used unless all of it can be.
    """
    files = sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []
    if not files:
        return shipped()
    own = [read_pack(_text(path), path.name) for path in files]
    replaced = {pack.id for pack in own}
    return assemble([*(pack for pack in _shipped() if pack.id not in replaced), *own])


def assemble(packs: Iterable[Pack]) -> Packs:
    """Packs as one body of law, checked against each other. Raises MalformedPackError."""
    found = Packs(tuple(packs))
    _check_ids(found)
    _check_schemes(found)
    _check_references(found)
    return found


def _shipped() -> list[Pack]:
    folder = resources.files("tocsin.law").joinpath("data")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return [read_pack(file.read_text("utf-8"), SHIPPED) for file in files]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path.name} cannot be read: {error}"
        raise MalformedPackError(message) from error


def _check_ids(packs: Packs) -> None:
    ids = [pack.id for pack in packs.packs]
    if twice := {one for one in ids if ids.count(one) > 1}:
        message = f"the pack {min(twice)} is there twice"
        raise MalformedPackError(message)
    by_id: dict[str, list[Part]] = {}
    for part in packs.parts:
        by_id.setdefault(part.provision.id, []).append(part)
    for rule_id, parts in by_id.items():
        for one, other in combinations(parts, 2):
            _check_pair(rule_id, one, other)


def _check_pair(rule_id: str, one: Part, other: Part) -> None:
    if type(one) is not type(other):
        message = f"{rule_id} names both a {type(one).__name__.lower()} and a {type(other).__name__.lower()}"
        raise MalformedPackError(message)
    if one.provision.version == other.provision.version:
        message = f"{rule_id} is there twice with version {one.provision.version}"
        raise MalformedPackError(message)
    if _overlap(one.provision, other.provision):
        message = f"two versions of {rule_id} are in force at the same time"
        raise MalformedPackError(message)


def _overlap(one: Provision, other: Provision) -> bool:
    if one.effective_from is None or other.effective_from is None:
        return False
    return one.in_force(other.effective_from) or other.in_force(one.effective_from)


def _check_schemes(packs: Packs) -> None:
    seen: set[str] = set()
    for pack in packs.packs:
        for scheme in pack.schemes:
            if scheme.id in seen:
                message = f"the scheme {scheme.id} is there twice"
                raise MalformedPackError(message)
            seen.add(scheme.id)


def _check_references(packs: Packs) -> None:
    """Rules name schemes, codes and duties that there are."""
    duties = {duty.provision.id for duty in packs.duties}
    schemes = packs.schemes
    for pack in packs.packs:
        references: list[Rule | Satisfaction] = [*pack.rules, *pack.satisfactions]
        for naming in references:
            if unknown := set(naming.duties) - duties:
                message = f"{naming.provision.id} names the duty {min(unknown)}, which is in no pack"
                raise MalformedPackError(message)
        asking = [(rule.provision.id, rule.when) for rule in pack.rules]
        asking += [(one.provision.id, one.applies) for one in pack.duties if one.applies is not None]
        for name, condition in asking:
            for leaf in leaves(condition):
                if isinstance(leaf, CodeIn):
                    _check_codes(name, leaf, schemes.get(leaf.scheme))


def _check_codes(name: str, leaf: CodeIn, scheme: Scheme | None) -> None:
    if scheme is None:
        message = f"{name} asks for a code of the scheme {leaf.scheme}, which is in no pack"
        raise MalformedPackError(message)
    if unknown := {code for code in leaf.codes if not scheme.has(code)}:
        message = f"{name} asks for the code {min(unknown)}, which {leaf.scheme} does not list"
        raise MalformedPackError(message)
