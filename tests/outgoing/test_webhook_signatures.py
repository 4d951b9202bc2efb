"""Signatures of webhooks: as the specification's example has them, and good for nothing else."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from tocsin.outgoing.webhooks import signature
from tocsin.simulators.webhook_receiver import TOLERANCE_SECONDS, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # the example of the specification's libraries
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIME = 1614265330
BODY = b'{"test": 2432232314}'


def headers(signed: str, message: str = MESSAGE, time: int = TIME) -> dict[str, str]:
    return {"webhook-id": message, "webhook-timestamp": str(time), "webhook-signature": signed}


def test_the_known_example_comes_out() -> None:
    known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(KEY, MESSAGE, TIME, BODY) == known
    assert verify(SECRET, headers(known), BODY, TIME)


def test_one_right_signature_among_others_is_enough() -> None:
    right = signature(KEY, MESSAGE, TIME, BODY)
    other = signature(b"another", MESSAGE, TIME, BODY)
    assert verify(SECRET, headers(f"{other} v2,abc {right}"), BODY, TIME)
    assert not verify(SECRET, headers(f"{other} v2,abc"), BODY, TIME)


def test_a_message_played_again_later_is_refused() -> None:
    right = headers(signature(KEY, MESSAGE, TIME, BODY))
    assert verify(SECRET, right, BODY, TIME + TOLERANCE_SECONDS)
    assert not verify(SECRET, right, BODY, TIME + TOLERANCE_SECONDS + 1)
    assert not verify(SECRET, right, BODY, TIME - TOLERANCE_SECONDS - 1)
    assert not verify(SECRET, right, BODY)


def test_headers_that_are_missing_or_no_numbers_are_refused() -> None:
    right = headers(signature(KEY, MESSAGE, TIME, BODY))
    for name in right:
        assert not verify(SECRET, {key: value for key, value in right.items() if key != name}, BODY, TIME)
    assert not verify(SECRET, right | {"webhook-timestamp": "soon"}, BODY, TIME)


@given(
    st.binary(max_size=50), st.text("abcdefgh_", min_size=1), st.integers(0, 1 << 40), st.binary(max_size=40)
)
def test_whatever_is_changed_the_signature_is_wrong(body: bytes, message: str, time: int, key: bytes) -> None:
    signed = signature(key, message, time, body)
    secret = f"whsec_{base64.b64encode(key).decode()}"
    assert verify(secret, headers(signed, message, time), body, time)
    assert not verify(secret, headers(signed, message, time), body + b"x", time)
    assert not verify(secret, headers(signed, message + "x", time), body, time)
    assert not verify(secret, headers(signed, message, time + 1), body, time)
    other = base64.b64encode(key + b"x").decode()  # HMAC pads short keys with zeros: not with this
    assert not verify(f"whsec_{other}", headers(signed, message, time), body, time)
