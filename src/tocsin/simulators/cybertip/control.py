"""What a simulator in another process is asked and told: JSON under `/_simulator`, from the loopback only.

- GET reports: what the authority really has
- GET requests: what really came and left
- GET clock: `{"now": TIME}`
- POST clock: `{"seconds": 3600}`, go ahead by so much
- POST faults: one of these plans, where `{...}` is a fault such as `{"kind": "cut", "moment": "after"}`
  - `{"plan": "then", "step": "submit", "faults": [{...}, null]}`: at the next requests
  - `{"plan": "at", "step": "upload", "number": 3, "fault": {...}}`
  - `{"plan": "always", "steps": ["submit"], "fault": {...}}`; no steps: all; a fault of null ends it
  - `{"plan": "random", "seed": 7, "share": 0.2, "most": 100}`: those that need no waiting
  - `{"plan": "clear"}`
"""

import json
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from tocsin.simulators.cybertip.faults import Fault, Kind, Moment, Step
from tocsin.simulators.cybertip.truth import Report

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.simulators.cybertip.server import Cybertip

PATH: Final = "/_simulator"
LARGEST: Final = 1 << 20


def control(cybertip: "Cybertip", method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Do what is asked for. Returns the HTTP status and the JSON of the answer."""
    name = path.removeprefix(f"{PATH}/")
    try:
        answer = _asked(cybertip, name) if method == "GET" else _told(cybertip, name, _object(body))
    except (KeyError, TypeError, ValueError) as error:
        return HTTPStatus.BAD_REQUEST, _json({"error": f"{type(error).__name__}: {error}"})
    return HTTPStatus.OK, _json(answer)


def _asked(cybertip: "Cybertip", name: str) -> object:
    if name == "reports":
        return {"reports": [_report(one) for one in cybertip.reports]}
    if name == "requests":
        return {"requests": [asdict(one) for one in cybertip.requests]}
    if name == "clock":
        return {"now": cybertip.clock()}
    raise KeyError(name)


def _told(cybertip: "Cybertip", name: str, said: "JsonObject") -> object:
    if name == "clock":
        return {"now": cybertip.clock.move(timedelta(seconds=_number(said["seconds"])))}
    if name == "faults":
        _plan(cybertip, said)
        return {"planned": said["plan"]}
    raise KeyError(name)


def _plan(cybertip: "Cybertip", said: "JsonObject") -> None:
    """Plan troubles. Raises KeyError, TypeError or ValueError."""
    faults, plan = cybertip.faults, said["plan"]
    if plan == "then":
        faults.then(Step(str(said["step"])), *(_fault_or_none(one) for one in _list(said["faults"])))
    elif plan == "at":
        faults.at(Step(str(said["step"])), int(_number(said["number"])), _fault(said["fault"]))
    elif plan == "always":
        faults.always(
            _fault_or_none(said["fault"]), *(Step(str(one)) for one in _list(said.get("steps", [])))
        )
    elif plan == "random":
        most = said.get("most")
        limit = None if most is None else int(_number(most))
        faults.at_random(int(_number(said["seed"])), _number(said["share"]), most=limit)
    elif plan == "clear":
        faults.clear()
    else:
        message = f"there is no plan {plan!r}"
        raise ValueError(message)


def _fault_or_none(said: "JsonValue") -> Fault | None:
    return None if said is None else _fault(said)


def _fault(said: "JsonValue") -> Fault:
    if not isinstance(said, dict):
        message = "a fault is an object"
        raise TypeError(message)
    unknown = set(said) - {one.name for one in fields(Fault)}
    if unknown or "kind" not in said:
        message = f"a fault has a kind, and no {', '.join(sorted(unknown)) or 'more'}"
        raise ValueError(message)
    fault = Fault(Kind(str(said["kind"])), Moment(str(said.get("moment", "before"))))

    def number(name: str, otherwise: float) -> float:
        return _number(said.get(name, otherwise))

    return replace(
        fault,
        code=int(number("code", fault.code)),
        status=int(number("status", fault.status)),
        seconds=number("seconds", fault.seconds),
        size=int(number("size", fault.size)),
    )


def _object(body: bytes) -> "JsonObject":
    said = json.loads(body)
    if not isinstance(said, dict):
        message = "the body is a JSON object"
        raise TypeError(message)
    return said


def _list(said: "JsonValue") -> "list[JsonValue]":
    if not isinstance(said, list):
        message = f"{said!r} is not a list"
        raise TypeError(message)
    return said


def _number(said: "JsonValue") -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        message = f"{said!r} is not a number"
        raise TypeError(message)
    return said


def _report(report: Report) -> dict[str, object]:
    return {
        "number": report.number,
        "account": report.account,
        "state": report.state,
        "opened_at": report.opened_at,
        "modified_at": report.modified_at,
        "deadline": report.deadline,
        "ended_at": report.ended_at,
        "retract_attempts": report.retract_attempts,
        "xml": report.xml,
        "files": [asdict(one) for one in report.files],
        "requests": [one.number for one in report.exchanges],
    }


def _json(answer: object) -> bytes:
    return json.dumps(answer, default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    message = f"{type(value).__name__} has no JSON"
    raise TypeError(message)
