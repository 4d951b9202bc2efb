"""The matcher: hashes and contents to what is known about them. Nothing is kept."""

import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query, Request
from pydantic import JsonValue, RootModel
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.banks.model import DEFAULT_RADIUS
from tocsin.hashing.signals import Signal, SignalType
from tocsin.matching.matches import Match, Matches
from tocsin.web.callers import caller_of
from tocsin.web.hma.contents import (
    Received,
    from_form,
    from_url,
    quality_headers,
    undecodable,
    wanted_types,
)
from tocsin.web.hma.errors import HmaRequestError
from tocsin.web.hma.hasher import FORM, Types
from tocsin.web.hma.models import RawLookupResponse
from tocsin.web.hma.operation import answer
from tocsin.web.hma.service import Hma, hma_of
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


class Chosen:
    """Which banks take part in one look-up."""

    def __init__(self, banks: str | None, seed: str | None = None, *, bypass: bool = False) -> None:
        """As the client asked: the same seed tosses the same coin as HMA's."""
        self._named = frozenset(banks.split(",")) if banks else None
        self._seed = seed
        self._coin = 0.0 if bypass else None

    def has(self, hma: Hma, bank: str) -> bool:
        """Whether the bank takes part: its ratio is at least what the coin shows."""
        if self._named is not None and bank not in self._named:
            return False
        ratio = hma.notes.ratio(bank)
        if ratio >= 1:
            return True
        if self._coin is None:  # making a generator takes as long as a tenth of the look-up
            self._coin = random.Random(self._seed).random()  # noqa: S311  # as HMA does; no secret
        return ratio >= self._coin


def _parameter(
    name: str, description: str, kind: str = "string", *, required: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": {"type": kind},
    }


_HASH = "Hexadecimal digits, in either case."
_TYPE = "Such as pdq."
_BANKS = "Names of banks, separated by commas."


# These two read their parameters by themselves: that halves what FastAPI takes of the time.


@operations.operation(
    "GET",
    "/m/raw_lookup",
    needs=Permission.MATCH,
    response_model=RawLookupResponse,
    openapi_extra={
        "parameters": [
            _parameter("signal", _HASH, required=True),
            _parameter("signal_type", _TYPE, required=True),
            _parameter("banks", _BANKS),
            _parameter("include_distance", "Whether to tell distances.", "boolean"),
        ]
    },
)
async def raw_lookup(request: Request) -> Response:
    """Look up a hash; what is disabled in a bank does not match, but the ratios of banks are not asked."""
    hma, asked = hma_of(request), request.query_params
    for name in ("signal", "signal_type"):
        if name not in asked:
            raise HTTPException(422, f"query.{name}: Field required")
    with_distance = _truth(asked, "include_distance")
    hma.demand_enabled(asked["signal_type"])
    signal, caller = parsed(asked["signal_type"], asked["signal"]), caller_of(request)
    hma.demand_allowance(caller)
    matches = await _match(hma, [signal], caller)
    chosen = Chosen(asked.get("banks"), bypass=True)
    found = [_one(match) for match in matches.matches if chosen.has(hma, match.bank)]
    return answer({"matches": found if with_distance else [one["bank_content_id"] for one in found]})


@operations.operation(
    "GET",
    "/m/lookup",
    needs=Permission.MATCH,
    answers=[507],
    responses=LOOKED_UP,
    response_class=Response,
    openapi_extra={
        "parameters": [
            _parameter("signal", _HASH),
            _parameter("signal_type", _TYPE),
            _parameter("url", "A content to fetch, hash and look up."),
            _parameter("content_type", "Of the content at the URL: photo or video."),
            _parameter("types", "Signal types to hash it to, separated by commas."),
            _parameter("banks", _BANKS),
            _parameter("seed", "The same seed gives the same choice of banks."),
            _parameter("bypass_coinflip", "Let every bank take part, whatever its ratio.", "boolean"),
        ]
    },
)
async def lookup(request: Request) -> Response:
    """Look up a hash, or what a URL leads to."""
    hma, caller, asked = hma_of(request), caller_of(request), request.query_params
    bypass = _truth(asked, "bypass_coinflip")
    chosen = Chosen(asked.get("banks"), asked.get("seed"), bypass=bypass)
    signal, signal_type = asked.get("signal"), asked.get("signal_type")
    if not (url := asked.get("url")):
        if not signal or not signal_type:
            message = "Either url or both signal and signal_type are required"
            raise HmaRequestError(message)
        hma.demand_enabled(signal_type)
        one = parsed(signal_type, signal)
        hma.demand_allowance(caller)
        matches = await _match(hma, [one], caller)
        return answer(_by_bank(hma, matches.matches, chosen))
    hma.demand_allowance(caller)
    received = await from_url(hma, url, asked.get("content_type"), turned=True)
    found = await _content_matches(hma, received, caller, chosen, asked.get("types"))
    headers = quality_headers(received.content)
    return answer(found if signal_type is None else found.get(signal_type, {}), headers=headers)


def _truth(asked: QueryParams, name: str) -> bool:
    """A yes or no among the parameters, written as pydantic would take it. Raises the answer 422."""
    text = asked.get(name, "false").lower()
    if text in {"true", "1", "yes", "on", "t", "y"}:
        return True
    if text in {"false", "0", "no", "off", "f", "n"}:
        return False
    raise HTTPException(422, f"query.{name}: Input should be a valid boolean")


@operations.operation(
    "POST",
    "/m/lookup",
    needs=Permission.MATCH,
    answers=[507],
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
    hma.demand_allowance(caller_of(request))
    chosen = Chosen(banks, seed, bypass=bypass_coinflip)
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
    """Raises LookupLimitError."""
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
