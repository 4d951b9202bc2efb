"""Pages of the system, of queues and of groups, over HTTP."""

import re
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network

import pytest
from support.console import Client, Console, console

from tocsin.errors import Refusal
from tocsin.jobs.model import NewJob
from tocsin.node.settings import NodeSettings

HOSTILE = "<b onclick=alert(1)>\u202e"
SETTINGS = NodeSettings(
    children=1, explain="fast", allowed_networks=(ip_network("127.0.0.0/8"),), fetch_ports=(8080,)
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home", SETTINGS) as opened:
        yield opened


@pytest.fixture(scope="module")
def operator(served: Console) -> Client:
    return served.client("operator")


def dead_job(served: Console, kind: str) -> int:
    """A job that was given up with a reason of a stranger's."""
    jobs = served.node.jobs
    job = jobs.enqueue(NewJob(kind, {}), leased=timedelta(minutes=1))
    jobs.failed(job, Refusal("tests.failed", f"it answered {HOSTILE}", ""), retry=None)
    return job.id


def test_the_state_of_the_node_is_said_in_words(served: Console, operator: Client) -> None:
    page = operator.get("/console/system").text
    for words in ("The database answers", "Work is being done", "given up", "Rows of the ledger"):
        assert words in page
    assert str(served.node.banks.folder) not in page


def test_dead_jobs_are_shown_with_their_reason_and_tried_again(served: Console, operator: Client) -> None:
    number = dead_job(served, "tests.of.nobody")
    page = operator.get("/console/system/jobs?state=dead").text
    assert "tests.of.nobody" in page
    assert "<b onclick" not in page
    assert "U+202E" in page
    assert operator.get("/console/system/jobs?state=nonsense").status_code == 200
    assert served.client("auditor").act(f"/system/jobs/{number}/retry").status_code == 403
    assert "Try again" not in served.client("auditor").get("/console/system/jobs?state=dead").text
    assert operator.act(f"/system/jobs/{number}/retry").status_code == 303
    assert served.node.jobs.job(number).state == "ready"
    rows = [row.actor for row in served.node.ledger.rows_of(f"job:{number}")]
    assert rows == ["person:operator"]
    assert operator.act(f"/system/jobs/{number}/retry").status_code == 409
    assert operator.act("/system/jobs/999999/retry").status_code == 404


def test_a_webhook_is_registered_paused_and_removed(served: Console, operator: Client) -> None:
    refused = operator.act("/system/webhooks", url=f"javascript:{HOSTILE}")
    assert refused.status_code == 422
    assert "<b onclick" not in refused.text
    made = operator.act("/system/webhooks", url="http://127.0.0.1:8080/hook")
    secret = re.findall(r'class="secret"><code>([^<]+)<', made.text)[0]
    number = served.node.webhooks.webhooks()[0].id
    path = f"/system/webhooks/{number}"
    assert secret not in operator.get(f"/console{path}").text
    assert operator.act(f"{path}/pause", reason=HOSTILE).status_code == 303
    assert "<b onclick" not in operator.get(f"/console{path}").text
    assert operator.act(f"{path}/test").status_code == 303
    delivery = served.node.webhooks.deliveries(number)[0]
    assert operator.act(f"/system/deliveries/{delivery.id}/redeliver").status_code == 303
    assert operator.act(f"{path}/resume").status_code == 303
    assert "signs beside the new one" in operator.act(f"{path}/secret").text
    assert secret not in operator.act(f"{path}/secret", sure="1").text
    assert operator.act(f"{path}/remove").status_code == 200
    assert [one.id for one in served.node.webhooks.webhooks()] == [number]
    assert operator.act(f"{path}/remove", sure="1").status_code == 303
    assert not served.node.webhooks.webhooks()
    assert operator.get(f"/console{path}").status_code == 404


def test_an_auditor_sees_no_webhooks(served: Console) -> None:
    auditor = served.client("auditor")
    assert auditor.get("/console/system").status_code == 200
    assert "/system/webhooks" not in auditor.get("/console/system").text
    assert auditor.get("/console/system/webhooks").status_code == 403


def test_figures_of_few_are_a_plain_sentence(served: Console) -> None:
    page = served.client("review-manager").get("/console/figures")
    assert page.status_code == 200
    assert "Figures of fewer would tell about each of them" in page.text
    assert served.client("reviewer").get("/console/figures").status_code == 403
