"""The nouns of this room: principals, permissions, roles, rights in banks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.access.errors import DeniedError, UnknownRoleError


class Permission(StrEnum):
    """One thing that can be allowed. None is implied by another, and there is no wildcard (design.md 8)."""

    SUBMIT = "submissions.create"
    READ_SUBMISSIONS = "submissions.read"
    """Read all submissions; one's own can be read by whoever may make them."""
    MATCH = "match.query"
    """Match hashes or files without leaving them here."""
    READ_BANKS = "banks.read"
    """See banks and, with the right `read` in a bank, its entries."""
    CURATE = "banks.curate"
    """Add, withdraw and reinstate entries of banks in which one has the right `curate`."""
    MANAGE_BANKS = "banks.manage"
    """Make, change and remove banks."""
    GIVE_OPINIONS = "opinions.create"
    READ_LEDGER = "ledger.read"
    MANAGE_WEBHOOKS = "webhooks.manage"
    READ_CASES = "cases.read"
    """See cases with what is known of them, and no picture."""
    REVIEW = "cases.review"
    """Claim cases, record observations, decide; see renditions."""
    REVEAL = "content.reveal"
    """Look at originals, each look logged and within limits."""
    MANAGE_CASES = "cases.manage"
    """Move and hand over cases that others hold."""
    READ_WELLBEING = "wellbeing.read"
    """See figures of groups of reviewers, never of one."""
    READ_FILINGS = "filings.read"
    """See filings with their drafts, timelines and receipts, duties, holds and notices; no picture."""
    FILE = "filings.create"
    """Draft, change, check, confirm and retract filings."""
    MANAGE_FILING = "filings.manage"
    """Set up connections to authorities, and switch one to production, which takes two people."""
    MANAGE_HOLDS = "holds.manage"
    """Set, extend and release holds, and destroy what nothing holds any more."""
    SEND_NOTICES = "notices.create"
    """Make and send notices to hosting providers."""
    READ_EXCHANGES = "exchanges.read"
    """See exchanges and partners, how far they have come, what was set aside, and what partners say."""
    MANAGE_EXCHANGES = "exchanges.manage"
    """Set up exchanges and partners, with their accounts and keys; run exchanges."""
    PUBLISH = "feed.publish"
    """Offer and confirm entries for the feed, of banks where one may `share`; two people each."""
    READ_JOBS = "jobs.read"
    MANAGE_JOBS = "jobs.manage"
    MANAGE_ACCESS = "access.manage"
    """People, tokens, roles, rights."""
    READ_SYSTEM = "system.read"
    """Metrics and the state of the node."""


class Right(StrEnum):
    """What a principal may do with one bank."""

    MATCH = "match"
    """Match against it, seeing only its name, labels and distances."""
    READ = "read"
    """See its entries, and which entry matched."""
    CURATE = "curate"
    SHARE = "share"
    """Pass its entries on, as far as its onward-sharing rule lets them be."""


Rights = Mapping[str, frozenset[Right]]
"""A principal's rights by the name of the bank."""
EVERY_BANK = "*"
"""Stands, among a principal's rights, for banks that are not named there."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks: a person, a program with a token, an address that may look up unnamed, a shell."""

    id: str
    """`person:NAME`, `token:NAME`, `anonymous`, `local:USER` or `node`."""
    permissions: frozenset[Permission] = frozenset()
    banks: Rights = field(default_factory=dict)
    rate: int = 0
    """Look-ups a minute; 0 for no limit of its own."""
    address: str = ""
    """Of an unnamed one, the key that its address counts under: it is not the same one as the others."""

    def may(self, permission: Permission) -> bool:
        """Whether it has the permission."""
        return permission in self.permissions

    def may_in(self, bank: str, right: Right) -> bool:
        """Whether it has the right in the bank of that name."""
        return right in self.banks.get(bank, self.banks.get(EVERY_BANK, frozenset()))

    def demand(self, permission: Permission) -> None:
        """Raise DeniedError unless it has the permission."""
        if not self.may(permission):
            message = f"{self.id} lacks the permission {permission.value}"
            raise DeniedError(message)

    def demand_in(self, bank: str, right: Right) -> None:
        """Raise DeniedError unless it has the right in that bank."""
        if not self.may_in(bank, right):
            message = f"{self.id} lacks the right {right.value} in the bank {bank!r}"
            raise DeniedError(message)


ROLES: Mapping[str, frozenset[Permission]] = {
    "submitter": frozenset({Permission.SUBMIT, Permission.MATCH}),
    "matcher": frozenset({Permission.MATCH}),
    "curator": frozenset(
        {Permission.MATCH, Permission.READ_BANKS, Permission.CURATE, Permission.GIVE_OPINIONS}
    ),
    "reviewer": frozenset(
        {
            Permission.READ_SUBMISSIONS,
            Permission.MATCH,
            Permission.READ_BANKS,
            Permission.GIVE_OPINIONS,
            Permission.READ_CASES,
            Permission.REVIEW,
            Permission.REVEAL,
            Permission.READ_FILINGS,
        }
    ),
    "reporter": frozenset(
        {Permission.READ_CASES, Permission.READ_FILINGS, Permission.FILE, Permission.SEND_NOTICES}
    ),
    "filing-manager": frozenset(
        {
            Permission.READ_CASES,
            Permission.READ_FILINGS,
            Permission.MANAGE_FILING,
            Permission.MANAGE_HOLDS,
        }
    ),
    "review-manager": frozenset(
        {Permission.READ_CASES, Permission.MANAGE_CASES, Permission.READ_WELLBEING, Permission.READ_BANKS}
    ),
    "auditor": frozenset({Permission.READ_LEDGER, Permission.READ_JOBS, Permission.READ_SYSTEM}),
    "operator": frozenset(
        {Permission.READ_JOBS, Permission.MANAGE_JOBS, Permission.READ_SYSTEM, Permission.MANAGE_WEBHOOKS}
    ),
    "exchange-manager": frozenset(
        {Permission.READ_BANKS, Permission.READ_EXCHANGES, Permission.MANAGE_EXCHANGES}
    ),
    "publisher": frozenset({Permission.READ_BANKS, Permission.READ_EXCHANGES, Permission.PUBLISH}),
    "bank-manager": frozenset({Permission.READ_BANKS, Permission.MANAGE_BANKS}),
    "administrator": frozenset({Permission.MANAGE_ACCESS, Permission.READ_LEDGER}),
}
"""Sets of named permissions. Nobody gets child-safety content by being an administrator."""


def checked_roles(names: Iterable[str]) -> frozenset[str]:
    """The roles of those names. Raises UnknownRoleError."""
    roles = frozenset(names)
    if unknown := sorted(roles - set(ROLES)):
        message = f"there is no role named {unknown[0]!r}"
        raise UnknownRoleError(message)
    return roles


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """What the roles allow together. One this version does not know allows nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def local(user: str) -> Principal:
    """Whoever may read the home folder, keys included: nothing could be kept from them, only recorded."""
    return Principal(f"local:{user}", frozenset(Permission), {EVERY_BANK: frozenset(Right)})
