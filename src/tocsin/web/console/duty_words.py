"""What the page of duties says in words: one text for each value that our own code knows."""

from collections.abc import Mapping
from typing import Final

from tocsin.law.owing import State
from tocsin.web.console.texts import marked as _

STATES: Final[Mapping[State, str]] = {
    State.OWED: _("Owed"),
    State.UNDETERMINED: _("Open: something that could decide it is not known"),
    State.SATISFIED: _("Met"),
    State.NOT_APPLICABLE: _("Does not apply"),
}
