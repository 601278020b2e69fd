"""A run against another: what is shared, lost, won, luck or not, and what could not be judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval import intervals
from eval.comparison import COMPARED, Comparison, compare
from eval.comparison_report import comparison_lines, comparison_markdown
from eval.measures import measure_named
from eval.report import Report
from eval.run import Record
from eval.saved import Judged, Saved

CORRECTNESS = measure_named("correctness")


def run_of(*right: float, kind: str = "fact", **more: object) -> Saved:
    """A run whose n-th question `q<n>` is that right."""
    judged = tuple(
        Judged(f"q{number}", kind, True, f"f{number}", "correct" if value == 1 else "wrong",
               {"correctness": value, "ndcg_at_10": value / 2})
        for number, value in enumerate(right)
    )  # fmt: skip
    return replace(Saved(judged, "mine", ("articles",), {"reader": "r1"}), **more)  # type: ignore[arg-type]


def test_a_run_against_itself_has_changed_nothing(records: tuple[Record, ...]) -> None:
    saved = Saved.from_run(Report(records).to_dict())
    comparison = compare(saved, saved)
    assert (comparison.shared, comparison.lost, comparison.won) == (5, (), ())
    assert comparison.notes == ()
    assert comparison.dropped == ()
    assert {change.p for change in comparison.changes} == {1.0}
    assert {change.difference.value for change in comparison.changes} == {0.0}


def test_lost_and_won_are_named_by_outcome_and_by_measure() -> None:
    comparison = compare(run_of(1, 1, 1, 0), run_of(0, 1, 0, 1))
    assert str(comparison) == "2 lost, 1 won of 4 questions"
    assert (comparison.lost, comparison.won) == (("q0", "q2"), ("q3",))
    change = comparison.change(CORRECTNESS)
    assert (change.lost, change.won) == (("q0", "q2"), ("q3",))
    assert change.before.value == 0.75
    assert change.after.value == 0.5
    assert change.difference.value == -0.25
    assert change.p == 1.0  # McNemar: 2 against 1


def test_a_drop_is_what_luck_does_not_explain_among_all_that_are_tested() -> None:
    lost = 7
    before, after = run_of(*[1.0] * 40), run_of(*[0.0] * lost, *[1.0] * (40 - lost))
    alone = compare(before, after, together=["correctness"])
    assert [change.measure.name for change in alone.dropped] == ["correctness"]
    assert alone.change(CORRECTNESS).adjusted == pytest.approx(2 / 2**lost)
    both = compare(before, after, together=["correctness", "ndcg_at_10"])
    assert both.change(CORRECTNESS).adjusted == pytest.approx(4 / 2**lost, rel=0.2)
    assert compare(before, after, together=["recall_at_5"]).dropped == ()
    assert compare(after, before).dropped == ()  # better is no drop


def test_lower_is_better_where_it_is() -> None:
    def refusing(share: float) -> Saved:
        judged = (Judged("q", "fact", True, "f", "correct", {"refused": share, "words": 9.0}),)
        return Saved(judged)

    change = compare(refusing(0), refusing(1)).change(measure_named("answerable_refused"))
    assert change.worse
    assert (change.lost, change.won) == (("q",), ())


def test_only_the_same_questions_are_compared_and_that_is_said() -> None:
    before, after = run_of(1, 1, 1), run_of(0, 1, 1, 1)
    other = replace(after.judged[0], fingerprint="asked otherwise")
    comparison = compare(before, replace(after, judged=(other, *after.judged[1:])))
    assert comparison.shared == 2
    assert comparison.lost == ()
    assert comparison.notes == (
        "Compared over the 2 questions that both were asked in the same words: 1 of before and "
        "2 of now are left out.",
    )


def test_other_articles_and_models_are_told() -> None:
    before = run_of(1, models={"encoder": "e1", "reader": "r1"})
    comparison = compare(before, run_of(1, corpus=("others",), models={"encoder": "e2"}))
    assert comparison.notes == (
        "The articles differ: what is lost may be theirs and not the program's.",
        "Another encoder than before.",
        "Another reader than before.",
    )


def test_what_can_no_longer_be_judged_is_no_loss_of_the_measure_and_is_named() -> None:
    before, after = run_of(1, 1), run_of(1, 1)
    failed = replace(after.judged[0], outcome="error", scores={})
    comparison = compare(before, replace(after, judged=(failed, after.judged[1])))
    change = comparison.change(CORRECTNESS)
    assert (change.difference.n, change.lost, change.no_longer_judged) == (1, (), ("q0",))
    assert comparison.lost == ("q0",)


def test_a_share_that_never_was_off_is_not_told_without_a_doubt() -> None:
    change = compare(run_of(*[1] * 9), run_of(*[1] * 9)).change(CORRECTNESS)
    assert change.before.low == change.after.low == pytest.approx(0.025 ** (1 / 9))
    assert (change.difference.low, change.difference.high) == (0, 0)  # no question differs


def test_a_measure_that_judges_nothing_any_more_is_named_with_its_questions() -> None:
    before, after = run_of(1, 1), run_of(1, 1)
    blind = tuple(replace(one, scores={"ndcg_at_10": 0.5}) for one in after.judged)
    comparison = compare(before, replace(after, judged=blind))
    assert comparison.gone == {"correctness": ("q0", "q1")}
    assert comparison.to_dict()["gone"] == {"correctness": ["q0", "q1"]}
    assert comparison.notes == (
        "Could be judged before and cannot any more: correctness (of 2 questions).",
    )
    one_left = replace(after, judged=(blind[0], after.judged[1]))
    assert compare(before, one_left).gone == {}
    assert compare(replace(before, judged=blind), one_left).gone == {}  # it was not judged before
    others = tuple(replace(one, fingerprint="asked otherwise") for one in blind)
    assert compare(before, replace(after, judged=others)).gone == {}  # these never were


def test_what_can_be_seen_is_said_of_shares_also_where_nothing_changed() -> None:
    whole = compare(run_of(*[1] * 40), run_of(*[1] * 40), ["correctness"])
    graded = compare(run_of(*[1] * 39, 0.4), run_of(*[1] * 39, 0.4), ["correctness"])
    seen = whole.change(CORRECTNESS).detectable
    assert seen == graded.change(CORRECTNESS).detectable == 8 / 40
    changed = compare(run_of(*[1] * 39, 0.4), run_of(*[1] * 39, 0.9), ["correctness"])
    assert changed.change(CORRECTNESS).detectable == pytest.approx(2.8016 * 0.5 / 40, abs=1e-4)


def test_counts_that_did_not_change_say_nothing_of_what_can_be_seen() -> None:
    judged = tuple(Judged(f"q{n}", "fact", True, "f", "correct", {"words": 9.0}) for n in range(9))
    change = compare(Saved(judged), Saved(judged)).change(measure_named("median_words"))
    assert (change.name, change.detectable) == ("mean words", None)


def test_what_is_better_neither_way_or_differs_anyway_is_not_compared() -> None:
    assert {"latency_p50_ms", "latency_p95_ms", "errors", "coverage"}.isdisjoint(
        m.name for m in COMPARED
    )
    assert "median_words" in {m.name for m in COMPARED}


def test_equal_runs_give_equal_comparisons() -> None:
    before, after = run_of(1, 0.5, 0.25, 0, 0.75, 0.5), run_of(0.5, 0.75, 0, 0.25, 0.5, 0.25)
    made = compare(before, after)
    intervals._figure.cache_clear()
    assert made.to_dict() == compare(before, after).to_dict()
    assert 0.01 < made.change(CORRECTNESS).p < 0.99  # of random signs, but for their seed


def test_the_report_names_each_lost_question_with_its_words() -> None:
    comparison: Comparison = compare(run_of(1, 0), run_of(0, 1))
    lines = list(comparison_lines(comparison, {"q0": "What | was built?"}))
    assert lines == ["lost · q0 · What | was built?", "won · q1"]
    markdown = comparison_markdown(comparison, {"q0": "What | was\nbuilt?"})
    assert markdown[0] == (
        "**1 lost, 1 won of 2 questions**; nothing is significantly worse (α = 0.05, Holm)."
    )
    assert "- Lost: `q0` What \\| was built?" in markdown


def test_a_long_list_is_cut_and_says_so() -> None:
    comparison = compare(run_of(*[1] * 60), run_of(*[0] * 60))
    lines = list(comparison_lines(comparison, {}))
    assert len(lines) == 51
    assert lines[-1] == "lost · and 10 more"
