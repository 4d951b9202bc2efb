"""Feeds on SQLite and PostgreSQL: partners, terms, offers; implements part of `exchange.feed_store.Feeds`."""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.banks.batch import check_texts
from tocsin.banks.model import Entry
from tocsin.exchange.feed_store import (
    BankTerms,
    FeedPartner,
    NoFeedError,
    NotOfferedError,
    Offer,
    Own,
    UnknownPartnerError,
)
from tocsin.exchange.rights import PartnerKind, Purpose, Recipient, Terms
from tocsin.storage import curating, reading, times
from tocsin.storage import statements as sql
from tocsin.storage.database import Database, Row
from tocsin.storage.feed_telling import Telling

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

_OWN = "SELECT name, kind, country, purposes, place, recheck FROM feed_own"
_SET_OWN = """INSERT INTO feed_own (id, name, kind, country, purposes, place) VALUES (1, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, country = excluded.country,
        purposes = excluded.purposes, place = excluded.place"""
_SIGNED = "SELECT signed FROM feed_own"
_SET_SIGNED = "UPDATE feed_own SET signed = ?"
_RECHECK = "UPDATE feed_own SET recheck = 0"

_PARTNER = """name, kind, country, purposes, verifier, recipient, place,
    added, added_by, revoked, revoked_by, why"""
_PARTNERS = f"SELECT {_PARTNER} FROM feed_partner ORDER BY name"
_ONE_PARTNER = f"SELECT {_PARTNER} FROM feed_partner WHERE name = ?"
_KEEP_PARTNER = f"""INSERT INTO feed_partner ({_PARTNER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, country = excluded.country,
        purposes = excluded.purposes, verifier = excluded.verifier, recipient = excluded.recipient,
        place = excluded.place, added = excluded.added, added_by = excluded.added_by,
        revoked = excluded.revoked, revoked_by = excluded.revoked_by, why = excluded.why"""
_KEEP_KEYS = """INSERT INTO feed_partner_key (partner, verifier, recipient, until, ended_by)
    VALUES (?, ?, ?, ?, ?)"""

_TERMS = """SELECT rule, partners, countries, purposes, jurisdiction, revision
    FROM feed_terms WHERE bank_id = ?"""
_SET_TERMS = """INSERT INTO feed_terms
    (bank_id, rule, partners, countries, purposes, jurisdiction, set_by, set_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (bank_id) DO UPDATE SET rule = excluded.rule, partners = excluded.partners,
        countries = excluded.countries, purposes = excluded.purposes, jurisdiction = excluded.jurisdiction,
        set_by = excluded.set_by, set_at = excluded.set_at, revision = feed_terms.revision + 1"""

_OFFER = """feed_offer.id, feed_offer.bank_id, COALESCE(bank.name, ''), entry_id, offered, offered_by,
    offered_as, confirmed, confirmed_by, confirmed_as, reached
    FROM feed_offer LEFT JOIN bank ON bank.id = feed_offer.bank_id"""
_OFFERS = f"SELECT {_OFFER} WHERE ended IS NULL ORDER BY feed_offer.id"
_ONE_OFFER = f"SELECT {_OFFER} WHERE feed_offer.id = ? AND ended IS NULL"
_MAKE_OFFER = """INSERT INTO feed_offer (bank_id, entry_id, offered, offered_by, offered_as)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_FIND_OFFER = f"SELECT {_OFFER} WHERE feed_offer.bank_id = ? AND entry_id = ? AND ended IS NULL"
_CONFIRM = """UPDATE feed_offer SET confirmed = ?, confirmed_by = ?, confirmed_as = ?
    WHERE id = ? AND confirmed IS NULL AND ended IS NULL"""
_END = "UPDATE feed_offer SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL"
_REACHED = "UPDATE feed_offer SET reached = ? WHERE id = ?"


class FeedStore(Telling):
    """The feeds of one database. Methods take part in the caller's transaction, if there is one."""

    def __init__(self, database: Database) -> None:
        """Keep them in `database`."""
        super().__init__(database)
        self._database = database

    def own(self) -> Own:
        """What we are. Raises NoFeedError."""
        with self._database.reading():
            row = self._database.row(_OWN)
        if row is None:
            raise NoFeedError
        return Own(_recipient(*row[:4]), row[4], rechecking=row[5] is not None)

    def begun(self) -> bool:
        """Whether there is a feed of our own."""
        with self._database.reading():
            return self._database.row(_OWN) is not None

    def set_own(self, own: Own) -> None:
        """Say what we are."""
        check_texts((own.place,))
        with self._database.writing():
            self._database.change(_SET_OWN, (*_fields(own.me), own.place))

    def signed(self) -> str:
        """What `set_signed` was given last; empty: nothing."""
        with self._database.reading():
            row = self._database.row(_SIGNED)
        return "" if row is None else str(row[0])

    def set_signed(self, tree: str) -> None:
        """Remember the tree of our log that was signed last."""
        with self._database.writing():
            self._database.change(_SET_SIGNED, (tree,))

    def partners(self) -> Sequence[FeedPartner]:
        """All of them, revoked ones included, by name."""
        with self._database.reading():
            return [_partner(row) for row in self._database.rows(_PARTNERS)]

    def partner(self, name: str) -> FeedPartner:
        """One of them. Raises UnknownPartnerError."""
        with self._database.reading():
            row = None if "\0" in name else self._database.row(_ONE_PARTNER, (name,))
        if row is None:
            message = f"there is no partner named {name!r}"
            raise UnknownPartnerError(message)
        return _partner(row)

    def keep_partner(self, partner: FeedPartner) -> None:
        """Keep a partner in place of what was known of it; its earlier keys are kept beside."""
        check_texts((partner.place, partner.why))
        values = (
            *_fields(partner.recipient),
            partner.verifier,
            partner.age,
            partner.place,
            times.to_number(partner.added),
            partner.added_by,
            None if partner.revoked is None else times.to_number(partner.revoked),
            partner.revoked_by,
            partner.why,
        )
        with self._database.writing():
            before = self._database.row(_ONE_PARTNER, (partner.name,))
            if before is not None and (before[4], before[5]) != (partner.verifier, partner.age):
                ended = (partner.name, before[4], before[5], times.now(), partner.added_by)
                self._database.change(_KEEP_KEYS, ended)
            self._database.change(_KEEP_PARTNER, values)

    def terms(self, bank: str) -> BankTerms | None:
        """Under which terms entries of a bank may be passed on; None: not at all. Raises UnknownBankError."""
        with self._database.reading():
            found = curating.bank(self._database, bank)
            row = self._database.row(_TERMS, (found.id,))
        if row is None:
            return None
        rule, partners, countries, purposes, jurisdiction, revision = row
        terms = Terms(rule, _words(partners), _words(countries), _purposes(purposes), jurisdiction)
        return BankTerms(terms, revision, found.policy.purpose)

    def set_terms(self, bank: str, terms: Terms, by: str) -> None:
        """State them. Raises UnknownBankError."""
        lists = (" ".join(terms.partners), " ".join(terms.countries), " ".join(terms.purposes))
        with self._database.writing():
            number = curating.bank(self._database, bank).id
            values = (number, terms.rule, *lists, terms.jurisdiction, by, times.now())
            self._database.change(_SET_TERMS, values)

    def recheck(self) -> None:
        """Have everything that was told looked at again: partners or terms have changed."""
        with self._database.writing():
            self._database.change(_RECHECK)

    def offer(self, bank: str, entry: int, by: str, known_as: str) -> Offer:
        """Offer a bank, or an entry. The offer that is there already, where there is one."""
        with self._database.writing():
            number = curating.bank(self._database, bank).id
            self._database.change(_MAKE_OFFER, (number, entry, times.now(), by, known_as))
            (row,) = self._database.rows(_FIND_OFFER, (number, entry))
            return _offer(row)

    def offers(self) -> Sequence[Offer]:
        """Those that have not ended, oldest first."""
        with self._database.reading():
            return [_offer(row) for row in self._database.rows(_OFFERS)]

    def confirm(self, number: int, by: str, known_as: str) -> Offer:
        """Confirm an offer. Raises NotOfferedError."""
        with self._database.writing():
            if not self._database.change(_CONFIRM, (times.now(), by, known_as, number)):
                raise NotOfferedError
            (row,) = self._database.rows(_ONE_OFFER, (number,))
            return _offer(row)

    def end_offer(self, number: int, by: str) -> None:
        """Offer it no longer; what was told of it is withdrawn. Raises NotOfferedError."""
        with self._database.writing():
            if not self._database.change(_END, (times.now(), by, number)):
                raise NotOfferedError

    def entries(self, numbers: Iterable[int]) -> Mapping[int, Entry]:
        """Entries by their numbers, of those that are there."""
        with self._database.reading():
            rows = [row for one in numbers for row in self._database.rows(sql.ENTRY, (one,))]
            return {one.id: one for one in reading.entries(self._database, rows)}

    def not_looked_at(self, offer: Offer, limit: int) -> Sequence[Entry]:
        """Entries of a confirmed offer that were not looked at, by number."""
        with self._database.reading():
            if not offer.entry:
                rows = self._database.rows(sql.ENTRIES_AFTER, (offer.bank_id, offer.reached, limit))
            else:
                rows = [] if offer.reached else self._database.rows(sql.ENTRY, (offer.entry,))
            return reading.entries(self._database, rows)

    def reached(self, offer: int, entry: int) -> None:
        """A bank's entries were looked at up to that one."""
        with self._database.writing():
            self._database.change(_REACHED, (entry, offer))


def _fields(one: Recipient) -> tuple[str, str, str, str]:
    return one.name, one.kind.value, one.country, " ".join(sorted(one.purposes))


def _recipient(name: str, kind: str, country: str, purposes: str) -> Recipient:
    return Recipient(name, PartnerKind(kind), country, frozenset(_purposes(purposes)))


def _purposes(text: str) -> tuple[Purpose, ...]:
    return tuple(map(Purpose, text.split()))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _partner(row: Row) -> FeedPartner:
    verifier, age, place, added, added_by, revoked, revoked_by, why = row[4:]
    return FeedPartner(
        _recipient(*row[:4]),
        verifier,
        age,
        place,
        times.from_number(added),
        added_by,
        times.from_stored(revoked),
        revoked_by,
        why,
    )


def _offer(row: Row) -> Offer:
    number, bank_id, bank, entry, offered, by, known_as, confirmed, confirmed_by, confirmed_as, reached = row
    return Offer(
        number,
        bank_id,
        bank,
        entry,
        times.from_number(offered),
        by,
        known_as,
        times.from_stored(confirmed),
        confirmed_by,
        confirmed_as,
        reached,
    )
