"""Jobs: the work that waits, and what became of it."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Path, Query, Request
from pydantic import BaseModel

from tocsin.access.model import Permission
from tocsin.evidence.ledger import Event
from tocsin.jobs.model import Job, JobState
from tocsin.web.api.shapes import LARGEST, PAGE, Limit, Number
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

operations = Operations("jobs")


class JobShape(BaseModel):
    """One piece of work. What it works on stays inside."""

    id: int
    kind: str
    state: JobState
    attempts: int
    due: datetime
    created: datetime
    ended: datetime | None
    reason: str
    """Why the last attempt failed."""

    @classmethod
    def of(cls, job: Job) -> Self:
        """The shape of a job."""
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            attempts=job.attempts,
            due=job.due,
            created=job.created,
            ended=job.ended,
            reason=job.reason,
        )


class JobPage(BaseModel):
    """Some jobs of a state, by number."""

    items: list[JobShape]
    next: int | None
    """For `after`; null where there are no more."""


@operations.operation("GET", "/v1/jobs", needs=Permission.READ_JOBS)
def list_jobs(
    request: Request,
    *,
    state: Annotated[JobState, Query()],
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[Limit, Query()] = PAGE,
) -> JobPage:
    """List jobs of a state."""
    items = [JobShape.of(one) for one in node_of(request).jobs.page(state, after=after, limit=limit)]
    return JobPage(items=items, next=items[-1].id if len(items) == limit else None)


@operations.operation("GET", "/v1/jobs/{job}", needs=Permission.READ_JOBS, answers=(404,))
def read_job(request: Request, job: Annotated[Number, Path()]) -> JobShape:
    """Read a job."""
    return JobShape.of(node_of(request).jobs.job(job))


@operations.operation("POST", "/v1/jobs/{job}/retry", needs=Permission.MANAGE_JOBS, answers=(404, 409))
def retry_job(request: Request, caller: Caller, job: Annotated[Number, Path()]) -> JobShape:
    """Make a dead job ready again."""
    node = node_of(request)
    with node.database.writing():
        found = node.jobs.retry(job)
        node.ledger.append(Event("job.retried", caller.id, f"job:{job}", {"kind": found.kind}))
    return JobShape.of(found)
