"""Connections to authorities, on SQLite and PostgreSQL; implements `tocsin.filing.store_connections`."""

from collections.abc import Sequence
from datetime import datetime

from tocsin.banks.batch import check_texts
from tocsin.filing.model import Authority, Environment
from tocsin.filing.store_connections import FetchedSchema, InUse, KeptAccount, KeptSwitch
from tocsin.storage import times
from tocsin.storage.database import Database, Row

_ACCOUNT = "authority, environment, url, sealed, connected, connected_by"
_KEEP_ACCOUNT = f"""INSERT INTO authority_account ({_ACCOUNT}) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (authority, environment) DO UPDATE SET url = excluded.url, sealed = excluded.sealed,
        connected = excluded.connected, connected_by = excluded.connected_by"""  # noqa: S608  # a constant
_ACCOUNTS = f"SELECT {_ACCOUNT} FROM authority_account ORDER BY authority, environment"  # noqa: S608  # a constant
_REMOVE_ACCOUNT = "DELETE FROM authority_account WHERE authority = ? AND environment = ?"

_USE = """INSERT INTO authority_in_use (authority, environment, since, chosen_by) VALUES (?, ?, ?, ?)
    ON CONFLICT (authority) DO UPDATE SET environment = excluded.environment, since = excluded.since,
        chosen_by = excluded.chosen_by"""
_USE_NONE = "DELETE FROM authority_in_use WHERE authority = ?"
_IN_USE = "SELECT environment, since, chosen_by FROM authority_in_use WHERE authority = ?"

_ASK = "INSERT INTO authority_switch (authority, asked, asked_by, reason) VALUES (?, ?, ?, ?) RETURNING id"
_SWITCHES = """SELECT id, authority, asked, asked_by, reason, confirmed, confirmed_by, place, seal
    FROM authority_switch WHERE authority = ? AND ended IS NULL ORDER BY id"""
_CONFIRM = """UPDATE authority_switch SET confirmed = ?, confirmed_by = ?, place = ?, seal = ?
    WHERE id = ? AND confirmed IS NULL AND ended IS NULL"""
_END = "UPDATE authority_switch SET ended = ?, ended_by = ?, why_ended = ? WHERE id = ? AND ended IS NULL"

_SCHEMA = "authority, environment, fetched, fetched_by, sha256, xsd"
_KEEP_SCHEMA = f"""INSERT INTO authority_schema ({_SCHEMA}) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (authority, environment) DO UPDATE SET fetched = excluded.fetched,
        fetched_by = excluded.fetched_by, sha256 = excluded.sha256, xsd = excluded.xsd"""  # noqa: S608  # a constant
_ONE_SCHEMA = f"SELECT {_SCHEMA} FROM authority_schema WHERE authority = ? AND environment = ?"  # noqa: S608  # a constant


class ConnectionStore:
    """The connections of one database. Methods take part in the caller's transaction, if there is one."""

    def __init__(self, database: Database) -> None:
        """Keep them in `database`."""
        self._database = database

    def keep_account(self, account: KeptAccount) -> None:
        """Keep an account, in place of what was kept for its authority and environment."""
        values = (
            account.authority.value,
            account.environment.value,
            account.url,
            account.sealed,
            times.to_number(account.connected),
            account.connected_by,
        )
        with self._database.writing():
            self._database.change(_KEEP_ACCOUNT, values)

    def accounts(self, authority: Authority | None = None) -> Sequence[KeptAccount]:
        """All accounts, or those at one authority."""
        with self._database.reading():
            found = [_account(row) for row in self._database.rows(_ACCOUNTS)]
        return [one for one in found if authority in {None, one.authority}]

    def remove_account(self, authority: Authority, environment: Environment) -> None:
        """Forget an account."""
        with self._database.writing():
            self._database.change(_REMOVE_ACCOUNT, (authority.value, environment.value))

    def use(self, authority: Authority, used: InUse | None) -> None:
        """Which environment for tests is in use; None: none."""
        with self._database.writing():
            if used is None:
                self._database.change(_USE_NONE, (authority.value,))
                return
            values = (authority.value, used.environment.value, times.to_number(used.since), used.by)
            self._database.change(_USE, values)

    def in_use(self, authority: Authority) -> InUse | None:
        """Which environment for tests is in use."""
        with self._database.reading():
            row = self._database.row(_IN_USE, (authority.value,))
        return None if row is None else InUse(Environment(row[0]), times.from_number(row[1]), row[2])

    def ask_switch(self, authority: Authority, asked: datetime, by: str, reason: str) -> int:
        """Somebody asks for a switch to production; its number."""
        check_texts((reason,))
        with self._database.writing():
            return self._database.number(_ASK, (authority.value, times.to_number(asked), by, reason))

    def switches(self, authority: Authority) -> Sequence[KeptSwitch]:
        """Those that have not ended, oldest first."""
        with self._database.reading():
            return [_switch(row) for row in self._database.rows(_SWITCHES, (authority.value,))]

    def confirm_switch(self, confirmed: KeptSwitch) -> None:
        """Keep by whom, when and where it was confirmed."""
        time = None if confirmed.confirmed is None else times.to_number(confirmed.confirmed)
        values = (time, confirmed.confirmed_by, confirmed.place, confirmed.seal, confirmed.id)
        with self._database.writing():
            self._database.change(_CONFIRM, values)

    def end_switch(self, number: int, ended: datetime, by: str, why: str) -> None:
        """It holds no longer."""
        check_texts((why,))
        with self._database.writing():
            self._database.change(_END, (times.to_number(ended), by, why, number))

    def keep_schema(self, schema: FetchedSchema) -> None:
        """Keep a schema in place of the one before."""
        values = (
            schema.authority.value,
            schema.environment.value,
            times.to_number(schema.fetched),
            schema.fetched_by,
            schema.sha256,
            schema.xsd,
        )
        with self._database.writing():
            self._database.change(_KEEP_SCHEMA, values)

    def schema(self, authority: Authority, environment: Environment) -> FetchedSchema | None:
        """The schema as it was last fetched."""
        with self._database.reading():
            row = self._database.row(_ONE_SCHEMA, (authority.value, environment.value))
        return None if row is None else _schema(row)


def _account(row: Row) -> KeptAccount:
    authority, environment, url, sealed, connected, connected_by = row
    return KeptAccount(
        authority=Authority(authority),
        environment=Environment(environment),
        url=url,
        sealed=bytes(sealed),
        connected=times.from_number(connected),
        connected_by=connected_by,
    )


def _switch(row: Row) -> KeptSwitch:
    number, authority, asked, asked_by, reason, confirmed, confirmed_by, place, seal = row
    return KeptSwitch(
        id=number,
        authority=Authority(authority),
        asked=times.from_number(asked),
        asked_by=asked_by,
        reason=reason,
        confirmed=times.from_stored(confirmed),
        confirmed_by=confirmed_by,
        place=place,
        seal=b"" if seal is None else bytes(seal),
    )


def _schema(row: Row) -> FetchedSchema:
    authority, environment, fetched, fetched_by, sha256, xsd = row
    return FetchedSchema(
        authority=Authority(authority),
        environment=Environment(environment),
        fetched=times.from_number(fetched),
        fetched_by=fetched_by,
        sha256=bytes(sha256),
        xsd=bytes(xsd),
    )
