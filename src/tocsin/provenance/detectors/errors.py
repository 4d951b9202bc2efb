"""What can be wrong with a detector that the operator plugs in."""

from tocsin.errors import Error


class DetectorError(Error):
    """A learned detector cannot be used."""

    code = "provenance.detector"
    advice = "Look at its manifest and its model; `tocsin detector list` says what is wrong."


class ManifestError(DetectorError):
    """The manifest of a detector does not say what it must."""

    code = "provenance.detector_manifest"
    advice = "Correct manifest.json; docs/howto/plug-in-a-detector.md lists its fields."


class ModelError(DetectorError):
    """The model of a detector cannot be used."""

    code = "provenance.detector_model"
    advice = "Export the model to one ONNX file without external data, and state its SHA-256 in the manifest."


class AnswerError(DetectorError):
    """A detector did not give an answer that can be read."""

    code = "provenance.detector_answer"
    advice = "Compare the input and output in its manifest with the model."


class NoRuntimeError(DetectorError):
    """onnxruntime, which runs detectors, is not installed."""

    code = "provenance.no_onnxruntime"
    advice = "Install it: pip install 'tocsin[detectors]'."


class CalibrationError(DetectorError):
    """A detector cannot be calibrated with these pictures."""

    code = "provenance.detector_calibration"
    advice = "Give more pictures, of the kind that will be examined."


class UnknownDetectorError(DetectorError):
    """There is no detector of that id."""

    code = "provenance.unknown_detector"
    advice = "`tocsin detector list` shows those there are; a detector is a folder with a manifest.json."
