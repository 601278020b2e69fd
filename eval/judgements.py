"""The confidences of a run: each answer's, whether it was right, and what they amount to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eval.confidence import (
    BINS,
    COVERED,
    bins_of,
    bootstrapped,
    covered_count,
    ece_of_rows,
    risk_coverage,
)
from eval.intervals import Figure, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eval.confidence import Bin

__all__ = ["FIGURES", "Confidences", "Judgement"]

CURVE_POINTS = 100
"""Points of a risk-coverage curve that are kept for drawing, at most."""

FIGURES = {
    "brier": "Brier score",
    "ece": "expected calibration error",
    "aurc": "area under risk-coverage",
    "accuracy_at_80": "right, of the surest 80 %",
}
"""Each figure of `Confidences` and its name in a table."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was claimed of one answer, and whether it held."""

    confidence: float
    right: bool | None
    """Whether the answer was right, or would have been; None where nobody can say."""
    covered: bool = True
    """False when no threshold brings the answer out: it was withheld and is not known."""


@dataclass(frozen=True, slots=True)
class Confidences:
    """The judgements of a run and what they amount to. Empty ones give figures without a value."""

    judgements: tuple[Judgement, ...]

    @property
    def judged(self) -> tuple[Judgement, ...]:
        """Those of which it is known whether the answer was right: the ones that are binned."""
        return tuple(one for one in self.judgements if one.right is not None)

    @property
    def unjudged(self) -> int:
        """Questions left out of the bins, the Brier score and the ECE."""
        return len(self.judgements) - len(self.judged)

    def figures(self) -> dict[str, Figure]:
        """Each of `FIGURES` with its 95 % interval."""
        return _figures(self.judgements)

    def bins(self) -> tuple[Bin, ...]:
        """The reliability diagram; empty when nothing was judged."""
        sure, right, _ = _columns(self.judged)
        return bins_of(sure, right) if sure else ()

    def curve(self) -> tuple[tuple[float, float], ...]:
        """(coverage, risk) of at most 100 points, evenly apart; empty when nothing was covered."""
        sure, right, covered = _columns(_on_the_curve(self.judgements))
        if not any(covered):
            return ()
        coverage, risk = risk_coverage(sure, right, covered)
        last = len(risk) - 1
        points = min(CURVE_POINTS, len(risk))
        kept = sorted({round(last * n / max(points - 1, 1)) for n in range(points)} | {last})
        return tuple((float(coverage[n]), float(risk[n])) for n in kept)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary."""
        return {
            "judged": len(self.judged),
            "unjudged": self.unjudged,
            "measures": {name: one.to_dict() for name, one in self.figures().items()},
            "bins": [
                {name: round(value, 6) for name, value in asdict(one).items()}
                for one in self.bins()
            ],
            "risk_coverage": [[round(c, 6), round(r, 6)] for c, r in self.curve()],
        }


@lru_cache(maxsize=64)
def _figures(judgements: tuple[Judgement, ...]) -> dict[str, Figure]:
    sure, right, _ = _columns([one for one in judgements if one.right is not None])
    areas, accuracies = _curve_figures(*_columns(_on_the_curve(judgements)))
    return {
        "brier": figure([(c - r) ** 2 for c, r in zip(sure, right, strict=True)], "share"),
        "ece": _ece_figure(sure, right),
        "aurc": areas,
        "accuracy_at_80": accuracies,
    }


def _ece_figure(sure: list[float], right: list[float]) -> Figure:
    import numpy as np

    if not sure:
        return Figure(n=0)
    own, true = np.asarray(sure), np.asarray(right)
    height = np.unique(own, return_inverse=True)[1]

    def error(draws: NDArray[Any]) -> NDArray[Any]:
        return ece_of_rows(_in_order(height, own, draws), _in_order(height, true, draws), BINS)

    return bootstrapped(error, len(sure))


def _curve_figures(
    sure: list[float], right: list[float], covered: list[bool]
) -> tuple[Figure, Figure]:
    """`aurc` and `selective_accuracy`: what is not covered is drawn, and stands last."""
    import numpy as np

    given, n = np.asarray(covered, dtype=bool), len(sure)
    if not given.any():
        return Figure(n=n), Figure(n=n)
    depth = np.unique(np.where(given, -np.asarray(sure), 1.0), return_inverse=True)[1]
    wrong, wanted = 1 - np.asarray(right), covered_count(n, COVERED)

    def risks(draws: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        risk = np.cumsum(_in_order(depth, wrong, draws), axis=1) / np.arange(1, n + 1)
        return risk, given[draws].sum(axis=1)

    def area(draws: NDArray[Any]) -> NDArray[Any]:
        risk, answers = risks(draws)
        total = (risk * (np.arange(n) < answers[:, None])).sum(axis=1)
        return np.where(answers > 0, total / np.maximum(answers, 1), np.nan)

    def accuracy(draws: NDArray[Any]) -> NDArray[Any]:
        risk, answers = risks(draws)
        return np.where(answers >= wanted, 1 - risk[:, wanted - 1], np.nan)

    return bootstrapped(area, n), bootstrapped(accuracy, n)


def _in_order(rank: NDArray[Any], values: NDArray[Any], draws: NDArray[Any]) -> NDArray[Any]:
    """The values of each row of drawn questions, by rank; of one rank each is their mean."""
    import numpy as np

    ranks, rows = int(rank.max()) + 1, len(draws)
    cells = rank[draws] + ranks * np.arange(rows)[:, None]
    times = np.bincount(cells.ravel(), minlength=rows * ranks)
    total = np.bincount(cells.ravel(), values[draws].ravel(), minlength=rows * ranks)
    cells.sort(axis=1)
    return np.asarray(total[cells] / times[cells])


def _on_the_curve(judgements: Sequence[Judgement]) -> list[Judgement]:
    return [one for one in judgements if one.right is not None or not one.covered]


def _columns(judgements: Sequence[Judgement]) -> tuple[list[float], list[float], list[bool]]:
    """Confidences, right ones and covered ones; what is not covered is right nowhere."""
    return (
        [one.confidence for one in judgements],
        [float(bool(one.right)) for one in judgements],
        [one.covered for one in judgements],
    )
