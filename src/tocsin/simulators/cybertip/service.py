"""What each call does: authority's books behind the API's documents. It knows nothing of connections."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from tocsin.simulators.cybertip import codes
from tocsin.simulators.cybertip.authority import Authority
from tocsin.simulators.cybertip.codes import Code, RefusedError
from tocsin.simulators.cybertip.documents import Documents
from tocsin.simulators.cybertip.faults import Step
from tocsin.simulators.cybertip.forms import Sent, form_of
from tocsin.simulators.cybertip.rules import Rules
from tocsin.simulators.cybertip.truth import Exchange

_XML_STEPS = {Step.SUBMIT: "report", Step.FILEINFO: "fileDetails"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer in the making."""

    body: bytes
    bare: bytes
    """The same without the ids it should give."""
    content_type: str = "application/xml"


Act = Callable[[], Outcome]
"""Do what was asked for. Raises RefusedError, and then nothing was done."""


class Service:
    """Reads a request whole, then says what doing it would be; doing it is up to the caller."""

    def __init__(self, authority: Authority, documents: Documents, rules: Rules) -> None:
        """Over these books, by these rules."""
        self._authority = authority
        self._documents = documents
        self._rules = rules

    def prepare(
        self, exchange: Exchange, address: str, pieces: Iterable[bytes], *, damage: bool = False
    ) -> Act:
        """Read and check the request. Raises RefusedError, in the service's order of checks."""
        step = exchange.step
        if step in _XML_STEPS:
            return self._xml(exchange, pieces)
        if step in (Step.UPLOAD, Step.FINISH, Step.RETRACT):
            return self._form(exchange, pieces, damage=damage)
        if step is Step.STATUS:
            remote = f"Remote User : {exchange.account}, Remote Ip : {address}"
            return partial(_outcome, codes.response(0, remote))
        return partial(_outcome, self._documents.schema.text)

    def _xml(self, exchange: Exchange, pieces: Iterable[bytes]) -> Act:
        exchange.request = b"".join(pieces)
        document = self._documents.read(
            exchange.headers.get("content-type", ""), exchange.request, _XML_STEPS[exchange.step]
        )
        if exchange.step is Step.SUBMIT:
            self._rules.check_report(document)
            return partial(self._open, exchange)
        exchange.report, exchange.file_id = int(document.text("reportId")), document.text("fileId")
        self._authority.note(exchange.report, exchange)
        self._rules.check_details(document, self._authority.report(exchange.report))
        return partial(self._describe, exchange)

    def _form(self, exchange: Exchange, pieces: Iterable[bytes], *, damage: bool) -> Act:
        upload = exchange.step is Step.UPLOAD
        form = form_of(exchange.headers.get("content-type", ""), pieces, upload=upload)
        if form.report is None:
            raise RefusedError(Code.MALFORMED_FILE if upload else Code.INVALID_REQUEST, "id is missing")
        exchange.report = form.report
        self._authority.note(form.report, exchange)
        if not upload:
            return partial(self._finish if exchange.step is Step.FINISH else self._retract, exchange)
        if len(form.files) != 1:
            raise RefusedError(Code.MALFORMED_FILE, "file is missing" if not form.files else "two files")
        return partial(self._add, exchange, form.files[0], damage=damage)

    def _open(self, exchange: Exchange) -> Outcome:
        number = self._authority.open(exchange.account, exchange.request)
        exchange.report = number
        self._authority.note(number, exchange)
        return _outcome(codes.response(0, reportId=number))

    def _add(self, exchange: Exchange, sent: Sent, *, damage: bool) -> Outcome:
        md5 = hashlib.md5(sent.md5.encode(), usedforsecurity=False).hexdigest() if damage else sent.md5
        number = exchange.report or 0
        file = self._authority.add_file(exchange.account, number, sent, md5)
        exchange.file_id = file.id
        return _outcome(codes.response(0, reportId=number, fileId=file.id, hash=md5))

    def _describe(self, exchange: Exchange) -> Outcome:
        number = exchange.report or 0
        self._authority.add_details(exchange.account, number, exchange.file_id, exchange.request)
        return _outcome(codes.response(0, reportId=number, fileId=exchange.file_id))

    def _finish(self, exchange: Exchange) -> Outcome:
        number = exchange.report or 0
        files = self._authority.finish(exchange.account, number, self._rules.check_finish)
        return Outcome(codes.done(number, files), codes.done_bare())

    def _retract(self, exchange: Exchange) -> Outcome:
        self._authority.retract(exchange.account, exchange.report or 0)
        return _outcome(codes.response(0, reportId=exchange.report))


def _outcome(body: bytes) -> Outcome:
    return Outcome(body, codes.response(0))
