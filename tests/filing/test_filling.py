"""What a draft is filled with: what is on record, each with where it comes from, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drafting import CONTEXT, OURS
from support.material import NOW, digest, match, material, record, submission

from tocsin.cases.model import Observed
from tocsin.filing.cybertip.checks import problems
from tocsin.filing.cybertip.editing import draft_leaves
from tocsin.filing.cybertip.files import FileAnnotations
from tocsin.filing.cybertip.filling import fill
from tocsin.filing.cybertip.filling_files import MOST_FILES
from tocsin.filing.cybertip.happenings import MOST_EVENTS
from tocsin.filing.cybertip.material import Pairs, Seen
from tocsin.filing.cybertip.noting import MOST_TOLD, as_url
from tocsin.filing.cybertip.paths import source_of
from tocsin.filing.cybertip.reading import details_of, report_of
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.cybertip.values import EventName, IndustryClassification
from tocsin.filing.cybertip.writing import details_xml, report_xml
from tocsin.filing.draft import Draft, Source
from tocsin.filing.model import Kind
from tocsin.filing.viewed import Viewed
from tocsin.hashing.signals import Dialect, Orientation, SignalType
from tocsin.law.facts import AgeBand, Fact, Value
from tocsin.provenance.model import Derivation, DerivationKind, Item
from tocsin.provenance.rules import rules

if TYPE_CHECKING:
    from tocsin.filing.cybertip.files import FileDetails
    from tocsin.media.sandbox import JsonObject, JsonValue

YES = {fact: Observed(fact=fact, value=Value.YES) for fact in Fact}
SIMULATED = Schema.of(resources.files("tocsin.simulators").joinpath("data/cybertip.xsd").read_bytes())
WHO = "report/personOrUserReported[1]"


def event(number: int = 1, **more: "JsonValue") -> "JsonObject":
    """Something that was done from an address."""
    return {
        "ip": f"192.0.2.{number % 256}",
        "time": f"2026-03-01T14:{number // 60 % 60:02}:{number % 60:02}Z",
        **more,
    }


def told(given: "JsonObject | None" = None, *observed: Observed, **more: "JsonValue") -> Draft:
    """The draft about one file, submitted with that context, of which that was observed."""
    one = submission(1, {**CONTEXT, **more} if given is None else given)
    return fill(material(record([one], {one.sha256: observed})))


def details(draft: Draft) -> "FileDetails":
    """What is said of the one file."""
    (file,) = draft.files
    return file.details


def source(draft: Draft, path: str) -> tuple[Source, str]:
    """Where a field comes from."""
    found = source_of(draft.sources, path)
    assert found is not None
    return found.source, found.which


def refused(draft: Draft) -> list[str]:
    """The rules that a draft breaks, and what the simulator's schema has against its XML."""
    included = [one.details for one in draft.files if one.include]
    broken = [f"{one.field} {one.code}" for one in problems(draft.report, included, NOW)]
    broken += map(str, SIMULATED.violations(report_xml(draft.report)))
    for one in included:
        broken += map(str, SIMULATED.violations(details_xml(replace(one, report_id=1, file_id="f" * 32))))
    return broken


# What Coop gets wrong (notes/peers.md): here it cannot come about


def test_a_file_has_one_ip_capture_event_and_the_account_all() -> None:
    """The schema takes one for a file (Coop's defect 1): its upload, whatever else happened."""
    events: list[JsonValue] = [event(1, event="login"), event(2, event="upload"), event(3, event="login")]
    draft = told(ip_events=events)
    one = details(draft).ip_capture_event
    assert one is not None
    assert (one.ip_address, one.event_name) == ("192.0.2.2", EventName.UPLOAD)
    assert len(draft.report.person_or_user_reported[0].ip_capture_event) == 3
    assert b"<ipCaptureEvent>" in details_xml(details(draft))
    assert details_xml(details(draft)).count(b"<ipCaptureEvent>") == 1
    assert refused(draft) == []


def test_what_is_not_known_of_an_event_is_not_an_empty_element() -> None:
    """No name, no port, a time that has not come: left out (Coop's defect 2)."""
    events: list[JsonValue] = [{"ip": "192.0.2.1", "time": "2026-03-01T14:00:00Z"}]
    events += [{"ip": "2001:db8::1", "time": "2031-01-01T00:00:00Z", "event": "something of ours"}]
    draft = told(ip_events=events)
    first, second = sorted(
        draft.report.person_or_user_reported[0].ip_capture_event, key=lambda one: one.ip_address
    )
    assert (first.event_name, first.port) == (None, None)
    assert (second.event_name, second.date_time) == (EventName.OTHER, None)
    written = report_xml(draft.report)
    assert b"<eventName/>" not in written
    assert b"<dateTime/>" not in written
    assert any("has a time that has not come yet" in one for one in draft.left_out)
    assert refused(draft) == []


@pytest.mark.parametrize("file", [True, False, None])
@pytest.mark.parametrize("metadata", [True, False, None])
def test_flags_are_those_of_the_log(file: object, metadata: object) -> None:
    """Not constants (Coop's defect 3); where nothing is known, nothing is said."""
    said = Viewed(file, metadata, "so")  # type: ignore[arg-type]  # of three values
    one = submission(1, CONTEXT)
    draft = fill(material(record([one]), seen={one.sha256: Seen(said)}))
    assert (details(draft).file_viewed_by_esp, details(draft).exif_viewed_by_esp) == (file, metadata)
    assert source(draft, "file[1]/fileViewedByEsp")[0] is Source.VIEWING
    assert (b"<fileViewedByEsp>" in details_xml(details(draft))) is (file is not None)


def test_earlier_reports_about_the_account_are_named() -> None:
    """They do not keep it from being reported again (Coop's defect 6); what is no number is left out."""
    one = submission(1, CONTEXT)
    draft = fill(material(record([one]), prior=("4711", "4712", "4711", "a word", str(1 << 70))))
    assert draft.report.person_or_user_reported[0].prior_ct_reports == (4711, 4712)
    assert refused(draft) == []


def test_an_incident_of_words_has_no_files_and_names_no_crime_by_itself() -> None:
    """It can be drafted (Coop's defect 7); what kind of incident it is, a person says."""
    draft = fill(material(record([submission(1, CONTEXT)]), kind=Kind.TEXT))
    assert draft.files == ()
    assert draft.report.incident_summary.incident_type is None
    assert refused(draft)[0] == "report/incidentSummary/incidentType required"


def test_a_report_of_many_files_is_one_report_with_all_its_parts() -> None:
    """What Coop never emits: platform, where and when, upload times, places, the profile."""
    draft = told(account={"id": "u-17", "url": "https://example.org/u-17", "phone": "+1 555 0100"})
    summary = draft.report.incident_summary
    assert (summary.platform, summary.incident_date_time) == (
        "example.org", datetime(2026, 3, 1, 14, 5, 10, tzinfo=UTC),
    )  # fmt: skip
    who = draft.report.person_or_user_reported[0]
    assert who.profile_url == ("https://example.org/u-17",)
    assert who.person is not None
    assert who.person.phone[0].number == "+1 555 0100"
    assert details(draft).uploaded_to_esp_timestamp == datetime(2026, 3, 1, 14, 5, 10, tzinfo=UTC)
    assert details(draft).location_of_file == "https://example.org/p/1"
    assert draft.report.internet_details[0].web_page_incident is not None
    assert refused(draft) == []


# What is said of what is in a file


def test_a_file_is_called_as_the_platform_has_it() -> None:
    """By the name in its context; nobody makes one up of its address."""
    named = told(None, file_name="IMG 1\u200e.jpg", extra={"file_name": "other.jpg"})
    assert details(named).original_file_name == "IMG 1\u200e.jpg"
    assert source(named, "file[1]/originalFileName")[0] is Source.SUBMISSION
    assert details(told(None, extra={"file_name": "other.jpg"})).original_file_name == "other.jpg"
    assert details(told()).original_file_name == ""


def test_nothing_is_said_of_a_file_that_no_person_recorded() -> None:
    """Neither matches nor signs of origin nor a drawing are annotations."""
    generated = next(one for one in rules("declared").values() if one.direction.artificial)
    one = submission(1, CONTEXT)
    observed = [YES[Fact.DRAWING], YES[Fact.REAL_CHILD], Observed(age=AgeBand.TODDLER)]
    draft = fill(
        material(
            record([one], {one.sha256: observed}, {one.sha256: [match(3)]}, [Item(generated, "so", "us")])
        )
    )
    assert details(draft).file_annotations is None


@pytest.mark.parametrize("fact", [Fact.FULLY_SYNTHETIC, Fact.REAL_ALTERED])
def test_generated_is_said_where_a_person_recorded_it(fact: Fact) -> None:
    """With the observation that it rests on; a no or an "undetermined" is no yes."""
    draft = told(None, YES[fact])
    assert details(draft).file_annotations == FileAnnotations(generative_ai=True)
    assert source(draft, "file[1]/fileAnnotations/generativeAi") == (Source.OBSERVATION, "observation:1")
    for value in (Value.NO, Value.UNDETERMINED):
        assert details(told(None, Observed(fact=fact, value=value))).file_annotations is None


def test_the_industrys_classification_needs_its_code_and_the_setting() -> None:
    """The schema asks for an agreement; other schemes' codes are not translated."""
    one = submission(1, CONTEXT)
    code = Observed(scheme="ncmec:2014", code="B1")
    allowed = replace(OURS, industry_classification=True)
    draft = fill(material(record([one], {one.sha256: [code]}), organisation=allowed))
    assert details(draft).industry_classification is IndustryClassification.B1
    silent = fill(material(record([one], {one.sha256: [code]})))
    assert details(silent).industry_classification is None
    assert any("industry_classification" in one for one in silent.left_out)
    other = Observed(scheme="iwf:2024", code="B1")
    found = fill(material(record([one], {one.sha256: [other]}), organisation=allowed))
    assert details(found).industry_classification is None


def test_danger_escalates() -> None:
    """Where a person recorded it, with their note; or else where the submitter said so."""
    assert told().report.incident_summary.escalate_to_high_priority == ""
    noted = replace(YES[Fact.PRESENT_DANGER], note="She says that he comes tonight.")
    draft = told(None, noted, danger=True, note="not this one")
    words = draft.report.incident_summary.escalate_to_high_priority
    assert "recorded" in words
    assert "he comes tonight" in words
    assert source(draft, "report/incidentSummary/escalateToHighPriority")[0] is Source.OBSERVATION
    said = told(danger=True, note="please hurry").report.incident_summary.escalate_to_high_priority
    assert "Whoever submitted it" in said
    assert "please hurry" in said
    no = told(None, Observed(fact=Fact.PRESENT_DANGER, value=Value.NO))
    assert no.report.incident_summary.escalate_to_high_priority == ""


def test_artificial_origin_takes_nothing_out() -> None:
    """Whatever speaks for a generator, a report has the same file, type and urgency (design, invariant 1)."""
    plain = told(None, YES[Fact.PRESENT_DANGER])
    synthetic = told(
        None,
        YES[Fact.PRESENT_DANGER],
        YES[Fact.FULLY_SYNTHETIC],
        Observed(fact=Fact.REAL_CHILD, value=Value.NO),
    )
    assert [one.include for one in synthetic.files] == [True]
    assert synthetic.report == plain.report


def test_matches_and_signs_are_told_in_words() -> None:
    """Which list, entry and distance; what the signs are; no hash of a list, and no verdict."""
    derived = next(iter(rules("graphs").values()))
    sign = Derivation(derived, DerivationKind.DENOISING, "0.4", "made from a picture", "us")
    one = submission(1, CONTEXT)
    matches = [match(3), match(9, distance=12), match(5, suppressed=True), match(8), match(3, distance=1)]
    draft = fill(material(record([one], matches={one.sha256: matches}, findings=[sign], false_matches=(8,))))
    about, origin = details(draft).additional_info
    assert [word in about for word in ("entry 3", "entry 9", "entry 5", "entry 8")] == [
        True,
        True,
        False,
        False,
    ]
    assert "distance of 1 bits" in about
    assert "whether a real child is depicted" in origin
    assert source(draft, "file[1]/additionalInfo[1]")[0] is Source.MATCH


def test_hashes_and_exif() -> None:
    """Of the file as it was submitted; values as the file has them."""
    one = submission(1, CONTEXT)
    pairs = Pairs((("IFD0:Make", "A maker"), ("Exif:Empty", " "), ("GPS:GPSLatitude", "10/1 20/1 0/1")), 4)
    draft = fill(material(record([one]), exif={one.sha256: pairs}))
    kinds = {hashed.hash_type: hashed.value for hashed in details(draft).original_file_hash}
    assert list(kinds) == ["MD5", "SHA1", "SHA256", "PDQ"]
    assert kinds["SHA256"] == digest(1).hex()
    exif, hashes = details(draft).details
    assert [(pair.name, pair.value) for pair in exif.pairs] == [
        ("IFD0:Make", "A maker"), ("GPS:GPSLatitude", "10/1 20/1 0/1"),
    ]  # fmt: skip
    assert len(hashes.pairs) == 2
    assert any("4 more values of its EXIF" in one for one in draft.left_out)
    assert refused(draft) == []


def test_of_many_views_the_picture_as_it_is_gives_the_pdq() -> None:
    """Hashes of a crop, or of a turned picture, are not the file's."""
    one = submission(1, CONTEXT)
    assert one.content is not None
    values = {dialect: digest(800 + place) for place, dialect in enumerate(Dialect)}
    upright = [
        replace(signal, value=values[signal.dialect])
        for signal in one.content.signals
        if signal.type is SignalType.PDQ and signal.dialect is not None
    ]
    crop = [replace(signal, value=digest(900), view="inside borders") for signal in upright]
    turned = [replace(signal, value=digest(901), orientation=Orientation.ROTATE90) for signal in upright]
    exact = [signal for signal in one.content.signals if signal.type is not SignalType.PDQ]
    seen = replace(one.content, signals=(*exact, *turned, *upright, *crop))
    draft = fill(material(record([replace(one, content=seen)])))
    (pdq,) = [hashed for hashed in details(draft).original_file_hash if hashed.hash_type == "PDQ"]
    assert pdq.value == values[Dialect.FULL].hex(), "as most tools make it"
    (hashes,) = details(draft).details
    assert {pair.value for pair in hashes.pairs} == {value.hex() for value in values.values()}


# Which files


@pytest.mark.parametrize(
    ("observed", "include"),
    [
        ((), True),
        ((YES[Fact.REAL_CHILD],), True),
        ((YES[Fact.FULLY_SYNTHETIC],), True),
        ((Observed(fact=Fact.REAL_CHILD, value=Value.NO),), True),
        ((Observed(age=AgeBand.OLDER_TEEN),), True),
        ((Observed(age=AgeBand.ADULT),), False),
        ((Observed(scheme="iccam:2024", code="not-illegal"),), False),
        ((Observed(scheme="vics-au:2024", code="4"),), False),
        ((Observed(scheme="vics-us:2.0", code="0"),), False),
        ((Observed(scheme="vics-us-dhs:1", code="5"),), False),
        ((Observed(scheme="vics-uk:1.2", code="8"),), False),
        ((Observed(scheme="vics-us:2.0", code="1"),), True),
    ],
)
def test_what_was_recorded_as_benign_is_left_out(observed: tuple[Observed, ...], include: bool) -> None:  # noqa: FBT001
    """Listed, with the observation that says so, for a person to put in."""
    draft = told(None, *observed)
    assert [one.include for one in draft.files] == [include]
    if not include:
        assert source(draft, "file[1]/include") == (Source.OBSERVATION, "observation:1")
        assert "1 more of the account's files" in draft.report.additional_info


def test_files_and_words_of_other_accounts_stay_out() -> None:
    """One report is about one account, with its own submissions, addresses and times."""
    other: JsonObject = {
        "account": {"id": "other", "email": "other@example.net"},
        "url": "https://example.org/other",
        "ip_events": [event(9)],
    }
    both = [submission(1, CONTEXT), submission(2, other), submission(3, other, of=1)]
    draft = fill(material(record(both)))
    assert [one.sha256 for one in draft.files] == [digest(1)]
    assert "other@" not in report_xml(draft.report).decode()
    assert "example.org/other" not in report_xml(draft.report).decode()
    assert "192.0.2.9" not in report_xml(draft.report).decode()
    assert "Other accounts of the same case, each reported by itself: 1." in draft.report.additional_info


def test_a_large_case_is_bounded_and_says_so() -> None:
    """Those to be reported come first; how many are left out is said, to the drafter and the receiver."""
    many = MOST_FILES + 40
    rows = [submission(n, {**CONTEXT, "ip_events": [event(n), event(n + 4000)]}) for n in range(1, many + 1)]
    benign = {digest(n): [Observed(age=AgeBand.ADULT)] for n in range(1, 31)}
    draft = fill(material(record(rows, benign)))
    assert len(draft.files) == MOST_FILES
    assert sum(one.include for one in draft.files) == MOST_FILES
    assert [one.place for one in draft.files] == list(range(1, MOST_FILES + 1))
    events = draft.report.person_or_user_reported[0].ip_capture_event
    assert len(events) == MOST_EVENTS
    assert any(f"{many:,} files" in one for one in draft.left_out)
    assert any("IP addresses" in one for one in draft.left_out)
    assert "40 more of the account's files" in draft.report.additional_info
    assert len(report_xml(draft.report)) < 1 << 20


def test_what_is_left_out_stays_readable() -> None:
    """Of single files so much, and how much more there is; what is about all of them comes first."""
    rows = [submission(n, {**CONTEXT, "url": f"no address {n}"}) for n in range(1, 141)]
    long: JsonObject = {**CONTEXT, "account": {"id": "u-17", "name": "n" * 300}}
    draft = fill(material(record([submission(141, long), *rows])))
    assert "the name of the account" in draft.left_out[0]
    assert len(draft.left_out) == MOST_TOLD + 1
    assert draft.left_out[-1].startswith("41 more")


def test_what_is_too_long_is_left_out_and_told() -> None:
    """A name cut short would name somebody else."""
    account: JsonObject = {"id": "x" * 300, "name": "y" * 300, "email": "not an address"}
    draft = fill(material(record([submission(1, {**CONTEXT, "account": account})]), account="x" * 300))
    who = draft.report.person_or_user_reported[0]
    assert (who.esp_identifier, who.screen_name, who.person) == ("", "", None)
    assert len([one for one in draft.left_out if "account" in one or "e-mail" in one]) == 3
    assert refused(draft) == []


def test_without_an_account_the_addresses_stand_all_the_same() -> None:
    """Hotlines often know no account: what is known is reported."""
    given: JsonObject = {"url": "https://example.org/1", "ip_events": [event(1)]}
    draft = fill(material(record([submission(1, given)]), account=""))
    (who,) = draft.report.person_or_user_reported
    assert (who.esp_identifier, len(who.ip_capture_event)) == ("", 1)
    bare = fill(material(record([submission(1, {"url": "https://example.org/1"})]), account=""))
    assert bare.report.person_or_user_reported == ()
    assert refused(draft) == refused(bare) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://exämple.org/ü?q=ß", "https://xn--exmple-cua.org/%C3%BC?q=%C3%9F"),
        ("https://example.org/%20x", "https://example.org/%20x"),
        ("javascript:alert(1)", ""),
        ("example.org", ""),
        ("https://", ""),
        ("https://example.org/" + "x" * 3000, ""),
        ("https://[::1", ""),
        ("", ""),
    ],
)
def test_addresses_of_the_web(given: str, expected: str) -> None:
    """Foreign letters are encoded, as browsers do; what is no address is none."""
    assert as_url(given) == expected


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
times = st.datetimes(timezones=st.timezones() | st.just(UTC)).map(lambda one: one.isoformat())
contexts = st.fixed_dictionaries(
    {},
    optional={
        "platform": texts,
        "url": texts | texts.map("https://example.org/{}".format),
        "note": texts,
        "danger": st.booleans(),
        "account": st.dictionaries(
            st.sampled_from(["name", "email", "display_name", "phone", "url"]),
            texts | st.emails() | texts.map("http://{}".format),
        ),
        "times": st.dictionaries(st.sampled_from(["uploaded", "Posted-At", "x"]), times, max_size=3),
        "ip_events": st.lists(
            st.fixed_dictionaries(
                {"ip": st.ip_addresses().map(str) | st.just("fe80::1%eth0"), "time": times},
                optional={
                    "port": st.integers(1, 65535),
                    "event": texts | st.sampled_from(["login", "upload"]),
                },
            ),
            max_size=4,
        ),
        "file_name": texts,
        "extra": st.dictionaries(st.sampled_from(["file_name", "publicly_available"]), texts | st.booleans()),
    },
)
observations = st.lists(
    st.builds(Observed, st.sampled_from(list(Fact)), st.sampled_from(list(Value)), note=texts), max_size=4
)


@given(
    st.lists(st.tuples(contexts, st.integers(1, 3), observations), min_size=1, max_size=4),
    st.sampled_from([Kind.REPORT, Kind.FOLLOW_UP]),
)
def test_whatever_is_submitted_makes_a_draft_that_can_be_sent(
    rows: "list[tuple[JsonObject, int, list[Observed]]]", kind: Kind
) -> None:
    """It keeps every rule, validates, reads back the same, and says of each field where it comes from."""
    made = [
        submission(number, {**given, "account": {**given.get("account", {}), "id": "u-17"}}, of=of)  # type: ignore[dict-item]
        for number, (given, of, _) in enumerate(rows, 1)
    ]
    draft = fill(material(record(made, {digest(of): observed for _, of, observed in rows}), kind=kind))
    assert refused(draft) == []
    assert report_of(report_xml(draft.report)) == draft.report
    for one in draft.files:
        assert details_of(details_xml(one.details)) == one.details
    assert [leaf.path for leaf in draft_leaves(draft) if source_of(draft.sources, leaf.path) is None] == []


@given(st.datetimes(NOW.replace(tzinfo=None) - timedelta(1), NOW.replace(tzinfo=None) + timedelta(1)))
def test_no_time_that_has_not_come_is_sent(moment: datetime) -> None:
    """Whatever clocks of submitters say."""
    time = moment.replace(tzinfo=UTC)
    draft = told(times={"uploaded": time.isoformat()}, ip_events=[event(1, time=time.isoformat())])
    assert (details(draft).uploaded_to_esp_timestamp is not None) is (time < NOW)
    assert refused(draft) == []
