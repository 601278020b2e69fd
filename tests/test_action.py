"""The GitHub Action: its file is sound, and the README's five lines do what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from functools import partial
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


def example_in(document: str) -> list[dict[str, Any]]:
    """The five lines that a document shows, as steps."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)
    (block,) = (block for block in blocks if "/footnote@" in block)
    assert len(block.strip().splitlines()) == 5
    steps = yaml.safe_load(block)
    assert isinstance(steps, list)
    return steps


@pytest.fixture
def example() -> list[dict[str, Any]]:
    """The steps that the README shows."""
    return example_in("README.md")


@pytest.fixture
def repository(example: list[dict[str, Any]], tmp_path: Path) -> Path:
    """Somebody else's repository, with what the README's lines name."""
    given, folder = example[1]["with"], tmp_path / "repository"
    (folder / given["articles"]).mkdir(parents=True)
    for name, text in ARTICLES.items():
        (folder / given["articles"] / name).write_text(text, encoding="utf-8")
    (folder / given["articles"] / "locked.pdf").write_bytes(b"%PDF-1.4 damaged")
    (folder / given["questions"]).write_text(_questions(), encoding="utf-8")
    (folder / "eval").mkdir()  # a package of theirs does not get in the way
    (folder / "eval" / "__init__.py").write_text("raise SystemExit(9)")
    return folder


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


@pytest.mark.parametrize("document", ["README.md", "docs/evaluation.md"])
def test_the_five_lines_give_every_input_that_is_needed_and_no_other(
    document: str, action: dict[str, Any]
) -> None:
    checkout, footnote = example_in(document)
    assert checkout["uses"].startswith("actions/checkout@")
    account, at = footnote["uses"].split("/footnote@")
    assert (account, bool(at)) == ("<account>", True), "nobody's account: it has to be filled in"
    given = set(footnote["with"])
    needed = {name for name, one in action["inputs"].items() if one.get("required")}
    assert needed <= given <= set(action["inputs"])


def test_the_readmes_five_lines_run(
    action: dict[str, Any],
    example: list[dict[str, Any]],
    data_dir: Path,
    tmp_path: Path,
    repository: Path,
) -> None:
    """Its last step, as a runner would run it, in another repository; the environment is ours."""
    given = example[1]["with"]
    run = partial(_step, action, -2, repository, tmp_path / "summary.md")
    ours = {"FOOTNOTE_DATA_DIR": str(data_dir)}

    done, summary = run(given, ours)
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary.startswith("# Evaluation")
    assert "3 questions: " in summary
    assert "Not asked: locked.pdf: the PDF is damaged" in done.stderr
    assert (repository / "footnote-eval" / "junit.xml").is_file()

    strict = repository / "strict floors.toml"
    strict.write_text("[median_words]\nmax = 1", encoding="utf-8")
    done, summary = run({**given, "floors": strict.name}, ours)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Gate: 1 broken." in summary
    assert "::error title=Gate%3A median_words::" in done.stdout
    assert f"::error file={given['questions']},line=1,title=Lost%3A ticket::" in done.stdout

    done, summary = run({**given, "questions": "none.jsonl"}, ours)
    assert done.returncode == 2
    assert "none.jsonl: cannot be read" in done.stderr
    assert summary == ""


@pytest.mark.slow
def test_the_actions_steps_run_from_a_checkout_in_an_environment_of_their_own(
    action: dict[str, Any],
    example: list[dict[str, Any]],
    data_dir: Path,
    tmp_path: Path,
    repository: Path,
) -> None:
    """Both steps, the first of which installs; what it would download it finds where we run."""
    checkout = tmp_path / "footnote"
    shutil.copytree(ROOT, checkout, ignore=_no_part_of_a_checkout)
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    (place,) = environment.glob("lib/python*/site-packages")
    (place / "ours.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    old = [str(environment / "bin" / "pip"), "uninstall", "-q", "-y", "setuptools"]
    subprocess.run(old, check=True)  # which Python 3.11 brings, and which hides ours
    theirs = {
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_ACTION_PATH": str(checkout),
        "FOOTNOTE_DATA_DIR": str(data_dir),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the other way round: none
    }
    install, evaluate = (n for n, step in enumerate(action["runs"]["steps"]) if "run" in step)
    run = partial(_step, action, folder=repository, summary=tmp_path / "summary.md")
    done, _ = run(install, given=example[1]["with"], environment=theirs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (place / "assistant" / "__init__.py").is_file()
    done, summary = run(evaluate, given=example[1]["with"], environment=theirs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 questions: " in summary


def _no_part_of_a_checkout(folder: str, names: list[str]) -> set[str]:
    """What git does not keep: environments, caches, runs."""
    left_out = {name for name in names if name.startswith(".") and name != ".ci"}
    return left_out | {"__pycache__", "runs", "build", "dist", "node_modules"} & set(names)


def _questions() -> str:
    return "\n".join(
        json.dumps({
            "id": name, "kind": "fact", "question": question, "answerable": True,
            "facts": [[fact]], "evidence": [{"article_id": article, "quote": quote}],
        })
        for name, question, fact, article, quote in QUESTIONS
    )  # fmt: skip


def _step(
    action: dict[str, Any],
    number: int,
    folder: Path,
    summary: Path,
    given: Mapping[str, str],
    environment: Mapping[str, str],
) -> tuple[subprocess.CompletedProcess[str], str]:
    """A step of the action with these inputs, as a runner runs it, and what it wrote to `summary`.

    `environment` comes on top of ours.
    """
    inputs = {name: str(one.get("default", "")) for name, one in action["inputs"].items()}
    inputs |= given
    step = action["runs"]["steps"][number]
    summary.write_text("", encoding="utf-8")
    # `make` keeps its own pip inside our pinned versions by a path that holds in our folder only.
    values = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKSPACE": str(folder),
        **environment,
        **{k: EXPRESSION.sub(lambda m: inputs[m[1]], v) for k, v in step.get("env", {}).items()},
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=folder, env=values, capture_output=True, text=True,
    )  # fmt: skip
    return done, summary.read_text(encoding="utf-8")
