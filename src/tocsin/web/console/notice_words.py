"""What the pages of notices say in words: one text for each value that our own code knows."""

from collections.abc import Mapping
from typing import Final

from tocsin.filing.notice_model import Channel, NoticeState
from tocsin.web.console.texts import marked as _

STATES: Final[Mapping[NoticeState, str]] = {
    NoticeState.DRAFTED: _("a draft"),
    NoticeState.QUEUED: _("to be sent"),
    NoticeState.SENT: _("sent: waits for an answer"),
    NoticeState.FAILED: _("could not be sent"),
    NoticeState.ACKNOWLEDGED: _("the provider has it"),
    NoticeState.REMOVED: _("removed, as the provider or a person says"),
    NoticeState.REFUSED: _("refused"),
    NoticeState.DISCARDED: _("discarded"),
}
TINTS: Final[Mapping[NoticeState, str]] = {
    NoticeState.FAILED: "urgent",
    NoticeState.REFUSED: "urgent",
    NoticeState.REMOVED: "good",
    NoticeState.SENT: "bad",
    NoticeState.ACKNOWLEDGED: "bad",
}
"""How a state's words are coloured, beside the words; others calmly."""
CHANNELS: Final[Mapping[Channel, str]] = {
    Channel.MAIL: _("by mail"),
    Channel.API: _("by its interface, as JSON"),
    Channel.HAND: _("by a form of its own, which a person fills in"),
}
EVENTS: Final[Mapping[str, str]] = {
    "drafted": _("drafted it"),
    "changed": _("changed it"),
    "queued": _("said that it is to be sent"),
    "attempted": _("tries to send it"),
    "not_sent": _("could not send it, and tries again"),
    "sent": _("sent it"),
    "failed": _("gave up sending it"),
    "reminder_queued": _("said that a reminder is to be sent"),
    "reminded": _("sent a reminder"),
    "discarded": _("discarded it"),
    "acknowledged": _("has it"),
    "removed": _("says that the item is gone"),
    "refused": _("refuses"),
}
"""What happened to a notice, each after who did it."""
