"""What commands exit with; `tocsin --help` lists them."""

from typing import Final

MATCHED: Final = 1
NOT_UNDERSTOOD: Final = 2
REFUSED: Final = 3
"""Done, but something was refused or set aside."""
FAILED: Final = 4
"""Could not be done."""
BROKEN: Final = 5
"""Verified, and some of the evidence is not what it was."""
INTERRUPTED: Final = 130
