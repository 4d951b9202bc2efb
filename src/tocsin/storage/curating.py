"""Banks and their policies, withdrawals and removals: one function each, inside the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence

from tocsin.access.model import EVERY_BANK
from tocsin.banks.batch import check_texts
from tocsin.banks.model import MAX_RADIUS, Bank, Policy
from tocsin.banks.store import (
    BankExistsError,
    BankInUseError,
    InvalidBankNameError,
    InvalidPolicyError,
    UnknownBankError,
    UnknownEntryError,
)
from tocsin.storage import reading, times
from tocsin.storage import statements as sql
from tocsin.storage.database import Database

Changed = dict[str, list[int]]
"""The entries changed in each bank, by its name."""
MAX_QUALITY = 100
MAX_NAME = 200
"""Characters in a bank's name."""


def bank(database: Database, name: str) -> Bank:
    """The bank of that name. Raises UnknownBankError."""
    # PostgreSQL cannot even be asked about a NUL; no bank has one in its name.
    if "\0" in name or (row := database.row(sql.BANK, (name,))) is None:
        message = f"there is no bank named {name!r}"
        raise UnknownBankError(message)
    return reading.bank(row)


def create_bank(database: Database, name: str, policy: Policy) -> Bank:
    """Make a bank. Raises BankExistsError, InvalidBankNameError, InvalidPolicyError, InvalidTextError."""
    fields = _policy_fields(policy)
    _check_name(name)
    if not database.change(sql.CREATE_BANK, (name, *fields, times.now())):
        message = f"there is a bank named {name!r} already"
        raise BankExistsError(message)
    return bank(database, name)


def _check_name(name: str) -> None:
    """Raises InvalidBankNameError: names are printed, one a line, and typed again."""
    if not name.strip():
        message = "a bank's name cannot be empty"
        raise InvalidBankNameError(message)
    if len(name) > MAX_NAME:
        message = f"a bank's name has at most {MAX_NAME} characters, not {len(name):,}"
        raise InvalidBankNameError(message)
    if name == EVERY_BANK:
        message = f"a bank cannot be named {name}, which stands for every bank where rights are granted"
        raise InvalidBankNameError(message)
    if not name.isprintable():
        message = f"a bank's name holds only characters that can be printed, unlike {name!r}"
        raise InvalidBankNameError(message)


def set_policy(database: Database, name: str, policy: Policy) -> Bank:
    """Replace a bank's policy. Raises UnknownBankError, InvalidPolicyError, InvalidTextError."""
    if database.change(sql.SET_POLICY, (*_policy_fields(policy), name)):
        database.change(sql.RAISE_VERSION, (bank(database, name).id,))
    return bank(database, name)


def entry_range(database: Database, bank_id: int) -> range:
    """From a bank's first entry to its last; entries of other banks may lie between."""
    first, last = database.rows(sql.ENTRY_RANGE, (bank_id,))[0]
    return range(0) if first is None else range(first, last + 1)


def _policy_fields(policy: Policy) -> tuple[str, int, int, str, str]:
    """The columns of a policy. Raises InvalidPolicyError, InvalidTextError."""
    if not 0 <= policy.radius <= MAX_RADIUS:
        message = f"the radius must be 0 to {MAX_RADIUS} bits, not {policy.radius}"
        raise InvalidPolicyError(message)
    if not 0 <= policy.quality_floor <= MAX_QUALITY:
        message = f"the quality floor must be 0 to {MAX_QUALITY}, not {policy.quality_floor}"
        raise InvalidPolicyError(message)
    check_texts([policy.purpose, policy.onward_sharing])
    return policy.kind.value, policy.radius, policy.quality_floor, policy.purpose, policy.onward_sharing


def remove_bank(database: Database, name: str) -> int:
    """Delete a bank and all that hangs on it; how many entries that were.

    Raises UnknownBankError, BankInUseError.
    """
    number = bank(database, name).id
    if (used := database.row(sql.EXCHANGE_OF_BANK, (number,))) is not None:
        message = f"the exchange {used[0]!r} fills the bank {name!r}"
        raise BankInUseError(message)
    entries, _withdrawn = database.rows(sql.COUNTS, (number,))[0]
    last_removal = database.number(sql.LAST_REMOVAL)
    database.change(sql.LOG_REMOVAL, (last_removal, number))
    database.change(sql.SET_COUNTER, (database.number(sql.LAST_REMOVAL), "last_removal"))
    for statement in sql.REMOVE_BANK:
        database.change(statement, (number,))
    return int(entries)


def withdraw(database: Database, entry_ids: Sequence[int], reason: str) -> Changed:
    """Withdraw entries; those that were live. Raises UnknownEntryError, InvalidTextError."""
    check_texts([reason])
    now = times.now()
    return _set_withdrawn(database, entry_ids, sql.WITHDRAW, (now, reason, now), 1)


def reinstate(database: Database, entry_ids: Sequence[int]) -> Changed:
    """Undo withdrawals; those that were withdrawn. Raises UnknownEntryError."""
    return _set_withdrawn(database, entry_ids, sql.REINSTATE, (times.now(),), -1)


def _set_withdrawn(
    database: Database, entry_ids: Sequence[int], statement: str, values: tuple[int | str, ...], sign: int
) -> Changed:
    """Run one of the two statements for each entry and keep the banks' counts in step."""
    changed: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for entry_id in entry_ids:
        if (row := database.row(sql.BANK_OF_ENTRY, (entry_id,))) is None:
            message = f"there is no entry number {entry_id}"
            raise UnknownEntryError(message)
        if database.change(statement, (*values, entry_id)):
            changed[row].append(entry_id)
    for (number, _), several in changed.items():
        database.change(sql.CHANGE_COUNTS, (0, sign * len(several), number))
        database.change(sql.RAISE_VERSION, (number,))
    return {name: several for (_, name), several in changed.items()}
