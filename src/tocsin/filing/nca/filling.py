"""What is on record of a case for the form: no more than one account's, and nothing guessed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tocsin.filing.filer import Filer
from tocsin.filing.model import Receipt, Subject
from tocsin.filing.nca.form import From, Held
from tocsin.filing.record import CaseRecord, ContentRecord, subject_of
from tocsin.hashing.signals import SignalType
from tocsin.intake.model import Submission
from tocsin.media.answers import list_in, object_in
from tocsin.provenance.model import Item

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_DIGESTS: Final = (SignalType.MD5, SignalType.SHA1, SignalType.SHA256)
_CAMERA: Final = "camera."
"""How rules about EXIF are named."""


def held_of(
    record: CaseRecord,
    subject: Subject,
    organisation: Filer,
    earlier: Sequence[str] = (),
    receipts: Sequence[Receipt] = (),
) -> Mapping[str, Held]:
    """What is held of each item, by its key. `earlier`: references of earlier reports about the account."""
    submissions = [one for one in record.submissions if subject_of(one) == subject]
    ids = {one.id for one in submissions}
    contents = [one for one in record.contents if ids & set(one.submissions)]
    given = [one.context.given or {} for one in submissions]
    others = [
        f"{one.account if one.platform == subject.platform else one.words} (in the same case)"
        for one in record.subjects
        if one.account and one != subject
    ]
    found: dict[str, Iterable[str]] = {
        "content.files": map(_file, contents),
        "content.hashes": (line for one in contents for line in _hashes(one)),
        "content.url": (one.context.url for one in submissions),
        "content.detected": _detected(contents, submissions),
        "content.platform": (one.context.platform for one in submissions),
        # What went to a system for tests was reported to nobody; saying otherwise would be false (s.69).
        "earlier.reported": (_reported(one) for one in receipts if not one.environment.is_test),
        "earlier.reference": earlier,
        "upload.time": (line for one in given for line in _upload_times(one)),
        "upload.ip": _events(given, "upload"),
        "upload.other_ip": _events(given, ""),
        "upload.exif": (line for one in contents for line in _exif(one)),
        "account.username": [*_accounts(given, "id"), *_accounts(given, "name")],
        "account.display_name": _accounts(given, "display_name"),
        "account.email": _accounts(given, "email"),
        "account.phone": _accounts(given, "phone"),
        "account.profile_url": _accounts(given, "url"),
        "account.logins": _events(given, "login"),
        "connections.accounts": others,
    }
    held = {key: Held(tuple(dict.fromkeys(filter(None, values)))) for key, values in found.items()}
    return {**held, **_reporter(organisation)}


def _reporter(organisation: Filer) -> Mapping[str, Held]:
    name = f"{organisation.first_name} {organisation.last_name}".strip()
    said = {
        "reporter.organisation": organisation.company,
        "reporter.name": name,
        "reporter.email": organisation.email,
        "reporter.phone": organisation.phone,
    }
    return {key: Held((value,) if value else (), From.SETTINGS) for key, value in said.items()}


def _file(one: ContentRecord) -> str:
    what = "" if one.content is None else f"{one.content.kind}, {one.content.format}, "
    return f"file {one.place}: {what}{one.size:,} bytes"


def _hashes(one: ContentRecord) -> Iterator[str]:
    signals = () if one.content is None else one.content.signals
    found = {signal.type: signal.hex for signal in signals if signal.type in _DIGESTS}
    for kind, value in {SignalType.SHA256: one.sha256.hex(), **found}.items():
        yield f"file {one.place}: {kind.value} {value}"


def _detected(contents: Sequence[ContentRecord], submissions: Sequence[Submission]) -> Iterator[str]:
    for one in contents:
        for record in one.matches:
            if not record.suppressed:
                said = record.match
                yield (
                    f"file {one.place}: {said.get('type')} matched the list {said.get('bank')} "
                    f"at distance {said.get('distance')}"
                )
    for submission in submissions:
        yield f"submitted by {submission.submitter} on {submission.received:%Y-%m-%d %H:%M} UTC"


def _reported(receipt: Receipt) -> str:
    return f"NCMEC CyberTipline, report {receipt.report_id}, {receipt.time:%Y-%m-%d %H:%M} UTC"


def _upload_times(given: "JsonObject") -> Iterator[str]:
    for name, time in object_in(given.get("times", {})).items():
        if "upload" in name.lower():
            yield f"{time} ({name})"


def _events(given: Sequence["JsonObject"], kind: str) -> Iterator[str]:
    """Addresses that were used for an upload or a log-in; with an empty `kind`, for anything else."""
    for one in given:
        for item in list_in(one.get("ip_events", [])):
            event = object_in(item)
            what = str(event.get("event", ""))
            told = next((name for name in ("upload", "login") if name == _letters(what)), "")
            if told == kind:
                port = f" port {event['port']}" if "port" in event else ""
                yield f"{event['ip']}{port}, {event['time']}" + (f" ({what})" if what and not kind else "")


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text)).lower()


def _accounts(given: Sequence["JsonObject"], name: str) -> Iterator[str]:
    for one in given:
        if "account" in one:
            yield str(object_in(one["account"]).get(name, ""))


def _exif(one: ContentRecord) -> Iterator[str]:
    findings = () if one.content is None else one.content.findings or ()
    for finding in findings:
        if isinstance(finding, Item) and finding.rule.id.startswith(_CAMERA):
            yield f"file {one.place}: {finding.found}"
