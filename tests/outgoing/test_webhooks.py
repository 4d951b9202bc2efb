"""Webhooks: written with what they tell of, delivered as signed, at least once, under one id."""

import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.tls import TestAuthority

from tocsin.errors import Refusal
from tocsin.evidence.keys import Keys
from tocsin.intake.webhooks import (
    DELIVER,
    TEST_EVENT,
    DeliveryState,
    UnknownDeliveryError,
    UnknownEventError,
    UnknownWebhookError,
)
from tocsin.jobs.model import Job, JobState
from tocsin.jobs.retrying import GiveUpError, RetryPolicy
from tocsin.jobs.runner import Runner
from tocsin.outgoing.addresses import networks
from tocsin.outgoing.errors import FetchRefusedError
from tocsin.outgoing.webhooks import DELIVERY_POLICY, Deliver, DeliveryFailedError, checked_url
from tocsin.simulators.http_trouble import TroubleServer
from tocsin.simulators.webhook_receiver import Behaviour, WebhookReceiver, verify
from tocsin.storage import times
from tocsin.storage.database import Database
from tocsin.storage.jobs import JobStore
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.webhooks import KEPT, PAUSE_AFTER, REST, REST_AFTER, WebhookStore

LOOPBACK = networks(["127.0.0.0/8"])
MATCHED = "submission.matched"
WHO = "person:anna"
LEASE = timedelta(seconds=30)


class Node:
    """The rooms around webhooks, on one database."""

    def __init__(self, database: Database, keys: Keys) -> None:
        """Open them."""
        self.database = database
        self.ahead = timedelta()
        self.queue = JobStore(database)
        self.ledger = LedgerStore(database, keys)
        self.store = WebhookStore(database, self.queue, keys, self.ledger, self.now)

    def now(self) -> int:
        """The present, by a clock that tests set ahead."""
        return times.now() + self.ahead // timedelta(microseconds=1)

    def deliver(self, seconds: float = 10) -> Deliver:
        """The handler of deliveries."""
        return Deliver(self.store, self.queue, self.database, allowed=LOOPBACK, seconds=seconds)

    def claim(self) -> Job:
        """The next delivery to make."""
        job = self.queue.claim([DELIVER], "test", LEASE)
        assert job is not None
        return job

    def told(self) -> list[str]:
        """The kinds of all events in the ledger."""
        with self.database.reading():
            return [row[0] for row in self.database.rows("SELECT kind FROM ledger ORDER BY number")]


@pytest.fixture
def node(database: Database, tmp_path: Path) -> Node:
    return Node(database, Keys.open(tmp_path, create=True))


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as started:
        yield started


def registered(node: Node, receiver: WebhookReceiver, *events: str) -> int:
    webhook, receiver.secret = node.store.register(receiver.url, events or (MATCHED,), WHO)
    return webhook.id


def announce(node: Node, count: int = 1) -> None:
    for number in range(count):
        node.store.announce(MATCHED, {"submission": f"01J{number}"})


# The store


def test_a_webhook_is_kept_without_showing_its_secret(node: Node) -> None:
    webhook, secret = node.store.register("https://a.example/x", [MATCHED, MATCHED], WHO)
    assert secret.startswith("whsec_")
    assert node.store.webhooks() == [webhook] == [node.store.webhook(webhook.id)]
    assert (webhook.url, webhook.events, webhook.created_by) == ("https://a.example/x", (MATCHED,), WHO)
    assert (webhook.active, webhook.paused, webhook.failures) == (True, "", 0)
    with node.database.reading():
        (sealed,) = node.database.rows("SELECT secret FROM webhook")[0]
    assert secret[6:].encode() not in bytes(sealed)
    assert node.told()[-1] == "webhook.registered"


@pytest.mark.parametrize("events", [(), ("no.such",), (MATCHED, "no.such")])
def test_only_events_there_are_can_be_registered_for(node: Node, events: tuple[str, ...]) -> None:
    with pytest.raises(UnknownEventError):
        node.store.register("https://a.example/", events, WHO)
    assert node.store.webhooks() == []


def test_numbers_that_are_not_there_are_said_to(node: Node) -> None:
    for call in (
        lambda: node.store.webhook(9),
        lambda: node.store.remove(9, WHO),
        lambda: node.store.rotate(9, WHO),
        lambda: node.store.pause(9, WHO, ""),
        lambda: node.store.resume(9, WHO),
        lambda: node.store.test(9, WHO),
        lambda: node.store.deliveries(9),
    ):
        with pytest.raises(UnknownWebhookError):
            call()
    for call in (lambda: node.store.delivery(9), lambda: node.store.redeliver(9, WHO)):
        with pytest.raises(UnknownDeliveryError):
            call()
    assert node.store.outgoing(9) is None


def test_an_announcement_is_for_those_registered_for_it(node: Node) -> None:
    one, _ = node.store.register("https://a.example/", [MATCHED], WHO)
    two, _ = node.store.register("https://b.example/", [MATCHED, TEST_EVENT], WHO)
    other, _ = node.store.register("https://c.example/", [TEST_EVENT], WHO)
    node.store.announce(MATCHED, {"submission": "01J"})
    (first,) = node.store.deliveries(one.id)
    (second,) = node.store.deliveries(two.id)
    assert node.store.deliveries(other.id) == []
    assert first.message == second.message
    assert first.state is DeliveryState.WAITING
    assert json.loads(first.body)["data"] == {"submission": "01J"}
    assert node.queue.counts()[JobState.READY] == 2


def test_an_announcement_goes_with_the_transaction_it_is_part_of(node: Node) -> None:
    webhook, _ = node.store.register("https://a.example/", [MATCHED], WHO)

    def announce_and_fail() -> None:
        with node.database.writing():
            announce(node)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        announce_and_fail()
    assert node.store.deliveries(webhook.id) == []
    assert node.queue.counts()[JobState.READY] == 0


def test_deliveries_are_paged_newest_first(node: Node) -> None:
    webhook, _ = node.store.register("https://a.example/", [MATCHED], WHO)
    announce(node, 5)
    first = node.store.deliveries(webhook.id, limit=2)
    rest = node.store.deliveries(webhook.id, before=first[-1].id, limit=10)
    assert [json.loads(one.body)["data"]["submission"] for one in (*first, *rest)] == [
        f"01J{number}" for number in (4, 3, 2, 1, 0)
    ]


def test_old_deliveries_are_forgotten_as_new_ones_come(node: Node) -> None:
    webhook, _ = node.store.register("https://a.example/", [MATCHED], WHO)
    announce(node, 3)
    node.ahead = KEPT + timedelta(days=1)
    announce(node)
    (left,) = node.store.deliveries(webhook.id)
    assert left.state is DeliveryState.WAITING


def test_removing_a_webhook_ends_what_waits_for_it(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    announce(node)
    node.store.remove(number, WHO)
    node.deliver()(job := node.claim())
    assert node.queue.job(job.id).state is JobState.DONE
    assert receiver.received == []
    assert node.told()[-1] == "webhook.removed"


def test_every_change_is_in_the_ledger_under_who_made_it(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    node.store.rotate(number, WHO)
    node.store.pause(number, WHO, "maintenance")
    node.store.resume(number, WHO)
    node.store.remove(number, WHO)
    with node.database.reading():
        rows = node.database.rows(
            "SELECT kind, actor, subject, detail FROM ledger WHERE kind LIKE 'webhook.%' ORDER BY number"
        )
    assert [row[0].removeprefix("webhook.") for row in rows] == [
        "registered",
        "rotated",
        "paused",
        "resumed",
        "removed",
    ]
    assert {row[1:3] for row in rows} == {(WHO, f"webhook:{number}")}
    assert not any("whsec" in str(row[3]) for row in rows)


# Delivering


def test_a_message_comes_as_it_was_announced_and_signed(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    announce(node)
    node.deliver()(job := node.claim())
    (message,) = receiver.wait(1)
    (delivery,) = node.store.deliveries(number)
    assert message.signed
    assert (message.id, message.body.decode()) == (delivery.message, delivery.body)
    assert message.headers["content-type"] == "application/json"
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
    assert delivery.last_answer.startswith("200 take")
    assert node.queue.job(job.id).state is JobState.DONE


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour.FAIL, "503 fail"),
        (Behaviour.REDIRECT, "302 redirect"),
        (Behaviour.CUT, "broke off"),
        (Behaviour.HANG, "longer than this node waits"),
    ],
)
def test_a_message_that_is_not_taken_is_sent_again_under_its_id(
    node: Node, receiver: WebhookReceiver, behaviour: Behaviour, said: str
) -> None:
    number = registered(node, receiver)
    announce(node)
    receiver.then(behaviour)
    job = node.claim()
    with pytest.raises(DeliveryFailedError, match=said):
        node.deliver(seconds=0.3)(job)
    (delivery,) = node.store.deliveries(number)
    assert (delivery.state, delivery.attempts, delivery.delivered) == (DeliveryState.WAITING, 1, None)
    assert said in delivery.last_answer
    assert node.store.webhook(number).failures == 1
    node.deliver()(job)
    first, second = receiver.wait(2)  # a redirection was not followed: there is no third
    assert (first.id, first.body) == (second.id, second.body)
    assert second.signed
    assert node.store.webhook(number).failures == 0
    assert node.store.delivery(delivery.id).attempts == 2


@pytest.mark.parametrize("behaviour", [Behaviour.TAKE_AND_CUT, Behaviour.HUGE])
def test_the_status_decides_whatever_the_body_does(
    node: Node, receiver: WebhookReceiver, behaviour: Behaviour
) -> None:
    number = registered(node, receiver)
    announce(node)
    receiver.then(behaviour)
    node.deliver()(node.claim())
    (delivery,) = node.store.deliveries(number)
    assert delivery.state is DeliveryState.DELIVERED
    assert len(delivery.last_answer) <= 204


def test_a_receiver_that_is_gone_is_left_alone(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    announce(node, 2)
    receiver.then(Behaviour.GONE)
    with pytest.raises(GiveUpError):
        node.deliver()(node.claim())
    assert not node.store.webhook(number).active
    with pytest.raises(GiveUpError, match="paused"):
        node.deliver()(node.claim())
    assert len(receiver.received) == 1
    assert node.told()[-1] == "webhook.paused"


def test_a_receiver_that_fails_all_the_time_is_left_alone(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    announce(node)
    (delivery,) = node.store.deliveries(number)
    with node.database.writing():
        for _ in range(PAUSE_AFTER - 1):
            assert node.store.failed(delivery.id, "503", gone=False).active
    node.ahead = REST
    receiver.then(Behaviour.FAIL)
    with pytest.raises(GiveUpError, match="503"):
        node.deliver()(node.claim())
    assert f"{PAUSE_AFTER} attempts" in node.store.webhook(number).paused


def test_a_receiver_that_failed_several_times_is_asked_once_a_minute(
    node: Node, receiver: WebhookReceiver
) -> None:
    registered(node, receiver)
    announce(node, 2)
    one, other = node.claim(), node.claim()
    receiver.then(*[Behaviour.FAIL] * (REST_AFTER + 1))
    for _ in range(REST_AFTER):
        with pytest.raises(DeliveryFailedError, match="503"):
            node.deliver()(one)
    for job in (one, other):
        with pytest.raises(DeliveryFailedError, match="in a row"):
            node.deliver()(job)
    assert len(receiver.received) == REST_AFTER
    node.ahead = REST
    with pytest.raises(DeliveryFailedError, match="503"):
        node.deliver()(one)
    with pytest.raises(DeliveryFailedError, match="in a row"):
        node.deliver()(other)
    node.ahead = 2 * REST
    node.deliver()(one)
    node.deliver()(other)
    assert len(receiver.wait(REST_AFTER + 3)) == REST_AFTER + 3


def test_what_is_announced_in_a_pause_is_sent_after_it(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    announce(node)
    node.store.pause(number, WHO, "maintenance")
    announce(node)
    dead = node.claim()
    with pytest.raises(GiveUpError) as given_up:
        node.deliver()(dead)
    node.queue.failed(dead, Refusal.of(given_up.value), retry=None)
    states = [one.state for one in node.store.deliveries(number)]
    assert states == [DeliveryState.WAITING, DeliveryState.DEAD]
    assert node.store.resume(number, WHO) == 2
    node.deliver()(node.claim())
    node.deliver()(node.claim())
    assert {one.state for one in node.store.deliveries(number)} == {DeliveryState.DELIVERED}
    assert len({one.id for one in receiver.wait(2)}) == 2
    assert node.store.resume(number, WHO) == 0


def test_an_old_secret_signs_too_for_a_while(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    old = receiver.secret
    new = node.store.rotate(number, WHO)
    for ahead, old_counts in ((timedelta(), True), (timedelta(days=2), False)):
        node.ahead = ahead
        announce(node)
        node.deliver()(node.claim())
        message = receiver.received[-1]
        assert verify(new, message.headers, message.body)
        assert verify(old, message.headers, message.body) is old_counts


def test_a_delivery_can_be_asked_for_again(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    announce(node)
    node.deliver()(node.claim())
    (delivery,) = node.store.deliveries(number)
    assert node.store.redeliver(delivery.id, WHO).state is DeliveryState.WAITING
    node.store.redeliver(delivery.id, WHO)  # waits already
    node.deliver()(node.claim())
    assert node.queue.claim([DELIVER], "test", LEASE) is None
    first, second = receiver.wait(2)
    assert (first.id, first.body) == (second.id, second.body)
    assert node.store.delivery(delivery.id).state is DeliveryState.DELIVERED


def test_a_test_goes_to_its_webhook_alone(node: Node, receiver: WebhookReceiver) -> None:
    number = registered(node, receiver)
    node.store.register("https://b.example/", [MATCHED], WHO)
    assert node.store.test(number, WHO).event == "webhook.test"
    node.deliver()(node.claim())
    assert receiver.wait(1)[0].type == "webhook.test"
    assert node.queue.claim([DELIVER], "test", LEASE) is None


# Where messages may go


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://169.254.169.254/hook", "not public"),
        ("https://10.0.0.1/hook", "not public"),
        ("http://93.184.215.14/hook", "need https"),
        ("https://user@example.org/", "user name"),
        ("https://[::1]/", "not public"),
        ("ftp://example.org/", "http"),
    ],
)
def test_messages_go_to_public_addresses_by_tls(node: Node, url: str, why: str) -> None:
    with pytest.raises(FetchRefusedError, match=why):
        checked_url(url, LOOPBACK)
    webhook, _ = node.store.register(url, [MATCHED], WHO)  # and each attempt looks for itself
    announce(node)
    with pytest.raises(DeliveryFailedError, match=why):
        node.deliver(seconds=1)(node.claim())
    assert node.store.webhook(webhook.id).failures == 1


def test_a_url_whose_host_does_not_resolve_is_refused_as_a_wrong_one() -> None:
    with pytest.raises(FetchRefusedError, match="does not resolve"):
        checked_url("https://hooks.example.org/", resolver=lambda _: [])


def test_listed_networks_may_be_told_without_tls(receiver: WebhookReceiver) -> None:
    assert checked_url(receiver.url, LOOPBACK) == receiver.url


def test_tls_checks_the_name_of_the_receiver(node: Node, tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    with TroubleServer(authority.server("hooks.example")) as server:
        for host, said in (("hooks.example", None), ("other.example", "certificate")):
            webhook, _ = node.store.register(server.url("bytes/3", host=host), [MATCHED], WHO)
            announce(node)
            deliver = Deliver(
                node.store,
                node.queue,
                node.database,
                allowed=LOOPBACK,
                tls=authority.client(),
                resolver=lambda _host: ["127.0.0.1"],
            )
            job = node.claim()
            if said is None:
                deliver(job)
            else:
                with pytest.raises(DeliveryFailedError, match=said):
                    deliver(job)
            node.store.remove(webhook.id, WHO)


# With a runner


def test_all_messages_come_over_any_failures(node: Node, receiver: WebhookReceiver) -> None:
    registered(node, receiver)
    receiver.then(Behaviour.FAIL, Behaviour.CUT, Behaviour.REDIRECT, Behaviour.TAKE_AND_CUT, Behaviour.FAIL)
    policy = RetryPolicy(attempts=8, first=timedelta(milliseconds=1), longest=timedelta(milliseconds=5))
    announce(node, 12)
    with Runner(node.queue, {DELIVER: node.deliver()}, threads=3, policies={DELIVER: policy}):
        messages = receiver.wait(12 + 4)
    taken = {one.id for one in messages if one.behaviour in {Behaviour.TAKE, Behaviour.TAKE_AND_CUT}}
    assert len(taken) == 12
    assert all(one.signed for one in messages)
    assert node.queue.counts()[JobState.DONE] == 12


def test_a_message_is_tried_for_most_of_a_day() -> None:
    pauses = [DELIVERY_POLICY.pause(attempt) for attempt in range(1, DELIVERY_POLICY.attempts + 1)]
    assert pauses[-1] is None
    waited = sum((pause for pause in pauses if pause is not None), timedelta())
    assert timedelta(hours=11) < waited < timedelta(hours=26)


WORKER = """
    import sys
    from datetime import timedelta
    from pathlib import Path
    from tocsin.evidence.keys import Keys
    from tocsin.jobs.runner import Runner
    from tocsin.outgoing.addresses import networks
    from tocsin.outgoing.webhooks import Deliver
    from tocsin.storage.database import Database
    from tocsin.storage.jobs import JobStore
    from tocsin.storage.ledger import LedgerStore
    from tocsin.storage.webhooks import WebhookStore

    home = Path(sys.argv[1])
    database, keys = Database(home / "tocsin.db"), Keys.open(home)
    queue = JobStore(database)
    store = WebhookStore(database, queue, keys, LedgerStore(database, keys))
    deliver = Deliver(store, queue, database, allowed=networks(["127.0.0.0/8"]))
    runner = Runner(queue, {"deliver": deliver}, lease=timedelta(seconds=1))
    runner.start()
    sys.stdin.read()
"""


@pytest.mark.slow  # starts two processes
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_worker_killed_after_sending_has_the_message_sent_again_under_its_id(
    node: Node, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    registered(node, receiver)
    announce(node)
    receiver.then(Behaviour.HANG)

    def worker() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", textwrap.dedent(WORKER), str(tmp_path)]
        return subprocess.Popen(command, stdin=subprocess.PIPE)

    with worker() as first:
        receiver.wait(1)
        first.send_signal(signal.SIGKILL)
    assert node.queue.counts()[JobState.LEASED] == 1
    with worker() as second:
        one, two = receiver.wait(2)
        end = time.monotonic() + 30
        while not node.queue.counts()[JobState.DONE]:
            assert time.monotonic() < end
            time.sleep(0.01)
        second.kill()
    assert (one.id, one.body) == (two.id, two.body)
    assert two.signed
