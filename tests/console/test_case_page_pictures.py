"""Pictures of the case page, over HTTP: what is sent, what is refused, and what is on record before."""

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from support.case_pages import Page, claimed, events, kinds, let_go, open_case, page, reviewer
from support.console import Client, Console, console
from support.intake import jpeg

from tocsin.access.model import Principal
from tocsin.cases.limits import OwnLimits
from tocsin.cases.preferences import Wanted
from tocsin.media.renditions import Rendition


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def anna(served: Console) -> Client:
    return reviewer(served, "anna")


@pytest.fixture(scope="module")
def number(served: Console) -> int:
    return open_case(served, jpeg(301))


@pytest.fixture(autouse=True)
def _nobody_holds_a_case(served: Console) -> Iterator[None]:
    yield
    let_go(served)


@pytest.fixture
def held(anna: Client, number: int) -> Page:
    return claimed(anna, number)


def base(page: Page) -> str:
    """The address of the content that the page shows, below /console."""
    return page.pictures[0].partition("/renditions/")[0].removeprefix("/console")


def size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size


def test_renditions_are_as_small_as_is_said(anna: Client, held: Page) -> None:
    for one in Rendition:
        answer = anna.get(f"/console{base(held)}/renditions/{one}", params={"claim": held.claim})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert max(size(answer.content)) <= one.longest


def test_previews_are_for_who_holds_the_case(served: Console, anna: Client, held: Page, number: int) -> None:
    url = f"/console{base(held)}/renditions/blur"
    for claim in (held.claim + 1, 0, "x", ""):
        assert anna.get(url, params={"claim": str(claim)}).status_code == 409
    cleo = reviewer(served, "cleo")
    assert cleo.get(url, params={"claim": held.claim}).status_code == 409
    manager = served.client("mara", "review-manager")
    assert manager.get(url, params={"claim": held.claim}).status_code == 403
    other = open_case(served, jpeg(302))
    elsewhere = url.replace(f"/cases/{number}/", f"/cases/{other}/")
    assert anna.get(elsewhere, params={"claim": held.claim}).status_code == 409
    let_go(served)
    assert anna.get(url, params={"claim": held.claim}).status_code == 409


def test_there_is_no_such_rendition(anna: Client, held: Page) -> None:
    claim = {"claim": held.claim}
    assert anna.get(f"/console{base(held)}/renditions/original", params=claim).status_code == 422
    other = held.pictures[0].replace(base(held)[-64:], "0" * 64)
    assert anna.get(other).status_code == 409
    assert anna.get(held.pictures[0].replace(base(held)[-64:], "xyz")).status_code == 422


def test_a_look_is_on_record_and_what_is_left_is_said(
    served: Console, anna: Client, held: Page, number: int
) -> None:
    before = len(events(served, number))
    answer = anna.act(f"{base(held)}/reveal", claim=str(held.claim), seconds="3")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert size(answer.content) == (256, 192)
    assert answer.headers["x-reveal-seconds"] == "3"
    assert answer.headers["cache-control"] == "no-store"
    ((kind, actor, detail),) = events(served, number)[before:]
    assert (kind, actor, detail["page"]) == ("content.revealed", "person:anna", f"/console/cases/{number}")
    look = answer.headers["x-reveal"]
    ended = anna.act(f"/reveals/{look}/ended", seconds="0.5")
    assert ended.status_code == 200
    assert re.match(r"Left today: 19\d looks", ended.json()["left"])


def test_a_part_is_a_part(anna: Client, held: Page) -> None:
    part = anna.act(
        f"{base(held)}/reveal", claim=str(held.claim), seconds="1", region="0.3333,0.3333,0.3333,0.3333"
    )
    assert part.status_code == 200
    width, height = size(part.content)
    assert width < 256 / 2
    assert height < 192 / 2


@pytest.mark.parametrize(
    "fields",
    [
        {"region": "0,0,2,2"},
        {"region": "0,0,1"},
        {"region": "nan,0,1,1"},
        {"region": "a,b,c,d"},
        {"still": "7"},
        {"member": "3"},
        {"claim": "999"},
    ],
)
def test_what_cannot_be_shown_is_said(
    served: Console, anna: Client, held: Page, fields: dict[str, str]
) -> None:
    del served
    answer = anna.act(f"{base(held)}/reveal", **{"claim": str(held.claim), "seconds": "2", **fields})
    assert answer.status_code in {409, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_looks_by_a_link_or_from_another_page(
    served: Console, anna: Client, held: Page, number: int
) -> None:
    before = kinds(served, number)
    url = f"/console{base(held)}/reveal"
    assert anna.get(url, params={"claim": held.claim}).status_code == 405
    fields = {"claim": str(held.claim), "seconds": "2"}
    assert anna.post(url, data=fields).status_code == 403
    foreign = {"X-CSRF-Token": anna.csrf, "Sec-Fetch-Site": "cross-site"}
    assert anna.post(url, data=fields, headers=foreign).status_code == 403
    assert kinds(served, number) == before


def test_a_preview_is_booked_for_our_pages_alone(served: Console, anna: Client, held: Page) -> None:
    viewing, person = served.node.review.viewing, served.principal("anna")
    before = viewing.allowance(person).spent
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Purpose": "prefetch;prerender"},
        {"Sec-Fetch-Site": "none", "Sec-Purpose": "prefetch"},
    ):
        assert anna.get(held.pictures[0], headers=headers).status_code == 403, headers
    assert viewing.allowance(person).spent == before
    ours = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"}
    assert anna.get(held.pictures[0], headers=ours).status_code == 200
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    assert anna.get("/console/queue", headers=linked).status_code == 200


def test_the_end_of_a_look_is_said_by_who_had_it(served: Console, anna: Client, held: Page) -> None:
    look = anna.act(f"{base(held)}/reveal", claim=str(held.claim), seconds="2").headers["x-reveal"]
    cleo = reviewer(served, "cleo-too")
    assert cleo.act(f"/reveals/{look}/ended", seconds="1").status_code == 422
    for seconds in ("", "x"):
        assert anna.act(f"/reveals/{look}/ended", seconds=seconds).status_code == 422
    assert anna.act("/reveals/999999/ended", seconds="1").status_code == 422
    for seconds in ("nan", "inf", "-5"):
        assert anna.act(f"/reveals/{look}/ended", seconds=seconds).status_code == 200


def test_a_limit_that_is_reached_is_said_and_nothing_is_lost(served: Console, number: int) -> None:
    name = "who-sees-little"
    cleo, principal = reviewer(served, name), Principal(f"person:{name}")
    found = claimed(cleo, number)
    viewing = served.node.review.viewing
    viewing.set_preferences(principal, Wanted(OwnLimits(reveals_a_day=0)))
    before = kinds(served, number)
    answer = cleo.act(f"{base(found)}/reveal", claim=str(found.claim), seconds="2")
    assert (answer.status_code, answer.json()["code"]) == (429, "cases.limit_reached")
    assert "reveals of today are used up" in answer.json()["said"]
    assert kinds(served, number) == before
    viewing.set_preferences(principal, Wanted(OwnLimits(hours_a_day=0)))
    assert cleo.get(found.pictures[0]).status_code == 429
    told = page(cleo, number)
    assert not told.pictures
    assert "Your time with material is used up for today." in told.said
    assert told.send(cleo, "observe-real_child", value="undetermined").status_code == 303
