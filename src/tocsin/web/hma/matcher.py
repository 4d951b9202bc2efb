"""The matcher: hashes and contents to what is known about them. Nothing is kept."""

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query, Request
from pydantic import JsonValue, RootModel
from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.banks.model import DEFAULT_RADIUS
from tocsin.hashing.signals import Signal, SignalType
from tocsin.matching.matches import Match, Matches
from tocsin.web.hma.contents import (
    Received,
    from_form,
    from_url,
    quality_headers,
    undecodable,
    wanted_types,
)
from tocsin.web.hma.errors import HmaRequestError
from tocsin.web.hma.hasher import FORM, ContentType, Types
from tocsin.web.hma.models import RawLookupResponse
from tocsin.web.hma.operation import answer
from tocsin.web.hma.service import Hma, caller_of, hma_of
from tocsin.web.hma.types import NAMES, SIGNALS, parsed, signal_type
from tocsin.web.operation import Operations

if TYPE_CHECKING:
    from tocsin.access.model import Principal

operations = Operations("hma: matcher")
_MATCHES: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Matches by bank.",
    "additionalProperties": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["bank_content_id", "distance"],
            "properties": {"bank_content_id": {"type": "integer"}, "distance": {"type": "string"}},
        },
    },
}
LOOKED_UP: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Matches by bank; where a content was looked up, by signal type first.",
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [_MATCHES, {"type": "object", "additionalProperties": _MATCHES}],
                }
            }
        },
    }
}
Banks = Annotated[str | None, Query(description="Names of banks, separated by commas.")]
Seed = Annotated[str | None, Query(description="The same seed gives the same choice of banks.")]
Bypass = Annotated[bool, Query(description="Let every bank take part, whatever its ratio.")]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which banks take part in one look-up."""

    named: Collection[str] | None
    coin: float
    """A bank takes part if its ratio is at least this, and above 0 unless this is."""

    @classmethod
    def by(cls, banks: str | None, seed: str | None, *, bypass: bool) -> "Chosen":
        """As the client asked: the same seed tosses the same coin as HMA's."""
        named = frozenset(banks.split(",")) if banks else None
        coin = 0.0 if bypass else random.Random(seed).random()  # noqa: S311  # as HMA does; no secret
        return cls(named, coin)

    def has(self, hma: Hma, bank: str) -> bool:
        """Whether the bank takes part."""
        return (self.named is None or bank in self.named) and hma.notes.ratio(bank) >= self.coin


ALL_BANKS: Final = 0.0


@operations.operation(
    "GET", "/m/raw_lookup", needs=Permission.MATCH, response_model=RawLookupResponse, response_class=Response
)
async def raw_lookup(
    request: Request,
    signal: str,
    signal_type: str,
    banks: Banks = None,
    *,
    include_distance: bool = False,
) -> Response:
    """Look up a hash; what is disabled in a bank does not match, but the ratios of banks are not asked."""
    hma = hma_of(request)
    hma.demand_enabled(signal_type)
    matches = await _match(hma, [parsed(signal_type, signal)], caller_of(request))
    chosen = Chosen(frozenset(banks.split(",")) if banks else None, ALL_BANKS)
    found = [_one(match) for match in matches.matches if chosen.has(hma, match.bank)]
    return answer({"matches": found if include_distance else [one["bank_content_id"] for one in found]})


@operations.operation(
    "GET", "/m/lookup", needs=Permission.MATCH, responses=LOOKED_UP, response_class=Response
)
async def lookup(  # noqa: PLR0913, PLR0917  # as many as HMA has
    request: Request,
    url: str | None = None,
    content_type: ContentType = None,
    types: Types = None,
    signal: str | None = None,
    signal_type: str | None = None,
    banks: Banks = None,
    seed: Seed = None,
    *,
    bypass_coinflip: Bypass = False,
) -> Response:
    """Look up a hash, or what a URL leads to."""
    hma, caller = hma_of(request), caller_of(request)
    chosen = Chosen.by(banks, seed, bypass=bypass_coinflip)
    if not url:
        if not signal or not signal_type:
            message = "Either url or both signal and signal_type are required"
            raise HmaRequestError(message)
        hma.demand_enabled(signal_type)
        matches = await _match(hma, [parsed(signal_type, signal)], caller)
        return answer(_by_bank(hma, matches.matches, chosen))
    received = await from_url(hma, url, content_type, turned=True)
    found = await _content_matches(hma, received, caller, chosen, types)
    if signal_type is not None:
        return answer(found.get(signal_type, {}), headers=quality_headers(received.content))
    return answer(found, headers=quality_headers(received.content))


@operations.operation(
    "POST",
    "/m/lookup",
    needs=Permission.MATCH,
    responses=LOOKED_UP,
    openapi_extra=FORM,
    response_class=Response,
)
async def lookup_file(
    request: Request,
    types: Types = None,
    banks: Banks = None,
    seed: Seed = None,
    *,
    bypass_coinflip: Bypass = False,
) -> Response:
    """Look up a file."""
    hma = hma_of(request)
    chosen = Chosen.by(banks, seed, bypass=bypass_coinflip)
    received = await from_form(request, hma, turned=True)
    found = await _content_matches(hma, received, caller_of(request), chosen, types)
    return answer(found, headers=quality_headers(received.content))


class Pairs(RootModel[dict[str, JsonValue]]):
    """Two hashes of each signal type named."""


@operations.operation(
    "POST",
    "/m/compare",
    needs=Permission.MATCH,
    response_class=Response,
    responses={
        200: {
            "description": "For each signal type: whether they match, and their distance.",
            "content": {
                "application/json": {"schema": {"type": "object", "additionalProperties": {"type": "array"}}}
            },
        }
    },
)
async def compare(request: Request, pairs: Pairs) -> Response:
    """Compare pairs of hashes."""
    hma = hma_of(request)
    found: dict[str, JsonValue] = {}
    for name, pair in pairs.root.items():
        left, right = _pair(name, pair)
        hma.demand_enabled(name)
        found[name] = _compared(left, right)
    return answer(found)


def _pair(name: str, pair: JsonValue) -> tuple[Signal, Signal]:
    """Raises HmaRequestError."""
    signal_type(name)
    if not isinstance(pair, list):
        message = f"Comparison hashes for {name} was not a list"
        raise HmaRequestError(message)
    if len(pair) != 2 or not all(isinstance(one, str) for one in pair):  # noqa: PLR2004  # a pair
        message = "Comparison hash list length must be exactly 2, each a text"
        raise HmaRequestError(message)
    return parsed(name, str(pair[0])), parsed(name, str(pair[1]))


def _compared(left: Signal, right: Signal) -> JsonValue:
    if left.type.exact:
        return [left.value == right.value, {}]
    distance = (int.from_bytes(left.value) ^ int.from_bytes(right.value)).bit_count()
    return [distance <= DEFAULT_RADIUS, {"distance": distance}]


async def _match(hma: Hma, signals: Sequence[Signal], caller: "Principal") -> Matches:
    return await hma.lane.run(lambda: hma.node.intake.match(signals, caller))


async def _content_matches(
    hma: Hma, received: Received, caller: "Principal", chosen: Chosen, types: str | None
) -> dict[str, dict[str, list[dict[str, int | str]]]]:
    """Matches by signal type and bank. Raises UndecodableError.

    Digests are compared too, and said where they match: HMA has none of photos, so it misses what is listed
    by digest alone.
    """
    names = wanted_types(hma, received.type, types)
    compared = {SIGNALS[name] for name in names}
    if types is None:
        compared |= {kind for kind, name in NAMES.items() if kind.exact and hma.notes.type_ratio(name) > 0}
    signals = [one for one in received.content.signals if one.type in compared]
    matches = await _match(hma, signals, caller)
    found = {name: _by_bank(hma, matches.matches, chosen, SIGNALS[name]) for name in names}
    for kind, name in NAMES.items():
        if kind in compared and kind not in {SIGNALS[one] for one in names}:
            by_bank = _by_bank(hma, matches.matches, chosen, kind)
            found |= {name: by_bank} if by_bank else {}
    missing = SignalType.PDQ in compared and not any(one.type is SignalType.PDQ for one in signals)
    if (missing or received.content.refused) and received.type == "photo" and not any(found.values()):
        raise undecodable(received.content)
    return found


def _by_bank(
    hma: Hma, matches: Iterable[Match], chosen: Chosen, kind: SignalType | None = None
) -> dict[str, list[dict[str, int | str]]]:
    """Matches of one type by bank, best first."""
    found: dict[str, list[dict[str, int | str]]] = {}
    for match in matches:
        if (kind is None or match.type is kind) and chosen.has(hma, match.bank):
            one = _one(match)
            several = found.setdefault(match.bank, [])
            if one["bank_content_id"] or one not in several:
                several.append(one)
    return found


def _one(match: Match) -> dict[str, int | str]:
    return {
        "bank_content_id": match.entry,
        "distance": "-" if match.type.exact else str(match.distance),
    }
