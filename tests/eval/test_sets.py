"""The named sets: those committed are whole, and a mistake in the file is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from eval.gate import load_gate
from eval.questions import fingerprint, load
from eval.run import FINGERPRINT
from eval.saved import read_saved
from eval.sets import SetsError, load_sets, named

ROOT = Path(__file__).parents[2]
WHOLE = 'articles = "a"\nquestions = ["q.jsonl"]\nfloors = "f.toml"\naccepted = "accepted.jsonl"\n'


def test_each_committed_set_has_its_articles_questions_and_floors() -> None:
    sets = load_sets()
    assert named(None, sets).name == "seeds"
    for one in sets:
        assert any(one.articles.iterdir()), one.name
        assert load(one.questions), one.name
        assert load_gate(one.floors).floors, one.name
        assert named(one.name, sets) == one


def test_each_accepted_run_is_of_the_questions_as_they_are() -> None:
    """Where this fails, questions have changed: `python -m eval`, then `python -m eval accept`."""
    accepted = [one for one in load_sets() if one.accepted.is_file()]
    assert "seeds" in [one.name for one in accepted]
    for one in accepted:
        saved = read_saved(one.accepted)
        asked = {q.id: fingerprint([q])[:FINGERPRINT] for q in load(one.questions)}
        assert {judged.id: judged.fingerprint for judged in saved.judged} == asked, one.name
        assert saved.name == one.name


def test_the_documents_have_the_figures_of_the_accepted_runs() -> None:
    """Where this fails: `make accept`, or `python benchmarks/evaluation.py` alone."""
    program = [sys.executable, str(ROOT / "benchmarks" / "evaluation.py"), "--check"]
    subprocess.run(program, cwd=ROOT, check=True)


def test_paths_start_at_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sets.toml"
    path.write_text(f"[mine]\n{WHOLE}[hidden]\n{WHOLE}held_out = true", encoding="utf-8")
    mine, hidden = load_sets(path)
    assert (mine.held_out, hidden.held_out) == (False, True)
    assert (mine.articles, mine.questions) == (tmp_path / "a", (tmp_path / "q.jsonl",))
    assert (mine.floors, mine.accepted) == (tmp_path / "f.toml", tmp_path / "accepted.jsonl")
    with pytest.raises(SetsError, match="no set is named 'yours'; there are: mine"):
        named("yours", (mine,))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("", "has no set"),
        ("[mine", "cannot be read as TOML"),
        (f"[mine]\nheld_out = 1\n{WHOLE}", r"\[mine\] held_out is true or false"),
        (f"[mine]\nhidden = true\n{WHOLE}", r"\[mine\] takes accepted, .*, and held_out"),
        ('[mine]\narticles = "a"', r"\[mine\] takes accepted, articles, floors, questions"),
        ('[mine]\narticles = 1\nquestions = ["q"]\nfloors = "f"\naccepted = "c"', "as strings"),
        ('[mine]\narticles = "a"\nquestions = "q"\nfloors = "f"\naccepted = "c"', "a list"),
        ('[mine]\narticles = "a"\nquestions = []\nfloors = "f"\naccepted = "c"', "a list"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, toml: str, message: str) -> None:
    path = tmp_path / "sets.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(SetsError, match=message):
        load_sets(path)
