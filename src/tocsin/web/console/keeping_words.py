"""What the pages of holds say in words: one text for each value that our own code knows."""

from collections.abc import Mapping
from typing import Final

from tocsin.filing.holding import CYBERTIPLINE_FINISHED, NCA_REPORT_SENT, Change, DestructionState
from tocsin.law.model import Purpose
from tocsin.web.console.texts import marked as _

PURPOSES: Final[Mapping[Purpose, str]] = {
    Purpose.CONTENT: _("the content and what was submitted with it"),
    Purpose.REPORT: _("what was told the authority"),
    Purpose.REFERENCE: _("the reference of the report"),
}
CHANGES: Final[Mapping[Change, str]] = {
    Change.EXTENDED: _("keeps it longer"),
    Change.RENEWED: _("renewed it by its rule"),
    Change.RECKONED: _("had its ends worked out again"),
    Change.RELEASED: _("released it"),
}
DESTRUCTIONS: Final[Mapping[DestructionState, str]] = {
    DestructionState.ASKED: _("waits for a second person"),
    DestructionState.CONFIRMED: _("about to be done"),
    DestructionState.DESTROYED: _("destroyed"),
    DestructionState.WITHDRAWN: _("taken back"),
    DestructionState.REFUSED: _("not done: something came up"),
}
TRIGGERS: Final[Mapping[str, str]] = {
    CYBERTIPLINE_FINISHED: _("the CyberTipline has taken a report"),
    NCA_REPORT_SENT: _("a report was sent to the NCA"),
}
"""Events that begin a hold; others are shown as rules name them."""
