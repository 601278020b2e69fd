"""What docs/performance.md tells of a run of `benchmarks/growth.py` that is kept."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.drawing import lines_svg, table

__all__ = ["AIMED", "BOUNDS", "Bound", "growth_svg", "section", "shown"]

Round = Mapping[str, Any]

AIMED = 1_000_000
"""Passages that the bounds are of."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What must hold at so many passages, on two cores."""

    what: str
    name: str
    """Of the figure in a round; recall is measured in the first one only."""
    limit: float
    percentile: str | None = None
    at_most: bool = True
    by_a_tenth: bool = False
    """The figure is divided by that at a tenth of the passages, round by round."""

    def value(self, row: Round) -> float:
        """What is held against the limit."""
        found: float = row[self.name][self.percentile] if self.percentile else row[self.name]
        return found


BOUNDS = (
    Bound("retrieval, p95, ms", "retrieve_ms", 50, "p95"),
    Bound("– its processor time", "retrieve_processor_ms", 50, "p95"),
    Bound("recall@10 of its search by meaning", "recall_at_10", 0.98, at_most=False),
    Bound("warm answer, p50, ms", "answer_ms", 300, "p50"),
    Bound("– its processor time", "answer_processor_ms", 300, "p50"),
    Bound("open and answer, s", "open_and_answer_seconds", 3),
    Bound("– its processor time", "open_and_answer_processor_seconds", 3),
    Bound("an article added and found, s", "added_and_found_seconds", 1),
    Bound("one removed and asked again, s", "removed_and_asked_seconds", 1),
    Bound("memory of who asks, MiB", "peak_mib", 2560),
    Bound("retrieval, p50 ÷ at a tenth", "retrieve_ms", 1.5, "p50", by_a_tenth=True),
    Bound("– its processor time", "retrieve_processor_ms", 1.5, "p50", by_a_tenth=True),
    Bound("answer, p50 ÷ at a tenth", "answer_ms", 1.5, "p50", by_a_tenth=True),
    Bound("– its processor time", "answer_processor_ms", 1.5, "p50", by_a_tenth=True),
)
LINES: Mapping[str, Callable[[Round], float]] = {
    "answer, p50": lambda row: row["answer_ms"]["p50"],
    "retrieval, p95": lambda row: row["retrieve_ms"]["p95"],
    "retrieval, p50": lambda row: row["retrieve_ms"]["p50"],
    "its processor": lambda row: row["retrieve_processor_ms"]["p50"],
}


def growth_svg(kept: Mapping[str, Any]) -> str:
    """Milliseconds over passages."""
    rows = kept["rows"]
    return lines_svg(
        "Milliseconds a question, as the corpus grows (passages)",
        [row["passages"] for row in rows],
        {name: [value(row) for row in rows] for name, value in LINES.items()},
    )


def section(kept: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the page, without its heading."""
    rows = kept["rows"]
    loads = [done["load"] for row in rows for done in row["rounds"]]
    yield (
        f"Measured on {kept['date']} at `{kept['commit']}` by `python benchmarks/growth.py "
        f"--rounds {kept['rounds']} --json benchmarks/results/growth.json`, which `make bench` "
        "does not run: the largest corpus takes a quarter of an hour to build. "
        f"{kept['cores']} cores, Python {kept['python']}, a load of {min(loads):g} to "
        f"{max(loads):g}: above {kept['cores']}, whoever is measured waits for others, so that "
        "wall times are too long. Processor time is that of all threads; all files are in memory "
        "by then, so with two free cores a question should take no longer. In each round every "
        "size is asked in turn, in a process of its own; told is the median of the rounds."
    )
    yield from ("", "![As the corpus grows](images/performance-growth.svg)", "")
    by_size = {row["passages"]: row["rounds"] for row in rows}
    if AIMED in by_size:
        least = rows[0]
        yield (
            f"What must hold at {AIMED:,} passages, on two cores that are free. (In this run an "
            f"answer from {least['passages']:,} passages took {least['answer_ms']['p50']:.0f} ms, "
            f"for {least['answer_processor_ms']['p50']:.0f} ms of processor time.)"
        )
        yield ""
        yield from table(("", "aim", "median round", "rounds", ""), list(_bounds(by_size)))
        yield ""
    yield (
        "All figures; those with two are median and 95th percentile, in milliseconds. The corpora "
        "are made: words by Zipf's law, vectors in clusters."
    )
    yield ""
    names = dict.fromkeys(name for row in rows for name in row)
    told = [name for name in names if name not in ("passages", "rounds", "filtered")]
    yield from table(
        ("passages", *(f"{row['passages']:,}" for row in rows)),
        ((name.replace("_", " "), *(shown(row.get(name, "–")) for row in rows)) for name in told),
    )


def _bounds(by_size: Mapping[int, Sequence[Round]]) -> Iterator[tuple[str, ...]]:
    for bound in BOUNDS:
        values = _values(bound, by_size)
        if not values:
            continue
        middle = statistics.median(values)
        held = middle <= bound.limit if bound.at_most else middle >= bound.limit
        yield (
            bound.what,
            f"{'≤' if bound.at_most else '≥'} {bound.limit:g}",
            f"{middle:.4g}",
            f"{min(values):.4g}–{max(values):.4g}",
            "holds" if held else "**falls short**",
        )


def _values(bound: Bound, by_size: Mapping[int, Sequence[Round]]) -> list[float]:
    """The figure of each round that has it."""
    rounds = by_size[AIMED]
    if bound.by_a_tenth:
        tenth = by_size.get(AIMED // 10, ())
        return [
            bound.value(one) / bound.value(other)
            for one, other in zip(rounds, tenth, strict=bool(tenth))
        ]
    return [bound.value(one) for one in rounds if bound.name in one]


def shown(value: object) -> str:
    """A figure, or two."""
    if isinstance(value, Mapping):
        return f"{value['p50']:g} / {value['p95']:g}"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
