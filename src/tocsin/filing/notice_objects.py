"""Notices and providers as JSON shows them. No token is ever among it."""

from typing import TYPE_CHECKING

from tocsin.cases.objects import time_to_json
from tocsin.filing.notice_model import Notice, NoticeEvent, Provider

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


def notice_to_json(notice: Notice) -> "JsonObject":
    """The documented shape."""
    return {
        "number": notice.number,
        "case": notice.case,
        "state": notice.state.value,
        "revision": notice.revision,
        "test": notice.test,
        "reference": notice.reference,
        "provider": notice.provider,
        "url": notice.url,
        "found": notice.found.isoformat(),
        "law": notice.law,
        "author": notice.author,
        "created": notice.created.isoformat(),
        "sent": time_to_json(notice.sent),
        "reminders": notice.reminders,
        "next_reminder": time_to_json(notice.next_reminder),
        "answered": time_to_json(notice.answered),
        "their_reference": notice.their_reference,
        "problem": notice.problem,
    }


def event_to_json(event: NoticeEvent) -> "JsonObject":
    """The documented shape."""
    return {"time": event.time.isoformat(), "what": event.what, "by": event.by, "words": event.words}


def provider_to_json(provider: Provider) -> "JsonObject":
    """The documented shape."""
    return {
        "name": provider.name,
        "channel": provider.channel.value,
        "address": provider.address,
        "hosts": [*provider.hosts],
        "language": provider.language,
    }
