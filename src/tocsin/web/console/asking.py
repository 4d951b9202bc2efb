"""What forms of management share: reading their fields, showing a form again, and asking once more."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access import names
from tocsin.banks.batch import InvalidTextError, check_texts
from tocsin.cases.errors import InvalidObservationError
from tocsin.errors import Error
from tocsin.web.console.problems import words_of
from tocsin.web.console.visit import Visit, whole
from tocsin.web.problems import STATUS

if TYPE_CHECKING:
    from datetime import datetime

LONGEST: Final = 2000
"""Characters of a text, as the interface has it."""
PAGE: Final = 50
_CORRECTABLE: Final = frozenset({409, 422})
_SHA256: Final = 64


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before something that cannot, or cannot wholly, be undone."""

    title: str
    does: Sequence[str]
    """What happens, a sentence each."""
    undo: str
    """What can be undone of it, and how; or that nothing can."""
    button: str
    back: str
    """Where to go instead, below /console."""
    typed: str = ""
    """What has to be typed to go on."""


def sure(visit: Visit, question: Question) -> Response | None:
    """A page that asks once more, with all that the form said; None where that has been answered."""
    answered = bool(visit.field("sure"))
    matches = not question.typed or visit.field("typed") == question.typed.strip()
    if answered and matches:
        return None
    path = visit.request.url.path
    fields = [
        (name, value)
        for name, value in visit.form.multi_items()
        if isinstance(value, str) and name not in {"csrf", "sure", "typed"}
    ]
    status = 422 if answered else 200
    return visit.page("sure.html", status, question=question, path=path, fields=fields, mistyped=answered)


def again(visit: Visit, error: Error, template: str, **values: object) -> Response:
    """The form once more, with what was wrong with it; errors that no typing mends are raised again."""
    status = STATUS.get(error.code, 500)
    if status not in _CORRECTABLE:
        raise error
    return visit.page(template, status, refused=words_of(error), **values)


def text(visit: Visit, name: str, most: int = LONGEST) -> str:
    """A text of the form that can be stored. Raises InvalidTextError."""
    found = visit.field(name)
    if len(found) > most:
        message = f"a text has at most {most:,} characters, not {len(found):,}"
        raise InvalidTextError(message)
    check_texts([found])
    return found


def exact(visit: Visit, name: str) -> str:
    """A name of the form, or else of the query, with the blanks around it: a bank may be called so."""
    found = visit.form.get(name, visit.request.query_params.get(name, ""))
    return found if isinstance(found, str) else ""


def digest_of(text: str) -> bytes:
    """A SHA-256 from its digits. Raises InvalidObservationError."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(text) != _SHA256 or len(found) != _SHA256 // 2:
        message = "a content is named by the 64 hexadecimal digits of its SHA-256"
        raise InvalidObservationError(message)
    return found


def person_named(typed: str) -> str:
    """The principal of a person, typed with or without what it begins with."""
    return typed if typed.startswith(names.PERSON) else names.person(typed)


def page_after(visit: Visit) -> int:
    """Where a page of a list begins; 0 for the first."""
    return whole(visit.asked("after")) or 0


def mark(*things: object) -> str:
    """A short name of how things are: with it, a form says what it changes, lest it undo another's change."""
    return hashlib.sha256(repr(things).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def named(values: Iterable[object]) -> list[str]:
    """Values of enumerations as sorted words."""
    return sorted(str(value) for value in values)


def local_time(given: str) -> "datetime | None":
    """A time as a browser's field for it says, in UTC; None where there is none. Raises ValueError."""
    from datetime import UTC, datetime  # noqa: PLC0415  # read where it is used

    if not given:
        return None
    found = datetime.fromisoformat(given)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:  # the first and the last day of all, elsewhere
        raise ValueError(given) from error


def needed_time(given: str, otherwise: Error) -> "datetime":
    """The same, where there has to be one. Raises `otherwise`."""
    try:
        found = local_time(given)
    except ValueError:
        found = None
    if found is None:
        raise otherwise
    return found
