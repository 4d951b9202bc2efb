"""The node's settings: what is wrong with them is told in an operator's words."""

from pathlib import Path

import pytest

from tocsin.config import SettingsError
from tocsin.node.settings import NodeSettings


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


def test_settings_that_are_not_a_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text("node = 1\n")
    with pytest.raises(SettingsError):
        NodeSettings.read(tmp_path)
