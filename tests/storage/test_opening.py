"""Which homes are opened, and by whom."""

import os
from pathlib import Path

import pytest

from tocsin.storage.errors import OwnerError
from tocsin.storage.home import Home


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write what is somebody else's")
def test_root_leaves_nothing_in_a_home_of_another_user(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    Home.open(folder, create=True).close()
    before = sorted(folder.rglob("*"))
    os.chown(folder, 65534, -1)
    with pytest.raises(OwnerError, match="belongs to the user"):
        Home.open(folder, create=True)
    assert sorted(folder.rglob("*")) == before
    os.chown(folder, 0, -1)
    Home.open(folder).close()
