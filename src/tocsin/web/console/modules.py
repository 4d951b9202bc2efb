"""All modules with pages."""

from typing import Final

from tocsin.web.console import (
    account,
    banks,
    case,
    case_actions,
    case_deciding,
    case_observing,
    case_pictures,
    entries,
    ledger_pages,
    limits,
    managing,
    people,
    queue,
    rights,
    search,
    signing_in,
    system,
    tokens,
    webhooks,
)

MODULES: Final = (
    signing_in.pages,
    account.pages,
    queue.pages,
    case.pages,
    case_actions.pages,
    case_observing.pages,
    case_deciding.pages,
    case_pictures.pages,
    search.pages,
    limits.pages,
    managing.pages,
    banks.pages,
    entries.pages,
    people.pages,
    rights.pages,
    tokens.pages,
    ledger_pages.pages,
    system.pages,
    webhooks.pages,
)
