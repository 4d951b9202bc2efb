"""Archives that are submitted: their members examined as well, in the sandbox, one after the other."""

import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tocsin.content.model import Content
from tocsin.errors import Error, Refusal
from tocsin.intake.model import Found, Member
from tocsin.matching.archive_scan import Archive, can_be_opened, examine_members, with_refusal
from tocsin.matching.matches import Matcher
from tocsin.media.errors import ArchiveOutOfTimeError, TooManyMembersError
from tocsin.media.identify import READABLE_ARCHIVES

if TYPE_CHECKING:
    from tocsin.banks.store import KnownItems
    from tocsin.content.examiner import Lent, Source
    from tocsin.intake.screening import Examining

MOST_MEMBERS: Final = 5_000
"""Members looked at in a submission: their signals are committed together, while other writers wait."""
MOST_SECONDS: Final = 60.0
"""For looking into one submission: it holds a sandbox child that others wait for meanwhile."""
MOST_NAME: Final = 500
"""Characters of a member's name."""
_CUT: Final = " ... "


class ArchiveNotOpenedError(Error):
    """What is in the archive was not looked at, only the archive as a whole."""

    code = "intake.archive_not_opened"
    advice = "Submit it, or unpack it and ask about each file in it."


def not_opened(content: Content) -> Content:
    """`content`, and if it is an archive, that nobody has looked inside."""
    if content.refused is not None or content.format not in READABLE_ARCHIVES:
        return content
    return replace(content, refused=Refusal.of(ArchiveNotOpenedError()))


def look_inside(
    examiner: "Examining", source: "Source", content: Content, *, all_orientations: bool
) -> tuple[Content, tuple[Member, ...]]:
    """A content and, if it is an archive, its members; what is wrong with the archive is its refusal.

    Signs of origin are not looked for in members. Archives in archives are not opened, which their refusal
    says. Raises ExaminerBusyError, SandboxError.
    """
    if not can_be_opened(content):
        return content, ()
    with examiner.lend(source, all_orientations=all_orientations) as lent:
        archive = Archive(lent.opener, content, until=time.monotonic() + MOST_SECONDS)
        members, wrong = _inside(lent, archive)
    return with_refusal(content, wrong), tuple(members)


def _inside(lent: "Lent", archive: Archive) -> tuple[list[Member], list[Refusal]]:
    """The members of an archive, as far as they may be looked at, and what is wrong with it."""
    members: list[Member] = []
    wrong: list[Refusal] = []
    try:
        with closing(examine_members(lent.pool, archive, lent.options, 1)) as inside:
            for index, seen in inside:
                if index < 0:
                    wrong += [] if seen.content.refused is None else [seen.content.refused]
                elif len(members) == MOST_MEMBERS:
                    message = (
                        f"the archive has more than {MOST_MEMBERS:,} members; the others were not looked at"
                    )
                    wrong.append(Refusal.of(TooManyMembersError(message)))
                    break
                else:
                    members.append(Member(index + 1, shown_name(seen.name), seen.content))
    except ArchiveOutOfTimeError:
        message = (
            f"looking into the archive was given up after {MOST_SECONDS:g} s: {len(members):,} members were "
            "looked at, and those after them were not"
        )
        wrong.append(Refusal.of(ArchiveOutOfTimeError(message)))
    return members, wrong


def shown_name(name: str) -> str:
    """A member's name as anything can store and show it: no more than MOST_NAME characters, all printable."""
    text = os.fsencode(name).decode("utf-8", "replace")
    text = "".join(one if one.isprintable() else "\ufffd" for one in text)
    half = (MOST_NAME - len(_CUT)) // 2
    return text if len(text) <= MOST_NAME else text[:half] + _CUT + text[-half:]


def matched(known: "KnownItems", content: Content | None, members: Sequence[Member]) -> list[Found]:
    """What is known about a content (unless None) and those of its members about which anything is."""
    parts: list[tuple[Member | None, Content]] = [] if content is None else [(None, content)]
    parts += [(member, member.content) for member in members]
    each = Matcher(known).match_each([one.signals for _, one in parts])
    return [
        (member, matches)
        for (member, _), matches in zip(parts, each, strict=True)
        if member is None or matches.matches or matches.suppressed
    ]
