"""Review over HTTP: a case from the queue to its decision, by people who have signed in and by programs."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from httpx2 import Response
from PIL import Image
from support.accounts import CHEAP, PASSWORD
from support.files import small_picture
from support.nodes import OPERATOR, Served, bearer, served

from tocsin.access.accounts import Accounts
from tocsin.access.model import EVERY_BANK, Principal, Right
from tocsin.access.passwords import Passwords
from tocsin.cases.model import State
from tocsin.cases.store_cases import WantedCases
from tocsin.content.examine import signals_of
from tocsin.storage.access import SqlAccess
from tocsin.web.callers import COOKIE, csrf_of

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls."""

    one: Served
    headers: dict[str, str]

    def get(self, path: str, **query: str | int) -> Response:
        """Ask."""
        return self.one.client.get(f"/v1{path}", headers=self.headers, params=query)

    def post(self, path: str, headers: dict[str, str] | None = None, **body: object) -> Response:
        """Act."""
        return self.one.client.post(f"/v1{path}", headers={**self.headers, **(headers or {})}, json=body)

    def got(self, path: str, **query: str | int) -> Item:
        """What there is."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        item: Item = answer.json()
        return item

    def did(self, path: str, headers: dict[str, str] | None = None, **body: object) -> Item:
        """What came of acting."""
        answer = self.post(path, headers, **body)
        assert answer.status_code in {200, 201}, answer.text
        item: Item = answer.json()
        return item

    def claim(self, number: int) -> int:
        """Claim a case."""
        return int(self.did(f"/cases/{number}/claim")["claim"])

    def decide(self, number: int, claim: int, outcome: str, key: str = "", **more: object) -> Item:
        """Decide a case, looked at or not."""
        headers = {"Idempotency-Key": key or f"{number}-{claim}"}
        return self.did(
            f"/cases/{number}/decisions", headers, claim=claim, outcome=outcome, **{"unseen": True, **more}
        )


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("node") / "home") as opened:
        node = opened.node
        node.accounts = Accounts.over(
            node.database, SqlAccess(node.database), node.ledger, node.keys, passwords=Passwords(CHEAP)
        )
        yield opened


@pytest.fixture(autouse=True)
def _nobody_holds_a_case(one: Served) -> Iterator[None]:
    yield
    queue = one.node.review.queue
    for case in queue.page(OPERATOR, WantedCases(None, State.CLAIMED)):
        queue.release(Principal(case.holder or ""), case.number, case.claim)


def person(one: Served, name: str, *roles: str, rights: Sequence[Right] = tuple(Right)) -> Caller:
    """Somebody who has signed in, with these rights in every bank."""
    one.node.accounts.people.create(OPERATOR, name, PASSWORD, roles or ("reviewer",), must_enrol=False)
    one.node.accounts.grants.grant(OPERATOR, f"person:{name}", EVERY_BANK, rights)
    session = one.node.accounts.sessions.sign_in(name, PASSWORD, address=name).secret
    return Caller(one, {"Cookie": f"{COOKIE}={session}", "X-CSRF-Token": csrf_of(session)})


@pytest.fixture(scope="module")
def anna(one: Served) -> Caller:
    return person(one, "anna")


@pytest.fixture(scope="module")
def bela(one: Served) -> Caller:
    """Who may confirm what is published."""
    return person(one, "bela", "reviewer", "curator")


@pytest.fixture(scope="module")
def mara(one: Served) -> Caller:
    """Who manages review, and may only match against banks."""
    return person(one, "mara", "review-manager", rights=[Right.MATCH])


@pytest.fixture(scope="module")
def program(one: Served) -> Caller:
    return Caller(one, bearer(one.token("program", "submitter", "reviewer")))


def submitted(program: Caller, seed: int, **context: object) -> tuple[int, str]:
    """A new case with a picture of that seed: its number, and the content's SHA-256."""
    part = ("context", json.dumps({"review": True, **context}).encode(), "application/json")
    sent = program.one.client.post(
        "/v1/submissions",
        headers=program.headers,
        files=[("file", ("a.jpg", small_picture(seed))), ("context", part)],
    )
    assert sent.status_code == 201, sent.text
    (case,) = program.did("/cases/find", text=sent.json()["id"])["items"]
    return int(case["number"]), str(sent.json()["sha256"])


def kinds(one: Served, number: int) -> list[str]:
    """What the ledger says of a case."""
    return [row.kind for row in one.node.ledger.rows_of(f"case:{number}")]


def test_a_person_takes_a_case_from_the_queue_to_its_decision_and_back(
    one: Served, anna: Caller, mara: Caller, program: Caller
) -> None:
    number, sha256 = submitted(program, 1, danger=True)
    case = anna.did("/cases/next")["case"]
    assert (case["number"], case["holder"], case["danger"]) == (number, "person:anna", True)
    assert case["reasons"][0]["ground"] == "danger"
    at, claim = f"/cases/{number}/contents/{sha256}", case["claim"]

    blurred = anna.get(f"{at}/renditions/blur", claim=claim)
    assert blurred.headers["content-type"] == "image/png"
    assert "no-store" in blurred.headers["cache-control"]
    with Image.open(io.BytesIO(blurred.content)) as picture:
        assert max(picture.size) <= 24
        assert picture.mode == "L"
    assert anna.got(f"{at}/stills", claim=claim) == {"seconds": [None], "cut": None}

    seen = anna.post(f"{at}/reveal", claim=claim, seconds=60, page="a test")
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.headers["x-reveal-seconds"] == "10"
    assert "content.revealed" in kinds(one, number)
    ended = anna.did(f"/reveals/{seen.headers['x-reveal']}/end", seconds=0)
    assert ended["seconds"] < 10
    assert ended["allowance"]["reveals_left"] == 199

    said = {"claim": claim, "basis": "original"}
    made = anna.did(f"{at}/observations", fact="real_child", value="undetermined", **said)
    assert (made["author"], made["fact"], made["value"]) == ("person:anna", "real_child", "undetermined")
    refused = anna.post(f"{at}/observations", fact="real_child", age="7-10", value="yes", **said)
    assert (refused.status_code, refused.json()["code"]) == (422, "cases.invalid")
    known = anna.got(at)
    assert [each["id"] for each in known["observations"]] == [made["id"]]
    assert known["content"]["kind"] == "image"
    assert {each["answer"] for each in known["statuses"]} <= {"yes", "no", "undetermined"}
    for caller, told in ((anna, "person:anna"), (mara, None)):
        looks = caller.got(at)["looks"]
        assert [(each["person"], each["case"], each["seconds"]) for each in looks] == [(told, number, 10)]

    assert anna.did(f"/cases/{number}/needs-second", outcome="no_action") == {"reasons": []}
    decision = anna.decide(number, claim, "no_action", key="first")
    assert anna.decide(number, claim, "no_action", key="first") == decision
    other = anna.post(
        f"/cases/{number}/decisions", {"Idempotency-Key": "first"}, claim=claim, outcome="report"
    )
    assert (other.status_code, other.json()["code"]) == (409, "cases.other_decision")
    whole = anna.got(f"/cases/{number}")
    assert (whole["state"], whole["undoable"], whole["decisions"]) == ("decided", decision["id"], [decision])
    (content,) = whole["contents"]
    assert content["judgement"]["by"] == ["person:anna"]
    assert anna.did(f"/decisions/{decision['id']}/undo")["standpoint"] == "undone"
    assert anna.got(f"/cases/{number}")["reserved_for"] == "person:anna"


def test_what_was_judged_is_shown_again_only_for_a_reason(one: Served, anna: Caller, program: Caller) -> None:
    number, sha256 = submitted(program, 2)
    anna.decide(number, anna.claim(number), "undetermined")
    reopened = anna.did(f"/cases/{number}/reopen", reason="a partner asked")
    assert reopened["state"] == "waiting"
    at, claim = f"/cases/{number}/contents/{sha256}", anna.claim(number)
    preview = f"{at}/renditions/lines"
    refused = anna.get(preview, claim=claim)
    assert (refused.status_code, refused.json()["code"]) == (409, "cases.nothing_to_show")
    assert anna.post(f"{at}/show-again", claim=claim, reason="").status_code == 422
    assert anna.post(f"{at}/show-again", claim=claim, reason="to compare").status_code == 200
    assert anna.get(preview, claim=claim).status_code == 200
    assert kinds(one, number).count("content.shown_again") == 1


def test_a_program_reads_cases_and_neither_sees_nor_decides_anything(anna: Caller, program: Caller) -> None:
    number, sha256 = submitted(program, 3)
    at, claim = f"/cases/{number}/contents/{sha256}", anna.claim(number)
    decided = anna.decide(number, claim, "no_action", "read")
    anna.did(f"/decisions/{decided['id']}/undo")
    claim = anna.claim(number)
    asked = [
        program.get(f"{at}/renditions/grey", claim=claim),
        program.get(f"{at}/stills", claim=claim),
        program.post(f"{at}/show-again", claim=claim, reason="to compare"),
        program.post(f"{at}/reveal", claim=claim, seconds=1),
        program.post("/cases/next"),
        program.post(f"/cases/{number}/claim"),
        program.post(f"/cases/{number}/take-back"),
        program.post(f"{at}/observations", claim=claim, fact="drawing", value="no", basis="list"),
        program.post(f"/cases/{number}/decisions", {"Idempotency-Key": "p"}, claim=claim, outcome="report"),
        program.post(f"/cases/{number}/confirm", claim=claim),
        program.post(f"/cases/{number}/disagree", claim=claim),
        program.post(f"/decisions/{decided['id']}/undo"),
        program.post(f"/cases/{number}/reopen", reason="to go on"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in asked] == [
        (403, "access.denied")
    ] * len(asked)
    assert "person who has signed in" in asked[-1].json()["detail"]
    whole = program.got(f"/cases/{number}")
    assert (whole["holder"], [one["standpoint"] for one in whole["decisions"]]) == ("person:anna", ["undone"])
    assert (whole["undoable"], whole["may_take_back"]) == (None, False)


def test_what_was_asked_and_proposed_is_taken_back(
    anna: Caller, bela: Caller, mara: Caller, program: Caller
) -> None:
    number, _ = submitted(program, 20)
    anna.did(f"/cases/{number}/ask-second", claim=anna.claim(number))
    told = [one.got(f"/cases/{number}")["may_take_back"] for one in (anna, bela, mara, program)]
    assert told == [True, False, True, False]
    assert bela.post(f"/cases/{number}/take-back").status_code == 403
    proposed = bela.decide(number, bela.claim(number), "no_action")
    assert (proposed["needs_second"], proposed["undo_until"]) == (["asked"], None)
    claim = anna.claim(number)
    assert bela.got(f"/cases/{number}")["undoable"] is None
    refused = bela.post(f"/decisions/{proposed['id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "cases.taken")
    anna.post(f"/cases/{number}/release", claim=claim)
    assert bela.got(f"/cases/{number}")["undoable"] == proposed["id"]
    assert anna.post(f"/cases/{number}/take-back").status_code == 403  # she is not asked by anybody now
    assert bela.did(f"/decisions/{proposed['id']}/undo")["standpoint"] == "undone"
    taken = mara.did(f"/cases/{number}/take-back")
    assert (taken["stage"], taken["state"], taken["first_reviewer"]) == ("first", "waiting", "")
    assert anna.decide(number, anna.claim(number), "no_action")["standpoint"] == "in_force"


def test_two_people_publish_and_who_reads_no_bank_is_told_of_no_entry(
    one: Served, anna: Caller, bela: Caller, mara: Caller, program: Caller
) -> None:
    signals = [each for each in signals_of(small_picture(4)) if each.type.value == "md5"]
    (known,) = one.bank("known", *signals)
    one.bank("ours")
    number, sha256 = submitted(program, 4)
    publish = [{"sha256": sha256, "bank": "ours"}]
    unknown = anna.post(
        f"/cases/{number}/decisions",
        {"Idempotency-Key": "unknown"},
        claim=anna.claim(number),
        outcome="report",
        publish=[{"sha256": sha256, "bank": "nobody's"}],
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "banks.unknown_bank")
    proposed = anna.decide(number, anna.claim(number), "report", publish=publish, false_matches=[known])
    assert (proposed["standpoint"], proposed["needs_second"]) == ("proposed", ["publish"])
    assert anna.post(f"/cases/{number}/claim").json()["code"] == "cases.unsuitable"
    made = bela.did(f"/cases/{number}/confirm", claim=bela.claim(number), note="yes")
    (entry,) = made["published"]
    assert (made["standpoint"], made["second"], made["hidden"]) == ("in_force", "person:bela", 0)
    assert made["false_matches"] == [known]
    assert one.node.banks.entry(entry).bank == "ours"

    for caller, hidden, named in ((bela, 0, known), (mara, 3, None)):
        (decision,) = caller.got(f"/cases/{number}")["decisions"]
        assert (decision["hidden"], bool(decision["publish"])) == (hidden, not hidden)
        (match,) = [
            each
            for each in caller.got(f"/cases/{number}/contents/{sha256}")["matches"]
            if each["bank"] == "known"
        ]
        assert (match["entry"], match["type"]) == (named, "md5")
    figures = anna.got("/banks/known/figures")
    assert [(each["type"], each["false_matches"]) for each in figures["items"]] == [("md5", 1)]
    assert mara.get("/banks/known/figures").status_code == 403


def test_which_entry_matched_is_not_found_out_by_naming_numbers(one: Served, program: Caller) -> None:
    (matched,) = one.bank("hidden", next(each for each in signals_of(small_picture(11)) if each.type.exact))
    (other,) = one.bank("other", next(each for each in signals_of(small_picture(12)) if each.type.exact))
    number, _ = submitted(program, 11)
    eva = person(one, "eva", rights=[Right.MATCH])
    claim, answers = eva.claim(number), []
    for entry in (matched, other, 999_999):
        body = {"claim": claim, "outcome": "no_action", "false_matches": [entry]}
        answer = one.client.post(
            f"/v1/cases/{number}/decisions", headers={**eva.headers, "Idempotency-Key": "probe"}, json=body
        )
        answers.append((answer.status_code, answer.json()["detail"].replace(str(entry), "N")))
    assert answers == [(404, "there is no entry number N")] * 3


def test_which_banks_there_are_is_not_found_out(one: Served, program: Caller) -> None:
    one.bank("secret", next(each for each in signals_of(small_picture(13)) if each.type.exact))
    number, sha256 = submitted(program, 13)
    fred = person(one, "fred", rights=[])
    assert program.got(f"/cases/{number}/contents/{sha256}")["matches"]
    assert fred.got(f"/cases/{number}/contents/{sha256}")["matches"] == []
    claim, answers = fred.claim(number), []
    for bank in ("secret", "missing"):
        said = {"claim": claim, "outcome": "report", "publish": [{"sha256": sha256, "bank": bank}]}
        answer = one.client.post(
            f"/v1/cases/{number}/decisions", headers={**fred.headers, "Idempotency-Key": "probe"}, json=said
        )
        answers.append((answer.status_code, answer.json()["detail"].replace(bank, "B")))
    assert answers == [(404, "there is no bank named 'B'")] * 2


def test_who_disagrees_leaves_it_to_a_third(anna: Caller, bela: Caller, program: Caller) -> None:
    number, _ = submitted(program, 5)
    claim = anna.claim(number)
    asked = anna.did(f"/cases/{number}/ask-second", claim=claim, question="is it a drawing?")
    assert (asked["stage"], asked["first_reviewer"]) == ("second", "person:anna")
    assert bela.decide(number, bela.claim(number), "no_action")["needs_second"] == ["asked"]
    said = anna.did(f"/cases/{number}/disagree", claim=anna.claim(number), note="no")
    assert said["standpoint"] == "rejected"
    assert anna.got(f"/cases/{number}")["disagreed"] is True


def test_a_claim_is_its_holders_alone(anna: Caller, bela: Caller, mara: Caller, program: Caller) -> None:
    number, sha256 = submitted(program, 6)
    claim = anna.claim(number)
    assert anna.claim(number) == claim
    assert anna.did(f"/cases/{number}/renew", claim=claim)["lease_until"]
    for answer in (
        bela.post(f"/cases/{number}/release", claim=claim),
        bela.get(f"/cases/{number}/contents/{sha256}/renditions/blur", claim=claim),
        anna.post(f"/cases/{number}/skip", claim=claim + 1),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "cases.not_held")
    assert bela.post(f"/cases/{number}/claim").json()["code"] == "cases.taken"
    assert bela.post(f"/cases/{number}/move", queue="later").status_code == 403
    moved = mara.did(f"/cases/{number}/move", queue="later")
    assert (moved["queue"], moved["state"]) == ("later", "waiting")
    handed = mara.did(f"/cases/{number}/hand-over", to="person:bela", note="you know this one")
    assert (handed["reserved_for"], handed["note"]) == ("person:bela", "you know this one")
    assert anna.post(f"/cases/{number}/claim").json()["code"] == "cases.unsuitable"
    claim = bela.claim(number)
    assert bela.post(f"/cases/{number}/skip", claim=claim).status_code == 204
    claim = bela.claim(number)
    assert bela.post(f"/cases/{number}/release", claim=claim).status_code == 204


def test_cases_are_listed_counted_and_found(mara: Caller, program: Caller) -> None:
    numbers = [submitted(program, seed, account={"id": f"u-{seed}"})[0] for seed in (7, 8, 9)]
    for number in numbers:
        mara.did(f"/cases/{number}/move", queue="urgent")
    pages = [mara.got("/cases", queue="urgent", limit=2)]
    pages.append(mara.got("/cases", queue="urgent", limit=2, after=pages[0]["next"]))
    assert [case["number"] for page in pages for case in page["items"]] == numbers
    assert pages[1]["next"] is None
    everywhere = {case["number"] for case in mara.got("/cases", queue="*", limit=200)["items"]}
    assert set(numbers) <= everywhere
    assert mara.got("/cases", queue="urgent", category="no such one")["items"] == []
    (count,) = [each for each in mara.got("/cases/counts")["items"] if each["queue"] == "urgent"]
    assert (count["state"], count["stage"], count["cases"]) == ("waiting", "first", 3)
    assert [case["number"] for case in mara.did("/cases/find", text="u-8")["items"]] == [numbers[1]]
    (joined,) = mara.got(f"/cases/{numbers[0]}/submissions")["items"]
    assert joined["because"] == "opened"
    missing = mara.get("/cases/999999")
    assert (missing.status_code, missing.json()["code"]) == (404, "cases.unknown")
    (other,) = mara.got(f"/cases/{numbers[1]}")["contents"]
    elsewhere = mara.get(f"/cases/{numbers[0]}/contents/{other['sha256']}")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "intake.unknown_submission")


def test_people_tighten_their_own_limits_and_nobody_is_told_of_one_person(one: Served, mara: Caller) -> None:
    carl = person(one, "carl")
    before = carl.got("/me/review")
    assert before["allowance"]["limits"]["reveals_a_day"] == 200
    limits = {**before["preferences"]["limits"], "reveals_a_day": 0}
    wanted = {**before["preferences"], "limits": limits, "opt_outs": ["video"]}
    wanted.pop("later")
    answer = one.client.put("/v1/me/review/preferences", headers=carl.headers, json=wanted)
    assert answer.status_code == 200, answer.text
    after = carl.got("/me/review")
    assert after["allowance"]["limits"]["reveals_a_day"] == after["allowance"]["reveals_left"] == 0
    assert after["preferences"]["opt_outs"] == ["video"]
    assert mara.got("/wellbeing") == {"items": [], "fewest": 5}
    assert carl.get("/wellbeing").status_code == 403


def test_a_limit_that_is_reached_says_when_it_is_lifted(one: Served, program: Caller) -> None:
    dora = person(one, "dora")
    limits = dict.fromkeys(dora.got("/me/review")["preferences"]["limits"]) | {"reveals_a_day": 0}
    wanted = {"limits": limits, "opt_outs": [], "language": "", "theme": "auto"}
    one.client.put("/v1/me/review/preferences", headers=dora.headers, json=wanted)
    number, sha256 = submitted(program, 10)
    refused = dora.post(f"/cases/{number}/contents/{sha256}/reveal", claim=dora.claim(number), seconds=1)
    assert (refused.status_code, refused.json()["code"]) == (429, "cases.limit_reached")
    assert int(refused.headers["retry-after"]) > 2
