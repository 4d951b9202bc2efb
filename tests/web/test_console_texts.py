"""Texts and keys of the console's pages: every text has a French one, every key does one thing."""

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
        opened.node.review.queue.claim(opened.principal("everything", *ROLES), 1)
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


@pytest.mark.parametrize("path", PATHS)
def test_a_key_does_one_thing_on_a_page(everything: Client, path: str) -> None:
    page = everything.get("/console" + re.sub(r"\{[a-z0-9_]+\}", "1", path)).text
    keys = re.findall(r'data-key="([^"]+)"', page)
    assert len(set(keys)) == len(keys)
    assert not {"b", "?"} & set(keys), "the blank screen and the map of keys have these everywhere"
    begun = {key.partition(" ")[0] for key in keys if " " in key}
    assert not begun & set(keys), "a key that begins a sequence does nothing by itself"
    assert all(len(key.split()) <= 2 and not key.endswith(" b") for key in keys)


def test_numbers_and_times_are_written_as_the_language_has_them() -> None:
    english, french = Texts.of("en"), Texts.of("fr")
    noon = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    assert (english.number(1234.5), french.number(1234.5)) == ("1,234.5", "1\u202f234,5")
    assert french.time(noon).endswith(" UTC")
    assert english.ago(noon, noon + timedelta(hours=3)) == "3 hours ago"
    assert french.ago(noon, noon + timedelta(hours=3)) == "il y a 3 heures"
    assert Texts.of("xx") is not Texts.of("fr")
    assert Texts.of("xx").language == "en"
