"""The gate: floors from a TOML file against the records of a run.

One table for each measure of `eval.measures`:

    [median_words]
    max = 60                            # or min
    kinds = ["fact", "number", "date"]  # optional: only these kinds of question
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from embeddings.errors import AssistantError
from eval.measures import MEASURES, measure_named
from eval.questions import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from eval.intervals import Figure
    from eval.measures import Measure
    from eval.run import Record

__all__ = ["Floor", "FloorsError", "Verdict", "broken", "check", "load_floors"]

ROUNDING = 1e-9


class FloorsError(AssistantError):
    """The floors file cannot be read, or asks for what there is not."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What a measure must reach: at least `limit`, or at most, where lower is better."""

    measure: Measure
    limit: float
    kinds: tuple[str, ...] = ()
    """Kinds of question it is asked of; empty: all."""

    @property
    def name(self) -> str:
        """The measure, and the kinds where it is asked of some only."""
        return self.measure.name + (f" ({', '.join(self.kinds)})" if self.kinds else "")

    @property
    def bound(self) -> str:
        """`≥ 0.85` or `≤ 60`."""
        return f"{'≤' if self.measure.lower_is_better else '≥'} {self.limit:g}"

    def met_by(self, value: float) -> bool:
        """Whether a value keeps the floor."""
        if self.measure.lower_is_better:
            return value <= self.limit + ROUNDING
        return value >= self.limit - ROUNDING


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run did on one floor."""

    floor: Floor
    figure: Figure
    state: Literal["holds", "broken", "not_judged"]
    """`not_judged`: the question set has no question that this floor is about."""
    lost: tuple[str, ...] = ()
    """Ids of the questions that fall short of the floor on their own."""

    def __str__(self) -> str:
        value = self.figure.value
        got = "nothing could be judged" if value is None else f"{value:.3f}"
        lost = f"; lost: {', '.join(self.lost)}" if self.lost else ""
        return f"{self.floor.name} must be {self.floor.bound}, is {got}{lost}"


def load_floors(path: Path) -> tuple[Floor, ...]:
    """The floors of a TOML file; raises `FloorsError` that names the file and what to mend."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FloorsError(f"{path}: cannot be read as TOML: {error}") from error
    if not tables:
        raise FloorsError(f"{path}: has no floors; give one, or run with --no-gate")
    return tuple(_floor(name, table, path) for name, table in tables.items())


def check(floors: Iterable[Floor], records: Sequence[Record]) -> tuple[Verdict, ...]:
    """One verdict for each floor, in order."""
    return tuple(_verdict(floor, records) for floor in floors)


def broken(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts that close the gate."""
    return tuple(verdict for verdict in verdicts if verdict.state == "broken")


def _verdict(floor: Floor, records: Sequence[Record]) -> Verdict:
    asked = [
        record
        for record in records
        if floor.measure.covers(record.question)
        and (not floor.kinds or record.question.kind in floor.kinds)
    ]
    figure = floor.measure.figure(asked)
    if not asked:
        return Verdict(floor, figure, "not_judged")
    if figure.value is not None and floor.met_by(figure.value):
        return Verdict(floor, figure, "holds")
    lost = [record for record, value in floor.measure.values(asked) if not floor.met_by(value)]
    return Verdict(floor, figure, "broken", tuple(record.question.id for record in lost))


def _floor(name: str, table: Any, path: Path) -> Floor:
    try:
        measure = measure_named(name)
    except KeyError as error:
        known = ", ".join(measure.name for measure in MEASURES)
        raise FloorsError(f"{path}: [{name}] is no measure; there are: {known}") from error
    bound = "max" if measure.lower_is_better else "min"
    if not isinstance(table, dict) or not {bound} <= set(table) <= {bound, "kinds"}:
        raise FloorsError(f"{path}: [{name}] takes `{bound}`, and `kinds` if it is for some only")
    limit, kinds = table[bound], table.get("kinds", [])
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise FloorsError(f"{path}: [{name}] {bound} must be a number")
    if not isinstance(kinds, list) or not set(map(str, kinds)) <= set(KINDS):
        raise FloorsError(f"{path}: [{name}] kinds must be some of {', '.join(KINDS)}")
    return Floor(measure, float(limit), tuple(kinds))
