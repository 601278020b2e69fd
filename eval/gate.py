"""The gate: floors from a TOML file against the records of a run, and no drop since the accepted.

One table for each measure of `eval.measures`, and one for those that must not drop:

    [median_words]
    max = 60                            # or min
    kinds = ["fact", "number", "date"]  # optional: only these kinds of question

    [no_drop]
    measures = ["correctness"]          # significantly, all of them tested together
    alpha = 0.05                        # optional
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from embeddings.errors import AssistantError
from eval.comparison import COMPARED
from eval.intervals import Figure
from eval.measures import MEASURES, measure_named
from eval.questions import KINDS
from eval.significance import ALPHA

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from eval.comparison import Change, Comparison
    from eval.measures import Measure
    from eval.run import Record

__all__ = [
    "Floor",
    "FloorsError",
    "Gate",
    "NoDrop",
    "Verdict",
    "broken",
    "check",
    "check_drops",
    "load_gate",
]

NO_DROP = "no_drop"
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
class NoDrop:
    """A measure that must not be significantly worse than in the accepted run."""

    measure: Measure
    alpha: float

    @property
    def name(self) -> str:
        """The measure, and that it is about a difference."""
        return f"{self.measure.name} since accepted"

    @property
    def bound(self) -> str:
        """What it must be, in words."""
        return "no significant drop"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run is held against."""

    floors: tuple[Floor, ...] = ()
    no_drop: tuple[NoDrop, ...] = ()

    @property
    def together(self) -> tuple[str, ...]:
        """Names of the measures that must not drop, which are tested together."""
        return tuple(each.measure.name for each in self.no_drop)

    @property
    def alpha(self) -> float:
        """The risk of a false alarm over all of them."""
        return self.no_drop[0].alpha if self.no_drop else ALPHA


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run did on one floor, or against the accepted run."""

    floor: Floor | NoDrop
    figure: Figure
    """The measure; for a `NoDrop` its difference to the accepted run."""
    state: Literal["holds", "broken", "not_judged"]
    """`not_judged`: no question is there that this floor is about, or none that both runs have."""
    lost: tuple[str, ...] = ()
    """Ids of the questions that fall short of the floor on their own; where some of them did not
    in the accepted run, only those; of a `NoDrop` those that are worse, or judged no more."""
    p: float | None = None
    """Of a drop, adjusted for the number of measures."""

    def __str__(self) -> str:
        value = self.figure.value
        got = "nothing could be judged" if value is None else f"{value:.3f}"
        lost = f"; lost: {', '.join(self.lost)}" if self.lost else ""
        if self.p is not None:
            return f"{self.floor.name}: {value:+.3f}, p = {self.p:.4f}{lost}"
        if isinstance(self.floor, NoDrop):
            gone = self.state == "broken"
            told = "could be judged then, and cannot be now" if gone else "nothing to compare"
            return f"{self.floor.name}: {told}{lost}"
        return f"{self.floor.name} must be {self.floor.bound}, is {got}{lost}"


def load_gate(path: Path) -> Gate:
    """The gate of a TOML file; raises `FloorsError` that names the file and what to mend."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FloorsError(f"{path}: cannot be read as TOML: {error}") from error
    if not tables:
        raise FloorsError(f"{path}: has no floors; give one, or run with --no-gate")
    return Gate(
        tuple(
            _floor(name, table, path)
            for name, own in tables.items()
            if name != NO_DROP
            for table in (own if isinstance(own, list) else [own])
        ),
        _no_drop(tables[NO_DROP], path) if NO_DROP in tables else (),
    )


def check(
    floors: Iterable[Floor], records: Sequence[Record], comparison: Comparison | None = None
) -> tuple[Verdict, ...]:
    """One verdict for each floor, in order."""
    return tuple(_verdict(floor, records, comparison) for floor in floors)


def check_drops(wanted: Iterable[NoDrop], comparison: Comparison) -> tuple[Verdict, ...]:
    """One verdict for each measure that must not drop, in order.

    One that could be judged then and cannot be now is broken, as a floor would be: what shows
    nothing any more must not look as if nothing had been lost.
    """
    verdicts = []
    for each in wanted:
        change = _changed(each.measure, comparison)
        if change is None:
            gone = comparison.gone.get(each.measure.name, ())
            verdicts.append(Verdict(each, Figure(n=0), "broken" if gone else "not_judged", gone))
            continue
        fell = change.dropped(each.alpha)
        lost = change.lost if fell else ()
        state: Literal["holds", "broken"] = "broken" if fell else "holds"
        verdicts.append(Verdict(each, change.difference, state, lost, change.adjusted))
    return tuple(verdicts)


def broken(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts that close the gate."""
    return tuple(verdict for verdict in verdicts if verdict.state == "broken")


def _verdict(floor: Floor, records: Sequence[Record], comparison: Comparison | None) -> Verdict:
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
    if figure.value is None and not any(map(_must_be_judged, asked)):
        return Verdict(floor, figure, "not_judged")
    short = [record for record, value in floor.measure.values(asked) if not floor.met_by(value)]
    lost = tuple(record.question.id for record in short)
    change = None if comparison is None else _changed(floor.measure, comparison)
    new = () if change is None else tuple(one for one in lost if one in change.lost)
    return Verdict(floor, figure, "broken", new or lost)


def _must_be_judged(record: Record) -> bool:
    """Whether a question leaves something to judge: not one that was rightly refused."""
    return record.question.answerable or record.outcome != "refused_rightly"


def _changed(measure: Measure, comparison: Comparison) -> Change | None:
    return next((c for c in comparison.changes if c.measure == measure), None)


def _no_drop(table: Any, path: Path) -> tuple[NoDrop, ...]:
    if not isinstance(table, dict) or not {"measures"} <= set(table) <= {"measures", "alpha"}:
        raise FloorsError(f"{path}: [{NO_DROP}] takes `measures`, and `alpha`")
    alpha, names = table.get("alpha", ALPHA), table["measures"]
    if not isinstance(alpha, float) or not 0 < alpha < 1:
        raise FloorsError(f"{path}: [{NO_DROP}] alpha must be a number between 0 and 1")
    known = {measure.name: measure for measure in COMPARED}
    if not isinstance(names, list) or not names or not set(map(str, names)) <= set(known):
        raise FloorsError(f"{path}: [{NO_DROP}] measures must be some of {', '.join(known)}")
    return tuple(NoDrop(known[name], alpha) for name in dict.fromkeys(names))


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
