"""What a scan comes to: how many contents matched, did not, or could not be examined."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from tocsin.hashing.signals import SignalType
from tocsin.matching.scan import Scanned
from tocsin.provenance.answer import Explanation
from tocsin.provenance.model import DerivationKind, Direction
from tocsin.provenance.triage import Reason

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


_ADAPTERS = {DerivationKind.ADAPTER, DerivationKind.EMBEDDING}


@dataclass(slots=True)
class OriginCounts:
    """Counts of contents by what was found of their origin; one content may count in several."""

    looked_for: int = 0
    """Contents in which signs of origin were looked for."""
    derived: int = 0
    """With signs that something real went in, so that a real person may be depicted."""
    adapters_alone: int = 0
    """Of these: where a LoRA or an embedding is all that says so."""
    captured: int = 0
    generated: int = 0
    """In whole or in part."""
    contradicted: int = 0
    unread: int = 0
    """A reader failed, so more may be there."""

    def add(self, explanation: Explanation) -> None:
        """Count one more."""
        leanings = {item.leans for item in explanation.items}
        self.looked_for += 1
        derived = any(one.reason is Reason.MAY_DEPICT_A_PERSON for one in explanation.raises)
        kinds = {sign.kind for sign in explanation.derivation}
        self.derived += derived
        self.adapters_alone += derived and kinds <= _ADAPTERS and Direction.PARTLY_GENERATED not in leanings
        self.captured += Direction.CAPTURED in leanings
        self.generated += any(one.artificial for one in leanings)
        self.contradicted += bool(explanation.contradictions)
        self.unread += bool(explanation.failed)

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return asdict(self)


@dataclass(slots=True)
class ScanCounts:
    """Counts of contents: files, and the members of archives."""

    contents: int = 0
    recalled: int = 0
    """Not read again, because they had not changed since an earlier scan."""
    matched: int = 0
    suppressed: int = 0
    """With suppressed matches only."""
    unmatched: int = 0
    """Examined to the end as far as they can be, and nothing is known about them."""
    too_plain: int = 0
    """Of the unmatched: pictures with a view too plain to be compared by PDQ with each bank."""
    digests_only: int = 0
    """Of the unmatched: no pictures, so that nothing but their digests was compared."""
    bytes: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """By code. A content that was refused in part may have matched as well."""

    origin: "OriginCounts | None" = None
    """Where signs of origin were looked for."""

    @property
    def refused(self) -> int:
        """Contents that could not be examined, or not to the end."""
        return self.refusals.total()

    def add(self, scanned: Scanned) -> None:
        """Count one more."""
        self.contents += 1
        if (explanation := scanned.explanation) is not None:
            self.origin = self.origin or OriginCounts()
            self.origin.add(explanation)
        self.recalled += scanned.recalled
        self.bytes += scanned.content.size
        if scanned.content.refused is not None:
            self.refusals[scanned.content.refused.code] += 1
        if scanned.matches.matches:
            self.matched += 1
        elif scanned.matches.suppressed:
            self.suppressed += 1
        elif scanned.content.refused is None:
            self.unmatched += 1
            self.too_plain += bool(scanned.matches.too_plain)
            self.digests_only += not any(signal.type is SignalType.PDQ for signal in scanned.content.signals)

    def to_json(self) -> "JsonObject":
        """The documented shape of a scan's last object."""
        return {
            "contents": self.contents,
            "recalled": self.recalled,
            "matched": self.matched,
            "suppressed": self.suppressed,
            "unmatched": self.unmatched,
            "too_plain": self.too_plain,
            "digests_only": self.digests_only,
            "refused": self.refused,
            "refusals": dict(self.refusals),
            "bytes": self.bytes,
            "origin": None if self.origin is None else self.origin.to_json(),
        }
