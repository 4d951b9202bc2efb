"""How the pool, the zygote and the workers talk: length-prefixed JSON, file descriptors beside it.

JSON and not pickle: whoever has taken over a worker can send anything, and loading a pickle runs code.
"""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
JsonObject = Mapping[str, JsonValue]

MAX_MESSAGE_BYTES = 1 << 20
MAX_JOB_BYTES = 32 << 10
"""A job's message: two of them always fit into a socket's buffer, so that sending one never blocks."""
_LENGTH_BYTES = 4
_CHUNK_BYTES = 1 << 16


class ProtocolError(Exception):
    """The other side sent what it never should."""


def pack(message: JsonObject) -> bytes:
    """The bytes of one message; text that is not Unicode (PEP 383) survives as escapes."""
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")
    if len(body) > MAX_MESSAGE_BYTES:
        error = f"a message of {len(body):,} bytes is over the limit of {MAX_MESSAGE_BYTES:,}"
        raise ProtocolError(error)
    return len(body).to_bytes(_LENGTH_BYTES) + body


def unpack(body: bytes) -> JsonObject:
    """The message in `body`, or ProtocolError."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(str(error)) from error
    if not isinstance(message, dict):
        error_text = "a message must be an object"
        raise ProtocolError(error_text)
    return message


class Inbox:
    """Cuts a stream of bytes that arrives in pieces into messages."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[JsonObject, int]]:
        """Messages completed by `data`, each with its length in bytes."""
        self._bytes += data
        while len(self._bytes) >= _LENGTH_BYTES:
            length = int.from_bytes(self._bytes[:_LENGTH_BYTES])
            if length > MAX_MESSAGE_BYTES:
                error = f"a message of {length:,} bytes is over the limit"
                raise ProtocolError(error)
            stop = _LENGTH_BYTES + length
            if len(self._bytes) < stop:
                return
            body = bytes(self._bytes[_LENGTH_BYTES:stop])
            del self._bytes[:stop]
            yield unpack(body), stop


def send(channel: socket.socket, message: JsonObject, descriptors: Sequence[int] = ()) -> None:
    """Send one message, with copies of `descriptors`."""
    data = pack(message)
    sent = socket.send_fds(channel, [data], list(descriptors)) if descriptors else 0
    if sent < len(data):
        channel.sendall(data[sent:])


def receive(channel: socket.socket) -> tuple[JsonObject, list[int]] | None:
    """The next message and the descriptors that came with it; None when the other side is gone.

    Reads from a blocking socket and never past the message, since descriptors stick to its first byte.
    """
    head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH_BYTES, 1)
    while head and len(head) < _LENGTH_BYTES:
        head += channel.recv(_LENGTH_BYTES - len(head))
    if not head:
        return None
    left = int.from_bytes(head)
    parts = []
    while left:
        part = channel.recv(min(left, _CHUNK_BYTES))
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    return unpack(b"".join(parts)), descriptors
