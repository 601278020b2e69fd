"""A folder in BEIR layout → articles, questions, and which documents are relevant to them.

The layout is that of BEIR (Thakur et al., NeurIPS 2021 datasets track): `corpus.jsonl` (`_id`,
`title`, `text`), `queries.jsonl` (`_id`, `text`) and `qrels/<split>.tsv` (query, document and
relevance, below a header line). Of a document's `metadata`, `author`, `source` (who published it)
and `published_at` are kept, as an article states them at its top.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from embeddings.durable import sha256_of_file
from embeddings.errors import ReadError
from embeddings.readers.prose import iso_date
from embeddings.records import Article

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Benchmark", "Query", "load_benchmark", "rows_of", "texts_in"]

SPLITS = ("test", "dev", "train")
"""Which split is asked when several are there and none is named."""
SEED = 20240101
RELEVANCE = re.compile(r"-?\d+")


@dataclass(frozen=True, slots=True)
class Query:
    """A question, and the relevance of the documents that were judged for it."""

    id: str
    text: str
    relevance: Mapping[str, int]
    """Document id → grade; above 0 is relevant. At least one is."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What a folder holds, for one of its splits."""

    name: str
    split: str
    splits: tuple[str, ...]
    """All that are there."""
    articles: tuple[Article, ...]
    queries: tuple[Query, ...]
    """Those that are asked, in the order of the file."""
    judged: int
    """Queries of the split with a relevant document: the asked ones are all or a sample of them."""
    unjudged: int
    """Queries of the split without a relevant document: they are not asked."""
    empty: int
    """Documents without text: they are not indexed."""
    missing: int
    """Relevant documents of the asked queries that are not indexed: nobody can find them."""
    corpus_sha256: str
    """Hex SHA-256 of `corpus.jsonl`."""


def load_benchmark(folder: Path, split: str | None = None, limit: int | None = None) -> Benchmark:
    """Read a folder in BEIR layout; at most `limit` queries, a sample with a fixed seed.

    Without `split` the only one there is asked, else the first there of test, dev and train.
    Raises `ReadError` that names the file and line where the folder is not in this layout.
    """
    corpus, queries = folder / "corpus.jsonl", folder / "queries.jsonl"
    splits = _splits(folder)
    split = _chosen(folder, split, splits)
    texts = {line.id: line.text for line in _lines(queries)}
    qrels = folder / "qrels" / f"{split}.tsv"
    judgements = _judgements(qrels, texts, queries)
    asked = [
        Query(id_, text, judgements[id_])
        for id_, text in texts.items()
        if any(grade > 0 for grade in judgements.get(id_, {}).values())
    ]
    if not asked:
        raise ReadError(f"{qrels}: no query has a relevant document (score above 0)")
    judged = len(asked)
    if limit is not None and limit < judged:
        chosen = set(Random(SEED).sample(range(judged), limit))
        asked = [query for number, query in enumerate(asked) if number in chosen]
    for query in asked:
        if not query.text.strip():
            raise ReadError(f"{queries}: query {query.id} has no text")
    lines = list(_lines(corpus))
    articles = tuple(
        Article(e.id, e.text, title=e.title or None, date=e.date, author=e.author)
        for e in lines
        if e.text.strip()
    )
    if not articles:
        raise ReadError(f"{corpus}: no document has a text")
    indexed = {article.id for article in articles}
    relevant = {doc for query in asked for doc, grade in query.relevance.items() if grade > 0}
    return Benchmark(
        name=folder.resolve().name,
        split=split,
        splits=splits,
        articles=articles,
        queries=tuple(asked),
        judged=judged,
        unjudged=len(judgements) - judged,
        empty=len(lines) - len(articles),
        missing=len(relevant - indexed),
        corpus_sha256=sha256_of_file(corpus),
    )


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file that `load_benchmark` has read, with all of their fields."""
    for _, content in _numbered(path):
        yield json.loads(content)


def texts_in(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The texts of a field that holds a list of them; what is no text there is left out."""
    value = fields.get(name)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class _Line:
    id: str
    title: str
    text: str
    date: str | None
    author: str | None


def _splits(folder: Path) -> tuple[str, ...]:
    """The splits of a folder that has all files of the layout."""
    wanted = "corpus.jsonl, queries.jsonl and qrels/<split>.tsv"
    if not folder.is_dir():
        raise ReadError(f"{folder}: no such folder; name one with {wanted}")
    for name in ("corpus.jsonl", "queries.jsonl"):
        if not (folder / name).is_file():
            raise ReadError(f"{folder}: not in BEIR layout, no {name}; it needs {wanted}")
    splits = tuple(sorted(path.stem for path in (folder / "qrels").glob("*.tsv")))
    if not splits:
        raise ReadError(f"{folder}: not in BEIR layout, no qrels/*.tsv; it needs {wanted}")
    return splits


def _chosen(folder: Path, split: str | None, splits: tuple[str, ...]) -> str:
    if split is None and len(splits) > 1:
        split = next((name for name in SPLITS if name in splits), None)
        if split is None:
            raise ReadError(f"{folder}: has the splits {', '.join(splits)}; name one with --split")
    split = split or splits[0]
    if split not in splits:
        raise ReadError(f"{folder}: no qrels/{split}.tsv; --split can be {', '.join(splits)}")
    return split


def _lines(path: Path) -> Iterator[_Line]:
    seen: dict[str, int] = {}
    for number, content in _numbered(path):
        try:
            fields = json.loads(content)
        except ValueError as error:
            raise ReadError(f"{path}:{number}: not JSON in UTF-8: {error}") from error
        if not isinstance(fields, dict):
            raise ReadError(f"{path}:{number}: not a JSON object")
        line = _Line(
            _field(fields, "_id", path, number),
            _field(fields, "title", path, number),
            _field(fields, "text", path, number),
            *_stated(fields.get("metadata")),
        )
        if line.id in seen:
            raise ReadError(f"{path}:{number}: _id {line.id!r} stands in line {seen[line.id]} too")
        seen[line.id] = number
        yield line


def _stated(metadata: object) -> tuple[str | None, str | None]:
    """Date, and who wrote and who published a document, where its metadata say so."""
    fields = metadata if isinstance(metadata, dict) else {}
    names = (fields.get(name) for name in ("author", "source"))
    named = [name for name in names if isinstance(name, str) and name.strip()]
    return iso_date(fields.get("published_at")), ", ".join(named) or None


def _field(fields: dict[str, Any], name: str, path: Path, number: int) -> str:
    """A field of a line; only a title may be absent, only an id a number."""
    value = fields.get(name)
    if value is None and name == "title":
        return ""
    if name == "_id" and isinstance(value, int):
        return str(value)
    if not isinstance(value, str) or (name == "_id" and not value):
        what = "no" if name not in fields else f"{json.dumps(value)[:40]} as"
        raise ReadError(f"{path}:{number}: {what} {name}; it has to be a text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ReadError(f"{path}:{number}: {name} holds half a character: {error}") from error
    return value


def _judgements(path: Path, texts: dict[str, str], queries: Path) -> dict[str, dict[str, int]]:
    """Query id → document id → grade."""
    found: dict[str, dict[str, int]] = {}
    header = "query-id, corpus-id, score"
    for number, content in _numbered(path):
        try:
            cells = content.decode("utf-8-sig").rstrip("\r\n").split("\t")
        except UnicodeDecodeError as error:
            raise ReadError(f"{path}:{number}: not UTF-8: {error}") from error
        if len(cells) != 3:
            raise ReadError(
                f"{path}:{number}: {len(cells)} columns between tabs; it needs three: {header}"
            )
        query, document, grade = cells
        if number == 1:
            if RELEVANCE.fullmatch(grade):
                raise ReadError(f"{path}:1: no header line; it has to be {header}")
            continue
        if not RELEVANCE.fullmatch(grade):
            raise ReadError(f"{path}:{number}: score {grade!r} is not a whole number")
        if query not in texts:
            raise ReadError(f"{path}:{number}: query {query!r} is not in {queries}")
        found.setdefault(query, {})[document] = int(grade)
    return found


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, with their numbers."""
    try:
        with path.open("rb") as file:
            for number, content in enumerate(file, start=1):
                if content.strip():
                    yield number, content
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror}") from error
