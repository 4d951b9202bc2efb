"""The lists at the head of the page on origin: files to be found first, and why each is there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.model import DerivationKind, Direction
from tocsin.provenance.triage import Reason

if TYPE_CHECKING:
    from tocsin.provenance.answer import Explanation

ADAPTERS: Final = frozenset({DerivationKind.ADAPTER, DerivationKind.EMBEDDING})


@dataclass(frozen=True, slots=True)
class FileList:
    """Files that have something in common. One file may stand in several lists."""

    key: str
    """Name of its anchor."""
    tile: str
    """What its count is called."""
    heading: str
    about: str
    none: str
    """What is said instead where there is no such file."""
    says: "Callable[[Explanation], list[str] | None]"
    """Why a file stands in it, in words, which may be none at all; None if it does not."""
    mark: str = ""


def adapters_alone(answer: "Explanation") -> bool:
    """Whether a LoRA or an embedding is all that says that a real person may be depicted."""
    kinds = {sign.kind for sign in answer.derivation}
    return bool(kinds) and kinds <= ADAPTERS and not _found(answer, Direction.PARTLY_GENERATED)


def _people(answer: "Explanation") -> list[str] | None:
    told = [sign.found for sign in answer.derivation] + _found(answer, Direction.PARTLY_GENERATED)
    return told if _is_raised(answer, Reason.MAY_DEPICT_A_PERSON) else None


def _camera(answer: "Explanation") -> list[str] | None:
    return _found(answer, Direction.CAPTURED) if _is_raised(answer, Reason.MAY_BE_CAPTURED) else None


def _against(answer: "Explanation") -> list[str] | None:
    found = _distinct(one.found for one in answer.contradictions)
    return found if _is_raised(answer, Reason.CONTRADICTED) else None


def _generator(answer: "Explanation") -> list[str] | None:
    return _found(answer, Direction.GENERATED) + _found(answer, Direction.PARTLY_GENERATED) or None


def _failed(answer: "Explanation") -> list[str] | None:
    found = _distinct(f"{one.reader}: {one.reason}" for one in answer.failed)
    return found if _is_raised(answer, Reason.UNREADABLE) else None


def _unexamined(answer: "Explanation") -> list[str] | None:
    """Where nobody has looked there is no sign and nothing that is not there."""
    if _is_examined(answer):
        return None
    return _distinct([*(one.reason for one in answer.failed), *(one.why for one in answer.not_checked)])


def _others(answer: "Explanation") -> list[str] | None:
    """Together with the lists before, this one has every file."""
    listed = any(says(answer) is not None for says in (_people, _camera, _against, _generator))
    return None if listed or not _is_examined(answer) else _distinct(item.found for item in answer.telling)


def _is_examined(answer: "Explanation") -> bool:
    return bool(answer.items or answer.derivation or answer.absent)


def _is_raised(answer: "Explanation", reason: Reason) -> bool:
    return any(one.reason is reason for one in answer.raises)


def _found(answer: "Explanation", direction: Direction) -> list[str]:
    return _distinct(item.found for item in answer.items if item.leans is direction)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


LISTS: Final = (
    FileList(
        key="people",
        tile="may depict a real person",
        heading="A real person may be depicted",
        about="Settings or other signs in these files say so: that a picture or a face went in, or a LoRA "
        "or embedding, which may be trained on a person. Most LoRAs are trained on styles and things, and "
        "anybody can write such settings into a file. Look at these files all the same.",
        none="No file says that a picture went into it or that a model trained on a subject was used. "
        "That does not mean that none did.",
        says=_people,
        mark="▲",
    ),
    FileList(
        key="camera",
        tile="signs of a camera",
        heading="Signs of a camera",
        about="These may be photographs or videos of something real. Such signs can be copied.",
        none="No file has any. They vanish when a file is saved anew, so any may be a photograph.",
        says=_camera,
    ),
    FileList(
        key="contradictions",
        tile="signs that do not fit",
        heading="Signs that do not fit together",
        about="Somebody may have dressed these up as something else, or a program was careless.",
        none="None were noticed.",
        says=_against,
        mark="≠",
    ),
    FileList(
        key="generator",
        tile="signs of a generator",
        heading="Signs of a generator",
        about="For all of the file or a part of it. None of this makes a file less urgent.",
        none="No file has any. They vanish when a file is saved anew.",
        says=_generator,
    ),
    FileList(
        key="failed",
        tile="not read in full",
        heading="Not read in full",
        about="Something in these could not be read, so more may be there.",
        none="Whatever was looked at could be read.",
        says=_failed,
        mark="!",
    ),
    FileList(
        key="unexamined",
        tile="nothing examined",
        heading="Nothing examined",
        about="In these files nothing could be looked for, so nothing can be said of where they came from.",
        none="Every file could be looked at, at least in part.",
        says=_unexamined,
    ),
    FileList(
        key="others",
        tile="neither camera nor generator",
        heading="Examined, and no sign of a camera or a generator",
        about="They were looked at and hold other signs, or none.",
        none="There is no such file.",
        says=_others,
    ),
)
"""In the order of the page."""
