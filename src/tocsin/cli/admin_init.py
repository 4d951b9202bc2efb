"""`tocsin admin init`: the first administrator."""

import click

from tocsin.cli.admin_shell import Shell, new_password, open_shell, password_option, put_enrolment, put_person
from tocsin.cli.output import home_option, json_option, say

ADMINISTRATOR = "administrator"


@click.command()
@click.option("--name", default="admin", show_default=True, help="What they are called.")
@password_option
@click.option(
    "--without-second-factor",
    is_flag=True,
    help="For tests and demonstrations only: a password is enough. The ledger says so.",
)
@json_option
@home_option
@click.pass_obj
def init(
    home: str | None, *, name: str, password_stdin: bool, without_second_factor: bool, as_json: bool
) -> None:
    """Make the first administrator, and the home folder if there is none yet.

    Prints the second factor and the recovery codes, once. Where there is an administrator already, says who
    and changes nothing.
    """
    with open_shell(home, create=True) as shell:
        people = shell.accounts.people.all(shell.me)
        there = [one for one in people if one.active and ADMINISTRATOR in one.roles]
        if there:
            for one in there:
                put_person(one, as_json=as_json)
            say("There is an administrator; nothing was changed. `tocsin admin user add` makes more people.")
            return
        password = new_password(from_stdin=password_stdin)
        must_enrol = not without_second_factor
        shell.accounts.people.create(shell.me, name, password, [ADMINISTRATOR], must_enrol=must_enrol)
        _show(shell, name, must_enrol=must_enrol, as_json=as_json)


def _show(shell: Shell, name: str, *, must_enrol: bool, as_json: bool) -> None:
    if must_enrol:
        put_enrolment(name, shell.accounts.people.enrol(shell.me, name), as_json=as_json)
    else:
        put_person(shell.accounts.people.person(shell.me, name), as_json=as_json)
    say(f"{name} may manage people, tokens and rights, and read the ledger. Nothing else: see")
    say("`tocsin admin roles`.")
