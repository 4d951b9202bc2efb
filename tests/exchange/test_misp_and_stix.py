"""Banks as MISP events and STIX bundles: all of an entry is there, in the shapes that are documented."""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.commands import tocsin

from tocsin.banks.model import Entry, Label, Origin
from tocsin.exchange.files import misp, stix
from tocsin.exchange.files.fingerprint_words import STRICTEST_FIRST, Sheet
from tocsin.exchange.files.formats import Written
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType

TIME: Final = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SHEET: Final = Sheet("known", TIME, "amber")
HASH_NAMES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}
STIX_ID: Final = re.compile(r"[a-z-]+--[0-9a-f-]{36}")
STIX_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
names = st.text("abcdefgh.-", min_size=1, max_size=8)
labels = st.builds(Label, names, texts, texts, texts, texts) | st.builds(
    Label, st.just("fingerprint:photodna"), st.just(""), texts
)


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    kind = draw(st.sampled_from(SignalType))
    value = draw(st.binary(min_size=kind.size, max_size=kind.size))
    if kind.exact:
        return Signal(kind, value)
    return Signal(
        kind,
        value,
        quality=draw(st.none() | st.integers(0, 100)),
        view=draw(st.none() | names),
        dialect=draw(st.none() | st.sampled_from(Dialect)),
        orientation=draw(st.none() | st.sampled_from(Orientation)),
    )


@st.composite
def banks(draw: st.DrawFn) -> list[Entry]:
    several = draw(
        st.lists(
            st.tuples(st.lists(signals(), min_size=1, max_size=4, unique=True), st.lists(labels, max_size=3)),
            max_size=5,
        )
    )
    return [
        Entry(number, "known", tuple(some), Origin("a list", draw(texts), ""), tuple(said), TIME, None)
        for number, (some, said) in enumerate(several, 1)
    ]


def written(
    write: Callable[[list[Entry], BinaryIO, Sheet], Written], entries: list[Entry]
) -> tuple[Written, dict[str, Any]]:
    stream = io.BytesIO()
    done = write(entries, stream, SHEET)
    found = json.loads(stream.getvalue())
    assert isinstance(found, dict)
    return done, found


def said_of(signal: Signal) -> tuple[object, ...]:
    about = (signal.quality, signal.view, signal.dialect, signal.orientation)
    return signal.type.value, signal.hex, *(None if one is None else str(one) for one in about)


def said_in(fingerprint: dict[str, Any]) -> tuple[object, ...]:
    """Of a fingerprint as our documentation names its members."""
    assert set(fingerprint) <= {"algorithm", "value", "encoding", "quality", "view", "dialect", "orientation"}
    about = (fingerprint.get(name) for name in ("quality", "view", "dialect", "orientation"))
    return (
        fingerprint["algorithm"],
        fingerprint["value"],
        *(None if one is None else str(one) for one in about),
    )


def all_said(entry: Entry) -> set[tuple[object, ...]]:
    kept = {
        ("photodna", one.code, *[None] * 4) for one in entry.labels if one.scheme == "fingerprint:photodna"
    }
    return {said_of(one) for one in entry.signals} | kept


@given(banks())
def test_a_bundle_has_all_of_every_entry(entries: list[Entry]) -> None:
    done, bundle = written(stix.write, entries)
    assert (bundle["type"], done.entries) == ("bundle", len(entries))
    objects = {one["id"]: one for one in bundle["objects"]}
    assert len(objects) == len(bundle["objects"])
    files = [one for one in bundle["objects"] if one["type"] == "file"]
    for one in bundle["objects"]:
        assert one["spec_version"] == "2.1"
        assert STIX_ID.fullmatch(one["id"])
        assert one["id"].startswith(one["type"] + "--")
        UUID(one["id"].partition("--")[2])
        assert {*one.get("object_marking_refs", []), *one.get("extensions", {})} <= set(objects)
        assert all(STIX_TIME.fullmatch(one[name]) for name in ("created", "modified") if name in one)
    for entry, file in zip(entries, files, strict=True):
        (extension,) = file["extensions"].values()
        assert extension["extension_type"] == "property-extension"
        assert file["hashes"]
        standard = {
            (name, file["hashes"][key], *[None] * 4)
            for name, key in HASH_NAMES.items()
            if key in file["hashes"]
        }
        assert standard | {said_in(one) for one in extension["fingerprints"]} == all_said(entry)
        assert [Label(**one) for one in extension["labels"]] == [
            one for one in entry.labels if one.scheme != "fingerprint:photodna"
        ]
        assert Origin(**extension["origin"]) == entry.origin


@given(banks())
def test_an_event_has_all_of_every_entry(entries: list[Entry]) -> None:
    done, found = written(misp.write, entries)
    event = found["Event"]
    assert (event["distribution"], event["published"], done.records) == ("0", False, len(event["Object"]))
    told: set[tuple[object, ...]] = set()
    for one in event["Object"]:
        assert one["template_uuid"]
        UUID(one["uuid"])
        values = {attribute["object_relation"]: attribute["value"] for attribute in one["Attribute"]}
        assert not any(attribute["to_ids"] for attribute in one["Attribute"])
        if one["name"] == "file":
            told |= {(name, value, *[None] * 4) for name, value in values.items()}
        else:
            assert one["name"] == "media-fingerprint"
            told.add(said_in(values))
    assert told == set().union(*map(all_said, entries))


@pytest.mark.parametrize("module", [misp, stix])
def test_what_may_not_be_passed_on_so_is_not_written(module: Any) -> None:  # noqa: ANN401  # a module
    value = (Signal(SignalType.MD5, b"\xee" * 16),)
    withdrawn = Entry(1, "known", value, Origin(), (), TIME, TIME)
    ruled = Entry(2, "known", value, Origin(), (Label("onward-sharing", "1", "nobody"),), TIME, None)
    done, found = written(module.write, [withdrawn, ruled])
    assert (done.entries, done.withdrawn, done.unwritable) == (0, 1, 1)
    assert "ee" * 16 not in json.dumps(found)


@pytest.mark.parametrize(
    ("own", "mark", "stix_mark"),
    [
        ((), "amber", "amber"),
        (("clear",), "amber", "amber"),
        (("TLP:RED",), "red", "red"),
        (("amber+strict", "green"), "amber+strict", "red"),
        (("purple",), "red", "red"),
    ],
)
def test_the_strictest_mark_holds(own: tuple[str, ...], mark: str, stix_mark: str) -> None:
    assert mark in STRICTEST_FIRST
    said = tuple(Label("tlp", "2.0", one) for one in own)
    entry = Entry(1, "known", (Signal(SignalType.MD5, bytes(16)),), Origin(), said, TIME, None)
    _, event = written(misp.write, [entry])
    (attribute,) = event["Event"]["Object"][0]["Attribute"]
    assert [tag["name"] for tag in attribute["Tag"]] == [f"tlp:{mark}"]
    _, bundle = written(stix.write, [entry])
    marks = {
        one["id"]: one["definition"]["tlp"]
        for one in bundle["objects"]
        if one["type"] == "marking-definition"
    }
    assert [marks[one] for one in bundle["objects"][-1]["object_marking_refs"]] == [stix_mark]


@pytest.mark.parametrize("form", ["misp", "stix"])
def test_the_command_writes_it(tmp_path: Path, form: str) -> None:
    home = tmp_path / "home"
    tocsin("bank", "create", "known", "--home", home)
    tocsin("bank", "add", "known", "--hash", "md5:" + "ab" * 16, "--home", home)
    said = tocsin("exchange", "export", "--bank", "known", "--format", form, "--tlp", "green", "--home", home)
    assert said.code == 0, said.err
    assert "ab" * 16 in said.out
    assert json.loads(said.out)
    wrong = ("exchange", "export", "--bank", "known", "--format", "icse", "--tlp", "green", "--home", home)
    assert tocsin(*wrong).code == 2
