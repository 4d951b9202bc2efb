"""What a person writes into a draft, and what of it is kept when the draft is made anew."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.noting import with_files_left
from tocsin.filing.cybertip.paths import (
    FILE,
    Leaf,
    canonical,
    changed,
    counts,
    leaves,
    refuse,
    renumbered,
    source_of,
    within,
)
from tocsin.filing.cybertip.reading import details_of, report_of
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.writing import details_xml, report_xml, text_of
from tocsin.filing.draft import Draft, Source, Sourced
from tocsin.filing.errors import UnreadableDocumentError, UnwritableDocumentError

MOST_EDITS: Final = 1000
LONGEST_TEXT: Final = 100_000
_NUMBER: Final = re.compile(r"\[(\d+)\]")
_INFO: Final = "report/additionalInfo"
"""It says how many files are left out, unless a person has written it."""
_GIVEN: Final = frozenset({"reportId", "fileId", "fileName"})
"""What only the authority can say, and what is not used."""
_LOGGED: Final = frozenset({"fileViewedByEsp", "exifViewedByEsp"})


def edited(draft: Draft, edits: Mapping[str, str | None], author: str) -> Draft:
    """The draft with fields as somebody wrote them, by path; None or blanks take a field out.

    What was viewed is the log's to say: a person can have it left out, and no more. Raises FieldError.
    """
    if len(edits) > MOST_EDITS:
        refuse(next(iter(edits)), f"at most {MOST_EDITS:,} fields are changed at once")
    texts = {path: (text or "").strip() for path, text in edits.items()}
    made = draft
    for path in sorted((path for path, text in texts.items() if text), key=_order):
        made = _written(made, path, texts[path], author)
    for path in sorted((path for path, text in texts.items() if not text), key=_order, reverse=True):
        made = _removed(made, path, author)
    _demand_kept(draft, made)
    return made


def _demand_kept(draft: Draft, made: Draft) -> None:
    """Raise FieldError for what could be kept as XML and not read again, or not even be kept."""
    before = {one.place: one.details for one in draft.files}
    try:
        if made.report != draft.report:
            report_of(report_xml(made.report))
        for one in made.files:
            if one.details != before[one.place]:
                details_of(details_xml(one.details))
    except (UnwritableDocumentError, UnreadableDocumentError) as error:
        path, _, problem = error.message.partition(" ")
        refuse(path.rstrip(":"), problem)


def with_included(draft: Draft, place: int, author: str, *, include: bool) -> Draft:
    """The draft with one file in it, or left out. Raises FieldError."""
    path = f"file[{place}]/include"
    now = next((one for one in draft.files if one.place == place), None)
    if now is None:
        refuse(path, "there is no such file")
    files = tuple(replace(one, include=include) if one is now else one for one in draft.files)
    made = replace(draft, files=files, sources=_sourced(draft.sources, path, author))
    ours = source_of(draft.sources, _INFO)
    if now.include is include or ours is None or ours.source is not Source.NODE:
        return made
    info = with_files_left(draft.report.additional_info, now.include - include)
    return replace(made, report=replace(draft.report, additional_info=info))


def carried(old: Draft, new: Draft) -> Draft:
    """A draft made anew, with what people had written into the old one; what no longer fits is told."""
    places = {one.sha256: one.place for one in new.files}
    moved = {one.place: places.get(one.sha256) for one in old.files}
    before, after = _counts(old), _counts(new)
    lost = []
    for one in old.sources:
        if one.source is not Source.PERSON or _chosen(one.field):
            continue
        path = _moved(one.field, moved)
        stem = _repeated(one.field)
        fits = stem is None or before.get(stem) == after.get(_moved(stem, moved) or "")
        if path is None or not fits:
            lost.append(f"what {one.which} wrote into {one.field} was not kept: other things stand there now")
        else:
            new = _again(old, new, one, path)
    return replace(new, left_out=(*new.left_out, *lost))


def _again(old: Draft, new: Draft, one: Sourced, path: str) -> Draft:
    if path.endswith("/include"):
        place, was = _place(path), _place(one.field)
        include = next(file.include for file in old.files if file.place == was)
        return with_included(new, place, one.which, include=include)
    text = _text(old, one.field)
    return _written(new, path, text, one.which) if text else _removed(new, path, one.which)


def _written(draft: Draft, path: str, text: str, author: str) -> Draft:
    path = _canonical(path)
    if len(text) > LONGEST_TEXT:
        refuse(path, f"a text has at most {LONGEST_TEXT:,} characters")
    if path.rpartition("/")[2] in _LOGGED:
        refuse(path, "this follows from the log of looks; it can be left out, and not be written")
    made = _changed(draft, path, text)
    return replace(made, sources=_sourced(draft.sources, path, author))


def _removed(draft: Draft, path: str, author: str) -> Draft:
    path = _emptied(draft, _canonical(path))
    made = _changed(draft, path, None)
    if not path.endswith("]"):
        return replace(made, sources=_sourced(draft.sources, path, author))
    moved = [(one, renumbered(one.field, path)) for one in draft.sources]
    sources = tuple(replace(one, field=field) for one, field in moved if field is not None)
    return made if made == draft else replace(made, sources=sources)


def _emptied(draft: Draft, path: str) -> str:
    """The path, or the outermost of several repeated parts that would say nothing without it.

    A part that says nothing is not written: those behind it would be counted otherwise than here.
    """
    root, *steps = path.split("/")
    said = [one.path for one in draft_leaves(draft, root)]
    for place, step in enumerate(steps[:-1], 1):
        around = "/".join((root, *steps[:place]))
        inside = [one for one in said if within(one, around)]
        if step.endswith("]") and inside and all(within(one, path) for one in inside):
            return around
    return path


def _canonical(path: str) -> str:
    root, _, rest = path.partition("/")
    shape = Report if root == "report" else FileDetails if FILE.fullmatch(root) else None
    if shape is None:
        refuse(path, "there is no such field")
    return f"{root}/{canonical(shape, rest)}"


def _changed(draft: Draft, path: str, text: str | None) -> Draft:
    root, _, rest = path.partition("/")
    if root == "report":
        if rest.startswith("batchedReport"):
            refuse(path, "whether it is batched is chosen as it is drafted")
        return replace(draft, report=changed(draft.report, rest, text, path))
    file = next((one for one in draft.files if one.place == _place(root)), None)
    if file is None or rest in _GIVEN:
        refuse(path, "there is no such field to be written")
    made = replace(file, details=changed(file.details, rest, text, path))
    return replace(draft, files=tuple(made if one is file else one for one in draft.files))


def _sourced(sources: tuple[Sourced, ...], path: str, author: str) -> tuple[Sourced, ...]:
    kept = tuple(one for one in sources if not within(one.field, path))
    return (*kept, Sourced(path, Source.PERSON, author))


def _order(path: str) -> tuple[tuple[str, int], ...]:
    """Sorts by numbers as numbers: the tenth of several comes after the ninth."""
    parts = _NUMBER.split(path)
    return tuple(zip(parts[::2], [*map(int, parts[1::2]), 0], strict=True))


def _text(draft: Draft, path: str) -> str:
    """What a field says, as it would be written into it."""
    root = path.partition("/")[0]
    return next((text_of(one.value) for one in draft_leaves(draft, root) if one.path == path), "")


def draft_leaves(draft: Draft, root: str = "") -> Iterator[Leaf]:
    """All that a draft says, files last; with `root`, that of the report or of one file."""
    if root in {"", "report"}:
        yield from leaves(draft.report, "report")
    for one in draft.files:
        if root in {"", f"file[{one.place}]"}:
            yield from leaves(one.details, f"file[{one.place}]")


def _counts(draft: Draft) -> dict[str, int]:
    found = counts(draft.report, "report")
    for one in draft.files:
        found |= counts(one.details, f"file[{one.place}]")
    return found


def _moved(path: str, places: Mapping[int, int | None]) -> str | None:
    """A path below a file that has another place now; None if the file has gone."""
    if not path.startswith("file["):
        return path
    root, _, rest = path.partition("/")
    place = places.get(_place(root))
    return None if place is None else f"file[{place}]/{rest}"


def _place(path: str) -> int:
    found = FILE.match(path)
    return int(found[1]) if found else 0


def _repeated(path: str) -> str | None:
    """The innermost repeated part on a path: how many there are tells whether it is the same one."""
    root, _, rest = path.partition("/")
    stem, bracket, _ = rest.rpartition("[")
    return f"{root}/{stem}" if bracket else None


def _chosen(path: str) -> bool:
    """What somebody chose with the kind of report; it comes again by itself."""
    return path == "report/batchedReport"
