"""The sandbox task that lists a file's metadata as names and values: to be looked at, or reported."""

from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.media.answers import number_in
from tocsin.media.pictures import head_of
from tocsin.media.renditions import member_of
from tocsin.provenance.fields import Space
from tocsin.provenance.opened import Opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.media.sandbox import JsonObject

TASK: Final = "tocsin.provenance.fields.listing:list_fields"
"""The task by the name that a pool takes."""
MOST_FIELDS: Final = 2000
MOST_CHARACTERS: Final = 4000
"""Of one value."""
_AT_ONCE: Final = 50


def list_fields(source: BinaryIO, options: "JsonObject", emit: "Callable[[JsonObject], None]") -> None:
    """Sandbox task: fields of the content, or of a `member` of an archive, those of EXIF first.

    Answers `{"fields": [[space, name, value, characters], ...]}` some at a time, where a value is cut that
    has more characters, and at last `{"more": ..., "problems": ...}`: how many are left out or unreadable.
    Raises NoSuchMemberError.
    """
    member = number_in(options.get("member", 0))
    file = member_of(source, member, emit) if member else source
    fields = Opened(file, head_of(file)).fields
    found = sorted(fields.found, key=lambda one: one.space is not Space.EXIF)
    for at in range(0, min(len(found), MOST_FIELDS), _AT_ONCE):
        some = found[at : min(at + _AT_ONCE, MOST_FIELDS)]
        told = [[one.space.value, one.name, one.value[:MOST_CHARACTERS], len(one.value)] for one in some]
        emit({"fields": told})
    emit({"more": max(0, len(found) - MOST_FIELDS), "problems": len(fields.problems)})
