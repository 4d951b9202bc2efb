"""Notices to hosting providers: `tocsin.filing.store_notices.NoticeStore` on either database."""

import json
from typing import TYPE_CHECKING

from tocsin.banks.batch import check_texts
from tocsin.filing.notice_model import (
    Channel,
    NewNotice,
    Notice,
    NoticeEvent,
    NoticeState,
    Provider,
    UnknownNoticeError,
    UnknownProviderError,
)
from tocsin.filing.store_notices import WantedNotices, token_purpose
from tocsin.storage import notice_vouching, times
from tocsin.storage.database import Database, Row, Value

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.evidence.sealing import Sealer

_GIVEN = "case_number, provider, url, found, law, reference, test, author"
_COLUMNS = f"""{_GIVEN}, number, state, revision, created, sent, reminders, next_reminder, answered,
    their_reference, problem"""
# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound
_ADD = f"""INSERT INTO notice ({_GIVEN}, state, revision, created)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'drafted', 1, ?) RETURNING {_COLUMNS}"""
_ONE = f"SELECT {_COLUMNS} FROM notice WHERE number = ?"
_PAGE = f"""SELECT {_COLUMNS} FROM notice
    WHERE number < ? AND (? = 0 OR case_number = ?) AND (? = '' OR provider = ?) {{states}}
    ORDER BY number DESC LIMIT ?"""
_COUNTS = "SELECT state, COUNT(*) FROM notice GROUP BY state"
_KEEP = """UPDATE notice SET provider = ?, url = ?, found = ?, law = ?, state = ?, revision = revision + 1,
        sent = ?, reminders = ?, next_reminder = ?, answered = ?, their_reference = ?, problem = ?
    WHERE number = ?"""
_HAPPENED = "INSERT INTO notice_event (notice, time, what, actor, words) VALUES (?, ?, ?, ?, ?)"
_HISTORY = "SELECT time, what, actor, words FROM notice_event WHERE notice = ? ORDER BY id"
_PROVIDER_COLUMNS = "name, channel, address, hosts, language"
_PROVIDERS = f"SELECT {_PROVIDER_COLUMNS} FROM notice_provider ORDER BY name"
_PROVIDER = f"SELECT {_PROVIDER_COLUMNS} FROM notice_provider WHERE name = ?"
_SET_PROVIDER = f"""INSERT INTO notice_provider ({_PROVIDER_COLUMNS}) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET channel = excluded.channel, address = excluded.address,
        hosts = excluded.hosts, language = excluded.language"""
_REMOVE_PROVIDER = "DELETE FROM notice_provider WHERE name = ?"
_SECRET = "SELECT sealed FROM notice_secret WHERE purpose = ?"  # noqa: S105  # SQL
_SET_SECRET = """INSERT INTO notice_secret (purpose, sealed) VALUES (?, ?)
    ON CONFLICT (purpose) DO UPDATE SET sealed = excluded.sealed"""  # noqa: S105  # SQL
_FORGET_SECRET = "DELETE FROM notice_secret WHERE purpose = ?"  # noqa: S105  # SQL
_NO_LIMIT = (1 << 63) - 1


class NoticeStore:
    """The notices of one database. Every method takes part in the caller's transaction, if there is one."""

    def __init__(self, database: Database, sealer: "Sealer") -> None:
        """Keep them in `database`, secrets sealed by `sealer`."""
        self._database = database
        self._sealer = sealer

    def add(self, new: NewNotice, created: "datetime") -> Notice:
        """Keep a new one. Raises InvalidTextError."""
        check_texts((new.url, new.law, new.provider))
        with self._database.writing():
            row = self._database.row(_ADD, (*_given(new), times.to_number(created)))
        assert row is not None  # noqa: S101  # RETURNING; for the type checker
        return _notice(row)

    def notice(self, number: int) -> Notice:
        """The notice of that number. Raises UnknownNoticeError."""
        with self._database.reading():
            row = self._database.row(_ONE, (number,)) if 0 < number < _NO_LIMIT else None
        if row is None:
            message = f"there is no notice number {number}"
            raise UnknownNoticeError(message)
        return _notice(row)

    def page(self, wanted: WantedNotices, *, before: int | None = None, limit: int = 50) -> list[Notice]:
        """Notices, newest first."""
        states = sorted(one.value for one in wanted.states)
        marks = f"AND state IN ({', '.join('?' * len(states))})" if states else ""
        case = wanted.case or 0
        filters: tuple[Value, ...] = (
            _NO_LIMIT if before is None else before,
            case,
            case,
            wanted.provider,
            wanted.provider,
            *states,
            limit,
        )
        with self._database.reading():
            return [_notice(row) for row in self._database.rows(_PAGE.format(states=marks), filters)]

    def counts(self) -> dict[NoticeState, int]:
        """How many there are in each state."""
        with self._database.reading():
            return {NoticeState(state): count for state, count in self._database.rows(_COUNTS)}

    def keep(self, notice: Notice) -> Notice:
        """Keep a notice as it is now: the next revision. Raises InvalidTextError."""
        texts = (notice.url, notice.law, notice.provider, notice.their_reference, notice.problem)
        check_texts(texts)
        values = (
            notice.provider,
            notice.url,
            times.to_number(notice.found),
            notice.law,
            notice.state.value,
            _stored(notice.sent),
            notice.reminders,
            _stored(notice.next_reminder),
            _stored(notice.answered),
            notice.their_reference,
            notice.problem,
            notice.number,
        )
        with self._database.writing():
            self._database.change(_KEEP, values)
            return self.notice(notice.number)

    def happened(self, number: int, event: NoticeEvent) -> None:
        """Add to a notice's history. Raises InvalidTextError."""
        check_texts((event.words,))
        values = (number, times.to_number(event.time), event.what, event.by, event.words)
        with self._database.writing():
            self._database.change(_HAPPENED, values)

    def history(self, number: int) -> list[NoticeEvent]:
        """What happened to a notice, oldest first."""
        with self._database.reading():
            rows = self._database.rows(_HISTORY, (number,))
        return [NoticeEvent(times.from_number(time), what, by, words) for time, what, by, words in rows]

    def vouched(self, number: int) -> bytes:
        """A notice with its history but for attempts, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return notice_vouching.notice(self._database, number)

    def providers(self) -> list[Provider]:
        """All of them, by name."""
        with self._database.reading():
            return [_provider(row) for row in self._database.rows(_PROVIDERS)]

    def provider(self, name: str) -> Provider:
        """The provider of that name. Raises UnknownProviderError."""
        check_texts((name,))
        with self._database.reading():
            row = self._database.row(_PROVIDER, (name,))
        if row is None:
            message = f"there is no provider {name!r}"
            raise UnknownProviderError(message)
        return _provider(row)

    def set_provider(self, provider: Provider) -> None:
        """Add a provider, or change it; its token is forgotten where its address changes."""
        check_texts((provider.name, provider.address, *provider.hosts))
        values = (
            provider.name,
            provider.channel.value,
            provider.address,
            json.dumps(provider.hosts),
            provider.language,
        )
        with self._database.writing():
            row = self._database.row(_PROVIDER, (provider.name,))
            if row is not None and token_purpose(_provider(row)) != token_purpose(provider):
                self.set_secret(token_purpose(_provider(row)), None)
            self._database.change(_SET_PROVIDER, values)

    def remove_provider(self, name: str) -> None:
        """Forget a provider with its token. Raises UnknownProviderError."""
        with self._database.writing():
            self.set_secret(token_purpose(self.provider(name)), None)
            self._database.change(_REMOVE_PROVIDER, (name,))

    def set_secret(self, purpose: str, secret: bytes | None) -> None:
        """Seal a secret for a purpose, or with None forget it."""
        check_texts((purpose,))
        with self._database.writing():
            if secret is None:
                self._database.change(_FORGET_SECRET, (purpose,))
            else:
                self._database.change(_SET_SECRET, (purpose, self._sealer.seal(secret, purpose)))

    def secret(self, purpose: str) -> bytes | None:
        """The secret for a purpose. Raises SealBrokenError, MissingKeyError."""
        with self._database.reading():
            row = self._database.row(_SECRET, (purpose,))
        return None if row is None else self._sealer.unseal(row[0], purpose)


def _given(new: NewNotice) -> tuple[Value, ...]:
    return (
        new.case,
        new.provider,
        new.url,
        times.to_number(new.found),
        new.law,
        new.reference,
        int(new.test),
        new.author,
    )


def _stored(time: "datetime | None") -> int | None:
    return None if time is None else times.to_number(time)


def _notice(row: Row) -> Notice:
    case, provider, url, found, law, reference, test, author, *rest = row
    number, state, revision, created, sent, reminders, next_reminder, answered, theirs, problem = rest
    return Notice(
        case=case,
        provider=provider,
        url=url,
        found=times.from_number(found),
        law=law,
        reference=reference,
        test=bool(test),
        author=author,
        number=number,
        state=NoticeState(state),
        revision=revision,
        created=times.from_number(created),
        sent=times.from_stored(sent),
        reminders=reminders,
        next_reminder=times.from_stored(next_reminder),
        answered=times.from_stored(answered),
        their_reference=theirs,
        problem=problem,
    )


def _provider(row: Row) -> Provider:
    name, channel, address, hosts, language = row
    return Provider(name, Channel(channel), address, tuple(json.loads(hosts)), language)
