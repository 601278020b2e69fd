"""Two corpora asked as one: a library, and the few articles that one conversation adds to it.

Nothing of either is copied into the other. A passage or an article of the second goes by the
negative of its number. What a word weighs is worked out over both, because in a corpus of one
article every word is common, and BM25 scores of the two could not be compared.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from embeddings.corpus import Corpus
from embeddings.dense import DenseIndex
from embeddings.index import Index
from embeddings.lexical import LexicalPair
from embeddings.stored import Outlines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.lexical import Term
    from embeddings.records import Article, Passage
    from embeddings.stored import StoredFile

__all__ = ["JoinedCorpus", "joined_index"]

Hits = list[tuple[int, float]]


class JoinedCorpus(Corpus):
    """What is asked of a corpus to answer from it, for two of them; neither is written to."""

    def __init__(self, library: Corpus, added: Corpus) -> None:
        self._library, self._added = library, added
        self._joined: tuple[Outlines, Outlines, Outlines] | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One state of both for all that is read in the body."""
        with self._library.reading(), self._added.reading():
            yield

    def close(self) -> None:
        """Nothing is open here; whoever opened the two closes them."""

    def count(self) -> tuple[int, int]:
        """Number of articles, number of passages, of both."""
        articles, passages = zip(self._library.count(), self._added.count(), strict=True)
        return sum(articles), sum(passages)

    def fingerprint(self) -> str:
        """Short hash of both fingerprints."""
        both = f"{self._library.fingerprint()}\n{self._added.fingerprint()}"
        return hashlib.sha256(both.encode()).hexdigest()[:16]

    def build(self) -> tuple[int, str] | None:
        """The library's; the other is made with the same."""
        return self._library.build()

    def paths(self) -> set[str]:
        """Paths of all files of both."""
        return self._library.paths() | self._added.paths()

    def file(self, path: str) -> StoredFile | None:
        """What is known of a file."""
        return self._library.file(path) or self._added.file(path)

    def article(self, article_id: str) -> Article | None:
        """The article of this id, in either."""
        return self._library.article(article_id) or self._added.article(article_id)

    def cited(self, article_id: str, sha256: str) -> Article | None:
        """The article with this text that has, or had, this id, in either."""
        return self._library.cited(article_id, sha256) or self._added.cited(article_id, sha256)

    def articles(self) -> tuple[Article, ...]:
        """Every article of both, by id."""
        both = (*self._library.articles(), *self._added.articles())
        return tuple(sorted(both, key=lambda article: article.id))

    def outlines(self) -> Outlines:
        """What each article is chosen by, by id; kept until the articles of either change."""
        library, added = self._library.outlines(), self._added.outlines()
        known = self._joined
        if known is None or known[0] is not library or known[1] is not added:
            own = (outline._replace(key=-outline.key) for outline in added)
            joined = Outlines(sorted((*library, *own), key=lambda outline: outline.id))
            known = self._joined = library, added, joined
        return known[2]

    def passage_numbers(self, keys: Iterable[int]) -> list[int]:
        """Numbers of the passages in the articles of these keys."""
        library, added = _split(list(keys))
        numbers = self._library.passage_numbers(library)
        return [*numbers, *(-number for number in self._added.passage_numbers(added))]

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        """Number → passage, for those of `numbers` that are still there."""
        library, added = _split(numbers)
        own = {-number: passage for number, passage in self._added.passages(added).items()}
        return self._library.passages(library) | own


def joined_index(library: Index, added: Index) -> Index:
    """The indexes of two corpora as one."""
    lexical = _JoinedLexical(library.lexical, added.lexical)
    dense = _JoinedDense(library.dense, added.dense)
    return Index(lexical, dense, library.generation, library.build)


class _JoinedLexical(LexicalPair):
    def search(
        self,
        terms: Iterable[Term],
        k: int,
        allowed: Sequence[int] | None = None,
        weigh: Callable[[str, str], float] = lambda field, stem: 1.0,
    ) -> Hits:
        terms = tuple(terms)
        return _best(
            k,
            allowed,
            lambda numbers: self._of(self._first, terms, k, numbers, weigh),
            lambda numbers: self._of(self._second, terms, k, numbers, weigh),
        )


class _JoinedDense(DenseIndex):
    def __init__(self, library: DenseIndex, added: DenseIndex) -> None:
        self._library, self._added = library, added

    @property
    def size(self) -> int:
        return self._library.size + self._added.size

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> Hits:
        return _best(
            k,
            allowed,
            lambda numbers: self._library.search(vector, k, numbers),
            lambda numbers: self._added.search(vector, k, numbers),
        )

    def vector(self, number: int) -> NDArray[np.float32] | None:
        return self._library.vector(number) if number > 0 else self._added.vector(-number)


def _best(
    k: int,
    allowed: Sequence[int] | None,
    in_library: Callable[[Sequence[int] | None], Hits],
    in_added: Callable[[Sequence[int] | None], Hits],
) -> Hits:
    """The best `k` of both."""
    library, added = (None, None) if allowed is None else _split(allowed)
    own = [(-number, score) for number, score in in_added(added)]
    return sorted([*in_library(library), *own], key=lambda hit: -hit[1])[:k]


def _split(numbers: Sequence[int]) -> tuple[list[int], list[int]]:
    """Those of the library, and those of the other, as it numbers them."""
    return [n for n in numbers if n > 0], [-n for n in numbers if n < 0]
