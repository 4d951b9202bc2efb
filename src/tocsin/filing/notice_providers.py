"""Which hosting providers there are, how they take notices, and the secrets that takes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from tocsin.access.model import Permission, Principal
from tocsin.evidence.ledger import Event, Ledger
from tocsin.filing.notice_model import Channel, InvalidNoticeError, NotSetUpError, Provider
from tocsin.filing.notice_terms import Terms, is_address, on_loopback
from tocsin.filing.notice_text import LANGUAGES, checked_url, host_of
from tocsin.filing.store_notices import NoticeStore, mail_purpose, token_purpose
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)
_LONGEST_ADDRESS: Final = 1000
_LONGEST_SECRET: Final = 4096


@dataclass(frozen=True, slots=True)
class Providers:
    """The hosting providers that an operator knows. Nothing is asked of any network to find one."""

    transactions: Transactions
    store: NoticeStore
    ledger: Ledger
    terms: Terms

    def all(self, principal: Principal) -> Sequence[Provider]:
        """All of them, by name. Raises DeniedError."""
        principal.demand(Permission.READ_FILINGS)
        return self.store.providers()

    def of_url(self, url: str) -> Provider | None:
        """The provider that answers for a URL: the one with the longest domain that its host is below."""
        host = host_of(url)
        found = [
            (len(domain), one)
            for one in self.store.providers()
            for domain in one.hosts
            if host == domain or host.endswith(f".{domain}")
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def keep(self, principal: Principal, provider: Provider, token: str | None = None) -> None:
        """Add a provider, or change it; with `token` its API is asked with that.

        A token is for one address: it is forgotten when that changes. Raises DeniedError, InvalidNoticeError,
        InvalidTextError.
        """
        principal.demand(Permission.MANAGE_FILING)
        _check(provider)
        if token is not None:
            _check_secret(token)
            if provider.channel is not Channel.API:
                _refuse("only an API takes a token")
        with self.transactions.writing():
            self.store.set_provider(provider)
            if token is not None:
                self.store.set_secret(token_purpose(provider), token.encode() or None)
            detail: JsonObject = {
                "channel": provider.channel.value,
                "address": provider.address,
                "hosts": [*provider.hosts],
                "token": "unchanged" if token is None else "set" if token else "forgotten",
            }
            self.ledger.append(
                Event("notice_provider.kept", principal.id, f"notice_provider:{provider.name}", detail)
            )

    def remove(self, principal: Principal, name: str) -> None:
        """Forget a provider; its notices stay. Raises DeniedError, UnknownProviderError."""
        principal.demand(Permission.MANAGE_FILING)
        with self.transactions.writing():
            self.store.remove_provider(name)
            self.ledger.append(Event("notice_provider.removed", principal.id, f"notice_provider:{name}"))

    def set_mail_password(self, principal: Principal, password: str) -> None:
        """Keep the password of the mail server that the settings name; an empty one forgets it.

        It is for that server and user alone. Raises DeniedError, NotSetUpError, InvalidNoticeError.
        """
        principal.demand(Permission.MANAGE_FILING)
        server = self.terms.mail
        if server is None or not server.user:
            message = "the settings name no mail server with a user"
            raise NotSetUpError(message)
        _check_secret(password)
        with self.transactions.writing():
            purpose = mail_purpose(server.host, server.port, server.user)
            self.store.set_secret(purpose, password.encode() or None)
            detail: JsonObject = {"host": server.host, "user": server.user, "set": bool(password)}
            self.ledger.append(Event("notice_mail.password_set", principal.id, "notice_mail", detail))


def _check(provider: Provider) -> None:
    """Raises InvalidNoticeError."""
    if not _NAME.fullmatch(provider.name):
        _refuse("a provider's name has lower-case letters, digits, dots, hyphens and underscores")
    if provider.language not in LANGUAGES:
        _refuse(f"notices are written in {', '.join(LANGUAGES)}")
    for host in provider.hosts:
        if not _HOST.fullmatch(host):
            _refuse(f"{host!r} is no domain in lower case")
    if provider.channel is Channel.MAIL:
        if not is_address(provider.address):
            _refuse("the provider's address is not one mail address")
        return
    if len(provider.address) > _LONGEST_ADDRESS:
        _refuse(f"an address has at most {_LONGEST_ADDRESS} characters")
    checked_url(provider.address)
    if not provider.address.lower().startswith("https://") and not on_loopback(host_of(provider.address)):
        _refuse("outside this machine the address begins with https")


def _check_secret(secret: str) -> None:
    if len(secret) > _LONGEST_SECRET or not secret.isascii() or not all(map(str.isprintable, secret)):
        _refuse("a password or token here is printable ASCII")


def _refuse(message: str) -> NoReturn:
    raise InvalidNoticeError(message)
