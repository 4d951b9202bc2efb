"""`tocsin admin user`: people."""

import click

from tocsin.cli.admin_shell import (
    enrol_later_option,
    new_password,
    open_shell,
    password_option,
    put_enrolment,
    put_person,
)
from tocsin.cli.output import home_option, json_option, say
from tocsin.errors import UsageError


@click.group()
def user() -> None:
    """People who sign in."""


@user.command()
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, help="What they may do; may be repeated. See `tocsin admin roles`."
)
@password_option
@enrol_later_option
@click.option(
    "--without-second-factor",
    is_flag=True,
    help="For tests and demonstrations only: a password is enough. The ledger says so.",
)
@json_option
@home_option
@click.pass_obj
def add(  # noqa: PLR0913  # one for each option
    home: str | None,
    name: str,
    *,
    roles: tuple[str, ...],
    password_stdin: bool,
    enrol_later: bool,
    without_second_factor: bool,
    as_json: bool,
) -> None:
    """Make a person called NAME. Prints their second factor and recovery codes, once."""
    if enrol_later and without_second_factor:
        message = "--enrol-later and --without-second-factor exclude each other"
        raise UsageError(message)
    with open_shell(home) as shell:
        people = shell.accounts.people
        password = new_password(from_stdin=password_stdin)
        people.create(shell.me, name, password, roles, must_enrol=not without_second_factor)
        if enrol_later or without_second_factor:
            put_person(people.person(shell.me, name), as_json=as_json)
        else:
            put_enrolment(name, people.enrol(shell.me, name), as_json=as_json)


@user.command("list")
@json_option
@home_option
@click.pass_obj
def list_people(home: str | None, *, as_json: bool) -> None:
    """List all people."""
    with open_shell(home) as shell:
        people = shell.accounts.people.all(shell.me)
    for one in people:
        put_person(one, as_json=as_json)
    if not people:
        say("There is nobody yet; `tocsin admin init` makes the first administrator.")


@user.command()
@click.argument("name")
@json_option
@home_option
@click.pass_obj
def show(home: str | None, name: str, *, as_json: bool) -> None:
    """Show a person."""
    with open_shell(home) as shell:
        put_person(shell.accounts.people.person(shell.me, name), as_json=as_json)


@user.command()
@click.argument("name")
@json_option
@home_option
@click.pass_obj
def disable(home: str | None, name: str, *, as_json: bool) -> None:
    """Shut a person out, and end their sessions at once."""
    with open_shell(home) as shell:
        people = shell.accounts.people
        managed = people.managed(shell.me)
        people.disable(shell.me, name)
        put_person(people.person(shell.me, name), as_json=as_json)
        if managed and not people.managed(shell.me):
            say(
                f"nobody who signs in can manage people any more; `tocsin admin user enable {name}` undoes it"
            )


@user.command()
@click.argument("name")
@json_option
@home_option
@click.pass_obj
def enable(home: str | None, name: str, *, as_json: bool) -> None:
    """Let a person sign in again. Also ends the wait after failed attempts."""
    with open_shell(home) as shell:
        shell.accounts.people.enable(shell.me, name)
        put_person(shell.accounts.people.person(shell.me, name), as_json=as_json)


@user.command()
@click.argument("name")
@password_option
@json_option
@home_option
@click.pass_obj
def password(home: str | None, name: str, *, password_stdin: bool, as_json: bool) -> None:
    """Give a person another password, and end their sessions."""
    with open_shell(home) as shell:
        people = shell.accounts.people
        people.person(shell.me, name)  # before anybody types a password for nothing
        people.set_password(shell.me, name, new_password(from_stdin=password_stdin))
        put_person(people.person(shell.me, name), as_json=as_json)


@user.command("reset-second-factor")
@click.argument("name")
@enrol_later_option
@json_option
@home_option
@click.pass_obj
def reset_second_factor(home: str | None, name: str, *, enrol_later: bool, as_json: bool) -> None:
    """Give a person a new second factor and recovery codes, and end their sessions.

    Be sure it is them who asks: whoever has the new second factor and the password is that person.
    """
    with open_shell(home) as shell:
        people = shell.accounts.people
        if enrol_later:
            people.reset_second_factor(shell.me, name)
            put_person(people.person(shell.me, name), as_json=as_json)
        else:
            put_enrolment(name, people.enrol(shell.me, name), as_json=as_json)


@user.command()
@click.argument("name")
@click.argument("roles", nargs=-1, metavar="[ROLE]...")
@json_option
@home_option
@click.pass_obj
def role(home: str | None, name: str, *, roles: tuple[str, ...], as_json: bool) -> None:
    """Give a person these roles and no others, from their next request on."""
    with open_shell(home) as shell:
        shell.accounts.people.set_roles(shell.me, name, roles)
        put_person(shell.accounts.people.person(shell.me, name), as_json=as_json)
