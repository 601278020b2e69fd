"""The corpus: one SQLite file, the one source of truth and the one commit point.

An article and its passages are written in one transaction, so an article is in or out,
never half. Everything else in the data folder is derived from this file and can be made
again. `generation` grows with every change of the articles: an index built at another
generation is stale. Every row ends in a checksum, and a row that fails it is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import sqlite3
import threading
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from embeddings.catalog import CatalogPage, choose
from embeddings.connection import connect, one_state, translated, unusable
from embeddings.durable import make_folder
from embeddings.errors import CorpusError, DamagedError
from embeddings.passages import Recipe, recipes
from embeddings.rawfile import Hashing, inode_of, release, retain
from embeddings.records import Article, Passage, sha256_of
from embeddings.schema import SCHEMA_VERSION, checksum, create
from embeddings.sealing import Seal
from embeddings.stored import Derived, Outline, Outlines, Roll, Since, Snapshot, StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.catalog import CatalogQuery
    from embeddings.rawfile import Inode
    from embeddings.stored import Engine, Entry

__all__ = ["FILE", "Corpus"]

FILE = "corpus.sqlite"
STEP_ARTICLES = 16
STEP_PASSAGES = 1000
"""What is read in one of many short transactions: whoever writes waits for no more."""
STAMP_STEPS = (1 << 28,) * 3
"""Bytes that are hashed in one transaction, some 0.1 s; an entry for each time it is tried so."""
REMOVED = "removed by you; it stays out until its text changes"


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
        self._fingerprint: tuple[int, str] | None = None
        self._outlines: tuple[int, Outlines] | None = None
        self._inode: Inode | None = None
        self._closed = False
        self.engine: Engine | None = None
        """Holds the indexes, where they are not files in `folder`."""
        make_folder(folder)
        self._connect()

    def _connect(self) -> None:
        self._db = connect(self.path)
        self._inode = _inode(self.path)
        retain(self._inode)
        try:
            self._prepare()
        except BaseException:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        self._db.close()
        if self._inode is not None:
            release(self._inode)
            self._inode = None

    def _prepare(self) -> None:
        with self._translated():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction(advance=False):
                # Another process may have created it while this one waited for the lock.
                if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                    if _one(self._db, "SELECT 1 FROM sqlite_master"):
                        raise self._damaged("its header is not what was written")
                    create(self._db, secrets.token_hex(8))
        elif version > SCHEMA_VERSION:
            raise CorpusError(
                f"{self.path} has format {version}, this version reads {SCHEMA_VERSION}; "
                "update Footnote, or choose another data folder"
            )
        elif version < SCHEMA_VERSION:
            raise DamagedError(f"{self.path} was written by an earlier version of Footnote")

    def close(self) -> None:
        """Close the file. Nothing is lost: every change was committed when it was made."""
        with self._lock:
            self._disconnect()
            self._closed = True

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return translated(self.path)

    def _damaged(self, reason: str) -> DamagedError:
        return DamagedError(f"{self.path} is damaged ({reason}); run: assistant doctor")

    @contextlib.contextmanager
    def _current(self) -> Iterator[sqlite3.Connection]:
        """The connection, to the file that is there now: a repair puts another in its place.

        What is in hand is finished with the file that it was begun with.
        """
        with self._lock:
            if self._closed:
                raise CorpusError(f"the corpus in {self.folder} has been closed; open it again")
            in_hand = self._inode is not None and self._db.in_transaction
            if not in_hand and _inode(self.path) != self._inode:
                self._disconnect()
                self._connect()
            yield self._db

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the corpus for all that is read in the body; writers wait for its end."""
        with self._current() as db, self._translated(), one_state(db):
            yield

    @contextlib.contextmanager
    def _transaction(self, *, advance: bool = True) -> Iterator[sqlite3.Connection]:
        """One all-or-nothing write; several processes take turns."""
        with self._current() as db, self._translated():
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                if db.in_transaction and db.execute("PRAGMA user_version").fetchone()[0]:
                    self._advance(db, 1 if advance else 0)
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

    def _advance(self, db: sqlite3.Connection, steps: int) -> None:
        _, generation, revision, build, identity, _ = self._state(db)
        self._set_state(db, generation + steps, revision + 1, build, identity)

    def _set_state(
        self, db: sqlite3.Connection, generation: int, revision: int, build: int | None, name: str
    ) -> None:
        row = (1, generation, revision, build, name)
        db.execute("DELETE FROM state")
        db.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?)", (*row, checksum(*row)))

    def _state(self, db: sqlite3.Connection) -> tuple[int, int, int, int | None, str, bytes]:
        rows = db.execute("SELECT * FROM state").fetchall()
        if len(rows) != 1 or checksum(*rows[0][:-1]) != rows[0][-1]:
            raise self._damaged("its state is not what was written")
        state: tuple[int, int, int, int | None, str, bytes] = rows[0]
        return state

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._current() as db, self._translated():
            return db.execute(sql, values).fetchall()

    # Writing

    def commit(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        """Commit what became of some files, all or nothing, each in place of what it was before.

        The vectors must be of the current build. Returns the paths of entries that relied on a
        text which is no longer there: nothing was committed for them.
        """
        with self._transaction() as db:
            build = self._state(db)[3]
            known = {
                entry.path
                for entry in entries
                if entry.article is None and _one(db, _KEY_OF_TEXT, entry.text_sha256) is not None
            }
            # Who points to a text comes before whoever may be the last to let go of it.
            ordered = sorted(entries, key=lambda entry: entry.path not in known)
            return tuple(e.path for e in ordered if not self._put(db, e, build))

    def _put(self, db: sqlite3.Connection, entry: Entry, build: int | None) -> bool:
        self._forget(db, entry.path, unless=entry.text_sha256 if not entry.article else None)
        key, state, reason = None, "refused", entry.reason
        if entry.text_sha256 is not None:
            if _one(db, "SELECT 1 FROM removed WHERE sha256 = ?", entry.text_sha256):
                state, reason = "removed", REMOVED
            else:
                state = "incomplete" if entry.reason else "indexed"
                key = _one(db, _KEY_OF_TEXT, entry.text_sha256)
                if key is None and entry.article is None:
                    return False
                if key is None:
                    assert entry.article is not None
                    key = self._insert(db, entry.article)
                    self._split(db, key, build, entry.passages, entry.vectors)
        row = (entry.path, entry.sha256, entry.read_as, entry.source, state, reason, key)
        _insert(db, "files", row)
        return True

    def _insert(self, db: sqlite3.Connection, article: Article) -> int:
        key = _last(db, "articles") + 1
        _insert(
            db,
            "articles",
            (
                key, article.id, article.sha256, article.text, article.title, article.date,
                article.author, article.language, article.source, json.dumps(article.pages),
                article.incomplete,
            ),
        )  # fmt: skip
        return key

    def _split(
        self,
        db: sqlite3.Connection,
        key: int,
        build: int | None,
        passages: Sequence[Passage],
        vectors: NDArray[np.float32] | None,
    ) -> None:
        if build is None or vectors is None or len(passages) != len(vectors):
            given = 0 if vectors is None else len(vectors)
            raise ValueError(f"{len(passages)} passages and {given} vectors for build {build}")
        number = _last(db, "passages")
        for passage, vector in zip(passages, vectors, strict=True):
            number += 1
            data = vector.astype("<f4").tobytes()
            _insert(db, "passages", (number, key, build, passage.start, passage.end, data))
        _insert(db, "splits", (key, build, len(passages)))

    def forget(self, paths: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Take out files that are gone, in one transaction, and every text that no file has now.

        Returns (path, id of the article that still has its text) for those whose text stays. The
        ids of the texts that go are remembered until `forget_former`: another file may bring them.
        """
        with self._transaction() as db:
            heirs = {path: self._forget(db, path) for path in paths}
        stays = []
        for path, heir in heirs.items():
            while heir in heirs:  # it is gone by now, too, and may have left the text to another
                heir = heirs[heir]
            if heir is not None:
                stays.append((path, heir))
        return tuple(stays)

    def _forget(self, db: sqlite3.Connection, path: str, unless: str | None = None) -> str | None:
        """Take out one file; the id that its text goes on under, if another file has it too.

        A text with the SHA-256 `unless` stays in any case.
        """
        key = _one(db, "SELECT article FROM files WHERE path = ?", path)
        db.execute("DELETE FROM files WHERE path = ?", (path,))
        if key is None:
            return None
        row = list(db.execute("SELECT * FROM articles WHERE key = ?", (key,)).fetchone())
        others = db.execute(
            "SELECT path, source FROM files WHERE article = ? ORDER BY path LIMIT 1", (key,)
        ).fetchone()
        if others is None:
            if row[2] != unless:
                self._delete(db, int(str(key)))
                self._remember(db, row[1], row[2])
            return None
        if row[1] == path:
            self._remember(db, path, row[2])  # the id moves on with the text
            row[1], row[8] = others
            db.execute(
                "UPDATE articles SET id = ?, source = ?, checksum = ? WHERE key = ?",
                (row[1], row[8], checksum(*row[:-1]), key),
            )
        return str(row[1])

    def _remember(self, db: sqlite3.Connection, article_id: object, sha256: object) -> None:
        db.execute("DELETE FROM former WHERE id = ? AND sha256 = ?", (article_id, sha256))
        _insert(db, "former", (article_id, sha256))

    def _delete(self, db: sqlite3.Connection, key: int) -> None:
        for table in ("passages", "splits"):
            db.execute(f"DELETE FROM {table} WHERE article = ?", (key,))
        db.execute("DELETE FROM articles WHERE key = ?", (key,))

    def forget_former(self) -> None:
        """Let go of the former ids of texts that no article has now."""
        if self._rows(f"SELECT 1 FROM former WHERE {_POINTLESS} LIMIT 1"):
            with self._transaction(advance=False) as db:
                db.execute(f"DELETE FROM former WHERE {_POINTLESS}")

    def remove(self, article_id: str) -> None:
        """Take an article out with all its files, and keep its text out."""
        with self._current() as db, self._translated():
            row = self._found(db, article_id)
        if row is not None:
            self.keep_out({str(row[2]): str(row[1])})

    def keep_out(self, removed: Mapping[str, str]) -> None:
        """Take texts out, by SHA-256, with all their files, and keep them out."""
        with self._transaction() as db:
            for sha256, article_id in removed.items():
                key = _one(db, _KEY_OF_TEXT, sha256)
                if key is not None:
                    files = db.execute("SELECT * FROM files WHERE article = ?", (key,)).fetchall()
                    for file in files:
                        db.execute("DELETE FROM files WHERE path = ?", (file[0],))
                        _insert(db, "files", (*file[:4], "removed", REMOVED, None))
                    self._delete(db, key)
                db.execute("DELETE FROM former WHERE sha256 = ?", (sha256,))
                if not _one(db, "SELECT 1 FROM removed WHERE sha256 = ?", sha256):
                    _insert(db, "removed", (sha256, article_id))

    def numbers(self) -> dict[str, int]:
        """Table → the highest number that it has ever given."""
        rows = self._rows("SELECT name, seq FROM sqlite_sequence")
        return {str(name): int(str(number)) for name, number in rows}

    def go_on_from(self, generation: int, numbers: Mapping[str, int]) -> None:
        """Be later than another corpus was, of that generation and with those `numbers`.

        So what was made from that one, here or in another process, is not taken for this one's.
        """
        with self._transaction(advance=False) as db:
            _, own, revision, build, identity, _ = self._state(db)
            self._set_state(db, max(own, generation) + 1, revision, build, identity)
            for table, number in numbers.items():
                highest = max(number, _last(db, table))
                db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
                db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, highest))

    def record_derived(
        self, derived: Mapping[str, Derived], instead_of: Sequence[Derived] | None = None
    ) -> bool:
        """Remember derived indexes. Their files must be complete on disk before this is called.

        Where `instead_of` is given it has to be what is remembered now, and their build in use:
        otherwise nothing is remembered, and this is False. (Names of their files are drawn by
        chance, so no other corpus that may have taken the place of this one remembers the same.)
        """
        with self._transaction(advance=False) as db:
            if instead_of is not None:
                _, generation, _, build, _, _ = self._state(db)
                of_this = all(
                    index.build == build and index.generation <= generation
                    for index in derived.values()
                )
                if not of_this or self._derived(db, derived) != tuple(instead_of):
                    return False
            for name, index in derived.items():
                db.execute("DELETE FROM derived WHERE name = ?", (name,))
                row = (name, index.generation, index.build, index.file, index.checksum)
                _insert(db, "derived", row)
            return True

    def forget_derived(self, names: Iterable[str]) -> None:
        """Have derived indexes made anew."""
        with self._transaction(advance=False) as db:
            for name in names:
                db.execute("DELETE FROM derived WHERE name = ?", (name,))

    # Builds: a changed encoder or splitting is prepared beside the one in use

    def build_for(self, made_with: str) -> int:
        """The build of passages made with this; begun when there is none."""
        with self._transaction(advance=False) as db:
            found = _one(db, "SELECT build FROM builds WHERE made_with = ?", made_with)
            if found is None:
                found = _last(db, "builds")
                found += 1
                _insert(db, "builds", (found, made_with))
            return int(str(found))

    def without_passages(self, build: int) -> list[str]:
        """Ids of the articles that have no passages in `build` yet."""
        rows = self._rows(
            "SELECT id FROM articles WHERE key NOT IN "
            "(SELECT article FROM splits WHERE build = ?) ORDER BY id",
            (build,),
        )
        return [str(row[0]) for row in rows]

    def add_passages(
        self, build: int, split: Sequence[tuple[Article, Sequence[Passage], NDArray[np.float32]]]
    ) -> None:
        """Commit the passages of some articles in a build that is not in use yet."""
        with self._transaction(advance=False) as db:
            for article, passages, vectors in split:
                key = _one(db, _KEY_OF_TEXT, article.sha256)
                if key is not None:
                    self._split(db, int(str(key)), build, passages, vectors)

    def switch(self, build: int) -> bool:
        """Search `build` from now on, and drop every other; False while an article lacks it."""
        with self._transaction() as db:
            if _one(db, "SELECT 1 FROM articles WHERE key NOT IN "
                        "(SELECT article FROM splits WHERE build = ?)", build):  # fmt: skip
                return False
            _, generation, revision, _, name, _ = self._state(db)
            self._set_state(db, generation, revision, build, name)
            for table in ("passages", "splits", "builds"):
                db.execute(f"DELETE FROM {table} WHERE build <> ?", (build,))
            return True

    def other_builds(self) -> bool:
        """Whether a build was begun that is not the one in use."""
        return bool(self._rows("SELECT 1 FROM builds WHERE build NOT IN (SELECT build FROM state)"))

    def build(self) -> tuple[int, str] | None:
        """The build that is searched and what it was made with; None before the first."""
        rows = self._rows(
            "SELECT builds.build, made_with FROM builds JOIN state ON state.build = builds.build"
        )
        return (int(str(rows[0][0])), str(rows[0][1])) if rows else None

    # Reading

    def generation(self) -> int:
        """Number of changes so far; cheap, and seen across processes."""
        with self._current() as db, self._translated():
            return self._state(db)[1]

    def revision(self) -> int:
        """Number of changes of the file so far."""
        with self._current() as db, self._translated():
            return self._state(db)[2]

    def paths(self) -> set[str]:
        """Paths of all files that were read."""
        return {str(row[0]) for row in self._rows("SELECT path FROM files")}

    def file(self, path: str) -> StoredFile | None:
        """What is known of a file; None for one that was never read."""
        if not _is_text(path):
            return None
        rows = self._rows(f"{_SELECT_FILES} WHERE path = ?", (path,))
        return _stored_file(rows)

    def twin(self, path: str, file_sha256: str, read_as: str) -> StoredFile | None:
        """Another file with the same bytes, read in the same way, that has an article."""
        rows = self._rows(
            f"{_SELECT_FILES} WHERE files.sha256 = ? AND path <> ? AND read_as = ? "
            "AND article IS NOT NULL ORDER BY path LIMIT 1",
            (file_sha256, path, read_as),
        )
        return _stored_file(rows)

    def holds_text(self, sha256: str, beside: str) -> bool:
        """Whether a file other than `beside` has this text."""
        return bool(
            self._rows(
                "SELECT 1 FROM articles JOIN files ON article = key "
                "WHERE articles.sha256 = ? AND path <> ? LIMIT 1",
                (sha256, beside),
            )
        )

    def id_of_text(self, sha256: str) -> str | None:
        """Id of the article that has this text, or None."""
        rows = self._rows("SELECT id FROM articles WHERE sha256 = ?", (sha256,))
        return str(rows[0][0]) if rows else None

    def articles(self) -> tuple[Article, ...]:
        """Every article, by id."""
        with self._current() as db, self._translated():
            rows = db.execute("SELECT * FROM articles ORDER BY id").fetchall()
            files = db.execute("SELECT article, path FROM files ORDER BY path").fetchall()
        paths: dict[object, list[str]] = {}
        for key, path in files:
            paths.setdefault(key, []).append(str(path))
        return tuple(self._article(row, paths.get(row[0], ())) for row in rows)

    def catalog(self, query: CatalogQuery) -> CatalogPage:
        """One page of the articles that match; only their texts are read, and verified."""
        with self.reading(), self._current() as db:
            chosen = choose(db, query)
            articles = []
            for key in chosen.keys:
                row = db.execute("SELECT * FROM articles WHERE key = ?", (key,)).fetchone()
                if row is None:
                    raise self._damaged("its list of articles is not what was written")
                articles.append(self._article(row))
        return CatalogPage(
            tuple(articles), chosen.files, chosen.found, chosen.page, chosen.pages, chosen.refused
        )

    def outlines(self) -> Outlines:
        """What each article is chosen by, by id; kept until the articles change.

        Checksums are over texts too, so they are not checked here, but where passages are read.
        """
        with self._current() as db, self._translated():
            generation = self._state(db)[1]
            if self._outlines is None or self._outlines[0] != generation:
                shared: dict[int, dict[str, str]] = {}
                for key, path, source in db.execute(_SHARING):
                    shared.setdefault(key, {})[path] = source
                sql = "SELECT key, id, date, source, language FROM articles ORDER BY id"
                rows = db.execute(sql)
                self._outlines = generation, Outlines(_outline(row, shared) for row in rows)
            return self._outlines[1]

    def passage_numbers(self, keys: Iterable[int]) -> list[int]:
        """Numbers of the passages that are searched in the articles of these keys, ascending."""
        rows = self._rows(
            "SELECT number FROM passages WHERE build = (SELECT build FROM state) AND article IN "
            "(SELECT value FROM json_each(?)) ORDER BY number",
            (json.dumps(list(keys)),),
        )
        return [int(str(number)) for (number,) in rows]

    def article(self, article_id: str) -> Article | None:
        """The article of this id, or whose file is, or was, at this path; None if there is none.

        Raises `DamagedError` when what is stored is not what was committed.
        """
        with self._current() as db, self._translated():
            row = self._found(db, article_id)
            if row is None:
                return None
            files = db.execute("SELECT path FROM files WHERE article = ? ORDER BY path", row[:1])
            return self._article(row, [str(path) for (path,) in files])

    def cited(self, article_id: str, sha256: str) -> Article | None:
        """The article with this text, if its id, or that of one of its files, is or was this one.

        Another text may have that id by now. Raises `DamagedError`, as `article` does.
        """
        with self._current() as db, self._translated():
            for name in _spellings(article_id):
                row = db.execute(_CITED, {"sha256": sha256, "name": name}).fetchone()
                if row is not None:
                    return self._article(row)
        return None

    def _found(self, db: sqlite3.Connection, article_id: str) -> tuple[object, ...] | None:
        for name in _spellings(article_id):
            for condition in (
                "id = ?",
                "key = (SELECT article FROM files WHERE path = ?)",
                "sha256 IN (SELECT sha256 FROM former WHERE id = ?)",
            ):
                sql = f"SELECT * FROM articles WHERE {condition}"
                row: tuple[object, ...] | None = db.execute(sql, (name,)).fetchone()
                if row is not None:
                    return row
        return None

    def _article(self, row: Sequence[object], paths: Sequence[str] = ()) -> Article:
        if checksum(*row[:-1]) != row[-1] or sha256_of(str(row[3])) != row[2]:
            raise self._damaged(f"the stored text of {row[1]} is not what was written")
        words = [None if value is None else str(value) for value in row[4:9]]
        title, date, author, language, source = words
        return Article(
            id=str(row[1]),
            text=str(row[3]),
            title=title,
            date=date,
            source=source,
            sha256=str(row[2]),
            author=author,
            language=language,
            pages=tuple(json.loads(str(row[9]))),
            incomplete=None if row[10] is None else str(row[10]),
            also_at=tuple(path for path in paths if path != row[1]),
        )

    def count(self) -> tuple[int, int]:
        """Number of articles, number of passages that are searched."""
        row = self._rows(
            "SELECT (SELECT count(*) FROM articles), (SELECT coalesce(sum(passages), 0) "
            "FROM splits WHERE build = (SELECT build FROM state))"
        )
        return int(str(row[0][0])), int(str(row[0][1]))

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Every passage that is searched, at one generation, over a connection of its own.

        It is read in steps, between which others write. Numbers are never used again and the
        passages of an article never change, so what comes meanwhile is told by its number, and
        left out; what goes meanwhile may be in it or not.
        """
        db = connect(self.path)
        try:
            with self._translated():
                with one_state(db):
                    _, generation, _, build, _, _ = self._state(db)
                    build = build or 0
                    count = _one(db, "SELECT sum(passages) FROM splits WHERE build = ?", build)
                    last = _last(db, "passages")
                    keys = [key for (key,) in db.execute("SELECT key FROM articles ORDER BY id")]
                yield Snapshot(
                    generation,
                    build,
                    int(count or 0),
                    self._stream(db, build, keys),
                    lambda most, seed: self._sample(db, build, last, most, seed),
                    lambda numbers: self._vectors(db, numbers),
                )
        finally:
            db.close()

    def vectors(self, numbers: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Number → vector, float32 (d,), unit norm, for those passages that are still there."""
        with self._current() as db, self._translated():
            return self._vectors(db, numbers)

    def _vectors(
        self, db: sqlite3.Connection, numbers: Sequence[int]
    ) -> dict[int, NDArray[np.float32]]:
        import numpy as np

        found = {}
        for row in db.execute(f"{_SELECT_PASSAGES} {_AMONG}", (json.dumps(list(numbers)),)):
            if checksum(*row[:-1]) != row[-1]:
                raise self._damaged(f"passage {row[0]} is not what was written")
            found[int(row[0])] = np.frombuffer(row[5], dtype="<f4")
        return found

    def _sample(
        self, db: sqlite3.Connection, build: int, last: int, most: int, seed: int
    ) -> NDArray[np.float32]:
        import numpy as np

        rows = db.execute("SELECT number FROM passages WHERE build = ?", (build,))
        numbers = np.sort(np.fromiter((row[0] for row in rows), dtype=np.int64))
        chance = np.random.default_rng(seed)
        chosen = chance.permutation(numbers[numbers <= last])[:most].tolist()
        # In the order of the file, which is read faster; then in the order of chance again.
        ordered = sorted(chosen)
        found: dict[int, NDArray[np.float32]] = {}
        for first in range(0, len(ordered), STEP_PASSAGES):
            found |= self._vectors(db, ordered[first : first + STEP_PASSAGES])
        vectors = [found[number] for number in chosen if number in found]
        return np.stack(vectors) if vectors else np.empty((0, 0), np.float32)

    def known_vectors(self, paths: Sequence[str]) -> dict[Recipe, NDArray[np.float32]]:
        """What was made of the articles of these files → vector, float32 (d,), verified."""
        found: dict[Recipe, NDArray[np.float32]] = {}
        with self.reading(), self._current() as db:
            build = self._state(db)[3] or 0
            for path in paths:
                row = db.execute(
                    "SELECT articles.* FROM articles JOIN files ON article = key WHERE path = ?",
                    (path,),
                ).fetchone()
                if row is not None:
                    article = self._article(row)
                    made = list(self._passages_of(db, article, int(row[0]), build))
                    passages = [passage for _, passage, _ in made]
                    vectors = (vector for *_, vector in made)
                    found |= zip(recipes(article, passages), vectors, strict=True)
        return found

    def living(self, numbers: Sequence[int]) -> set[int]:
        """Those of the passages that are still there."""
        rows = self._rows(f"SELECT number FROM passages {_AMONG}", (json.dumps(list(numbers)),))
        return {int(str(number)) for (number,) in rows}

    def since(self, number: int, most: int) -> Since | None:
        """What has come after passage `number`, at one moment; None when it is more than `most`."""
        with self.reading(), self._current() as db:
            _, generation, _, build, _, _ = self._state(db)
            later = "FROM passages WHERE number > ? AND build = ? ORDER BY number"
            rows = db.execute(
                f"SELECT number {later} LIMIT ?", (number, build, most + 1)
            ).fetchall()
            if len(rows) > most:
                return None
            count = _one(db, "SELECT sum(passages) FROM splits WHERE build = ?", build)
        numbers = tuple(int(number) for (number,) in rows)
        return Since(generation, build or 0, int(count or 0), numbers, self._later)

    def _later(self, numbers: Sequence[int]) -> Iterator[tuple[int, Passage, NDArray[np.float32]]]:
        for first in range(0, len(numbers), STEP_PASSAGES):
            with self.reading(), self._current() as db:
                found = list(self._among(db, numbers[first : first + STEP_PASSAGES]))
            yield from found

    def _among(
        self, db: sqlite3.Connection, numbers: Sequence[int]
    ) -> Iterator[tuple[int, Passage, NDArray[np.float32]]]:
        import numpy as np

        article = None
        rows = db.execute(
            f"{_SELECT_PASSAGES} {_AMONG} ORDER BY number", (json.dumps(list(numbers)),)
        )
        for row in rows:
            if article is None or article[0] != row[1]:
                found = db.execute("SELECT * FROM articles WHERE key = ?", (row[1],)).fetchone()
                article = (row[1], self._article(found))
            yield int(row[0]), self._passage(article[1], row), np.frombuffer(row[5], dtype="<f4")

    def identity(self) -> str:
        """Names this corpus, and no other: 16 hexadecimal digits."""
        with self._current() as db, self._translated():
            return self._state(db)[4]

    def roll(self) -> Roll:
        """The articles that are searched now."""
        with self.reading(), self._current() as db:
            _, generation, _, build, _, _ = self._state(db)
            made_with = _one(db, "SELECT made_with FROM builds WHERE build = ?", build)
            keys = db.execute("SELECT article FROM splits WHERE build = ?", (build,)).fetchall()
        return Roll(generation, build or 0, made_with or "", frozenset(int(k) for (k,) in keys))

    def split(
        self, keys: Iterable[int], build: int
    ) -> dict[int, list[tuple[int, Passage, NDArray[np.float32]]]]:
        """Key → (number, passage, vector) of its passages, for those still there, at one moment."""
        found = {}
        with self.reading(), self._current() as db:
            for key in keys:
                row = db.execute("SELECT * FROM articles WHERE key = ?", (key,)).fetchone()
                if row is not None:
                    found[key] = list(self._passages_of(db, self._article(row), key, build))
        return found

    def _stream(
        self, db: sqlite3.Connection, build: int, keys: Sequence[int]
    ) -> Iterator[tuple[int, Passage, NDArray[np.float32]]]:
        for first in range(0, len(keys), STEP_ARTICLES):
            found: list[tuple[int, Passage, NDArray[np.float32]]] = []
            with one_state(db):
                for key in keys[first : first + STEP_ARTICLES]:
                    row = db.execute("SELECT * FROM articles WHERE key = ?", (key,)).fetchone()
                    if row is not None:
                        found += self._passages_of(db, self._article(row), key, build)
            yield from found

    def _passages_of(
        self, db: sqlite3.Connection, article: Article, key: int, build: int
    ) -> Iterator[tuple[int, Passage, NDArray[np.float32]]]:
        import numpy as np

        for found in db.execute(_SELECT_PASSAGES + _IN_ORDER, (key, build)):
            passage = self._passage(article, found)
            yield int(found[0]), passage, np.frombuffer(found[5], dtype="<f4")

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        """Number → passage, for those of `numbers` that are still there."""
        with self._current() as db, self._translated():
            found = (json.dumps(list(numbers)),)
            rows = db.execute(f"{_SELECT_PASSAGES} {_AMONG}", found).fetchall()
            keys = (json.dumps(list({row[1] for row in rows})),)
            articles = {row[0]: self._article(row) for row in db.execute(_ARTICLES_AMONG, keys)}
        return {
            int(row[0]): self._passage(articles[row[1]], row) for row in rows if row[1] in articles
        }

    def _passage(self, article: Article, row: Sequence[object]) -> Passage:
        start, end = int(str(row[3])), int(str(row[4]))
        if checksum(*row[:-1]) != row[-1] or not 0 <= start < end <= len(article.text):
            raise self._damaged(f"a passage of {article.id} is not what was written")
        return Passage(article.id, start, end, article.text[start:end], article.label, article.date)

    def derived(self, names: Iterable[str]) -> tuple[Derived, ...]:
        """What was recorded of these derived indexes, at one moment; shorter where one is not."""
        with self.reading(), self._current() as db:
            return self._derived(db, names)

    def _derived(self, db: sqlite3.Connection, names: Iterable[str]) -> tuple[Derived, ...]:
        found = []
        for name in names:
            row = db.execute("SELECT * FROM derived WHERE name = ?", (name,)).fetchone()
            if row is not None and checksum(*row[:-1]) == row[-1]:
                found.append(Derived(*row[1:5]))
        return tuple(found)

    def removed(self) -> dict[str, str]:
        """SHA-256 of each text the user took out → the id it had."""
        rows = self._rows("SELECT sha256, id FROM removed ORDER BY sha256")
        return {str(sha256): str(article_id) for sha256, article_id in rows}

    def fingerprint(self) -> str:
        """Short hash of the articles' ids and texts: equal exactly when the articles are."""
        with self._current() as db, self._translated():
            generation = self._state(db)[1]
            if self._fingerprint is None or self._fingerprint[0] != generation:
                digest = hashlib.sha256()
                for row in db.execute("SELECT id, sha256 FROM articles ORDER BY id"):
                    digest.update(f"{row[0]}\0{row[1]}\n".encode())
                self._fingerprint = generation, digest.hexdigest()[:16]
            return self._fingerprint[1]

    def stamp(self) -> Seal:
        """What the file is now, with its hash; over a connection of its own.

        The file is read in steps, between which others may write: then it is begun again, and at
        last read in one step, while they wait. Raises `CorpusError` when it cannot be read.
        """
        for step in (*STAMP_STEPS, None):
            with self._current():
                inode = _inode(self.path)
                retain(inode)
            try:
                found = self._stamped(inode, step)
            finally:
                release(inode)
            if found is not None:
                return found
        raise unusable(self.folder, f"{self.path} keeps changing")

    def _stamped(self, inode: Inode, step: int | None) -> Seal | None:
        """The seal of a file that is retained, read `step` bytes a transaction.

        None when it was written to meanwhile, or another has taken its place.
        """
        begun = None
        db = connect(self.path)
        try:
            hashing = Hashing(self.path)
            with self._translated():
                while True:
                    with one_state(db):
                        state = self._state(db)
                        if state != (begun or state) or _inode(self.path) != inode:
                            return None
                        begun = state
                        if hashing.read(step):
                            continue
                        removed = dict(db.execute("SELECT sha256, id FROM removed ORDER BY sha256"))
                    _, generation, revision, _, identity, _ = state
                    return Seal(identity, generation, revision, hashing.digest(), removed)
        except OSError as error:
            raise unusable(self.folder, f"{self.path}: {error.strerror}") from error
        finally:
            db.close()


_SHARING = (
    "SELECT article, path, source FROM files WHERE article IN (SELECT article FROM files "
    "WHERE article IS NOT NULL GROUP BY article HAVING count(*) > 1) ORDER BY path"
)
_POINTLESS = (
    "NOT EXISTS (SELECT 1 FROM articles "
    "WHERE articles.sha256 = former.sha256 AND articles.id != former.id)"
)
_CITED = (
    "SELECT * FROM articles WHERE sha256 = :sha256 AND (id = :name "
    "OR key IN (SELECT article FROM files WHERE path = :name) "
    "OR sha256 IN (SELECT sha256 FROM former WHERE id = :name))"
)
_SELECT_FILES = (
    "SELECT path, files.sha256, read_as, state, reason, articles.sha256, articles.id FROM files "
    "LEFT JOIN articles ON articles.key = files.article"
)
_KEY_OF_TEXT = "SELECT key FROM articles WHERE sha256 = ?"
_SELECT_PASSAGES = 'SELECT number, article, build, start, "end", vector, checksum FROM passages'
_AMONG = "WHERE number IN (SELECT value FROM json_each(?))"
_ARTICLES_AMONG = "SELECT * FROM articles WHERE key IN (SELECT value FROM json_each(?))"
_IN_ORDER = ' WHERE article = ? AND build = ? ORDER BY start, "end"'


def _insert(db: sqlite3.Connection, table: str, row: Sequence[object]) -> None:
    marks = ", ".join("?" * (len(row) + 1))
    db.execute(f"INSERT INTO {table} VALUES ({marks})", (*row, checksum(*row)))


def _one(db: sqlite3.Connection, sql: str, *values: object) -> Any:
    """The first column of the first row, or None."""
    row = db.execute(sql, values).fetchone()
    return None if row is None else row[0]


def _last(db: sqlite3.Connection, table: str) -> int:
    """The highest number that a table has ever given."""
    return int(_one(db, "SELECT seq FROM sqlite_sequence WHERE name = ?", table) or 0)


def _is_text(name: str) -> bool:
    """Whether a name can be stored: Python has half a character for a byte that is no UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spellings(name: str) -> tuple[str, ...]:
    """Whoever types a name cannot see how the file system has composed its letters."""
    if not _is_text(name):
        return ()
    return tuple(dict.fromkeys((name, normalize("NFC", name), normalize("NFD", name))))


def _outline(row: Sequence[Any], shared: Mapping[int, Mapping[str, str]]) -> Outline:
    """`shared` has, by key, path → source of the files of an article that has several."""
    others = (source for path, source in shared.get(row[0], {}).items() if path != row[1])
    return Outline._make((*row, tuple(others)))


def _stored_file(rows: Sequence[Sequence[Any]]) -> StoredFile | None:
    return StoredFile(*rows[0]) if rows else None


def _inode(path: Path) -> Inode:
    try:
        return inode_of(path)
    except OSError as error:
        raise DamagedError(
            f"{path} cannot be found any more: {error.strerror}; run: assistant doctor"
        ) from error
