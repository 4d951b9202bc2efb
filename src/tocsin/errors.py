"""Errors a caller can act on: one root class, a stable code, a sentence and a piece of advice each."""

from dataclasses import dataclass
from typing import ClassVar, Self


class Error(Exception):
    """Root of every error this package raises on purpose.

    A subclass states its `code` (stable, part of the interface), its `advice` (what to do about it) and, as
    its docstring, the sentence used when the place that raises it has nothing more precise to say.
    """

    code: ClassVar[str] = "internal"
    advice: ClassVar[str] = "Please report this with the command you ran."

    def __init__(self, message: str | None = None) -> None:
        """Use the first line of the docstring unless a more precise `message` is given."""
        super().__init__(message or (type(self).__doc__ or type(self).__name__).strip().splitlines()[0])

    @property
    def message(self) -> str:
        """The sentence a person reads."""
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record or file was set aside while the rest went on (design invariant 8)."""

    code: str
    message: str
    advice: str

    @classmethod
    def of(cls, error: Error) -> Self:
        """The refusal that records `error`."""
        return cls(error.code, error.message, error.advice)

    def to_json(self) -> dict[str, str]:
        """The documented shape: code, message and advice."""
        return {"code": self.code, "message": self.message, "advice": self.advice}


class UsageError(Error):
    """The command or call does not make sense as given."""

    code = "usage"
    advice = "Run the command with --help to see what it takes."
