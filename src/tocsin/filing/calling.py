"""Making one call to an authority: the request as it will be, then what came of it."""

import hashlib
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from tocsin.evidence.errors import KeysError, VaultAccessError, VaultError, VaultFullError
from tocsin.evidence.vault import Vault
from tocsin.filing.cybertip.writing import details_xml
from tocsin.filing.draft import DraftFile
from tocsin.filing.errors import FileNotWholeError
from tocsin.filing.moves import FILEINFO, FINISH, SUBMIT, UPLOAD, Request
from tocsin.filing.outcomes import Outcome, of_answer, of_silence, of_trouble
from tocsin.filing.transport import NoAnswerError, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

    from tocsin.filing.cybertip.files import FileDetails
    from tocsin.filing.cybertip.schema import Schema


def request_of(request: Request, report: bytes, schema: "Schema | None" = None) -> bytes:
    """What is sent, for the record; of an upload all but the file. `report` is the XML of the report.

    What the authority's own schema lacks, if there is one, is not said of a file.
    """
    if request.step == SUBMIT:
        return report
    if request.step == FILEINFO:
        details = details_xml(_details(request))
        return details if schema is None else schema.pruned(details)[0]
    form = f"id={request.report_id}"
    if request.file is not None:
        form += (
            f"\nfile={name_of(request.file)}\nsize={request.file.size}\nsha256={request.file.sha256.hex()}"
        )
    return form.encode()


def name_of(file: DraftFile) -> str:
    """What an upload calls the file: its name where it has one, which is in its details too."""
    return file.details.original_file_name or f"file-{file.place}"


def _details(request: Request) -> "FileDetails":
    if request.file is None:
        message = "the details of no file"
        raise ValueError(message)
    return replace(request.file.details, report_id=int(request.report_id), file_id=request.file_id)


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes calls."""

    transport: Transport
    vault: Vault

    def call(self, request: Request, body: bytes) -> Outcome:
        """Make the call; `body` is what `request_of` gives. It raises nothing that may happen on the way."""
        try:
            if request.step == UPLOAD and request.file is not None:
                return self._upload(request, request.file)
            if request.step == SUBMIT:
                return of_answer(request, self.transport.submit(body))
            if request.step == FILEINFO:
                return of_answer(request, self.transport.fileinfo(body))
            if request.step == FINISH:
                return of_answer(request, self.transport.finish(request.report_id))
            return of_answer(request, self.transport.retract(request.report_id))
        except NoAnswerError as error:
            return of_silence(request, error)

    def _upload(self, request: Request, file: DraftFile) -> Outcome:
        digest = hashlib.md5(usedforsecurity=False)
        try:
            with self.vault.open(file.sha256) as content:
                read = io.BufferedReader(_Digesting(content, digest.update))
                answer = self.transport.upload(request.report_id, name_of(file), read, file.size)
        except (VaultAccessError, VaultFullError) as error:
            return of_trouble(error, passes=True)
        except (VaultError, KeysError, FileNotWholeError) as error:
            return of_trouble(error)
        return of_answer(request, answer, digest.digest())


class _Digesting(io.RawIOBase):
    """A file that is read once, and digested meanwhile."""

    def __init__(self, file: BinaryIO, update: "Callable[[bytes], None]") -> None:
        super().__init__()
        self._file = file
        self._update = update

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read the next bytes."""
        room = memoryview(buffer).cast("B")
        piece = self._file.read(len(room))
        room[: len(piece)] = piece
        self._update(piece)
        return len(piece)
