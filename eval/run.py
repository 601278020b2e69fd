"""Ask every question and keep what came back, judged, as one frozen record each."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from assistant.reading.reader import PASSAGES_READ
from eval import metrics
from eval.citations import citation_precision, citation_recall
from eval.form import brier, marks_short_answer, reading_order, whole_quotes
from eval.questions import fingerprint
from eval.retrieval import DEPTH, locate, retrieval_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assistant.answers import Answer, Hit
    from embeddings.records import Article, Passage
    from eval.questions import Question
    from eval.retrieval import Span

__all__ = ["FINGERPRINT", "Answerer", "Outcome", "Record", "judge", "run"]

FINGERPRINT = 12
"""Hexadecimal digits that tell one question from what it was before."""

Outcome = Literal[
    "correct",
    "partial",
    "wrong",
    "refused_wrongly",
    "refused_rightly",
    "answered_wrongly",
    "error",
]


class Answerer(Protocol):
    """What is evaluated: `assistant.Assistant`, or anything that answers as it does."""

    def ask(self, question: str, /, *, history: Sequence[Mapping[str, str]] = ...) -> Answer:
        """Answer a question that follows `history` (`role` and `content`)."""

    def retrieve(self, question: str, /, *, k: int = ...) -> Sequence[Hit]:
        """The best `k` hits, best first."""

    def article(self, article_id: str, /) -> Article:
        """The article as it is indexed."""


@dataclass(frozen=True, slots=True)
class Record:
    """One question, what the assistant did with it, and what that is worth.

    `scores` holds a value for each metric that could be judged; what is absent is not 0.
    """

    question: Question
    outcome: Outcome
    scores: Mapping[str, float]
    answer: Answer | None = None
    hits: tuple[Hit, ...] = ()
    """What was retrieved for the question; where no evidence is needed, what the answer read."""
    needed: tuple[tuple[Span, ...], ...] = ()
    """For each evidence, the places that state it."""
    missing: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    error: str | None = None
    latency_ms: float | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary; `latency_ms` is the only part that changes between runs."""
        question, answer = self.question, self.answer
        return {
            **_asked_as(question),
            "outcome": self.outcome,
            "scores": {name: round(value, 6) for name, value in self.scores.items()},
            "missing": list(self.missing),
            "faults": list(self.faults),
            "error": self.error,
            "latency_ms": None if self.latency_ms is None else round(self.latency_ms, 3),
            "answer": None if answer is None else _answer(answer),
            "needed": [[_place(span) for span in places] for places in self.needed],
            "retrieved": [_hit(hit, answer) for hit in self.hits],
        }


def run(questions: Iterable[Question], assistant: Answerer) -> Iterable[Record]:
    """Ask each question in order, yielding its record as soon as it is judged.

    Evidence is located for all questions before the first is asked: raises
    `QuestionFileError` when a question file does not fit the articles.
    """
    located = [(question, locate(question, assistant.article)) for question in questions]
    return (_asked(question, needed, assistant) for question, needed in located)


def judge(
    question: Question,
    answer: Answer,
    hits: Sequence[Hit],
    needed: Sequence[Sequence[Span]],
    assistant: Answerer,
) -> Record:
    """Score one answer; pure but for reading the cited articles."""
    faults = metrics.citation_faults(answer, assistant.article) if answer.answered else ()
    values = {
        "correctness": metrics.correctness(question, answer),
        "fact_coverage": metrics.fact_coverage(question, answer),
        "citation_validity": metrics.citation_validity(answer, assistant.article),
        "citation_support": metrics.citation_support(question, answer),
        "citation_recall": citation_recall(answer),
        "citation_precision": citation_precision(answer),
        "short_answer_exact": metrics.short_answer_exact(question, answer),
        "short_answer_f1": metrics.short_answer_f1(question, answer),
        "short_answer_marked": marks_short_answer(question, answer),
        "reading_order": reading_order(answer, needed),
        "whole_quotes": whole_quotes(answer, assistant.article),
        "brier": brier(question, answer),
        "conciseness": metrics.conciseness(question, answer),
        "words": metrics.words(answer) if question.answerable else None,
        "refused": metrics.refused(answer),
        "answered": 1 - metrics.refused(answer),
        "selective_accuracy": metrics.selective_accuracy(question, answer),
        **(retrieval_scores(hits, needed) if needed else {}),
    }
    return Record(
        question=question,
        outcome=_outcome(question, answer, values["fact_coverage"]),
        scores={name: value for name, value in values.items() if value is not None},
        answer=answer,
        hits=tuple(hits),
        needed=tuple(map(tuple, needed)),
        missing=metrics.missing_facts(question, answer),
        faults=faults,
    )


def _asked(question: Question, needed: Sequence[Sequence[Span]], assistant: Answerer) -> Record:
    history = [{"role": turn.role, "content": turn.content} for turn in question.history]
    try:
        start = time.perf_counter()
        answer = assistant.ask(question.question, history=history)
        latency_ms = 1000 * (time.perf_counter() - start)
        hits = assistant.retrieve(answer.standalone_question, k=DEPTH) if needed else answer.hits
        judged = judge(question, answer, hits, needed, assistant)
    except Exception as error:  # one question that fails must not lose the others: it is shown
        message = " ".join(f"{type(error).__name__}: {error}".split())
        return Record(question=question, outcome="error", scores={}, error=message)
    return replace(judged, latency_ms=latency_ms)


def _outcome(question: Question, answer: Answer, coverage: float | None) -> Outcome:
    if not question.answerable:
        return "answered_wrongly" if answer.answered else "refused_rightly"
    if not answer.answered:
        return "refused_wrongly"
    if coverage == 1:
        return "correct"
    return "partial" if coverage else "wrong"


def _asked_as(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "kind": question.kind,
        "question": question.question,
        "history": [{"role": turn.role, "content": turn.content} for turn in question.history],
        "answerable": question.answerable,
        "facts": [list(fact) for fact in question.facts],
        "evidence": [
            [{"article_id": place.article_id, "quote": place.quote} for place in needed.places]
            for needed in question.evidence
        ],
        "why": question.why,
        "fingerprint": fingerprint([question])[:FINGERPRINT],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text,
        "refusal": answer.refusal,
        "confidence": round(answer.confidence, 6),
        "standalone_question": answer.standalone_question,
        "citations": [
            {"number": c.number, "article_id": c.article_id, "title": c.title, "date": c.date,
             "start": c.start, "end": c.end, "quote": c.quote}
            for c in answer.citations
        ],
        "notes": list(answer.notes),
    }  # fmt: skip


def _hit(hit: Hit, answer: Answer | None) -> dict[str, Any]:
    """A hit, and whether its passage is among those whose sentences were weighed."""
    read = answer.hits[:PASSAGES_READ] if answer is not None else ()
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        **_place(hit.passage),
        "read": any(hit.passage == one.passage for one in read),
    }


def _place(one: Span | Passage) -> dict[str, Any]:
    return {"article_id": one.article_id, "start": one.start, "end": one.end}
