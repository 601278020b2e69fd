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
    floor, place, weather = workflow_commands(report, tmp_path)
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
    (line,) = workflow_commands(report, tmp_path)
    assert line.startswith("::warning file=mine.jsonl,line=1,title=Lost since the accepted run%3A")
    assert list(workflow_commands(Report(records), tmp_path)) == []


def test_no_text_ends_a_command(records: tuple[Record, ...], tmp_path: Path) -> None:
    question = replace(records[1].question, id="a,b:c", question="100 %\r\n::error::x")
    record = replace(records[1], question=question)
    lines = list(workflow_commands(Report((record,), check([Floor(CORRECTNESS, 1)], [record])),
                                   tmp_path))  # fmt: skip
    assert all("\n" not in line and "\r" not in line for line in lines)
    assert "title=Lost%3A a%2Cb%3Ac::" in lines[1]
    assert "100 %25" in lines[1]


def test_github_shows_ten_and_so_there_are_ten(records: tuple[Record, ...], tmp_path: Path) -> None:
    wrong = tuple(
        replace(records[1], question=replace(records[1].question, id=f"q{number}"))
        for number in range(40)
    )
    lines = list(workflow_commands(Report(wrong, check([Floor(CORRECTNESS, 1)], wrong)), tmp_path))
    assert len(lines) == MOST
    assert "q19 and 20 more" in lines[0]
    assert "q20" not in lines[0]
