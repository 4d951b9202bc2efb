"""A duty in months falls due on the last day of a month that is too short; keeping ends a day later."""

from datetime import UTC, datetime

import pytest

from tocsin.cases.opening import due_by_law
from tocsin.law.duties import Occasion, due, keep_until
from tocsin.law.model import Purpose
from tocsin.law.packs import assemble
from tocsin.law.reading import read_pack

LEMURIA = """
id = "lemuria"
version = "2026-11-23"
jurisdiction = "lemuria"
title = "Lemuria"
reviewer = "not reviewed by a lawyer"
effective_from = 2020-01-01

[[duty]]
id = "lemuria.tell"
version = 1
title = "Tell"
source = "The second tablet"
confidence = "primary"
who = "Everybody"
to = "The king"
what = "Tell"
when = "within {period}"
within = "{period}"

[[retention]]
id = "lemuria.keep"
version = 1
title = "Keep"
source = "The third tablet"
confidence = "primary"
trigger = "lemuria.told"
purposes = ["content"]
keep = "{period}"
then = "sink"
"""


@pytest.mark.parametrize(
    ("received", "period", "ends", "kept"),
    [
        ((2027, 1, 31), "1 month", (2027, 2, 28), (2027, 3, 1)),
        ((2027, 8, 31), "3 months", (2027, 11, 30), (2027, 12, 1)),
        ((2028, 2, 29), "1 year", (2029, 2, 28), (2029, 3, 1)),
        ((2027, 1, 28), "1 month", (2027, 2, 28), (2027, 2, 28)),
    ],
)
def test_nobody_is_a_day_late_in_a_short_month(
    received: tuple[int, int, int], period: str, ends: tuple[int, int, int], kept: tuple[int, int, int]
) -> None:
    packs = assemble([read_pack(LEMURIA.replace("{period}", period), "lemuria.toml")])
    began = datetime(*received, 23, 30, tzinfo=UTC)
    ended = datetime(*ends, 23, 30, tzinfo=UTC)
    assert due("lemuria.tell", began, packs) == due_by_law("lemuria.tell", began, packs) == ended
    keeping = keep_until([Occasion("lemuria.told", began)], Purpose.CONTENT, packs)
    assert keeping.until == datetime(*kept, 23, 30, tzinfo=UTC)
