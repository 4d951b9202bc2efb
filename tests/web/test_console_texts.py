"""The console's texts: every one has a French one, and every page can be read in French."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.console import Client, console
from support.files import small_picture

from tocsin.access.model import ROLES
from tocsin.web.console.modules import MODULES
from tocsin.web.console.texts import LANGUAGES, Texts

SCRIPT = Path(__file__).parents[2] / "scripts" / "texts"
PATHS = sorted({page.path for pages in MODULES for page in pages.all if page.method == "GET"})


@pytest.mark.slow
def test_every_text_is_translated_and_names_the_same_values() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        opened.submit(small_picture(1), review=True)
        with opened.client("everything", *ROLES) as client:
            yield client


@pytest.mark.parametrize("path", PATHS)
def test_pages_can_be_read_in_every_language(everything: Client, path: str) -> None:
    path = "/console" + re.sub(r"\{[a-z0-9_]+\}", "1", path)
    answers = {one: everything.get(path, headers={"Accept-Language": one}) for one in LANGUAGES}
    assert {answer.status_code for answer in answers.values()} < set(range(500))
    assert len({answer.status_code for answer in answers.values()}) == 1
    for language, answer in answers.items():
        if answer.status_code != 303 and answer.headers["content-type"].startswith("text/html"):
            assert f'<html lang="{language}"' in answer.text


def test_numbers_and_times_are_written_as_the_language_has_them() -> None:
    english, french = Texts.of("en"), Texts.of("fr")
    noon = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    assert (english.number(1234.5), french.number(1234.5)) == ("1,234.5", "1\u202f234,5")
    assert french.time(noon).endswith(" UTC")
    assert english.ago(noon, noon + timedelta(hours=3)) == "3 hours ago"
    assert french.ago(noon, noon + timedelta(hours=3)) == "il y a 3 heures"
    assert Texts.of("xx") is not Texts.of("fr")
    assert Texts.of("xx").language == "en"
