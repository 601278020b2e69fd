"""Measures of the confidence by hand, and beside scikit-learn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from eval.confidence import (
    Bin,
    aurc,
    auroc,
    auroc_figure,
    bins_of,
    bootstrapped,
    brier,
    ece_of_rows,
    risk_coverage,
    selective_accuracy,
)
from eval.intervals import RESAMPLES, SEED, Figure, figure
from eval.judgements import FIGURES, Confidences, Judgement

SURE = [0.1, 0.3, 0.6, 0.8]
RIGHT = [0, 1, 0, 1]


def ece(sure: list[float], right: list[int], bins: int) -> float:
    """Of answers that stand from low to high confidence."""
    return float(ece_of_rows(np.array([sure]), np.array([right], float), bins)[0])


def ece_figure(sure: list[float], right: list[int]) -> float | None:
    pairs = zip(sure, right, strict=True)
    return Confidences(tuple(Judgement(c, bool(r)) for c, r in pairs)).figures()["ece"].value


def test_brier_and_ece_by_hand() -> None:
    assert brier(SURE, RIGHT) == pytest.approx((0.01 + 0.49 + 0.36 + 0.04) / 4)
    low, high = bins_of(SURE, RIGHT, 2)
    assert low == Bin(2, low.confidence, 0.5)
    assert high == Bin(2, high.confidence, 0.5)
    assert [low.confidence, high.confidence] == pytest.approx([0.2, 0.7])
    assert ece(SURE, RIGHT, 2) == pytest.approx(0.5 * 0.3 + 0.5 * 0.2)
    assert ece_figure([0.9] * 10, [1] * 9 + [0]) == pytest.approx(0)
    assert ece_figure([1.0, 1.0, 0.0], [0, 0, 1]) == 1


@pytest.mark.parametrize("n", [1, 7, 10, 23, 400])
def test_bins_hold_about_as_many_each_whatever_the_order(n: int) -> None:
    rng = np.random.default_rng(n)
    sure, right = rng.random(n), rng.integers(0, 2, n)
    bins = bins_of(sure, right)
    assert len(bins) == min(10, n)
    assert sum(one.n for one in bins) == n
    assert max(one.n for one in bins) - min(one.n for one in bins) <= 1
    order = rng.permutation(n)
    assert [one.n for one in bins_of(sure[order], right[order])] == [one.n for one in bins]


def test_equal_confidences_share_what_is_right_of_them() -> None:
    bins = bins_of([0.2, 0.2, 0.2, 0.7], [1, 0, 1, 0], 2)
    assert [one.n for one in bins] == [2, 2]
    assert [one.right for one in bins] == pytest.approx([2 / 3, 1 / 3])


def test_auroc_and_brier_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    for n in (5, 60, 500):
        truth = np.append(rng.integers(0, 2, n), [0, 1])
        for scores in (rng.random(n + 2), np.round(rng.random(n + 2), 1)):  # without and with ties
            assert auroc(scores, truth) == pytest.approx(
                roc_auc_score(truth, scores), abs=1e-9, rel=0
            )
            assert brier(scores, truth) == pytest.approx(
                brier_score_loss(truth, scores), abs=1e-9, rel=0
            )


def test_auroc_by_hand() -> None:
    assert auroc([0.9, 0.4, 0.4, 0.1], [1, 1, 0, 0]) == (2 + 0.5 + 1) / 4
    assert auroc([0.9, 0.4], [1, 1]) is None


def test_risk_and_coverage_by_hand() -> None:
    coverage, risk = risk_coverage(SURE, RIGHT)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert aurc(SURE, RIGHT) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert selective_accuracy(SURE, RIGHT, coverage=0.75) == pytest.approx(2 / 3)
    assert selective_accuracy(SURE, RIGHT, coverage=0.6) == pytest.approx(2 / 3)  # 2.4 are 3
    assert selective_accuracy(SURE, RIGHT) == 0.5


def test_of_equally_sure_answers_each_counts_their_mean() -> None:
    for right in ([1, 0, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0]):
        _, risk = risk_coverage([0.9, 0.5, 0.5, 0.5], right)
        assert risk.tolist() == pytest.approx([0, 1 / 3, 4 / 9, 1 / 2])


def test_what_is_never_covered_counts_among_the_questions_only() -> None:
    covered = [False, True, True, True]
    coverage, risk = risk_coverage(SURE, RIGHT, covered)
    assert coverage.tolist() == [0.25, 0.5, 0.75]
    assert risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3])
    assert aurc(SURE, RIGHT, covered) == pytest.approx((1 / 2 + 1 / 3) / 3)
    assert selective_accuracy(SURE, RIGHT, covered) is None  # 4 of 5 cannot be reached
    assert selective_accuracy(SURE, RIGHT, covered, coverage=0.5) == 0.5


@pytest.mark.parametrize("measure", [bins_of, brier, risk_coverage])
@pytest.mark.parametrize(
    ("sure", "right", "message"),
    [
        ([], [], "no answer was judged"),
        ([0.5, 0.5], [1], "not both"),
        ([0.5, 1.5], [1, 0], "not in 0..1"),
        ([0.5, float("nan")], [1, 0], "not in 0..1"),
        ([0.5, 0.5], [1, 0.5], "neither 0 nor 1"),
    ],
)
def test_what_cannot_be_measured_is_said(
    measure: Callable[..., object], sure: list[float], right: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        measure(sure, right)


def test_a_curve_needs_an_answer() -> None:
    with pytest.raises(ValueError, match="no answer was given"):
        risk_coverage(SURE, RIGHT, [False] * 4)


def test_the_bootstrap_of_a_mean_is_that_of_the_other_figures() -> None:
    values = [n**0.5 for n in range(40)]
    array = np.array(values)
    ours, theirs = bootstrapped(lambda draws: array[draws].mean(axis=1), 40), figure(values)
    assert ours.n == theirs.n
    assert [ours.value, ours.low, ours.high] == pytest.approx(
        [theirs.value, theirs.low, theirs.high]
    )


def test_the_interval_of_an_auroc_is_that_of_its_pairs_in_the_same_draws() -> None:
    rng = np.random.default_rng(SEED)
    truth, scores = np.arange(12) % 3 == 0, np.round(np.linspace(0, 1, 12) ** 2 * 7 % 1, 1)
    areas = []
    for draw in rng.integers(0, 12, size=(RESAMPLES, 12)):
        up, down = scores[draw][truth[draw]], scores[draw][~truth[draw]]
        if len(up) and len(down):
            gap = np.subtract.outer(up, down)
            areas.append(((gap > 0) + (gap == 0) / 2).mean())
    assert len(areas) < RESAMPLES  # some draws have one kind only
    ours = auroc_figure(scores, truth)
    assert (ours.low, ours.high) == pytest.approx(tuple(np.percentile(areas, [2.5, 97.5])))


def test_two_scores_of_a_question_are_drawn_together() -> None:
    pairs = [(0.9, 0.8), (0.5, 0.4), (0.3, 0.2)]
    own = auroc_figure(pairs, [(True, False)] * 3)
    assert own.n == 3
    assert own.value == pytest.approx(6 / 9)
    assert own.high == 1  # one of them drawn thrice
    assert own.low == pytest.approx(5 / 9, abs=0.12)
    assert auroc_figure([(0.9, 0.1)] * 5, [(True, False)] * 5).low == 1
    with pytest.raises(ValueError, match="differ in shape"):
        auroc_figure(pairs, [True, False, True])


def test_nothing_is_no_figure() -> None:
    assert auroc_figure([], []) == Figure(n=0)
    assert auroc_figure([0.5], [1]) == Figure(n=1)
    empty = Confidences(())
    assert not empty.bins()
    assert not empty.curve()
    assert all(one.value is None for one in empty.figures().values())


def test_a_run_leaves_out_and_counts_what_is_not_known() -> None:
    judged = [Judgement(c, bool(r)) for c, r in zip(SURE, RIGHT, strict=True)]
    withheld, unclear = Judgement(0.05, None, covered=False), Judgement(0.99, None)
    run = Confidences((*judged, withheld, unclear))
    assert (len(run.judged), run.unjudged) == (4, 2)
    figures = run.figures()
    assert list(figures) == list(FIGURES)
    assert figures["brier"].value == pytest.approx(brier(SURE, RIGHT))
    assert figures["ece"].value == pytest.approx(ece(SURE, RIGHT, 10))
    assert (figures["brier"].n, figures["aurc"].n) == (4, 5)  # the withheld one is a question
    assert figures["accuracy_at_80"].value == 0.5
    assert [point[0] for point in run.curve()] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    area = figures["aurc"]
    assert area.low is not None
    assert area.high is not None
    assert 0 <= area.low < area.high <= 1


def test_a_long_curve_keeps_its_ends() -> None:
    rng = np.random.default_rng(1)
    run = Confidences(tuple(Judgement(float(c), bool(c > 0.4)) for c in rng.random(999)))
    curve = run.curve()
    assert len(curve) == 100
    assert list(curve[0]) == pytest.approx([1 / 999, 0])
    assert curve[-1][0] == 1.0
    assert [point[0] for point in curve] == sorted(point[0] for point in curve)
    assert run.to_dict()["risk_coverage"][-1] == [1, round(curve[-1][1], 6)]


def test_ties_do_not_narrow_the_interval() -> None:
    run = Confidences(tuple(Judgement(0.5, n % 2 == 0) for n in range(100)))
    error, area = run.figures()["ece"], run.figures()["aurc"]
    assert area.value == 0.5  # whatever the order of the answers
    assert area.low is not None
    assert area.low < 0.45
    assert error.high is not None
    assert error.high > 0.1
