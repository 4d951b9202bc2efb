"""The report of a scan: one HTML file that needs nothing else, for people to look through.

It holds renditions from which nothing can be made out, never a copy of a picture. The original is loaded
from where it was scanned, in grey, only when somebody asks for it, and goes away by itself.
"""

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote_from_bytes

from tocsin import __version__
from tocsin.banks.model import Bank
from tocsin.banks.store import BankCounts
from tocsin.errors import Error
from tocsin.matching.counts import ScanCounts
from tocsin.matching.scan import Scanned
from tocsin.media.sandbox import JsonObject
from tocsin.names import shown
from tocsin.provenance.words import DERIVATIONS
from tocsin.replacing import GENERATOR, check_target, replacing

MARK = "/*ITEMS*/"


class ReportError(Error):
    """The report cannot be written."""

    code = "matching.report"
    advice = "Name a file in a folder that may be written and run the command again: it will be quick."


class ReportWriter:
    """Collects what a report shows in a temporary file, so that memory does not grow with the scan."""

    def __init__(self, target: Path, banks: Sequence[tuple[Bank, BankCounts]] = ()) -> None:
        """Write to `target` in the end; what stands there is replaced at once, or not at all.

        `banks` are those that files are compared with: without them "no match" would prove nothing later.

        Raises ReportError or TargetError where that is already known to be impossible, before a long scan.
        """
        check_target(target)
        if not os.access(target.parent, os.W_OK | os.X_OK):
            message = f"the report cannot be written into the folder {target.parent}"
            raise ReportError(message)
        self._target = target
        self._banks = banks
        self._items: IO[str] = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115  # closed in __exit__

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was collected."""
        self._items.close()

    def add(self, scanned: Scanned) -> None:
        """Show this, if there is something to show: a match, a suppression, a refusal, or signs of origin."""
        state, origin = _state(scanned), _origin(scanned)
        if state or origin:
            item = {**_item(scanned, state, self._target.parent), "origin": origin}
            # "<" would end the script element it stands in, whatever the quotes (HTML, 4.12.1.3).
            self._items.write(json.dumps(item).replace("<", "\\u003c") + "\n")

    def write(self, paths: Sequence[str], counts: ScanCounts) -> None:
        """Write the report. Raises ReportError or TargetError if that cannot be done."""
        check_target(self._target)
        before, _, after = _page(paths, counts, self._banks).rpartition(MARK)  # a path may hold the mark, too
        self._items.seek(0)
        try:
            with replacing(self._target) as file:
                file.write(before.encode())
                file.writelines(line.encode() for line in _joined(self._items))
                file.write(after.encode())
        except OSError as error:
            message = f"the report cannot be written: {error.strerror}"
            raise ReportError(message) from error


def _joined(lines: IO[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line if number == 0 else "," + line


def _state(scanned: Scanned) -> str:
    if scanned.matches.matches:
        return "match"
    if scanned.matches.suppressed:
        return "suppressed"
    return "refused" if scanned.content.refused is not None else ""


def _item(scanned: Scanned, state: str, folder: Path) -> JsonObject:
    content = scanned.content
    return {
        "state": state,
        "path": shown(scanned.path),
        "member": None if scanned.member is None else shown(scanned.member),
        "preview": base64.b64encode(content.preview).decode(),
        "original": _link(scanned.path, folder) if scanned.member is None and content.preview else None,
        **scanned.matches.to_json(content),
    }


def _origin(scanned: Scanned) -> JsonObject | None:
    """What the report says of where a file came from; None where there is nothing to say."""
    explanation = scanned.explanation
    if explanation is None or not (explanation.telling or explanation.derivation or explanation.failed):
        return None
    return {
        "raises": [one.reason.value for one in explanation.raises],
        "summary": explanation.summary,
        "derivation": [[DERIVATIONS[sign.kind], sign.found] for sign in explanation.derivation],
        "caveats": list(dict.fromkeys(text for one in explanation.derivation for text in one.all_caveats)),
        "items": [
            [item.carries.value, item.leans.value.replace("_", " "), item.found, item.rule.name]
            for item in explanation.telling
        ],
        "contradictions": [one.found for one in explanation.contradictions],
        "failed": [[failed.reader, failed.reason] for failed in explanation.failed],
    }


def _link(path: str, folder: Path) -> str:
    """Where the file is, as seen from the report."""
    return quote_from_bytes(os.fsencode(os.path.relpath(path, folder)))


def _page(paths: Sequence[str], counts: ScanCounts, banks: Sequence[tuple[Bank, BankCounts]]) -> str:
    import jinja2  # noqa: PLC0415  # only for reports

    files = resources.files("tocsin.matching")
    style, script = (files.joinpath(name).read_text("utf-8") for name in ("report.css", "report.js"))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(files.joinpath("report.html").read_text("utf-8"))
    return template.render(
        style=style,
        style_hash=_csp_hash(style),
        script=script,
        script_hash=_csp_hash(script),
        mark=MARK,
        generator=GENERATOR,
        version=__version__,
        paths=[shown(path) for path in paths],
        time=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        counts=counts,
        banks=[(shown(bank.name), bank.policy, held) for bank, held in banks],
        refusals=_by_count(counts.refusals),
    )


def _csp_hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _by_count(refusals: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(refusals.items(), key=lambda pair: (-pair[1], pair[0]))
