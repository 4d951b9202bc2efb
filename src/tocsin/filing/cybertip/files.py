"""What is said of a file: a placeholder until its model is here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileDetails:
    """`<fileDetails>`."""
