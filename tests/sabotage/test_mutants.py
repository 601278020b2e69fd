"""The gate closes on every mutant of the product, by the part of it that is there for that."""

from __future__ import annotations

from typing import Any

import pytest

from eval.saved import Saved
from tests.sabotage.harness import Evaluation, Outcome
from tests.sabotage.mutants import MUTANTS, Mutant

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
    caught: list[dict[str, Any]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        mutant.sabotage(patch)
        outcome = evaluation.run(before)
    # What the product as it is does not reach either was not caught by this.
    closed = {n: how for n, how in outcome.closed_by.items() if n not in unchanged.closed_by}
    caught.append(
        {"name": mutant.name, "breaks": mutant.breaks, "caught_by": closed, "lost": outcome.lost}
    )
    assert set(mutant.caught_by) <= closed.keys(), closed
