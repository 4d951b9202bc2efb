"""Whom a filing reports, so that no other report about them is owed: what it tells of, and no more."""

from collections.abc import Callable

from tocsin.filing.cybertip.filling_files import said_benign
from tocsin.filing.cybertip.noting import clean
from tocsin.filing.draft import Draft
from tocsin.filing.model import Filing, Kind, Subject
from tocsin.filing.record import CaseRecord, ContentRecord, subject_of

_WORDS = "text"
"""The kind of a content that a report without files can tell of: what was said stands in the report."""


def covered(filing: Filing, draft: Callable[[int], Draft], record: CaseRecord) -> frozenset[Subject]:
    """Whom a filing reports whole. A batched one: those that its draft names; a text: who has no files.

    Who has files that are not in either of these is still to be reported.
    """
    if filing.kind is Kind.BATCHED:
        named = draft(filing.number)
        sent = {one.sha256 for one in named.files if one.include}
        return frozenset(
            one for one in record.subjects if is_named(one, filing, named) and files_of(record, one) <= sent
        )
    if filing.kind is Kind.TEXT and files_of(record, filing.subject):
        return frozenset()
    return frozenset({filing.subject})


def is_named(subject: Subject, filing: Filing, draft: Draft) -> bool:
    """Whether a batched report, which names accounts of its platform by their ids, names somebody."""
    named = {one.esp_identifier for one in draft.report.person_or_user_reported} - {""}
    return filing.platform == subject.platform and clean(subject.account) in named


def files_of(record: CaseRecord, subject: Subject) -> frozenset[bytes]:
    """What there is of somebody that a report includes, and one without files cannot tell of; SHA-256."""
    own = {one.sha256 for one in record.submissions if subject_of(one) == subject}
    return frozenset(one.sha256 for one in record.contents if one.sha256 in own and _is_file(one))


def _is_file(content: ContentRecord) -> bool:
    words = content.content is not None and content.content.kind == _WORDS
    return not words and said_benign(content) is None
