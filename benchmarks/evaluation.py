"""Writes the figures of all accepted runs into README.md and docs/, between their marks.

    python benchmarks/evaluation.py [--check]

With --check nothing is written: exit code 1 says that a page has other figures than the runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.intervals import Figure, figure
from eval.judgements import FIGURES, Confidences, Judgement
from eval.measures import MEASURES, Measure, measure_named
from eval.questions import KINDS
from eval.saved import Judged, Saved, read_saved
from eval.sets import load_sets
from eval.tables import interval, markdown_table, shown

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"coverage", "latency_p50_ms", "latency_p95_ms", "errors"}
"""Measures of which an accepted run has nothing, or which say nothing beside the others."""
CALLED = {
    "seeds": "the five articles, development",
    "seeds-heldout": "the five articles, held out",
    "larkmere": "Larkmere, development (the reader learned from it)",
    "larkmere-heldout": "Larkmere, held-out stories",
    "documents-heldout": "documents, held out",
}
UNSEEN = ("seeds", "seeds-heldout", "larkmere-heldout", "documents-heldout")
"""Sets whose articles the reader has not learned from."""
AIMS = {
    "correctness": ("all the right facts in the answer", "85 %"),
    "citation_validity": ("citations valid", "100 %"),
    "citation_support": ("each fact in its own citation", "100 %"),
    "unanswerable_refused": ("unanswerable questions refused", "70 %"),
    "answerable_refused": ("answerable questions refused", "at most 10 %"),
    "recall_at_5": ("evidence in the first five passages (recall@5)", ""),
}
RIGHT = ("correct", "refused_rightly")

Runs = dict[str, Saved]


def main() -> None:
    """Write the figures, or say that they are not up to date."""
    if sys.argv[1:] not in ([], ["--check"]):
        raise SystemExit(f"usage: python {sys.argv[0]} [--check]")
    runs = {one.name: read_saved(one.accepted) for one in load_sets() if one.accepted.is_file()}
    for name, blocks in PAGES.items():
        page = ROOT / name
        before = page.read_text(encoding="utf-8")
        after = before
        for mark, made in blocks.items():
            after = _put(after, mark, made(runs))
        if before == after:
            continue
        if sys.argv[1:]:
            raise SystemExit(f"{name}: make accept, or python {sys.argv[0]}")
        page.write_text(after, encoding="utf-8")
        print(f"wrote {name}")


def _put(page: str, mark: str, block: str) -> str:
    """The page with what stands between the two comments of a mark replaced."""
    opened, closed = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    head, rest = page.split(opened)
    _, tail = rest.split(closed)
    return head + opened + block + closed + tail


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(["", *markdown_table(header, rows), ""])


def all_measures(runs: Runs) -> str:
    """Every measure of every set, with its interval."""
    header = ["", *(f"{name} ({len(saved.judged)})" for name, saved in runs.items())]
    rows = [
        [measure.name, *(_with_interval(measure, saved) for saved in runs.values())]
        for measure in MEASURES
        if measure.name not in LEFT_OUT
    ]
    return _table(header, rows)


def kinds(runs: Runs) -> str:
    """How many questions of each kind are right, or rightly refused."""

    def cell(saved: Saved, kind: str) -> str:
        own = [one for one in saved.judged if one.kind == kind]
        return f"{sum(one.outcome in RIGHT for one in own)} of {len(own)}" if own else "–"

    rows = [[kind, *(cell(saved, kind) for saved in runs.values())] for kind in KINDS]
    return _table(["kind", *runs], rows)


def aims(runs: Runs) -> str:
    """What the README tells, beside what is aimed at."""
    header = [
        "accepted runs, with 95 % intervals",
        *(f"{CALLED[name]} ({len(runs[name].judged)})" for name in UNSEEN),
        "aim",
    ]
    rows = []
    for name, (called, aim) in AIMS.items():
        cells = (_with_interval(measure_named(name), runs[own], digits=0) for own in UNSEEN)
        rows.append([called, *cells, aim])
    return _table(header, rows)


def answered_all_the_same(runs: Runs) -> str:
    """The shares of unanswerable questions that are answered."""
    refused = measure_named("unanswerable_refused")
    *some, last = (f"{round(100 * (1 - _value(refused, runs[name])))} %" for name in UNSEEN)
    return f"{', '.join(some)} and {last}"


def product(runs: Runs) -> str:
    """The three figures that a reader is chosen by."""
    names = ("correctness", "unanswerable_refused", "answerable_refused")
    rows = [
        [CALLED[name], *(f"{100 * _value(measure_named(one), saved):.1f} %" for one in names)]
        for name, saved in runs.items()
    ]
    return _table(["", "right facts", "unanswerable refused", "answerable refused"], rows)


def refusals(runs: Runs) -> str:
    """Refusals and what the confidence is worth."""
    header = ["", *(f"{CALLED[name]}, {len(runs[name].judged)}" for name in UNSEEN)]
    rows = []
    for name in ("unanswerable_refused", "answerable_refused"):
        called = f"{name.split('_')[0]} questions refused"
        found = [_figure(measure_named(name), runs[own]) for own in UNSEEN]
        rows.append([called, *(f"{_plain(one)}, n = {one.n}" for one in found)])
    sure = [_confidences(runs[own]).figures() for own in UNSEEN]
    rows += [[called, *(_plain(one[name]) for one in sure)] for name, called in FIGURES.items()]
    return _table(header, rows)


def _confidences(saved: Saved) -> Confidences:
    """The confidences of a run, which are in its Brier scores."""

    def judgement(one: Judged) -> Judgement:
        right = None if one.outcome == "refused_wrongly" else one.outcome == "correct"
        apart = one.scores.get("brier", 0.0) ** 0.5
        answered = not one.outcome.startswith("refused")
        return Judgement(1 - apart if right else apart, right, answered)

    return Confidences(tuple(judgement(one) for one in saved.judged if one.outcome != "error"))


def _with_interval(measure: Measure, saved: Saved, digits: int | None = None) -> str:
    one = _figure(measure, saved)
    if one.value is None:
        return "–"
    if digits is None:
        return f"{shown(measure.name, one)} ({interval(measure.name, one).replace(' %', '')})"
    three = (one.low, one.value, one.high)
    low, value, high = (f"{100 * (each or 0):.{digits}f}" for each in three)
    return f"{value} % ({low}–{high})"


def _plain(one: Figure) -> str:
    return "–" if one.value is None else f"{one.value:.3f} ({one.low:.3f}–{one.high:.3f})"


def _value(measure: Measure, saved: Saved) -> float:
    found = _figure(measure, saved).value
    assert found is not None
    return found


def _figure(measure: Measure, saved: Saved) -> Figure:
    values = [value for one in saved.judged if (value := one.value(measure)) is not None]
    return figure(values, measure.aggregate)


PAGES: dict[str, dict[str, Callable[[Runs], str]]] = {
    "README.md": {"figures": aims, "answered": answered_all_the_same},
    "docs/evaluation.md": {"accepted runs": all_measures, "kinds": kinds},
    "docs/reader.md": {"product": product},
    "docs/refusal.md": {"refusals": refusals},
}

if __name__ == "__main__":
    main()
