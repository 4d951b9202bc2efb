"""The state of the node: checks, numbers, jobs."""

import platform
from typing import TYPE_CHECKING

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.evidence.ledger import Event
from tocsin.jobs.model import JobState
from tocsin.storage.engines.sqlite import SqliteEngine
from tocsin.web import state
from tocsin.web.console.asking import PAGE, page_after
from tocsin.web.console.management_words import CHECKS, JOB_STATES
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit

if TYPE_CHECKING:
    from tocsin.node.node import Node

pages = Pages()


@pages.page("/system", needs=Permission.READ_SYSTEM)
def system_page(visit: Visit) -> Response:
    """Whether the node can do its work, and its numbers; of jobs and webhooks for those who may see them."""
    node, _ = visit.node, visit.texts.gettext
    gauges = {name: values for name, _said, values in state.gauges(node)}
    return visit.page(
        "system.html",
        checks=state.checks(node),
        check_words=CHECKS,
        gauges=gauges,
        jobs=[(one.value, JOB_STATES[one], count) for one, count in _counts(node)],
        waited=node.jobs.waited(),
        python=platform.python_version(),
        engine="SQLite" if isinstance(node.database.engine, SqliteEngine) else "PostgreSQL",
        vault=_("an object store") if node.settings.vault else _("a folder in the home"),
        banks=len(node.banks.banks()),
        rows=node.ledger.count(),
        webhooks=node.webhooks.webhooks() if visit.person.may(Permission.MANAGE_WEBHOOKS) else None,
    )


@pages.page("/system/jobs", needs=Permission.READ_JOBS)
def jobs_page(visit: Visit) -> Response:
    """Jobs of a state. What they work on stays inside."""
    asked = visit.asked("state", JobState.DEAD.value)
    wanted = JobState(asked) if asked in set(JobState) else JobState.DEAD
    after = page_after(visit)
    jobs = visit.node.jobs.page(wanted, after=after, limit=PAGE)
    return visit.page(
        "jobs.html",
        jobs=jobs,
        state=wanted.value,
        states=[(one.value, JOB_STATES[one], count) for one, count in _counts(visit.node)],
        first=after == 0,
        following=jobs[-1].id if len(jobs) == PAGE else "",
    )


@pages.action("/system/jobs/{job}/retry", needs=(Permission.READ_JOBS, Permission.MANAGE_JOBS))
def retry_job(visit: Visit) -> Response:
    """Make a dead job ready again."""
    node, number = visit.node, visit.number("job")
    with node.database.writing():
        found = node.jobs.retry(number)
        node.ledger.append(Event("job.retried", visit.person.id, f"job:{number}", {"kind": found.kind}))
    return visit.go("/system/jobs", said="retried", state=JobState.DEAD.value)


def _counts(node: "Node") -> list[tuple[JobState, int]]:
    found = node.jobs.counts()
    return [(one, found.get(one, 0)) for one in JobState]
