"""Question → hits: lexical and dense search, fused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answers import Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embeddings.corpus import Corpus
    from embeddings.dense import DenseIndex
    from embeddings.encoder import Encoder
    from embeddings.lexical import LexicalIndex, Term

__all__ = ["Index", "Retrieved", "retrieve"]

RRF_K = 60
"""Reciprocal rank fusion's constant, as in Cormack, Clarke and Büttcher, SIGIR 2009."""
DEPTH = 50
"""Passages taken from each index before they are fused."""
SCORE_DIGITS = 6
"""Scores are rounded, so that the last bits of a sum never decide an order."""


@dataclass(frozen=True, slots=True)
class Index:
    """The two derived indexes of one generation of a corpus."""

    lexical: LexicalIndex
    dense: DenseIndex
    generation: int


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a question found, and what the stages after it need to know."""

    question: str
    terms: tuple[Term, ...]
    vector: NDArray[np.float32]
    """The question's embedding, float32 (d,), unit norm."""
    hits: tuple[Hit, ...]
    best_cosine: float
    """Highest cosine of any passage with the question; -1 when there is none."""


def retrieve(question: str, k: int, index: Index, encoder: Encoder, corpus: Corpus) -> Retrieved:
    """The `k` best passages for `question`, best first.

    Fused by reciprocal rank: a passage's score is the sum over both lists of
    1 / (60 + its rank there). Ties go by article and offset.
    """
    terms = index.lexical.terms(question)
    vector = encoder.encode([question])[0]
    depth = max(DEPTH, k)
    dense = index.dense.search(vector, depth)
    lexical = index.lexical.search(terms, depth)
    scores: dict[int, float] = {}
    for found in (lexical, dense):
        for rank, (number, _) in enumerate(found, start=1):
            scores[number] = scores.get(number, 0.0) + 1 / (RRF_K + rank)
    passages = corpus.passages(list(scores))
    ranked = sorted(
        (
            (
                -round(score, SCORE_DIGITS),
                passages[number].article_id,
                passages[number].start,
                number,
            )
            for number, score in scores.items()
            if number in passages
        )
    )[:k]
    hits = tuple(
        Hit(passages[number], -score, rank)
        for rank, (score, _, _, number) in enumerate(ranked, start=1)
    )
    return Retrieved(question, terms, vector, hits, dense[0][1] if dense else -1.0)
