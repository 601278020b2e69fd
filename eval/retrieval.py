"""How well the needed evidence was retrieved, whatever the articles were split into.

Relevance is defined on evidence, not on passages, so that figures stay comparable when the
splitting changes. Each evidence of a question is one relevant item (relevance 1). A hit
delivers an item when it shares more than half of the shorter of the two (hit, quote) with one
of the item's places. The ranking that is scored is the hits in order, where a hit stands as

- the items it delivers first (several, if one passage holds several), else
- one item that is not relevant: off the mark, or a repeat of what was delivered above it.

This is subtopic recall (Zhai, Cohen and Lafferty, SIGIR 2003) with a gain of zero for
repeats (alpha-nDCG at alpha = 1: Clarke et al., SIGIR 2008). With one evidence it is plain
recall, reciprocal rank and nDCG. `ir_measures` computes the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings.errors import AssistantError
from eval.questions import QuestionFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.answers import Hit
    from embeddings.records import Article
    from eval.questions import Question, Quote

__all__ = ["RECALL_DEPTHS", "Span", "delivered", "holds", "locate", "retrieval_scores"]

RECALL_DEPTHS = (1, 5, 10)
DEPTH = max(RECALL_DEPTHS)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of one article."""

    article_id: str
    start: int
    end: int


def locate(question: Question, article: Callable[[str], Article]) -> tuple[tuple[Span, ...], ...]:
    """For each evidence of the question, the spans that state it.

    Raises `QuestionFileError` when an article is not indexed or a quote does not stand in it.
    """
    return tuple(
        tuple(span for place in evidence.places for span in _spans(place, question, article))
        for evidence in question.evidence
    )


def delivered(hits: Sequence[Hit], needed: Sequence[Sequence[Span]]) -> list[list[int]]:
    """For each hit, the numbers of the needed items that it is the first to deliver."""
    missing = set(range(len(needed)))
    ranking = []
    for hit in hits:
        passage = hit.passage
        found = Span(passage.article_id, passage.start, passage.end)
        first = sorted(item for item in missing if any(holds(found, s) for s in needed[item]))
        missing.difference_update(first)
        ranking.append(first)
    return ranking


def retrieval_scores(hits: Sequence[Hit], needed: Sequence[Sequence[Span]]) -> dict[str, float]:
    """recall@1, @5 and @10, reciprocal rank@10 and nDCG@10 of one question's hits.

    recall@k = items delivered by the first k hits / items needed.
    RR@10 = 1 / rank of the first hit that delivers anything, 0 if none of ten does.
    nDCG@10 = DCG / ideal DCG, DCG = sum of rel_i / log2(i + 1) (Järvelin and Kekäläinen,
    TOIS 2002).
    """
    import ir_measures
    from ir_measures import RR, R, nDCG

    qrels = {"q": {f"item-{item}": 1 for item in range(len(needed))}}
    ranking = delivered(hits[:DEPTH], needed)
    everything = R @ (DEPTH + len(needed))  # depth counts hits; a hit can stand for several items
    scores = {
        f"recall_at_{k}": ir_measures.calc_aggregate([everything], qrels, _run(ranking[:k]))[
            everything
        ]
        for k in RECALL_DEPTHS
    }
    rr, ndcg = RR @ DEPTH, nDCG @ DEPTH
    ranked = ir_measures.calc_aggregate([rr, ndcg], qrels, _run(ranking))
    return {**scores, "mrr": ranked[rr], f"ndcg_at_{DEPTH}": ranked[ndcg]}


def _run(ranking: Sequence[Sequence[int]]) -> dict[str, dict[str, float]]:
    items: list[str] = []
    for rank, first in enumerate(ranking, start=1):
        items.extend([f"item-{item}" for item in first] or [f"nothing-new-{rank}"])
    return {"q": {item: float(len(items) - position) for position, item in enumerate(items)}}


def holds(hit: Span, needed: Span) -> bool:
    """Whether the two share more than half of the shorter one."""
    if hit.article_id != needed.article_id:
        return False
    shared = min(hit.end, needed.end) - max(hit.start, needed.start)
    return 2 * shared > min(hit.end - hit.start, needed.end - needed.start)


def _spans(place: Quote, question: Question, article: Callable[[str], Article]) -> list[Span]:
    try:
        kept = article(place.article_id)
    except (AssistantError, KeyError) as error:
        raise QuestionFileError(
            f"{question.origin}: article {place.article_id!r} is not among the articles asked; "
            "name it by its path below the folder, and the folder with --articles"
        ) from error
    spans = []
    start = kept.text.find(place.quote)
    while start >= 0:  # hits name the article by the id it is kept under: equal texts are kept once
        spans.append(Span(kept.id, start, start + len(place.quote)))
        start = kept.text.find(place.quote, start + 1)
    if not spans:
        raise QuestionFileError(
            f"{question.origin}: quote {place.quote[:60]!r} does not stand in {place.article_id}"
        )
    return spans
