"""What commands exit with; `tocsin --help` lists them."""

from typing import Final

MATCHED: Final = 1
NOT_UNDERSTOOD: Final = 2
REFUSED: Final = 3
"""Done, but something was refused or set aside."""
FAILED: Final = 4
"""Could not be done."""
INTERRUPTED: Final = 130
