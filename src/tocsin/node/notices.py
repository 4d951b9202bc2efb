"""Notices to providers, and the register of reports to the NCA, put together over one home."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tocsin.filing.nca.register import Register
from tocsin.filing.notice_model import Channel
from tocsin.filing.notice_providers import Providers
from tocsin.filing.notice_sending import NoticeWork
from tocsin.filing.notices import Notices
from tocsin.filing.store_notices import Carrier, mail_purpose
from tocsin.outgoing.mail import Mail
from tocsin.outgoing.provider_api import ProviderApi
from tocsin.storage.notices import NoticeStore
from tocsin.storage.register import RegisterStore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Collection, Sequence

    from tocsin.evidence.ledger import Ledger
    from tocsin.evidence.sealing import Sealer
    from tocsin.filing.filer import Filer
    from tocsin.filing.model import Receipt
    from tocsin.filing.nca.store_register import Keeping
    from tocsin.filing.notice_terms import Terms
    from tocsin.filing.record import CaseRecord
    from tocsin.jobs.model import JobQueue
    from tocsin.outgoing.addresses import Network
    from tocsin.storage.database import Database


@dataclass(frozen=True)
class NoticeParts:
    """What of a node notices are made and sent with."""

    database: "Database"
    queue: "JobQueue"
    ledger: "Ledger"
    sealer: "Sealer"
    record: "Callable[[int], CaseRecord]"
    terms: "Terms"
    allowed: "Sequence[Network]" = ()
    """Private networks in which the operator lets providers be."""
    tls: "ssl.SSLContext | None" = None
    """Whose certificates count: the system's, unless given."""
    store: NoticeStore = field(init=False)

    def __post_init__(self) -> None:
        """One store for all of them."""
        object.__setattr__(self, "store", NoticeStore(self.database, self.sealer))


def notices(parts: NoticeParts) -> Notices:
    """Notices as people make them."""
    return Notices(
        parts.database,
        parts.store,
        parts.queue,
        parts.ledger,
        parts.record,
        Providers(parts.database, parts.store, parts.ledger, parts.terms),
        parts.terms,
    )


def notice_work(parts: NoticeParts) -> NoticeWork:
    """What does the jobs of notices; jobs of the kind SEND are to be tried by NOTICE_POLICY."""
    return NoticeWork(
        parts.database, parts.store, parts.queue, parts.ledger, parts.terms, carriers(parts), parts.record
    )


def carriers(parts: NoticeParts) -> Mapping[Channel, Carrier]:
    """What carries notices. Raises NotSetUpError for a mail server that may not be used."""
    api = ProviderApi(parts.terms.sender, allowed=parts.allowed, tls=parts.tls)
    mail = mail_of(parts)
    return {Channel.API: api, **({} if mail is None else {Channel.MAIL: mail})}


def mail_of(parts: NoticeParts) -> Mail | None:
    """The mail server of the settings, if they name one. Raises NotSetUpError."""
    server = parts.terms.mail
    if server is None:
        return None
    purpose = mail_purpose(server.host, server.port, server.user)
    return Mail(server, parts.terms.sender, partial(parts.store.secret, purpose), tls=parts.tls)


def register(
    parts: NoticeParts,
    receipts: "Callable[[Collection[int]], Sequence[Receipt]]",
    holds: "Keeping",
    organisation: "Filer",
) -> Register:
    """The register of reports to the NCA."""
    return Register(
        parts.database,
        RegisterStore(parts.database),
        parts.ledger,
        parts.record,
        receipts,
        holds,
        organisation,
    )
