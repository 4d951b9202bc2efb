"""Our interface: JSON over HTTP under /v1, one module for each noun."""

from tocsin.web.api import (
    access,
    banks,
    case_contents,
    case_decisions,
    case_pictures,
    cases,
    filings,
    health,
    jobs,
    ledger,
    match,
    me,
    reviewers,
    session,
    submissions,
    webhooks,
)

BODIES = (submissions.FromUrl, submissions.ContextShape, match.Question)
"""Bodies that operations read themselves, so that FastAPI does not know of them."""
OPERATIONS = tuple(
    module.operations
    for module in (
        health,
        session,
        me,
        submissions,
        match,
        cases,
        case_contents,
        case_pictures,
        case_decisions,
        reviewers,
        filings,
        banks,
        jobs,
        ledger,
        webhooks,
        access,
    )
)
