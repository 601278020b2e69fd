"""Workflow commands: which are given, where they point, and that no text breaks out of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from eval.annotations import MOST, workflow_commands
from eval.comparison import Comparison
from eval.gate import Floor, check
from eval.measures import measure_named
from eval.report import Report
from eval.run import Record

CORRECTNESS = measure_named("correctness")


def test_each_closed_floor_and_each_lost_question_at_its_line(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    placed = tuple(
        replace(r, question=replace(r.question, origin=f"{tmp_path}/sets/mine.jsonl:{line}"))
        for line, r in enumerate(records, start=1)
    )
    report = Report(placed, check([Floor(CORRECTNESS, 0.9)], placed))
    floor, place, weather = workflow_commands([report], tmp_path)
    assert floor == (
        "::error title=Gate%3A correctness::correctness must be ≥ 0.9, is 0.333; "
        "lost: place, weather"
    )
    assert place.startswith(
        "::error file=sets/mine.jsonl,line=2,title=Lost%3A place::partial · place · asked: "
    )
    assert weather.startswith("::error file=sets/mine.jsonl,line=3,title=Lost%3A weather::")


def test_an_open_gate_warns_of_what_was_lost_since_the_accepted_run(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    comparison = Comparison(5, (), (), lost=("place",), won=())
    report = Report(records, check([Floor(CORRECTNESS, 0.1)], records), comparison)
    (line,) = workflow_commands([report], tmp_path)
    assert line.startswith("::warning file=mine.jsonl,line=1,title=Lost since the accepted run%3A")
    assert list(workflow_commands([Report(records)], tmp_path)) == []


def test_without_an_accepted_run_one_warning_says_what_is_not_gated(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    step = "run `python -m eval accept footnote-eval --to accepted.jsonl`"
    floors = check([Floor(CORRECTNESS, 0.1)], records)
    alone = Report(records, floors, name="own", not_held=("recall_at_5",), next_step=step)
    (line,) = workflow_commands([alone], tmp_path)
    assert line == (
        "::warning title=No accepted run::no accepted run: only correctness is gated; however bad "
        f"they get, these close no gate: recall_at_5; {step}"
    )
    ids = tuple(f"q{number}" for number in range(40))
    asked = tuple(replace(r, question=replace(r.question, id=one)) for one, r in
                  zip(ids, [records[1]] * 40, strict=True))  # fmt: skip
    lost = Report(asked, comparison=Comparison(40, (), (), lost=ids, won=()), name="other")
    lines = list(workflow_commands([alone, alone, lost], tmp_path))
    assert len(lines) == MOST
    assert lines[0].count("own: no accepted run: only correctness") == 2
    assert "%0Aown: " in lines[0]


def test_no_text_ends_a_command(records: tuple[Record, ...], tmp_path: Path) -> None:
    question = replace(records[1].question, id="a,b:c", question="100 %\r\n::error::x")
    record = replace(records[1], question=question)
    lines = list(workflow_commands([Report((record,), check([Floor(CORRECTNESS, 1)], [record]))],
                                   tmp_path))  # fmt: skip
    assert all("\n" not in line and "\r" not in line for line in lines)
    assert "title=Lost%3A a%2Cb%3Ac::" in lines[1]
    assert "100 %25" in lines[1]


def test_github_shows_ten_and_so_there_are_ten(records: tuple[Record, ...], tmp_path: Path) -> None:
    wrong = tuple(
        replace(records[1], question=replace(records[1].question, id=f"q{number}"))
        for number in range(40)
    )
    lines = list(
        workflow_commands([Report(wrong, check([Floor(CORRECTNESS, 1)], wrong))], tmp_path)
    )
    assert len(lines) == MOST
    assert "q19 and 20 more" in lines[0]
    assert "q20" not in lines[0]
    assert lines[-1].startswith("::error title=Lost%3A 32 more questions::q8, q9, ")
    assert lines[-1].endswith(", q39")


def test_questions_are_named_also_where_more_floors_are_closed_than_github_shows(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    floors = [Floor(CORRECTNESS, limit / 100) for limit in range(70, 70 + 2 * MOST)]
    lines = list(workflow_commands([Report(records, check(floors, records))], tmp_path))
    assert len(lines) <= MOST
    assert (
        "::error title=Gate%3A 16 more floors::correctness ≥ 0.74; correctness ≥ 0.75" in lines[4]
    )
    assert [line.partition("Lost%3A ")[2].partition("::")[0] for line in lines[5:]] == [
        "place",
        "weather",
    ]


def test_several_sets_share_the_ten_and_say_which_they_are(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    many = tuple(
        replace(records[1], question=replace(records[1].question, id=f"q{number}"))
        for number in range(MOST)
    )
    floor = Floor(CORRECTNESS, 0.9)
    reports = [
        Report(many, check([floor], many), name="seeds"),
        Report(records, check([floor], records), name="larkmere"),
    ]
    lines = list(workflow_commands(reports, tmp_path))
    assert len(lines) == MOST
    assert "title=Gate%3A seeds%3A correctness" in lines[0]
    assert "title=Gate%3A larkmere%3A correctness" in lines[1]
    assert lines[-1].endswith(", place, weather")


def test_of_what_is_held_out_neither_question_nor_answer_is_told(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    report = Report(records, check([Floor(CORRECTNESS, 0.9)], records), held_out=True)
    _, place, _ = workflow_commands([report], tmp_path)
    assert place == "::error file=mine.jsonl,line=1,title=Lost%3A place::partial"
