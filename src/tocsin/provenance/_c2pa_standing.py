"""How far each manifest of a store can be relied on.

The reader judges the active manifest. Of the manifests of ingredients it tells only what their signer did not
record already, and whoever signs a file records what they like: a made-up camera picture as ingredient, its
failures recorded, leaves the file Trusted without a word. So each of them is read once more as if it were
the active one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tocsin.provenance._c2pa_certificates import pinned_subject
from tocsin.provenance._c2pa_reader import Reading, read_store
from tocsin.provenance._trust_model import Anchors, Kind, Trust
from tocsin.provenance.rules import document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.provenance._c2pa_manifests import Family, Manifest, Role
    from tocsin.provenance._c2pa_raw import Store

MAX_READ_AGAIN: Final = 16
"""Manifests of ingredients that are read once more."""
MAX_STORE_READ_AGAIN: Final = 16 << 20
_UNTRUSTED: Final = "signingCredential.untrusted"
_TRUSTED: Final = "signingCredential.trusted"
_VALIDATED: Final = "claimSignature.validated"


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
        return Standing(weaker, self.known_by, self.failures, (*self.remarks, remark))


@dataclass(frozen=True, slots=True)
class Standings:
    """Of all manifests of a store, by label."""

    of: "Mapping[str, Standing]"
    not_read_again: int = 0
    """Manifests of ingredients whose signers could not be looked at."""


def standings(reading: Reading, relatives: "Family", store: "Store | None", trust: Trust | None) -> Standings:
    """How far each of the manifests can be relied on."""
    judge = _Judge(reading, store, trust)
    found: dict[str, Standing] = {}
    read_again = not_read = 0
    for manifest in relatives.manifests:
        role = relatives.roles[manifest.label]
        if manifest.label == reading.active:
            found[manifest.label] = judge.active(manifest)
        elif role.above is None or role.above not in found:
            remark = "Nothing in the file refers to this manifest, so anybody may have put it there."
            found[manifest.label] = Standing(Tier.BROKEN, remarks=(remark,))
        else:
            again = judge.read_again(manifest.label) if read_again < MAX_READ_AGAIN else None
            read_again += 1
            not_read += again is None
            found[manifest.label] = judge.ingredient(manifest, role, again).under(found[role.above])
    return Standings(found, not_read)


@dataclass(frozen=True, slots=True)
class _Judge:
    reading: Reading
    store: "Store | None"
    trust: Trust | None

    def active(self, manifest: "Manifest") -> Standing:
        """The standing of the active manifest, as the reader has it."""
        reading = self.reading
        if reading.state == "Invalid" or _VALIDATED not in reading.success:
            inside = frozenset().union(*reading.ingredient_failures.values())
            failures = reading.failure - {_UNTRUSTED} or inside
            return Standing(Tier.BROKEN, failures=tuple(sorted(failures)))
        return self._known(reading, manifest)

    def read_again(self, label: str) -> Reading | None:
        """What the reader says of this manifest as the active one; None if it cannot be asked."""
        store = self.store
        if store is None or label not in store.manifests or len(store.data) > MAX_STORE_READ_AGAIN:
            return None
        found = read_store(store.with_active(label), self.trust)
        return found if isinstance(found, Reading) and found.active == label else None

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
            remark = "Its signature was not checked by itself."
            tier = Tier.BROKEN if failures else Tier.SELF_DECLARED
            return Standing(tier, failures=tuple(sorted(failures)), remarks=(remark,))
        failures |= again.failure - of_the_file - {_UNTRUSTED}
        if failures or _VALIDATED not in again.success:
            return Standing(Tier.BROKEN, failures=tuple(sorted(failures)))
        return self._known(again, manifest)

    def _known(self, reading: Reading, manifest: "Manifest") -> Standing:
        """The standing of a manifest whose signature holds, by the list that knows its signer."""
        known_by = self.trust.list_at(reading.signer_list) if self.trust else None
        if known_by is None or _TRUSTED not in reading.success:
            return Standing(Tier.SELF_DECLARED, failures=(_UNTRUSTED,))
        if known_by.kind is Kind.C2PA:
            return Standing(Tier.TRUSTED, known_by)
        signer = manifest.signer
        pin = pinned_subject(self._bytes(manifest.label), known_by, signer.organization, signer.serial)
        if known_by.kind is Kind.LEGACY and pin:
            return Standing(Tier.PINNED, known_by, remarks=(f"Pinned subject: {pin}.",))
        remark = f"Legacy list {known_by.name} knows the authority, but this subject is not pinned with it."
        return Standing(Tier.SELF_DECLARED, failures=(_UNTRUSTED,), remarks=(remark,))

    def _bytes(self, label: str) -> bytes:
        if self.store is None:
            return b""
        start, end = self.store.manifests.get(label, (0, 0))
        return self.store.data[start:end]
