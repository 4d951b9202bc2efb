"""How far each manifest of a store can be relied on.

The reader judges the active manifest. Of the manifests of ingredients it tells only what their signer did not
record already, and whoever signs a file records what they like: a made-up camera picture as ingredient, its
failures recorded, leaves the file Trusted without a word. So each of them is read once more as if it were
the active one.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tocsin.provenance.c2pa.certificates import known_signer
from tocsin.provenance.c2pa.reader import Reading, read_store
from tocsin.provenance.rules import document
from tocsin.provenance.trust.model import Anchors, Kind, Trust

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.provenance.c2pa.manifests import Family, Manifest, Role
    from tocsin.provenance.c2pa.raw import Store

MAX_READ_AGAIN: Final = 16
"""Manifests of ingredients that are read once more."""
MAX_STORE_READ_AGAIN: Final = 16 << 20
"""Bytes of such a manifest with all that went into it."""
_UNTRUSTED: Final = "signingCredential.untrusted"
_TRUSTED: Final = "signingCredential.trusted"
_VALIDATED: Final = "claimSignature.validated"
_EXPIRED: Final = "signingCredential.expired"
_STAMP_TRUSTED: Final = "timeStamp.trusted"
_INVALID: Final = "Invalid"
_NO_REASON: Final = ("the reader calls it invalid",)
_STRAY: Final = "Nothing in the file refers to this manifest, so anybody may have put it there."
_OTHER_LIST: Final = "The reader knows an authority above the signer, but not from a list of signers."
_NOT_CHECKED: Final = "Its signature was not checked by itself."


class Tier(StrEnum):
    """How far a manifest can be relied on, furthest first."""

    TRUSTED = "trusted"
    """Its signer is on an imported C2PA trust list."""
    PINNED = "pinned"
    """Its signer is on a legacy list and has a subject that was pinned with it."""
    SELF_DECLARED = "self_declared"
    """The signature holds, and anybody could have made it."""
    BROKEN = "broken"
    """It does not hold, or nothing that holds refers to it."""


_ORDER: Final = tuple(Tier)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one manifest can be relied on, and why not further."""

    tier: Tier
    known_by: Anchors | None = None
    failures: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    stamped: bool = False
    """Whether an authority on an imported list stamped the time of the signature."""

    @property
    def altered(self) -> bool:
        """Whether bytes are not the ones that were signed."""
        return any(code in document("c2pa")["altered"]["codes"] for code in self.failures)

    def under(self, above: "Standing") -> "Standing":
        """As far as what refers to it can be relied on, too: it says that this went into the file."""
        weaker = max(self.tier, above.tier, key=_ORDER.index)
        if weaker is self.tier:
            return self
        remark = f"The manifest itself is {self.tier.value.replace('_', '-')}; what refers to it is less."
        return replace(self, tier=weaker, remarks=(*self.remarks, remark))


@dataclass(frozen=True, slots=True)
class Standings:
    """Of all manifests of a store, by label."""

    of: "Mapping[str, Standing]"
    not_read_again: int = 0
    """Manifests of ingredients whose signers could not be looked at."""


def official(trust: Trust) -> tuple[Anchors, ...]:
    """The lists to read a file with: of known signers, and of time stamps, which outlast certificates."""
    return trust.of_kind(Kind.C2PA, Kind.TSA)


def standings(reading: Reading, relatives: "Family", store: "Store | None", trust: Trust) -> Standings:
    """How far each of the manifests can be relied on; `reading` was made with the lists of `official`."""
    judge = _Judge(reading, relatives, store, trust)
    found: dict[str, Standing] = {}
    read_again = not_read = 0
    for manifest in relatives.manifests:
        role = relatives.roles[manifest.label]
        if manifest.label == reading.active:
            found[manifest.label] = judge.active(manifest)
        elif role.above is None or role.above not in found:
            found[manifest.label] = Standing(Tier.BROKEN, remarks=(_STRAY,))
        else:
            more = read_again < MAX_READ_AGAIN
            again = judge.read_again(manifest.label, official(trust)) if more else None
            read_again += 1
            not_read += again is None
            found[manifest.label] = judge.ingredient(manifest, role, again).under(found[role.above])
    return Standings(found, not_read)


@dataclass(frozen=True, slots=True)
class _Judge:
    reading: Reading
    relatives: "Family"
    store: "Store | None"
    trust: Trust

    def active(self, manifest: "Manifest") -> Standing:
        """The standing of the active manifest, as the reader has it."""
        reading = self.reading
        failures = reading.failure - {_UNTRUSTED}
        if reading.state == _INVALID and not failures:
            failures = frozenset(_NO_REASON).union(*reading.ingredient_failures.values()) - {_UNTRUSTED}
        return self._standing(manifest, reading, failures)

    def ingredient(self, manifest: "Manifest", role: "Role", again: Reading | None) -> Standing:
        """The standing of an ingredient's manifest.

        Its hash over its own file cannot be checked, as that is not at hand; what its signer recorded of
        it counts instead, if it is a failure.
        """
        of_the_file = frozenset(document("c2pa")["altered"]["of_the_file"])
        recorded = role.ingredient.recorded_failures if role.ingredient else frozenset()
        failures = recorded & of_the_file
        for address, codes in self.reading.ingredient_failures.items():
            if manifest.label in address:
                failures |= codes - {_UNTRUSTED}
        if again is None:
            tier = Tier.BROKEN if failures else Tier.SELF_DECLARED
            return Standing(tier, failures=_sorted(failures), remarks=(_NOT_CHECKED,))
        failures |= again.failure - of_the_file - {_UNTRUSTED}
        return self._standing(manifest, again, failures)

    def read_again(self, label: str, anchors: tuple[Anchors, ...]) -> Reading | None:
        """What the reader says of this manifest as the active one; None if it cannot be asked."""
        if self.store is None or label not in self.store.manifests:
            return None
        content = self.store.with_active(label, self.relatives.below(label))
        if len(content) > MAX_STORE_READ_AGAIN:
            return None
        found = read_store(content, anchors)
        return found if found and found.active == label else None

    def _standing(self, manifest: "Manifest", reading: Reading, failures: frozenset[str]) -> Standing:
        stamped = self._stamped(manifest, reading)
        if failures or _VALIDATED not in reading.success or stamped is None:
            failures = failures or frozenset({_EXPIRED})
            return Standing(Tier.BROKEN, failures=_sorted(failures), stamped=bool(stamped))
        return replace(self._known(manifest, reading), stamped=stamped)

    def _stamped(self, manifest: "Manifest", reading: Reading) -> bool | None:
        """Whether a listed authority stamped its time.

        None where only another's stamp keeps its certificate from being expired: the reader counts stamps by
        any authority on any list.
        """
        if _STAMP_TRUSTED not in reading.success or manifest.signer.time is None:
            return False
        found = self.read_again(manifest.label, self.trust.of_kind(Kind.TSA))
        if found is None or _STAMP_TRUSTED in found.success:
            return found is not None
        return None if _EXPIRED in found.failure else False

    def _known(self, manifest: "Manifest", reading: Reading) -> Standing:
        """The standing of a manifest whose signature holds, by the list that knows its signer."""
        if _TRUSTED not in reading.success:
            return self._legacy(manifest)
        known = known_signer(self._bytes(manifest.label), manifest.signer, self.trust.of_kind(Kind.C2PA))
        if known:
            return Standing(Tier.TRUSTED, known.known_by)
        found = self._legacy(manifest)
        return found if found.remarks else replace(found, remarks=(_OTHER_LIST,))

    def _legacy(self, manifest: "Manifest") -> Standing:
        lists = self.trust.of_kind(Kind.LEGACY)
        anchors = (*lists, *self.trust.of_kind(Kind.TSA))
        found = self.read_again(manifest.label, anchors) if lists else None
        if found is None or _TRUSTED not in found.success:
            return Standing(Tier.SELF_DECLARED)
        known = known_signer(self._bytes(manifest.label), manifest.signer, lists)
        if known is None:
            return Standing(Tier.SELF_DECLARED)
        if pin := known.pin(manifest.signer.organization):
            return Standing(Tier.PINNED, known.known_by, remarks=(f"Pinned subject: {pin}.",))
        name = known.known_by.name
        remark = f"Legacy list {name} knows the authority, but this subject is not pinned with it."
        return Standing(Tier.SELF_DECLARED, remarks=(remark,))

    def _bytes(self, label: str) -> bytes:
        if self.store is None:
            return b""
        start, end = self.store.manifests.get(label, (0, 0))
        return self.store.data[start:end]


def _sorted(codes: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(codes))
