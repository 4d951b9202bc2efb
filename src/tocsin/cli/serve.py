"""`tocsin serve`: the node's HTTP interface."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.output import home_option, say

if TYPE_CHECKING:
    from tocsin.node.node import Node


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option("--threads", default=40, show_default=True, type=click.IntRange(1, 1000), help="To serve with.")
@click.option(
    "--max-upload", default=100, show_default=True, type=click.IntRange(1, 10_000), help="MiB of a content."
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
    max_upload: int,
    proxies: tuple[str, ...],
    reuse_port: bool,
) -> None:
    """Answer HTTP requests until SIGTERM.

    Requests that have begun are ended first. Put a proxy that speaks TLS in front where others than this
    machine are to reach it.
    """
    from tocsin.config import home_folder  # noqa: PLC0415  # not on --help
    from tocsin.node.node import Node  # noqa: PLC0415
    from tocsin.web.app import Limits, create_app  # noqa: PLC0415
    from tocsin.web.logs import log_to_stderr  # noqa: PLC0415
    from tocsin.web.server import Listening  # noqa: PLC0415
    from tocsin.web.server import serve as serve_app  # noqa: PLC0415

    log_to_stderr()
    with Node.open(home_folder(home)) as node:
        app = create_app(node, Limits(upload=max_upload << 20, threads=threads))
        where = Listening(host, port, reuse_port=reuse_port, proxies=proxies)
        serve_app(app, where, lambda url: _say_where(node, url))


def _say_where(node: "Node", url: str) -> None:
    """Where it listens, and what to do first."""
    say(f"listening on {url}")
    if not node.accounts.people():
        say(
            "nobody can sign in yet: `tocsin admin user create NAME --role administrator` makes a first person"
        )
