"""`tocsin worker`: a process that does the node's work."""

import threading

import click

from tocsin.cli.output import home_option, say
from tocsin.cli.signals import signals

STOP_SECONDS = 30


@click.command("worker")
@click.option(
    "--threads", default=4, show_default=True, type=click.IntRange(1, 256), help="Jobs to do at a time."
)
@home_option
@click.pass_obj
def worker(home: str | None, *, threads: int) -> int:
    """Do the node's work until SIGTERM: examine what was submitted, match again, send webhooks.

    `tocsin serve` does it as well. With a PostgreSQL database any number of workers may run, on any number
    of machines; one that dies loses nothing: its jobs are done by another when their leases run out. At a
    SIGTERM or ^C the jobs at hand are finished, for up to 30 seconds; what is not finished is given back.
    """
    from datetime import timedelta  # noqa: PLC0415  # not on --help

    from tocsin.config import home_folder  # noqa: PLC0415
    from tocsin.node.node import Node  # noqa: PLC0415
    from tocsin.web.logs import log_to_stderr  # noqa: PLC0415

    log_to_stderr()
    with Node.open(home_folder(home)) as node:
        work = node.work(threads)
        with signals() as wait_for_one:
            threading.Thread(target=node.banks.preload, name="preload", daemon=True).start()
            work.start()
            say(f"working with {threads} thread{'s' if threads > 1 else ''}")
            wait_for_one()
        say("finishing the jobs at hand")
        if not work.stop(timedelta(seconds=STOP_SECONDS)):
            say("some were not finished in time; they are given back for others to do")
    return 0
