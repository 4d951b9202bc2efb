"""Replacing files: pages replace pages, and never a file of somebody else."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.replacing import GENERATOR, TargetError, check_target

PAGE = f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{GENERATOR} 1">'
REPORT = "<!doctype html>\n<html>\n<head>\n<title>Tocsin scan report</title>"


@pytest.mark.parametrize("text", [PAGE, REPORT, ""])
def test_an_earlier_page_and_an_empty_file_may_be_replaced(tmp_path: Path, text: str) -> None:
    target = tmp_path / "page.html"
    target.write_text(text)
    check_target(target)
    (tmp_path / "link").symlink_to(target)
    check_target(tmp_path / "link")


@pytest.mark.parametrize("text", ["old", "<!doctype html>\n<title>Somebody's page</title>", f"\n{PAGE}"])
def test_somebodys_file_may_not(tmp_path: Path, text: str) -> None:
    target = tmp_path / "evidence.html"
    target.write_text(text)
    (tmp_path / "link").symlink_to(target)
    for path in (target, tmp_path / "link"):
        with pytest.raises(TargetError, match="no page of Tocsin"):
            check_target(path)


def test_what_is_not_there_and_what_is_no_file_is_no_matter(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    for path in (tmp_path / "new", tmp_path / "pipe", tmp_path / "dangling", Path(os.devnull)):
        check_target(path)


def test_what_is_quoted_far_inside_makes_no_page_of_ours(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text(f"<!doctype html>{' ' * 5000}{GENERATOR}")
    with pytest.raises(TargetError):
        check_target(target)


@given(st.binary(min_size=1, max_size=200))
def test_no_bytes_at_random_are_ours(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    target = tmp_path_factory.getbasetemp() / "random"
    target.write_bytes(data)
    with pytest.raises(TargetError):
        check_target(target)
