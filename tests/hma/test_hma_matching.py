"""The matcher and hasher: HMA's shapes, without its defects (docs/reference/hma.md)."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.hma import Clients, clients, encoded, stored_turned

from tocsin.banks.model import BankKind, Policy
from tocsin.simulators.pictures import flat, picture
from tocsin.web.hma.types import parsed


@pytest.fixture(scope="module")
def hma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    with clients(tmp_path_factory.mktemp("hma") / "home") as opened:
        yield opened


def test_one_banked_content_matches_at_once(hma: Clients) -> None:
    bank = hma.bank("ONE_ITEM")
    number = hma.add(bank, encoded(1))
    assert hma.look_up(encoded(1))["pdq"][bank] == [{"bank_content_id": number, "distance": "0"}]
    status = hma.listed.get("/hma/m/index/status", params={"signal_type": "pdq"}).json()
    assert status["pdq"]["present"] is True
    assert status["pdq"]["size"] >= 1


@pytest.mark.parametrize(
    ("kind", "mode"), [("GIF", "P"), ("PNG", "P"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("WEBP", "RGB")]
)
def test_a_copy_in_another_colour_mode_matches(hma: Clients, kind: str, mode: str) -> None:
    seed = 20 + sum(map(ord, kind + mode))
    bank = hma.bank(f"MODE_{kind}_{mode}")
    hma.add(bank, encoded(seed))
    (match,) = hma.look_up(encoded(seed, kind, mode))["pdq"][bank]
    assert int(str(match["distance"])) <= 10


def test_a_copy_stored_turned_matches(hma: Clients) -> None:
    bank = hma.bank("STORED_TURNED")
    hma.add(bank, encoded(3))
    (match,) = hma.look_up(stored_turned(3))["pdq"][bank]
    assert int(str(match["distance"])) <= 10


def test_a_mirrored_copy_matches(hma: Clients) -> None:
    bank = hma.bank("MIRRORED")
    hma.add(bank, encoded(4))
    mirrored = np.ascontiguousarray(picture(4, 640, 480)[:, ::-1])
    assert hma.look_up(encoded(mirrored))["pdq"][bank]


def test_a_featureless_photo_is_an_answer(hma: Clients) -> None:
    plain = encoded(flat(), "PNG")
    assert hma.look_up(plain) == {"pdq": {}}
    answer = hma.listed.post("/hma/h/hash", files={"photo": ("a.png", plain)})
    assert (answer.status_code, answer.json()) == (200, {"pdq": ""})
    assert answer.headers["Tocsin-PDQ-Quality"] == "0"


def test_a_featureless_photo_is_banked_by_its_digests(hma: Clients) -> None:
    bank = hma.bank("FEATURELESS")
    plain = encoded(flat(level=77), "PNG")
    answer = hma.listed.post(f"/hma/c/bank/{bank}/content", files={"photo": ("a.png", plain)})
    assert answer.json()["signals"].keys() == {"md5", "sha1", "sha256"}
    assert hma.look_up(plain)["sha256"][bank] == [{"bank_content_id": answer.json()["id"], "distance": "-"}]


@pytest.mark.parametrize("path", ["/hma/m/lookup", "/hma/h/hash", "/hma/c/bank/BROKEN/content"])
def test_a_broken_photo_is_refused_with_the_reason(hma: Clients, path: str) -> None:
    if path.endswith("content"):
        hma.bank("BROKEN")
    for broken in (encoded(5)[:2000], b"no picture at all"):
        answer = hma.listed.post(path, files={"photo": ("a.jpg", broken)})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("the photo cannot be decoded: ")


def test_a_known_photo_that_is_cut_short_still_matches_by_its_digests(hma: Clients) -> None:
    bank = hma.bank("CUT_SHORT")
    hma.add(bank, broken := encoded(6)[:3000], "video")
    assert hma.look_up(broken)["md5"][bank]


def test_hashes_in_either_case_are_the_same(hma: Clients) -> None:
    bank = hma.bank("CASES")
    digits = hma.hash_of(encoded(7))
    answer = hma.listed.post(f"/hma/c/bank/{bank}/signal", json={"pdq": digits.upper()})
    assert answer.json()["signals"] == {"pdq": digits}
    assert hma.by_hash(digits.upper()) == hma.by_hash(digits) != {}


def test_look_ups_by_hash_have_hmas_shapes(hma: Clients) -> None:
    bank = hma.bank("SHAPES")
    number = hma.add(bank, encoded(8))
    digits = hma.hash_of(encoded(8))
    asked = {"signal": digits, "signal_type": "pdq"}
    assert hma.by_hash(digits) == {bank: [{"bank_content_id": number, "distance": "0"}]}
    raw = hma.listed.get("/hma/m/raw_lookup", params=asked)
    assert raw.json() == {"matches": [number]}
    with_distance = hma.listed.get("/hma/m/raw_lookup", params={**asked, "include_distance": "true"})
    assert with_distance.json() == {"matches": [{"bank_content_id": number, "distance": "0"}]}
    assert hma.by_hash("5" * 64) == {}


def test_video_digests_match_without_a_distance(hma: Clients) -> None:
    bank = hma.bank("VIDEOS")
    number = hma.add(bank, b"benign bytes that stand for a video", "video")
    answer = hma.listed.post(
        "/hma/h/hash", files={"video": ("a.mp4", b"benign bytes that stand for a video")}
    )
    assert answer.json().keys() == {"video_md5"}
    found = hma.by_hash(answer.json()["video_md5"], "video_md5")
    assert found == {bank: [{"bank_content_id": number, "distance": "-"}]}


def test_banks_can_be_named(hma: Clients) -> None:
    names = [hma.bank("NAMED_A"), hma.bank("NAMED_B"), hma.bank("NAMED_C")]
    for name in names:
        hma.add(name, encoded(9))
    digits = hma.hash_of(encoded(9))
    assert set(names) <= hma.by_hash(digits).keys()
    assert hma.by_hash(digits, banks="NAMED_A,NAMED_C").keys() == {"NAMED_A", "NAMED_C"}
    assert hma.by_hash(digits, banks="NOT_THERE") == {}


def test_a_bank_that_is_off_takes_part_only_when_the_coin_is_passed_over(hma: Clients) -> None:
    bank = hma.bank("OFF")
    hma.add(bank, encoded(10))
    digits = hma.hash_of(encoded(10))
    assert (
        hma.listed.put(f"/hma/c/bank/{bank}", json={"enabled": False}).json()["matching_enabled_ratio"] == 0
    )
    assert hma.by_hash(digits) == {}
    assert bank in hma.by_hash(digits, bypass_coinflip="true")


def test_a_seed_tosses_the_same_coin_as_hma(hma: Clients) -> None:
    bank = hma.bank("HALF")
    hma.add(bank, encoded(11))
    digits = hma.hash_of(encoded(11))
    assert hma.listed.put(f"/hma/c/bank/{bank}", json={"enabled_ratio": 0.5}).status_code == 200
    # random.Random("a").random() is 0.12 and random.Random("b").random() 0.96 in every Python since 3.2.
    assert bank in hma.by_hash(digits, seed="a")
    assert bank not in hma.by_hash(digits, seed="b")


def test_a_match_of_an_allow_bank_is_never_told(hma: Clients) -> None:
    bank = hma.bank("SUPPRESSED")
    digits = hma.hash_of(encoded(12))
    hma.add(bank, encoded(12))
    hma.served.bank("harmless", parsed("pdq", digits), policy=Policy(kind=BankKind.ALLOW))
    assert hma.by_hash(digits) == {}
    assert "harmless" not in [one["name"] for one in hma.listed.get("/hma/c/banks").json()]
    assert hma.listed.get("/hma/c/bank/harmless").status_code == 404


def test_pairs_are_compared(hma: Clients) -> None:
    left, right = "0" * 64, "0" * 56 + "f" * 8
    answer = hma.listed.post("/hma/m/compare", json={"pdq": [left, left], "sha1": ["A" * 40, "a" * 40]})
    assert answer.json() == {"pdq": [True, {"distance": 0}], "sha1": [True, {}]}
    assert hma.listed.post("/hma/m/compare", json={"pdq": [left, right]}).json() == {
        "pdq": [False, {"distance": 32}]
    }


@pytest.mark.parametrize(
    "body", [{"pdq": ["0" * 64]}, {"pdq": "0"}, {"none": ["0", "0"]}, {"pdq": ["x", "y"]}]
)
def test_what_cannot_be_compared_is_refused(hma: Clients, body: dict[str, object]) -> None:
    answer = hma.listed.post("/hma/m/compare", json=body)
    assert answer.status_code == 400
    assert "message" in answer.json()


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"signal": "0" * 63, "signal_type": "pdq"}, 400),
        ({"signal": "0" * 32, "signal_type": "photodna"}, 400),
        ({"signal": "0" * 64}, 400),
        ({"signal": "0" * 64, "signal_type": "pdq", "bypass_coinflip": "perhaps"}, 422),
    ],
)
def test_what_is_no_look_up_is_refused(hma: Clients, params: dict[str, str], status: int) -> None:
    answer = hma.listed.get("/hma/m/lookup", params=params)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_one_file_is_taken_and_its_field_names_its_type(hma: Clients) -> None:
    post = hma.listed.post
    assert post("/hma/h/hash").status_code == 400
    assert (
        post("/hma/h/hash", files={"sound": ("a", b"x")}).json()["message"] == "no such content_type: 'sound'"
    )
    two = [("photo", ("a", encoded(1))), ("photo", ("b", encoded(2)))]
    assert post("/hma/h/hash", files=two).json()["message"] == "Only one file allowed per request"


def test_large_files_stay_within_the_home(
    hma: Clients, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no such folder"))
    data = encoded(12) + bytes(3 << 20)
    assert hma.hash_of(data) == hma.hash_of(encoded(12))
    assert list((hma.served.node.banks.folder / "incoming").iterdir()) == []


def test_a_form_that_breaks_off_is_refused(hma: Clients) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (b"--b", b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\nx', b"?"):
        answer = hma.listed.post("/hma/h/hash", content=body, headers=kind)
        assert answer.status_code == 400
        assert answer.json()["message"]


def test_types_can_be_chosen(hma: Clients) -> None:
    data = encoded(13)
    answer = hma.listed.post("/hma/h/hash", files={"photo": ("a", data)}, params={"types": "sha256, md5"})
    assert answer.json().keys() == {"sha256", "md5"}
    refused = hma.listed.post("/hma/h/hash", files={"photo": ("a", data)}, params={"types": "tmk"})
    assert refused.status_code == 400
