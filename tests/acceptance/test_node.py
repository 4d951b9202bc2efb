"""What an organisation does with a node, over HTTP, with two servers and two workers on each database."""

import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from PIL import Image
from support.served import Client, eventually, multipart, running, token

from tocsin.access.model import ROLES, Right
from tocsin.content.examine import signals_of
from tocsin.hashing.signals import Orientation, Signal, SignalType
from tocsin.simulators import encoders
from tocsin.simulators.http_trouble import TroubleServer
from tocsin.simulators.http_trouble import content as trouble_content
from tocsin.simulators.pictures import picture
from tocsin.simulators.webhook_receiver import WebhookReceiver

if TYPE_CHECKING:
    from support.databases import Databases

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EVERYTHING = sorted(ROLES)


@dataclass(frozen=True, slots=True)
class Running:
    """A node that runs, and somebody who may do everything, at each of its servers."""

    home: Path
    one: Client
    two: Client
    trouble: TroubleServer
    """Serves files by HTTP, where the node may fetch them."""

    def partner(self, bank: str) -> Client:
        """A token that may only match against one bank."""
        secret = token(self.home, f"partner-{uuid4().hex}", ["matcher"], {bank: frozenset({Right.MATCH})})
        return Client(self.one.server, secret)

    def bank(self) -> str:
        """A new bank."""
        name = f"BANK_{uuid4().hex.upper()}"
        assert self.one.ask("POST", "/v1/banks", {"name": name}).status == 201
        return name

    def add(self, bank: str, data: bytes) -> int:
        """Bank a picture; the number of its entry."""
        entry = {"signals": [as_json(signal) for signal in upright(data)]}
        answer = self.one.ask("POST", f"/v1/banks/{bank}/entries", {"entries": [entry]})
        assert answer.status == 201, answer.body
        (number,) = answer.table["entries"]
        return int(number)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A node with two servers and two workers."""
    home = tmp_path_factory.mktemp("node") / "home"
    home.mkdir()
    if request.param == "sqlite":
        yield from _run(home, "")
        return
    postgres: Databases = request.getfixturevalue("postgres")
    with postgres.new(empty=True) as url:
        yield from _run(home, f'[database]\nurl = "{url}"\n')


def _run(home: Path, database: str) -> Iterator[Running]:
    with TroubleServer() as trouble:
        (home / "tocsin.toml").write_text(
            '[node]\nallowed_networks = ["127.0.0.0/8"]\nhma_anonymous_networks = ["127.0.0.1/32"]\n'
            f"fetch_ports = [80, {trouble.port}]\n{database}"
        )
        secret = token(home, "everything", EVERYTHING)
        with running(home, 2, 2) as (one, two):
            yield Running(home, Client(one, secret), Client(two, secret), trouble)


def fresh(size: int = 256) -> Image.Image:
    """A picture that no other test has."""
    return Image.fromarray(picture(uuid4().int % 2**32, size, size))


def upright(data: bytes) -> list[Signal]:
    """The signals to bank a picture by."""
    return [one for one in signals_of(data) if one.orientation in {None, Orientation.UPRIGHT}]


def as_json(signal: Signal) -> dict[str, str | int | None]:
    """A signal as the interface takes it."""
    quality = {} if signal.quality is None else {"quality": signal.quality}
    return {"type": signal.type.value, "value": signal.hex, **quality}


def matches_of(client: Client, submission: str) -> list[dict[str, Any]]:
    """All matches of a submission, once it has been matched."""

    def found() -> dict[str, Any] | None:
        now = client.ask("GET", f"/v1/submissions/{submission}").table
        return None if now["state"] == "waiting" else now

    return list(eventually(found)["matches"])


def test_a_banked_picture_is_found_in_a_mirrored_copy_at_the_other_server(node: Running) -> None:
    """The one thing that all of it is for."""
    bank, image = node.bank(), fresh()
    entry = node.add(bank, encoders.png(image))
    out = io.BytesIO()
    image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(out, "JPEG", quality=80)
    answer = node.two.submit(out.getvalue(), context={"platform": "example", "account": {"id": "a-1"}})
    assert answer.status == 201
    (match,) = matches_of(node.one, str(answer.table["id"]))  # by PDQ alone: its digests are others
    assert (match["bank"], match["entry"], match["retroactive"]) == (bank, entry, False)
    assert match["orientation"] == "mirror"
    assert isinstance(match["bank_version"], int)


def test_what_is_not_awaited_is_done_later(node: Running) -> None:
    """Without waiting the answer is a job, and what came of it can be read at either server."""
    bank, data = node.bank(), encoders.png(fresh())
    node.add(bank, data)
    answer = node.one.submit(data, wait=0)
    assert answer.status in {201, 202}
    found = {match["bank"] for match in matches_of(node.two, str(answer.table["id"]))}
    assert found == {bank}


def test_the_same_key_again_is_the_same_submission(node: Running) -> None:
    """Whoever sends again because no answer came has sent once."""
    data, key = encoders.png(fresh()), uuid4().hex
    first, second = node.one.submit(data, key=key), node.two.submit(data, key=key)
    assert first.table["id"] == second.table["id"]
    assert node.two.submit(encoders.png(fresh()), key=key).status == 409


def test_a_url_is_fetched_where_the_operator_allows_it(node: Running) -> None:
    """And answered like an upload; one into other private networks is refused."""
    answer = node.one.ask("POST", "/v1/submissions", {"url": node.trouble.url("bytes/1000")})
    assert answer.status == 201, answer.body
    assert answer.table["bytes"] == len(trouble_content(1000))
    refused = node.one.ask("POST", "/v1/submissions", {"url": "http://169.254.169.254/latest/"})
    assert refused.status in {400, 422}, refused.body


def test_a_new_entry_finds_what_came_before_and_says_so(node: Running) -> None:
    """Retroactive matching, with a signed message to whoever registered for it."""
    bank, image = node.bank(), fresh()
    submission = str(node.one.submit(encoders.png(image)).table["id"])
    with WebhookReceiver() as receiver:
        made = node.two.ask("POST", "/v1/webhooks", {"url": receiver.url, "events": ["submission.matched"]})
        assert made.status == 201, made.body
        receiver.secret = str(made.table["secret"])
        try:
            entry = node.add(bank, encoders.png(image))
            matches = eventually(lambda: matches_of(node.two, submission))
            assert {(match["entry"], match["retroactive"]) for match in matches} == {(entry, True)}
            (message,) = receiver.wait(1)
            assert message.signed
            assert message.type == "submission.matched"
        finally:
            node.one.ask("DELETE", f"/v1/webhooks/{made.table['webhook']['id']}")


def test_a_change_counts_at_every_server_at_once(node: Running) -> None:
    """An entry added at one is found by the other's next answer; withdrawn, it is not."""
    bank, data = node.bank(), encoders.png(fresh())
    question = {"signals": [as_json(one) for one in upright(data) if one.type is SignalType.PDQ][:1]}

    def found() -> list[str]:
        (answer,) = node.two.ask("POST", "/v1/match", question).table["signals"]
        return [match["bank"] for match in answer["matches"]]

    assert not found()
    entry = node.add(bank, data)
    assert found() == [bank]
    assert node.one.ask("POST", f"/v1/entries/{entry}/withdraw", {"reason": "in error"}).status == 200
    assert not found()


def test_a_partner_sees_bank_labels_and_distance_only(node: Running) -> None:
    """And matches against no other bank, reads none, and cannot submit."""
    bank, other, data = node.bank(), node.bank(), encoders.png(fresh())
    node.add(bank, data)
    node.add(other, data)
    partner = node.partner(bank)
    answer = partner.upload("/v1/match", {"file": data})
    assert answer.status == 200
    matches = answer.table["file"]["matches"]
    assert {match["bank"] for match in matches} == {bank}
    for match in matches:
        assert {name for name, value in match.items() if value is not None} == {
            "bank",
            "type",
            "distance",
            "labels",
        }
    assert partner.ask("GET", f"/v1/banks/{bank}/entries").status == 403
    assert partner.submit(data).status == 403


def test_what_cannot_be_examined_is_an_answer(node: Running) -> None:
    """A flat picture is too plain, a damaged one refused; both are kept, and say so."""
    flat = encoders.png(Image.new("RGB", (200, 200), (90, 90, 90)))
    (answer,) = node.one.ask(
        "POST",
        "/v1/match",
        {"signals": [as_json(one) for one in upright(flat) if one.type is SignalType.PDQ][:1]},
    ).table["signals"]
    assert not answer["matches"]
    damaged = node.one.submit(encoders.png(fresh())[:5000])
    assert damaged.status == 201
    assert damaged.table["content"]["refused"] is not None


def test_hma_clients_find_a_single_entry_at_once(node: Running) -> None:
    """The peer's interface without a token, from an address the operator lists."""
    bank, data = f"HMA_{uuid4().hex.upper()}", encoders.png(fresh())
    assert node.one.ask("POST", "/hma/c/banks", {"name": bank}).status == 201
    added = node.one.upload(f"/hma/c/bank/{bank}/content", {"photo": data})
    assert added.status == 200, added.body
    number = added.table["id"]
    found = node.two.upload("/hma/m/lookup", {"photo": data}).table
    assert found["pdq"][bank] == [{"bank_content_id": number, "distance": "0"}]
    body, kind = multipart({"photo": data})
    unnamed = node.two.server.ask("POST", "/hma/m/lookup", body, {"Content-Type": kind}).table
    # A number is for those who may read.
    assert unnamed["pdq"][bank] == [{"bank_content_id": 0, "distance": "0"}]
    assert node.one.server.ask("GET", "/hma/status").body == b"I-AM-ALIVE"


def test_the_ledger_verifies_and_a_backup_is_a_node(node: Running, tmp_path: Path) -> None:
    """While it runs: the chain is whole; a backup restored elsewhere holds the same and verifies as well."""
    bank, data = node.bank(), encoders.png(fresh())
    node.add(bank, data)
    submission = str(node.one.submit(data).table["id"])
    matches_of(node.one, submission)
    assert tocsin("--home", node.home, "ledger", "verify") == 0
    copy, restored = tmp_path / "backup", tmp_path / "restored"
    assert tocsin("--home", node.home, "admin", "backup", copy, "--with-keys") == 0
    assert tocsin("admin", "restore", copy, "--home", restored, "--database", "sqlite") == 0
    assert tocsin("--home", restored, "ledger", "verify") == 0
    secret = token(restored, "reader", EVERYTHING)
    with running(restored, 1, 0) as (server,):
        found = matches_of(Client(server, secret), submission)
    assert {match["bank"] for match in found} == {bank}


def tocsin(*arguments: object) -> int:
    """Run a command; its exit code."""
    command = [sys.executable, "-m", "tocsin", *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.returncode


def test_health_and_metrics(node: Running) -> None:
    """Anyone may ask whether it lives; its figures need a permission."""
    server = node.one.server
    assert server.ask("GET", "/health/live").status == 200
    assert server.ask("GET", "/health/ready").status == 200
    assert server.ask("GET", "/metrics").status == 401
    assert b"tocsin_" in node.one.ask("GET", "/metrics").body
