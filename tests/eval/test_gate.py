"""The gate opens for a sound assistant and closes on each that is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.comparison import Comparison, compare
from eval.gate import Floor, FloorsError, NoDrop, broken, check, check_drops, load_gate
from eval.measures import measure_named
from eval.questions import Question, load
from eval.run import Answerer, Record, run
from eval.saved import Judged, Saved
from eval.sets import load_sets

COMMITTED = Path(__file__).parents[2] / "eval" / "floors.toml"


def test_passes_a_sound_assistant(
    fake: Callable[..., Answerer], questions: tuple[Question, ...]
) -> None:
    verdicts = check(load_gate(COMMITTED).floors, tuple(run(questions, fake())))
    assert [v.state for v in verdicts] == ["holds"] * 16


@pytest.mark.parametrize(
    ("sabotage", "floor", "example"),
    [
        ("drops_best_hit", "correctness", "saic-vehicles"),
        ("offset_by_one", "citation_validity", "saic-vehicles"),
        ("swaps_markers", "citation_support", "several-saic-byd"),
        ("never_refuses", "unanswerable_refused", "un-saic-2021"),
        ("always_refuses", "answerable_refused", "saic-vehicles"),
        ("forgets_history", "answerable_refused", "follow-cec-where"),
        ("fails", "errors", "saic-vehicles"),
    ],
)
def test_closes_on_each_sabotage_and_names_what_was_lost(
    sabotage: str,
    floor: str,
    example: str,
    fake: Callable[..., Answerer],
    questions: tuple[Question, ...],
) -> None:
    verdicts = broken(check(load_gate(COMMITTED).floors, tuple(run(questions, fake(sabotage)))))
    lost = {verdict.floor.name: verdict.lost for verdict in verdicts}
    assert example in lost[floor]
    assert any(example in str(verdict) for verdict in verdicts)


def test_names_the_questions_under_the_floor_only(records: tuple[Record, ...]) -> None:
    (verdict,) = check([Floor(measure_named("correctness"), 0.85)], records)
    assert verdict.state == "broken"
    assert verdict.figure.value == pytest.approx(1 / 3)
    assert verdict.lost == ("place", "weather")  # not "gone": an error is not judged
    assert str(verdict) == "correctness must be ≥ 0.85, is 0.333; lost: place, weather"


def test_a_floor_for_some_kinds_looks_at_those_only(records: tuple[Record, ...]) -> None:
    (verdict,) = check([Floor(measure_named("correctness"), 1.0, ("number",))], records)
    assert (verdict.state, verdict.figure.n) == ("holds", 1)


def test_one_measure_may_have_a_floor_for_each_kind(
    tmp_path: Path, records: tuple[Record, ...]
) -> None:
    path = tmp_path / "floors.toml"
    path.write_text(
        "[[correctness]]\nmin = 0.3\n\n[[correctness]]\nmin = 1\nkinds = ['number']\n", "utf-8"
    )
    overall, of_numbers = load_gate(path).floors
    assert (overall.limit, overall.kinds) == (0.3, ())
    assert (of_numbers.limit, of_numbers.kinds) == (1.0, ("number",))
    assert [verdict.state for verdict in check([overall, of_numbers], records)] == [
        "holds",
        "holds",
    ]
    assert of_numbers.name == "correctness (number)"


def test_every_set_has_a_floor_for_what_takes_more_than_one_sentence() -> None:
    held = 0
    for chosen in load_sets():
        kinds = {floor.kinds for floor in load_gate(chosen.floors).floors}
        asked = {question.kind for question in load(chosen.questions)}
        wanted = {(kind,) for kind in ("list", "several_articles", "digest") if kind in asked}
        assert wanted <= kinds, chosen.name
        held += len(wanted)
    assert held == 12  # documents-heldout asks for single sentences alone


def test_lower_is_better_where_it_is(records: tuple[Record, ...]) -> None:
    refused, held = check(
        [
            Floor(measure_named("answerable_refused"), 0.1),
            Floor(measure_named("answerable_refused"), 0.34),
        ],
        records,
    )
    assert (refused.state, refused.lost, held.state) == ("broken", ("weather",), "holds")


def test_what_could_not_be_judged_closes_the_gate(records: tuple[Record, ...]) -> None:
    errors = tuple(record for record in records if record.outcome == "error")
    (verdict,) = check([Floor(measure_named("correctness"), 0.5)], errors)
    assert verdict.state == "broken"
    assert "nothing could be judged" in str(verdict)


def test_what_is_rightly_refused_leaves_nothing_to_judge(records: tuple[Record, ...]) -> None:
    refused = [replace(r, outcome="refused_rightly") for r in records if not r.question.answerable]
    floor = Floor(measure_named("citation_validity"), 1.0)
    unjudged = [replace(record, scores={}) for record in refused]
    assert check([floor], unjudged)[0].state == "not_judged"
    failed = [replace(record, outcome="error", error="?") for record in unjudged]
    assert check([floor], failed)[0].state == "broken"


def test_a_set_without_such_questions_is_said_not_failed(records: tuple[Record, ...]) -> None:
    answerable = tuple(record for record in records if record.question.answerable)
    (verdict,) = check([Floor(measure_named("unanswerable_refused"), 0.7)], answerable)
    assert verdict.state == "not_judged"


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("", "has no floors"),
        ("[correctness", "cannot be read as TOML"),
        ("[corectness]\nmin = 1", "[corectness] is no measure; there are: correctness"),
        ("[correctness]\nmax = 1", "[correctness] takes `min`"),
        ("[answerable_refused]\nmin = 1", "[answerable_refused] takes `max`"),
        ("[correctness]\nmin = true", "min must be a number"),
        ("[correctness]\nmin = 1\nkinds = ['riddle']", "kinds must be some of fact"),
        ("correctness = 1", "[correctness] takes `min`"),
        ("[[correctness]]\nmin = 1\n[[correctness]]\nmax = 1", "[correctness] takes `min`"),
    ],
)
def test_a_mistake_in_the_floors_is_named(tmp_path: Path, toml: str, message: str) -> None:
    path = tmp_path / "floors.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(FloorsError) as raised:
        load_gate(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)


def test_floors_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(FloorsError, match=r"floors\.toml: cannot be read"):
        load_gate(tmp_path / "floors.toml")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("measures = ['corectness']", "measures must be some of correctness"),
        ("measures = ['latency_p50_ms']", "measures must be some of correctness"),
        ("measures = []", "measures must be some of correctness"),
        ("alpha = 0.05", "takes `measures`, and `alpha`"),
        ("measures = ['correctness']\nalpha = 2", "alpha must be a number between 0 and 1"),
    ],
)
def test_a_mistake_in_what_must_not_drop_is_named(tmp_path: Path, table: str, message: str) -> None:
    path = tmp_path / "floors.toml"
    path.write_text(f"[no_drop]\n{table}", encoding="utf-8")
    with pytest.raises(FloorsError) as raised:
        load_gate(path)
    assert str(raised.value).startswith(f"{path}: [no_drop]")
    assert message in str(raised.value)


@pytest.fixture
def fallen() -> Comparison:
    """Ten of forty questions lost, `weather` among them, and one won."""

    def run_of(*right: float) -> Saved:
        ids = ["weather", *(f"q{number}" for number in range(39))]
        return Saved(
            tuple(
                Judged(one, "fact", True, one, "correct", {"correctness": value})
                for one, value in zip(ids, right, strict=True)
            )
        )

    before = [1.0] * 39 + [0.0]
    return compare(run_of(*before), run_of(*[0.0] * 10, *[1.0] * 30), ["correctness"])


def test_a_significant_drop_closes_the_gate_and_names_what_was_lost(fallen: Comparison) -> None:
    correctness, recall = check_drops(
        [NoDrop(measure_named("correctness"), 0.05), NoDrop(measure_named("recall_at_5"), 0.05)],
        fallen,
    )
    assert (correctness.state, correctness.lost[0]) == ("broken", "weather")
    assert len(correctness.lost) == 10
    assert str(correctness).startswith(
        "correctness since accepted: -0.225, p = 0.0117; lost: weather, q0"
    )
    assert recall.state == "not_judged"
    (held,) = check_drops([NoDrop(measure_named("correctness"), 0.01)], fallen)
    assert (held.state, held.lost) == ("holds", ())


def test_what_can_no_longer_be_judged_closes_the_gate_and_is_named() -> None:
    """It was judged in the accepted run: what shows nothing any more may have lost everything."""
    then = Judged("q", "fact", True, "asked", "correct", {"correctness": 1.0, "recall_at_5": 1.0})
    now = replace(then, outcome="wrong", scores={"recall_at_5": 1.0})
    wanted = [NoDrop(measure_named(name), 0.05) for name in ("correctness", "recall_at_5")]
    gone, recall = check_drops(wanted, compare(Saved((then,)), Saved((now,))))
    assert (gone.state, gone.lost, recall.state) == ("broken", ("q",), "holds")
    assert str(gone) == (
        "correctness since accepted: could be judged then, and cannot be now; lost: q"
    )
    assert broken((gone, recall)) == (gone,)
    never, _ = check_drops(wanted, compare(Saved((now,)), Saved((now,))))
    assert (never.state, str(never)) == (
        "not_judged", "correctness since accepted: nothing to compare",
    )  # fmt: skip


def test_a_broken_floor_names_what_was_lost_since_the_accepted_run(
    records: tuple[Record, ...], fallen: Comparison
) -> None:
    floor = Floor(measure_named("correctness"), 0.85)
    (verdict,) = check([floor], records, fallen)
    assert verdict.lost == ("weather",)  # `place` was no better before
    (verdict,) = check([floor], records[:2], fallen)
    assert verdict.lost == ("place",)  # nothing is newly lost: what falls short


def test_the_committed_gates_can_be_read() -> None:
    assert "correctness" in load_gate(COMMITTED).together
    own = load_gate(COMMITTED.with_name("own_floors.toml"))
    assert [floor.name for floor in own.floors] == ["citation_validity", "errors"]
    assert "recall_at_5" in own.together
