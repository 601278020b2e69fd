"""What was committed since the indexes were published, searched beside them.

Building the indexes of a large corpus anew takes minutes, so a few changes do not wait for it. The
published indexes stay as they are. Passages that came later have higher numbers than any in them:
they are read from the corpus into memory, as exact indexes of their own, and both are searched as
one. Passages that went are no more in the corpus, and what is not in the corpus is not found. So
nothing new is written, and a crash can leave nothing half done.

Once there are more than a few changes (`is_to_merge`), another process builds new indexes of all
that is there, and whoever asks goes on with these until it is done (`embeddings.merging`). Only
when changes come faster than that (`is_overgrown`) does somebody have to wait. Until then BM25
weighs a word over both parts; the average length of a passage is each part's own, and the words of
deleted passages still count for how rare a word is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embeddings.dense import DenseIndex
from embeddings.lexical import LexicalIndex, LexicalPair, LexicalTail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.corpus import Corpus
    from embeddings.lexical import Term
    from embeddings.stored import Since

__all__ = [
    "GROWN_FROM", "Tail", "grown_dense", "grown_lexical", "is_overgrown", "is_to_merge", "tail_of",
]  # fmt: skip

GROWN_FROM = 20_000
"""Passages from which on the indexes are not built anew for every change: that takes seconds."""
MOST_NEW = 5_000
"""New passages up to which nothing is done about them; reading them takes a second."""
MOST_GONE = 0.1
"""Of the passages in the indexes, the share that may have been deleted since."""
TOO_MANY_NEW = 50_000
"""New passages beyond which no merge is waited for: every question looks at each of them."""
TOO_MANY_GONE = 0.5
"""The same for the share that has been deleted."""

Hits = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Tail:
    """The passages that have come since, in memory."""

    after: int
    """The highest number of a passage in the published indexes."""
    numbers: tuple[int, ...]
    vectors: NDArray[np.float32]
    """Float32 (n, d), in the order of `numbers`."""
    words: LexicalTail
    lexical: LexicalIndex

    @property
    def latest(self) -> int:
        """The highest number of a passage that is searched."""
        return max((self.after, *self.numbers[-1:]))

    @classmethod
    def empty(cls, after: int) -> Tail:
        """One that holds nothing yet."""
        import numpy as np

        words = LexicalTail()
        return cls(after, (), np.empty((0, 0), np.float32), words, words.index())


def is_to_merge(published: int, new: int, total: int) -> bool:
    """Whether the indexes are to be merged with `new` passages in a corpus of `total`."""
    gone = published + new - total
    return new > MOST_NEW or gone > MOST_GONE * published


def is_overgrown(published: int, new: int, total: int) -> bool:
    """Whether the indexes will not do until they are merged, and have to be built at once."""
    gone = published + new - total
    return published < GROWN_FROM or (
        is_to_merge(published, new, total)
        and (new > TOO_MANY_NEW or gone > TOO_MANY_GONE * published)
    )


def tail_of(since: Since, after: int, known: Tail | None) -> Tail:
    """The passages in `since`, all that have come after passage `after`; `known` is extended."""
    import numpy as np

    # Words of those that went stay in it, where nothing finds them; but not most of it.
    most = 2 * len(since.numbers) + MOST_NEW
    if known is None or known.after != after or known.lexical.size > most:
        known = Tail.empty(after)
    living = set(since.numbers)
    held = dict(zip(known.numbers, known.vectors, strict=True))
    held = {number: vector for number, vector in held.items() if number in living}
    new = list(since.passages([n for n in since.numbers if n not in held]))
    for number, passage, vector in new:
        known.words.add(number, passage, vector)
        held[number] = vector
    vectors = np.stack(list(held.values())) if held else np.empty((0, 0), np.float32)
    return Tail(after, tuple(held), vectors, known.words, known.words.index())


def grown_dense(published: DenseIndex, tail: Tail, corpus: Corpus) -> DenseIndex:
    """The published dense index and the tail as one."""
    return _GrownDense(published, tail, corpus)


def grown_lexical(published: LexicalIndex, tail: Tail, corpus: Corpus) -> LexicalIndex:
    """The published lexical index and the tail as one."""
    return _GrownLexical(published, tail, corpus)


class _GrownDense(DenseIndex):
    def __init__(self, published: DenseIndex, tail: Tail, corpus: Corpus) -> None:
        self.about = replace(published.about, passages=published.size + len(tail.numbers))
        self._published, self._tail, self._corpus = published, tail, corpus
        self._rows = {number: row for row, number in enumerate(tail.numbers)}

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> Hits:
        import numpy as np

        old, vectors, rows = allowed, self._tail.vectors, np.arange(len(self._rows))
        if allowed is not None:
            old = [number for number in allowed if number <= self._tail.after]
            rows = np.array([self._rows[n] for n in allowed if n in self._rows], dtype=np.intp)
            vectors = vectors[rows]
        found = _living(lambda most: self._published.search(vector, most, old), k, self._corpus)
        if len(rows):
            # Not by BLAS, whose threads wait for each other where the cores are busy.
            scores = np.einsum("nd,d->n", vectors, vector)
            best = np.argsort(-scores, kind="stable")[:k]
            found += ((self._tail.numbers[rows[i]], float(scores[i])) for i in best)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]

    def vector(self, number: int) -> NDArray[np.float32] | None:
        row = self._rows.get(number)
        return self._published.vector(number) if row is None else self._tail.vectors[row]

    def holds(self, number: int, vector: NDArray[np.float32]) -> bool:
        if number in self._rows:
            return super().holds(number, vector)
        return self._published.holds(number, vector)

    def cosines(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> list[float]:
        old = [number for number in numbers if number not in self._rows]
        found = dict(zip(old, self._published.cosines(vector, old), strict=True))
        for number in numbers:
            if number in self._rows:
                found[number] = float(self._tail.vectors[self._rows[number]] @ vector)
        return [found[number] for number in numbers]


class _GrownLexical(LexicalPair):
    def __init__(self, published: LexicalIndex, tail: Tail, corpus: Corpus) -> None:
        super().__init__(published, tail.lexical)
        self._after, self._corpus = tail.after, corpus

    def search(
        self,
        terms: Iterable[Term],
        k: int,
        allowed: Sequence[int] | None = None,
        weigh: Callable[[str, str], float] = lambda field, stem: 1.0,
    ) -> Hits:
        terms = tuple(terms)
        old, new = allowed, allowed
        if allowed is not None:
            old = [number for number in allowed if number <= self._after]
            new = [number for number in allowed if number > self._after]
        found = _living(
            lambda most: self._of(self._first, terms, most, old, weigh), k, self._corpus
        )
        found += _living(
            lambda most: self._of(self._second, terms, most, new, weigh), k, self._corpus
        )
        return sorted(found, key=lambda hit: -hit[1])[:k]


def _living(search: Callable[[int], Hits], k: int, corpus: Corpus) -> Hits:
    """The best `k` that are still in the corpus; more are asked for where some are not."""
    wanted = k
    while True:
        hits = search(wanted)
        living = corpus.living([number for number, _ in hits])
        found = [hit for hit in hits if hit[0] in living]
        if len(found) >= k or len(hits) < wanted:
            return found[:k]
        wanted *= 4
