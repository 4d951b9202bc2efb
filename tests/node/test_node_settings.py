"""The settings of node and review: what is wrong with them is told in an operator's words."""

from pathlib import Path

import pytest

from tocsin.cases.limits import Limits
from tocsin.config import SettingsError, database_url
from tocsin.node.settings import NodeSettings, ReviewSettings


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('allowed_network = ["10.0.0.0/8"]', "node.allowed_network: there is no such setting"),
        ('allowed_networks = ["10.0.0.1/8"]', "node.allowed_networks: write networks like 10.20.0.0/16"),
        ('allowed_networks = "10.0.0.0/8"', "node.allowed_networks: write a list"),
        ("fetch_ports = [99999]", "node.fetch_ports: "),
    ],
)
def test_a_setting_that_is_wrong_is_named(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text(f"[node]\n{text}\n")
    with pytest.raises(SettingsError) as caught:
        NodeSettings.read(tmp_path)
    assert told in str(caught.value)
    assert "[type=" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('time_zone = "Europe/Nowhere"', "review.time_zone: "),
        ("hours_a_day = nan", "review.hours_a_day: "),
        ("hours_a_day = 25", "review.hours_a_day: "),
        ("break_minutes = 0", "review.break_minutes: "),
        ("reveal_second = 3", "review.reveal_second: there is no such setting"),
        ('queues = ["Has Spaces"]', "review.queues: "),
    ],
)
def test_a_setting_of_review_that_is_wrong_is_named(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text(f"[review]\n{text}\n")
    with pytest.raises(SettingsError) as caught:
        ReviewSettings.read(tmp_path)
    assert told in str(caught.value)


def test_settings_of_review_are_the_limits(tmp_path: Path) -> None:
    text = 'hours_a_day = 2.5\nreveals_a_day = 7\ntime_zone = "Europe/Paris"\nqueues = ["main", "video"]'
    (tmp_path / "tocsin.toml").write_text(f"[review]\n{text}\n")
    settings = ReviewSettings.read(tmp_path)
    assert settings.limits == Limits(hours_a_day=2.5, reveals_a_day=7)
    assert str(settings.zone) == "Europe/Paris"
    assert ReviewSettings().limits == Limits()  # the defaults stand in two places
    assert database_url(tmp_path) is None  # which reads the same file, and refuses tables it does not know


def test_settings_that_are_not_a_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text("node = 1\n")
    with pytest.raises(SettingsError):
        NodeSettings.read(tmp_path)
