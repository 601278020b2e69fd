"""Is the confidence worth its name: is it the share right, and what does refusing by it buy?

Calibration asks whether answers given with confidence 0.8 are right eight times in ten; selective
prediction asks whether the wrong answers are those with the least confidence. The functions take
confidences, float (n,) in 0..1, and whether each answer was right, (n,) of 0 or 1; all raise
`ValueError` where that is not so, or n is 0. No result depends on the order of the questions: of
equally sure answers each counts their mean, which is the expectation over their order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.intervals import COVERAGE, RESAMPLES, SEED, Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BINS",
    "COVERED",
    "Bin",
    "aurc",
    "auroc",
    "auroc_figure",
    "bins_of",
    "bootstrapped",
    "brier",
    "covered_count",
    "ece_of_rows",
    "risk_coverage",
    "selective_accuracy",
]

BINS = 10
COVERED = 0.8
"""Share of the questions that `selective_accuracy` answers."""
DRAWN_AT_ONCE = 1_000_000
"""Questions drawn between two uses of a statistic: what a bootstrap holds in memory."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence."""

    n: int
    confidence: float
    """Mean confidence."""
    right: float
    """Share right."""


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
    wanted = covered_count(np.size(confidences), coverage)
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


def ece_of_rows(sure: NDArray[Any], true: NDArray[Any], count: int) -> NDArray[Any]:
    """ECE of each row of (rows, n), from low to high confidence: 0..1, lower is better.

    Σ over bins of n_bin / n × |share right − mean confidence| (Naeini, Cooper and Hauskrecht, AAAI
    2015; Guo et al., ICML 2017, equation 3), here with equal-count bins, those of `bins_of`. With
    few answers it is above 0 even of a perfect confidence (Kumar, Liang and Ma, NeurIPS 2019).
    """
    import numpy as np

    starts = _starts(sure.shape[1], count)
    gaps: NDArray[Any] = np.add.reduceat(true - sure, starts, axis=1)
    return np.asarray(np.abs(gaps).sum(axis=1) / sure.shape[1])


def covered_count(n: int, coverage: float) -> int:
    """How many of n questions make up a coverage."""
    return max(1, math.ceil(coverage * n - ROUNDING))
