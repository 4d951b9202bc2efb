"""What a report of a batch, "Viral/Potential Meme", may not have (documentation of 2025-06-11, E)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.etree import _Element

_NOT_IN_REPORT: Final = (
    "incidentSummary/escalateToHighPriority",
    "internetDetails",
    "lawEnforcement",
    "intendedRecipient",
    "victim",
    "additionalInfo",
)
_NOT_IN_DETAILS: Final = (
    "originalFileName",
    "locationOfFile",
    "originalFileHash",
    "ipCaptureEvent",
    "deviceId",
    "details",
    "additionalInfo",
)
_ANNOTATIONS: Final = {"viral", "potentialMeme"}


def batch_breaches(root: "_Element") -> Iterator[str]:
    """Of a batched `report`."""
    for path in _NOT_IN_REPORT:
        if root.find(path) is not None:
            yield f"A batched report may not have {path.rpartition('/')[2]}."
    for one in root.iterfind("personOrUserReported"):
        if [str(child.tag) for child in one] != ["espIdentifier"]:
            yield "In a batched report personOrUserReported must have an espIdentifier, and nothing else."
    if root.find("reporter/reportingPerson/email") is None:
        yield "reportingPerson must have an e-mail address."


def batch_file_breaches(root: "_Element") -> Iterator[str]:
    """Of the `fileDetails` of a file of a batched report."""
    for name in _NOT_IN_DETAILS:
        if root.find(name) is not None:
            yield f"A file of a batched report may not have {name}."
    annotations = {str(one.tag) for one in root.iterfind("fileAnnotations/*")}
    if not annotations or annotations - _ANNOTATIONS:
        yield "A file of a batched report must be annotated as viral or potentialMeme, and as nothing else."
    if (root.findtext("fileRelevance") or "Reported") != "Reported":
        yield "A file of a batched report must be Reported."
