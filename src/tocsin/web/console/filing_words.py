"""What the pages of filing say in words: one text for each value that our own code knows."""

from collections.abc import Mapping
from typing import Final

from tocsin.filing.draft import Source
from tocsin.filing.model import Authority, Environment, Fate, Kind, State
from tocsin.web.console.texts import marked as _

AUTHORITIES: Final[Mapping[Authority, str]] = {
    Authority.NCMEC: _("NCMEC, by its CyberTipline"),
    Authority.NCA: _("the NCA, by its portal"),
}
ENVIRONMENTS: Final[Mapping[Environment, str]] = {
    Environment.SIMULATOR: _("TEST: a simulator"),
    Environment.TEST: _("TEST: the authority's system for tests"),
    Environment.PRODUCTION: _("PRODUCTION"),
}
STATES: Final[Mapping[State, str]] = {
    State.DRAFTED: _("a draft"),
    State.CHECKED: _("to be confirmed"),
    State.CONFIRMED: _("to be sent"),
    State.OPENED: _("being sent"),
    State.FINISHED: _("finished"),
    State.RETRACTED: _("given up"),
    State.STOPPED: _("stopped: it waits for a person"),
}
TINTS: Final[Mapping[State, str]] = {
    State.DRAFTED: "calm",
    State.CHECKED: "bad",
    State.CONFIRMED: "calm",
    State.OPENED: "calm",
    State.FINISHED: "good",
    State.RETRACTED: "calm",
    State.STOPPED: "urgent",
}
"""How a state's words are coloured, beside the words."""
NEXT: Final[Mapping[State, str]] = {
    State.DRAFTED: _(
        "Read it, change what is not right, and check it. Nothing is sent before it is confirmed."
    ),
    State.CHECKED: _("It keeps every rule that is known here. It waits for somebody to confirm it."),
    State.CONFIRMED: _("It is sent by itself; the timeline shows how far it is."),
    State.OPENED: _("A report of it is open at the authority, and files are being added to it."),
    State.FINISHED: _("The authority has taken it. It cannot be changed or taken back any more."),
    State.RETRACTED: _("It was given up before it was finished. Nothing of it is at the authority."),
    State.STOPPED: _("It goes no further by itself. See why, and decide how to go on."),
}
KINDS: Final[Mapping[Kind, str]] = {
    Kind.REPORT: _("a report"),
    Kind.FOLLOW_UP: _("a follow-up of an earlier report"),
    Kind.BATCHED: _("one file that went viral, and the accounts that had it"),
    Kind.TEXT: _("an incident without files"),
}
SOURCES: Final[Mapping[Source, str]] = {
    Source.SUBMISSION: _("what was submitted"),
    Source.CONTENT: _("the file itself"),
    Source.MATCH: _("a match"),
    Source.OBSERVATION: _("an observation"),
    Source.DECISION: _("the decision"),
    Source.VIEWING: _("the log of looks"),
    Source.FILING: _("an earlier filing"),
    Source.SETTINGS: _("the settings"),
    Source.NODE: _("worked out here"),
    Source.PERSON: _("somebody wrote it"),
}
STEPS: Final[Mapping[str, str]] = {
    "submit": _("Open the report"),
    "upload": _("Upload a file"),
    "fileinfo": _("Say what there is to say about a file"),
    "finish": _("Finish the report"),
    "retract": _("Retract the report"),
}
FATES: Final[Mapping[Fate, str]] = {
    Fate.OPEN: _("open"),
    Fate.FINISHED: _("finished"),
    Fate.RETRACTED: _("retracted"),
    Fate.EXPIRED: _("expired: the authority deleted it"),
    Fate.STRAY: _("not used; still to be retracted"),
}
EVENTS: Final[Mapping[str, str]] = {
    "filing.drafted": _("drafted it"),
    "filing.changed": _("changed the draft"),
    "filing.checked": _("checked it"),
    "filing.confirmed": _("confirmed it"),
    "filing.opened": _("opened a report"),
    "filing.file_uploaded": _("uploaded a file"),
    "filing.finished": _("finished it"),
    "filing.retracted": _("retracted it"),
    "filing.expired": _("found a report expired"),
    "filing.stopped": _("stopped: a person is needed"),
    "filing.retraction_asked": _("asked for it to be given up"),
    "filing.resumed": _("had it go on"),
    "filing.answered_late": _("got an answer late"),
    "filing.alarmed": _("raised the alarm: time runs out"),
}
"""What rows of the ledger say of a filing, each after who did it."""
GROUPS: Final[Mapping[str, tuple[str, frozenset[State]]]] = {
    "stopped": (_("Stopped"), frozenset({State.STOPPED})),
    "drafts": (_("Drafts"), frozenset({State.DRAFTED})),
    "confirm": (_("To be confirmed"), frozenset({State.CHECKED})),
    "sending": (_("Being sent"), frozenset({State.CONFIRMED, State.OPENED})),
    "finished": (_("Finished"), frozenset({State.FINISHED})),
    "given-up": (_("Given up"), frozenset({State.RETRACTED})),
}
"""How a list of filings can be narrowed down."""
HELPS: Final[Mapping[str, str]] = {
    "high": _("helps much"),
    "some": _("helps"),
    "little": _("helps a little"),
}
"""How much it would help whoever receives a report if something were said."""
