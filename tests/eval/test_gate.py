"""The gate opens for a sound assistant and closes on each that is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eval.gate import Floor, FloorsError, broken, check, load_floors
from eval.measures import measure_named
from eval.questions import Question
from eval.run import Answerer, Record, run

COMMITTED = Path(__file__).parents[2] / "eval" / "floors.toml"


def test_passes_a_sound_assistant(
    fake: Callable[..., Answerer], questions: tuple[Question, ...]
) -> None:
    verdicts = check(load_floors(COMMITTED), tuple(run(questions, fake())))
    assert [v.state for v in verdicts] == ["holds"] * 7


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
    verdicts = broken(check(load_floors(COMMITTED), tuple(run(questions, fake(sabotage)))))
    lost = {verdict.floor.measure.name: verdict.lost for verdict in verdicts}
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
    ],
)
def test_a_mistake_in_the_floors_is_named(tmp_path: Path, toml: str, message: str) -> None:
    path = tmp_path / "floors.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(FloorsError) as raised:
        load_floors(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)


def test_floors_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(FloorsError, match=r"floors\.toml: cannot be read"):
        load_floors(tmp_path / "floors.toml")
