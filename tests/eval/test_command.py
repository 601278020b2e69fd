"""`python -m eval`: its exit codes, what it writes and what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import assistant
from eval.__main__ import app
from eval.questions import Question

ROOT = Path(__file__).parents[2]


@pytest.fixture
def evaluate(
    fake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    """Run the command over a fake assistant, writing to `tmp_path`."""

    def command(*arguments: str, sabotage: str = "") -> Result:
        class Fakes:
            @staticmethod
            def open(articles: Path, *, data_dir: Path | None = None) -> Any:
                return fake(sabotage)

        monkeypatch.setitem(vars(assistant), "Assistant", Fakes)
        return CliRunner().invoke(app, ["--out", str(tmp_path), *arguments])

    return command


def test_a_sound_assistant_passes_and_the_report_is_written(
    evaluate: Callable[..., Result], tmp_path: Path, questions: tuple[Question, ...]
) -> None:
    result = evaluate()
    assert result.exit_code == 0, result.output
    assert "BROKEN" not in result.output
    document = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert len(document["records"]) == len(questions)
    markdown = (tmp_path / "latest.md").read_text(encoding="utf-8")
    assert markdown.startswith("# Evaluation")
    for name in ("reliability.svg", "risk-coverage.svg"):
        assert f"]({name})" in markdown
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("<svg")


def test_a_broken_floor_and_what_it_lost_are_named(evaluate: Callable[..., Result]) -> None:
    result = evaluate(sabotage="offset_by_one")
    assert result.exit_code == 1
    assert "BROKEN: citation_validity must be ≥ 1, is 0.000; lost: " in result.output
    assert "saic-vehicles" in result.output
    assert "faults: " not in result.output


def test_verbose_names_each_failing_question(evaluate: Callable[..., Result]) -> None:
    result = evaluate("--verbose", "--no-gate", sabotage="never_refuses")
    assert result.exit_code == 0
    assert "answered_wrongly · un-saic-2021 · asked: How many vehicles did" in result.output
    assert "correct · saic-vehicles" not in result.output


def test_own_questions_replace_the_committed_ones(
    evaluate: Callable[..., Result], tmp_path: Path
) -> None:
    mine = tmp_path / "mine.jsonl"
    lines = (ROOT / "eval/questions/development.jsonl").read_text(encoding="utf-8").splitlines()
    mine.write_text("\n".join(lines[:3]), encoding="utf-8")
    result = evaluate("--questions", str(mine))
    assert result.exit_code == 0, result.output
    assert "no such question" in result.output  # a floor on refusals, and no unanswerable question
    document = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert len(document["records"]) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--questions", "nowhere.jsonl"], "eval: nowhere.jsonl: cannot be read: No such file"),
        (["--floors", "nowhere.toml"], "eval: nowhere.toml: cannot be read"),
        (["--articles", "nowhere/"], "eval: nowhere: no such folder; name one with --articles"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, evaluate: Callable[..., Result]
) -> None:
    result = evaluate(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_named(
    evaluate: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = evaluate("--out", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_help_teaches_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, runpy; sys.argv = ['eval', '--help']\n"
        "try: runpy.run_module('eval', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'faiss', 'onnxruntime', 'tantivy', 'numpy', 'ir_measures'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for taught in ("Exit code", "--questions", "--floors", "--verbose", "python -m eval"):
        assert taught in done.stdout
    assert "HEAVY []" in done.stdout
