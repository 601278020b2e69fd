"""Writes the figures of all accepted runs into docs/evaluation.md, between their marks.

    python benchmarks/evaluation.py [--check]

With --check nothing is written: exit code 1 says that the page has other figures than the runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from eval.intervals import Figure, figure
from eval.measures import MEASURES, Measure
from eval.saved import Saved, read_saved
from eval.sets import QuestionSet, load_sets
from eval.tables import interval, markdown_table, shown

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "evaluation.md"
OPEN, CLOSE = "<!-- accepted runs -->\n", "<!-- /accepted runs -->"
LEFT_OUT = {"coverage", "latency_p50_ms", "latency_p95_ms", "errors"}
"""Measures of which an accepted run has nothing, or which say nothing beside the others."""


def main() -> None:
    """Write the table, or say that it is not up to date."""
    before = PAGE.read_text(encoding="utf-8")
    after = with_figures(before)
    if sys.argv[1:] == ["--check"]:
        if before != after:
            raise SystemExit(f"{PAGE.relative_to(ROOT)}: make accept, or python {sys.argv[0]}")
        return
    if sys.argv[1:]:
        raise SystemExit(f"usage: python {sys.argv[0]} [--check]")
    PAGE.write_text(after, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def with_figures(page: str) -> str:
    """The page with the table of the accepted runs as they are."""
    head, rest = page.split(OPEN)
    _, tail = rest.split(CLOSE)
    runs = [(one, read_saved(one.accepted)) for one in load_sets() if one.accepted.is_file()]
    header = ["", *(_title(chosen, saved) for chosen, saved in runs)]
    rows = [
        [measure.name, *(_cell(measure, saved) for _, saved in runs)]
        for measure in MEASURES
        if measure.name not in LEFT_OUT
    ]
    table = "\n".join(["", *markdown_table(header, rows), "", ""])
    return head + OPEN + table + CLOSE + tail


def _title(chosen: QuestionSet, saved: Saved) -> str:
    return f"{chosen.name} ({len(saved.judged)})"


def _cell(measure: Measure, saved: Saved) -> str:
    one = _figure(measure, saved)
    if one.value is None:
        return "–"
    return f"{shown(measure.name, one)} ({interval(measure.name, one).replace(' %', '')})"


def _figure(measure: Measure, saved: Saved) -> Figure:
    values = [value for one in saved.judged if (value := one.value(measure)) is not None]
    return figure(values, measure.aggregate)


if __name__ == "__main__":
    main()
