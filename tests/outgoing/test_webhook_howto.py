"""The page on receiving webhooks: its code verifies what is sent, and it names the events there are."""

import base64
import re
import time
from pathlib import Path
from typing import Any

from tocsin.intake.webhooks import EVENTS
from tocsin.outgoing.webhooks import signature

PAGE = Path(__file__).parents[2] / "docs/howto/receive-webhooks.md"
TEXT = PAGE.read_text("utf-8")
KEY = b"0123456789abcdef"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


def test_its_code_verifies_what_is_sent() -> None:
    first, second = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
    page: dict[str, Any] = {}
    exec(first, page)  # noqa: S102  # our own page
    exec(second, page)  # noqa: S102  # our own page
    now = int(time.time())
    for sent, body, right in ((now, b"{}", True), (now - 600, b"{}", False), (now, b"{ }", False)):
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(sent),
            "webhook-signature": f"v1,other {signature(KEY, 'msg_1', sent, b'{}')}",
        }
        assert page["verified"](SECRET, headers, body) is right


def test_it_names_the_events_there_are() -> None:
    assert set(re.findall(r"^\| `([a-z.]+)` \|", TEXT, flags=re.MULTILINE)) == set(EVENTS)
