"""What commits together: a state change, its ledger row and the job it causes (design invariant 7)."""

from contextlib import AbstractContextManager
from typing import Protocol


class Transactions(Protocol):
    """The transactions of one database, which every store over that database takes part in."""

    def writing(self) -> AbstractContextManager[None]:
        """A transaction of this thread: durable when the block ends, without any effect when it raises.

        Inside another one it is part of that one. Whoever writes is alone: writers wait for each other, on
        SQLite and on PostgreSQL, so that what is read inside does not change meanwhile.
        """
        ...

    def reading(self) -> AbstractContextManager[None]:
        """A transaction of this thread that sees one state of the database; inside another, that one's."""
        ...
