"""The report: a placeholder until its model is here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """`<report>`."""
