"""What the CyberTipline's answers say, and what is to be done about each.

The codes are those of its documentation of 2025-06-11, which calls its list not exhaustive; how they go with
statuses of HTTP is confirmed for 400 with 4100 only. So the code in the body counts first, then the status.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from tocsin.filing.cybertip.values import LARGEST_NUMBER
from tocsin.filing.cybertip.xml import guard, root_of, safe_parsing
from tocsin.filing.errors import UnreadableDocumentError

if TYPE_CHECKING:
    from lxml import etree

LARGEST_ANSWER = 1_000_000
"""Bytes. A report of ten thousand files is answered with half of that."""

_CODE = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,19}")
_MD5 = re.compile(r"[0-9A-Fa-f]{32}")
_FILE_ID = re.compile(r"[0-9A-Za-z._-]{1,100}")


class Meaning(Enum):
    """What an answer is to the one who asked."""

    DONE = auto()
    LATER = auto()
    """The same request may succeed another time; it is not known whether this one did anything. So it is too
    where success was said without what must come with it, or with a status that denies it."""
    NEVER = auto()
    """The same request will be refused again: a person must change something."""
    ALARM = auto()
    """We are not let in, or may not do this: a person must see to the account."""
    GONE = auto()
    """5001: no such report, any more."""
    RETRACTED = auto()
    """5101: it was retracted already."""
    FINISHED = auto()
    """5102: it was finished already."""
    FILE_GONE = auto()
    """5002: no such file in it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it was understood."""

    status: int
    """Of HTTP."""
    code: int
    """`responseCode`; 0 is success."""
    description: str = ""
    report_id: str = ""
    file_id: str = ""
    md5: bytes = b""
    """Of the bytes that came, by the authority's count; empty where it said none."""
    file_ids: tuple[str, ...] = ()
    done: bool = False
    """Whether it is a `reportDoneResponse`: the receipt."""


def answer_of(body: bytes, status: int) -> Reply:
    """An answer out of its XML. Raises UnreadableDocumentError: an error page, an answer that broke off.

    Elements that are not known are passed over: answers may say more some day, and what is needed is here.
    """
    root = root_of(body, LARGEST_ANSWER)
    done = root.tag == "reportDoneResponse"
    if not done and root.tag != "reportResponse":
        message = "it is no answer of the CyberTipline"
        raise UnreadableDocumentError(message)
    return Reply(
        status=status,
        code=int(_text(root, "responseCode", _CODE, needed=True)),
        description=(root.findtext("responseDescription") or "").strip(),
        report_id=_report_id(_text(root, "reportId", _NUMBER)),
        file_id=_text(root, "fileId", _FILE_ID),
        md5=bytes.fromhex(_text(root, "hash", _MD5)),
        file_ids=tuple(_like(one.text, _FILE_ID, "fileId") for one in root.findall("files/fileId")),
        done=done,
    )


def meaning(reply: Reply | int, step: str) -> Meaning:
    """What an answer to a step (submit, upload, fileinfo, finish, retract, status, schema) is to us.

    In place of an answer that could be read stands its status of HTTP, or 0 where there was none.
    """
    if isinstance(reply, int) or reply.status == _NOT_KNOWN:
        return _meaning_of_status(reply if isinstance(reply, int) else reply.status)
    if reply.code == 0:
        believed = reply.status < _CLIENT_ERROR and _is_whole(reply, step)
        return Meaning.DONE if believed else Meaning.LATER
    if reply.code in _SPECIAL:
        return _SPECIAL[reply.code]
    if reply.code < _ACCOUNT:
        return Meaning.LATER
    return Meaning.ALARM if reply.code < _REQUEST else Meaning.NEVER


_SPECIAL = {
    5001: Meaning.GONE,
    5002: Meaning.FILE_GONE,
    5101: Meaning.RETRACTED,
    5102: Meaning.FINISHED,
    1210: Meaning.NEVER,  # the resource was not found: what we asked for is not there, nor will be
}
_ACCOUNT = 2000
"""Codes from here speak of our account: 2000 authentication, 3000 to 3300 authorization."""
_REQUEST = 4000
"""Codes from here speak of our request."""
_NOT_KNOWN = 401
"""Whatever its body says, and it may be empty: we are not who we say."""
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_BUSY = frozenset({408, 425, 429})
"""Statuses of HTTP below 500 that ask to come again."""


def _is_whole(reply: Reply, step: str) -> bool:
    """Whether success comes with what the step needs."""
    needed = {
        "submit": bool(reply.report_id) and not reply.done,
        "upload": bool(reply.file_id and reply.md5),
        "finish": reply.done,
    }
    return needed.get(step, True)


def _meaning_of_status(status: int) -> Meaning:
    if status in {_NOT_KNOWN, 403, 407}:
        return Meaning.ALARM
    if _CLIENT_ERROR <= status < _SERVER_ERROR and status not in _BUSY:
        return Meaning.NEVER
    return Meaning.LATER


def salvaged_report_id(part: bytes) -> str:
    """The number of the report that was opened, out of an answer that broke off; empty if it does not say so.

    It must have said success, and the number must stand there whole.
    """
    try:
        guard(part, LARGEST_ANSWER)
        found = _whole_elements(part)
        success = found.get("responseCode") == "0"
        return _report_id(_like(found.get("reportId", ""), _NUMBER, "reportId")) if success else ""
    except UnreadableDocumentError:
        return ""


def _whole_elements(part: bytes) -> dict[str, str]:
    """The texts of the root's children that were read to their end."""
    from lxml import etree  # noqa: PLC0415 - heavy, and most commands read no XML

    parser = etree.XMLPullParser(("start", "end"), **safe_parsing())
    found: dict[str, str] = {}
    depth = 0
    try:
        parser.feed(part)
        events = list(parser.read_events())
    except (etree.XMLSyntaxError, ValueError):
        return {}
    for event, element in events:
        depth += 1 if event == "start" else -1
        if depth == 0 or (depth == 1 and event == "start" and element.tag != "reportResponse"):
            break
        if event == "end" and depth == 1:
            found.setdefault(str(element.tag), (element.text or "").strip())
    return found


def _text(root: "etree._Element", name: str, pattern: re.Pattern[str], *, needed: bool = False) -> str:
    ones = root.findall(name)
    if len(ones) > 1:
        message = f"{name} is there twice"
        raise UnreadableDocumentError(message)
    text = (ones[0].text or "").strip() if ones else ""
    return _like(text, pattern, name) if text or needed else ""


def _like(text: str | None, pattern: re.Pattern[str], name: str) -> str:
    text = (text or "").strip()
    if not pattern.fullmatch(text):
        message = f"{name} is not what it should be"
        raise UnreadableDocumentError(message)
    return text


def _report_id(text: str) -> str:
    """A report's number, as it is written everywhere: without zeros before it."""
    if not text:
        return ""
    if not 0 < int(text) <= LARGEST_NUMBER:
        message = "reportId is not what it should be"
        raise UnreadableDocumentError(message)
    return str(int(text))
