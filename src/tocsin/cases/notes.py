"""Notes that people write in review, and refusing what cannot be recorded."""

from typing import Final, NoReturn

from tocsin.banks.batch import check_texts
from tocsin.cases.errors import InvalidObservationError

LONGEST_NOTE: Final = 4000
"""Characters."""


def check_notes(*notes: str) -> None:
    """Raise InvalidObservationError, or InvalidTextError, unless each can be kept."""
    check_texts(notes)
    if any(len(note) > LONGEST_NOTE for note in notes):
        refuse(f"a note or reason has at most {LONGEST_NOTE:,} characters")


def refuse(message: str) -> NoReturn:
    """Raise InvalidObservationError."""
    raise InvalidObservationError(message)
