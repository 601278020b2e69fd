"""Three mutants on a dozen questions: what takes seconds, and so is in every run of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eval.gate import load_gate
from eval.sets import load_sets, named
from tests.sabotage.harness import Evaluation, Outcome
from tests.sabotage.memory import remembered
from tests.sabotage.mutants import MUTANTS

ASKED = slice(0, 60, 5)
QUICK = ("wrong article cited", "title of another article", "questions that fail")


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory, exported: Path, kept: Path
) -> Iterator[Callable[[], Outcome]]:
    """A run over a few questions, held to the floors that hold for any articles."""
    chosen = named(None, load_sets())
    rows = chosen.questions[0].read_text(encoding="utf-8").splitlines()
    path = tmp_path_factory.mktemp("sabotage") / "few.jsonl"
    path.write_text("\n".join(rows[ASKED]), encoding="utf-8")
    own = load_gate(chosen.floors.with_name("own_floors.toml"))
    with remembered(kept):
        yield Evaluation(replace(chosen, questions=(path,)), own, exported / "encoders").run


def test_the_product_as_it_is_passes(asked: Callable[[], Outcome]) -> None:
    assert asked().closed_by == {}


@pytest.mark.parametrize("name", QUICK)
def test_the_gate_catches_on_few_questions_too(name: str, asked: Callable[[], Outcome]) -> None:
    (mutant,) = (one for one in MUTANTS if one.name == name)
    with pytest.MonkeyPatch.context() as patch:
        mutant.sabotage(patch)
        assert set(asked().closed_by) == set(mutant.caught_by)
