"""Both indexes in a Milvus server: dense search, BM25 and filters, past one machine's memory.

Derived, like the embedded ones: SQLite stays the commit point and has every text, and a hit that
the corpus does not hold is not shown. A corpus has one collection for each build, named by the
corpus's identity and the layout. A row is a passage: its number, its article's key, its vector,
and its words, of which the server itself makes BM25 vectors. They are the stems of the embedded
index and the words as they are written, so that both search for the same; each has the letter of
its field, so that it can weigh as much there. What a server cannot tell is beside the corpus
(`embeddings.vocabulary`).
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import secrets
import threading
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from embeddings.connection import translated
from embeddings.dense import DenseIndex
from embeddings.durable import checksum_of_file, publish, unwritable
from embeddings.errors import EngineError, SettingsError
from embeddings.lexical import LexicalIndex, near_spellings, searched
from embeddings.locks import INDEXES_LOCK, is_held
from embeddings.stored import Derived
from embeddings.vocabulary import Vocabulary, VocabularyWriter, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from pymilvus import MilvusClient

    from embeddings.corpus import Corpus
    from embeddings.lexical import Term
    from embeddings.records import Passage
    from embeddings.stored import Engine, Roll

__all__ = ["NAME", "Collection", "MilvusDense", "MilvusLexical", "difference", "load", "write"]

NAME = "milvus"
LAYOUT = 2
"""Grows with every change of the schema, or of what the vocabulary's file holds."""
ROWS_AT_ONCE = 500
ARTICLES_AT_ONCE = 64
NUMBERS_AT_ONCE = 20_000
"""Passages named in one filter: the server parses a longer one slower than it searches."""
MOST_HITS = 16_384
"""The most that Milvus gives for one search."""
MOST_BYTES = 65_535
"""Of a VARCHAR."""
SEARCH_SECONDS = 10.0
WRITE_SECONDS = 120.0
RECONNECT_MS = 2000
"""Until gRPC looks again for a server that was away; by itself it waits up to two minutes."""
FRESH_SECONDS = 10.0
"""How long after a write a search waits for what was written. Later no server lags so far behind:
its searches are Bounded, which by Milvus's defaults means five seconds."""
REPEATS = 20
"""How often a word of weight 1 is repeated in a query: BM25 of Milvus counts a query's words."""
NO_WORDS = "-"
"""Stands for a text of which no word is searched; no stem looks so."""
BM25 = {"bm25_k1": 1.2, "bm25_b": 0.75}
"""As Tantivy has them."""
HNSW = {"M": 32, "efConstruction": 256}
"""Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
hierarchical navigable small world graphs", 2016. A server that has no HNSW searches exactly."""
LEAST_EF = 400

_clients: dict[Engine, MilvusClient] = {}
_connecting = threading.Lock()


class Collection:
    """The passages of one build of a corpus in a Milvus server. Raises `EngineError`."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        self.exact: bool | None = None
        """Whether every passage is compared; None while it is not known."""

    @classmethod
    def of(cls, corpus: Corpus, build: int) -> Collection:
        """The collection of a build of the corpus, which need not be there yet.

        One of another layout is another collection: it is dropped once this one is there.
        """
        assert corpus.engine is not None
        return cls(corpus.engine, f"{_prefix(corpus)}{build}_v{LAYOUT}")

    def call(self, method: str, *values: Any, seconds: float = SEARCH_SECONDS, **named: Any) -> Any:
        """What the client's `method` returns for this collection."""
        with _said(self.engine):
            client = _client(self.engine)
            return getattr(client, method)(self.name, *values, timeout=seconds, **named)

    def is_there(self) -> bool:
        """Whether the server has the collection."""
        return bool(self.call("has_collection"))

    def check(self, made_with: str | None) -> None:
        """Have the collection searchable; raise unless what it holds is made with `made_with`."""
        try:
            card = json.loads(self.call("describe_collection")["description"])
            found, self.exact = card["made_with"], card["index"] == "FLAT"
            if card["footnote"] != LAYOUT:
                found = None
        except (ValueError, KeyError, TypeError):
            found = None
        if found is None or made_with not in (None, found):
            raise EngineError(
                f"the collection {self.name} at {self.engine.uri} is made with "
                f"{found or 'another version of Footnote'}, this corpus with {made_with}; their "
                "vectors do not mix: choose the encoder it was made with, or drop the collection "
                "and index again (docs/cluster.md)"
            )
        self.call("load_collection", seconds=WRITE_SECONDS)

    def make(self, dimension: int, made_with: str) -> None:
        """Make the collection; raises `EngineError`."""
        try:
            self._make(dimension, made_with, "HNSW", HNSW)
        except EngineError:
            # Milvus Lite refuses the index only, and leaves the collection.
            self.drop()
            self._make(dimension, made_with, "FLAT", {})

    def _make(self, dimension: int, made_with: str, kind: str, params: dict[str, Any]) -> None:
        from pymilvus import DataType, Function, FunctionType, MilvusClient

        card = {"footnote": LAYOUT, "index": kind, "made_with": made_with}
        schema = MilvusClient.create_schema(
            auto_id=False, enable_dynamic_field=False, description=json.dumps(card)
        )
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("article", DataType.INT64)
        schema.add_field("emb", DataType.FLOAT_VECTOR, dim=dimension)
        schema.add_field(
            "words", DataType.VARCHAR, max_length=MOST_BYTES, enable_analyzer=True,
            analyzer_params={"tokenizer": "whitespace"},
        )  # fmt: skip
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(
            Function(
                "bm25", FunctionType.BM25, input_field_names=["words"],
                output_field_names=["sparse"],
            )
        )  # fmt: skip
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index("emb", index_type=kind, metric_type="IP", params=params)
        indexes.add_index(
            "sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=BM25
        )
        self.call(
            "create_collection", schema=schema, index_params=indexes, seconds=WRITE_SECONDS,
            consistency_level="Bounded",
        )  # fmt: skip

    def drop(self) -> None:
        """Drop the collection, if it is there."""
        self.call("drop_collection", seconds=WRITE_SECONDS)

    def count(self) -> int:
        """Number of passages that it holds, what was written last included."""
        rows = self.call("query", "", output_fields=["count(*)"], consistency_level="Strong")
        return int(rows[0]["count(*)"])

    def put(self, rows: Iterable[dict[str, Any]]) -> None:
        """Insert passages, each in place of one with its number. Returns when they are kept."""
        rows = iter(rows)
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            self.call("upsert", batch, seconds=WRITE_SECONDS)

    def delete(self, numbers: Iterable[int]) -> None:
        """Take passages out."""
        numbers = iter(numbers)
        while batch := list(islice(numbers, NUMBERS_AT_ONCE)):
            self.call("delete", ids=batch, seconds=WRITE_SECONDS)

    def rows(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Number → row, for those of the passages that it holds."""
        fields = ["id", "article", "emb", "words"]
        found = self.call("get", ids=list(numbers), output_fields=fields, seconds=WRITE_SECONDS)
        return {int(row["id"]): row for row in found}

    def numbers(self) -> Iterator[int]:
        """Numbers of all passages that it holds."""
        pages = self.call(
            "query_iterator", batch_size=MOST_HITS // 2, output_fields=["id"],
            consistency_level="Strong", seconds=WRITE_SECONDS,
        )  # fmt: skip
        with _said(self.engine):
            while page := pages.next():
                yield from (int(row["id"]) for row in page)
            pages.close()

    def dense(self, vector: NDArray[np.float32], k: int) -> dict[str, Any]:
        """A search for the vector, as arguments of `search`."""
        params = {} if self.exact else {"ef": max(LEAST_EF, 2 * k)}
        return {
            "data": [vector], "anns_field": "emb",
            "search_params": {"metric_type": "IP", "params": params},
        }  # fmt: skip

    def lexical(self, words: str) -> dict[str, Any]:
        """A search for the words, as arguments of `search`."""
        return {
            "data": [words],
            "anns_field": "sparse",
            "search_params": {"metric_type": "BM25", "params": {}},
        }

    def search(
        self, query: dict[str, Any], k: int, allowed: Sequence[int] | None, *, fresh: bool
    ) -> list[tuple[int, float]]:
        """At most `k` (passage number, score), best first; equal scores by number.

        With `fresh` it waits for what was written last.
        """
        hits: list[tuple[int, float]] = []
        for numbers in [None] if allowed is None else _portions(allowed):
            limit = min(k, MOST_HITS, len(numbers) if numbers is not None else k)
            (found,) = self.call(
                "search", **query, limit=limit,
                filter=f"id in {json.dumps(numbers)}" if numbers is not None else "",
                consistency_level="Strong" if fresh else "Bounded",
            )  # fmt: skip
            hits += [(int(hit["id"]), float(hit["distance"])) for hit in found]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]


class _Reading:
    """A collection as a generation has it."""

    def __init__(self, collection: Collection, vocabulary: Vocabulary, written: float) -> None:
        self.collection = collection
        self.vocabulary = vocabulary
        self._written = written

    def search(
        self, query: dict[str, Any], k: int, allowed: Sequence[int] | None
    ) -> list[tuple[int, float]]:
        fresh = time.time() - self._written < FRESH_SECONDS
        return self.collection.search(query, k, allowed, fresh=fresh)


class MilvusDense(DenseIndex):
    """Nearest passages to a query vector, by cosine: the server's."""

    def __init__(self, reading: _Reading) -> None:
        self._reading = reading

    @property
    def collection(self) -> Collection:
        """Where they are."""
        return self._reading.collection

    @property
    def size(self) -> int:
        """Number of passages."""
        return int(self._reading.vocabulary.passages)

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """At most `k` (passage number, cosine), best first. `vector`: float32 (d,), unit norm."""
        k = min(k, self.size if allowed is None else len(allowed))
        if not self.size or not k:
            return []
        return self._reading.search(self.collection.dense(vector, k), k, allowed)

    def vector(self, number: int) -> NDArray[np.float32] | None:
        """The vector of a passage, or None for one that is not in the index."""
        import numpy as np

        row = self.collection.rows([number]).get(number) if self.size else None
        return None if row is None else np.array(row["emb"], dtype=np.float32)

    def cosines(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> list[float]:
        """Cosine of each of these passages with `vector`; -1 for one that is not in the index."""
        found = dict(self.search(vector, len(numbers), numbers))
        return [found.get(number, -1.0) for number in numbers]


class MilvusLexical(LexicalIndex):
    """Passages that share words with a query, by BM25: the server's."""

    def __init__(self, reading: _Reading) -> None:
        self._reading = reading

    def frequency(self, field: str, stem: str) -> int:
        """Number of passages that hold the stem in `body` or `title`, or the form in `word`."""
        return self._reading.vocabulary.count(f"{field[0]}{stem}")

    @property
    def size(self) -> int:
        """Number of passages."""
        return int(self._reading.vocabulary.passages)

    def _near(self, word: str) -> tuple[str, ...]:
        return near_spellings(word, self._reading.vocabulary.spellings)

    def search(
        self,
        terms: Iterable[Term],
        k: int,
        allowed: Sequence[int] | None = None,
        weigh: Callable[[str, str], float] = lambda field, stem: 1.0,
    ) -> list[tuple[int, float]]:
        """At most `k` (passage number, BM25 score), best first; see `LexicalIndex.search`."""
        repeats = {
            f"{field[0]}{word}": max(round(REPEATS * factor * weigh(field, word)), 1)
            for field, word, factor in searched(terms)
        }
        k = min(k, self.size if allowed is None else len(allowed))
        if not repeats or not self.size or not k:
            return []
        common = math.gcd(*repeats.values())
        words = " ".join(" ".join([token] * (n // common)) for token, n in repeats.items())
        hits = self._reading.search(self._reading.collection.lexical(words), k, allowed)
        return [(number, score * common / REPEATS) for number, score in hits]


# From the corpus to the server and back


def load(
    corpus: Corpus, tell: Callable[[str], None] | None = None
) -> tuple[MilvusLexical, MilvusDense, Derived] | None:
    """The indexes that were last written, or None when they have to be written again.

    `tell` is told what was damaged or lost. Raises `EngineError` when the server does not answer,
    or holds what another encoder has made.
    """
    assert corpus.engine is not None
    recorded = corpus.derived((NAME,))
    if not recorded or not recorded[0].file.startswith(f"{NAME}-v{LAYOUT}-"):
        return None
    derived, path = recorded[0], corpus.folder / recorded[0].file
    vocabulary = Vocabulary.load(path, derived.checksum)
    if vocabulary is not None and vocabulary.uri != corpus.engine.uri:
        return None
    if vocabulary is None:
        problem: str | None = f"{path} is damaged"
    else:
        collection = Collection.of(corpus, derived.build)
        problem = _lost(corpus, collection, vocabulary)
        if problem is None:
            reading = _Reading(collection, vocabulary, path.stat().st_mtime)
            return MilvusLexical(reading), MilvusDense(reading), derived
    if corpus.derived((NAME,)) == recorded:  # else it was replaced while it was being loaded
        corpus.forget_derived((NAME,))
        if tell:
            tell(f"{problem}; the indexes were written again from the corpus")
    return None


def _lost(corpus: Corpus, collection: Collection, vocabulary: Vocabulary) -> str | None:
    """What is wrong with the collection, if its server has lost something."""
    if not vocabulary.passages:
        return None
    if not collection.is_there():
        return f"{collection.engine.uri} has no collection {collection.name} any more"
    current = corpus.build()
    is_current = current and collection.name == Collection.of(corpus, current[0]).name
    collection.check(current[1] if current and is_current else None)
    if is_held(corpus.folder / INDEXES_LOCK):
        return None  # it is being written to: what it holds cannot be counted
    count = collection.count()
    if count == vocabulary.passages or is_held(corpus.folder / INDEXES_LOCK):
        return None
    return f"{collection.name} held {count} passages in place of {vocabulary.passages}"


def write(
    corpus: Corpus, folder: Path, progress: Callable[[int, int], None] | None = None
) -> dict[str, Derived]:
    """Bring the server up to date with the corpus, from what it was last known to hold.

    The vocabulary is made in `folder` and put in place, but not yet recorded. What a killed
    process has left undone or half done is done again: all that is written is written by number.
    Raises `EngineError`.
    """
    assert corpus.engine is not None
    roll = corpus.roll()
    collection = Collection.of(corpus, roll.build)
    earlier = _earlier(corpus, roll)
    there = _prepared(corpus, collection, roll)
    path = folder / NAME
    with _writable(path):
        vocabulary = VocabularyWriter(path, earlier if there else None)
        _bring(corpus, collection, roll, vocabulary, progress)
        if roll.keys and not _agree(collection, vocabulary):
            path.unlink()
            vocabulary = VocabularyWriter(path, None)
            _bring(corpus, collection, roll, vocabulary, progress)
            if not _agree(collection, vocabulary):
                raise EngineError(
                    f"{collection.name} at {corpus.engine.uri} does not hold what was written to "
                    "it; does another data folder write there, too? (docs/cluster.md)"
                )
        vocabulary.finish(corpus.engine.uri)
    _drop_others(corpus, collection)
    file = f"{NAME}-v{LAYOUT}-{roll.generation}-{secrets.token_hex(4)}"
    checksum = checksum_of_file(path)
    publish(path, corpus.folder / file)
    return {NAME: Derived(roll.generation, roll.build, file, checksum)}


@contextlib.contextmanager
def _writable(path: Path) -> Iterator[None]:
    """What the system and SQLite refuse, as a `CorpusError`."""
    try:
        with translated(path):
            yield
    except OSError as error:
        raise unwritable(path, error) from error


def _earlier(corpus: Corpus, roll: Roll) -> Path | None:
    """The vocabulary to go on from: of this build, of this server, and as it was written."""
    recorded = corpus.derived((NAME,))
    if not recorded or recorded[0].build != roll.build:
        return None
    path = corpus.folder / recorded[0].file
    with contextlib.suppress(OSError):
        vocabulary = Vocabulary.load(path, recorded[0].checksum)
        if vocabulary is not None and corpus.engine and vocabulary.uri == corpus.engine.uri:
            return path
    return None


def _prepared(corpus: Corpus, collection: Collection, roll: Roll) -> bool:
    """Whether the collection was there already. It is made when there is something to put in."""
    if collection.is_there():
        collection.check(roll.made_with)
        return True
    for key in sorted(roll.keys):
        for passages in corpus.split([key], roll.build).values():
            if passages:
                collection.make(len(passages[0][2]), roll.made_with)
                return False
    return False


def _bring(
    corpus: Corpus,
    collection: Collection,
    roll: Roll,
    vocabulary: VocabularyWriter,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Delete what is gone and put in what is new, in the server and in the vocabulary."""
    known = vocabulary.keys()
    gone, new = sorted(known - roll.keys), sorted(roll.keys - known)
    with vocabulary.batch():
        numbers = [number for key in gone for number in vocabulary.remove(key)]
    collection.delete(numbers)
    for first in range(0, len(new), ARTICLES_AT_ONCE):
        if progress:
            progress(first, len(new))
        split = corpus.split(new[first : first + ARTICLES_AT_ONCE], roll.build)
        collection.put(
            _row(key, number, passage, vector)
            for key, passages in split.items()
            for number, passage, vector in passages
        )
        with vocabulary.batch():
            for key, passages in split.items():
                vocabulary.add(key, [(number, passage) for number, passage, _ in passages])


def _row(key: int, number: int, passage: Passage, vector: NDArray[np.float32]) -> dict[str, Any]:
    """A passage as the server holds it."""
    return {"id": number, "article": key, "emb": vector.tolist(), "words": _words(passage)}


def _words(passage: Passage) -> str:
    """Its tokens, as many as a VARCHAR holds."""
    words = " ".join(tokens_of(passage)) or NO_WORDS
    if len(words.encode()) <= MOST_BYTES:
        return words
    return words.encode()[:MOST_BYTES].decode(errors="ignore").rpartition(" ")[0]


def _agree(collection: Collection, vocabulary: VocabularyWriter) -> bool:
    """Whether the server holds the passages of the vocabulary, once strangers are deleted."""
    if collection.count() == vocabulary.passages:
        return True
    own = set(vocabulary.numbers())
    collection.delete([number for number in collection.numbers() if number not in own])
    return collection.count() == vocabulary.passages


def _drop_others(corpus: Corpus, keep: Collection) -> None:
    """Drop the collections of earlier builds: their passages are not in the corpus any more."""
    with _said(keep.engine):
        for name in _client(keep.engine).list_collections(timeout=SEARCH_SECONDS):
            if name.startswith(_prefix(corpus)) and name != keep.name:
                Collection(keep.engine, name).drop()


def difference(
    corpus: Corpus, dense: MilvusDense, tell: Callable[[int], None] = lambda seen: None
) -> str | None:
    """Where the server and the corpus do not agree, row by row and bit by bit; None: nowhere."""
    import numpy as np

    collection = dense.collection
    roll = corpus.roll()
    keys = sorted(roll.keys)
    seen = 0
    for first in range(0, len(keys), ARTICLES_AT_ONCE):
        split = corpus.split(keys[first : first + ARTICLES_AT_ONCE], roll.build)
        expected = {
            number: _row(key, number, passage, vector)
            for key, passages in split.items()
            for number, passage, vector in passages
        }
        for numbers in _portions(list(expected), ROWS_AT_ONCE):
            found = collection.rows(numbers)
            for number in numbers:
                one, other = expected[number], found.get(number)
                if other is None or any(one[name] != other[name] for name in ("article", "words")):
                    return f"{collection.name} had another passage {number}; written again"
                own = np.array(one["emb"], dtype="<f4").tobytes()
                if np.array(other["emb"], dtype="<f4").tobytes() != own:
                    return f"{collection.name} had another vector for {number}; written again"
        seen += len(expected)
        tell(seen)
    count = collection.count() if dense.size else 0
    if not count == dense.size == seen:
        return f"{collection.name} held {count} passages and the corpus {seen}; written again"
    return None


def _prefix(corpus: Corpus) -> str:
    return f"footnote_{corpus.identity()}_"


def _portions(numbers: Sequence[int], size: int = NUMBERS_AT_ONCE) -> Iterator[list[int]]:
    for first in range(0, len(numbers), size):
        yield list(numbers[first : first + size])


def _client(engine: Engine) -> MilvusClient:
    """A connection to the server, one for each process. Safe to use from several threads."""
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise SettingsError(
            "milvus_uri is set, but pymilvus is not installed; run: pip install -e '.[milvus]'"
        ) from error
    with _connecting:
        if engine not in _clients:
            # It logs every error with its trace, and raises it as well.
            logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
            _clients[engine] = MilvusClient(
                engine.uri,
                token=engine.token or "",
                timeout=SEARCH_SECONDS,
                grpc_options={"grpc.max_reconnect_backoff_ms": RECONNECT_MS},
            )
        return _clients[engine]


@contextlib.contextmanager
def _said(engine: Engine) -> Iterator[None]:
    """The client's errors as ours: what the server said, where it is, what to do."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("pymilvus", "grpc")):
            raise
        _clients.pop(engine, None)  # the next one waits until the server is there again
        reason = " ".join(str(getattr(error, "message", "") or error).split())[:300]
        raise EngineError(
            f"the search engine at {engine.uri} does not do what it is asked: {reason}; see that "
            "it runs (docs/cluster.md), or unset milvus_uri to search on this machine"
        ) from error
