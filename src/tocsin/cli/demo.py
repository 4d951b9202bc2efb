"""`tocsin demo`: the whole of the main job on harmless pictures made by code."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import FAILED
from tocsin.cli.output import put, say
from tocsin.errors import Error
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.matching.scan import Scanned
    from tocsin.simulators.answers import Answer
    from tocsin.simulators.inbox import Manifest
    from tocsin.storage.home import Home

MARK = "made-by-tocsin-demo"


class DemoFolderError(Error):
    """The folder holds something else than an earlier demo."""

    code = "cli.demo_folder"
    advice = "Name a folder that is empty or does not exist yet; the demo writes pictures and banks into it."


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="tocsin-demo")
@click.option(
    "--console/--no-console",
    default=None,
    help="Keep the node running for its review console; by default where a person looks at a terminal.",
)
def demo(folder: Path, *, console: bool | None) -> int:
    """Make sample pictures, bank some, and screen an inbox of altered copies, strangers and broken files.

    Everything is made by code, harmless, and written into FOLDER (tocsin-demo by default), which holds a
    home of its own: your banks are not touched. Ends with an HTML report to open, and with the review console
    open on what was submitted, until Ctrl-C.
    """
    from tocsin.cli import demo_filing, demo_node  # noqa: PLC0415  # not on --help
    from tocsin.simulators import inbox  # noqa: PLC0415
    from tocsin.simulators.answers import answers  # noqa: PLC0415
    from tocsin.storage.home import Home  # noqa: PLC0415

    started = time.monotonic()
    _claim(folder)
    put(f"1. Making pictures by code in {folder}")
    manifest = inbox.write(folder)
    made, allowed = len(manifest.items), len(manifest.allowed)
    put(f"   {len(manifest.known)} known, {allowed} allowed, {made} files in the inbox")
    with Home.open(folder / "home", create=True) as store:
        put("2. Banking the known and the allowed pictures")
        entries = _bank(store, manifest)
        put("3. Scanning the inbox, and looking for signs of where files came from")
        report = folder / "report.html"
        scanned = _scan(store, folder, report)
    put("4. What was found, held against how each file was made")
    given = list(answers(manifest.items, scanned, entries))
    _show(given)
    wrong = sum(not answer.right for answer in given)
    put("5. Starting a node and submitting some of the files over HTTP")
    home = folder / "home"
    demo_filing.settle(home)
    access = demo_node.let_in(home)
    with demo_filing.authority(home), demo_node.node_running(home) as url:
        put(f"   it listens on {url}, on this machine only, until this demonstration ends")
        differing = demo_node.submit_some(url, access, scanned)
        put("6. Deciding the most urgent case, and reporting it to a simulated CyberTipline")
        demo_filing.file_first(home, access.password)
        put("")
        seconds = time.monotonic() - started
        put(f"{len(given) - wrong} of {len(given)} files answered as they should be, in {seconds:.0f} s.")
        _say_what_next(folder, report)
        if sys.stdout.isatty() if console is None else console:
            demo_node.keep_open(url, access)
        else:
            put(f"Review:           run the node, open /console/, sign in as {demo_node.NAME}")
            put(f"                  with the password {access.password}")
    return FAILED if wrong or differing else 0


def _say_what_next(folder: Path, report: Path) -> None:
    put(f"Open the report:  {report}")
    put(f"Explain a file:   {_program()} explain {folder / 'inbox' / 'origins'}/*")
    put(f"Look further:     {_program()} --home {folder / 'home'} bank list")
    put(f"                  {_program()} --home {folder / 'home'} match {folder / 'inbox' / 'copies'}/*")
    put(f"Run the node:     {_program()} --home {folder / 'home'} serve")
    node = f"{_program()} --home {folder / 'home'} admin"
    put(f"A token for it:   {node} token create mine --role submitter --bank '*'")


def _program() -> str:
    """How to call this program from here: by its path, where no shell would find it by its name."""
    import shutil  # noqa: PLC0415  # not on --help

    return "tocsin" if shutil.which("tocsin") else str(Path(sys.argv[0]))


def _claim(folder: Path) -> None:
    """Make the folder, or make sure that it is an earlier demo's: nobody else's files are touched."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / MARK
    if not mark.exists() and any(folder.iterdir()):
        message = f"the folder {shown(str(folder))} holds something else than an earlier demo"
        raise DemoFolderError(message)
    mark.touch()


def _bank(store: "Home", manifest: "Manifest") -> dict[str, int]:
    """Two banks, as a hotline would have them; the entry numbers of the known pictures."""
    from tocsin.banks.model import BankKind, Label, Origin, Policy  # noqa: PLC0415  # not on --help
    from tocsin.banks.store import BankExistsError  # noqa: PLC0415
    from tocsin.matching.banking import bank_files  # noqa: PLC0415

    label = Label(scheme="demonstration", version="1", code="sample", author="tocsin demo")
    entries: dict[str, int] = {}
    for name, kind, originals in (
        ("known", BankKind.MATCH, manifest.known),
        ("allowed", BankKind.ALLOW, manifest.allowed),
    ):
        try:
            store.create_bank(name, Policy(kind=kind, purpose="demonstration only"))
        except BankExistsError:
            put(f"   bank {name} is there from an earlier run")
        paths = [str(original.path) for original in originals]
        banked = bank_files(store, name, paths, Origin(source="tocsin demo"), [label])
        numbers = [one.entry or 0 for one in banked]
        put(f"   bank {name}: {len(numbers)} entries")
        if kind is BankKind.MATCH:
            entries = dict(zip((original.id for original in originals), numbers, strict=True))
    return entries


def _scan(store: "Home", folder: Path, report: Path) -> "list[Scanned]":
    import os  # noqa: PLC0415  # not on --help

    from tocsin.cli.origin import count_lines  # noqa: PLC0415
    from tocsin.cli.progress import progress  # noqa: PLC0415
    from tocsin.content.explaining import Search  # noqa: PLC0415
    from tocsin.matching.counts import ScanCounts  # noqa: PLC0415
    from tocsin.matching.matches import Matcher  # noqa: PLC0415
    from tocsin.matching.report import ReportWriter  # noqa: PLC0415
    from tocsin.matching.scan import Scanner  # noqa: PLC0415
    from tocsin.provenance.explain import Tier  # noqa: PLC0415
    from tocsin.storage.spare_seen import SpareSeen  # noqa: PLC0415

    inbox, counts, everything = str(folder / "inbox"), ScanCounts(), []
    matcher = Matcher(store)
    with (
        SpareSeen(store.folder / "seen.db", say) as seen,
        Scanner(matcher, seen, workers=len(os.sched_getaffinity(0)), search=Search(Tier.PIXELS)) as scanner,
        ReportWriter(report, [(bank, store.counts(bank.name)) for bank in matcher.banks()]) as writer,
        progress("scanning") as advance,
    ):
        for scanned in scanner.scan([inbox]):
            counts.add(scanned)
            writer.add(scanned)
            everything.append(scanned)
            advance(f"{counts.contents} files")
        writer.write([inbox], counts)
    put(f"   {counts.contents} files and archive members: {counts.matched} matched,")
    put(f"   {counts.suppressed} suppressed, {counts.unmatched} unmatched, {counts.refused} refused")
    for line in count_lines(counts.origin) if counts.origin else ():
        put(f"   {line}")
    return everything


def _show(given: "Sequence[Answer]") -> None:
    for answer in given:
        mark = "ok   " if answer.right else "FAILED"
        item, match = answer.item, answer.match
        details = ""
        if match is not None:
            how = (
                "equal bytes"
                if match.type.exact
                else f"distance {match.distance:2}, {match.view}, {match.orientation}"
            )
            details = f"  {item.of}: {how}"
        elif item.rules:
            details = f"  {', '.join(sorted(item.rules & answer.found))}"
        put(f"   {mark} {answer.given:10} {shown(item.path.parent.name + '/' + item.path.name):38}{details}")
