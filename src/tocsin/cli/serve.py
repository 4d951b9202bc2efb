"""`tocsin serve`: the node's HTTP interface."""

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from tocsin.cli.output import home_option, say
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.node.node import Node
    from tocsin.outgoing.addresses import Network


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option("--threads", default=40, show_default=True, type=click.IntRange(1, 1000), help="To serve with.")
@click.option(
    "--workers-inside",
    default=2,
    show_default=True,
    type=click.IntRange(0, 256),
    help="Threads that do the node's work beside; 0 for none.",
)
@click.option("--no-worker", is_flag=True, help="The same as --workers-inside 0: `tocsin worker` does it.")
@click.option(
    "--max-upload", type=click.IntRange(1, 10_000), help="Largest content, in MiB  [default: as set, 100]"
)
@click.option(
    "--hma-anonymous-from",
    "anonymous",
    multiple=True,
    metavar="CIDR",
    help="Let addresses there use /hma without a token; may be repeated.",
)
@click.option(
    "--proxy-headers-from",
    "proxies",
    multiple=True,
    metavar="CIDR",
    help="Believe X-Forwarded-For and -Proto from there; may be repeated.",
)
@click.option("--reuse-port", is_flag=True, help="Share the port with other processes of this node.")
@home_option
@click.pass_obj
def serve(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    host: str,
    port: int,
    threads: int,
    workers_inside: int,
    no_worker: bool,
    max_upload: int | None,
    anonymous: tuple[str, ...],
    proxies: tuple[str, ...],
    reuse_port: bool,
) -> None:
    """Answer HTTP requests, and do the node's work, until SIGTERM.

    Requests and jobs that have begun are ended first. Put a proxy that speaks TLS in front where others than
    this machine are to reach it, and name it with --proxy-headers-from.
    """
    from tocsin.config import home_folder  # noqa: PLC0415  # not on --help
    from tocsin.node.node import Node  # noqa: PLC0415
    from tocsin.node.settings import NodeSettings  # noqa: PLC0415
    from tocsin.web.app import Limits, create_app  # noqa: PLC0415
    from tocsin.web.logs import log_to_stderr  # noqa: PLC0415
    from tocsin.web.server import Listening, listen  # noqa: PLC0415
    from tocsin.web.server import serve as serve_app  # noqa: PLC0415

    _networks(proxies)
    folder = home_folder(home)
    settings = NodeSettings.read(folder)
    settings = settings.model_copy(
        update={
            "upload_bytes": max_upload << 20 if max_upload else settings.upload_bytes,
            "hma_anonymous_networks": (*settings.hma_anonymous_networks, *_networks(anonymous)),
        }
    )
    where = Listening(host, port, reuse_port=reuse_port, proxies=proxies)
    with listen(where) as opened, Node.open(folder, settings, create=True) as node:
        log_to_stderr()
        with _working(node, 0 if no_worker else workers_inside):
            serve_app(create_app(node, Limits(threads=threads)), where, opened, lambda url: _begun(node, url))
            say("no longer listening; finishing the jobs at hand")
        node.ledger.sign_head()


def _networks(texts: tuple[str, ...]) -> "tuple[Network, ...]":
    from tocsin.outgoing.addresses import networks  # noqa: PLC0415  # not on --help

    try:
        return networks(texts)
    except ValueError as error:
        message = f"a network is written like 10.0.0.0/8: {error}"
        raise UsageError(message) from error


@contextmanager
def _working(node: "Node", threads: int) -> "Iterator[None]":
    """Do the node's jobs meanwhile; what is not finished in the end is given back for others to do."""
    if not threads:
        yield
        return
    with node.work(threads):
        yield


def _begun(node: "Node", url: str) -> None:
    """Say where it listens and what to do first, and load in the background what the first look-up needs."""
    say(f"listening on {url}")
    if not node.accounts.people.any():
        say("nobody can sign in yet: `tocsin admin init` makes the first administrator,")
        say("`tocsin admin token create NAME --role submitter --bank '*'` a token for a program")
    threading.Thread(target=node.banks.preload, name="preload", daemon=True).start()
