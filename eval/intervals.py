"""One figure from many values, and how far it could be off by the luck of the questions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Aggregate", "Figure", "figure", "none_of", "paired_p"]

Aggregate = Literal["mean", "share", "median", "p95"]
"""A share is the mean of values from 0 to 1."""

RESAMPLES = 2000
SEED = 20240101
COVERAGE = 95
PERMUTATIONS = 10_000
PERMUTATIONS_AT_ONCE = 500
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    """A value over `n` questions and its 95 % interval; all None when there were none."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready dictionary, rounded to six places."""
        rounded = {
            name: None if number is None else round(number, 6)
            for name, number in (("value", self.value), ("low", self.low), ("high", self.high))
        }
        return {"n": self.n, **rounded}


def figure(values: Sequence[float], aggregate: Aggregate = "mean") -> Figure:
    """The aggregate of `values` with a seeded percentile bootstrap interval over questions.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13: resample the
    questions with replacement, aggregate each resample, take the 2.5th and 97.5th percentiles.
    The seed is fixed, so the same values give the same interval. Where all values are equal it has
    no width, as if no other question could come out otherwise; a share that is 0 or 1 for every
    question has the interval of `none_of` instead.
    """
    return _figure(tuple(values), aggregate) if values else Figure(n=0)


def none_of(n: int) -> float:
    """How large, at most, a share may be that was 0 in all of n questions: 1 − 0.025^(1/n).

    The upper end of the exact 95 % interval of no success in n (Clopper and Pearson, Biometrika
    26, 1934); of n in n it is 1 less that. For values between 0 and 1 it is wide enough too: their
    mean is no larger than the share of those that are not 0.
    """
    return float(1 - ((100 - COVERAGE) / 200) ** (1 / n))


def paired_p(differences: Sequence[float]) -> float:
    """Two-sided p of the hypothesis that both of a pair come from one and the same system.

    A paired permutation test (Smucker, Allan and Carterette, CIKM 2007): if the
    hypothesis holds, each difference might as well have the other sign. p = (1 + number of
    random choices of signs with a mean at least as far from 0) / (1 + number of choices), which
    is never 0 (Phipson and Smyth, SAGMB 2010). The seed is fixed.
    """
    import numpy as np

    sample = np.asarray([d for d in differences if d], dtype=np.float64)  # a 0 has no sign
    rng = np.random.default_rng(SEED)
    reached = abs(float(sample.sum())) - ROUNDING
    extreme = 0
    for _ in range(PERMUTATIONS // PERMUTATIONS_AT_ONCE):
        signs = 2 * rng.integers(0, 2, size=(PERMUTATIONS_AT_ONCE, len(sample))) - 1
        extreme += int((np.abs(signs @ sample) >= reached).sum())
    return (1 + extreme) / (1 + PERMUTATIONS)


@lru_cache(maxsize=1024)
def _figure(values: tuple[float, ...], aggregate: Aggregate) -> Figure:
    import numpy as np

    if aggregate == "share" and set(values) in ({0.0}, {1.0}):
        value, off = float(values[0]), none_of(len(values))
        return Figure(len(values), value, max(0.0, value - off), min(1.0, value + off))
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(SEED)
    resamples = sample[rng.integers(0, len(sample), size=(RESAMPLES, len(sample)))]
    tail = (100 - COVERAGE) / 2
    low, high = np.percentile(_aggregated(resamples, aggregate), [tail, 100 - tail])
    value = _aggregated(sample[None, :], aggregate)[0]
    return Figure(n=len(values), value=float(value), low=float(low), high=float(high))


def _aggregated(rows: NDArray[Any], aggregate: Aggregate) -> NDArray[Any]:
    import numpy as np

    if aggregate in ("mean", "share"):
        return np.asarray(rows.mean(axis=1))
    return np.asarray(np.percentile(rows, 50 if aggregate == "median" else 95, axis=1))
