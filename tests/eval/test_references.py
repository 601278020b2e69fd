"""Metrics beside their reference implementations, to 1e-9."""

from __future__ import annotations

import json
import math
from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, R, nDCG
from scipy import stats

from assistant.answers import Hit
from embeddings.records import Passage
from eval.intervals import SEED, figure, paired_p
from eval.metrics import exact_match, token_f1
from eval.retrieval import Span, retrieval_scores

EXACT = 1e-9
SQUAD = Path(__file__).with_name("squad_reference.jsonl")


def test_exact_and_f1_are_those_of_the_official_squad_script() -> None:
    """Strings of our own making; the figures are what evaluate-v2.0.py gave for them."""
    rows = [json.loads(line) for line in SQUAD.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 300
    assert {row["exact"] for row in rows} == {0, 1}
    assert sum(0 < row["f1"] < 1 for row in rows) == 100
    for row in rows:
        assert exact_match(row["answer"], row["gold"]) == row["exact"], row
        assert token_f1(row["answer"], row["gold"]) == pytest.approx(row["f1"], abs=EXACT), row


LENGTH = 10
PLACES = st.integers(0, 29)


@given(ranking=st.lists(PLACES, unique=True, max_size=14), needed=st.sets(PLACES, min_size=1))
@settings(deadline=None)
def test_retrieval_is_that_of_ir_measures(ranking: list[int], needed: set[int]) -> None:
    """Where a hit is one place and an evidence another, they are plain documents."""
    hits = [_hit(place, rank) for rank, place in enumerate(ranking, start=1)]
    spans = [[_span(place)] for place in sorted(needed)]
    qrels = {"q": {str(place): 1 for place in needed}}
    run = {"q": {str(place): float(-rank) for rank, place in enumerate(ranking[:10])}}
    reference = ir_measures.calc_aggregate([R @ 1, R @ 5, R @ 10, RR @ 10, nDCG @ 10], qrels, run)
    own = retrieval_scores(hits, spans)
    for name, measure in (
        ("recall_at_1", R @ 1), ("recall_at_5", R @ 5), ("recall_at_10", R @ 10),
        ("mrr", RR @ 10), ("ndcg_at_10", nDCG @ 10),
    ):  # fmt: skip
        assert own[name] == pytest.approx(reference[measure], abs=EXACT), name


@given(ranking=st.lists(PLACES, unique=True, max_size=14), needed=st.sets(PLACES, min_size=1))
@settings(deadline=None)
def test_retrieval_is_what_its_formulas_say(ranking: list[int], needed: set[int]) -> None:
    hits = [_hit(place, rank) for rank, place in enumerate(ranking, start=1)]
    own = retrieval_scores(hits, [[_span(place)] for place in sorted(needed)])
    first = [rank for rank, place in enumerate(ranking[:10], start=1) if place in needed]
    ideal = sum(1 / math.log2(i + 1) for i in range(1, min(10, len(needed)) + 1))
    for k in (1, 5, 10):
        share = len(needed & set(ranking[:k])) / len(needed)
        assert own[f"recall_at_{k}"] == pytest.approx(share, abs=EXACT)
    assert own["mrr"] == pytest.approx(1 / first[0] if first else 0, abs=EXACT)
    gain = sum(1 / math.log2(rank + 1) for rank in first)
    assert own["ndcg_at_10"] == pytest.approx(gain / ideal, abs=EXACT)


VALUES = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=2, max_size=30)


@given(values=VALUES, aggregate=st.sampled_from(["mean", "median"]))
@settings(deadline=None, max_examples=25)
def test_an_interval_is_the_percentile_bootstrap_of_scipy(
    values: list[float], aggregate: str
) -> None:
    statistic = np.mean if aggregate == "mean" else np.median
    reference = stats.bootstrap(
        (np.asarray(values),), statistic, n_resamples=2000, method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval  # fmt: skip
    own = figure(values, aggregate)  # type: ignore[arg-type]
    assert own.value == pytest.approx(statistic(values), abs=EXACT)
    assert own.low == pytest.approx(reference.low, abs=EXACT)
    assert own.high == pytest.approx(reference.high, abs=EXACT)


@given(differences=st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), min_size=2, max_size=9))
@settings(deadline=None, max_examples=25)
def test_the_paired_test_is_the_permutation_test_of_scipy(differences: list[float]) -> None:
    """scipy goes through all choices of signs, we through 10,000 of them: ± 4 standard errors."""
    exact = stats.permutation_test(
        (np.asarray(differences), np.zeros(len(differences))),
        lambda a, b, axis: np.abs(np.mean(a - b, axis=axis)),
        permutation_type="samples", vectorized=True, n_resamples=np.inf, alternative="greater",
    ).pvalue  # fmt: skip
    error = math.sqrt(exact * (1 - exact) / 10_000)
    assert paired_p(differences) == pytest.approx(exact, abs=4 * error + 2e-4)


def _span(place: int) -> Span:
    return Span(f"{place}.txt", 0, LENGTH)


def _hit(place: int, rank: int) -> Hit:
    return Hit(Passage(f"{place}.txt", 0, LENGTH, "x" * LENGTH), 1 / rank, rank)
