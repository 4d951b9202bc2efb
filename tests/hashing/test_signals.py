"""Signals and digests: lengths, spelling, and what stands for what."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.hashing.digests import digest_signals
from tocsin.hashing.signals import InvalidSignalError, Signal, SignalType, parse_signal


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_digests_of_chunks_are_those_of_the_whole(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    expected = [hashlib.md5(whole), hashlib.sha1(whole), hashlib.sha256(whole)]  # noqa: S324  # the oracle
    assert [signal.value for signal in digest_signals(chunks)] == [digest.digest() for digest in expected]


@given(st.sampled_from(SignalType), st.binary(max_size=40))
def test_a_value_has_the_length_of_its_type(kind: SignalType, value: bytes) -> None:
    if len(value) == kind.size:
        assert parse_signal(f"{kind.upper()}:{value.hex().upper()}") == Signal(kind, value)
    else:
        with pytest.raises(InvalidSignalError):
            Signal(kind, value)


@pytest.mark.parametrize(
    "text", ["", "pdq", "pdq:", "pdq:zz", "crc32:00", "md5:" + "0" * 31, ":00", "md5:\udcff"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidSignalError):
        parse_signal(text)
