"""Named sets: which questions are asked of which articles, and what the answers are held against.

`eval/sets.toml` has one table for each, with paths from its own folder; the first is the default:

    [seeds]
    articles = "../seeds"
    questions = ["questions/development.jsonl"]
    floors = "floors.toml"
    accepted = "accepted/seeds.jsonl"   # written by `python -m eval accept`
    held_out = true                     # optional
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings.errors import AssistantError

__all__ = ["RUNS", "SETS", "QuestionSet", "SetsError", "load_sets", "named"]

SETS = Path(__file__).parent / "sets.toml"
RUNS = Path(__file__).parent / "runs"
FIELDS = {"articles", "questions", "floors", "accepted"}
HELD_OUT = "held_out"


class SetsError(AssistantError):
    """The file of sets cannot be read, or there is no set of that name."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions, the articles they are asked of, and what the answers are held against."""

    name: str
    articles: Path
    questions: tuple[Path, ...]
    floors: Path
    accepted: Path
    """Where the accepted run is kept, whether there is one yet or not."""
    held_out: bool = False
    """Whether the log and the summary show figures and ids only: neither question nor answer."""


def load_sets(path: Path = SETS) -> tuple[QuestionSet, ...]:
    """The sets of a TOML file; raises `SetsError` that names the file and what to mend."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetsError(f"{path}: cannot be read as TOML: {error}") from error
    if not tables:
        raise SetsError(f"{path}: has no set")
    return tuple(_set(name, table, path) for name, table in tables.items())


def named(name: str | None, sets: tuple[QuestionSet, ...]) -> QuestionSet:
    """The set of that name, None for the first; raises `SetsError` when there is none."""
    if name is None:
        return sets[0]
    for one in sets:
        if one.name == name:
            return one
    raise SetsError(f"no set is named {name!r}; there are: {', '.join(s.name for s in sets)}")


def _set(name: str, table: Any, path: Path) -> QuestionSet:
    if not isinstance(table, dict) or not FIELDS <= set(table) <= {*FIELDS, HELD_OUT}:
        raise SetsError(
            f"{path}: [{name}] takes {', '.join(sorted(FIELDS))}, all of them, and {HELD_OUT}"
        )
    if not isinstance(table.get(HELD_OUT, False), bool):
        raise SetsError(f"{path}: [{name}] {HELD_OUT} is true or false")
    questions = table["questions"]
    texts = [table["articles"], table["floors"], table["accepted"], *questions]
    if (
        not isinstance(questions, list)
        or not questions
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise SetsError(f"{path}: [{name}] holds paths as strings, `questions` a list of them")
    folder = path.parent
    return QuestionSet(
        name=name,
        articles=folder / table["articles"],
        questions=tuple(folder / one for one in questions),
        floors=folder / table["floors"],
        accepted=folder / table["accepted"],
        held_out=table.get(HELD_OUT, False),
    )
