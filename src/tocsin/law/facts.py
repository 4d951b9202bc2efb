"""The facts that rules speak of: what a person can observe, in three values.

They are neutral to any law. No scheme's label is one of them: labels stand beside, untouched (invariant 2).
"""

from collections.abc import Mapping
from enum import StrEnum


class Value(StrEnum):
    """What somebody says of a fact. Nobody having said anything is not a value: the fact is absent."""

    YES = "yes"
    NO = "no"
    UNDETERMINED = "undetermined"


class Fact(StrEnum):
    """Something to be observed of a content."""

    PRESENT_DANGER = "present_danger"
    """A child may be in danger now."""
    REAL_CHILD = "real_child"
    """A real child is depicted."""
    IDENTIFIABLE_CHILD = "identifiable_child"
    """A child could be recognised: by face, likeness or another mark (18 USC 2256(9))."""
    REAL_ALTERED = "real_altered"
    """Real material was altered."""
    FULLY_SYNTHETIC = "fully_synthetic"
    """Nothing in it was recorded by a camera."""
    PHOTOREALISTIC = "photorealistic"
    """It gives the impression of a photograph or film."""
    DRAWING = "drawing"
    """It is a drawing, a cartoon or computer graphics that nobody takes for a photograph."""
    SELF_GENERATED = "self_generated"
    """Whoever is depicted made it."""
    KNOWN_SERIES = "known_series"
    """It belongs to a series that is known."""
    VICTIM_IDENTIFIED = "victim_identified"
    """Whoever is depicted has been identified."""


class AgeBand(StrEnum):
    """Apparent age, in the bands that the IWF publishes."""

    TODDLER = "0-2"
    YOUNG = "3-6"
    CHILD = "7-10"
    EARLY_TEEN = "11-13"
    TEEN = "14-15"
    OLDER_TEEN = "16-17"
    ADULT = "18+"


class About(StrEnum):
    """Something about an organisation, or about what a case holds, that duties depend on."""

    JURISDICTIONS = "jurisdictions"
    """Whose reporting law binds the organisation."""
    SERVICES = "services"
    """What it provides."""
    ESTABLISHED_IN = "established_in"
    LINKED_TO = "linked_to"
    """The countries that the content of the case is linked to."""
    CASE = "case"
    """What is on record: `url`."""


Facts = Mapping[Fact, Value]
"""What is held of one content at present."""
Circumstances = Mapping[About, frozenset[str]]
"""What is known of an organisation and a case; what is absent is not known."""
