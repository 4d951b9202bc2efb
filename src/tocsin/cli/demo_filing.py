"""The part of `tocsin demo` that reports: the first decided case, filed with a simulated CyberTipline."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin.cli.demo_node import NAME, DemoNodeError
from tocsin.cli.output import put

if TYPE_CHECKING:
    from tocsin.access.model import Principal
    from tocsin.cases.model import Case
    from tocsin.filing.model import Filing, Receipt
    from tocsin.node.node import Node

SETTINGS: Final = """\
# Who reports, in the demonstration: names that stand for nobody (RFC 2606).
[filing]
company = "Example Forum"
service = "Example Forum"
first_name = "Ada"
last_name = "Example"
email = "safety@forum.example"
company_template = "Example Forum, legal process: legal@forum.example"
terms_of_service = "https://forum.example/terms"
legal_url = "https://forum.example/legal"

[duties]
jurisdictions = ["us", "uk"]
services = ["user_to_user", "hosting"]
established_in = ["us"]

[notices]
organisation = "Example Forum"
contact = "safety@forum.example"
"""
_FINISHED_SECONDS: Final = 120
_LOOK_SECONDS: Final = 1


def settle(home: Path) -> None:
    """Write who reports into the home's settings, unless an operator has written some."""
    path = home / "tocsin.toml"
    if not path.exists():
        path.write_text(SETTINGS, "utf-8")


@contextmanager
def authority(home: Path) -> Iterator[None]:
    """A simulated CyberTipline on the loopback, which the home's filings go to."""
    from tocsin.access.model import local  # noqa: PLC0415  # not on --help
    from tocsin.filing.model import Authority, Environment  # noqa: PLC0415
    from tocsin.node.node import Node  # noqa: PLC0415
    from tocsin.simulators.cybertip.authority import Switches  # noqa: PLC0415
    from tocsin.simulators.cybertip.server import Cybertip  # noqa: PLC0415

    user, password = f"esp-{secrets.token_hex(4)}", secrets.token_hex(8)
    # A simulator forgets its reports when it ends: the numbers that an earlier demonstration was given.
    with Cybertip(user, password, switches=Switches(check_prior_reports=False)) as simulator:
        with Node.open(home) as node:
            node.reporting.connections.connect(
                local(NAME),
                Authority.NCMEC,
                Environment.SIMULATOR,
                user=user,
                password=password,
                url=simulator.url,
            )
        yield


def file_first(home: Path, password: str) -> None:
    """Decide the most urgent case as one of the demonstration's people, and file it.

    Raises DemoNodeError where the authority does not acknowledge it in time.
    """
    from tocsin.filing.model import State  # noqa: PLC0415  # not on --help
    from tocsin.node.node import Node  # noqa: PLC0415

    with Node.open(home) as node:
        me = node.accounts.sessions.principal_of(node.accounts.sessions.sign_in(NAME, password).secret)
        case = node.review.queue.next(me)
        if case is None:
            put("   every case has been decided by an earlier demonstration")
            return
        _decide(node, me, case)
        who = node.reporting.gathering.record(case.number).subjects[0]
        filing = node.reporting.drafting.draft(me, case.number, who.account, platform=who.platform)
        if problems := node.reporting.drafting.check(me, filing.number, filing.revision):
            message = f"the draft has a problem: {problems[0].sentence}"
            raise DemoNodeError(message)
        node.reporting.outbox.confirm(me, filing.number, filing.revision)
        filing = _sent(node, filing.number)
        receipt = node.reporting.filings.receipt(filing.number)
        if filing.state is not State.FINISHED or receipt is None:
            message = (
                f"the simulated authority did not acknowledge the report: {filing.state} {filing.stopped}"
            )
            raise DemoNodeError(message)
        _show(node, receipt)


def _decide(node: "Node", me: "Principal", case: "Case") -> None:
    """Look at each content whole, record what it is, and decide to report, as a reviewer does."""
    from tocsin.cases.model import Basis, Observed, Outcome, Proposal  # noqa: PLC0415  # not on --help
    from tocsin.law.facts import Fact, Value  # noqa: PLC0415

    review, number, claim = node.review, case.number, case.claim
    contents = review.queue.contents(number)
    judged = review.deciding.judgements(contents)  # by an earlier demonstration: it is not looked at again
    for sha256 in (one for one in contents if one not in judged):
        look = review.viewing.reveal(me, number, claim, sha256, None, _LOOK_SECONDS, "demonstration")
        time.sleep(_LOOK_SECONDS)
        review.viewing.ended(me, look.id, _LOOK_SECONDS)
        synthetic = Observed(Fact.FULLY_SYNTHETIC, Value.YES, basis=Basis.ORIGINAL)
        review.observing.record(me, number, claim, sha256, synthetic)
    proposal = Proposal(Outcome.REPORT, note="A harmless picture of the demonstration.")
    review.deciding.decide(me, number, claim, proposal, secrets.token_hex(8))


def _sent(node: "Node", number: int) -> "Filing":
    """The filing once nothing more happens to it by itself, or time is up."""
    from tocsin.filing.model import State  # noqa: PLC0415  # not on --help

    end = time.monotonic() + _FINISHED_SECONDS
    while True:
        filing = node.reporting.filings.filing(number)
        if filing.state.over or filing.state is State.STOPPED or time.monotonic() > end:
            return filing
        time.sleep(0.1)


def _show(node: "Node", receipt: "Receipt") -> None:
    files = f"{len(receipt.file_ids)} file{'' if len(receipt.file_ids) == 1 else 's'}"
    put(f"   report {receipt.report_id} finished, with {files}, in a simulator: a test")
    put(f"   receipt of {receipt.time:%Y-%m-%d %H:%M:%S} UTC, request {receipt.request_id}")
    for hold in node.reporting.holds.of_filing(receipt.filing):
        for end in hold.ends:
            until = end.problem or f"until {end.until:%Y-%m-%d}"
            put(f"   hold {hold.number}: {end.purpose.value} kept {until}, by {', '.join(end.rules)}")
