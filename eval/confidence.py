"""Is the confidence worth its name: is it the share right, and what does refusing by it buy?

Calibration asks whether answers given with confidence 0.8 are right eight times in ten; selective
prediction asks whether the wrong answers are those with the least confidence. The functions take
confidences, float (n,) in 0..1, and whether each answer was right, (n,) of 0 or 1; all raise
`ValueError` where that is not so, or n is 0. No result depends on the order of the questions: of
equally sure answers each counts their mean, which is the expectation over their order.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eval.intervals import COVERAGE, RESAMPLES, SEED, Figure, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "FIGURES",
    "Bin",
    "Confidences",
    "Judgement",
    "aurc",
    "auroc",
    "auroc_figure",
    "bins_of",
    "bootstrapped",
    "brier",
    "expected_calibration_error",
    "risk_coverage",
    "selective_accuracy",
]

BINS = 10
COVERED = 0.8
"""Share of the questions that `selective_accuracy` answers."""
CURVE_POINTS = 100
"""Points of a risk-coverage curve that are kept for drawing, at most."""
DRAWN_AT_ONCE = 1_000_000
"""Questions drawn between two uses of a statistic: what a bootstrap holds in memory."""
ROUNDING = 1e-9

FIGURES = {
    "brier": "Brier score",
    "ece": "expected calibration error",
    "aurc": "area under risk-coverage",
    "accuracy_at_80": "right, of the surest 80 %",
}
"""Each figure of `Confidences` and its name in a table."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence."""

    n: int
    confidence: float
    """Mean confidence."""
    right: float
    """Share right."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was claimed of one answer, and whether it held."""

    confidence: float
    right: bool | None
    """Whether the answer was right, or would have been; None where nobody can say."""
    covered: bool = True
    """False when no threshold brings the answer out: it was withheld and is not known."""


def bins_of(confidences: ArrayLike, right: ArrayLike, count: int = BINS) -> tuple[Bin, ...]:
    """The points of a reliability diagram: `count` bins, the least sure first.

    Equal-count bins (Nguyen and O'Connor, EMNLP 2015, section 3): numbers of answers differ by at
    most one. With fewer answers than bins each is a bin.
    """
    import numpy as np

    sure, true = _rising(*_checked(confidences, right))
    starts = _starts(len(sure), count)
    number = np.diff([*starts, len(sure)])
    confidence = np.add.reduceat(sure, starts) / number
    share = np.add.reduceat(true, starts) / number
    rows = zip(number.tolist(), confidence.tolist(), share.tolist(), strict=True)
    return tuple(Bin(n, c, r) for n, c, r in rows)


def expected_calibration_error(
    confidences: ArrayLike, right: ArrayLike, count: int = BINS
) -> float:
    """ECE = Σ over bins of n_bin / n × |share right − mean confidence|, 0..1, lower is better.

    Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017, equation 3; here with
    equal-count bins, those of `bins_of`. With few answers it is above 0 even of a perfect
    confidence (Kumar, Liang and Ma, NeurIPS 2019).
    """
    sure, true = _rising(*_checked(confidences, right))
    return float(_ece(sure[None], true[None], count)[0])


def brier(confidences: ArrayLike, right: ArrayLike) -> float:
    """Mean of (confidence − right)², 0..1, lower is better.

    Brier, Monthly Weather Review 78 (1950), for an event of two outcomes.
    """
    sure, true = _checked(confidences, right)
    return float(((sure - true) ** 2).mean())


def auroc(scores: ArrayLike, positive: ArrayLike) -> float | None:
    """Probability that a positive has a higher score than a negative, a tie counting one half.

    Area under the ROC curve as the Mann-Whitney statistic (Hanley and McNeil, Radiology 143,
    1982). `scores` are any numbers, `positive` as many of 0 or 1. None when one side is empty.
    The same as `sklearn.metrics.roc_auc_score`, in a form that can be bootstrapped.
    """
    import numpy as np

    given = np.asarray(scores, np.float64)
    area = float(_area(given, positive)(np.arange(len(given))[None])[0]) if given.size else math.nan
    return None if math.isnan(area) else area


def auroc_figure(scores: ArrayLike, positive: ArrayLike) -> Figure:
    """`auroc` with its 95 % interval over questions.

    Both are (n,) or, where a question has several scores that are drawn together, (n, m).
    """
    import numpy as np

    given = np.asarray(scores, np.float64)
    return bootstrapped(_area(given, positive), len(given)) if given.size else Figure(n=0)


def _area(given: NDArray[Any], positive: ArrayLike) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """The AUROC of each row of drawn questions, as `bootstrapped` asks for it."""
    import numpy as np

    held, n = np.asarray(positive, bool), len(given)
    if given.shape != held.shape:
        raise ValueError(f"scores {given.shape} and positive {held.shape} differ in shape")
    order = np.argsort(given, axis=None, kind="stable")
    first = np.unique(given.ravel()[order], return_index=True)[1]
    up, question = held.ravel()[order], order // (given.size // n)

    def area(draws: NDArray[Any]) -> NDArray[Any]:
        rows = len(draws)
        cells = (draws + n * np.arange(rows)[:, None]).ravel()
        times = np.bincount(cells, minlength=rows * n).reshape(rows, n)[:, question]
        positives = np.add.reduceat(times * up, first, axis=1)
        negatives = np.add.reduceat(times * ~up, first, axis=1)
        won = (positives * (np.cumsum(negatives, axis=1) - negatives / 2)).sum(axis=1)
        pairs = positives.sum(axis=1) * negatives.sum(axis=1)
        return np.where(pairs > 0, won / np.maximum(pairs, 1), np.nan)

    return area


def risk_coverage(
    confidences: ArrayLike, right: ArrayLike, covered: ArrayLike | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Coverage and risk when the m surest answers are given, m = 1, 2, …: two float (m,) in 0..1.

    Coverage = answers given / questions; risk = wrong / given (El-Yaniv and Wiener, JMLR 11,
    2010). `covered` (n,) is false for questions that are refused at any threshold: they count
    among the questions only, and the curve ends before coverage 1.
    """
    import numpy as np

    sure, true = _checked(confidences, right)
    given = np.ones(len(sure), bool) if covered is None else np.asarray(covered, dtype=bool)
    if not given.any():
        raise ValueError("no answer was given: there is no risk of any coverage")
    wrong = 1 - _rising(sure[given], true[given])[1][::-1]
    answers = np.arange(1, len(wrong) + 1)
    return answers / len(sure), np.cumsum(wrong) / answers


def aurc(confidences: ArrayLike, right: ArrayLike, covered: ArrayLike | None = None) -> float:
    """Mean risk over the coverages of `risk_coverage`, 0..1, lower is better.

    Area under the risk-coverage curve (Geifman and El-Yaniv, NIPS 2017). It is as low as the
    share of wrong answers allows: compare it only between systems asked the same questions.
    Where some questions are never covered it is the mean over the coverages that are reached.
    """
    return float(risk_coverage(confidences, right, covered)[1].mean())


def selective_accuracy(
    confidences: ArrayLike,
    right: ArrayLike,
    covered: ArrayLike | None = None,
    coverage: float = COVERED,
) -> float | None:
    """Share right, 0..1, of the surest answers to `coverage` of the questions.

    1 − risk at that coverage (Geifman and El-Yaniv, NIPS 2017). None when so many are not
    answered at all.
    """
    import numpy as np

    _, risk = risk_coverage(confidences, right, covered)
    wanted = _wanted(np.size(confidences), coverage)
    return None if wanted > len(risk) else float(1 - risk[wanted - 1])


def bootstrapped(statistic: Callable[[NDArray[Any]], NDArray[Any]], n: int) -> Figure:
    """A statistic of `n` questions with its 95 % interval: that of `figure`, for what is no mean.

    `statistic` is given draws of questions, int (rows, n) in 0..n-1, and gives the value of each
    row; NaN where it has none: such draws are left out of the interval.
    """
    import numpy as np

    value = float(statistic(np.arange(n)[None])[0]) if n else math.nan
    if math.isnan(value):
        return Figure(n=n)
    rng = np.random.default_rng(SEED)
    rows = max(1, DRAWN_AT_ONCE // n)
    drawn = np.concatenate(
        [
            statistic(rng.integers(0, n, size=(min(rows, RESAMPLES - done), n)))
            for done in range(0, RESAMPLES, rows)
        ]
    )
    tail = (100 - COVERAGE) / 2
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return Figure(n=n, value=value, low=float(low), high=float(high))


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
        "brier": figure([(c - r) ** 2 for c, r in zip(sure, right, strict=True)]),
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
        return _ece(_in_order(height, own, draws), _in_order(height, true, draws), BINS)

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
    wrong, wanted = 1 - np.asarray(right), _wanted(n, COVERED)

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


def _checked(confidences: ArrayLike, right: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy as np

    sure, true = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    if sure.ndim != 1 or sure.shape != true.shape:
        raise ValueError(f"confidences {sure.shape} and right {true.shape} are not both (n,)")
    if not len(sure):
        raise ValueError("no answer was judged: there is nothing to measure")
    if not ((sure >= 0) & (sure <= 1)).all():
        raise ValueError("a confidence is not in 0..1")
    if not ((true == 0) | (true == 1)).all():
        raise ValueError("right is neither 0 nor 1")
    return sure, true


def _rising(sure: NDArray[Any], true: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Confidences from low to high and the right ones; those of a tie each count their mean."""
    import numpy as np

    order = np.argsort(sure, kind="stable")
    _, first, ties = np.unique(sure[order], return_index=True, return_counts=True)
    if not len(first):
        return sure, true
    return sure[order], np.repeat(np.add.reduceat(true[order], first) / ties, ties)


def _starts(n: int, count: int) -> NDArray[Any]:
    """Where each of `count` bins of n answers begins; n bins when there are fewer answers."""
    import numpy as np

    bins = min(count, n)
    return np.arange(bins) * n // bins


def _ece(sure: NDArray[Any], true: NDArray[Any], count: int) -> NDArray[Any]:
    """ECE of each row of (rows, n), from low to high confidence."""
    import numpy as np

    starts = _starts(sure.shape[1], count)
    gaps: NDArray[Any] = np.add.reduceat(true - sure, starts, axis=1)
    return np.asarray(np.abs(gaps).sum(axis=1) / sure.shape[1])


def _wanted(n: int, coverage: float) -> int:
    """How many of n questions make up a coverage."""
    return max(1, math.ceil(coverage * n - ROUNDING))
