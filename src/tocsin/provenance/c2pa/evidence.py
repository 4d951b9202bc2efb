"""What evidence items on C2PA manifests have in common."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.c2pa.manifests import Manifest
from tocsin.provenance.c2pa.standing import Standing, Tier
from tocsin.provenance.model import Fingerprint, FingerprintKind, Strength, Subject
from tocsin.provenance.texts import quoted, shortened

if TYPE_CHECKING:
    from tocsin.media.containers import Segment
    from tocsin.provenance.c2pa.manifests import Family, Role
    from tocsin.provenance.c2pa.raw import Store
    from tocsin.provenance.c2pa.reader import Reading
    from tocsin.provenance.model import Place
    from tocsin.provenance.opened import Opened
    from tocsin.provenance.trust.model import Product, Trust

LOWER: Final = {Strength.S5: Strength.S4, Strength.S4: Strength.S3}
"""What a statement deserves for which the signer does not vouch."""
GATHERED: Final = "The signer gathered this statement and does not vouch for it."
RELATIONS: Final = {
    "parentOf": "what the file was made from",
    "componentOf": "a part that was put into the file",
    "inputTo": "an input to what made the file",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All there is to make items of."""

    file: "Opened"
    reading: "Reading"
    relatives: "Family"
    of: "dict[str, Standing]"
    store: "Store | None"
    trust: "Trust"

    def where(self, text: str | None, label: str) -> "tuple[Segment | Place, ...]":
        """Where a manifest says this, or where the manifest is."""
        return self.store.where(text or "", label) if self.store else ()

    def product(self, manifest: Manifest) -> "Product | None":
        """The product that signed a manifest, where its signer is trusted."""
        if self.of[manifest.label].tier is not Tier.TRUSTED:
            return None
        return self.trust.product(manifest.signer.common_name, manifest.signer.organization)


def teller(evidence: Evidence, manifest: Manifest, role: "Role") -> str:
    """The manifest as the beginning of a sentence."""
    active = manifest.label == evidence.reading.active
    name = "the manifest" if active else f"the manifest of {_ingredient_name(role)}"
    if evidence.of[manifest.label].tier is Tier.BROKEN:
        return f"unverified text found in a broken manifest: {name}"
    return name


def remarks(evidence: Evidence, manifest: Manifest, *, vouched: bool = True) -> tuple[str, ...]:
    """What is to be kept in mind of a manifest; of the active one its signature's item says it."""
    standing = evidence.of[manifest.label]
    gathered = () if vouched or standing.tier is Tier.BROKEN else (GATHERED,)
    return gathered + (() if manifest.label == evidence.reading.active else standing.remarks)


def _ingredient_name(role: "Role") -> str:
    if role.ingredient is None:
        return "something that nothing else in the file refers to"
    title = quoted(role.ingredient.title) if role.ingredient.title.strip() else "a file without a name"
    return f"{title} ({RELATIONS.get(role.ingredient.relation, 'an ingredient')})"


def signer_of(manifest: Manifest) -> str:
    """Whom the certificate names, for a sentence."""
    signer = manifest.signer
    return quoted(str(signer)) if signer.common_name or signer.organization else str(signer)


def subject(manifest: Manifest, tool: str | None, tool_version: str | None) -> Subject:
    """Whom and what an item on a manifest names."""
    return Subject(
        tool=shortened(tool) if tool else None,
        version=shortened(tool_version) if tool_version else None,
        vendor=shortened(manifest.signer.organization) if manifest.signer.organization else None,
        signer=shortened(str(manifest.signer)),
    )


def fingerprints(manifest: Manifest) -> tuple[Fingerprint, ...]:
    """What links files of one signer, and copies of one file."""
    signer, found = manifest.signer, []
    if signer.serial:
        value = f"{signer.serial} {signer.common_name or ''}/{signer.organization or ''}"
        found.append(Fingerprint(FingerprintKind.SIGNER, value))
    if manifest.instance:
        found.append(Fingerprint(FingerprintKind.JOB, manifest.instance))
    return tuple(found)
