"""Filings, their timelines, receipts and duties as JSON has them (docs/reference/json-filings.md)."""

from typing import TYPE_CHECKING

from tocsin.cases.objects import time_to_json

if TYPE_CHECKING:
    from tocsin.filing.cybertip.completeness import Missing
    from tocsin.filing.cybertip.problems import Problem
    from tocsin.filing.draft import Draft
    from tocsin.filing.drafting import ToDraft
    from tocsin.filing.model import Call, Filing, OpenedReport, Receipt
    from tocsin.filing.outbox import Timeline
    from tocsin.law.owing import Owed
    from tocsin.media.sandbox import JsonObject


def filing_to_json(filing: "Filing") -> "JsonObject":
    """Where a filing stands."""
    return {
        "number": filing.number,
        "case": filing.case,
        "decision": filing.decision,
        "authority": filing.authority.value,
        "environment": filing.environment.value,
        "test": filing.is_test,
        "kind": filing.kind.value,
        "platform": filing.platform,
        "account": filing.account,
        "state": filing.state.value,
        "revision": filing.revision,
        "created": filing.created.isoformat(),
        "author": filing.author,
        "checked_by": filing.checked_by,
        "confirmed_by": list(filing.confirmed_by),
        "stopped": filing.stopped,
        "report_id": filing.report_id,
        "follows": filing.follows,
    }


def to_draft_to_json(one: "ToDraft") -> "JsonObject":
    """What is to be drafted."""
    return {
        "case": one.case,
        "platform": one.subject.platform,
        "account": one.subject.account,
        "decided": one.decided.isoformat(),
    }


def draft_to_json(draft: "Draft") -> "JsonObject":
    """Which files a draft has, and where its fields come from; the fields themselves are in its XML."""
    return {
        "files": [
            {"place": one.place, "sha256": one.sha256.hex(), "bytes": one.size, "included": one.include}
            for one in draft.files
        ],
        "sources": [
            {"field": one.field, "source": one.source.value, "which": one.which} for one in draft.sources
        ],
    }


def problem_to_json(problem: "Problem") -> "JsonObject":
    """A rule that a draft breaks."""
    return {
        "field": problem.field,
        "code": problem.code,
        "sentence": problem.sentence,
        "source": problem.source,
    }


def missing_to_json(missing: "Missing") -> "JsonObject":
    """What would help whoever acts on a report, and is not in it."""
    return {"field": missing.field, "words": missing.words, "help": missing.help.value}


def timeline_to_json(timeline: "Timeline") -> "JsonObject":
    """All that happened to a filing since it was confirmed. What was sent and answered is not in it."""
    return {
        "reports": [_report(one) for one in timeline.reports],
        "files": [
            {
                "place": one.place,
                "sha256": one.sha256.hex(),
                "bytes": one.size,
                "file_id": one.file_id,
                "md5": one.md5.hex(),
                "detailed": one.detailed,
            }
            for one in timeline.files
        ],
        "calls": [_call(one) for one in timeline.calls],
        "receipt": None if timeline.receipt is None else receipt_to_json(timeline.receipt),
        "giving_up": timeline.giving_up,
        "deadline": time_to_json(timeline.deadline),
        "alarm": time_to_json(timeline.alarm),
        "next_try": time_to_json(timeline.next_try),
        "trouble": timeline.trouble,
    }


def receipt_to_json(receipt: "Receipt") -> "JsonObject":
    """A receipt, with the answer as it came."""
    return {
        "filing": receipt.filing,
        "report_id": receipt.report_id,
        "time": receipt.time.isoformat(),
        "environment": receipt.environment.value,
        "file_ids": list(receipt.file_ids),
        "request_id": receipt.request_id,
        "inferred": receipt.inferred,
        "raw": receipt.raw.decode("utf-8", "replace"),
    }


def owed_to_json(owed: "Owed") -> "JsonObject":
    """A duty as it stands for a case."""
    return {
        "rule": owed.rule,
        "version": owed.version,
        "jurisdiction": owed.jurisdiction,
        "title": owed.title,
        "who": owed.who,
        "to": owed.to,
        "what": owed.what,
        "by": time_to_json(owed.by),
        "words": owed.words,
        "state": owed.state.value,
        "because": owed.because,
        "missing": list(owed.missing),
        "began": time_to_json(owed.began),
        "met_by": owed.met_by,
        "met_under": owed.met_under,
        "source": owed.source,
        "confidence": owed.confidence.value,
        "reviewer": owed.reviewer,
        "caveats": list(owed.caveats),
    }


def _report(report: "OpenedReport") -> "JsonObject":
    return {
        "report_id": report.report_id,
        "opened": report.opened.isoformat(),
        "modified": report.modified.isoformat(),
        "fate": report.fate.value,
    }


def _call(call: "Call") -> "JsonObject":
    return {
        "step": call.step,
        "report_id": call.report_id,
        "place": call.place,
        "begun": call.begun.isoformat(),
        "ended": time_to_json(call.ended),
        "status": call.status,
        "request_id": call.request_id,
        "problem": call.problem,
    }
