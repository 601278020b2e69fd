"""The gate closes on every mutant of the product, by the part of it that is there for that."""

from __future__ import annotations

import time

import pytest

from eval.saved import Saved
from tests.sabotage.harness import Evaluation, Outcome
from tests.sabotage.mutants import MUTANTS, Mutant
from tests.sabotage.progress import Progress

pytestmark = pytest.mark.sabotage

LEAST = 12


def test_there_are_mutants_enough_and_each_has_a_name_of_its_own() -> None:
    assert len({one.name for one in MUTANTS}) == len(MUTANTS) >= LEAST
    assert all(one.breaks and one.caught_by for one in MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name.replace(" ", "-"))
def test_the_gate_catches(
    mutant: Mutant,
    evaluation: Evaluation,
    unchanged: Outcome,
    before: Saved,
    progress: Progress,
) -> None:
    if progress.find(mutant.name) is None:
        began = time.monotonic()
        with pytest.MonkeyPatch.context() as patch:
            mutant.sabotage(patch)
            outcome = evaluation.run(before)
        # What the product as it is does not reach either was not caught by this.
        closed = {n: how for n, how in outcome.closed_by.items() if n not in unchanged.closed_by}
        row = {
            "number": MUTANTS.index(mutant),
            "name": mutant.name,
            "breaks": mutant.breaks,
            "caught_by": closed,
            "lost": outcome.lost,
            "p": {n: p for n, p in outcome.p.items() if n in mutant.caught_by},
        }
        progress.keep(mutant.name, row, time.monotonic() - began)
    found = progress.find(mutant.name)
    assert found is not None
    assert set(mutant.caught_by) <= found["caught_by"].keys(), found["caught_by"]
