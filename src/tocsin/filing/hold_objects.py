"""Holds and destructions as JSON has them (docs/howto/keep-and-destroy.md)."""

from typing import TYPE_CHECKING

from tocsin.cases.objects import time_to_json

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.filing.holding import Destruction, Hold
    from tocsin.media.sandbox import JsonObject


def hold_to_json(hold: "Hold", now: "datetime") -> "JsonObject":
    """A hold as it stands."""
    return {
        "number": hold.number,
        "trigger": hold.occasion.trigger,
        "time": hold.occasion.time.isoformat(),
        "renewals": hold.occasion.renewals,
        "filing": hold.filing,
        "case": hold.case,
        "test": hold.is_test,
        "created": hold.created.isoformat(),
        "author": hold.author,
        "reason": hold.reason,
        "contents": [one.hex() for one in hold.contents],
        "until": time_to_json(hold.until()),
        "binds": hold.binds(now),
        "problems": list(hold.problems),
        "ends": [
            {
                "purpose": one.purpose.value,
                "until": time_to_json(one.until),
                "no_later_than": time_to_json(one.no_later_than),
                "conflict": one.conflict,
                "rules": list(one.rules),
                "then": list(one.then),
                "problem": one.problem,
            }
            for one in hold.ends
        ],
        "changes": [
            {
                "what": one.what.value,
                "time": one.time.isoformat(),
                "by": one.by,
                "reason": one.reason,
                "until": time_to_json(one.until),
            }
            for one in hold.changes
        ],
    }


def destruction_to_json(about: "Destruction") -> "JsonObject":
    """A wish to destroy a content, and what became of it."""
    return {
        "number": about.number,
        "sha256": about.sha256.hex(),
        "state": about.state.value,
        "request": about.request,
        "reason": about.reason,
        "asked": about.asked.isoformat(),
        "asked_by": about.asked_by,
        "confirmed": time_to_json(about.confirmed),
        "confirmed_by": about.confirmed_by,
        "ended": time_to_json(about.ended),
        "ended_by": about.ended_by,
        "why": about.why,
    }
