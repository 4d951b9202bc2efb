"""What is asked once more before people are shut out, or lose what they sign in with."""

from typing import TYPE_CHECKING

from tocsin.access import names
from tocsin.access.model import Permission, permissions_of
from tocsin.web.console.asking import Question

if TYPE_CHECKING:
    from tocsin.access.store import Person
    from tocsin.web.console.visit import Visit

ACCESS = Permission.MANAGE_ACCESS


def is_own(visit: "Visit", person: "Person") -> bool:
    """Whether the visitor is that person."""
    return visit.person.id == names.person(person.name)


def _last_manager(visit: "Visit", person: "Person") -> bool:
    """Whether nobody else could manage people."""
    return not any(
        one.active and one.name != person.name and ACCESS in permissions_of(one.roles)
        for one in visit.node.accounts.people.all(visit.person)
    )


def _warnings(visit: "Visit", person: "Person") -> "list[str]":
    _ = visit.texts.gettext
    found = []
    if is_own(visit, person):
        found.append(_("This is you: you cannot take it back yourself."))
    if _last_manager(visit, person):
        found.append(
            _(
                "Nobody else manages people. "
                "The way back is `tocsin admin` on the machine that holds the home."
            )
        )
    return found


def giving_up(visit: "Visit", person: "Person") -> Question:
    """Before somebody is a manager no more."""
    _ = visit.texts.gettext
    return Question(
        title=_("Take the management of people from %(name)s?", name=person.name),
        does=[
            _("From their next request on they manage no people, tokens and rights."),
            *_warnings(visit, person),
        ],
        undo=_("Whoever manages people can give the role back."),
        button=_("Set these roles"),
        back=f"/people/one/{person.name}",
    )


def shutting_out(visit: "Visit", person: "Person") -> Question:
    """Before somebody is shut out."""
    _ = visit.texts.gettext
    return Question(
        title=_("Shut %(name)s out?", name=person.name),
        does=[
            _("All their sessions end at once, and they cannot sign in."),
            _("A case that they hold waits again when its lease runs out. What they recorded stays."),
            _("Tokens that they made go on working: look at the list of tokens."),
            *(_warnings(visit, person) if ACCESS in permissions_of(person.roles) else []),
        ],
        undo=_("Whoever manages people can let them in again, with the same password and second factor."),
        button=_("Shut out"),
        back=f"/people/one/{person.name}",
    )


def replacing_password(visit: "Visit", person: "Person") -> Question:
    """Before somebody's password is replaced."""
    _ = visit.texts.gettext
    return Question(
        title=_("Give %(name)s another password?", name=person.name),
        does=[
            _("All their sessions end at once. Their second factor stays."),
            _("The new password is shown to you once. Make sure that it is they who ask for it."),
        ],
        undo=_("The old password cannot be brought back."),
        button=_("Make a new password"),
        back=f"/people/one/{person.name}",
    )


def resetting(visit: "Visit", person: "Person") -> Question:
    """Before somebody's second factor goes."""
    _ = visit.texts.gettext
    return Question(
        title=_("Take the second factor of %(name)s away?", name=person.name),
        does=[
            _("All their sessions end at once, and their recovery codes count no more."),
            _(
                "Until they set up another one, the password alone opens the page for that. "
                "Make sure that it is they who ask for it."
            )
            if person.must_enrol
            else _(
                "They were made without the duty to have one: from then on, the password alone lets them in."
            ),
        ],
        undo=_("The old second factor cannot be brought back."),
        button=_("Take it away"),
        back=f"/people/one/{person.name}",
    )
