"""The report as it is read: Markdown and terminal against snapshots, JSON by its parts."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from eval.comparison import compare
from eval.comparison_report import LISTED
from eval.gate import Floor, check
from eval.judgements import Judgement
from eval.measures import confidences_of, measure_named
from eval.report import Report, failures
from eval.run import Record
from eval.saved import Saved

SNAPSHOTS = Path(__file__).parent / "snapshots"
FLOORS = (
    Floor(measure_named("correctness"), 0.85),
    Floor(measure_named("citation_validity"), 1.0),
    Floor(measure_named("median_words"), 60, ("date",)),
    Floor(measure_named("errors"), 0),
)


@pytest.fixture
def report(records: tuple[Record, ...]) -> Report:
    return Report(records, check(FLOORS, records))


def same_as_snapshot(name: str, text: str) -> bool:
    """Compare with the committed snapshot; `UPDATE_SNAPSHOTS=1` writes it anew."""
    path = SNAPSHOTS / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text


def test_markdown(report: Report) -> None:
    assert same_as_snapshot("report.md", report.markdown())


def test_terminal(report: Report) -> None:
    console = Console(file=StringIO(), width=110, color_system=None)
    for table in report.tables():
        console.print(table)
    assert isinstance(console.file, StringIO)
    assert same_as_snapshot("report.txt", console.file.getvalue())


def test_json_keeps_every_question_in_its_place(report: Report) -> None:
    document = json.loads(json.dumps(report.to_dict()))
    assert document["schema"] == "footnote/eval/1"
    assert document["outcomes"] == {
        "answered_wrongly": 1, "correct": 1, "error": 1, "partial": 1, "refused_wrongly": 1,
    }  # fmt: skip
    assert document["measures"]["correctness"]["n"] == 3
    assert document["measures"]["correctness"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert document["measures"]["errors"] == {
        "n": 5, "value": 0.2, "low": 0.0, "high": 0.6, "unjudged": 0,
    }  # fmt: skip
    assert document["measures"]["correctness"]["unjudged"] == 1  # the one that failed
    assert document["kinds"]["number"]["measures"]["median_words"]["value"] == 4
    assert [row["id"] for row in document["records"]] == [
        "vehicles", "place", "weather", "price", "gone",
    ]  # fmt: skip
    assert document["gate"][0]["lost"] == ["place", "weather"]


def test_the_confidence_is_judged_where_it_can_be(records: tuple[Record, ...]) -> None:
    run = confidences_of(records)
    assert [(one.right, one.covered) for one in run.judgements] == [
        (True, True), (False, True), (None, False), (False, True),
    ]  # fmt: skip
    refusal = replace(records[3].answer, refusal="not_stated") if records[3].answer else None
    rightly = replace(records[3], outcome="refused_rightly", answer=refusal)
    assert confidences_of([rightly]).judgements == (Judgement(0.5, False, covered=False),)
    document = Report(records).to_dict()["confidence"]
    assert (document["judged"], document["unjudged"]) == (3, 1)
    # Of four questions the three that were answered, all with confidence 0.5, one of them rightly.
    assert document["measures"]["brier"]["value"] == 0.25
    assert document["measures"]["aurc"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert document["measures"]["aurc"]["n"] == 4
    assert document["measures"]["accuracy_at_80"]["value"] is None  # 80 % were not answered
    assert document["risk_coverage"][-1] == [0.75, pytest.approx(2 / 3, abs=1e-6)]


def test_the_markdown_shows_the_charts_that_are_there(records: tuple[Record, ...]) -> None:
    report = Report(records)
    assert list(report.charts()) == ["reliability.svg", "risk-coverage.svg"]
    assert "![reliability](reliability.svg)" in report.markdown()
    nothing = Report(records[4:])
    assert nothing.charts() == {}
    assert "## Confidence" not in nothing.markdown()


def test_what_it_took_and_what_was_lost_is_told_below_the_tables(
    records: tuple[Record, ...],
) -> None:
    before = [replace(r, outcome="correct") if r.question.id == "place" else r for r in records]
    comparison = compare(
        Saved.from_run(Report(tuple(before)).to_dict()), Saved.from_run(Report(records).to_dict())
    )
    took = {"seconds": 12.4, "cores": 2, "peak_memory_mb": 300.2}
    report = Report(records, comparison=comparison, took=took)
    assert list(report.lines()) == [
        "lost · place · What was built?",
        "12 s on 2 cores, at most 300 MB of memory",
    ]
    assert report.to_dict()["took"] == took
    assert "- Lost: `place` What was built?" in report.markdown()
    assert list(Report(records).lines()) == []


def test_without_an_accepted_run_it_is_said_what_no_gate_sees(
    records: tuple[Record, ...],
) -> None:
    floors = check([FLOORS[1], FLOORS[3]], records)
    report = Report(records, floors, not_held=("correctness", "citation_validity"),
                    next_step="run `python -m eval accept RUN`")  # fmt: skip
    told = (
        "o accepted run: only citation_validity and errors are gated; however bad they get, these "
        "close no gate: correctness; run `python -m eval accept RUN`"
    )
    assert report.ungated == f"n{told}"
    assert f"\n\n**N{told}.**\n\n## Gate\n" in report.markdown()
    assert "only errors is gated" in replace(report, verdicts=floors[1:]).ungated
    assert "run: nothing is gated;" in replace(report, verdicts=()).ungated
    within = replace(report, not_held=("citation_validity",)).ungated
    assert "a drop within these floors closes no gate" in within
    assert report.to_dict()["not_held"] == ["correctness", "citation_validity"]
    assert "accepted run" not in Report(records, floors).markdown()


def test_however_much_fails_the_markdown_fits_a_comment_and_names_where_the_rest_is(
    records: tuple[Record, ...],
) -> None:
    assert records[1].answer is not None
    long = replace(
        records[1],
        answer=replace(records[1].answer, text="数" * 5000),
        faults=tuple(f"citation {n} does not hold" for n in range(500)),
    )
    many = [
        replace(long, question=replace(long.question, id=f"q{n}", question="问" * 5000))
        for n in range(3000)
    ]
    markdown = Report(tuple(many)).markdown()
    assert len(markdown) < 65_536
    assert len(markdown.encode()) < 2**20 / 4  # four sets in one summary
    assert sum(line.startswith("- partial · ") for line in markdown.split("\n")) == LISTED
    assert f"\n- … and {3000 - LISTED} more, see report.html\n\n</details>" in markdown
    whole = Report(tuple(many[:LISTED])).markdown()
    assert "more, see" not in whole


def test_what_an_article_says_loads_nothing_where_the_markdown_is_shown(
    records: tuple[Record, ...],
) -> None:
    assert records[1].answer is not None
    said = "See ![x](http://evil.example/x.png) and [here](http://evil.example) <img src=x> | [1]"
    hostile = replace(records[1], answer=replace(records[1].answer, text=said))
    markdown = Report((hostile,)).markdown()
    assert r"See !\[x](http://evil.example/x.png) and \[here](http" in markdown
    assert r"&lt;img src=x> \| \[1]" in markdown


def test_failures_say_what_was_asked_expected_and_got(records: tuple[Record, ...]) -> None:
    lines = list(failures(records))
    assert len(lines) == 4
    assert lines[0] == (
        "partial · place · asked: What was built? · expected: Beijing; Sui · "
        "got: Chen signed in Beijing. [1]"
    )
    assert "got: refused, not_stated" in lines[1]
    assert "expected: a refusal (It is not stated.)" in lines[2]
    assert "got: CorpusError: index gone" in lines[3]
