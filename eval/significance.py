"""Is a difference more than the luck of the questions, and which one could be seen at all?

Both runs answer the same questions, so the tests are paired: only questions that came out
differently speak. scipy counts; what is ours is Holm's step and the search for the smallest loss.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ALPHA", "POWER", "detectable_loss", "detectable_mean", "holm", "mcnemar", "power_of"]

ALPHA = 0.05
"""Risk of calling a difference real that is none, over all measures together."""
POWER = 0.8
"""How surely a detectable difference is to be seen (Cohen 1988, section 2.4)."""
ROUNDING = 1e-12


def mcnemar(lost: int, won: int) -> float:
    """Two-sided exact p that a question is as likely to be lost as to be won.

    McNemar, Psychometrika 12 (1947), in its exact form: lost ~ Binomial(lost + won, 1/2).
    """
    from scipy.stats import binomtest

    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """Each p adjusted for there being several: under alpha, no false alarm but with risk alpha.

    The i-th smallest of m is multiplied by m − i + 1, and none falls below a smaller one (Holm,
    Scandinavian Journal of Statistics 6, 1979).
    """
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for rank, number in enumerate(sorted(range(len(ps)), key=lambda n: ps[n])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[number]))
        adjusted[number] = highest
    return tuple(adjusted)


def power_of(n: int, changed: float, loss: float, alpha: float) -> float:
    """Probability that `mcnemar` falls to `alpha`, or under, when of n questions so many are lost.

    `changed` is the share of questions that come out differently, `loss` the share lost less the
    share won, 0 <= loss <= changed. Exact: questions that differ ~ Binomial(n, changed), lost ones
    of them ~ Binomial(their number, (changed + loss) / (2 changed)); cf. Connor, Biometrics 43
    (1987), who takes the normal approximation.
    """
    import numpy as np
    from scipy.stats import binom

    differ = np.arange(n + 1)
    critical = binom.isf(alpha / 2, differ, 0.5) + 1  # the fewest lost ones that are significant
    reached = 2 * binom.sf(critical - 1, differ, 0.5) <= alpha + ROUNDING
    critical = np.where(reached, critical, differ + 1)
    seen = binom.sf(critical - 1, differ, min(1.0, (changed + loss) / (2 * changed)))
    return float((binom.pmf(differ, n, changed) * seen).sum())


@lru_cache(maxsize=256)
def detectable_loss(n: int, differ: int, alpha: float, power: float = POWER) -> float | None:
    """The smallest net loss, as a share of n questions, that `mcnemar` sees with that power.

    `differ` questions came out differently between the two runs: about as many are taken to do so
    again, or as many as are lost, if those are more. None when n is too small for any.
    """
    low, high = 0, n  # power rises with the loss: halve the questions between
    if not n or power_of(n, 1.0, 1.0, alpha) < power:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        seen = power_of(n, max(differ, middle) / n, middle / n, alpha)
        low, high = (low, middle) if seen >= power else (middle, high)
    return high / n


def detectable_mean(
    differences: Sequence[float], alpha: float, power: float = POWER
) -> float | None:
    """The smallest mean difference that a paired test sees with that power.

    (z(1 − alpha/2) + z(power)) × s / √n, s the standard deviation of the differences (Bloom,
    Evaluation Review 19, 1995). None when they do not vary: that says nothing about others.
    """
    import numpy as np
    from scipy.stats import norm

    spread = float(np.std(differences, ddof=1)) if len(differences) > 1 else 0.0
    if not spread:
        return None
    return float((norm.isf(alpha / 2) + norm.ppf(power)) * spread / len(differences) ** 0.5)
