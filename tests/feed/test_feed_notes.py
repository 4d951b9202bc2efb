"""Notes and checkpoints are those of C2SP, and only what the right key signed is believed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.feed_logs import NAME, NOW, signer

from tocsin.exchange.feed.errors import CardError, NotSignedError
from tocsin.exchange.feed.notes import (
    Checkpoint,
    Verifier,
    is_name,
    read_checkpoint,
    read_note,
    sign_checkpoint,
    sign_note,
)

_KEY = signer(1)
_CHECKPOINT = Checkpoint(NAME, 5, bytes(range(32)), NOW)
_NOTE = sign_checkpoint(_CHECKPOINT, [_KEY])


def test_a_note_of_another_implementation_is_read() -> None:
    """The example in the documentation of Go's golang.org/x/mod/sumdb/note."""
    key = Verifier.from_text("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert read_note(f"{text}\n— PeterNeumann {signature}\n".encode(), [key]) == text


def test_a_checkpoint_comes_back_with_its_time() -> None:
    assert read_checkpoint(_NOTE, _KEY.verifier) == _CHECKPOINT
    assert Verifier.from_text(_KEY.verifier.to_text()) == _KEY.verifier


def test_a_checkpoint_signed_by_two_keys_is_read_with_either() -> None:
    note = sign_checkpoint(_CHECKPOINT, [_KEY, signer(2)])
    assert read_checkpoint(note, signer(2).verifier) == read_checkpoint(note, _KEY.verifier) == _CHECKPOINT


@pytest.mark.parametrize("key", [signer(2), signer(1, "b.example/feed")])
def test_another_key_is_not_believed(key: object) -> None:
    assert isinstance(key, type(_KEY))
    with pytest.raises(NotSignedError):
        read_checkpoint(_NOTE, key.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "b.example/feed\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",  # of another feed
        f"{NAME}\n05\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        f"{NAME}\n-5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        f"{NAME}\n5\nAAAA\n",
        f"{NAME}\n5\n",
        f"{NAME}\n{'9' * 5000}\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        f"{NAME}\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nmore\n",
    ],
)
def test_what_is_signed_and_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NotSignedError):
        read_checkpoint(sign_note(text, [_KEY]), _KEY.verifier)


def test_a_checkpoint_without_a_signed_time_is_refused() -> None:
    with pytest.raises(NotSignedError, match="no signed time"):
        read_checkpoint(sign_note(_CHECKPOINT.text, [_KEY]), _KEY.verifier)


def test_a_time_cannot_be_moved_to_another_tree() -> None:
    other = (
        sign_checkpoint(Checkpoint(NAME, 6, bytes(32), NOW + 9), [_KEY]).decode().splitlines(keepends=True)
    )
    mixed = "".join([*_NOTE.decode().splitlines(keepends=True)[:-1], other[-1]])
    with pytest.raises(NotSignedError):
        read_checkpoint(mixed.encode(), _KEY.verifier)


@given(st.data())
def test_a_note_that_was_altered_says_the_same_or_is_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(_NOTE) - 1))
    replaced = data.draw(st.binary(max_size=2))
    altered = _NOTE[:at] + replaced + _NOTE[at + 1 :]
    with suppress(NotSignedError):
        assert read_checkpoint(altered, _KEY.verifier) == _CHECKPOINT


@given(st.binary(max_size=400))
def test_any_bytes_are_no_note(data: bytes) -> None:
    with pytest.raises(NotSignedError):
        read_checkpoint(data, _KEY.verifier)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "cosignature/v1", "tocsin-feed-card/1", "a\n", "/a", "é", "x" * 201]
)
def test_what_cannot_be_a_name(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("text", ["", "a", "a+b+c", f"{NAME}+00000000+AQ==", "é+é+é"])
def test_what_cannot_be_a_key(text: str) -> None:
    with pytest.raises(CardError):
        Verifier.from_text(text)


def test_a_key_under_another_id_is_refused() -> None:
    name, _, key = _KEY.verifier.to_text().split("+", 2)
    with pytest.raises(CardError, match="id"):
        Verifier.from_text(f"{name}+00000000+{key}")
