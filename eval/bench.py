"""A benchmark asked of the product, stage by stage: which documents each stage finds, and when.

A document's score is that of its best passage. The stages are the product's own functions:

- `lexical`: `LexicalIndex.search`, BM25
- `dense`: `DenseIndex.search`, cosine
- `fused`: `retrieve`, what an answer is made from
- `reader`: the documents of `read`'s sentences, best sentence first, then the rest as fused
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.reading.reader import prepare, read
from assistant.retrieval.retriever import DEPTH, retrieve
from embeddings.index import open_index
from embeddings.indexing import index_articles
from embeddings.locks import INDEXING_LOCK, held
from embeddings.passages import made_with
from embeddings.recovery import open_sound
from eval.intervals import Figure, figure, paired_p

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from assistant.retrieval.retriever import Retrieved
    from embeddings.corpus import Corpus
    from embeddings.encoder import Encoder
    from embeddings.index import Index
    from embeddings.records import Article
    from eval.beir import Benchmark, Query

__all__ = ["MAIN", "STAGES", "Change", "Ranking", "Result", "opened", "rank", "score"]

STAGES = ("lexical", "dense", "fused", "reader")
MAIN = "nDCG@10"
"""The measure that BEIR reports first, and by which stages are compared."""
PASSAGES_A_DOCUMENT = 3
"""Passages searched for each document that is to be ranked: several may be of one document."""
FIELDS_VERSION = 2
"""Raised when other fields of a document are indexed than before."""
DOCUMENTS_AT_ONCE = 500
"""Documents that are encoded and committed together: what an interruption can cost."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The documents that one stage found for one query, best first."""

    query: str
    stage: str
    documents: tuple[str, ...]
    latency_ms: float
    """Of the stage alone: the reader's without the search before it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a stage brought against the one before it, in `MAIN`."""

    stage: str
    before: str
    difference: Figure
    """Mean of the differences query by query."""
    p: float
    """Of a two-sided paired permutation test."""


@dataclass(frozen=True, slots=True)
class Result:
    """The values of every measure: stage → measure → one value a query, in their order."""

    values: dict[str, dict[str, tuple[float, ...]]]
    latency_ms: dict[str, tuple[float, ...]]

    def figure(self, stage: str, measure: str) -> Figure:
        """Mean over queries with its interval."""
        return figure(self.values[stage][measure])

    def latency(self, stage: str) -> Figure:
        """Median over queries, in milliseconds."""
        return figure(self.latency_ms[stage], "median")

    def changes(self) -> tuple[Change, ...]:
        """Each stage against the one before it."""
        stages, changes = list(self.values), []
        for before, stage in pairwise(stages):
            pairs = zip(self.values[stage][MAIN], self.values[before][MAIN], strict=True)
            differences = [after - first for after, first in pairs]
            changes.append(Change(stage, before, figure(differences), paired_p(differences)))
        return tuple(changes)


@contextlib.contextmanager
def opened(
    benchmark: Benchmark,
    data_dir: Path,
    encoder: Encoder,
    tell: Callable[[str], None] | None = None,
) -> Iterator[tuple[Corpus, Index]]:
    """The benchmark's documents, indexed under `data_dir` unless they are already.

    The folder is named by the content of the corpus and what its passages are made with, so that
    a second run encodes nothing. `tell` is told before each portion that is encoded.
    """
    key = f"{FIELDS_VERSION} {benchmark.corpus_sha256} {made_with(encoder.fingerprint)}"
    folder = data_dir / "bench" / hashlib.sha256(key.encode("utf-8")).hexdigest()[:16]
    corpus, _ = open_sound(folder)
    with contextlib.closing(corpus):
        with held(corpus.folder / INDEXING_LOCK):
            known = corpus.paths()
            new = [article for article in benchmark.articles if article.id not in known]
            for first in range(0, len(new), DOCUMENTS_AT_ONCE):
                portion = new[first : first + DOCUMENTS_AT_ONCE]
                if tell:
                    tell(f"documents {first + 1}–{first + len(portion)} of {len(new)}")
                index_articles(portion, corpus, encoder)
        yield corpus, open_index(corpus)


def rank(
    benchmark: Benchmark,
    corpus: Corpus,
    index: Index,
    encoder: Encoder,
    depth: int,
    *,
    reader: bool = True,
) -> Iterator[tuple[Ranking, ...]]:
    """For each query, the ranking of each stage: at least `depth` documents where there are."""
    stages = _Stages(corpus, index, encoder, depth, _names(corpus.articles()))
    if reader:
        prepare()
    for query in benchmark.queries:
        yield tuple(stages.of(query, reader=reader))


def score(
    benchmark: Benchmark, rankings: Sequence[Sequence[Ranking]], depths: Sequence[int]
) -> Result:
    """Every measure of every ranking, by `ir_measures`.

    nDCG@10, RR@10 and Success@5 as trec_eval computes them (the gain is the grade), P@1, and
    R@k for each k of `depths` = relevant documents among the first k / relevant documents. A
    document with the id of its query does not count, as in BEIR, which asks documents of some
    collections as queries.
    """
    import ir_measures
    from ir_measures import RR, P, R, Success, nDCG

    recalls = [R @ k for k in sorted(set(depths))]
    measures = [nDCG @ 10, RR @ 10, P @ 1, Success @ 5, *recalls]
    qrels = {query.id: dict(query.relevance) for query in benchmark.queries}
    values: dict[str, dict[str, tuple[float, ...]]] = {}
    latencies: dict[str, tuple[float, ...]] = {}
    for own in zip(*rankings, strict=True):
        run = {ranking.query: _scores(ranking) for ranking in own}
        found = {
            (str(metric.measure), metric.query_id): metric.value
            for metric in ir_measures.iter_calc(measures, qrels, run)
        }
        stage = own[0].stage
        values[stage] = {
            str(measure): tuple(float(found[str(measure), r.query]) for r in own)
            for measure in measures
        }
        latencies[stage] = tuple(ranking.latency_ms for ranking in own)
    return Result(values, latencies)


def _scores(ranking: Ranking) -> dict[str, float]:
    """Document → score, so that no tie is left to be broken."""
    documents = [document for document in ranking.documents if document != ranking.query]
    return {doc: float(len(documents) - place) for place, doc in enumerate(documents)}


@dataclass(frozen=True, slots=True)
class _Stages:
    corpus: Corpus
    index: Index
    encoder: Encoder
    depth: int
    names: dict[str, tuple[str, ...]]

    def of(self, query: Query, *, reader: bool) -> Iterator[Ranking]:
        """The rankings of one query, stage by stage."""
        clock = time.perf_counter
        passages = max(DEPTH, PASSAGES_A_DOCUMENT * self.depth)

        began = clock()
        lexical = self.index.lexical.search(self.index.lexical.terms(query.text), passages)
        seconds = clock() - began
        yield self._ranking(query, "lexical", self._articles(lexical), seconds)

        began = clock()
        dense = self.index.dense.search(self.encoder.encode([query.text])[0], passages)
        seconds = clock() - began
        yield self._ranking(query, "dense", self._articles(dense), seconds)

        began = clock()
        retrieved = self._retrieve(query, DEPTH)
        seconds = clock() - began
        fused = _articles_of(retrieved)
        if len(self._documents(fused)) < self.depth:
            # What an answer is made from comes from the product's own depth; a search that goes
            # deeper ranks a little differently, and fills up what only deep measures look at.
            fused += _articles_of(self._retrieve(query, passages))
        yield self._ranking(query, "fused", fused, seconds)

        if reader:
            began = clock()
            reading = read(retrieved, self.index, self.corpus.article)
            seconds = clock() - began
            best = [candidate.article_id for candidate in reading.candidates]
            yield self._ranking(query, "reader", [*best, *fused], seconds)

    def _retrieve(self, query: Query, k: int) -> Retrieved:
        return retrieve(query.text, k, self.index, self.encoder, self.corpus)

    def _articles(self, found: Sequence[tuple[int, float]]) -> list[str]:
        passages = self.corpus.passages([number for number, _ in found])
        return [passages[number].article_id for number, _ in found if number in passages]

    def _documents(self, articles: Sequence[str]) -> tuple[str, ...]:
        """Ids without repetition: a document stands where its best passage does."""
        return tuple(d for a in dict.fromkeys(articles) for d in self.names.get(a, (a,)))

    def _ranking(
        self, query: Query, stage: str, articles: Sequence[str], seconds: float
    ) -> Ranking:
        return Ranking(query.id, stage, self._documents(articles), 1000 * seconds)


def _articles_of(retrieved: Retrieved) -> list[str]:
    return [hit.passage.article_id for hit in retrieved.hits]


def _names(articles: Sequence[Article]) -> dict[str, tuple[str, ...]]:
    """Article → ids of all documents with its text: the corpus keeps equal texts once."""
    return {a.id: tuple(sorted((a.id, *a.also_at))) for a in articles if a.also_at}
