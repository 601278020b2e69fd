"""The figures of a run: which score each takes, over which questions, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from eval.intervals import Figure, figure
from eval.judgements import Confidences, Judgement
from eval.questions import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.intervals import Aggregate
    from eval.questions import Kind
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


class Asked(Protocol):
    """What a measure has to know of a question."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""

    @property
    def answerable(self) -> bool:
        """Whether the articles answer it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A named figure over the records of a run."""

    name: str
    score: str
    """Key in `Record.scores`; `latency_ms` and `errors` are read from the record itself."""
    over: Over
    what: str
    aggregate: Aggregate = "share"
    lower_is_better: bool = False
    kinds: tuple[Kind, ...] = ()
    """Kinds of question it is about; empty: all."""

    def covers(self, question: Asked) -> bool:
        """Whether the question can have a value for this measure."""
        if self.kinds and question.kind not in self.kinds:
            return False
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

    def unjudged(self, records: Iterable[Record]) -> int:
        """Questions it is about of which none can say: they failed, or there is nothing to judge.

        They are in no mean, and no 0 in it.
        """
        covered = [record for record in records if self.covers(record.question)]
        return sum(value_of(record, self) is None for record in covered)


MEASURES = (
    Measure("correctness", "correctness", "answerable", "answers that state every fact"),
    Measure("fact_coverage", "fact_coverage", "answerable", "facts stated of those needed"),
    Measure(
        "list_completeness",
        "fact_coverage",
        "answerable",
        "items stated of a list",
        kinds=("list",),
    ),
    Measure("short_answer_exact", "short_answer_exact", "answerable", "bold part is the fact"),
    Measure("short_answer_f1", "short_answer_f1", "answerable", "words it shares with the fact"),
    Measure(
        "short_answer_marked",
        "short_answer_marked",
        "answerable",
        "answers that mark one",
        kinds=("number", "date", "person"),
    ),
    Measure(
        "reading_order",
        "reading_order",
        "answerable",
        "items in their article's order",
        kinds=("list", "digest"),
    ),
    Measure("citation_validity", "citation_validity", "all", "answers proven by their citations"),
    Measure("citation_support", "citation_support", "answerable", "facts in their own citation"),
    Measure("citation_recall", "citation_recall", "all", "sentences their citations support"),
    Measure("citation_precision", "citation_precision", "all", "markers that are needed"),
    Measure("whole_quotes", "whole_quotes", "all", "citations of whole sentences"),
    Measure("unanswerable_refused", "refused", "unanswerable", "unanswerable questions refused"),
    Measure(
        "answerable_refused",
        "refused",
        "answerable",
        "answerable questions refused",
        lower_is_better=True,
    ),
    Measure("coverage", "answered", "all", "questions answered"),
    Measure("selective_accuracy", "selective_accuracy", "all", "right, of those answered"),
    Measure("brier", "brier", "all", "(confidence − right)²", lower_is_better=True),
    Measure(
        "follow_up_correctness",
        "correctness",
        "answerable",
        "follow-ups that state every fact",
        kinds=("follow_up",),
    ),
    Measure(
        "median_words", "words", "answerable", "words in an answer", "median", lower_is_better=True
    ),
    Measure("conciseness", "conciseness", "answerable", "facts for the length of the answer"),
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
