"""Tiny ONNX models that stand for detectors, and folders to plug them in. None of them detects anything."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

SIDE = 8
SHAPE = (1, 3, SIDE, SIDE)


def model(
    nodes: Sequence[NodeProto],
    constants: Mapping[str, Any] | None = None,
    *,
    shape: Sequence[int | str] = SHAPE,
    output: Sequence[int | str] = (1, 1),
    name: str = "pixels",
) -> ModelProto:
    """A model of these nodes from an input of `shape`, called `name`, to the output `logits`."""
    tensors = [_tensor(key, value) for key, value in (constants or {}).items()]
    graph = helper.make_graph(
        list(nodes),
        "detector",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, output)],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def _tensor(name: str, value: Any) -> TensorProto:  # noqa: ANN401  # whatever NumPy takes
    array = np.asarray(value)
    kind = TensorProto.INT64 if array.dtype.kind == "i" else TensorProto.FLOAT
    kind = TensorProto.BOOL if array.dtype.kind == "b" else kind
    return helper.make_tensor(name, kind, array.shape, array.reshape(-1).tolist())


def brightness(gain: float = 10.0, bias: float = -5.0) -> ModelProto:
    """The mean of all values times `gain` plus `bias`, of shape (1, 1)."""
    nodes = [
        helper.make_node("ReduceMean", ["pixels", "axes"], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["mean", "shape"], ["flat"]),
        helper.make_node("Mul", ["flat", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["logits"]),
    ]
    constants = {"axes": [1, 2, 3], "shape": [1, 1], "gain": [float(gain)], "bias": [float(bias)]}
    return model(nodes, constants)


def two_classes() -> ModelProto:
    """The means of red and of blue, of shape (1, 2)."""
    nodes = [
        helper.make_node("ReduceMean", ["pixels", "axes"], ["means"], keepdims=0),
        helper.make_node("Gather", ["means", "chosen"], ["logits"], axis=1),
    ]
    return model(nodes, {"axes": [2, 3], "chosen": [0, 2]}, output=(1, 2))


def constant(value: float) -> ModelProto:
    """One value, whatever the picture."""
    nodes = [
        helper.make_node("ReduceMean", ["pixels", "axes"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "value"], ["logits"]),
    ]
    return model(nodes, {"axes": [1, 2, 3], "zero": [0.0], "value": [float(value)]}, output=(1,))


def endless() -> ModelProto:
    """A loop that would take days."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["on"], ["still"]),
            helper.make_node("Sin", ["before"], ["after"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, SHAPE),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, SHAPE),
        ],
    )
    nodes = [
        helper.make_node("Loop", ["turns", "yes", "pixels"], ["turned"], body=body),
        helper.make_node("ReduceMean", ["turned", "axes"], ["logits"], keepdims=0),
    ]
    return model(nodes, {"turns": 10**15, "yes": True, "axes": [1, 2, 3]}, output=(1,))


def gluttonous() -> ModelProto:
    """A few bytes that ask for 64 GB."""
    nodes = [
        helper.make_node("ReduceMean", ["pixels", "axes"], ["mean"], keepdims=0),
        helper.make_node("Expand", ["mean", "vast"], ["much"]),
        helper.make_node("Sin", ["much"], ["more"]),
        helper.make_node("ReduceMean", ["more", "first"], ["logits"], keepdims=0),
    ]
    return model(nodes, {"axes": [1, 2, 3], "vast": [1 << 34], "first": [0]}, output=())


def external(tensor: TensorProto) -> None:
    """Say of a tensor that its data stand in another file."""
    tensor.ClearField("float_data")
    tensor.ClearField("int64_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret")


def manifest(model_bytes: bytes, name: str = "bright") -> "dict[str, JsonValue]":
    """A manifest that fits `brightness`."""
    return {
        "id": name,
        "onnx": "model.onnx",
        "sha256": hashlib.sha256(model_bytes).hexdigest(),
        "license": "Apache-2.0",
        "source": "made by a test",
        "input": {
            "name": "pixels",
            "size": SIDE,
            "resize": "stretch",
            "layout": "NCHW",
            "range": "0..1",
        },
        "output": {"name": "logits", "kind": "sigmoid"},
        "valid_for": {"min_side": 16, "media": ["image"], "domain": "gradients"},
        "max_strength": "S1",
    }


def plug_in(
    home: Path,
    made: ModelProto,
    changes: "Mapping[str, JsonValue] | None" = None,
    name: str = "bright",
) -> Path:
    """Put a detector into its folder below `home`; `changes` replace fields of its manifest."""
    folder = home / name
    folder.mkdir(parents=True, exist_ok=True)
    data = made.SerializeToString()
    (folder / "model.onnx").write_bytes(data)
    (folder / "manifest.json").write_text(json.dumps({**manifest(data, name), **(changes or {})}))
    return folder
