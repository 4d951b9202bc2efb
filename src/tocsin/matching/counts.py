"""What a scan comes to: how many contents matched, did not, or could not be examined."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.hashing.signals import SignalType
from tocsin.matching.scan import Scanned

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


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

    @property
    def refused(self) -> int:
        """Contents that could not be examined, or not to the end."""
        return self.refusals.total()

    def add(self, scanned: Scanned) -> None:
        """Count one more."""
        self.contents += 1
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
        }
