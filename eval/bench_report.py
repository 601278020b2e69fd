"""A benchmark run, for reading: tables in the terminal, JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eval.bench import MAIN
from eval.tables import counted, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from eval.beir import Benchmark
    from eval.bench import Result
    from eval.intervals import Figure
    from eval.published import Collection

__all__ = ["SCHEMA", "BenchReport"]

SCHEMA = "footnote/bench/1"
SHOWN = (MAIN, "R@100")
"""Measures that others publish, and in which they are shown beside ours."""


@dataclass(frozen=True, slots=True)
class BenchReport:
    """A benchmark, what each stage reached on it, and what others have published."""

    benchmark: Benchmark
    result: Result
    encoder: str
    """Fingerprint of the encoder."""
    published: Collection | None = None

    def beside(self, published: Collection | None) -> BenchReport:
        """The same with figures that others have published."""
        return replace(self, published=published)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary; all but what is named latency is the same for equal runs."""
        values, benchmark = self.result.values, self.benchmark
        return {
            "schema": SCHEMA,
            "benchmark": {
                "name": benchmark.name,
                "split": benchmark.split,
                "splits": list(benchmark.splits),
                "corpus_sha256": benchmark.corpus_sha256,
                "documents": len(benchmark.articles),
                "empty": benchmark.empty,
                "queries": len(benchmark.queries),
                "judged": benchmark.judged,
                "unjudged": benchmark.unjudged,
                "missing": benchmark.missing,
            },
            "encoder": self.encoder,
            "stages": {
                stage: {
                    "measures": {m: self.result.figure(stage, m).to_dict() for m in measures},
                    "latency_p50_ms": self.result.latency(stage).to_dict(),
                }
                for stage, measures in values.items()
            },
            "changes": [
                {
                    "stage": change.stage,
                    "before": change.before,
                    "measure": MAIN,
                    "difference": change.difference.to_dict(),
                    "p": round(change.p, 6),
                }
                for change in self.result.changes()
            ],
            "published": None if self.published is None else {
                "split": self.published.split,
                "documents": self.published.documents,
                "queries": self.published.queries,
                "figures": [
                    {"system": f.system, "measures": dict(f.values), "source": f.source}
                    for f in self.published.figures
                ],
            },
            "notes": list(self.notes()),
            "queries": [
                {
                    "id": query.id,
                    "measures": {
                        stage: {m: round(own[number], 6) for m, own in measures.items()}
                        for stage, measures in values.items()
                    },
                }
                for number, query in enumerate(benchmark.queries)
            ],
        }  # fmt: skip

    def tables(self) -> Iterator[Table]:
        """Each measure by stage, each stage against the one before, and others' figures."""
        benchmark, stages = self.benchmark, list(self.result.values)
        title = (
            f"{benchmark.name}, {benchmark.split}: {len(benchmark.queries)} queries, "
            f"{len(benchmark.articles)} documents"
        )
        yield table_of(title, ["mean (95 %)", *stages], self._rows())
        header = [f"{MAIN} against the stage before", "difference", "95 %", "p"]
        yield table_of("Ablation", header, self._change_rows())
        if self.published is not None:
            header = ["system", *SHOWN, "source"]
            yield table_of(self._published_title(), header, self._published_rows(), ("source",))

    def notes(self) -> Iterator[str]:
        """What has to be known to read the figures."""
        benchmark, asked = self.benchmark, len(self.benchmark.queries)
        if len(benchmark.splits) > 1:
            yield f"Splits: {', '.join(benchmark.splits)}; asked: {benchmark.split}."
        if asked < benchmark.judged:
            yield f"A sample of {asked} of {benchmark.judged} queries, the same in every run."
        if benchmark.unjudged:
            yield f"{counted(benchmark.unjudged, 'query')} without a relevant document: not asked."
        if benchmark.empty:
            yield f"{counted(benchmark.empty, 'document')} without text: not indexed."
        if benchmark.missing:
            yield (
                f"{counted(benchmark.missing, 'relevant document')} not in the corpus: counted as "
                "not found."
            )
        if self.published is not None:
            yield from self._published_notes(self.published)

    def _published_notes(self, published: Collection) -> Iterator[str]:
        benchmark = self.benchmark
        if published.split != benchmark.split:
            yield (
                f"Published are the {published.queries} {published.split} queries, asked here the "
                f"{benchmark.split} queries: other questions, so the figures are near each other "
                "at best."
            )
        elif published.queries != len(benchmark.queries):
            yield f"Published are {published.queries} queries, asked here {len(benchmark.queries)}."
        here = len(benchmark.articles) + benchmark.empty
        if published.documents != here:
            yield (
                f"Published over {published.documents} documents, here {here}: another collection, "
                "not to be compared."
            )

    def _rows(self) -> list[list[str]]:
        stages = list(self.result.values)
        rows = [
            [measure, *(_with_interval(self.result.figure(stage, measure)) for stage in stages)]
            for measure in self.result.values[stages[0]]
        ]
        latencies = (self.result.latency(stage).value for stage in stages)
        return [*rows, ["p50 ms, alone", *(f"{value:.1f}" for value in latencies)]]

    def _change_rows(self) -> list[list[str]]:
        return [
            [
                f"{change.stage} − {change.before}",
                f"{change.difference.value:+.3f}",
                f"{change.difference.low:+.3f} to {change.difference.high:+.3f}",
                f"{change.p:.4f}",
            ]
            for change in self.result.changes()
        ]

    def _published_title(self) -> str:
        assert self.published is not None
        same = self.published.split == self.benchmark.split
        other = "" if same else f" (of {self.published.split}, not {self.benchmark.split})"
        return f"Beside published figures{other}"

    def _published_rows(self) -> list[list[str]]:
        assert self.published is not None
        ours = [
            [f"Footnote, {stage}", *(_cell(self._mean(stage, m)) for m in SHOWN), "this run"]
            for stage in self.result.values
        ]
        others = [
            [f.system, *(_cell(f.values.get(m)) for m in SHOWN), f.source]
            for f in self.published.figures
        ]
        return [*ours, *others]

    def _mean(self, stage: str, measure: str) -> float | None:
        own = self.result.values[stage]
        return self.result.figure(stage, measure).value if measure in own else None


def _with_interval(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
