"""A mail server and a provider's API that run on this machine, alone and as processes."""

import json
import signal
import smtplib
import subprocess
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from support.commands import PROGRAM

from tocsin.simulators.mail import Conduct, MailSink
from tocsin.simulators.provider import ProviderSimulator, Reaction

BODY = {"reference": "N-1", "url": "https://example.org/a", "reminder": 0}


def posted(url: str, body: object, token: str = "") -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = Request(url, json.dumps(body).encode(), headers)  # noqa: S310  # the simulator's own URL
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_message_is_kept_to_the_byte_but_for_its_dots() -> None:
    with MailSink(user="u", password="p") as sink:  # noqa: S106  # of nobody
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
            with pytest.raises(smtplib.SMTPSenderRefused):
                client.sendmail("a@example.net", ["b@example.org"], b"Subject: x\r\n\r\n")
            client.login("u", "p")
            client.sendmail("a@example.net", ["b@example.org"], b"Subject: x\r\n\r\n.one\r\n..two\r\n")
        (one,) = sink.taken
    assert (one.sender, one.recipient, one.user, one.encrypted) == (
        *("a@example.net", "b@example.org", "u"),
        False,
    )
    assert one.message.get_content().splitlines() == [".one", "..two"]


def test_a_mail_server_with_trouble() -> None:
    with MailSink() as sink, smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
        sink.then(Conduct.LATER, Conduct.REFUSE)
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("a@example.net", ["b@example.org"], b"x")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("a@example.net", ["b@example.org"], b"x")
        client.sendmail("a@example.net", ["b@example.org"], b"x")
        assert len(sink.wait(1)) == 1


def test_a_provider_has_a_notice_once() -> None:
    with ProviderSimulator("t") as api:
        assert posted(api.url, BODY)[0] == 401
        first = posted(api.url, BODY, "t")
        assert first == posted(api.url, BODY, "t")
        assert posted(api.url, {**BODY, "reminder": 1}, "t")[1]["id"] == first[1]["id"]
        assert posted(api.url, {"url": "x"}, "t")[0] == 400
        api.then(Reaction.BUSY)
        assert posted(api.url, BODY, "t")[0] == 503
        (there,) = api.notices.values()
        assert there.reminders == [1]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["mail", "provider"])
def test_they_run_as_processes_until_told_to_end(command: str) -> None:
    arguments = [*PROGRAM, "simulate", command]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        where = process.stdout.readline().strip()
        if command == "mail":
            with smtplib.SMTP("127.0.0.1", int(where), timeout=10) as client:
                client.sendmail("a@example.net", ["b@example.org"], b"Subject: hello\r\n\r\n")
        else:
            assert posted(where, BODY)[0] == 201
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert ("to b@example.org: hello" if command == "mail" else "P1: N-1") in said
