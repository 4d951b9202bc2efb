"""What the commands of `tocsin admin` share: accounts opened from a shell, passwords, secrets shown once."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from tocsin.cli.output import open_home, put, put_json, say
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.access.accounts import Accounts
    from tocsin.access.model import Principal
    from tocsin.access.second_factor import Enrolment
    from tocsin.access.store import Person
    from tocsin.media.sandbox import JsonObject
    from tocsin.storage.home import Home

password_option = click.option(
    "--password-stdin", is_flag=True, help="Take the password from the first line of standard input."
)
enrol_later_option = click.option(
    "--enrol-later", is_flag=True, help="Show no second factor now: the person enrols at their first sign-in."
)


@dataclass(frozen=True, slots=True)
class Shell:
    """Somebody at a shell of the machine, who may do everything that is recorded."""

    home: "Home"
    accounts: "Accounts"
    me: "Principal"


@contextmanager
def open_shell(given: str | None, *, create: bool = False) -> Iterator[Shell]:
    """The accounts of the home folder that the command line, the environment or the platform names."""
    from tocsin.access.accounts import Accounts  # noqa: PLC0415  # not on --help
    from tocsin.access.model import local  # noqa: PLC0415
    from tocsin.storage.access import SqlAccess  # noqa: PLC0415
    from tocsin.storage.ledger import keys_of  # noqa: PLC0415
    from tocsin.storage.recording import local_actor  # noqa: PLC0415

    with open_home(given, create=create) as home:
        keys = keys_of(home.folder, home.database)
        accounts = Accounts.over(home.database, SqlAccess(home.database), home.ledger, keys)
        yield Shell(home, accounts, local(local_actor().removeprefix("local:")))


def new_password(*, from_stdin: bool) -> str:
    """A new password, from standard input or asked for twice. Raises UsageError where nobody can be asked."""
    if from_stdin:
        try:
            return sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError as error:
            message = "the password on standard input is not UTF-8"
            raise UsageError(message) from error
    if not sys.stdin.isatty():
        message = "there is no terminal to ask for the password; use --password-stdin"
        raise UsageError(message)
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer


def put_enrolment(name: str, enrolment: "Enrolment", *, as_json: bool) -> None:
    """Show a new second factor, once."""
    if as_json:
        codes = [*enrolment.recovery_codes]
        put_json({"name": name, "second_factor": enrolment.uri, "recovery_codes": codes})
        return
    put(f"second factor of {name}, for an authenticator app (it also takes this as a QR code):")
    put(f"  {enrolment.uri}")
    put("recovery codes, each good for one sign-in without the app:")
    for code in enrolment.recovery_codes:
        put(f"  {code}")
    say("This is shown once. Keep the codes on paper, not beside the password.")


def put_person(person: "Person", *, as_json: bool) -> None:
    """Show a person, without any secret."""
    if as_json:
        put_json(_person_json(person))
        return
    put(f"{person.name}  {', '.join(sorted(person.roles)) or 'no role'}")
    put(f"  {_standing(person)}, here since {person.created:%Y-%m-%d}")
    if person.failures:
        until = f", shut out until {person.locked_until:%H:%M:%S} UTC" if person.locked_until else ""
        put(f"  {person.failures} failed attempts to sign in since the last good one{until}")


def _standing(person: "Person") -> str:
    if not person.active:
        return "disabled"
    if person.enrolled:
        return "signs in with password and second factor"
    return "must enrol a second factor" if person.must_enrol else "signs in WITHOUT a second factor"


def _person_json(person: "Person") -> "JsonObject":
    return {
        "name": person.name,
        "roles": [*sorted(person.roles)],
        "created": person.created.isoformat(),
        "active": person.active,
        "must_enrol": person.must_enrol,
        "enrolled": person.enrolled,
        "failures": person.failures,
        "locked_until": None if person.locked_until is None else person.locked_until.isoformat(),
    }
