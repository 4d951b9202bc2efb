"""`tocsin simulate mail` and `provider`: whom notices go to, on this machine."""

import click

from tocsin.cli.output import put, say
from tocsin.cli.signals import signals

_PORT = click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Where to listen  [default: a free port]"
)


@click.command()
@_PORT
def mail(*, port: int) -> int:
    """Be a mail server on 127.0.0.1 until ^C, which delivers nothing; then print what it was given."""
    from tocsin.simulators.mail import MailSink  # noqa: PLC0415  # not on --help

    with MailSink(port=port) as sink, signals() as wait_for_one:
        put(str(sink.port))
        say("a simulated mail server: nothing is delivered. Set mail_host, mail_port, mail_security = none")
        wait_for_one()
        for one in sink.taken:
            say(f"to {one.recipient}: {one.message['Subject']}")
    return 0


@click.command()
@_PORT
@click.option("--token", default="", help="What it wants as a token  [default: none]")
def provider(*, port: int, token: str) -> int:
    """Be a hosting provider's API on 127.0.0.1 until ^C, then print the notices it took."""
    from tocsin.simulators.provider import ProviderSimulator  # noqa: PLC0415  # not on --help

    with ProviderSimulator(token, port) as api, signals() as wait_for_one:
        put(api.url)
        say("a simulated provider: keep it with `tocsin notices provider keep NAME api URL`")
        wait_for_one()
        for one in api.notices.values():
            say(f"{one.id}: {one.body['reference']}, reminded {len(one.reminders)} times")
    return 0
