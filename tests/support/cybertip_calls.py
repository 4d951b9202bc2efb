"""Plain calls to the simulated CyberTipline, made by hand: what tests of the simulator itself use."""

import base64
import http.client
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from tocsin.simulators.cybertip.server import Cybertip

USER: Final = "esp-one"
PASSWORD: Final = "correct horse"  # noqa: S105  # of a simulator
XML: Final = "text/xml; charset=utf-8"
MULTIPART: Final = "multipart/form-data; boundary=B"
PATIENCE: Final = 30.0
REPORT: Final = (
    "<report><incidentSummary><incidentType>Child Sex Tourism</incidentType>"
    "<incidentDateTime>2026-01-02T03:04:05Z</incidentDateTime></incidentSummary>"
    "<reporter><reportingPerson><email>ada@photos.example</email></reportingPerson></reporter></report>"
)
"""The least that is valid."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str]

    def text(self, name: str) -> str:
        """Of the first element of that name; empty if there is none."""
        found = re.search(rf"<{name}>([^<]*)</{name}>", self.body.decode())
        return found[1] if found else ""

    @property
    def code(self) -> int:
        """The response code."""
        return int(self.text("responseCode"))


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls with one account; each on a connection of its own."""

    simulator: Cybertip
    user: str = USER
    password: str = PASSWORD
    patience: float = PATIENCE

    def call(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> Reply:
        """One request. Raises OSError or http.client.HTTPException where no whole answer comes."""
        there = urlsplit(self.simulator.url)
        proof = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {
            "Authorization": f"Basic {proof}",
            **({"Content-Type": content_type} if content_type else {}),
        }
        connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=self.patience)
        try:
            connection.request(method, f"{there.path}/{path}", body or None, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()})
        finally:
            connection.close()

    def submit(self, xml: str = REPORT) -> Reply:
        """Open a report."""
        return self.call("POST", "submit", xml.encode(), XML)

    def opened(self, xml: str = REPORT) -> int:
        """Open a report that is certainly right; its number."""
        return int(self.submit(xml).text("reportId"))

    def upload(self, report: int, content: bytes = b"a benign file", name: str = "a.jpg") -> Reply:
        """Add a file."""
        return self.call("POST", "upload", form(("id", report), files=((name, content),)), MULTIPART)

    def uploaded(self, report: int, content: bytes = b"a benign file") -> str:
        """Add a file that is certainly taken; its id."""
        return self.upload(report, content).text("fileId")

    def fileinfo(self, report: int, file_id: str, more: str = "") -> Reply:
        """Describe a file."""
        return self.call("POST", "fileinfo", details(report, file_id, more).encode(), XML)

    def finish(self, report: int) -> Reply:
        """Finish a report."""
        return self.call("POST", "finish", form(("id", report)), MULTIPART)

    def retract(self, report: int) -> Reply:
        """Retract a report."""
        return self.call("POST", "retract", form(("id", report)), MULTIPART)


def details(report: int, file_id: str, more: str = "") -> str:
    """A `fileDetails`."""
    return f"<fileDetails><reportId>{report}</reportId><fileId>{file_id}</fileId>{more}</fileDetails>"


def form(*fields: tuple[str, object], files: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """A multipart form with the boundary `B`."""
    parts = [f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields]
    for name, content in files:
        head = f'--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + b"--B--\r\n"
