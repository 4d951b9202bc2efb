"""What the pages of the register say in words: one text for each value that our own code knows."""

from collections.abc import Mapping
from typing import Final

from tocsin.filing.nca.form import From, Standing
from tocsin.filing.nca.model import EntryState
from tocsin.filing.nca.priorities import Priority
from tocsin.web.console.texts import marked as _

STATES: Final[Mapping[EntryState, str]] = {
    EntryState.PREPARED: _("being filled in"),
    EntryState.SENT: _("handed in"),
    EntryState.ACKNOWLEDGED: _("acknowledged"),
    EntryState.DISCARDED: _("discarded"),
}
TINTS: Final[Mapping[EntryState, str]] = {EntryState.SENT: "bad", EntryState.ACKNOWLEDGED: "good"}
"""How a state's words are coloured, beside the words; others calmly."""
PRIORITIES: Final[Mapping[Priority, str]] = {
    Priority.P1: _("at once: a threat to life or of serious harm. Call 999 as well"),
    Priority.P2: _("as soon as reasonably practicable"),
    Priority.P3: _("without undue delay"),
}
STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.HELD: _("held"),
    Standing.NOT_HELD: _("not held"),
    Standing.BLANK: _("nobody has answered this"),
}
FROM: Final[Mapping[From, str]] = {
    From.RECORD: _("from the record"),
    From.SETTINGS: _("from the settings"),
    From.PERSON: _("somebody wrote it"),
    From.NOBODY: "",
}
