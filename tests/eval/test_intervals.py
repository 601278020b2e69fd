"""Intervals are seeded, and as wide as they should be."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from eval import intervals
from eval.intervals import Figure, figure, none_of, paired_p
from eval.measures import MEASURES


def test_no_values_is_no_figure() -> None:
    assert figure([]) == Figure(n=0, value=None, low=None, high=None)


def test_aggregates_by_hand() -> None:
    values = [1.0, 2.0, 3.0, 10.0]
    assert figure(values).value == 4
    assert figure(values, "median").value == 2.5
    assert figure(values, "p95").value == pytest.approx(3 + 0.85 * 7)  # rank 0.95 * 3 = 2.85


def test_width_agrees_with_the_normal_approximation() -> None:
    share = figure([1.0, 0.0] * 100)
    assert share.low is not None
    assert share.high is not None
    assert share.low == pytest.approx(0.5 - 1.96 * 0.5 / 200**0.5, abs=0.01)
    assert share.high == pytest.approx(0.5 + 1.96 * 0.5 / 200**0.5, abs=0.01)


def test_same_values_same_interval() -> None:
    values = [n**0.5 for n in range(40)]  # so uneven that another seed shows
    before = figure(values)
    intervals._figure.cache_clear()
    assert figure(values) == before
    assert figure([1.0] * 9) == Figure(9, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("n", [1, 2, 9, 22, 383, 5000])
def test_a_share_that_is_0_or_1_for_every_question_has_the_exact_interval(n: int) -> None:
    for value in (0.0, 1.0):
        reference = binomtest(int(value) * n, n).proportion_ci(method="exact")
        own = figure([value] * n, "share")
        assert (own.n, own.value) == (n, value)
        assert own.low == pytest.approx(reference.low, abs=1e-9)
        assert own.high == pytest.approx(reference.high, abs=1e-9)
    assert none_of(n) == pytest.approx(binomtest(0, n).proportion_ci(method="exact").high, abs=1e-9)


def test_any_other_share_has_the_interval_of_its_mean() -> None:
    for values in ([1.0, 0.0, 1.0], [0.5] * 9, [1.0] * 8 + [0.5]):
        assert figure(values, "share") == figure(values)


def test_what_is_no_share_may_be_1_for_every_question() -> None:
    """A difference, say, or a number of words: the exact interval is none for them."""
    assert figure([0.0] * 9) == Figure(9, 0.0, 0.0, 0.0)
    assert figure([1.0] * 9, "median") == Figure(9, 1.0, 1.0, 1.0)
    assert {m.name for m in MEASURES if m.aggregate != "share"} == {
        "median_words", "latency_p50_ms", "latency_p95_ms",
    }  # fmt: skip


def test_rounded_for_json() -> None:
    assert figure([1.0, 0.0, 0.0]).to_dict()["value"] == 0.333333


def test_paired_permutation_by_hand() -> None:
    assert paired_p([]) == paired_p([0.0, 0.0]) == 1
    assert paired_p([1.0, 1.0, 1.0]) == pytest.approx(2 / 8, abs=0.015)
    assert paired_p([0.5, 0.0, -0.5]) == 1
    assert paired_p([1.0] * 40) == 1 / 10_001
    mixed = [0.3, -0.1, 0.2, 0.05, -0.02, 0.4]
    assert paired_p(mixed) == paired_p([-d for d in mixed]) == pytest.approx(12 / 64, abs=0.015)
