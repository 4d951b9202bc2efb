"""What the API answers with: its response codes, and the documents they come in."""

from collections.abc import Iterable
from enum import IntEnum
from http import HTTPStatus
from typing import Final
from xml.sax.saxutils import escape


class Code(IntEnum):
    """The documented response codes."""

    SUCCESS = 0
    SERVER_ERROR = 1000
    SAVE_FAILED = 1100
    UPLOAD_FAILED = 1110
    FILE_UPLOAD_FAILED = 1111
    RESOURCE_NOT_FOUND = 1210
    UPDATE_FAILED = 1300
    AUTHENTICATION_REQUIRED = 2000
    NOT_AUTHORIZED = 3000
    MAY_NOT_SUBMIT = 3100
    MAY_NOT_UPDATE = 3300
    INVALID_REQUEST = 4000
    VALIDATION_FAILED = 4100
    MALFORMED_XML = 4110
    MALFORMED_FILE = 4200
    NO_SUCH_REPORT = 5001
    NO_SUCH_FILE = 5002
    ALREADY_RETRACTED = 5101
    ALREADY_FINISHED = 5102


WORDS: Final[dict[int, str]] = {
    Code.SUCCESS: "Success",
    Code.SERVER_ERROR: "Server error",
    Code.SAVE_FAILED: "Save failed",
    Code.UPLOAD_FAILED: "Upload failed",
    Code.FILE_UPLOAD_FAILED: "File upload failed",
    Code.RESOURCE_NOT_FOUND: "Resource not found",
    Code.UPDATE_FAILED: "Update failed",
    Code.AUTHENTICATION_REQUIRED: "Authentication required",
    Code.NOT_AUTHORIZED: "Not authorized to perform this action",
    Code.MAY_NOT_SUBMIT: "No authorization to make submissions",
    Code.MAY_NOT_UPDATE: "No authorization to make updates",
    Code.INVALID_REQUEST: "Invalid request",
    Code.VALIDATION_FAILED: "Validation failed",
    Code.MALFORMED_XML: "Malformed XML submittal",
    Code.MALFORMED_FILE: "Malformed file submittal",
    Code.NO_SUCH_REPORT: "Report does not exist",
    Code.NO_SUCH_FILE: "File does not exist",
    Code.ALREADY_RETRACTED: "Report already retracted",
    Code.ALREADY_FINISHED: "Report already finished",
}
_BY_THOUSAND: Final = {
    0: HTTPStatus.OK,
    1: HTTPStatus.INTERNAL_SERVER_ERROR,
    2: HTTPStatus.UNAUTHORIZED,
    3: HTTPStatus.FORBIDDEN,
}
_PROLOG: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class RefusedError(Exception):
    """The request is answered with a code other than 0."""

    def __init__(self, code: int, more: str = "") -> None:
        """`more` follows the words of the code, on lines of its own."""
        self.code = code
        self.description = f"{words(code)}\n{more}" if more else words(code)
        super().__init__(self.description)


def http_status(code: int) -> int:
    """The HTTP status a code comes with. Only 200 with 0 and 400 with 4100 are known; the rest is guessed."""
    if code == Code.RESOURCE_NOT_FOUND:
        return HTTPStatus.NOT_FOUND
    return _BY_THOUSAND.get(code // 1000, HTTPStatus.BAD_REQUEST)


def words(code: int) -> str:
    """What a code says; a code that is not documented says so."""
    return WORDS.get(code, f"Undocumented {code}")


def response(code: int, description: str = "", **more: object) -> bytes:
    """A `reportResponse` with these further elements, such as `reportId`."""
    return _document(
        "reportResponse",
        ("responseCode", code),
        ("responseDescription", description or words(code)),
        *more.items(),
    )


def done(report: int, files: Iterable[str]) -> bytes:
    """The `reportDoneResponse` of a finished report; `<files/>` if it has none."""
    inner = "".join(f"<fileId>{one}</fileId>" for one in files)
    text = f"<responseCode>0</responseCode><reportId>{report}</reportId>"
    text += f"<files>{inner}</files>" if inner else "<files/>"
    return f"{_PROLOG}<reportDoneResponse>{text}</reportDoneResponse>".encode()


def done_bare() -> bytes:
    """A `reportDoneResponse` that says neither of which report nor of which files."""
    return f"{_PROLOG}<reportDoneResponse><responseCode>0</responseCode></reportDoneResponse>".encode()


def _document(root: str, *elements: tuple[str, object]) -> bytes:
    inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in elements)
    return f"{_PROLOG}<{root}>{inner}</{root}>".encode()
