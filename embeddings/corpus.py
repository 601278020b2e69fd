"""The corpus: one SQLite file, the one source of truth and the one commit point.

An article and its passages are written in one transaction, so an article is in or out,
never half. Everything else in the data folder is derived from this file and can be made
again. `generation` grows with every change: an index built at another generation is stale.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings.errors import CorpusError, DamagedError
from embeddings.records import Article, Passage, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Corpus", "Derived", "Stored"]

FILE = "corpus.sqlite"
SCHEMA_VERSION = 1
BUSY_SECONDS = 60.0

_SCHEMA = """
CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    title TEXT,
    date TEXT,
    source TEXT,
    file_sha256 TEXT NOT NULL,  -- of the file's bytes: has the file changed?
    indexed_as TEXT NOT NULL    -- encoder and splitting its passages were made with
) STRICT;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    vector BLOB NOT NULL        -- float32, little endian, unit norm
) STRICT;
CREATE INDEX passages_of_article ON passages (article_id);
CREATE TABLE removed (          -- taken out by the user: stays out while its file is unchanged
    id TEXT PRIMARY KEY,
    file_sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE derived (          -- the indexes made from the passages
    name TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE state (only INTEGER PRIMARY KEY CHECK (only = 1), generation INTEGER NOT NULL) STRICT;
INSERT INTO state VALUES (1, 0);
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of an indexed article without reading its text."""

    id: str
    file_sha256: str
    indexed_as: str


@dataclass(frozen=True, slots=True)
class Derived:
    """Where a derived index lies, and what its bytes must hash to."""

    generation: int
    file: str
    sha256: str


class Corpus:
    """The articles of one corpus and their passages. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open the corpus in `folder`, made when absent.

        Raises `CorpusError` when the folder cannot be written, `DamagedError` when the file in
        it is not a corpus.
        """
        self.folder = folder
        self.path = folder / FILE
        self._lock = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CorpusError(_unwritable(folder, error.strerror or str(error))) from error
        try:
            self._db = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._create()
        except sqlite3.OperationalError as error:
            raise CorpusError(_unwritable(folder, str(error))) from error
        except sqlite3.DatabaseError as error:
            raise DamagedError(
                f"{self.path} is damaged ({error}); move it away and index again"
            ) from error

    def _create(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction():
                # Another process may have created it while this one waited for the lock.
                if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in _statements(_SCHEMA):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise CorpusError(
                f"{self.path} has format {version}, this version reads {SCHEMA_VERSION}; "
                "choose another data folder, or move it away and index again"
            )

    def close(self) -> None:
        """Close the file. Nothing is lost: every change was committed when it was made."""
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """One all-or-nothing write; several processes take turns."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise CorpusError(_unwritable(self.folder, str(error))) from error
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise CorpusError(_unwritable(self.folder, str(error))) from error
                raise

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock:
            try:
                return self._db.execute(sql, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise DamagedError(
                    f"{self.path} cannot be read ({error}); run: assistant doctor"
                ) from error

    # Writing

    def put(
        self,
        article: Article,
        passages: Sequence[Passage],
        vectors: NDArray[np.float32],
        *,
        file_sha256: str,
        indexed_as: str,
    ) -> None:
        """Commit `article` with its passages, in place of an earlier version of it.

        `vectors` is float32 (len(passages), d), rows of unit norm.
        """
        if len(passages) != len(vectors):
            raise ValueError(f"{len(passages)} passages and {len(vectors)} vectors")
        with self._transaction():
            self._delete(article.id)
            self._db.execute("DELETE FROM removed WHERE id = ?", (article.id,))
            self._db.execute(
                "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    article.id,
                    article.text,
                    article.sha256,
                    article.title,
                    article.date,
                    article.source,
                    file_sha256,
                    indexed_as,
                ),
            )
            self._db.executemany(
                'INSERT INTO passages (article_id, start, "end", vector) VALUES (?, ?, ?, ?)',
                [
                    (article.id, passage.start, passage.end, vector.astype("<f4").tobytes())
                    for passage, vector in zip(passages, vectors, strict=True)
                ],
            )
            self._advance()

    def delete(self, article_ids: Sequence[str]) -> None:
        """Take articles out, all in one transaction."""
        with self._transaction():
            for article_id in article_ids:
                self._delete(article_id)
            self._advance()

    def remove(self, article_id: str) -> None:
        """Take an article out and keep it out, until its file changes."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO removed SELECT id, file_sha256 FROM articles WHERE id = ?",
                (article_id,),
            )
            self._delete(article_id)
            self._advance()

    def _delete(self, article_id: str) -> None:
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))

    def _advance(self) -> None:
        self._db.execute("UPDATE state SET generation = generation + 1")

    def record_derived(self, name: str, derived: Derived) -> None:
        """Remember a derived index. Its file must be complete on disk before this is called."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO derived VALUES (?, ?, ?, ?)",
                (name, derived.generation, derived.file, derived.sha256),
            )

    # Reading

    def generation(self) -> int:
        """Number of changes so far; cheap, and seen across processes."""
        return int(str(self._rows("SELECT generation FROM state")[0][0]))

    def stored(self) -> dict[str, Stored]:
        """Id → what is known of each indexed article."""
        rows = self._rows("SELECT id, file_sha256, indexed_as FROM articles ORDER BY id")
        return {str(row[0]): Stored(*map(str, row)) for row in rows}

    def removed(self) -> dict[str, str]:
        """Id → file SHA-256 of each article the user took out."""
        rows = self._rows("SELECT id, file_sha256 FROM removed")
        return {str(article_id): str(file_sha256) for article_id, file_sha256 in rows}

    def articles(self) -> tuple[Article, ...]:
        """Every article, by id."""
        return tuple(self._article(row) for row in self._rows(_SELECT_ARTICLE + " ORDER BY id"))

    def article(self, article_id: str) -> Article | None:
        """The article, or None; raises `DamagedError` when its text is not what was committed."""
        rows = self._rows(_SELECT_ARTICLE + " WHERE id = ?", (article_id,))
        return self._article(rows[0]) if rows else None

    def _article(self, row: tuple[object, ...]) -> Article:
        article_id, text, sha256, title, date, source = row
        if sha256_of(str(text)) != sha256:
            raise DamagedError(f"the stored text of {article_id} is damaged; run: assistant doctor")
        return Article(
            str(article_id),
            str(text),
            None if title is None else str(title),
            None if date is None else str(date),
            None if source is None else str(source),
            str(sha256),
        )

    def count(self) -> tuple[int, int]:
        """Number of articles, number of passages."""
        row = self._rows("SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)")
        return int(str(row[0][0])), int(str(row[0][1]))

    def snapshot(self) -> tuple[int, list[tuple[int, Passage, NDArray[np.float32]]]]:
        """The generation, and every passage at that generation with its number and vector."""
        import numpy as np

        with self._lock:
            self._db.execute("BEGIN")
            try:
                generation = self.generation()
                articles = {article.id: article for article in self.articles()}
                rows = self._rows(
                    'SELECT id, article_id, start, "end", vector FROM passages '
                    'ORDER BY article_id, start, "end"'
                )
            finally:
                self._db.execute("COMMIT")
        found = []
        for number, article_id, start, end, vector in rows:
            article = articles[str(article_id)]
            passage = _passage(article, int(str(start)), int(str(end)))
            assert isinstance(vector, bytes)
            found.append((int(str(number)), passage, np.frombuffer(vector, dtype="<f4")))
        return generation, found

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        """Number → passage, for those of `numbers` that are still there."""
        marks = ",".join("?" * len(numbers))
        rows = self._rows(
            f'SELECT id, article_id, start, "end" FROM passages WHERE id IN ({marks})', numbers
        )
        articles: dict[str, Article] = {}
        found = {}
        for number, article_id, start, end in rows:
            key = str(article_id)
            if key not in articles:
                article = self.article(key)
                if article is None:
                    continue
                articles[key] = article
            found[int(str(number))] = _passage(articles[key], int(str(start)), int(str(end)))
        return found

    def derived(self, name: str) -> Derived | None:
        """What was recorded of a derived index, or None."""
        rows = self._rows("SELECT generation, file, sha256 FROM derived WHERE name = ?", (name,))
        return Derived(int(str(rows[0][0])), str(rows[0][1]), str(rows[0][2])) if rows else None

    def fingerprint(self) -> str:
        """Short hash of the articles' ids and texts: equal exactly when the articles are."""
        digest = hashlib.sha256()
        for article_id, sha256 in self._rows("SELECT id, sha256 FROM articles ORDER BY id"):
            digest.update(f"{article_id}\0{sha256}\n".encode())
        return digest.hexdigest()[:16]

    def check(self) -> str | None:
        """What SQLite finds wrong with the file, or None."""
        rows = self._rows("PRAGMA integrity_check")
        return None if rows == [("ok",)] else str(rows[0][0])


_SELECT_ARTICLE = "SELECT id, text, sha256, title, date, source FROM articles"


def _passage(article: Article, start: int, end: int) -> Passage:
    return Passage(article.id, start, end, article.text[start:end], article.label, article.date)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _unwritable(folder: Path, reason: str) -> str:
    return (
        f"cannot use the data folder {folder}: {reason}; "
        "choose another (--data-dir or FOOTNOTE_DATA_DIR)"
    )
