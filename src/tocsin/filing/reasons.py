"""Reasons that people give for what they do here: kept, and read by others."""

from typing import Final

from tocsin.banks.batch import check_texts
from tocsin.filing.errors import InvalidReasonError

LONGEST_REASON: Final = 2000
"""Characters."""


def check_reason(reason: str) -> None:
    """Raise InvalidReasonError, or InvalidTextError, unless it says something and can be kept."""
    check_texts([reason])
    if not reason.strip() or len(reason) > LONGEST_REASON:
        message = f"a reason is needed, of at most {LONGEST_REASON:,} characters"
        raise InvalidReasonError(message)
