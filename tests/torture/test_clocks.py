"""R7: what has changed is found by content, whatever the clock says."""

from __future__ import annotations

import shutil

import pytest

from tests.torture.figures import Figures
from tests.torture.harness import FULL, Place, Workers, message_of

pytestmark = pytest.mark.crash

SEED = 20240610
RUNS = 200 if FULL else 20
UPDATES = 12
"""Rounds of changes in a run, each with times of its own."""


def turn(place: Place, number: int) -> tuple[int, list[str]]:
    """Changes of equal size under wrong times; how many, and those that were missed."""
    shutil.rmtree(place.data, ignore_errors=True)
    run = place.server.run("clocks", **place.paths, seed=f"{SEED}/{number}", rounds=UPDATES)
    assert run.status == 0, message_of(run)
    return int(run.value("changes")), [f"seed {SEED}/{number}: {m}" for m in run.value("missed")]


def test_no_update_is_missed(workers: Workers, figures: Figures) -> None:
    turns = workers.map(turn, range(RUNS))
    missed = [line for _, lines in turns for line in lines]
    figures.add("R7", "updates", sum(changes for changes, _ in turns))
    figures.add("R7", "missed", len(missed))
    assert not missed, "\n".join(missed[:10])
