"""Question → hits: lexical and dense search, fused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.aliases import Alias, aliases_in
from assistant.answers import Hit
from embeddings.lexical import Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embeddings.corpus import Corpus
    from embeddings.encoder import Encoder
    from embeddings.index import Index
    from embeddings.records import Passage

__all__ = ["Retrieved", "retrieve"]

RRF_K = 60
"""Reciprocal rank fusion's constant, as in Cormack, Clarke and Büttcher, SIGIR 2009."""
ALIAS_PASSAGES = 6
"""Passages in which abbreviations of the question's names are looked for."""
DEPTH = 50
"""Passages taken from each index before they are fused."""
SCORE_DIGITS = 6
"""Scores are rounded, so that the last bits of a sum never decide an order."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a question found, and what the stages after it need to know."""

    question: str
    terms: tuple[Term, ...]
    aliases: tuple[Alias, ...]
    """Other names for what the question names."""
    hits: tuple[Hit, ...]
    cosines: tuple[float, ...]
    """Cosine of each hit's passage with the question."""
    best_cosine: float
    """Highest cosine of any passage with the question; -1 when there is none."""


def retrieve(
    question: str,
    k: int,
    index: Index,
    encoder: Encoder,
    corpus: Corpus,
    synonyms: Sequence[Sequence[str]] = (),
) -> Retrieved:
    """The `k` best passages for `question`, best first.

    Fused by reciprocal rank: a passage's score is the sum over both lists of
    1 / (60 + its rank there). Ties go by article and offset. Abbreviations are looked for in
    what the first search finds; when there are any, the lexical search is made once more.
    """
    terms = index.lexical.terms(question)
    vector = encoder.encode([question])[0]
    depth = max(DEPTH, k)
    dense = index.dense.search(vector, depth)
    lexical = index.lexical.search(terms, depth)
    passages = corpus.passages([number for number, _ in (*lexical, *dense)])
    first = _fused(lexical, dense, passages)[:ALIAS_PASSAGES]
    aliases = aliases_in(question, synonyms, [passages[number].text for number, _ in first])
    if aliases:
        others = {stem: Term(stem, stem) for a in aliases for stem in sorted(a.other_stems)}
        lexical = index.lexical.search((*terms, *others.values()), depth)
        passages |= corpus.passages([n for n, _ in lexical if n not in passages])
    ranked = _fused(lexical, dense, passages)[:k]
    return Retrieved(
        question,
        terms,
        aliases,
        tuple(Hit(passages[n], score, rank) for rank, (n, score) in enumerate(ranked, start=1)),
        tuple(round(c, SCORE_DIGITS) for c in index.dense.cosines(vector, [n for n, _ in ranked])),
        round(dense[0][1], SCORE_DIGITS) if dense else -1.0,
    )


def _fused(
    lexical: list[tuple[int, float]],
    dense: list[tuple[int, float]],
    passages: dict[int, Passage],
) -> list[tuple[int, float]]:
    """(Passage number, fused score), best first."""
    scores: dict[int, float] = {}
    for found in (lexical, dense):
        for rank, (number, _) in enumerate(found, start=1):
            if number in passages:
                scores[number] = scores.get(number, 0.0) + 1 / (RRF_K + rank)

    def order(number: int) -> tuple[float, str, int, int]:
        passage = passages[number]
        return -round(scores[number], SCORE_DIGITS), passage.article_id, passage.start, passage.end

    return [(n, round(scores[n], SCORE_DIGITS)) for n in sorted(scores, key=order)]
