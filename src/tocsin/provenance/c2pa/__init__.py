"""C2PA manifests (Content Credentials): whether they hold, who signed them, and what they say.

Our own walk looks for the bytes first, so that a manifest that the reader of C2PA does not see is told. A
signature that holds proves that the file is as somebody signed it. Only an imported trust list makes that
somebody known: anyone can sign with a certificate of their own that says it is a camera.
"""

from typing import TYPE_CHECKING, Final

from tocsin.media.containers.segments import MAX_SEGMENTS
from tocsin.provenance.c2pa.evidence import Evidence
from tocsin.provenance.c2pa.findings import findings
from tocsin.provenance.c2pa.manifests import family
from tocsin.provenance.c2pa.raw import MAX_SCAN, Store, find_stores, unsearched
from tocsin.provenance.c2pa.reader import NoManifest, Reading, Remote, Unreadable, read, reader_name
from tocsin.provenance.c2pa.standing import official, standings
from tocsin.provenance.fields import Space
from tocsin.provenance.model import Absent, Failed, Finding, NotChecked
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import rules
from tocsin.provenance.texts import quoted, shortened
from tocsin.provenance.trust.model import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.provenance.c2pa.manifests import Family
    from tocsin.provenance.c2pa.raw import Found
    from tocsin.provenance.c2pa.standing import Standings
    from tocsin.provenance.model import Item
    from tocsin.provenance.opened import Opened

MAX_BOXES: Final = 4096
"""Top-level boxes of an ISO base media file: the reader's time grows with their square."""
_PACKED: Final = "brob"
"""A box of JPEG XL whose content is compressed, so that searching its bytes shows nothing."""
_WHAT: Final = "C2PA manifest"
_PROVENANCE: Final = "dcterms:provenance"
_ADDRESSES: Final = ("http://", "https://")


def signs(file: "Opened") -> "Iterator[Finding]":
    """Signs in C2PA manifests."""
    stores = find_stores(file)
    urls = set(_remote_urls(file))
    if not stores and not urls and _searched_whole(file):
        yield Absent(_WHAT, OWN_READER)  # every byte was searched: a reader can find no more
        return
    yield from (item for _, item in sorted(urls, key=lambda pair: pair[0]))
    refused = _too_many_boxes(file)
    if refused:
        yield from (_unread(file, found, refused) for found in stores)
        yield Failed(reader_name(), "provenance.c2pa.too_many_boxes", refused)
        return
    trust = file.trust or Trust()
    match read(file.source, file.type.mime, official(trust)):
        case Reading() as reading:
            yield from _of_reading(file, reading, stores, trust)
        case NoManifest():
            yield from _of_none(file, stores)
        case Remote(url):
            if not any(known == url for known, _ in urls):
                yield _remote(file, url)
            yield NotChecked("remote C2PA manifest", "it is kept elsewhere and never fetched")
            yield from (_unread(file, found, "the reader finds only an address") for found in stores)
        case Unreadable(reason, unsupported):
            yield from _of_unreadable(file, stores, reason, unsupported=unsupported)


def _searched_whole(file: "Opened") -> bool:
    """Whether the mark of a manifest, and addresses of manifests elsewhere, were looked for everywhere."""
    packed = any(segment.name.rpartition("/")[2] == _PACKED for segment in file.walk.segments)
    sound = file.walk.walked and not file.walk.problem and not file.fields.problems
    return sound and not packed and not unsearched(file)


def _of_reading(
    file: "Opened", reading: Reading, stores: "tuple[Found, ...]", trust: Trust
) -> "Iterator[Finding]":
    in_place = [Store(file, found) for found in stores if found.belongs]
    store = next((one for one in in_place if reading.active in one.manifests), None)
    if store is None:
        yield Failed(
            OWN_READER, "provenance.c2pa.unlocated", "the reader reads a manifest whose bytes are not found"
        )
    for other in in_place:
        if other is not store:
            yield _unread(file, other.found, "the reader reads another one in the same file")
    relatives = family(reading)
    known = standings(reading, relatives, store, trust)
    yield from findings(Evidence(file, reading, relatives, dict(known.of), store, trust))
    yield from _not_checked(trust, relatives, known)


def _not_checked(trust: Trust, relatives: "Family", known: "Standings") -> "Iterator[NotChecked]":
    if not trust.knows_signers:
        why = "no C2PA trust list has been imported: `tocsin trust import`"
        yield NotChecked("identity of C2PA signers", why)
    yield NotChecked("revocation of C2PA certificates", "that would need a network")
    if any(one.identities for one in relatives.manifests):
        yield NotChecked("identities named in C2PA manifests (CAWG)", "resolving them would need a network")
    if known.not_read_again:
        what = f"signatures of {known.not_read_again:,} manifests of ingredients"
        yield NotChecked(what, "there are too many of them, or their bytes were not found")
    left_out = relatives.left_out + sum(one.left_out for one in relatives.manifests)
    if left_out:
        what = f"{left_out:,} further manifests, actions or ingredients in C2PA manifests"
        yield NotChecked(what, "there are too many of them")


def _of_none(file: "Opened", stores: "tuple[Found, ...]") -> "Iterator[Finding]":
    if not stores:
        yield _no_bytes(file)
    if not any(found.belongs for found in stores):
        yield Absent(_WHAT, reader_name())
    for found in stores:
        why = "the reader finds no manifest" if found.belongs else "they stand where no reader looks"
        yield _unread(file, found, why)
    if any(found.belongs for found in stores):
        reason = "manifest unreadable: its bytes are there, and the reader finds none"
        yield Failed(reader_name(), "provenance.c2pa.unread", reason)


def _no_bytes(file: "Opened") -> Absent | NotChecked:
    """That our own search found nothing; only a whole search says that there is nothing."""
    what, left = f"bytes of a {_WHAT}", unsearched(file)
    if not left:
        return Absent(what, OWN_READER)
    return NotChecked(f"{what} in {left:,} bytes of the file", f"only {MAX_SCAN >> 20} MiB are searched")


def _of_unreadable(
    file: "Opened", stores: "tuple[Found, ...]", reason: str, *, unsupported: bool
) -> "Iterator[Finding]":
    if file.type.format == "jxl" and not file.walk.segments and not file.walk.problem:
        yield Absent(_WHAT, OWN_READER)  # a bare codestream has no boxes, so the reader only complains
        return
    if unsupported and not stores:
        yield NotChecked(_WHAT, f"the reader does not know {file.type.format} files")
        yield _no_bytes(file)
        return
    yield from (_unread(file, found, "the reader cannot read it") for found in stores)
    yield Failed(
        reader_name(), "provenance.c2pa.unreadable", f"manifest unreadable: {shortened(reason, 200)}"
    )


def _unread(file: "Opened", found: "Found", why: str) -> "Item":
    cut = "" if found.whole else ", and their end is missing"
    return file.item(
        rules("c2pa")["c2pa.unread"], f"bytes of a C2PA manifest are there, but {why}{cut}", *found.parts
    )


def _remote_urls(file: "Opened") -> "Iterator[tuple[str, Item]]":
    for field in file.fields.named(Space.XMP, _PROVENANCE):
        if field.value.startswith(_ADDRESSES):
            item = file.item(
                rules("c2pa")["c2pa.remote"],
                f"the metadata point to a manifest at {quoted(field.value, 200)}",
                field.where,
            )
            yield field.value, item


def _remote(file: "Opened", url: str) -> "Item":
    return file.item(
        rules("c2pa")["c2pa.remote"],
        f"the file points to a manifest at {quoted(url, 200)}",
        reader=reader_name(),
    )


def _too_many_boxes(file: "Opened") -> str | None:
    """Why the reader is not let near a file of very many parts, if so."""
    segments = file.walk.segments
    of_boxes = bool(segments) and segments[0].container == "isobmff"
    count = sum("/" not in segment.name for segment in segments) if of_boxes else 0
    if count <= MAX_BOXES and len(segments) < MAX_SEGMENTS:
        return None
    return f"the file is made of {len(segments):,} parts or more, which would hold the reader up"
