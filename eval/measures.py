"""The figures of a run: which score each takes, over which questions, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eval.confidence import Confidences, Judgement
from eval.intervals import Figure, figure
from eval.questions import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.intervals import Aggregate
    from eval.questions import Question
    from eval.run import Record

__all__ = [
    "MEASURES",
    "Measure",
    "by_kind",
    "confidences_of",
    "measure_named",
    "value_of",
]

Over = Literal["answerable", "unanswerable", "all"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A named figure over the records of a run."""

    name: str
    score: str
    """Key in `Record.scores`; `latency_ms` and `errors` are read from the record itself."""
    over: Over
    what: str
    aggregate: Aggregate = "mean"
    lower_is_better: bool = False

    def covers(self, question: Question) -> bool:
        """Whether the question can have a value for this measure."""
        return self.over == "all" or question.answerable == (self.over == "answerable")

    def values(self, records: Iterable[Record]) -> list[tuple[Record, float]]:
        """The records that could be judged, each with its value."""
        return [
            (record, value)
            for record in records
            if self.covers(record.question) and (value := value_of(record, self)) is not None
        ]

    def figure(self, records: Iterable[Record]) -> Figure:
        """The figure over the records, with its 95 % interval."""
        return figure([value for _, value in self.values(records)], self.aggregate)


MEASURES = (
    Measure("correctness", "correctness", "answerable", "answers that state every fact"),
    Measure("fact_coverage", "fact_coverage", "answerable", "facts stated of those needed"),
    Measure("citation_validity", "citation_validity", "all", "answers proven by their citations"),
    Measure("citation_support", "citation_support", "answerable", "facts in their own citation"),
    Measure("unanswerable_refused", "refused", "unanswerable", "unanswerable questions refused"),
    Measure(
        "answerable_refused",
        "refused",
        "answerable",
        "answerable questions refused",
        lower_is_better=True,
    ),
    Measure(
        "median_words", "words", "answerable", "words in an answer", "median", lower_is_better=True
    ),
    Measure("recall_at_1", "recall_at_1", "answerable", "evidence in the first hit"),
    Measure("recall_at_5", "recall_at_5", "answerable", "evidence in the first 5 hits"),
    Measure("recall_at_10", "recall_at_10", "answerable", "evidence in the first 10 hits"),
    Measure("mrr", "mrr", "answerable", "1 / rank of the first evidence"),
    Measure("ndcg_at_10", "ndcg_at_10", "answerable", "order of the evidence in 10 hits"),
    Measure(
        "latency_p50_ms", "latency_ms", "all", "time to an answer", "median", lower_is_better=True
    ),
    Measure(
        "latency_p95_ms", "latency_ms", "all", "time to an answer", "p95", lower_is_better=True
    ),
    Measure("errors", "errors", "all", "questions that failed", lower_is_better=True),
)


def measure_named(name: str) -> Measure:
    """The measure of that name; raises `KeyError` when there is none."""
    return {measure.name: measure for measure in MEASURES}[name]


def value_of(record: Record, measure: Measure) -> float | None:
    """The record's value for a measure; None when it could not be judged."""
    if measure.score == "latency_ms":
        return record.latency_ms
    if measure.score == "errors":
        return float(record.outcome == "error")
    return record.scores.get(measure.score)


def confidences_of(records: Iterable[Record]) -> Confidences:
    """The confidence of each answer, given or withheld, and whether the answer was right.

    Right is what is `correct`: every fact is stated. No answer to an unanswerable question is,
    whether it was given or withheld. What was withheld from an answerable one is not in its
    record: it is judged neither way, and covered by no threshold. What failed is left out.
    """
    return Confidences(
        tuple(
            Judgement(
                confidence=record.answer.confidence,
                right=None if record.outcome == "refused_wrongly" else record.outcome == "correct",
                covered=record.answer.answered,
            )
            for record in records
            if record.answer is not None
        )
    )


def by_kind(records: Sequence[Record]) -> list[tuple[str, list[Record]]]:
    """The records of each kind that occurs, in the order of `KINDS`, then all of them."""
    kinds: list[tuple[str, list[Record]]] = [
        (kind, [record for record in records if record.question.kind == kind]) for kind in KINDS
    ]
    return [*((kind, some) for kind, some in kinds if some), ("all", list(records))]
