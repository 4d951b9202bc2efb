"""What many rooms' tests share: the browser that pages are opened in, and the media room's helper modules."""

import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

sys.path.append(str(Path(__file__).parent / "media"))  # `Pool(path=...)` hands the same folder to children

hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")
"""No test depends on how fast the machine is (or on tables of letters that Hypothesis makes once)."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has what it starts in the background ignore Ctrl-C (POSIX, "Signals and Error Handling"), and so
    # would every program that a test starts and interrupts. Handlers, unlike that, do not outlive an exec.
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = [
    "support.loopback",
    "support.databases",
    "support.accounts",
    "support.cases",
    "support.deciding",
    "support.viewing",
    "support.drafting",
]

LONGEST = {
    "test_node_kills.py",
    "test_screenshots.py",
    "test_full_disk.py",
    "test_kill.py",
    "test_scan_kills.py",
    "test_job_kills.py",
    "test_filing_kills.py",
    "test_submission_kills.py",
    "test_call_the_api.py",
    "test_scan_origin.py",
    "test_shift.py",
    "test_processes.py",
    "test_hostile.py",
    "test_explaining.py",
}
"""Files of few tests that take long: 10 to 60 seconds each."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under `make test` begin with what takes long, then with files of many tests: none ends alone."""
    if hasattr(config, "workerinput"):  # a process of xdist's; tests of a file stay as they were shuffled
        tests = Counter(item.path for item in items)
        items.sort(key=lambda item: (item.path.name not in LONGEST, -tests[item.path]))


ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; what needs it is skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium to open pages in")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()
