"""What came of a call: an answer and what it means, or why there is none."""

from dataclasses import dataclass

from tocsin.errors import Error
from tocsin.filing.cybertip.answers import Meaning, Reply, answer_of, meaning, salvaged_report_id
from tocsin.filing.errors import UnreadableDocumentError
from tocsin.filing.moves import SUBMIT, UPLOAD, Request
from tocsin.filing.transport import Answer, NoAnswerError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call."""

    meaning: Meaning
    words: str = ""
    """What is wrong, for people; empty where nothing is."""
    happened: bool = True
    """Whether it may have had an effect at the authority."""
    reply: Reply | None = None
    status: int = 0
    request_id: str = ""
    body: bytes = b""
    report_id: str = ""
    """Of a report that was opened, also where the answer did not come whole."""
    md5: bytes = b""
    """Of an upload: what was sent."""


def of_answer(request: Request, answer: Answer, md5: bytes = b"") -> Outcome:
    """What an answer to a request means; `md5` is that of the file's bytes as they were sent."""
    reply: Reply | None = None
    try:
        reply = answer_of(answer.body, answer.status)
        meant = meaning(reply, request.step)
        words = "" if meant is Meaning.DONE else _words(reply)
    except UnreadableDocumentError as error:
        meant = meaning(answer.status, request.step)
        words = f"status {answer.status}, and no answer that can be read: {error.message}"
    if meant in _ABOUT_A_REPORT and reply is not None and (wrong := _contradiction(request, reply, md5)):
        meant, words = Meaning.LATER, wrong
    return Outcome(
        meaning=meant,
        words=words,
        reply=reply,
        status=answer.status,
        request_id=answer.request_id,
        body=answer.body,
        report_id=_opened(request, reply, answer.body),
        md5=md5,
    )


def of_silence(request: Request, error: NoAnswerError) -> Outcome:
    """What it means that there is no answer, or only a part of one."""
    return Outcome(
        meaning=Meaning.LATER,
        words=error.message,
        happened=error.sent,
        status=error.status,
        body=error.part,
        report_id=_opened(request, None, error.part),
    )


def of_trouble(error: Error, *, passes: bool = False) -> Outcome:
    """What it means that the request could not be made here; the authority did nothing."""
    return Outcome(Meaning.LATER if passes else Meaning.NEVER, error.message, happened=False)


_ABOUT_A_REPORT = frozenset(
    {Meaning.DONE, Meaning.GONE, Meaning.RETRACTED, Meaning.FINISHED, Meaning.FILE_GONE}
)
"""What an answer says about the report that it names."""
UNKNOWN = Outcome(Meaning.LATER, "whoever made this call was gone before it was answered")
"""Of a call that another worker had begun."""


def _words(reply: Reply) -> str:
    said = f": {reply.description}" if reply.description else ""
    return f"status {reply.status}, code {reply.code}{said}"


def _contradiction(request: Request, reply: Reply, md5: bytes) -> str:
    """Why an answer is not believed."""
    if request.report_id and reply.report_id and reply.report_id != request.report_id:
        return f"the answer is about another report: {reply.report_id}"
    if request.step == UPLOAD and reply.code == 0 and reply.md5 != md5:
        return "the file that arrived is not the one that was sent: their MD5 differ"
    return ""


def _opened(request: Request, reply: Reply | None, body: bytes) -> str:
    if request.step != SUBMIT:
        return ""
    if reply is not None:
        return reply.report_id if reply.code == 0 else ""
    return salvaged_report_id(body)
