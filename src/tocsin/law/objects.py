"""Statuses, packs, rules and schemes as JSON has them (docs/reference/json-law.md)."""

from typing import TYPE_CHECKING

from tocsin.law.conditions import AgeIn, All, Any, Beyond, CodeIn, Condition, FactIs, Has
from tocsin.law.model import Duty, Retention, Rule, Satisfaction

if TYPE_CHECKING:
    from datetime import date

    from tocsin.law.deriving import Status
    from tocsin.law.model import Crosswalk, Pack, Provision, Scheme
    from tocsin.media.sandbox import JsonObject


def pack_to_json(pack: "Pack") -> "JsonObject":
    """A pack, its parts counted."""
    return {
        "id": pack.id,
        "version": pack.version,
        "jurisdiction": pack.jurisdiction,
        "title": pack.title,
        "reviewer": pack.reviewer,
        "origin": pack.origin,
        "rules": len(pack.rules),
        "duties": len(pack.duties),
        "retention_rules": len(pack.retentions),
        "satisfactions": len(pack.satisfactions),
        "schemes": len(pack.schemes),
        "notes": list(pack.notes),
    }


def part_to_json(part: "Rule | Duty | Retention | Satisfaction") -> "JsonObject":
    """A rule, a duty, a retention rule or what meets duties, with all that its pack says of it."""
    match part:
        case Rule():
            own: JsonObject = {
                "status": part.status,
                "when": condition_to_json(part.when),
                "decides": part.decides,
                "duties": list(part.duties),
            }
        case Duty():
            own = {
                "who": part.who,
                "to": part.to,
                "what": part.what,
                "when": part.when,
                "within": None if part.within is None else str(part.within),
                "immediately": part.immediately,
                "begins": part.begins,
                "one_of": part.one_of or None,
                "applies": None if part.applies is None else condition_to_json(part.applies),
            }
        case Retention():
            own = {
                "trigger": part.trigger,
                "purposes": sorted(part.purposes),
                "keep": None if part.keep is None else str(part.keep),
                "at_most": None if part.at_most is None else str(part.at_most),
                "extension": None if part.extension is None else str(part.extension),
                "then": part.then,
            }
        case Satisfaction():
            own = {"duties": list(part.duties), "by": part.by}
    kinds = {Rule: "rule", Duty: "duty", Retention: "retention", Satisfaction: "satisfaction"}
    kind = kinds[type(part)]
    return {"kind": kind, **_provision(part.provision), **own}


def _provision(provision: "Provision") -> "JsonObject":
    return {
        "id": provision.id,
        "version": provision.version,
        "jurisdiction": provision.jurisdiction,
        "title": provision.title,
        "effective_from": _day(provision.effective_from),
        "effective_to": _day(provision.effective_to),
        "source": provision.source,
        "confidence": provision.confidence.value,
        "reviewer": provision.reviewer,
        "caveats": list(provision.caveats),
    }


def _day(day: "date | None") -> str | None:
    return None if day is None else day.isoformat()


def condition_to_json(condition: Condition) -> "JsonObject":  # noqa: PLR0911  # one for each kind
    """A condition, as packs write it."""
    match condition:
        case FactIs(fact, value):
            return {"fact": fact.value, "is": value.value}
        case AgeIn(bands):
            return {"age": sorted((band.value for band in bands), key=_lowest)}
        case CodeIn(scheme, codes):
            return {"scheme": scheme, "codes": sorted(codes)}
        case Has(about, any_of):
            return {"about": about.value, "any_of": sorted(any_of)}
        case Beyond(question):
            return {"beyond": question}
        case All(parts):
            return {"all": [condition_to_json(part) for part in parts]}
        case Any(parts):
            return {"any": [condition_to_json(part) for part in parts]}


def _lowest(band: str) -> int:
    return int(band.removesuffix("+").partition("-")[0])


def status_to_json(status: "Status") -> "JsonObject":
    """What one rule says of a content."""
    return {
        "jurisdiction": status.jurisdiction,
        "rule": status.rule,
        "version": status.version,
        "status": status.status,
        "title": status.title,
        "answer": status.answer.value,
        "because": [{"about": one.about, "said": one.said} for one in status.because],
        "missing": list(status.missing),
        "questions": list(status.questions),
        "duties": list(status.duties),
        "source": status.source,
        "confidence": status.confidence.value,
        "reviewer": status.reviewer,
        "words": status.words,
    }


def scheme_to_json(scheme: "Scheme") -> "JsonObject":
    """A scheme with its codes."""
    return {
        "kind": "scheme",
        "id": scheme.id,
        "name": scheme.name,
        "version": scheme.version,
        "title": scheme.title,
        "owner": scheme.owner,
        "complete": scheme.complete,
        "codes": [{"code": one.code, "title": one.title} for one in scheme.codes],
        "source": scheme.source,
        "confidence": scheme.confidence.value,
        "note": scheme.note,
    }


def crosswalk_to_json(crosswalk: "Crosswalk") -> "JsonObject":
    """A step between schemes that people take."""
    return {
        "kind": "crosswalk",
        "from": crosswalk.source,
        "to": crosswalk.target,
        "verdict": crosswalk.verdict.value,
        "reason": crosswalk.reason,
        "confidence": crosswalk.confidence.value,
    }
