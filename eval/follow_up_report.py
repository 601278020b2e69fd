"""What is found for follow-ups: as they are typed, as we resolve them, as a human rewrote them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eval.beir import SEED, Query
from eval.bench import MAIN, opened, rank, score
from eval.intervals import RESAMPLES, Figure, figure
from eval.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.table import Table

    from embeddings.encoder import Encoder
    from eval.bench import Result
    from eval.follow_ups import FollowUps

__all__ = [
    "RESOLVED",
    "REWRITTEN",
    "TOLD",
    "TYPED",
    "FollowUpReport",
    "measure_follow_ups",
    "ratio",
]

SCHEMA = "footnote/follow-ups/1"
TYPED, RESOLVED, TOLD, REWRITTEN = "as typed", "resolved", "resolved, heading told", "rewritten"
"""The ways in which each question is asked."""
DEPTH = 5
RECALL = f"R@{DEPTH}"
SHOWN = (RECALL, MAIN)
STAGES = ("lexical", "dense", "fused")


@dataclass(frozen=True, slots=True)
class FollowUpReport:
    """How near a search with our questions comes to one with the human's."""

    follow_ups: FollowUps
    results: Mapping[str, Result] | None
    """How it was asked → every measure; over the rows with a relevant document."""
    found: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]]
    """Stage → how it was asked → the first documents for each row asked."""
    resolved: Mapping[str, str]
    """Row → our question, for all rows."""
    encoder: str

    def overlap(self, stage: str, asked: str) -> Figure:
        """Of the first documents for the human's question, the part that is found so as well."""
        pairs = zip(self.found[stage][asked], self.found[stage][REWRITTEN], strict=True)
        return figure([len({*o} & {*h}) / len(h) for o, h in pairs if h])

    def left_alone(self) -> Figure:
        """Of follow-ups to which the human added nothing, how many we leave as typed."""
        same = [f for f in self.follow_ups.rows if f.history and f.complete]
        return figure([float(f.is_typed(self.resolved[f.id])) for f in same])

    def first_changed(self) -> int:
        """First questions of a conversation that were changed: there should be none."""
        first = [f for f in self.follow_ups.rows if not f.history]
        return sum(self.resolved[f.id] != f.question for f in first)

    def ways(self) -> list[str]:
        """How it was asked, the human's way last."""
        return list(self.found[STAGES[0]])

    def ours(self) -> list[str]:
        """The ways of asking that are ours."""
        return [way for way in self.ways() if way in (RESOLVED, TOLD)]

    def ratio(self, stage: str, measure: str, way: str = RESOLVED) -> Figure:
        """Ours as a part of the human's."""
        assert self.results is not None
        human = self.results[REWRITTEN].values[stage][measure]
        return ratio(self.results[way].values[stage][measure], human)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary; the same for equal runs."""
        follow_ups = self.follow_ups
        return {
            "schema": SCHEMA,
            "follow_ups": {
                "name": follow_ups.name,
                "half": follow_ups.half,
                "rows": len(follow_ups.rows),
                "asked": len(follow_ups.asked),
                "judged": follow_ups.judged,
                "with_relevant": sum(bool(f.relevance) for f in follow_ups.asked),
                "documents": len(follow_ups.articles),
                "documents_sha256": follow_ups.sha256,
            },
            "encoder": self.encoder,
            "stages": {
                stage: {
                    "measures": {
                        asked: {m: r.figure(stage, m).to_dict() for m in SHOWN}
                        for asked, r in (self.results or {}).items()
                    },
                    "part_of_rewritten": {
                        way: {m: self.ratio(stage, m, way).to_dict() for m in SHOWN}
                        for way in (self.ours() if self.results else ())
                    },
                    "overlap": {a: self.overlap(stage, a).to_dict() for a in self.ways()[:-1]},
                }
                for stage in STAGES
            },
            "left_alone": self.left_alone().to_dict(),
            "first_changed": self.first_changed(),
            "notes": list(self.notes()),
            "rows": [
                {"id": f.id, "resolved": self.resolved[f.id]} for f in follow_ups.asked
            ],
        }  # fmt: skip

    def tables(self) -> Iterator[Table]:
        """What is found by each way of asking, and what is done to questions that stand alone."""
        follow_ups = self.follow_ups
        title = (
            f"{follow_ups.name}: {len(follow_ups.asked)} follow-ups, "
            f"{len(follow_ups.articles)} documents"
        )
        ways = self.ways()
        stages = [(stage, measure) for stage in STAGES for measure in SHOWN]
        if results := self.results:
            yield table_of(
                title,
                ["mean (95 %)", *ways],
                [
                    [
                        f"{stage} {measure}",
                        *(_shown(results[w].figure(stage, measure)) for w in ways),
                    ]
                    for stage, measure in stages
                ],
            )
            yield table_of(
                f"As a part of what is reached as {REWRITTEN}",
                ["ratio (95 %)", *self.ours()],
                [
                    [
                        f"{stage} {measure}",
                        *(_shown(self.ratio(stage, measure, w)) for w in self.ours()),
                    ]
                    for stage, measure in stages
                ],
            )
        yield table_of(
            f"Of the first {DEPTH} documents found as {REWRITTEN}, those found so as well",
            ["mean (95 %)", *ways[:-1]],
            [[stage, *(_shown(self.overlap(stage, way)) for way in ways[:-1])] for stage in STAGES],
        )

    def notes(self) -> Iterator[str]:
        """What has to be known to read the figures."""
        follow_ups = self.follow_ups
        if follow_ups.half:
            yield f"Only the {follow_ups.half} half of the conversations."
        if len(follow_ups.asked) < follow_ups.judged:
            yield (
                f"A sample of {len(follow_ups.asked)} of {follow_ups.judged} follow-ups, the same "
                "in every run."
            )
        yield f"Searched: {follow_ups.searched}."
        with_relevant = sum(bool(f.relevance) for f in follow_ups.asked)
        if with_relevant < len(follow_ups.asked):
            yield (
                f"{with_relevant} follow-ups have a relevant document here, and {RECALL} and "
                f"{MAIN} are over them and the relevant documents that are here; the overlap is "
                "over all, and says how near the search comes to that with the human's question, "
                "not how good it is."
            )
        alone = self.left_alone()
        if alone.n:
            yield f"Complete by themselves: {alone.n} follow-ups; left alone: {_shown(alone)}."
        yield f"First questions that were changed: {self.first_changed()}."


def measure_follow_ups(
    follow_ups: FollowUps,
    data_dir: Path,
    encoder: Encoder,
    tell: Callable[[str], None] | None = None,
) -> FollowUpReport:
    """Index what is searched unless it is, ask every follow-up in each way, and score."""
    resolved = {f.id: f.resolved() for f in follow_ups.rows}
    asked = follow_ups.asked
    texts = {TYPED: [f.question for f in asked], RESOLVED: [resolved[f.id] for f in asked]}
    if any(f.heading for f in asked):
        texts[TOLD] = [f.resolved(told=True) for f in asked]
    texts[REWRITTEN] = [f.rewrite for f in asked]
    once = list(dict.fromkeys(text for own in texts.values() for text in own))
    every = follow_ups.benchmark([Query(str(n), text, {}) for n, text in enumerate(once)])
    with opened(every, data_dir, encoder, tell) as (corpus, index):
        if tell:
            tell("a question")
        ranked = rank(every, corpus, index, encoder, depth=10, reader=False)
        by_text = dict(zip(once, ranked, strict=True))
    with_relevant = [n for n, f in enumerate(asked) if f.relevance]
    judged = follow_ups.benchmark(
        [Query(asked[n].id, asked[n].question, asked[n].relevance) for n in with_relevant]
    )
    results = {
        way: score(
            judged,
            [[replace(r, query=asked[n].id) for r in by_text[own[n]]] for n in with_relevant],
            [DEPTH],
        )
        for way, own in texts.items()
        if with_relevant
    }
    found = {
        stage: {
            way: tuple(by_text[text][number].documents[:DEPTH] for text in own)
            for way, own in texts.items()
        }
        for number, stage in enumerate(STAGES)
    }
    return FollowUpReport(follow_ups, results or None, found, resolved, encoder.fingerprint)


def ratio(ours: Sequence[float], human: Sequence[float]) -> Figure:
    """Mean of ours / mean of the human's, with a seeded percentile bootstrap over the rows.

    Both values of a row are drawn together. No value where the human's mean is 0.
    """
    import numpy as np

    pairs = np.asarray([ours, human], dtype=np.float64)
    if not pairs.size or not pairs[1].any():
        return Figure(n=len(ours))
    rng = np.random.default_rng(SEED)
    drawn = pairs[:, rng.integers(0, pairs.shape[1], size=(RESAMPLES, pairs.shape[1]))].mean(axis=2)
    drawn = drawn[:, drawn[1] > 0]
    low, high = np.percentile(drawn[0] / drawn[1], [2.5, 97.5])
    value = pairs[0].mean() / pairs[1].mean()
    return Figure(n=len(ours), value=float(value), low=float(low), high=float(high))


def _shown(value: Figure) -> str:
    if value.value is None:
        return "–"
    return f"{value.value:.3f} ({value.low:.3f}–{value.high:.3f})"
