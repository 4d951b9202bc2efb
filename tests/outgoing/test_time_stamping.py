"""Asking a time-stamping authority: the one that was named, and nobody else."""

import pytest

from tocsin.evidence.time_stamps import TimeStampError
from tocsin.outgoing.time_stamping import ask
from tocsin.simulators.http_trouble import TroubleServer


def test_proxies_in_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    with TroubleServer() as trouble:
        assert len(ask(trouble.url("bytes/1000"), b"question")) == 1000


def test_redirections_are_not_followed() -> None:
    with TroubleServer() as other, TroubleServer() as trouble:
        with pytest.raises(TimeStampError, match="status 307"):
            ask(trouble.url(f"to?{other.url('bytes/10')}"), b"question")
        assert not other.visits


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/hostname", "only http"),
        ("ftp://127.0.0.1/", "only http"),
        ("http://user:password@127.0.0.1/", "user name"),
        ("http://127.0.0.1:1/", "cannot be reached"),
    ],
)
def test_what_cannot_be_asked_is_named(url: str, why: str) -> None:
    with pytest.raises(TimeStampError, match=why):
        ask(url, b"question")


def test_answers_without_end_are_not_read() -> None:
    with TroubleServer() as trouble, pytest.raises(TimeStampError, match="too long"):
        ask(trouble.url("bytes/100000000"), b"question")
