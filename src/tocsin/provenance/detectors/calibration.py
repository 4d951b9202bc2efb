"""What a detector's scores are worth: how much more often generated pictures get one than real ones do.

Platt's logistic curve (Probabilistic outputs for support vector machines, 1999, with the targets given
there), fitted by Newton's method with both sets weighing the same, whatever their sizes. So the odds that it
gives are the likelihood ratio itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from tocsin.provenance.detectors.errors import CalibrationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tocsin.media.sandbox import JsonValue
    from tocsin.provenance.detectors.json_tables import Table

LEAST_PICTURES: Final = 30
"""Of a kind; fewer say nothing."""
FIELDS: Final = ("method", "dataset", "n_real", "n_ai", "a", "b", "quantiles", "reached_real", "reached_ai")
_FOLDS: Final = 5
_STEPS: Final = 100
_QUANTILES: Final = 101
_RIDGE: Final = 1e-6
"""Keeps the curve finite where the sets do not overlap at all."""
_CONVERGED: Final = 1e-10


class Method(StrEnum):
    """What is known of a detector's scores."""

    PLATT = "platt"
    """How real and generated pictures score."""
    RANK = "rank"
    """How real pictures score."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What scores mean, by a named set of pictures."""

    method: Method
    dataset: str
    real: int
    """Real pictures in it."""
    generated: int
    slope: float = 0.0
    """The natural logarithm of the likelihood ratio is slope times score plus intercept."""
    intercept: float = 0.0
    quantiles: tuple[float, ...] = ()
    """Scores of real pictures, evenly spaced from the lowest to the highest."""
    reached: tuple[int, int] | None = None
    """Real and generated pictures that reached the least ratio that counts, each scored by a curve that was
    fitted without it."""

    def ratio(self, score: float) -> float:
        """How many times as likely a score is for a generated picture as for a real one.

        No ratio is more extreme than the number of pictures can support: among n real ones a score that comes
        up once in a thousand would not have been seen.
        """
        exponent = max(-700.0, min(700.0, self.slope * score + self.intercept))
        return max(1 / (self.generated + 1), min(self.real + 1.0, math.exp(exponent)))

    def share_below(self, score: float) -> float:
        """Share of the real pictures that score lower, from 0 to 1."""
        below = sum(one < score for one in self.quantiles)
        return below / max(1, len(self.quantiles))

    def to_json(self) -> "dict[str, JsonValue]":
        """The shape in which it rests beside the manifest."""
        shape: dict[str, JsonValue] = {
            "method": self.method.value,
            "dataset": self.dataset,
            "n_real": self.real,
            "n_ai": self.generated,
        }
        if self.method is Method.PLATT:
            shape |= {"a": self.slope, "b": self.intercept}
        if self.quantiles:
            shape["quantiles"] = list(self.quantiles)
        if self.reached is not None:
            shape |= {"reached_real": self.reached[0], "reached_ai": self.reached[1]}
        return shape

    @classmethod
    def read(cls, table: "Table") -> Self:
        """What `to_json` made. Raises ManifestError."""
        most = 10**9
        method = Method(table.choice("method", tuple(Method)))
        platt = method is Method.PLATT
        reached = tuple(table.whole(f"reached_{kind}", 0, most) for kind in ("real", "ai")) if platt else None
        if platt and table.number("a") <= 0:
            table.refuse("a", "is not positive: a higher score must speak for being generated")
        return cls(
            method=method,
            dataset=table.text("dataset"),
            real=table.whole("n_real", 1, most),
            generated=table.whole("n_ai", 0, most),
            slope=table.number("a") if platt else 0.0,
            intercept=table.number("b") if platt else 0.0,
            quantiles=() if platt else table.numbers("quantiles", _QUANTILES),
            reached=(reached[0], reached[1]) if reached else None,
        )


def calibrate(
    scores_real: Sequence[float], scores_ai: Sequence[float], *, dataset: str, least_ratio: float
) -> Calibration:
    """What scores mean, from those of pictures of known origin; without generated ones only their ranks.

    Raises:
        CalibrationError: there are too few pictures, or generated ones do not score higher than real ones.
    """
    _check_numbers(scores_real, scores_ai)
    real, generated = len(scores_real), len(scores_ai)
    if not generated:
        return Calibration(Method.RANK, dataset, real, 0, quantiles=_spaced(scores_real))
    slope, intercept = _platt(scores_real, scores_ai)
    if slope <= 0:
        message = (
            "generated pictures do not score higher than real ones, so the detector cannot tell them apart"
        )
        raise CalibrationError(message)
    fitted = Calibration(Method.PLATT, dataset, real, generated, slope, intercept)
    reached = [0, 0]
    for fold in range(_FOLDS):
        kept = [
            [one for at, one in enumerate(scores) if at % _FOLDS != fold]
            for scores in (scores_real, scores_ai)
        ]
        slope, intercept = _platt(*kept)
        without = replace(fitted, slope=slope, intercept=intercept)
        for kind, scores in enumerate((scores_real, scores_ai)):
            reached[kind] += sum(without.ratio(score) >= least_ratio for score in scores[fold::_FOLDS])
    return replace(fitted, reached=(reached[0], reached[1]))


def _check_numbers(scores_real: Sequence[float], scores_ai: Sequence[float]) -> None:
    for what, scores in (("real", scores_real), ("generated", scores_ai)):
        if len(scores) < LEAST_PICTURES and (scores or what == "real"):
            message = f"there are {len(scores)} {what} pictures; at least {LEAST_PICTURES} are needed"
            raise CalibrationError(message)
        if not all(map(math.isfinite, scores)):
            message = f"a score of a {what} picture is not a finite number"
            raise CalibrationError(message)


def _spaced(scores: Sequence[float]) -> tuple[float, ...]:
    ordered = sorted(scores)
    count = min(_QUANTILES, len(ordered))
    return tuple(ordered[round(step * (len(ordered) - 1) / (count - 1))] for step in range(count))


def _platt(scores_real: Sequence[float], scores_ai: Sequence[float]) -> tuple[float, float]:
    """Slope and intercept of the curve, in units of the scores."""
    import numpy as np  # noqa: PLC0415  # only for calibrating

    scores = np.array([*scores_real, *scores_ai], np.float64)
    middle, spread = scores.mean(), scores.std() or 1.0
    real, ai = len(scores_real), len(scores_ai)
    targets = np.repeat([1 / (real + 2), (ai + 1) / (ai + 2)], [real, ai])
    weights = np.repeat([0.5 / real, 0.5 / ai], [real, ai])
    columns = np.stack([(scores - middle) / spread, np.ones(len(scores))], axis=1)
    slope, intercept = _newton(columns, targets, weights)
    return float(slope / spread), float(intercept - slope * middle / spread)


def _newton(
    columns: "NDArray[np.float64]", targets: "NDArray[np.float64]", weights: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """The coefficients with the least weighted loss; each step is halved until it helps."""
    import numpy as np  # noqa: PLC0415  # as above

    def loss(beta: "NDArray[np.float64]") -> float:
        logits = columns @ beta
        return float(weights @ (np.logaddexp(0, logits) - targets * logits) + _RIDGE * beta @ beta / 2)

    beta = np.zeros(2)
    for _ in range(_STEPS):
        chances = 1 / (1 + np.exp(-np.clip(columns @ beta, -700, 700)))
        gradient = columns.T @ (weights * (chances - targets)) + _RIDGE * beta
        curvature = (columns * (weights * chances * (1 - chances))[:, None]).T @ columns + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        scale, now = 1.0, loss(beta)
        while scale > _CONVERGED and loss(beta - scale * step) > now:
            scale /= 2
        beta = beta - scale * step
        if scale * float(np.abs(step).max()) < _CONVERGED:
            break
    return beta
