"""`tocsin link`: which files may come from one hand."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import REFUSED
from tocsin.cli.output import home_option, json_option, open_home, put, put_json, say, workers_option
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.matching.scan import Scanner
    from tocsin.provenance.linking import Answer
    from tocsin.provenance.linking.model import Group, Link, Links

SHOWN = 20
"""Of files in no group, copies and what weighs little: more of them only with --json."""
_NO_PIXELS = (
    "Signs in pixels were not looked for. With --pixels they are, and files may turn out to share more."
)


@click.command("link")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--pixels", is_flag=True, help="Also look for signs in the pixels.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a graph to this file."
)
@workers_option
@json_option
@home_option
@click.pass_obj
def link_files(  # noqa: PLR0913  # one for each option
    home: str | None,
    paths: tuple[str, ...],
    *,
    pixels: bool,
    html: Path | None,
    workers: int | None,
    as_json: bool,
) -> int:
    """Group the files under PATH by what they share: models, LoRAs, signers, accounts, seeds, devices.

    Each link is given with what it rests on and what it weighs; what nearly every file shares weighs little,
    and that is said, too. Files are examined as `tocsin scan` does it, also inside tars and zips, and what is
    found out is remembered in the home folder, so that a second run is quick.
    """
    import os  # noqa: PLC0415  # not on --help
    import shutil  # noqa: PLC0415

    from tocsin.cli.origin import search_for  # noqa: PLC0415
    from tocsin.matching.matches import Matcher  # noqa: PLC0415
    from tocsin.matching.scan import Scanner  # noqa: PLC0415
    from tocsin.provenance.linking import link  # noqa: PLC0415
    from tocsin.storage.spare_seen import SpareSeen  # noqa: PLC0415

    if html:
        from tocsin.provenance.pages import check_page  # noqa: PLC0415  # jinja2

        check_page(html)
    unread: list[str] = []
    gaps = () if pixels else (_NO_PIXELS,)
    with open_home(home, create=True) as store, SpareSeen(store.folder / "seen.db", say) as seen:
        search, size = search_for(home, pixels=pixels), workers or len(os.sched_getaffinity(0))
        with Scanner(Matcher(store), seen, workers=size, search=search) as scanner:
            links = link(_answers(scanner, paths, unread))
    if html:
        from tocsin.provenance.pages import link_page  # noqa: PLC0415  # jinja2

        link_page(links, html, gaps=gaps)
    if as_json:
        put_json(links.to_json())
    else:
        for line in lines(links, shutil.get_terminal_size().columns, gaps):
            put(line)
    if html:
        say(f"Page: {shown(str(html))}")
    if unread:
        say(f"{len(unread):,} could not be examined in full, so they may share more")
    return REFUSED if unread else 0


def _answers(scanner: "Scanner", paths: tuple[str, ...], unread: list[str]) -> "Iterator[Answer]":
    """Every file and member by its name; those that are not whole go into `unread`."""
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help
    from tocsin.provenance.answer import explanation_of  # noqa: PLC0415
    from tocsin.provenance.linking import Answer  # noqa: PLC0415

    with progress("examining") as advance:
        for count, scanned in enumerate(scanner.scan(paths), 1):
            explanation = scanned.explanation or explanation_of(())
            if scanned.content.refused is not None or explanation.failed:
                unread.append(scanned.name)
            advance(f"{count:,} files")
            yield Answer(scanned.name, scanned.content.sha256, explanation)


def lines(links: "Links", width: int, gaps: tuple[str, ...] = ()) -> "Iterator[str]":
    """What is told on a terminal of `width` columns: groups with their links and files, then what is left.

    `gaps` are sentences on what was not looked for.
    """
    from tocsin.provenance.linking import CAUTION  # noqa: PLC0415  # not on --help
    from tocsin.provenance.linking.model import counted  # noqa: PLC0415

    counts = links.counts
    groups = _number(len(links.groups), "group")
    yield f"{counted(counts.contents, counts.files)}, {counts.in_groups:,} of them in {groups}"
    for number, group in enumerate(links.groups, 1):
        yield ""
        yield from _group_lines(number, group, width)
    yield ""
    yield from _listed(f"{_number(len(links.ungrouped), 'file')} in no group", links.ungrouped)
    copies = (f"{' = '.join(map(shown, one.files[:2]))}{_more(len(one.files) - 2)}" for one in links.copies)
    yield from _listed(f"{_number(len(links.copies), 'content')} in more than one file", tuple(copies))
    yield from _weak_lines(links, width)
    yield f"{_number(counts.without_fingerprint, 'file')} without any fingerprint"
    yield from (
        f"not compared: {_number(count, 'fingerprint')}: {shown(why)}" for why, count in counts.dropped
    )
    for text in (CAUTION, *gaps):
        yield ""
        yield from _wrapped(text, width, "")


def _group_lines(number: int, group: "Group", width: int) -> "Iterator[str]":
    yield f"group {number}: {group.counted}"
    for link in group.links:
        yield from _link_lines(link, len(group.contents), width)
    for content in group.contents:
        first, *others = content.files
        yield f"  {shown(first)}"
        yield from (f"    same content: {shown(other)}" for other in others)


def _link_lines(link: "Link", contents: int, width: int) -> "Iterator[str]":
    """The weight, what is shared and by how many; under it the reason."""
    what = " + ".join(f"{part.name} {_value(part.fingerprint.value)}" for part in link.parts)
    by = "all of them" if len(link.contents) == contents else link.counted
    yield from _wrapped(f"{link.weight:.2f}  {what}, shared by {by}", width, "  ", "        ")
    yield from _wrapped(shown(link.why), width, "        ")


def _weak_lines(links: "Links", width: int) -> "Iterator[str]":
    weak = links.shared_but_weak
    if weak:
        some = f" ({SHOWN} of them here, all with --json)" if len(weak) > SHOWN else ""
        yield f"{_number(len(weak), 'fingerprint')} shared, too light for a link{some}:"
    for one in weak[:SHOWN]:
        what = f"{one.part.name} {_value(one.part.fingerprint.value)}"
        yield from _wrapped(f"{one.part.weight:.2f}  {what}: {shown(one.part.why)}", width, "  ", "        ")


def _listed(heading: str, some: "tuple[str, ...]") -> "Iterator[str]":
    """A heading, and what it counts unless that is nothing or too much to read."""
    if not some:
        return
    if len(some) > SHOWN:
        yield f"{heading}; --json lists them all"
        return
    yield f"{heading}:"
    yield from (f"  {shown(one)}" for one in some)


def _wrapped(text: str, width: int, first: str, rest: str | None = None) -> list[str]:
    """Lines of whole words, so that a terminal breaks none; a long value stays whole to be copied."""
    import textwrap  # noqa: PLC0415  # not on --help

    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _value(value: str) -> str:
    from tocsin.provenance.texts import shortened  # noqa: PLC0415  # not on --help

    return shortened(shown(value))


def _more(count: int) -> str:
    return f" and {count:,} more" if count > 0 else ""


def _number(count: int, what: str) -> str:
    return f"{count:,} {what if count == 1 else f'{what}s'}"
