"""The GitHub Action: its file is sound, and the README's five lines do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
EXPRESSION = re.compile(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}")
ARTICLES = {
    "ferry.md": "---\ntitle: The ferry\ndate: 2025-03-14\n---\n\nThe ferry to Holm sails at 7:40 "
    "every morning. A ticket costs 12 crowns. Captain Ida Brandt has sailed it since 2011.\n",
    "mill.txt": "The old mill\n\nThe mill at Sund was built in 1884. It ground rye until 1963. "
    "Today it is a bakery with nine employees.\n",
}
QUESTIONS = (
    ("ticket", "What does a ticket for the ferry cost?", "12 crowns", "ferry.md",
     "A ticket costs 12 crowns."),
    ("captain", "Who is the captain of the ferry?", "Ida Brandt", "ferry.md",
     "Captain Ida Brandt has sailed it since 2011."),
    ("built", "When was the mill at Sund built?", "1884", "mill.txt",
     "The mill at Sund was built in 1884."),
)  # fmt: skip


@pytest.fixture
def action() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


@pytest.fixture
def example() -> list[dict[str, Any]]:
    """The steps that the README shows."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (block,) = (block for block in blocks if "/footnote@" in block)
    assert len(block.strip().splitlines()) == 5
    steps = yaml.safe_load(block)
    assert isinstance(steps, list)
    return steps


def test_the_action_is_composite_and_each_input_is_told_and_used(action: dict[str, Any]) -> None:
    assert action["runs"]["using"] == "composite"
    assert action["name"]
    assert action["description"]
    inputs = action["inputs"]
    assert all(one["description"] for one in inputs.values())
    assert all(one.get("required") or "default" in one for one in inputs.values())
    steps = action["runs"]["steps"]
    assert set(EXPRESSION.findall(json.dumps(steps))) == set(inputs)
    for step in steps:
        assert ("uses" in step) != ("run" in step)
        assert "run" not in step or step["shell"] == "bash"
        assert not EXPRESSION.search(step.get("run", "")), "an input would be run as a command"


def test_the_readme_gives_every_input_that_is_needed_and_no_other(
    action: dict[str, Any], example: list[dict[str, Any]]
) -> None:
    given = set(example[1]["with"])
    needed = {name for name, one in action["inputs"].items() if one.get("required")}
    assert needed <= given <= set(action["inputs"])


def test_the_readmes_five_lines_run(
    action: dict[str, Any], example: list[dict[str, Any]], data_dir: Path, tmp_path: Path
) -> None:
    """Its last step, as a runner would run it, in another repository; the environment is ours."""
    given = example[1]["with"]
    articles = tmp_path / "repository" / given["articles"]
    articles.mkdir(parents=True)
    for name, text in ARTICLES.items():
        (articles / name).write_text(text, encoding="utf-8")
    (tmp_path / "repository" / given["questions"]).write_text(_questions(), encoding="utf-8")
    (tmp_path / "repository" / "eval").mkdir()  # a package of theirs does not get in the way
    (tmp_path / "repository" / "eval" / "__init__.py").write_text("raise SystemExit(9)")

    done, summary = _step(action, given, tmp_path, data_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary.startswith("# Evaluation")
    assert "3 questions: " in summary
    assert (tmp_path / "repository" / "footnote-eval" / "junit.xml").is_file()

    strict = tmp_path / "repository" / "strict floors.toml"
    strict.write_text("[median_words]\nmax = 1", encoding="utf-8")
    done, summary = _step(action, {**given, "floors": strict.name}, tmp_path, data_dir)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Gate: 1 broken." in summary
    assert "::error title=Gate%3A median_words::" in done.stdout
    assert f"::error file={given['questions']},line=1,title=Lost%3A ticket::" in done.stdout

    done, summary = _step(action, {**given, "questions": "none.jsonl"}, tmp_path, data_dir)
    assert done.returncode == 2
    assert "none.jsonl: cannot be read" in done.stderr
    assert summary == ""


def _questions() -> str:
    return "\n".join(
        json.dumps({
            "id": name, "kind": "fact", "question": question, "answerable": True,
            "facts": [[fact]], "evidence": [{"article_id": article, "quote": quote}],
        })
        for name, question, fact, article, quote in QUESTIONS
    )  # fmt: skip


def _step(
    action: dict[str, Any], given: dict[str, str], folder: Path, data_dir: Path
) -> tuple[subprocess.CompletedProcess[str], str]:
    """The action's last step with these inputs, and what it wrote into the summary."""
    inputs = {name: str(one.get("default", "")) for name, one in action["inputs"].items()} | given
    step = action["runs"]["steps"][-1]
    summary = folder / "summary.md"
    summary.write_text("", encoding="utf-8")
    environment = {
        **os.environ,
        **{k: EXPRESSION.sub(lambda m: inputs[m[1]], v) for k, v in step["env"].items()},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKSPACE": str(folder / "repository"),
        "FOOTNOTE_DATA_DIR": str(data_dir),
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=folder / "repository", env=environment, capture_output=True, text=True,
    )  # fmt: skip
    return done, summary.read_text(encoding="utf-8")
