"""Opening a path gives a regular file or says why not, and never waits."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.media.errors import NotRegularError, UnreadableError
from tocsin.media.regular import open_regular


def content(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def test_a_regular_file_is_opened_and_not_inherited(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    descriptor = open_regular(path)
    assert not os.get_inheritable(descriptor)
    assert content(descriptor) == b"abc"


def test_names_that_are_not_utf8_work_as_bytes_and_as_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe \n.jpg"
    Path(os.fsdecode(name)).write_bytes(b"abc")
    assert content(open_regular(name)) == b"abc"
    assert content(open_regular(os.fsdecode(name))) == b"abc"


def test_a_link_is_followed_unless_told_otherwise(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    assert content(open_regular(tmp_path / "link")) == b"abc"
    with pytest.raises(NotRegularError, match="symbolic link"):
        open_regular(tmp_path / "link", follow=False)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotRegularError, match="pipe"):
        open_regular(tmp_path / "pipe")
    with pytest.raises(NotRegularError, match="folder"):
        open_regular(tmp_path)
    with pytest.raises(NotRegularError, match="device"):
        open_regular("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        with pytest.raises(NotRegularError, match="socket"):
            open_regular(tmp_path / "s")


def test_what_cannot_be_opened_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UnreadableError, match="loop"):
        open_regular(tmp_path / "loop")
    with pytest.raises(UnreadableError, match="no such file"):
        open_regular(tmp_path / "nothing")
    with pytest.raises(UnreadableError, match="too long"):
        open_regular(tmp_path / ("x" * 5000))
    with pytest.raises(UnreadableError, match="name"):
        open_regular("a\0b")


def test_a_file_one_may_not_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"abc")
    path.chmod(0)
    if os.geteuid():
        with pytest.raises(UnreadableError, match="permission denied"):
            open_regular(path)
        return
    # Root may read everything, so let somebody else try.
    program = (
        "import os, sys\n"
        "from tocsin.media.regular import open_regular\n"
        "from tocsin.media.errors import UnreadableError\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: open_regular(sys.argv[1])\n"
        "except UnreadableError as error: print(error.message)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "permission denied" in done.stdout
