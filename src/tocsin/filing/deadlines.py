"""Until when an open report can be finished, and when somebody is told that the time runs out.

NCMEC deletes a report that is not finished 24 hours after it was opened or one hour after a file or a file's
details were last added, whichever is later (CyberTipline Reporting API, documentation of 2025-06-11).
"""

from datetime import datetime, timedelta
from typing import Final

from tocsin.filing.model import OpenedReport

FROM_OPENING: Final = timedelta(hours=24)
FROM_ADDING: Final = timedelta(hours=1)
ALARM: Final = 0.75
"""The share of the time after which somebody is told."""


def deadline(report: OpenedReport) -> datetime:
    """When the authority deletes the report, as far as this node's clock can tell."""
    return max(report.opened + FROM_OPENING, report.modified + FROM_ADDING)


def alarm_time(report: OpenedReport) -> datetime:
    """When three quarters of its time are over."""
    return report.opened + (deadline(report) - report.opened) * ALARM
