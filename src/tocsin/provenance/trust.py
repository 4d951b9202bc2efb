"""Whose signatures are trusted: lists that the operator imported. Nothing is fetched, nothing is built in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trust:
    """Trust lists as a reader of C2PA needs them."""
