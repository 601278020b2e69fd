"""What a search engine cannot tell: in how many passages a word stands, and how words are spelt.

One SQLite file of a generation, derived from the corpus, written once and checksummed, like the
embedded indexes. It also remembers which articles the engine holds, so that the next generation
is made from what has changed, not from everything.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import zlib
from collections import Counter
from typing import TYPE_CHECKING

from embeddings.durable import checksum_of_file
from embeddings.lexical import spellings_in, stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from embeddings.records import Passage

__all__ = ["Vocabulary", "VocabularyWriter", "tokens_of"]

_SCHEMA = (
    "CREATE TABLE held (uri TEXT NOT NULL, passages INTEGER NOT NULL)",
    "CREATE TABLE articles (key INTEGER PRIMARY KEY, words BLOB NOT NULL)",
    "CREATE TABLE tokens (token TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE spellings (word TEXT PRIMARY KEY, articles INTEGER NOT NULL) WITHOUT ROWID",
)


def tokens_of(passage: Passage) -> list[str]:
    """The words of a passage, each with the first letter of its field.

    The stems of its body, `b`, and of its title, `t`, and once each word of both as written, `w`.
    """
    body, title = stems(passage.text), stems(passage.title or "")
    words = spellings_in(f"{passage.title or ''}\n{passage.text}")
    stemmed = [*(f"b{stem}" for stem in body), *(f"t{stem}" for stem in title)]
    return [*stemmed, *(f"w{word}" for word in words)]


class Vocabulary:
    """The words of one generation of a corpus. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        # Immutable: the file is never written again, so SQLite need not look for a lock.
        self._db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self.uri, self.passages = self._db.execute("SELECT uri, passages FROM held").fetchone()
        """Which engine holds the passages, and how many."""

    @classmethod
    def load(cls, path: Path, checksum: str) -> Vocabulary | None:
        """The vocabulary in a file, or None when it is not what was written; raises `OSError`."""
        return cls(path) if checksum_of_file(path) == checksum else None

    def count(self, token: str) -> int:
        """Number of passages that hold the token."""
        row = self._db.execute("SELECT passages FROM tokens WHERE token = ?", (token,)).fetchone()
        return int(row[0]) if row else 0

    def spellings(self, start: str) -> list[str]:
        """The words that begin with a letter."""
        rows = self._db.execute(
            "SELECT word FROM spellings WHERE word >= ? AND word < ?", (start, f"{start}\U0010ffff")
        )
        return [str(word) for (word,) in rows]


class VocabularyWriter:
    """Makes the vocabulary of a generation in a new file, from an earlier one or from nothing."""

    def __init__(self, path: Path, earlier: Path | None) -> None:
        if earlier is not None:
            shutil.copyfile(earlier, path)
        self._db = sqlite3.connect(path, isolation_level=None)
        # Nobody reads the file before it is finished: a crash leaves one that is swept away.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "secure_delete = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        if earlier is None:
            for statement in _SCHEMA:
                self._db.execute(statement)
            self._db.execute("INSERT INTO held VALUES ('', 0)")

    def keys(self) -> set[int]:
        """Keys of the articles that are in it."""
        return {int(key) for (key,) in self._db.execute("SELECT key FROM articles")}

    def numbers(self) -> Iterator[int]:
        """Numbers of all passages that are in it."""
        for (words,) in self._db.execute("SELECT words FROM articles"):
            yield from _unpacked(words)[0]

    @property
    def passages(self) -> int:
        """How many these are."""
        return int(self._db.execute("SELECT passages FROM held").fetchone()[0])

    def add(self, key: int, passages: Sequence[tuple[int, Passage]]) -> None:
        """Take in an article: its passages and their numbers."""
        tokens: Counter[str] = Counter()
        spellings: dict[str, None] = {}
        for _, passage in passages:
            tokens.update(set(tokens_of(passage)))
            spellings |= dict.fromkeys(spellings_in(f"{passage.title or ''}\n{passage.text}"))
        packed = _packed([number for number, _ in passages], tokens, list(spellings))
        self._db.execute("INSERT INTO articles VALUES (?, ?)", (key, packed))
        self._count(len(passages), tokens, dict.fromkeys(spellings, 1))

    def remove(self, key: int) -> list[int]:
        """Take out an article; the numbers its passages had."""
        row = self._db.execute("SELECT words FROM articles WHERE key = ?", (key,)).fetchone()
        numbers, tokens, spellings = _unpacked(row[0])
        self._db.execute("DELETE FROM articles WHERE key = ?", (key,))
        less = {token: -count for token, count in tokens.items()}
        self._count(-len(numbers), less, dict.fromkeys(spellings, -1))
        return numbers

    def _count(self, passages: int, tokens: dict[str, int], spellings: dict[str, int]) -> None:
        self._db.execute("UPDATE held SET passages = passages + ?", (passages,))
        for table, word, counts in (
            ("tokens", "passages", tokens),
            ("spellings", "articles", spellings),
        ):
            self._db.executemany(
                f"INSERT INTO {table} VALUES (?, ?) "
                f"ON CONFLICT DO UPDATE SET {word} = {word} + excluded.{word}",
                counts.items(),
            )
            gone = [(name,) for name, count in counts.items() if count < 0]
            column = "token" if table == "tokens" else "word"
            self._db.executemany(f"DELETE FROM {table} WHERE {column} = ? AND {word} <= 0", gone)

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Many changes at once are many times faster."""
        self._db.execute("BEGIN")
        yield
        self._db.execute("COMMIT")

    def finish(self, uri: str) -> None:
        """Close the file. It counts once it is published and recorded."""
        self._db.execute("UPDATE held SET uri = ?", (uri,))
        self._db.close()


def _packed(numbers: list[int], tokens: dict[str, int], spellings: list[str]) -> bytes:
    return zlib.compress(json.dumps([numbers, tokens, spellings]).encode())


def _unpacked(packed: bytes) -> tuple[list[int], dict[str, int], list[str]]:
    numbers, tokens, spellings = json.loads(zlib.decompress(packed))
    return numbers, tokens, spellings
