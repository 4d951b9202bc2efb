"""Trust lists: what is taken in, what is refused, and what a sandbox child is handed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.provenance.trust import (
    Anchors,
    Kind,
    Pin,
    Product,
    Trust,
    TrustError,
    TrustFolder,
    parse_subject,
)
from tocsin.provenance.trust.errors import (
    BadCertificateError,
    DamagedListError,
    ListNameError,
    MostGoneError,
    NoAuthorityError,
    NoCertificatesError,
    OtherKindError,
    PrivateKeyError,
    ProductsError,
    ShapeError,
    SubjectError,
    TooLargeError,
    UnknownListError,
    UsagesError,
)
from tocsin.provenance.trust.model import MAX_JSON
from tocsin.provenance.trust.parsing import MAX_FILE
from tocsin.simulators.authorities import Certified, authority, signer


@pytest.fixture
def folder(tmp_path: Path) -> TrustFolder:
    """An empty folder of trust lists."""
    return TrustFolder(tmp_path / "home" / "trust")


def pem_file(folder: Path, *certified: Certified, name: str = "list.pem") -> Path:
    """A list as it is published: with a line of text before each certificate."""
    path = folder / name
    path.write_text("".join(f"Subject\tsomebody\n{one.pem}\n" for one in certified))
    return path


def record(  # noqa: PLR0913  # what a record may differ in
    name: str = "Pixel Camera",
    organization: str = "Google LLC",
    *,
    kind: str = "generatorProduct",
    status: str = "conformant",
    level: int | None = 1,
    disallowed: list[str] | None = None,
) -> dict[str, object]:
    """A record of the conforming products list."""
    product: dict[str, object] = {"productType": kind, "DN": {"CN": name, "O": organization, "C": "US"}}
    if level is not None:
        product["assurance"] = {"maxAssuranceLevel": level}
    product["disallowedSignals"] = {"inception": disallowed or [], "transformation": []}
    return {"status": status, "product": product, "containers": {}}


def products_file(folder: Path, *records: object) -> Path:
    path = folder / "products.json"
    path.write_text(json.dumps(list(records)))
    return path


def test_a_list_is_taken_in_with_what_is_known_of_it(folder: TrustFolder, tmp_path: Path) -> None:
    first, second = authority("First", days=(-10, 100)), authority("Second", days=(-10, 50))
    path = pem_file(tmp_path, first, second)
    done = folder.import_file(Kind.C2PA, path, note="from a friend")
    (note,) = folder.lists()
    assert note == done.note
    assert (note.kind, note.name, note.source, note.note) == (Kind.C2PA, "c2pa", "list.pem", "from a friend")
    assert note.count == 2
    expiry = second.certificate.not_valid_after_utc.isoformat()
    assert note.earliest_expiry == expiry
    (anchors,) = folder.load().anchors
    assert anchors.pem == first.pem + second.pem
    assert (anchors.sha256, anchors.note) == (note.sha256, "from a friend")
    assert (done.replaced, done.added, done.removed, done.warnings) == (False, 2, 0, ())


def test_importing_again_replaces_and_says_what_changed(folder: TrustFolder, tmp_path: Path) -> None:
    first, second, third = authority("1"), authority("2"), authority("3")
    folder.import_file(Kind.TSA, pem_file(tmp_path, first, second))
    done = folder.import_file(Kind.TSA, pem_file(tmp_path, second, third))
    assert (done.replaced, done.added, done.removed) == (True, 1, 1)
    assert len(folder.lists()) == 1
    assert folder.load().anchors[0].pem == second.pem + third.pem
    assert len(list((tmp_path / "home" / "trust").iterdir())) == 2


def test_a_file_has_one_kind(folder: TrustFolder, tmp_path: Path) -> None:
    path = pem_file(tmp_path, authority())
    folder.import_file(Kind.TSA, path)
    for allowed in (False, True):
        with pytest.raises(OtherKindError, match="already as the tsa list tsa"):
            folder.import_file(Kind.C2PA, path, most_may_go=allowed)
    assert [note.kind for note in folder.lists()] == [Kind.TSA]
    folder.import_file(Kind.TSA, path, name="again")


def test_most_of_a_list_goes_only_if_that_is_meant(folder: TrustFolder, tmp_path: Path) -> None:
    roots = [authority(str(number)) for number in range(4)]
    folder.import_file(Kind.C2PA, pem_file(tmp_path, *roots))
    other = pem_file(tmp_path, roots[0], authority("new"))
    with pytest.raises(MostGoneError, match="3 of the 4 certificates of the list c2pa"):
        folder.import_file(Kind.C2PA, other)
    assert folder.lists()[0].count == 4
    assert folder.import_file(Kind.C2PA, other, most_may_go=True).removed == 3
    folder.import_file(Kind.PRODUCTS, products_file(tmp_path, record("One"), record("Two")))
    with pytest.raises(MostGoneError, match="2 of the 2 products"):
        folder.import_file(Kind.PRODUCTS, products_file(tmp_path, record("Three")))


def test_authorities_for_time_stamps_in_another_list_are_told(folder: TrustFolder, tmp_path: Path) -> None:
    path = pem_file(
        tmp_path, authority("Example TSA 2026"), authority("Example Timestamping"), authority("Tsar")
    )
    (warning,) = folder.import_file(Kind.C2PA, path).warnings
    assert warning.startswith("2 of 3 certificates are by their names or usages for time stamps")
    assert folder.import_file(Kind.TSA, pem_file(tmp_path, authority("Any"), name="tsa.pem")).warnings == ()


def test_a_list_that_is_there_twice_is_the_same(folder: TrustFolder, tmp_path: Path) -> None:
    root = authority()
    assert folder.import_file(Kind.C2PA, pem_file(tmp_path, root, root)).note.count == 1


def test_lists_are_removed_by_name(folder: TrustFolder, tmp_path: Path) -> None:
    folder.import_file(Kind.C2PA, pem_file(tmp_path, authority()), name="ours")
    assert folder.remove("ours").name == "ours"
    assert (folder.lists(), folder.load()) == ((), Trust())
    assert list((tmp_path / "home" / "trust").iterdir()) == []
    for name in ("ours", "../ours", ""):
        with pytest.raises(UnknownListError):
            folder.remove(name)


def test_no_folder_is_no_lists(folder: TrustFolder) -> None:
    assert folder.lists() == ()
    assert not folder.load().knows_signers


def test_expired_authorities_are_taken_with_a_warning(folder: TrustFolder, tmp_path: Path) -> None:
    expired, good = authority("Old", days=(-100, -1)), authority("Good")
    done = folder.import_file(Kind.C2PA, pem_file(tmp_path, expired, good))
    assert done.note.count == 2
    assert "1 certificate has expired" in done.warnings[0]


def test_certificates_of_signers_are_left_out_with_a_warning(folder: TrustFolder, tmp_path: Path) -> None:
    root = authority()
    done = folder.import_file(Kind.C2PA, pem_file(tmp_path, root, signer(root)))
    assert done.note.count == 1
    assert "not of an authority" in done.warnings[0]


def refusals() -> dict[str, tuple[bytes, type[TrustError]]]:
    root = authority()
    return {
        "nothing": (b"", NoCertificatesError),
        "a picture": (b"\xff\xd8\xff\xe0" * 100, NoCertificatesError),
        "binary": (root.certificate.tbs_certificate_bytes, NoCertificatesError),
        "half": (root.pem[:300].encode(), BadCertificateError),
        "nonsense": (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            BadCertificateError,
        ),
        "one good, one half": (root.pem.encode() + root.pem[:300].encode(), BadCertificateError),
        "a key": (root.pem.encode() + root.key_pem.encode(), PrivateKeyError),
        "a signer": (signer(root).pem.encode(), NoAuthorityError),
        "too much": (root.pem.encode() + b"\n" * MAX_FILE, TooLargeError),
    }


def test_files_that_are_no_lists_are_refused_and_change_nothing(folder: TrustFolder, tmp_path: Path) -> None:
    before = folder.import_file(Kind.C2PA, pem_file(tmp_path, authority())).note
    for what, (content, error) in refusals().items():
        path = tmp_path / "given.pem"
        path.write_bytes(content)
        with pytest.raises(error) as raised:
            folder.import_file(Kind.C2PA, path)
        assert raised.value.advice, what
        assert folder.lists() == (before,), what


def test_legacy_lists_need_subjects_and_others_take_none(folder: TrustFolder, tmp_path: Path) -> None:
    path = pem_file(tmp_path, authority(), name="globalsign.pem")
    with pytest.raises(SubjectError):
        folder.import_file(Kind.LEGACY, path)
    with pytest.raises(SubjectError):
        folder.import_file(Kind.C2PA, path, pins=[Pin("Example Ltd")])
    note = folder.import_file(Kind.LEGACY, path, pins=[Pin("Example Ltd", "NTRGB-1"), Pin("Other")]).note
    assert note.name == "globalsign"
    assert folder.load().anchors[0].pins == (Pin("Example Ltd", "NTRGB-1"), Pin("Other"))


def test_usages_can_be_added(folder: TrustFolder, tmp_path: Path) -> None:
    path = pem_file(tmp_path, authority())
    folder.import_file(Kind.C2PA, path, ekus=["1.3.6.1.4.1.99999.1"])
    assert folder.load().anchors[0].ekus == ("1.3.6.1.4.1.99999.1",)
    with pytest.raises(UsagesError):
        folder.import_file(Kind.C2PA, path, ekus=["emailProtection"])
    with pytest.raises(UsagesError):
        folder.import_file(Kind.TSA, path, ekus=["1.2.3"])


@pytest.mark.parametrize("name", ["Ours", "a/b", "..", "x" * 65, "a b", "é", "a\n"])
def test_names_are_plain(folder: TrustFolder, tmp_path: Path, name: str) -> None:
    with pytest.raises(ListNameError):
        folder.import_file(Kind.C2PA, pem_file(tmp_path, authority()), name=name)


def test_a_name_belongs_to_one_kind(folder: TrustFolder, tmp_path: Path) -> None:
    path = pem_file(tmp_path, authority())
    folder.import_file(Kind.C2PA, path, name="ours")
    with pytest.raises(ListNameError):
        folder.import_file(Kind.TSA, path, name="ours")


def test_a_list_that_changed_on_disk_is_not_used(folder: TrustFolder, tmp_path: Path) -> None:
    note = folder.import_file(Kind.C2PA, pem_file(tmp_path, authority())).note
    content = tmp_path / "home" / "trust" / note.content_name
    content.write_text(authority("Another").pem)
    with pytest.raises(DamagedListError):
        folder.load()
    content.unlink()
    with pytest.raises(DamagedListError):
        folder.load()
    assert folder.import_file(Kind.C2PA, pem_file(tmp_path, authority())).replaced
    assert folder.load().knows_signers


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": "c2pa"}', "no JSON", "[" * 1000])
def test_a_note_that_cannot_be_read_is_told(folder: TrustFolder, tmp_path: Path, text: str) -> None:
    folder.import_file(Kind.C2PA, pem_file(tmp_path, authority()))
    (tmp_path / "home" / "trust" / "c2pa.json").write_text(text)
    with pytest.raises(DamagedListError):
        folder.lists()


# Products


def test_products_that_sign_are_kept(folder: TrustFolder, tmp_path: Path) -> None:
    path = products_file(
        tmp_path,
        record(level=2),
        record("Google Photos", disallowed=["capturedMedia"]),
        record("Amazon Bedrock", " Amazon "),
        record("Somebody's Tool", level=None),
        record("A Validator", kind="validatorProduct"),
        record("Once", status="revoked"),
    )
    assert folder.import_file(Kind.PRODUCTS, path).note.count == 4
    trust = folder.load()
    assert trust.product("Pixel Camera", "Google LLC") == Product(
        "Pixel Camera", "Google LLC", "camera", 2, ()
    )
    photos = trust.product("Google Photos", "Google LLC")
    assert photos
    assert (photos.category, photos.disallowed) == ("editor", ("capturedMedia",))
    bedrock = trust.product("Amazon Bedrock", "Amazon")
    assert bedrock
    assert bedrock.category == "generator"
    assert trust.product("Pixel Camera", "Somebody Else") is None
    assert not trust.knows_signers


def test_records_of_one_subject_allow_what_any_of_them_allows(folder: TrustFolder, tmp_path: Path) -> None:
    path = products_file(
        tmp_path,
        record(level=1, disallowed=["capturedMedia", "nonGenAIDigitalCreation"]),
        record(level=2, disallowed=["capturedMedia"]),
    )
    folder.import_file(Kind.PRODUCTS, path)
    (product,) = folder.load().products
    assert (product.max_level, product.disallowed) == (2, ("capturedMedia",))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "[1]", '[{"product": {}}]', json.dumps([record(name="x") | {"product": {"DN": 1}}])],
)
def test_other_files_are_no_products(folder: TrustFolder, tmp_path: Path, text: str) -> None:
    path = tmp_path / "products.json"
    path.write_text(text)
    with pytest.raises(ProductsError):
        folder.import_file(Kind.PRODUCTS, path)


# What is handed to sandbox children

OLD = Anchors(
    Kind.LEGACY, "old", "a note", "ab" * 32, "2026-01-01", "PEM", (Pin("A", "B"), Pin("C")), ("1.2",)
)
STAMPS = Anchors(Kind.TSA, "stamps", "", "cd" * 32, "2026-01-01", "PEM")
PRODUCTS = (Product("X", "Y", "camera", 2, ("capturedMedia",)), Product("Z", "Y", "other", None, ()))
TRUST = Trust((OLD, STAMPS), PRODUCTS)


def test_lists_survive_json() -> None:
    assert Trust.from_json(json.loads(json.dumps(TRUST.to_json()))) == TRUST


@given(st.data())
def test_other_json_is_refused(data: st.DataObject) -> None:
    """Whatever single value in it is exchanged for one of another type."""
    value = json.loads(json.dumps(TRUST.to_json()))
    parent, key = value, data.draw(st.sampled_from(sorted(value)))
    while isinstance(parent[key], dict | list) and parent[key] and data.draw(st.booleans()):
        parent = parent[key]
        key = data.draw(st.sampled_from(sorted(parent) if isinstance(parent, dict) else range(len(parent))))
    parent[key] = {"unexpected": [1.5]}
    with pytest.raises(ShapeError):
        Trust.from_json(value)


def test_lists_beyond_what_a_child_can_be_handed_are_refused(folder: TrustFolder, tmp_path: Path) -> None:
    many = "".join(json.dumps(record(f"{number} {'x' * 500}")) + "," for number in range(MAX_JSON // 500))
    path = tmp_path / "products.json"
    path.write_text(f"[{many[:-1]}]")
    with pytest.raises(TooLargeError):
        folder.import_file(Kind.PRODUCTS, path)
    assert folder.lists() == ()


def test_lists_of_a_kind_come_in_the_order_of_kinds() -> None:
    assert [one.name for one in TRUST.of_kind(Kind.TSA, Kind.LEGACY)] == ["stamps", "old"]
    assert replace(TRUST, anchors=()).of_kind(*Kind) == ()


# Subjects


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("O=Stability AI Ltd", Pin("Stability AI Ltd")),
        ("O=A, organizationIdentifier=NTRGB-123", Pin("A", "NTRGB-123")),
        ("2.5.4.97=NTRUS+DE-5,organizationName=Runway AI\\, Inc.", Pin("Runway AI, Inc.", "NTRUS+DE-5")),
    ],
)
def test_subjects_are_read(text: str, pin: Pin) -> None:
    assert parse_subject(text) == pin


@pytest.mark.parametrize(
    "text", ["", "Stability AI", "O=", "CN=Stability AI", "O=A,CN=B", "O=A,O=B", "O=A,,"]
)
def test_other_subjects_are_refused(text: str) -> None:
    with pytest.raises(SubjectError):
        parse_subject(text)


@given(st.text(max_size=40))
def test_any_text_is_a_subject_or_refused(text: str) -> None:
    try:
        pin = parse_subject(text)
    except SubjectError:
        return
    assert pin.organization
