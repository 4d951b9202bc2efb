"""`tocsin admin jobs`: the node's work, and what became of it."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.jobs.model import Job
    from tocsin.media.sandbox import JsonObject
    from tocsin.storage.home import Home
    from tocsin.storage.jobs import JobStore

STATES = click.Choice(["ready", "leased", "done", "dead"])
_WIDTH = 100


@click.group()
def jobs() -> None:
    """See the node's work, and try again what was given up."""


@jobs.command("list")
@click.option("--state", type=STATES, help="Only those in this state  [default: counts, and the dead ones]")
@click.option("--after", default=0, metavar="NUMBER", help="From the job after this one.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="At most.")
@json_option
@home_option
@click.pass_obj
def list_jobs(home: str | None, *, state: str | None, after: int, limit: int, as_json: bool) -> None:
    """List jobs by number; without --state, how many there are of each state and those given up."""
    from tocsin.jobs.model import JobState  # noqa: PLC0415  # not on --help

    with _queue(home) as queue:
        if state is None:
            counts = {str(one): number for one, number in queue.counts().items()}
            waited = round(queue.waited().total_seconds(), 3)
            if as_json:
                put_json({"counts": dict(counts), "longest_wait_seconds": waited})
            else:
                put("  ".join(f"{one} {number:,}" for one, number in counts.items()))
        found = queue.page(JobState(state or "dead"), after=after, limit=limit)
    for job in found:
        put_json(_json(job)) if as_json else put(_line(job))
    if len(found) == limit:
        say(f"there may be more: --after {found[-1].id}")


@jobs.command("show")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def show_job(home: str | None, *, number: int, as_json: bool) -> None:
    """Show the job of that NUMBER."""
    with _queue(home) as queue:
        job = queue.job(number)
    if as_json:
        put_json(_json(job))
        return
    for name, value in _json(job).items():
        if value not in (None, ""):
            put(f"{name:<9} {shown(str(value))}")


@jobs.command("retry")
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all-dead", is_flag=True, help="All that were given up.")
@json_option
@home_option
@click.pass_obj
def retry_jobs(home: str | None, *, numbers: tuple[int, ...], all_dead: bool, as_json: bool) -> None:
    """Make jobs ready again that were given up, as if they had never been tried."""
    from tocsin.errors import UsageError  # noqa: PLC0415  # not on --help

    if bool(numbers) == all_dead:
        message = "give either the numbers of jobs, or --all-dead"
        raise UsageError(message)
    from tocsin.storage.jobs import JobStore  # noqa: PLC0415

    with open_home(home) as store:
        queue = JobStore(store.database)
        for number in _dead(queue) if all_dead else numbers:
            job = _retry(store, queue, number)
            put_json(_json(job)) if as_json else put(_line(job))


def _retry(store: "Home", queue: "JobStore", number: int) -> "Job":
    from tocsin.evidence.ledger import Event  # noqa: PLC0415  # not on --help
    from tocsin.storage.recording import local_actor  # noqa: PLC0415

    ledger = store.ledger  # its keys are made outside the transaction
    with store.database.writing():
        job = queue.retry(number)
        ledger.append(Event("job.retried", local_actor(), f"job:{number}", {"kind": job.kind}))
    return job


def _dead(queue: "JobStore") -> "Iterator[int]":
    from tocsin.jobs.model import JobState  # noqa: PLC0415  # not on --help

    after = 0
    while page := queue.page(JobState.DEAD, after=after):
        after = page[-1].id
        yield from (job.id for job in page)


@contextmanager
def _queue(home: str | None) -> "Iterator[JobStore]":
    from tocsin.config import home_folder  # noqa: PLC0415  # not on --help
    from tocsin.storage.jobs import JobStore  # noqa: PLC0415
    from tocsin.storage.opening import open_database  # noqa: PLC0415

    database = open_database(home_folder(home), create=False)
    try:
        yield JobStore(database)
    finally:
        database.close()


def _json(job: "Job") -> "JsonObject":
    return {
        "number": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "attempts": job.attempts,
        "due": job.due.isoformat(),
        "created": job.created.isoformat(),
        "ended": job.ended.isoformat() if job.ended else None,
        "worker": job.worker,
        "reason": job.reason,
        "payload": job.payload,
    }


def _line(job: "Job") -> str:
    when = (job.ended or job.due).isoformat(timespec="seconds")
    reason = f"  {shown(job.reason[:_WIDTH])}" if job.reason else ""
    return f"{job.id:>8}  {job.kind:<16} {job.state:<6} {when}  attempts {job.attempts}{reason}"
