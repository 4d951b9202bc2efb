"""The curator: banks, contents, signal types and exchanges, as HMA's tests and Coop's client use them."""

import json
import time
from collections.abc import Iterator

import pytest
from support.hma import Clients, clients, encoded
from support.nodes import bearer

from tocsin.jobs.model import JobState


@pytest.fixture(scope="module")
def hma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    with clients(tmp_path_factory.mktemp("hma") / "home") as opened:
        yield opened


def test_bank_names_are_hmas(hma: Clients) -> None:
    for name in ("01_TEST_BANK", "my_test_bank", "", "A-B", "A B"):
        answer = hma.listed.post("/hma/c/banks", json={"name": name})
        assert answer.status_code == 400
        assert "message" in answer.json()


def test_a_bank_is_made_listed_and_shown(hma: Clients) -> None:
    answer = hma.listed.post("/hma/c/banks", json={"name": "MADE_01"})
    assert (answer.status_code, answer.json()) == (201, {"name": "MADE_01", "matching_enabled_ratio": 1.0})
    assert answer.json() in hma.listed.get("/hma/c/banks").json()
    assert hma.listed.get("/hma/c/bank/MADE_01").json() == answer.json()
    assert hma.listed.post("/hma/c/banks", json={"name": "MADE_01"}).status_code == 403
    assert hma.listed.get("/hma/c/bank/NOT_MADE").status_code == 404


def test_a_bank_made_off_is_off(hma: Clients) -> None:
    answer = hma.listed.post("/hma/c/banks", json={"name": "MADE_OFF", "enabled": False})
    assert answer.json()["matching_enabled_ratio"] == 0


def test_a_bank_is_renamed_and_changed(hma: Clients) -> None:
    path = "/hma/c/bank/"
    hma.add(hma.bank("TO_RENAME"), encoded(40))
    assert hma.listed.put(f"{path}TO_RENAME", json={"name": "1_invalid"}).status_code == 400
    assert hma.listed.put(f"{path}TO_RENAME", json={"name": "RENAMED"}).json()["name"] == "RENAMED"
    assert hma.listed.put(f"{path}RENAMED", json={"enabled": False}).json()["matching_enabled_ratio"] == 0
    assert hma.listed.put(f"{path}RENAMED", json={"enabled_ratio": 1}).json()["matching_enabled_ratio"] == 1
    assert hma.listed.put(f"{path}RENAMED", json={"enabled_ratio": 2}).status_code == 422
    assert hma.listed.put(f"{path}TO_RENAME", json={"enabled": True}).status_code == 404
    other = hma.bank("TAKEN")
    assert hma.listed.put(f"{path}RENAMED", json={"name": other}).status_code == 403
    assert "RENAMED" in hma.look_up(encoded(40))["pdq"]


def test_a_bank_is_deleted_once_and_again(hma: Clients) -> None:
    hma.add(hma.bank("TO_DELETE"), encoded(41), note="a note")
    for _ in range(2):
        answer = hma.listed.delete("/hma/c/bank/TO_DELETE")
        assert (answer.status_code, answer.json()) == (200, {"message": "Done"})
    assert hma.look_up(encoded(41)) == {"pdq": {}}


def test_a_content_is_answered_as_hma_answers(hma: Clients) -> None:
    bank = hma.bank("ANSWERED")
    answer = hma.listed.post(f"/hma/c/bank/{bank}/content", files={"photo": ("a", encoded(42))})
    assert answer.json() == {"id": answer.json()["id"], "signals": {"pdq": hma.hash_of(encoded(42))}}
    again = hma.listed.post(f"/hma/c/bank/{bank}/content", files={"photo": ("a", encoded(42))})
    assert again.json()["id"] == answer.json()["id"]


def test_a_content_is_shown_with_what_was_given(hma: Clients) -> None:
    bank = hma.bank("SHOWN")
    metadata = {"content_id": "1197433091", "json": {"asdf": {}}}
    number = hma.add(bank, encoded(43), metadata=json.dumps(metadata), note="seen before")
    path = f"/hma/c/bank/{bank}/content/{number}"
    plain = hma.listed.get(path).json()
    assert plain == {
        "id": number,
        "disable_until_ts": 1,
        "original_media_uri": None,
        "bank": {"name": bank, "matching_enabled_ratio": 1.0},
        "note": "seen before",
    }
    full = hma.listed.get(path, params={"include_signals": "true", "include_metadata": "true"}).json()
    assert full["metadata"] == metadata
    assert full["signals"]["pdq"] == hma.hash_of(encoded(43))
    only = hma.listed.get(path, params={"signal_type": "pdq"}).json()
    assert only["signals"] == {"pdq": hma.hash_of(encoded(43))}
    assert hma.listed.get(path, params={"signal_type": "invalid"}).status_code == 400


@pytest.mark.parametrize("given", ['{"invalid_metadata": 5}', "[]", '"x"', "{"])
def test_what_is_no_metadata_is_refused(hma: Clients, given: str) -> None:
    hma.listed.post("/hma/c/banks", json={"name": "REFUSES"})
    path = "/hma/c/bank/REFUSES/content"
    # Beside a URL the body is JSON with the key `metadata`; it is read before anything is fetched.
    body = f'{{"metadata": {given}}}'
    answer = hma.listed.post(path, content=body, params={"url": "http://192.0.2.1/a.jpg"})
    assert answer.status_code == 400
    assert "metadata" in answer.json()["message"] or "JSON" in answer.json()["message"]


@pytest.mark.parametrize("given", ["[]", '"x"', "{", '{"a": 1e999}', '{"a": NaN}', '{"a": "\\ud800"}'])
def test_what_is_no_metadata_in_a_form_is_refused(hma: Clients, given: str) -> None:
    hma.listed.post("/hma/c/banks", json={"name": "REFUSES"})
    answer = hma.listed.post(
        "/hma/c/bank/REFUSES/content", files={"photo": ("a", encoded(44))}, data={"metadata": given}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("note", ['"\\ud800"', '"\\u0000"'])
def test_a_note_that_no_database_can_hold_is_refused(hma: Clients, note: str) -> None:
    path = f"/hma/c/bank/{hma.bank(f'NOTES_{note[3].upper()}')}/signal"
    body = f'{{"pdq": "{"b7" * 32}", "note": {note}}}'
    kind = {"Content-Type": "application/json"}
    assert hma.listed.post(path, content=body, headers=kind).status_code == 400


def test_a_path_with_doubled_slashes_leads_to_the_same_host(hma: Clients) -> None:
    answer = hma.listed.get("/hma//m/lookup?a=b", headers={"Host": "elsewhere"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/hma/m/lookup?a=b")


def test_a_long_note_is_refused(hma: Clients) -> None:
    bank = hma.bank("NOTES")
    for path, sent in (
        (f"/hma/c/bank/{bank}/signal", {"json": {"pdq": "0" * 64, "note": "n" * 256}}),
        (
            f"/hma/c/bank/{bank}/content",
            {"files": {"photo": ("a", encoded(45))}, "data": {"note": "n" * 256}},
        ),
    ):
        assert hma.listed.post(path, **sent).status_code == 400


def test_contents_answer_only_under_their_own_bank(hma: Clients) -> None:
    bank, other = hma.bank("OWN_BANK"), hma.bank("OTHER_BANK")
    number = hma.add(bank, encoded(46))
    path = f"/hma/c/bank/{other}/content/{number}"
    assert hma.listed.get(path).status_code == 404
    assert hma.listed.put(path, json={"disable_until_ts": 0}).status_code == 404
    assert hma.listed.delete(path).json() == {"deleted": 0}
    assert bank in hma.look_up(encoded(46))["pdq"]
    for name in (bank, "NO_SUCH_BANK"):
        assert hma.listed.get(f"/hma/c/bank/{name}/content/999999").status_code == 404


def test_a_content_is_switched_off_and_on(hma: Clients) -> None:
    bank = hma.bank("SWITCHED")
    path = f"/hma/c/bank/{bank}/content/{hma.add(bank, encoded(47))}"
    assert hma.listed.put(path, json={"disable_until_ts": 0}).json()["disable_until_ts"] == 0
    assert hma.look_up(encoded(47)) == {"pdq": {}}
    assert hma.listed.get(path).json()["disable_until_ts"] == 0
    assert hma.listed.put(path, json={"disable_until_ts": 1}).json()["disable_until_ts"] == 1
    assert bank in hma.look_up(encoded(47))["pdq"]
    assert hma.listed.put(path, json={"disable_until_ts": 9_999_999_999}).status_code == 400
    assert hma.listed.put(path, json={"disable_until_ts": -1}).status_code == 422


def test_a_content_switched_off_for_a_while_comes_back_by_itself(hma: Clients) -> None:
    bank = hma.bank("FOR_A_WHILE")
    path = f"/hma/c/bank/{bank}/content/{hma.add(bank, encoded(48))}"
    until = int(time.time()) + 2
    assert hma.listed.put(path, json={"disable_until_ts": until}).json()["disable_until_ts"] == until
    assert hma.look_up(encoded(48)) == {"pdq": {}}
    with hma.served.node.work(1):
        end = time.monotonic() + 60
        while bank not in hma.look_up(encoded(48))["pdq"]:
            assert time.monotonic() < end
            time.sleep(0.05)
    assert hma.listed.get(path).json()["disable_until_ts"] == until
    assert hma.served.node.jobs.counts().get(JobState.DEAD, 0) == 0


def test_a_deleted_content_is_gone_and_comes_back_when_it_is_added_again(hma: Clients) -> None:
    bank = hma.bank("DELETED")
    number = hma.add(bank, encoded(49))
    path = f"/hma/c/bank/{bank}/content/{number}"
    assert hma.listed.delete(path).json() == {"deleted": 1}
    assert hma.listed.delete(path).json() == {"deleted": 0}
    assert hma.listed.get(path).status_code == 404
    raw = hma.listed.get(
        "/hma/m/raw_lookup", params={"signal": hma.hash_of(encoded(49)), "signal_type": "pdq"}
    )
    assert raw.json() == {"matches": []}
    assert hma.add(bank, encoded(49)) == number
    assert bank in hma.look_up(encoded(49))["pdq"]


def test_what_a_list_withdrew_does_not_come_back_by_adding(hma: Clients) -> None:
    bank = hma.bank("WITHDRAWN")
    number = hma.add(bank, encoded(50))
    hma.served.node.banks.withdraw([number], "its list withdrew it")
    answer = hma.listed.post(f"/hma/c/bank/{bank}/content", files={"photo": ("a", encoded(50))})
    assert answer.status_code == 409
    assert "its list withdrew it" in answer.json()["message"]
    assert hma.look_up(encoded(50)) == {"pdq": {}}


def test_signal_types_can_be_switched(hma: Clients) -> None:
    names = {one["name"] for one in hma.listed.get("/hma/c/signal_type").json()}
    assert {"pdq", "video_md5"} <= names
    manager = bearer(hma.served.token("switches", "bank-manager"))
    refused = hma.listed.put("/hma/c/signal_type/sha1", json={"enabled_ratio": 0.0})
    assert refused.status_code == 403, "a listed address would switch matching off for everybody"
    off = hma.listed.put("/hma/c/signal_type/sha1", json={"enabled_ratio": 0.0}, headers=manager)
    assert (off.status_code, off.json()) == (200, {"name": "sha1", "enabled_ratio": 0.0})
    asked = {"signal": "0" * 40, "signal_type": "sha1"}
    assert hma.listed.get("/hma/m/lookup", params=asked).status_code == 400
    on = hma.listed.put("/hma/c/signal_type/sha1", json={"enabled_ratio": 1}, headers=manager)
    assert on.status_code == 200
    assert hma.listed.get("/hma/m/lookup", params=asked).json() == {}
    unknown = hma.listed.put("/hma/c/signal_type/tmk", json={"enabled_ratio": 1}, headers=manager)
    assert unknown.status_code == 400


def test_indexes_are_up_to_date_and_contents_typed(hma: Clients) -> None:
    bank = hma.bank("INDEXED")
    before = hma.listed.get("/hma/c/signal_type/index").json()["pdq"]["index_size"]
    hma.add(bank, encoded(51))
    after = hma.listed.get("/hma/c/signal_type/index", params={"signal_type": "pdq"}).json()
    assert after.keys() == {"pdq"}
    assert (after["pdq"]["index_size"], after["pdq"]["index_out_of_date"]) == (before + 1, False)
    assert hma.listed.get("/hma/c/content_type").json() == [
        {"name": "photo", "enabled": True},
        {"name": "video", "enabled": True},
    ]


def test_exchanges_answer_as_an_hma_without_any(hma: Clients) -> None:
    get, post = hma.listed.get, hma.listed.post
    assert get("/hma/c/exchanges").json() == get("/hma/c/exchanges/apis").json() == []
    assert get("/hma/c/exchange/NONE").status_code == get("/hma/c/exchange/NONE/status").status_code == 404
    assert get("/hma/c/exchanges/api/ncmec").status_code == 400
    assert get("/hma/c/exchanges/api/ncmec/schema").status_code == 400
    assert post("/hma/c/exchanges", json={"bank": "A", "api": "ncmec", "api_json": {}}).status_code == 400
    assert post("/hma/c/exchanges/api/ncmec", json={"credential_json": {"user": "u"}}).status_code == 400
    assert hma.listed.put("/hma/c/exchange/NONE", json={"enabled": True}).status_code == 404
    assert hma.listed.delete("/hma/c/exchange/NONE").status_code == 200


def test_the_developers_operations_are_not_there(hma: Clients) -> None:
    for path in ("/dev/factory_reset", "/dev/seed_banks", "/ui/create_bank", "/ui/query"):
        answer = hma.listed.post(f"/hma{path}")
        assert answer.status_code == 404
        assert "message" in answer.json()


def test_status_needs_no_token(hma: Clients) -> None:
    for path in ("/hma/status", "/hma/status/live"):
        answer = hma.stranger.get(path)
        assert (answer.status_code, answer.text) == (200, "I-AM-ALIVE")
    assert hma.stranger.get("/hma/", follow_redirects=False).headers["location"] == "/hma/status"
    assert ["/hma/m/lookup", "POST"] in hma.stranger.get("/hma/site-map").json()


def test_every_change_is_in_the_ledger(hma: Clients) -> None:
    bank = hma.bank("RECORDED")
    number = hma.add(bank, encoded(52))
    hma.listed.put(f"/hma/c/bank/{bank}", json={"enabled_ratio": 0.25})
    hma.listed.delete(f"/hma/c/bank/{bank}/content/{number}")
    hma.listed.delete(f"/hma/c/bank/{bank}")
    ledger = hma.served.node.ledger
    kinds = [row.kind for row in ledger.rows_of(f"bank:{bank}")]
    assert kinds == ["bank.created", "entries.added", "bank.changed", "bank.removed"]
    assert [row.kind for row in ledger.rows_of(f"entry:{number}")] == ["entry.withdrawn"]
    assert {row.actor for row in ledger.rows_of(f"bank:{bank}")} == {"anonymous"}


def test_coops_client_finds_what_it_calls(hma: Clients) -> None:
    # Its base URL may end with a slash, which doubles one; ratios come as texts; metadata in parts.
    made = hma.listed.post("/hma//c/banks", json={"name": "COOP_ORG1_KNOWN", "enabled_ratio": "1"})
    assert made.status_code == 201
    answer = hma.listed.post(
        "/hma/c/bank/COOP_ORG1_KNOWN/content",
        files={"photo": ("blob", encoded(53))},
        data={
            "content_id": "7",
            "content_uri": "coop://7",
            "metadata": '{"job": {"a": 1}}',
            "note": "confirmed",
        },
    )
    assert answer.status_code == 200
    shown = hma.listed.get(
        f"/hma/c/bank/COOP_ORG1_KNOWN/content/{answer.json()['id']}", params={"include_metadata": "true"}
    ).json()
    assert shown["metadata"] == {"content_id": "7", "content_uri": "coop://7", "json": {"job": {"a": 1}}}
    found = hma.by_hash(answer.json()["signals"]["pdq"])
    assert found["COOP_ORG1_KNOWN"][0]["distance"] == "0"
    assert hma.listed.put("/hma/c/bank/COOP_ORG1_KNOWN", json={"enabled_ratio": 0.5}).status_code == 200
    assert hma.listed.get("/hma/c/bank/COOP_ORG1_KNOWN").status_code == 200
    assert hma.listed.get("/hma/c/exchange/COOP_ORG1_KNOWN").status_code == 404
    assert hma.listed.delete("/hma/c/bank/COOP_ORG1_KNOWN").status_code == 200
