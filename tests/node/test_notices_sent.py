"""A running node sends notices, and holds what was reported to the NCA."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.cases import ANNA
from support.deciding import Table
from support.nodes import SMALL
from support.notices import READER, REPORTER, URL

from tocsin.cases.model import Outcome
from tocsin.filing.nca.priorities import Priority
from tocsin.filing.notice_model import Channel, NoticeState, Provider
from tocsin.filing.notices import Wanted
from tocsin.law.model import Purpose
from tocsin.node.node import Node
from tocsin.simulators.mail import MailSink
from tocsin.storage.home import Home

SETTINGS = """
[notices]
organisation = "Hotline of Examples"
contact = "desk@example.net"
test_address = "tests@example.net"
mail_host = "127.0.0.1"
mail_port = %d
mail_security = "none"
mail_from = "notices@example.net"
"""


def decided(folder: Path, port: int) -> int:
    """A home with a case that was decided to be reported."""
    with Home.open(folder, create=True) as home:
        table = Table.over(home)
        number = table.desk.case(context={"review": True, "url": URL})
        table.decide(ANNA, number, Outcome.REPORT)
    (folder / "tocsin.toml").write_text(SETTINGS % port)
    return number


def test_a_notice_is_sent_by_a_running_node_and_a_report_is_held(tmp_path: Path) -> None:
    with MailSink() as sink:
        case = decided(tmp_path / "home", sink.port)
        with Node.open(tmp_path / "home", SMALL) as node, node.work(1):
            notices, register = node.reporting.notices, node.reporting.register
            notices.providers.keep(REPORTER, Provider("host", Channel.MAIL, "abuse@host.example"))
            drafted = notices.draft(REPORTER, case, Wanted(URL, "host", datetime.now(UTC)))
            notices.send(REPORTER, drafted.number, drafted.revision)
            sink.wait(1)
            end = time.monotonic() + 30
            while (sent := notices.notice(READER, drafted.number)).state is NoticeState.QUEUED:
                assert time.monotonic() < end
                time.sleep(0.01)
            assert (sent.state, sent.test) == (NoticeState.SENT, True)

            entry = register.prepare(REPORTER, case)
            entry = register.set_priority(REPORTER, entry.number, entry.revision, Priority.P2)
            handed = datetime.now(UTC)
            register.record(REPORTER, entry.number, entry.revision, "NCA-1", handed, test=False)
            (hold,) = node.reporting.holds.of_case(case)
            assert hold.contents == (node.reporting.gathering.record(case).contents[0].sha256,)
            content, reference = hold.until(), hold.until(Purpose.REFERENCE)
            assert content is not None
            assert reference is not None
            assert timedelta(days=364) < content - handed < timedelta(days=367)
            assert timedelta(days=5 * 365 - 1) < reference - handed < timedelta(days=5 * 366 + 1)
