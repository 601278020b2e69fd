"""What a workflow shows of a run: the step that the action runs, and our own workflow's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = """# Evaluation

| measure | value |
| --- | --- |
| correctness | 50.0 % |

![reliability](reliability.svg)
![risk-coverage](risk-coverage.svg)

- wrong · one · got: See !\\[x](http://x.example) and ![y](y.png)
"""
SHOWN = [line for line in PAGE.splitlines() if not line.startswith("![")]
SUMMARY = "$GITHUB_STEP_SUMMARY"


@pytest.fixture
def workflow() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def test_the_summary_of_the_action_has_no_picture_that_is_not_there(tmp_path: Path) -> None:
    """A summary has no files beside it; `python -m eval` is a program that writes PAGE."""
    (tmp_path / "page.md").write_text(PAGE, "utf-8")
    evaluation = tmp_path / "python"
    evaluation.write_text(
        f'#!/bin/sh\nmkdir -p run\ncp "{tmp_path}/page.md" "$OUT/latest.md"\nexit 1\n'
    )
    evaluation.chmod(0o755)
    (tmp_path / "run").mkdir()
    summary = tmp_path / "summary.md"
    summary.write_text("Before.\n", "utf-8")
    values = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "OUT": str(tmp_path / "run"),
        "ARTICLES": "articles", "QUESTIONS": "mine.jsonl", "GITHUB_STEP_SUMMARY": str(summary),
    }  # fmt: skip
    done = subprocess.run([ROOT / ".ci/evaluate"], cwd=tmp_path, env=values, check=False)
    assert done.returncode == 1, "a closed gate stays closed"
    assert summary.read_text("utf-8").splitlines() == ["Before.", *SHOWN]


def test_our_own_summaries_have_none_either(workflow: dict[str, Any], tmp_path: Path) -> None:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    commands = [run for step in steps if "latest.md" in (run := step.get("run", ""))]
    assert len(commands) == 2
    for name in ("larkmere", "seeds"):
        (tmp_path / "eval/runs" / name).mkdir(parents=True)
        (tmp_path / "eval/runs" / name / "latest.md").write_text(PAGE, "utf-8")
    for number, command in enumerate(commands):
        summary = tmp_path / f"{number}.md"
        values = {**os.environ, "GITHUB_STEP_SUMMARY": str(summary)}
        subprocess.run(["bash", "-ec", command], cwd=tmp_path, env=values, check=True)
        assert summary.read_text("utf-8").splitlines() == 2 * SHOWN


def test_the_full_evaluation_is_cut_off_after_the_time_it_is_promised_in(
    workflow: dict[str, Any],
) -> None:
    assert workflow["jobs"]["evaluation"]["timeout-minutes"] == 20


def test_the_action_keeps_the_run_whether_its_gate_is_open_or_not() -> None:
    """`python -m eval accept` needs the run's folder, which is gone with the runner."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    evaluate, keep = action["runs"]["steps"][-2:]
    assert evaluate["env"]["OUT"] == keep["with"]["path"] == "${{ inputs.out }}"
    assert keep["uses"] == "actions/upload-artifact@v4"
    assert keep["if"] == "always()"
    assert keep["with"]["name"] == "${{ inputs.artifact }}"
