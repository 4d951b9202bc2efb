"""Children that work on a ledger or a vault: see evidence_child.py."""

import subprocess
import sys
from pathlib import Path

_CHILD = Path(__file__).with_name("evidence_child.py")


def started_child(home: Path, task: str, *arguments: str) -> subprocess.Popen[str]:
    """A child doing a task in a home."""
    command = [sys.executable, str(_CHILD), task, str(home), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(child: subprocess.Popen[str], *, killed: bool = False) -> list[str]:
    """What a child still says until its end; unless it was killed, it must end well."""
    out, err = child.communicate(timeout=120)
    assert killed or child.returncode == 0, err
    return [line for line in out.split("\n")[:-1] if line]
