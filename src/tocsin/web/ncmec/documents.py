"""NCMEC's documents: what a bank holds, in the XML that its clients read.

The shape is that of the hash sharing API v2, as NCMEC's public pages and python-threatexchange's client have
it. What it has no word for is said in its own means: a label is a categorization, in a group named after its
scheme. Nothing is translated from one scheme into another.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from tocsin.banks.model import Entry, Label
from tocsin.exchange import rights
from tocsin.exchange.services.ncmec.entries import CATEGORIZATION, CLASSIFICATION, FINGERPRINT, KIND
from tocsin.hashing.signals import SignalType
from tocsin.storage.serving import Contributor, Served

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
MEDIA_TYPE: Final = "application/xml; charset=utf-8"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_GROUPS: Final = "https://tocsin.invalid/labels/"
"""Under which labels get their GUIDs: the same label, the same GUID, on every node."""
_TAGS: Final = {"photodna": "pdna"}
_TAG: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
ELSEWHERE: Final = "held by NCMEC"
"""What stands for a fingerprint of which it is known only that there is one."""
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries as they are answered."""

    served: Sequence[Served]
    quality_floor: int
    """PDQ values of less quality never match here, and shall not elsewhere: they are left out."""
    link: str | None
    """To the next page."""


def entries(page: Page) -> bytes:
    """The answer to a question for entries."""
    images = [one for one in page.served if _is_image(one.entry)]
    videos = [one for one in page.served if not _is_image(one.entry)]
    paging = f"<paging><next>{escape(page.link)}</next></paging>" if page.link else ""
    told = f"{_several(images, 'image', page)}{_several(videos, 'video', page)}{paging}"
    return _document("queryResult", told)


def status(address: str, caller: str) -> bytes:
    """The answer to a question for who is asking."""
    return _document(
        "status",
        f"<ipAddress>{_text(address)}</ipAddress><username>{_text(caller)}</username>"
        f'<member id="0">{_text(caller)}</member>',
    )


def members(contributors: Iterable[Contributor]) -> bytes:
    """Whose entries there are."""
    return _document("members", "".join(map(_member, contributors)))


def categorizations(labels: Iterable[Label]) -> bytes:
    """The labels there are: a group for each version of a scheme."""
    groups: dict[str, list[Label]] = {}
    for label in labels:
        if _is_categorization(label):
            groups.setdefault(_group(label), []).append(label)
    told = ""
    for name, several in groups.items():
        items = "".join(map(_categorization, several))
        told += f'<group name={_attribute(name)} allowMultiple="true">{items}</group>'
    return _document("availableCategorizations", told)


def _several(served: Sequence[Served], kind: str, page: Page) -> str:
    """Images or videos."""
    if not served:
        return f'<{kind}s count="0"/>'
    newest = _seconds(max(one.changed for one in served))
    told = "".join(_one(one, kind, page.quality_floor) for one in served)
    return f'<{kind}s count="{len(served)}" maxTimestamp="{newest}">{told}</{kind}s>'


def _one(one: Served, kind: str, floor: int) -> str:
    entry = one.entry
    head = f"{_member(one.contributor)}<timestamp>{_thousandths(one.changed)}</timestamp><id>{entry.id}</id>"
    if entry.withdrawn is not None:
        tag = f"deleted{kind.capitalize()}"
        return f"<{tag}>{head}</{tag}>"
    return f"<{kind}>{head}{_classification(entry)}{_fingerprints(entry, floor)}{_labels(entry)}</{kind}>"


def _is_image(entry: Entry) -> bool:
    """Whether an entry stands among the images: where its list says so, or a PDQ value, which pictures have.

    A digest does not say of what it is. Clients take MD5 values of videos only, so there it is of use.
    """
    said = [one.code for one in entry.labels if one.scheme == KIND]
    return "image" in said if said else any(one.type is SignalType.PDQ for one in entry.signals)


def _fingerprints(entry: Entry, floor: int) -> str:
    """All values, the first of each type last: clients that keep one of several keep the last."""
    fit = [one for one in entry.signals if one.quality is None or one.quality >= floor]
    values = "".join(f"<{one.type.value}>{one.hex}</{one.type.value}>" for one in reversed(fit))
    kept = "".join(_kept(one) for one in entry.labels if one.scheme.startswith(FINGERPRINT))
    return f"<fingerprints>{values}{kept}</fingerprints>"


def _kept(label: Label) -> str:
    """A fingerprint that nothing here can compare, under the name that NCMEC has for it."""
    name = label.scheme.removeprefix(FINGERPRINT)
    tag = _TAGS.get(name, name)
    if _TAG.fullmatch(tag) is None or label.code == ELSEWHERE:
        return ""
    return f"<{tag}>{_text(label.code)}</{tag}>"


def _classification(entry: Entry) -> str:
    """NCMEC's own, where the entry has it."""
    codes = [one.code for one in entry.labels if one.scheme == CLASSIFICATION]
    return f"<classification>{_text(codes[0])}</classification>" if codes else ""


def _labels(entry: Entry) -> str:
    told = "".join(_categorization(one) for one in entry.labels if _is_categorization(one))
    return f"<categorizations>{told}</categorizations>" if told else ""


def _is_categorization(label: Label) -> bool:
    """Whether no element but that is for a label."""
    own = {CLASSIFICATION, KIND, rights.SCHEME, rights.TLP}
    return label.scheme not in own and not label.scheme.startswith(FINGERPRINT)


def _categorization(label: Label) -> str:
    """One that NCMEC gave has the GUID that it has there."""
    if label.scheme == CATEGORIZATION:
        return f"<categorization guid={_attribute(label.code)} name={_attribute(label.code)}/>"
    guid = uuid5(
        NAMESPACE_URL, f"{_GROUPS}{len(label.scheme)}.{len(label.version)}.{_group(label)}{label.code}"
    )
    return f"<categorization guid={_attribute(str(guid))} name={_attribute(label.code)}/>"


def _group(label: Label) -> str:
    return f"{label.scheme} {label.version}".strip()


def _member(one: Contributor) -> str:
    name = " / ".join(part for part in (one.source, one.member) if part)
    return f'<member id="{one.number}">{_text(name or "unnamed")}</member>'


def _document(root: str, told: str) -> bytes:
    return f'{_HEAD}<{root} xmlns="{NAMESPACE}">{told}</{root}>'.encode()


def _seconds(time: datetime) -> str:
    """The first whole second that is not before `time`: the one spelling that clients read there."""
    rounded = time.astimezone(UTC).replace(microsecond=0)
    return (rounded if rounded == time else rounded + _SECOND).strftime("%Y-%m-%dT%H:%M:%SZ")


def _thousandths(time: datetime) -> str:
    return f"{time.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def _text(text: str) -> str:
    return escape(_storable(text))


def _attribute(text: str) -> str:
    return quoteattr(_storable(text))


def _storable(text: str) -> str:
    """`text` without what no XML can hold (XML 1.0, 2.2)."""
    return "".join(one if one.isprintable() or one in "\t\n" else "\ufffd" for one in text)
