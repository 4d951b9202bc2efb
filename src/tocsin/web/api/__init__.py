"""Our interface: JSON over HTTP under /v1, one module for each noun."""

from tocsin.web.api import access, banks, health, jobs, ledger, match, me, session, submissions, webhooks

BODIES = (submissions.FromUrl, submissions.ContextShape, match.Question)
"""Bodies that operations read themselves, so that FastAPI does not know of them."""
OPERATIONS = tuple(
    module.operations
    for module in (health, session, me, submissions, match, banks, jobs, ledger, webhooks, access)
)
