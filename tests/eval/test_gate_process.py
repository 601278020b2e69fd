"""The gate as CI meets it: a process of its own, the real assistant, and one article not found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml

ROOT = Path(__file__).parents[2]
ARTICLE = "000_16a79fb0c8db9746.txt"
ASKED = 10
"""Questions that the article answers, and as many that it does not."""
BROKEN = """
import os, sys
from dataclasses import replace
from assistant.service import Assistant

sound = Assistant._retrieve

def without_the_article(self, *given, **named):
    found = sound(self, *given, **named)
    kept = [n for n, hit in enumerate(found.hits) if hit.passage.article_id != os.environ["GONE"]]
    return replace(found, hits=tuple(found.hits[n] for n in kept),
                   cosines=tuple(found.cosines[n] for n in kept))

Assistant._retrieve = without_the_article
sys.argv[0] = "eval"
from eval.__main__ import app
app(prog_name="python -m eval")
"""


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Questions about one article, and about others."""
    about: list[str] = []
    others: list[str] = []
    committed = ROOT / "eval" / "questions" / "development.jsonl"
    for line in committed.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        places = [p for e in row.get("evidence", ()) for p in (e, *e.get("also", ()))]
        articles = {place["article_id"] for place in places}
        if len(articles) == 1 and "history" not in row:
            (about if articles == {ARTICLE} else others).append(line)
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join([*about[:ASKED], *others[:ASKED]]), encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_break_in_retrieval_closes_the_gate_and_the_lost_questions_are_named(
    questions: Path, data_dir: Path, tmp_path: Path
) -> None:
    def evaluate(*arguments: str | Path, program: tuple[str, ...] = ("-m", "eval"),
                 **environment: str) -> subprocess.CompletedProcess[str]:  # fmt: skip
        return subprocess.run(
            [sys.executable, *program, *map(str, arguments)],
            cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True,
        )  # fmt: skip

    asked: list[str | Path] = [
        "--questions",
        questions,
        "--data-dir",
        data_dir,
        "--articles",
        ROOT / "seeds",
    ]
    out, accepted = tmp_path / "run", tmp_path / "accepted.jsonl"
    first = evaluate(*asked, "--out", out)
    assert first.returncode == 0, first.stdout + first.stderr
    assert evaluate("accept", out, "--to", accepted).returncode == 0

    unchanged = evaluate(*asked, "--out", out, "--accepted", accepted)
    assert unchanged.returncode == 0, unchanged.stdout
    assert f"0 lost, 0 won of {2 * ASKED} questions" in unchanged.stdout

    broken = evaluate(
        *asked, "--out", out, "--accepted", accepted, program=("-c", BROKEN),
        GONE=ARTICLE, GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(tmp_path),
    )  # fmt: skip
    assert broken.returncode == 1, broken.stdout + broken.stderr
    comparison = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
    of_article = [row["id"] for row in rows[:ASKED]]
    (recall,) = (c for c in comparison["changes"] if c["measure"] == "recall_at_5")
    assert "recall_at_5" in comparison["dropped"]
    assert len(recall["lost"]) >= ASKED - 2
    assert set(recall["lost"]) <= set(of_article)

    lost = next(line for line in broken.stdout.splitlines() if line.startswith("BROKEN: recall"))
    assert set(lost.partition("; lost: ")[2].split(", ")) == set(recall["lost"])
    annotated = [line for line in broken.stdout.splitlines() if line.startswith("::error file=")]
    assert annotated
    for line in annotated:
        number = int(line.partition("line=")[2].partition(",")[0])
        assert line.startswith("::error file=mine.jsonl,line=")
        assert f"Lost%3A {rows[number - 1]['id']}::" in line
    failed = {
        case.name
        for suite in JUnitXml.fromfile(str(out / "junit.xml"))
        for case in suite
        if suite.name != "gate" and any(type(r).__name__ == "Failure" for r in case.result)
    }
    assert set(recall["lost"]) <= failed <= set(of_article)
