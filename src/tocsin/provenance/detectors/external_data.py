"""Whether an ONNX model keeps tensors in other files, found by walking its Protocol Buffers.

onnxruntime would open those files. The numbers of fields are those of onnx/onnx.proto; messages that hold no
tensors are stepped over.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tocsin.provenance.detectors.errors import ModelError

_FIELDS: Final[Mapping[str, Mapping[int, str]]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "tensor": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_MOST_FIELDS: Final = 3_000_000
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_VARINT_BYTES: Final = 10


def refuse_external_data(model: bytes) -> None:
    """Raises ModelError if a tensor of the model is in another file, or if `model` is no ONNX model."""
    stack, left = [("model", 0, len(model))], _MOST_FIELDS
    while stack:
        kind, start, end = stack.pop()
        for number, at, stop in _fields(model, start, end):
            left -= 1
            if not left:
                message = f"the model has more than {_MOST_FIELDS:,} fields"
                raise ModelError(message)
            if kind == "tensor" and number in {_EXTERNAL_DATA, _DATA_LOCATION} and any(model[at:stop]):
                message = "the model keeps tensors in other files (external data)"
                raise ModelError(message)
            if number in _FIELDS[kind]:
                stack.append((_FIELDS[kind][number], at, stop))


def _fields(model: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number of each field, and where its content begins and ends."""
    while at < end:
        key, at = _varint(model, at, end)
        length = {_FIXED64: 8, _FIXED32: 4}.get(key & 7)
        start = at
        if key & 7 == _VARINT:
            _, at = _varint(model, at, end)
        elif key & 7 == _BYTES:
            length, start = _varint(model, at, end)
            at = start + length
        elif length is not None:
            at += length
        else:
            raise _no_model()
        if at > end:
            raise _no_model()
        yield key >> 3, start, at


def _varint(model: bytes, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(_VARINT_BYTES):
        if at + shift >= end:
            break
        byte = model[at + shift]
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:  # noqa: PLR2004  # the last byte of the number
            return value, at + shift + 1
    raise _no_model()


def _no_model() -> ModelError:
    return ModelError("the file is not an ONNX model")
