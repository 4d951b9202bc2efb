"""What an operator sets of notices: refused at once where it could not be used."""

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.config import SettingsError
from tocsin.filing.notice_terms import MailServer, Terms
from tocsin.node.settings import NoticesSettings


def read(folder: Path, *lines: str) -> Terms:
    (folder / "tocsin.toml").write_text("\n".join(("[notices]", *lines)))
    return NoticesSettings.read(folder).terms


def test_by_default_everything_is_a_test_and_nothing_can_be_made(tmp_path: Path) -> None:
    terms = read(tmp_path)
    assert (terms.live, terms.mail, terms.lacks) == (False, None, ("organisation", "contact"))


def test_settings_become_terms(tmp_path: Path) -> None:
    terms = read(
        tmp_path,
        "live = true",
        'laws = {us = "18 U.S.C. 2258A"}',
        'mail_host = "mail.example.net"',
        'mail_user = "u"',
        'mail_from = "n@example.net"',
        "remind_hours = 2",
    )
    assert terms.live
    assert terms.laws == {"us": "18 U.S.C. 2258A"}
    assert terms.mail == MailServer("mail.example.net", 587, "starttls", "u", "n@example.net")
    assert terms.remind_after == timedelta(hours=2)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (('mail_host = "mail.example.net"',), "mail_from is missing"),
        (
            ('mail_host = "mail.example.net"', 'mail_from = "n@example.net"', 'mail_security = "none"'),
            "only for a mail server at",
        ),
        (('mail_host = "localhost"', 'mail_from = "n@example.net"', 'mail_security = "none"'), "only for"),
        (('contact = "Anna <a@example.net>"',), "notices.contact"),
        (('laws = {"A law" = "x"}',), "notices.laws"),
        (("reminders = 99",), "notices.reminders"),
    ],
)
def test_what_could_not_be_used_is_refused(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read(tmp_path, *lines)
