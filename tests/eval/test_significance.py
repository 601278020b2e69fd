"""Tests of differences, and what they can see, against sums and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.significance import detectable_loss, detectable_mean, holm, mcnemar, power_of

EXACT = 1e-9


@given(lost=st.integers(0, 40), won=st.integers(0, 40))
def test_mcnemar_is_the_binomial_tail_on_both_sides(lost: int, won: int) -> None:
    n, fewer = lost + won, min(lost, won)
    tail = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    assert mcnemar(lost, won) == pytest.approx(min(1.0, 2 * tail), abs=EXACT)
    assert mcnemar(lost, won) == pytest.approx(mcnemar(won, lost), abs=EXACT)


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(6, 0) == pytest.approx(2 / 64)
    assert mcnemar(5, 0) == pytest.approx(2 / 32)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from([0.01, 0.05, 0.2]))
def test_holm_rejects_what_its_steps_reject(ps: list[float], alpha: float) -> None:
    rejected = set()
    for step, number in enumerate(sorted(range(len(ps)), key=lambda n: ps[n])):
        if ps[number] * (len(ps) - step) > alpha:
            break
        rejected.add(number)
    assert {number for number, p in enumerate(holm(ps)) if p <= alpha} == rejected


@pytest.mark.parametrize(("changed", "loss"), [(0.05, 0.05), (0.1, 0.06), (0.3, 0.1)])
def test_power_is_what_simulated_runs_show(changed: float, loss: float) -> None:
    n, runs = 200, 2000
    rng = np.random.default_rng(1)
    differ = rng.binomial(n, changed, runs)
    lost = rng.binomial(differ, (changed + loss) / (2 * changed))
    pairs = list(zip(lost.tolist(), (differ - lost).tolist(), strict=True))
    significant = {pair: mcnemar(*pair) <= 0.05 for pair in set(pairs)}
    seen = np.mean([significant[pair] for pair in pairs])
    assert power_of(n, changed, loss, 0.05) == pytest.approx(seen, abs=0.04)


def test_a_detectable_loss_is_seen_four_times_in_five_and_one_question_less_is_not() -> None:
    for n, differ in ((226, 0), (226, 20), (50, 5)):
        least = detectable_loss(n, differ, 0.05)
        assert least is not None
        lost = round(n * least)
        assert power_of(n, max(differ, lost) / n, lost / n, 0.05) >= 0.8
        assert power_of(n, max(differ, lost - 1) / n, (lost - 1) / n, 0.05) < 0.8


def test_few_questions_show_nothing() -> None:
    assert detectable_loss(0, 0, 0.05) is None
    assert detectable_loss(5, 0, 0.05) is None  # even five of five lost has p = 0.0625
    assert detectable_loss(6, 0, 0.05) == 1.0


def test_more_questions_show_less_and_more_tests_show_more() -> None:
    few, many = detectable_loss(50, 0, 0.05), detectable_loss(500, 0, 0.05)
    strict = detectable_loss(500, 0, 0.05 / 9)
    assert few
    assert many
    assert strict
    assert few > many
    assert strict > many


def test_a_detectable_mean_by_hand() -> None:
    differences = [0.1, -0.1] * 50
    spread = math.sqrt(100 / 99) * 0.1
    assert detectable_mean(differences, 0.05) == pytest.approx(2.801585 * spread / 10, abs=1e-6)
    assert detectable_mean([0.0] * 9, 0.05) is None
    assert detectable_mean([0.3], 0.05) is None
