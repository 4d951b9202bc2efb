"""Notices by mail, through the operator's own server (RFC 5321), never in the clear outside this machine.

A message has the same Message-ID however often it is sent: where the answer to a first attempt was lost, the
provider may get it twice, and a mailbox can tell.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from tocsin.filing.notice_model import Attempt, NotSentError, NotSetUpError, ProviderAnswer
from tocsin.filing.notice_terms import MailServer, Sender, on_loopback

_SECONDS: Final = 30.0
"""For each step with the server."""
_FINAL: Final = 500
"""From this code on a server says that trying again makes no sense (RFC 5321, 4.2.1)."""
_LONGEST_WORDS: Final = 300


class Mail:
    """Sends notices by mail; implements `tocsin.filing.store_notices.Carrier`."""

    def __init__(
        self,
        server: MailServer,
        sender: Sender,
        password: Callable[[], bytes | None] = lambda: None,
        *,
        tls: ssl.SSLContext | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        """Through `server`; `password` is asked for at each connection.

        Raises NotSetUpError for a server in the clear that is not on this machine.
        """
        if server.security == "none" and not on_loopback(server.host):
            message = "without TLS only a mail server on this machine, by its address, is used"
            raise NotSetUpError(message)
        self._server = server
        self._sender = sender
        self._password = password
        self._tls = tls
        self._seconds = seconds

    def send(self, attempt: Attempt) -> ProviderAnswer:
        """Hand a message to the server, which has taken it when this returns. Raises NotSentError."""
        message = message_of(attempt, self._server.sender, self._sender)
        with _told(), self._connected() as smtp:
            smtp.send_message(message, self._server.sender, [attempt.provider.address])
        return ProviderAnswer()

    def ask(self, attempt: Attempt) -> ProviderAnswer | None:  # noqa: ARG002  # as of other carriers
        """None: a mailbox cannot be asked."""
        return None

    def check(self) -> None:
        """Connect and sign in, and send nothing. Raises NotSentError."""
        with _told(), self._connected() as smtp:
            smtp.noop()

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Raises what smtplib does; not where only the farewell goes wrong."""
        server, name = self._server, self._server.sender.rpartition("@")[2]
        tls = self._tls or ssl.create_default_context()
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, name, timeout=self._seconds, context=tls
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, name, timeout=self._seconds)
        try:
            if server.security == "starttls":
                smtp.starttls(context=tls)
            if server.user:
                smtp.login(server.user, (self._password() or b"").decode())
            yield smtp
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            smtp.close()


def message_of(attempt: Attempt, mail_from: str, sender: Sender) -> EmailMessage:
    """A notice, or a reminder that follows it, as a message."""
    notice, domain = attempt.notice, mail_from.rpartition("@")[2]
    first = f"<{notice.reference}.0@{domain}>"
    message = EmailMessage()
    message["From"] = Address(sender.organisation, addr_spec=mail_from)
    message["To"] = Address(addr_spec=attempt.provider.address)
    message["Reply-To"] = Address(addr_spec=sender.contact)
    message["Subject"] = attempt.text.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{notice.reference}.{attempt.reminder}@{domain}>"
    if attempt.reminder:
        message["In-Reply-To"] = first
        message["References"] = first
    message.set_content(attempt.text.body, cte="quoted-printable")
    return message


@contextmanager
def _told() -> Iterator[None]:
    """What smtplib raises, as NotSentError with the server's words."""
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        told = NotSentError(_words(error))
        told.final = _code(error) >= _FINAL
        raise told from error


def _code(error: smtplib.SMTPException | OSError) -> int:
    """What the server said, or would say if it came to that; 0 where nothing was said."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return max(code for code, _ in error.recipients.values())
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPNotSupportedError():
            return _FINAL  # asked again and again with a wrong password, it would lock the account
        case smtplib.SMTPResponseException():
            return error.smtp_code
    return 0


def _words(error: smtplib.SMTPException | OSError) -> str:
    match error:
        case smtplib.SMTPRecipientsRefused():
            said = "; ".join(f"{code} {_plain(words)}" for code, words in error.recipients.values())
            return f"the mail server refuses the address: {said}"
        case smtplib.SMTPAuthenticationError():
            return f"the mail server refuses the password: {error.smtp_code}"
        case smtplib.SMTPResponseException():
            return f"the mail server says {error.smtp_code} {_plain(error.smtp_error)}"
        case ssl.SSLError():
            return f"no TLS with the mail server: {_plain(error.reason or str(error))}"
    return f"the mail server cannot be used, or broke off: {_plain(str(error)) or type(error).__name__}"


def _plain(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return "".join(one if one.isprintable() else " " for one in text)[:_LONGEST_WORDS]
