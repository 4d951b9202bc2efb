"""What a draft says of each file, and which files it has.

Of what is in a file nothing is said that no person has recorded in those words: no annotation is worked out
from a match, a label, or a sign of origin.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tocsin.cases.model import Observation
from tocsin.filing.cybertip.accounts import IpCaptureEvent
from tocsin.filing.cybertip.files import (
    Details,
    FileAnnotations,
    FileDetails,
    NameValuePair,
    OriginalFileHash,
)
from tocsin.filing.cybertip.happenings import UPLOADED, Happened, event_of_file, time_named
from tocsin.filing.cybertip.material import Material
from tocsin.filing.cybertip.noting import Noted, as_url, clean, text_in
from tocsin.filing.cybertip.telling import matches_told, signs_told
from tocsin.filing.cybertip.values import DetailsType, FileRelevance, IndustryClassification
from tocsin.filing.draft import DraftFile, Source
from tocsin.filing.model import Kind
from tocsin.filing.record import ContentRecord
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.law.facts import AgeBand, Fact, Value

if TYPE_CHECKING:
    from tocsin.provenance.model import Finding

MOST_FILES: Final = 500
BENIGN: Final = frozenset(
    {
        ("iccam:2024", "not-illegal"),
        ("vics-us:2.0", "0"),
        ("vics-us-dhs:1", "5"),
        ("vics-uk:1.2", "8"),
        ("vics-au:2024", "4"),
    }
)
"""Codes by which somebody says that a content is nothing to report (law/data/interchange.toml)."""
_LONGEST_NAME: Final = 2056
_LONGEST_PAIR: Final = 64
_INDUSTRY: Final = "ncmec:"
_TYPES: Final = {SignalType.MD5: "MD5", SignalType.SHA1: "SHA1", SignalType.SHA256: "SHA256"}


def files(material: Material, events: Sequence[Happened], noted: Noted) -> tuple[DraftFile, ...]:
    """The files of a draft, in the order of the case, those to be reported first if there are too many."""
    if material.kind is Kind.TEXT:
        return ()
    wanted = [(one, why_not(one, material)) for one in material.contents]
    if len(wanted) > MOST_FILES:
        noted.out(
            f"the account has {len(wanted):,} files in this case; {MOST_FILES} are in the report: "
            "report the others in a follow-up"
        )
        wanted = sorted(wanted, key=lambda one: one[1] is not None)[:MOST_FILES]
    first = next((one for one, why in wanted if why is None), None)
    made = []
    for place, (content, why) in enumerate(wanted, 1):
        path = f"file[{place}]"
        second = False
        if why is not None:
            noted.of(f"{path}/include", *why)
        elif second := material.kind is Kind.BATCHED and content is not first:
            noted.of(f"{path}/include", Source.NODE, "a batched report has one file")
        details = _batched(material, noted, path) or _details(content, material, events, noted, path)
        include = why is None and not second
        made.append(DraftFile(place, content.sha256, content.size, details, include))
    return tuple(made)


def why_not(content: ContentRecord, material: Material) -> tuple[Source, str] | None:
    """Why a content is not to be reported by itself: somebody recorded that it is nothing to report."""
    if content.sha256 in material.reported:
        return Source.FILING, "reported before"
    benign = said_benign(content)
    return None if benign is None else (Source.OBSERVATION, f"observation:{benign.id}")


def said_benign(content: ContentRecord) -> Observation | None:
    """By which somebody recorded that a content is nothing to report."""
    for one in content.observations:
        said = one.observed
        if said.age is AgeBand.ADULT or (said.scheme, said.code) in BENIGN:
            return one
    return None


def _batched(material: Material, noted: Noted, path: str) -> FileDetails | None:
    """What a batched report takes: its one file is annotated, and next to nothing else is said of it."""
    if material.kind is not Kind.BATCHED:
        return None
    noted.of(f"{path}/fileAnnotations/viral", Source.PERSON, material.author)
    return FileDetails(file_annotations=FileAnnotations(viral=True))


def _details(
    content: ContentRecord, material: Material, events: Sequence[Happened], noted: Noted, path: str
) -> FileDetails:
    seen = material.seen.get(content.sha256)
    if seen is not None:
        looks = ", ".join(f"look:{one.id}" for one in seen.looks[:5]) or "no look"
        noted.of(f"{path}/fileViewedByEsp", Source.VIEWING, looks)
        noted.of(f"{path}/exifViewedByEsp", Source.VIEWING, looks)
    noted.of(f"{path}/fileRelevance", Source.NODE)
    time = time_named(material.submissions_of(content), UPLOADED, material.now, noted)
    if time is not None:
        noted.of(f"{path}/uploadedToEspTimestamp", Source.SUBMISSION, f"submission:{time.submission}")
    return FileDetails(
        original_file_name=_name(content, material, noted, path),
        uploaded_to_esp_timestamp=None if time is None else time.time,
        location_of_file=_place(content, material, noted, path),
        file_viewed_by_esp=None if seen is None else seen.said.file,
        exif_viewed_by_esp=None if seen is None else seen.said.metadata,
        publicly_available=_public(content, material, noted, path),
        file_relevance=FileRelevance.REPORTED,
        file_annotations=_annotations(content, noted, path),
        industry_classification=_industry(content, material, noted, path),
        original_file_hash=_hashes(content, noted, path),
        ip_capture_event=_event(content, material, events, noted, path),
        details=_pairs(content, material, noted, path),
        additional_info=_info(content, material, noted, path),
    )


def _name(content: ContentRecord, material: Material, noted: Noted, path: str) -> str:
    """The name that the submitter says it had: the end of a URL is not one."""
    for one in material.submissions_of(content):
        given = one.context.given or {}
        extra = given.get("extra")
        name = text_in(given, "file_name") or text_in(extra, "file_name") or text_in(extra, "filename")
        if name:
            noted.of(f"{path}/originalFileName", Source.SUBMISSION, f"submission:{one.id}")
            return noted.fitting(name, _LONGEST_NAME, f"{path}: its name")
    return ""


def _place(content: ContentRecord, material: Material, noted: Noted, path: str) -> str:
    for one in material.submissions_of(content):
        url = as_url(one.context.url)
        if url:
            noted.of(f"{path}/locationOfFile", Source.SUBMISSION, f"submission:{one.id}")
            return url
        if one.context.url.strip():
            noted.out(f"{path}: the URL of submission {one.id} is none that the report takes")
    return ""


def _public(content: ContentRecord, material: Material, noted: Noted, path: str) -> bool | None:
    for one in material.submissions_of(content):
        extra = (one.context.given or {}).get("extra")
        told = extra.get("publicly_available") if isinstance(extra, dict) else None
        if isinstance(told, bool):
            noted.of(f"{path}/publiclyAvailable", Source.SUBMISSION, f"submission:{one.id}")
            return told
    return None


def _annotations(content: ContentRecord, noted: Noted, path: str) -> FileAnnotations | None:
    """Those that a person has recorded in these words."""
    artificial = _observed(content, Fact.FULLY_SYNTHETIC) or _observed(content, Fact.REAL_ALTERED)
    own = _observed(content, Fact.SELF_GENERATED)
    for one, name in ((artificial, "generativeAi"), (own, "possibleSelfProduction")):
        if one is not None:
            noted.of(f"{path}/fileAnnotations/{name}", Source.OBSERVATION, f"observation:{one.id}")
    if artificial is None and own is None:
        return None
    return FileAnnotations(generative_ai=artificial is not None, possible_self_production=own is not None)


def _observed(content: ContentRecord, fact: Fact) -> Observation | None:
    """The observation that says yes to a fact."""
    return next(
        (
            one
            for one in content.observations
            if one.observed.fact is fact and one.observed.value is Value.YES
        ),
        None,
    )


def _industry(
    content: ContentRecord, material: Material, noted: Noted, path: str
) -> IndustryClassification | None:
    codes = {one.value for one in IndustryClassification}
    for one in content.observations:
        if one.observed.scheme.startswith(_INDUSTRY) and one.observed.code in codes:
            if not material.organisation.industry_classification:
                noted.out("industry classifications are not said: [filing] industry_classification is off")
                return None
            noted.of(f"{path}/industryClassification", Source.OBSERVATION, f"observation:{one.id}")
            return IndustryClassification(one.observed.code)
    return None


def _hashes(content: ContentRecord, noted: Noted, path: str) -> tuple[OriginalFileHash, ...]:
    """Digests of the file as it was submitted, and its PDQ as most tools make it."""
    signals = content.content.signals if content.content is not None else ()
    found = {SignalType.SHA256: content.sha256.hex()}
    for one in signals:
        if one.type.exact:
            found.setdefault(one.type, one.hex)
    noted.of(f"{path}/originalFileHash", Source.CONTENT)
    made = [OriginalFileHash(found[kind], name) for kind, name in _TYPES.items() if kind in found]
    pdq = next((one for one in _own_pdqs(signals) if one.dialect is not Dialect.SQUASH512), None)
    if pdq is not None:
        made.append(OriginalFileHash(pdq.hex, "PDQ"))
    return tuple(made)


def _own_pdqs(signals: Sequence[Signal]) -> list[Signal]:
    """The upright PDQ hashes of the first view: of the picture as it is."""
    upright = [
        one
        for one in signals
        if one.type is SignalType.PDQ and one.orientation in {None, Orientation.UPRIGHT}
    ]
    return [one for one in upright if one.view == upright[0].view]


def _event(
    content: ContentRecord, material: Material, events: Sequence[Happened], noted: Noted, path: str
) -> IpCaptureEvent | None:
    """At most one: the schema takes no more, and the others stand with the account."""
    ids = [one.id for one in material.submissions_of(content)]
    found = event_of_file(events, ids)
    if found is None:
        return None
    told = next(one for one in ids if one in found.submissions)
    noted.of(f"{path}/ipCaptureEvent", Source.SUBMISSION, f"submission:{told}")
    return found.event


def _pairs(content: ContentRecord, material: Material, noted: Noted, path: str) -> tuple[Details, ...]:
    noted.of(f"{path}/details", Source.CONTENT)
    made = []
    exif = material.exif.get(content.sha256)
    if exif is not None and exif.left_out:
        count = "1 more value" if exif.left_out == 1 else f"{exif.left_out:,} more values"
        noted.out(f"{path}: {count} of its EXIF left in the file only, long texts among them")
    if exif is not None and exif.read:
        pairs = tuple(
            NameValuePair(clean(name)[:_LONGEST_PAIR], clean(value))
            for name, value in exif.read
            if clean(name) and clean(value)
        )
        made += [Details(pairs, DetailsType.EXIF)] if pairs else []
    signals = content.content.signals if content.content is not None else ()
    pdqs = tuple(
        NameValuePair(f"PDQ, {one.dialect or 'dialect unknown'}, quality {one.quality}", one.hex)
        for one in _own_pdqs(signals)
    )
    return (*made, Details(pdqs, DetailsType.HASH)) if pdqs else tuple(made)


def _info(content: ContentRecord, material: Material, noted: Noted, path: str) -> tuple[str, ...]:
    decision = material.record.decision
    wrong = frozenset(decision.proposal.false_matches) if decision is not None else frozenset[int]()
    findings: tuple[Finding, ...] | None = content.content.findings if content.content is not None else None
    told = [
        (Source.MATCH, noted.joined(matches_told(content, wrong, noted, path))),
        (Source.CONTENT, noted.joined(signs_told(findings, noted, path))),
    ]
    said = [one for one in told if one[1]]
    for place, (source, _) in enumerate(said, 1):
        noted.of(f"{path}/additionalInfo[{place}]", source)
    return tuple(text for _, text in said)
