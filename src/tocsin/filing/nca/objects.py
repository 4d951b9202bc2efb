"""Entries of the register, and questions, as JSON shows them."""

from typing import TYPE_CHECKING

from tocsin.cases.objects import time_to_json
from tocsin.filing.nca.model import Entry, Question

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


def entry_to_json(entry: Entry) -> "JsonObject":
    """The documented shape, without the form."""
    return {
        "number": entry.number,
        "case": entry.case,
        "platform": entry.platform,
        "account": entry.account,
        "follows": entry.follows,
        "state": entry.state.value,
        "revision": entry.revision,
        "author": entry.author,
        "created": entry.created.isoformat(),
        "proposed": {
            "priority": entry.proposed.priority.value,
            "reasons": [*entry.proposed.reasons],
        },
        "priority": None if entry.priority is None else entry.priority.value,
        "priority_by": entry.priority_by,
        "priority_reason": entry.priority_reason,
        "test": None if entry.sent is None else entry.test,
        "reference": entry.reference,
        "sent": time_to_json(entry.sent),
        "sent_by": entry.sent_by,
        "acknowledged": time_to_json(entry.acknowledged),
        "acknowledged_words": entry.acknowledged_words,
    }


def question_to_json(question: Question) -> "JsonObject":
    """The documented shape."""
    return {
        "question": question.id,
        "entry": question.entry,
        "asked": question.asked.isoformat(),
        "due": question.due.isoformat(),
        "words": question.words,
        "noted_by": question.noted_by,
        "answered": time_to_json(question.answered),
        "answer": question.answer,
        "answered_by": question.answered_by,
    }
