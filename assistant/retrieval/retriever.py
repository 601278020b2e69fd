"""Question → hits: lexical and dense search, fused; near-copies collapsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answers import Hit
from assistant.language.periods import periods_in, speaks_of
from assistant.retrieval.aliases import Alias, aliases_in
from assistant.retrieval.copies import distinct
from assistant.wording import say
from embeddings.lexical import Term, mended
from embeddings.reader_model import is_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.language.periods import Period
    from embeddings.corpus import Corpus
    from embeddings.encoder import Encoder
    from embeddings.index import Index
    from embeddings.records import Passage

__all__ = ["Ranks", "Retrieved", "notes_of", "retrieve"]

DENSE_SHARE = 0.6
"""Weight of the cosine; the rest is that of BM25, divided by the question's best. On two public
sets any weight from 0.5 to 0.7 gives nDCG@10 of 0.97 and 0.82, reciprocal ranks 0.97 and 0.79
(docs/retrieval.md)."""
ALIAS_PASSAGES = 6
"""Passages in which abbreviations of the question's names are looked for."""
DEPTH = 50
"""Passages taken from each index before they are fused."""
DEEPER = 400
"""The same, when copies leave too few of them."""
PREFERRED = 3
"""Passages of the time that a question names which are preferred; none of the others moves down
by more than this. With it the best five are still among the eight that are read."""
PREFERENCE = 0.2
"""What is added to their scores, which are between 0 and 1."""
SCORE_DIGITS = 6
"""Scores are rounded, so that the last bits of a sum never decide an order."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where a passage stood in each stage of the search. Ranks start at 1."""

    lexical: int | None
    """By BM25; None when it is not among those the lexical search took."""
    bm25: float | None
    dense: int | None
    """By cosine; None when it is not among those the dense search took."""
    cosine: float
    fused: float
    """Score of both, before passages of a time that the question names were preferred."""


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
    mended: bool = False
    """Whether `question` is not as it was asked: misspelt words were read as others."""
    periods: tuple[Period, ...] = ()
    """The spans of time that the question names."""
    preferred: bool = False
    """Whether passages of those were put before better ones."""
    ranks: tuple[Ranks, ...] = ()
    """Of each hit's passage."""


def retrieve(
    question: str,
    k: int,
    index: Index,
    encoder: Encoder,
    corpus: Corpus,
    synonyms: Sequence[Sequence[str]] = (),
    *,
    allowed: Sequence[int] | None = None,
    newest: str | None = None,
) -> Retrieved:
    """The `k` best passages for `question`, best first, without near-copies of better ones.

    Fused by a convex combination (Bruch, Gai and Ingber, "An analysis of fusion functions for
    hybrid retrieval", TOIS 2023): 0.6 × cosine + 0.4 × BM25 / the question's highest BM25. Where
    the question names a time, the PREFERRED best of what was published then or names it get
    PREFERENCE more: nothing is left out for it. Ties go by article and offset.

    `allowed` are the numbers of the passages that may be found, None for all. `newest`, the date
    of the newest article, tells which year "since July" means. Misspelt words are mended, which a
    note tells. Abbreviations are looked for in what the first search finds; when there are any, the
    lexical search is made once more.
    """
    asked, terms = question, index.lexical.terms(question)
    question = mended(asked, terms, is_word)
    vector = encoder.encode([question])[0]
    depth = max(DEPTH, k)
    while True:
        dense = index.dense.search(vector, depth, allowed)
        lexical = index.lexical.search(terms, depth, allowed)
        passages = corpus.passages([number for number, _ in (*lexical, *dense)])
        cosines = _cosines(index, vector, lexical, dense)
        first = _fused(lexical, cosines, passages)[:ALIAS_PASSAGES]
        aliases = aliases_in(question, synonyms, [passages[number].text for number, _ in first])
        if aliases:
            others = {stem: Term(stem, stem) for a in aliases for stem in sorted(a.other_stems)}
            lexical = index.lexical.search((*terms, *others.values()), depth, allowed)
            passages |= corpus.passages([n for n, _ in lexical if n not in passages])
            cosines = _cosines(index, vector, lexical, dense)
        fused = _fused(lexical, cosines, passages)
        periods = periods_in(question, newest)
        of_then = _of_then(fused, passages, periods)
        preferred = _ranked(
            {n: score + PREFERENCE * (n in of_then) for n, score in fused}, passages
        )
        moved = [n for n, _ in preferred[:k]] != [n for n, _ in fused[:k]]
        ranked = distinct(preferred if moved else fused, passages, k)
        if len(ranked) == k or depth >= DEEPER or max(len(dense), len(lexical)) < depth:
            break
        depth = DEEPER
    return Retrieved(
        question,
        terms,
        aliases,
        tuple(Hit(passages[n], score, rank) for rank, (n, score) in enumerate(ranked, start=1)),
        tuple(round(cosines[number], SCORE_DIGITS) for number, _ in ranked),
        round(dense[0][1], SCORE_DIGITS) if dense else -1.0,
        question != asked,
        tuple(periods),
        moved,
        _ranks([number for number, _ in ranked], lexical, dense, cosines, dict(fused)),
    )


def notes_of(searches: Iterable[Retrieved]) -> Iterator[str]:
    """What the reader of an answer is told of its searches: words that were mended, and all times.

    The parts of a question name its times again, so they are told of together.
    """
    times: dict[str, None] = {}
    for found in searches:
        if found.mended:
            yield say("Read as “{question}”.", question=found.question)
        if found.preferred:
            times |= dict.fromkeys(f"“{period.words}”" for period in found.periods)
    if times:
        words = ", ".join(times)
        yield say(
            "Passages of the time that the question names ({words}) were preferred.", words=words
        )


def _ranks(
    numbers: Sequence[int],
    lexical: Sequence[tuple[int, float]],
    dense: Sequence[tuple[int, float]],
    cosines: dict[int, float],
    fused: dict[int, float],
) -> tuple[Ranks, ...]:
    """How each passage fared, stage by stage."""
    by_words = {number: place for place, (number, _) in enumerate(lexical)}
    by_meaning = {number: place for place, (number, _) in enumerate(dense)}

    def of(number: int) -> Ranks:
        words, meaning = by_words.get(number), by_meaning.get(number)
        return Ranks(
            None if words is None else words + 1,
            None if words is None else round(lexical[words][1], SCORE_DIGITS),
            None if meaning is None else meaning + 1,
            round(cosines[number], SCORE_DIGITS),
            fused[number],
        )

    return tuple(map(of, numbers))


def _of_then(
    fused: list[tuple[int, float]], passages: dict[int, Passage], periods: Sequence[Period]
) -> frozenset[int]:
    """The best passages that were published in one of the periods, or speak of it."""
    found: set[int] = set()
    for number, _ in fused:
        passage = passages[number]
        if any(speaks_of(passage.text, passage.date, period) for period in periods):
            found.add(number)
            if len(found) == PREFERRED:
                break
    return frozenset(found)


def _cosines(
    index: Index,
    vector: NDArray[np.float32],
    lexical: Sequence[tuple[int, float]],
    dense: Sequence[tuple[int, float]],
) -> dict[int, float]:
    """Cosine of every passage that either search found."""
    found = dict(dense)
    others = [number for number, _ in lexical if number not in found]
    return found | dict(zip(others, index.dense.cosines(vector, others), strict=True))


def _fused(
    lexical: Sequence[tuple[int, float]], cosines: dict[int, float], passages: dict[int, Passage]
) -> list[tuple[int, float]]:
    """(Passage number, fused score), best first."""
    words = dict(lexical)
    most = max(words.values(), default=0.0) or 1.0
    return _ranked(
        {
            number: DENSE_SHARE * max(cosine, 0.0)
            + (1 - DENSE_SHARE) * words.get(number, 0.0) / most
            for number, cosine in cosines.items()
            if number in passages
        },
        passages,
    )


def _ranked(scores: dict[int, float], passages: dict[int, Passage]) -> list[tuple[int, float]]:
    """(Passage number, rounded score), best first; ties by article and offset."""

    def order(number: int) -> tuple[float, str, int, int]:
        passage = passages[number]
        return -round(scores[number], SCORE_DIGITS), passage.article_id, passage.start, passage.end

    return [(n, round(scores[n], SCORE_DIGITS)) for n in sorted(scores, key=order)]
