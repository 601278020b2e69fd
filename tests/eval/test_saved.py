"""A run on disk: read back as it was written, whichever of its files is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.comparison import compare
from eval.gate import Floor, NoDrop, check, check_drops
from eval.measures import measure_named
from eval.report import Report
from eval.run import Record
from eval.saved import Saved, SavedError, read_saved


@pytest.fixture
def saved(records: tuple[Record, ...]) -> Saved:
    return Saved.from_run(Report(records, name="mine", models={"reader": "r1"}).to_dict())


def test_a_run_and_its_accepted_form_say_the_same(
    saved: Saved, records: tuple[Record, ...], tmp_path: Path
) -> None:
    document = Report(records, name="mine", models={"reader": "r1"}).to_dict()
    (tmp_path / "latest.json").write_text(json.dumps(document), encoding="utf-8")
    accepted = tmp_path / "accepted.jsonl"
    accepted.write_text(saved.accepted(), encoding="utf-8")
    assert read_saved(tmp_path) == read_saved(tmp_path / "latest.json") == saved
    assert read_saved(accepted) == saved
    assert [one.id for one in saved.judged] == ["vehicles", "place", "weather", "price", "gone"]
    assert saved.judged[1].scores["fact_coverage"] == 0.5


def test_an_accepted_run_is_known_by_what_it_says_whatever_it_is_named(
    saved: Saved, tmp_path: Path
) -> None:
    for name in ("accepted.json", "accepted"):
        (tmp_path / name).write_text(saved.accepted(), encoding="utf-8")
        assert read_saved(tmp_path / name) == saved


def test_the_accepted_form_has_a_line_a_question_and_no_word_of_an_article(saved: Saved) -> None:
    head, *lines = saved.accepted().splitlines()
    assert json.loads(head)["schema"] == "footnote/accepted/1"
    assert len(lines) == 5
    assert "Beijing" not in saved.accepted()
    assert "latency" not in saved.accepted()
    assert saved.accepted() == saved.accepted()


def test_why_it_was_accepted_stands_in_the_first_line_of_a_run_that_had_to_be_explained(
    saved: Saved, tmp_path: Path
) -> None:
    plain, explained = saved.accepted(), replace(saved, because="fewer questions").accepted()
    assert "because" not in plain  # as it was written before there was such a field
    assert json.loads(explained.splitlines()[0])["because"] == "fewer questions"
    assert explained.splitlines()[1:] == plain.splitlines()[1:]
    (tmp_path / "accepted.jsonl").write_text(explained, encoding="utf-8")
    assert read_saved(tmp_path / "accepted.jsonl") == replace(saved, because="fewer questions")


def test_what_its_gate_made_of_it_is_known(records: tuple[Record, ...]) -> None:
    floors = [Floor(measure_named("correctness"), 0.9), Floor(measure_named("errors"), 1)]
    held = Saved.from_run(
        Report(records, check(floors, records), not_held=("recall_at_5",)).to_dict()
    )
    assert held.gated == ("correctness", "errors", "recall_at_5")
    assert (held.no_drop, held.closed_by) == (("recall_at_5",), ("correctness",))
    itself = compare(held, held)
    drop = check_drops([NoDrop(measure_named("correctness"), 0.05)], itself)
    held = Saved.from_run(Report(records, drop, itself).to_dict())
    assert (held.gated, held.no_drop, held.closed_by) == (("correctness",), ("correctness",), ())


def test_what_is_absent_is_not_zero(saved: Saved) -> None:
    vehicles, *_, price, gone = saved.judged
    correctness = measure_named("correctness")
    assert vehicles.value(correctness) == 1
    assert price.value(correctness) is None  # unanswerable
    assert gone.value(correctness) is None  # failed
    assert vehicles.value(measure_named("list_completeness")) is None  # no list


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema": "footnote/eval/1", "records": [{}]}', "not JSON"],
)
@pytest.mark.parametrize("name", ["latest.json", "accepted.jsonl"])
def test_a_file_that_is_no_run_is_named(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SavedError, match=f"{name}: is not a run"):
        read_saved(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SavedError, match=r"latest\.json: cannot be read: No such file"):
        read_saved(tmp_path)
