"""The gate stays open for the product as it is, and every run of it gives the same answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eval.saved import Saved, read_saved
from tests.sabotage.harness import Evaluation, Outcome, records_of
from tests.sabotage.progress import Progress

pytestmark = pytest.mark.sabotage

ROOT = Path(__file__).parents[2]
RUNS = 20
FULL = os.environ.get("FOOTNOTE_TEST_SABOTAGE") == "full"
"""Whether the models read everything anew in every one of the runs: hours."""


def test_the_gate_is_open_against_the_run_of_a_moment_ago(
    evaluation: Evaluation, before: Saved, unchanged: Outcome
) -> None:
    again = evaluation.run(before)
    assert again.closed_by == {}
    assert again.report is not None
    assert unchanged.report is not None
    assert again.report.comparison is not None
    assert str(again.report.comparison).startswith("0 lost, 0 won of ")
    assert records_of(again.report.to_dict()) == records_of(unchanged.report.to_dict())


def test_the_accepted_run_is_of_this_product(evaluation: Evaluation, before: Saved) -> None:
    accepted = read_saved(evaluation.chosen.accepted)
    assert (accepted.corpus, accepted.models) == (before.corpus, before.models)
    assert [one.fingerprint for one in accepted.judged] == [
        one.fingerprint for one in before.judged
    ]
    assert evaluation.run(accepted).closed_by == {}


@pytest.mark.parametrize("number", range(1, RUNS + 1))
def test_a_new_process_answers_the_same(
    number: int,
    kept: Path,
    before: Saved,
    unchanged: Outcome,
    data_dir: Path,
    progress: Progress,
) -> None:
    """With an index of its own, and another order of sets."""
    how, remembers = ("anew", ()) if FULL else ("remembered", ("--memory", str(kept)))
    name = f"run {number}, {how}"
    if progress.find(name) is None:
        seconds = _passes(before, unchanged, data_dir, *remembers, seed=number)
        progress.keep(name, {"same": how}, seconds)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_models_that_run_anew_answer_the_same(
    threads: int, before: Saved, unchanged: Outcome, data_dir: Path, progress: Progress
) -> None:
    name = f"anew, {threads} thread" + "s" * (threads > 1)
    if progress.find(name) is None:
        how = ("--threads", str(threads))
        progress.keep(
            name, {"same": name}, _passes(before, unchanged, data_dir, *how, seed=threads)
        )


def _passes(before: Saved, unchanged: Outcome, data: Path, *how: str, seed: int) -> float:
    """Run it, see that it answers the same; how many seconds it took."""
    began = time.monotonic()
    accepted = data / "accepted.jsonl"
    accepted.write_text(before.accepted(), encoding="utf-8")
    program = (sys.executable, str(ROOT / "tests" / "sabotage" / "memory.py"), *how, "--")
    asked = ("--data-dir", data, "--out", data / "run", "--accepted", accepted)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(
        [*program, *map(str, asked)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "0 lost, 0 won of " in done.stdout
    latest = json.loads((data / "run" / "latest.json").read_text(encoding="utf-8"))
    assert unchanged.report is not None
    assert records_of(latest) == records_of(unchanged.report.to_dict())
    return time.monotonic() - began
