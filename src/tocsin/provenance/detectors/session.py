"""The model of a detector: read whole, checked against its manifest, and run by onnxruntime on one core."""

import hashlib
import os
from typing import TYPE_CHECKING, Final

from tocsin.provenance.detectors.errors import AnswerError, ModelError, NoRuntimeError
from tocsin.provenance.detectors.external_data import refuse_external_data
from tocsin.provenance.texts import shortened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tocsin.provenance.detectors.manifest import Manifest

MAX_MODEL: Final = (1 << 31) - 1
"""Protocol Buffers hold no more in one message."""
_PROVIDER: Final = "CPUExecutionProvider"
_SILENT: Final = 4
_SMALLEST_CHANCE: Final = 1e-6
_SHOWN: Final = 200


def read_model(manifest: "Manifest") -> bytes:
    """The model's bytes. Raises ModelError: they are not those that the manifest names, or not all of it."""
    path = manifest.model
    try:
        if path.resolve().parent != manifest.folder.resolve():
            message = f"{manifest.onnx} leads out of the detector's folder"
            raise ModelError(message)
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size > MAX_MODEL:
                message = f"{manifest.onnx} has {size:,} bytes; the limit is {MAX_MODEL:,}"
                raise ModelError(message)
            file.seek(0)
            model = file.read()
    except OSError as error:
        message = f"{manifest.onnx} cannot be read ({error.strerror})"
        raise ModelError(message) from error
    digest = hashlib.sha256(model).hexdigest()
    if digest != manifest.sha256:
        message = f"{manifest.onnx} has the SHA-256 {digest}, not that of its manifest"
        raise ModelError(message)
    refuse_external_data(model)
    return model


class Session:
    """A model ready to run. One thread, no files beside the model, nothing sent anywhere."""

    def __init__(self, manifest: "Manifest") -> None:
        """Raises ModelError, NoRuntimeError."""
        try:
            import onnxruntime  # noqa: PLC0415  # an extra, and 36 MB
        except ImportError as error:
            raise NoRuntimeError from error
        model = read_model(manifest)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _SILENT
        options.enable_cpu_mem_arena = False  # it would hold on to the most that any picture took
        onnxruntime.disable_telemetry_events()
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=[_PROVIDER])
        except Exception as error:  # onnxruntime raises many classes of its own; all of it is told
            raise ModelError(_words("onnxruntime does not take the model", error)) from error
        self._spec = manifest.output
        self._input = manifest.input.name
        self.reader = f"onnxruntime {onnxruntime.__version__} ({_PROVIDER})"
        self._check_names()

    def _check_names(self) -> None:
        inputs = {one.name: one for one in self._session.get_inputs()}
        outputs = [one.name for one in self._session.get_outputs()]
        if list(inputs) != [self._input]:
            message = f"the model's inputs are {shortened(', '.join(inputs))}, not just {self._input}"
            raise ModelError(message)
        if inputs[self._input].type != "tensor(float)":
            message = f"the model's input is a {shortened(inputs[self._input].type)}, not 32-bit floats"
            raise ModelError(message)
        if self._spec.name not in outputs:
            message = (
                f"the model's outputs are {shortened(', '.join(outputs))}; {self._spec.name} is not there"
            )
            raise ModelError(message)

    def score(self, crop: "NDArray[np.float32]") -> float:
        """The log-odds that the model gives one crop. Raises AnswerError."""
        import numpy as np  # noqa: PLC0415  # only with pixels

        try:
            (answer,) = self._session.run([self._spec.name], {self._input: crop})
            values = np.asarray(answer, np.float64).reshape(-1)
        except MemoryError:
            raise
        except Exception as error:  # as above
            raise AnswerError(_words("the model failed", error)) from error
        index = self._spec.ai_index
        if index >= values.size or (self._spec.kind == "softmax" and values.size == 1):
            message = (
                f"the model answers with {values.size} values; {index} cannot be read as {self._spec.kind}"
            )
            raise AnswerError(message)
        if not np.isfinite(values).all():
            message = "the model answers with something that is not a finite number"
            raise AnswerError(message)
        return self._log_odds(values, index)

    def _log_odds(self, values: "NDArray[np.float64]", index: int) -> float:
        import numpy as np  # noqa: PLC0415  # as above

        chosen = float(values[index])
        if self._spec.kind == "softmax":
            return chosen - float(np.logaddexp.reduce(np.delete(values, index)))
        if self._spec.kind == "sigmoid":
            return chosen
        if not 0 <= chosen <= 1:
            message = "the model's answer is no probability"
            raise AnswerError(message)
        chosen = min(1 - _SMALLEST_CHANCE, max(_SMALLEST_CHANCE, chosen))
        return float(np.log(chosen / (1 - chosen)))


def _words(what: str, error: Exception) -> str:
    return f"{what} ({type(error).__name__}: {shortened(str(error), _SHOWN)})"
