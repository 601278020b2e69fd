"""Follow-ups judged by what is found: the folder, what is searched, the figures, the command."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from embeddings.errors import ReadError
from eval.__main__ import app
from eval.follow_up_report import (
    RESOLVED,
    REWRITTEN,
    TOLD,
    TYPED,
    FollowUpReport,
    measure_follow_ups,
    ratio,
)
from eval.follow_ups import FollowUp, holds_follow_ups, load_follow_ups
from tests.fakes import HashingEncoder

Row = Mapping[str, Any]

FERRY = (
    ("What does the Skerry Ferry carry?", "The Skerry Ferry carries forty lorries a day.",
     "What does the Skerry Ferry carry?"),
    ("When did it start?", "It has sailed to the island since 1931.",
     "When did the Skerry Ferry start?"),
    ("Who runs the harbour of Oddvik?", "The harbour of Oddvik is run by two brothers.",
     "Who runs the harbour of Oddvik?"),
    ("Why?", "I don't know.", "Why is the harbour of Oddvik run by two brothers?"),
    ("Any ghosts?", "None that anybody has met.", "Are there any ghosts in Oddvik?"),
    ("Really?", "", "Are there really no ghosts in Oddvik?"),
)  # fmt: skip
TOWER = (
    ("Who painted it?", "Mara Lindqvist did so in a single night.", "Who painted Gull Tower?"),
    ("How tall is it?", "Gull Tower is forty metres tall.", "How tall is Gull Tower?"),
    ("Is it red?", "", "Is Gull Tower red?"),
)


def told(name: str, heading: str, turns: Sequence[tuple[str, str, str]]) -> list[Row]:
    """One row a turn; the answer to a turn stands only in the history of those after it."""
    rows: list[Row] = []
    history: list[Row] = []
    for number, (question, answer, rewrite) in enumerate(turns, start=1):
        rows.append(
            {"id": f"{name}_q{number}", "title": heading, "section": "Early years",
             "history": list(history), "question": question, "rewrite": rewrite}
        )  # fmt: skip
        history += [{"role": "user", "text": question}, {"role": "assistant", "text": answer}]
    return rows


def write(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two conversations with their answers."""
    rows = [*told("ferry", "Skerry Ferry", FERRY), *told("tower", "Gull Tower", TOWER)]
    write(tmp_path / "talk" / "rows.jsonl", rows)
    return tmp_path / "talk"


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A conversation without its answers; its passages are in one of two folders beside it."""
    passages = [
        {"_id": "isles:1", "title": "A ferry", "text": "The Skerry Ferry started in 1931."},
        {"_id": "isles:2", "title": "", "text": "Gull Tower is red and forty metres tall."},
    ]
    write(tmp_path / "isles" / "corpus.jsonl", passages)
    write(tmp_path / "other" / "corpus.jsonl", [{"_id": "other:1", "text": "Nothing of it."}])
    asked = ["What does the Skerry Ferry carry?", "When did it start?", "How tall is Gull Tower?"]
    relevant = (["9"], ["1", "7"], ["8"])
    rewrites = (asked[0], "When did the Skerry Ferry start?", asked[2])
    rows = [
        {"id": f"x<::>{n + 1}", "collection": "isles", "user_turns": asked[: n + 1],
         "question": asked[n], "rewrite": rewrites[n], "relevant_external": relevant[n]}
        for n in range(3)
    ]  # fmt: skip
    write(tmp_path / "turns" / "rows.jsonl", rows)
    return tmp_path / "turns"


def measured(folder: Path, **options: Any) -> FollowUpReport:
    return measure_follow_ups(load_follow_ups(folder, **options), folder.parent, HashingEncoder())


def test_a_folder_is_told_by_its_files(folder: Path) -> None:
    assert holds_follow_ups(folder)
    (folder / "corpus.jsonl").touch()
    assert not holds_follow_ups(folder)
    assert not holds_follow_ups(folder.parent)


def test_the_answers_are_searched_and_a_later_row_tells_which_is_relevant(folder: Path) -> None:
    follow_ups = load_follow_ups(folder)
    texts = {article.id: article.text for article in follow_ups.articles}
    assert len(texts) == 6  # neither what nobody knew nor what no later row tells
    assert {article.title for article in follow_ups.articles} == {
        "Skerry Ferry, Early years",
        "Gull Tower, Early years",
    }
    asked = {f.question: [texts[id_] for id_ in f.relevance] for f in follow_ups.asked}
    assert asked == {
        "When did it start?": ["It has sailed to the island since 1931."],
        "Who runs the harbour of Oddvik?": ["The harbour of Oddvik is run by two brothers."],
        "Any ghosts?": ["None that anybody has met."],
        "How tall is it?": ["Gull Tower is forty metres tall."],
    }
    assert len(follow_ups.rows) == 9
    for follow_up in follow_ups.asked:
        assert not any(texts[id_] in str(follow_up.history) for id_ in follow_up.relevance)


def test_our_question_finds_what_the_one_as_typed_does_not(folder: Path) -> None:
    report = measured(folder)
    assert report.ways() == [TYPED, RESOLVED, TOLD, REWRITTEN]
    resolved = {f.question: report.resolved[f.id] for f in report.follow_ups.rows}
    assert "Skerry Ferry" in resolved["When did it start?"]
    assert resolved["Who runs the harbour of Oddvik?"] == "Who runs the harbour of Oddvik?"
    assert report.results is not None
    ranks = {way: result.values["lexical"]["nDCG@10"] for way, result in report.results.items()}
    assert ranks[TYPED][0] < ranks[RESOLVED][0]
    assert ranks[RESOLVED][3] < ranks[TOLD][3]  # only the heading names the tower
    assert report.ratio("lexical", "nDCG@10", REWRITTEN).value == 1
    assert report.overlap("fused", TYPED).n == 4
    assert report.overlap("fused", REWRITTEN).value == 1
    assert report.left_alone().to_dict() == {"n": 1, "value": 1, "low": 1, "high": 1}
    assert report.first_changed() == 0


def test_passages_are_looked_for_beside_the_folder(beside: Path) -> None:
    report = measured(beside)
    follow_ups = report.follow_ups
    assert [article.id for article in follow_ups.articles] == ["isles:1", "isles:2"]
    assert [dict(f.relevance) for f in follow_ups.asked] == [{"isles:1": 1}, {}]
    assert follow_ups.rows[1].history[0]["content"] == "What does the Skerry Ferry carry?"
    assert report.ways() == [TYPED, RESOLVED, REWRITTEN]
    assert report.results is not None
    assert report.results[RESOLVED].figure("lexical", "R@5").to_dict()["n"] == 1
    assert report.overlap("fused", RESOLVED).n == 2
    assert any("1 follow-ups have a relevant document here" in note for note in report.notes())
    (beside.parent / "isles" / "corpus.jsonl").unlink()
    with pytest.raises(ReadError, match="no folder beside it holds a relevant document"):
        load_follow_ups(beside)


def test_a_limit_and_the_halves(folder: Path) -> None:
    some = load_follow_ups(folder, limit=2)
    assert (len(some.asked), some.judged) == (2, 4)
    assert some == load_follow_ups(folder, limit=2)
    whole = load_follow_ups(folder)
    assert some.articles == whole.articles
    halves: list[FollowUp] = []
    for half in ("dev", "test"):
        try:
            halves += load_follow_ups(folder, half).asked
        except ReadError:
            continue  # two conversations may both be in the other half
    assert sorted(f.id for f in halves) == sorted(f.id for f in whole.asked)
    with pytest.raises(ReadError, match="--split can be dev, test"):
        load_follow_ups(folder, "train")


def test_the_rows_of_a_ratio_are_drawn_together() -> None:
    same = ratio([1.0, 0.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0])
    assert (same.value, same.low, same.high) == (1, 1, 1)
    half = ratio([1.0, 0.0] * 50, [1.0] * 100)
    assert half.value == 0.5
    assert half.low is not None
    assert half.high is not None
    assert 0.35 < half.low < 0.5 < half.high < 0.65
    assert ratio([1.0], [0.0]).value is None
    assert ratio([], []).n == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "rows.jsonl:1: not JSON"),
        ("[]", "rows.jsonl:1: not a JSON object"),
        ('{"id": "a", "rewrite": "b", "history": []}', "rows.jsonl:1: no question"),
        ('{"id": "a", "question": "b", "rewrite": "c"}', "rows.jsonl:1: no history of texts"),
        ('{"id": "a", "question": "b", "rewrite": "c", "history": [1]}', "no history of texts"),
        ('{"id": "a", "question": "b", "rewrite": "c", "history": []}', "no question follows"),
    ],
)
def test_what_is_no_row_is_named_with_its_place(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "rows.jsonl").write_text(line + "\n", "utf-8")
    with pytest.raises(ReadError, match=message):
        load_follow_ups(tmp_path)


def test_a_second_run_encodes_no_document(folder: Path) -> None:
    first = measured(folder)
    encoder = HashingEncoder()
    again = measure_follow_ups(load_follow_ups(folder), folder.parent, encoder)
    assert not any("forty lorries" in text for text in encoder.encoded)
    assert again.to_dict() == first.to_dict()


def test_the_report_says_what_it_is(folder: Path) -> None:
    console = Console(file=StringIO(), width=140, color_system=None)
    report = measured(folder, limit=3)
    for table in report.tables():
        console.print(table)
    assert isinstance(console.file, StringIO)
    printed = console.file.getvalue()
    assert "talk: 3 follow-ups, 6 documents" in printed
    assert "fused R@5" in printed
    assert "As a part of what is reached as rewritten" in printed
    notes = " ".join(report.notes())
    assert "A sample of 3 of 4 follow-ups" in notes
    assert "First questions that were changed: 0." in notes


def test_the_command_measures_and_writes(folder: Path, data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    arguments = ["bench", str(folder), "--data-dir", str(data_dir), "--limit", "3", "--json",
                 str(file)]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "talk: 3 follow-ups, 6 documents" in result.stdout
    document = json.loads(file.read_text("utf-8"))
    assert document["schema"] == "footnote/follow-ups/1"
    assert document["stages"]["fused"]["measures"]["resolved"]["R@5"]["n"] == 3
    assert document["first_changed"] == 0
    wrong = CliRunner().invoke(app, [*arguments, "--split", "train"])
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("eval bench: ")
