"""Until when an open report can be finished, as the documentation says it."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.filing.deadlines import alarm_time, deadline
from tocsin.filing.model import Fate, OpenedReport

OPENED = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("added", "end"),
    [
        pytest.param(0, 24, id="nothing was added"),
        pytest.param(22.5, 24, id="an hour after the last file is sooner"),
        pytest.param(23.5, 24.5, id="an hour after the last file is later"),
        pytest.param(40, 41, id="files went on being added"),
    ],
)
def test_a_day_from_its_opening_or_an_hour_from_its_last_file(added: float, end: float) -> None:
    report = OpenedReport(1, 1, "4600001", OPENED, OPENED + added * HOUR, Fate.OPEN)
    assert deadline(report) - OPENED == end * HOUR
    assert alarm_time(report) - OPENED == end * 0.75 * HOUR
