"""What the pages of management say in words: one text for each value that our own code knows."""

from collections.abc import Mapping
from typing import Final

from tocsin.access.model import Right
from tocsin.banks.model import BankKind
from tocsin.banks.opinions import Verdict
from tocsin.intake.webhooks import DeliveryState
from tocsin.jobs.model import JobState
from tocsin.web.console.texts import marked as _

BANK_KINDS: Final[Mapping[str, str]] = {
    BankKind.MATCH: _("to match: known items to find"),
    BankKind.ALLOW: _("to allow: known harmless items, which suppress other matches"),
}
RIGHTS: Final[Mapping[str, str]] = {
    Right.MATCH: _("match against it"),
    Right.READ: _("read its entries"),
    Right.CURATE: _("curate its entries"),
    Right.SHARE: _("pass its entries on"),
}
VERDICTS: Final[Mapping[str, str]] = {
    Verdict.CONFIRM: _("confirms it"),
    Verdict.DISPUTE: _("disputes it"),
}
ROLES: Final[Mapping[str, str]] = {
    "submitter": _("submits content and matches"),
    "matcher": _("matches hashes or files without leaving them here"),
    "curator": _("adds, withdraws and reinstates entries, and gives opinions"),
    "reviewer": _("reviews cases and may look at originals, within limits"),
    "reporter": _("drafts, checks and confirms reports to authorities, and sends notices; sees no picture"),
    "filing-manager": _("sets up connections to authorities, and keeps holds; sees no picture"),
    "review-manager": _("moves cases between queues and people; sees figures of groups, no material"),
    "auditor": _("reads the ledger, jobs and the state of the node"),
    "operator": _("keeps jobs and webhooks going"),
    "bank-manager": _("makes, changes and removes banks"),
    "administrator": _("manages people, tokens and rights; sees no material by that"),
}
JOB_STATES: Final[Mapping[str, str]] = {
    JobState.READY: _("waiting"),
    JobState.LEASED: _("being done"),
    JobState.DONE: _("done"),
    JobState.DEAD: _("given up"),
}
DELIVERY_STATES: Final[Mapping[str, str]] = {
    DeliveryState.WAITING: _("waiting"),
    DeliveryState.DELIVERED: _("delivered"),
    DeliveryState.DEAD: _("given up"),
}
CHECKS: Final[Mapping[str, str]] = {
    "database": _("The database answers"),
    "keys": _("The keys can be read"),
    "disk": _("There is room to keep content"),
    "index": _("The index keeps up"),
    "workers": _("Work is being done"),
}
