"""Opens a corpus only when every bit of it is as it was written; repairs it where it is not.

What is damaged is told, and kept aside, never deleted: the damaged file stays beside the new one
as `corpus.damaged-1.sqlite`. The new one holds every article whose rows are all intact; the
others are named, and read again from their files by the next indexing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.connection import BUSY_SECONDS, connect
from embeddings.corpus import FILE, Corpus
from embeddings.durable import TEMPORARY, sync_folder
from embeddings.errors import CorpusError, DamagedError
from embeddings.locks import INDEXES_LOCK, INDEXING_LOCK, held
from embeddings.rawfile import unreadable
from embeddings.schema import SCHEMA_VERSION, TABLES, checksum, create
from embeddings.sealing import SEAL, Seal, read_seal, seal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["damage_of", "open_sound", "set_aside"]

PATIENCE_SECONDS = 120.0
MOST_NAMED = 20

NUMBERS_SKIPPED = 1_000_000
_NUMBERS = "SELECT name, seq FROM sqlite_sequence"
_BINARY = {"passages": 5}  # the column of a table that holds bytes, not text

UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError, TypeError, ValueError)
"""What reading a damaged file may raise: a flipped bit can make a number of anything."""

Row = tuple[Any, ...]


@dataclass(slots=True)
class _Salvage:
    """Which rows of a damaged corpus are worth keeping, and the names of what is lost."""

    whole: set[object] = field(default_factory=set)
    """Keys of the articles of which every part is intact."""
    generation: int = 0
    revision: int = 0
    build: int | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    """The highest number each table has given."""
    removed: dict[str, str] = field(default_factory=dict)
    removed_is_whole: bool = False
    lost: list[str] = field(default_factory=list)

    def keeps(self, table: str, row: Row) -> bool:
        """Whether an intact row belongs into the repaired corpus."""
        if table == "articles":
            return row[0] in self.whole
        if table == "files":
            return row[6] is None or row[6] in self.whole
        if table == "builds":
            return bool(row[0] == self.build)
        if table == "splits":
            return row[0] in self.whole and bool(row[1] == self.build)
        if table == "passages":
            return row[1] in self.whole and bool(row[2] == self.build)
        return table == "former"  # derived indexes are made anew, removals are added together


def open_sound(folder: Path) -> tuple[Corpus, tuple[str, ...]]:
    """The corpus in `folder`, verified; and what was found damaged and what was done about it.

    Raises `CorpusError` when it cannot be opened or repaired.
    """
    try:
        return _sound(folder)
    except DamagedError as error:
        problem = str(error)
    with held(folder / INDEXING_LOCK, seconds=PATIENCE_SECONDS):
        _check_readable(folder / FILE)
        return _repaired(folder, problem)


def _sound(folder: Path) -> tuple[Corpus, tuple[str, ...]]:
    """The corpus, and what was wrong with its seal; raises `DamagedError` where it is not sound."""
    if (folder / SEAL).exists() and not (folder / FILE).exists():  # it was there, then
        raise DamagedError(f"{folder / FILE} is missing")
    corpus = Corpus(folder)
    try:
        problem, notices = _verdict(corpus)
        if problem is not None:
            raise DamagedError(problem)
    except BaseException:
        corpus.close()
        raise
    return corpus, notices


def _check_readable(path: Path) -> None:
    """Raises `CorpusError` for a disk that does not give the file's bytes: that is no damage."""
    cause = unreadable(path) if path.exists() else None
    if cause:
        raise CorpusError(f"cannot read {path}: {cause}; see to the disk, then try again")


def _verdict(corpus: Corpus) -> tuple[str | None, tuple[str, ...]]:
    """What is wrong with the corpus file, or None; and what was wrong with its seal."""
    notices: tuple[str, ...] = ()
    try:
        found = read_seal(corpus.folder)
    except DamagedError as error:
        found, notices = None, (f"{error}; every row of the corpus was verified instead",)
    if found is None and not notices and corpus.generation():
        notices = (f"{corpus.folder / SEAL} was missing; every row of the corpus was verified",)
    now = corpus.stamp()
    if found is not None:
        if now.identity != found.identity:
            return f"{corpus.path} is that of another corpus", ()
        if now.revision < found.revision:
            return f"{corpus.path} is older than what was committed", ()
        if now.revision == found.revision:
            same = now.checksum == found.checksum
            return (None if same else f"{corpus.path} is not what was written"), ()
    problem = damage_of(corpus.path)
    if problem is None:
        _seal_again(corpus)
    return problem, notices


def _seal_again(corpus: Corpus) -> None:
    # Whoever is writing will seal when done; and a folder that cannot be written stays unsealed.
    with (
        contextlib.suppress(CorpusError),
        held(corpus.folder / INDEXES_LOCK, seconds=0) as writable,
    ):
        if writable:
            seal(corpus)


def damage_of(path: Path) -> str | None:
    """What is not as it was written in any row of a corpus file, or None. Reads all of it."""
    try:
        db = connect(path)
    except DamagedError as error:
        return f"{path}: {error.__cause__}"
    try:
        db.text_factory = bytes  # damaged text need not be UTF-8
        db.execute("BEGIN")
        found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != b"ok":
            return f"{path}: {found.decode('utf-8', 'replace')}"
        state = db.execute("SELECT * FROM state").fetchall()
        if len(state) != 1 or checksum(*state[0][:-1]) != state[0][-1]:
            return f"{path}: its state is not what was written"
        counts = dict(db.execute('SELECT name, "rows" FROM counts'))
        for table in TABLES:
            seen = 0
            for row in db.execute(f"SELECT * FROM {table}"):
                seen += 1
                if checksum(*row[:-1]) != row[-1]:
                    return f"{path}: a row of {table} is not what was written"
            if counts.get(table.encode()) != seen:
                return f"{path}: rows of {table} are missing"
    except UNREADABLE as error:
        return f"{path}: {error}"
    finally:
        db.close()
    return None


def _repaired(folder: Path, problem: str) -> tuple[Corpus, tuple[str, ...]]:
    """The corpus after a repair, made under the indexing lock."""
    with contextlib.suppress(DamagedError):
        return _sound(folder)  # another process has repaired it meanwhile
    known, seal_lost = _seal_if_intact(folder)
    salvage = _salvage(folder / FILE)
    if known:
        salvage.generation = max(salvage.generation, known.generation)
        salvage.revision = max(salvage.revision, known.revision)
        salvage.removed |= known.removed
    try:
        aside = _replace(folder, salvage)
    except (OSError, sqlite3.Error, CorpusError) as error:
        raise CorpusError(
            f"{problem}, and cannot be repaired: {error}; make room or make {folder} writable, "
            "then run: assistant doctor"
        ) from error
    corpus = Corpus(folder)
    try:
        corpus.keep_out(salvage.removed)
        _seal_again(corpus)
    except BaseException:
        corpus.close()
        raise
    return corpus, _notices(problem, salvage, aside, seal_lost=seal_lost)


def _seal_if_intact(folder: Path) -> tuple[Seal | None, bool]:
    try:
        return read_seal(folder), False
    except DamagedError:
        return None, True


def _notices(
    problem: str, salvage: _Salvage, aside: Path | None, *, seal_lost: bool
) -> tuple[str, ...]:
    told = [
        f"{problem}; it was repaired with the {len(salvage.whole)} articles that are intact"
        + (f", and the damaged file is kept as {aside.name}" if aside else "")
    ]
    if salvage.lost:
        named = ", ".join(salvage.lost[:MOST_NAMED])
        more = len(salvage.lost) - MOST_NAMED
        told.append(
            f"damaged, and read again from their files if they are still there: {named}"
            + (f" and {more} more" if more > 0 else "")
        )
    if seal_lost or not salvage.removed_is_whole:
        told.append(
            "it is not certain that all articles which you had taken out still are; "
            "see assistant list, and take out again what is back"
        )
    return tuple(told)


# Salvage


def _salvage(path: Path) -> _Salvage:
    """What of a damaged file is intact; nothing of one that is no corpus any more."""
    found = _Salvage()
    with _opened(path) as db:
        if db is None:
            return found
        with contextlib.suppress(*UNREADABLE):
            state = db.execute("SELECT * FROM state").fetchall()
            if len(state) == 1 and _intact(state[0]):
                _, found.generation, found.revision, found.build, _, _ = state[0]
        with contextlib.suppress(*UNREADABLE):
            for name, number in db.execute(_NUMBERS):
                if isinstance(number, int) and _text(name) in TABLES:
                    found.numbers[_text(name)] = number
        for row in filter(_intact, _readable(db, "removed")):
            found.removed[_text(row[0])] = _text(row[1])
        with contextlib.suppress(*UNREADABLE):
            (count,) = db.execute("SELECT \"rows\" FROM counts WHERE name = 'removed'").fetchone()
            found.removed_is_whole = count == len(found.removed)
        found.whole = _whole(db, found.build)
        found.lost = _lost(db, found)
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that reads whatever can be read; None for what cannot be opened at all."""
    if not path.exists():
        yield None
        return
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        db.text_factory = bytes  # damaged text need not be UTF-8
        version = 0
        with contextlib.suppress(*UNREADABLE):
            # With this SQLite reads those tables whose definitions are intact.
            db.execute("PRAGMA writable_schema = ON")
            version = db.execute("PRAGMA user_version").fetchone()[0]
        yield db if version == SCHEMA_VERSION else None
    finally:
        db.close()


def _intact(row: Row) -> bool:
    return bool(checksum(*row[:-1]) == row[-1])


def _readable(db: sqlite3.Connection, table: str) -> Iterator[Row]:
    """The rows of a table that can be read at all: from the front, then from the back."""
    seen: set[object] = set()
    for order in ("ASC", "DESC"):
        try:
            for row in db.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid {order}"):
                if row[0] in seen:
                    return
                seen.add(row[0])
                yield row[1:]
            return
        except UNREADABLE:
            continue


def _whole(db: sqlite3.Connection, build: int | None) -> set[object]:
    """Keys of the articles whose text, passages and file are all intact."""
    if build not in {row[0] for row in filter(_intact, _readable(db, "builds"))}:
        return set()
    splits = filter(_intact, _readable(db, "splits"))
    expected = {row[0]: row[2] for row in splits if row[1] == build}
    passages: dict[object, int] = {}
    for row in filter(_intact, _readable(db, "passages")):
        if row[2] == build:
            passages[row[1]] = passages.get(row[1], 0) + 1
    # By the file that it is called after: else that file could not get an article of its own.
    filed = {(row[6], row[0]) for row in filter(_intact, _readable(db, "files"))}
    return {
        row[0]
        for row in filter(_intact, _readable(db, "articles"))
        if row[:2] in filed and row[0] in expected and passages.get(row[0]) == expected[row[0]]
    }


def _lost(db: sqlite3.Connection, found: _Salvage) -> list[str]:
    """Names of the articles that do not make it into the repaired corpus."""
    named, kept = set(), set()
    for row in _readable(db, "files"):
        if row[6] is not None or not _intact(row):
            named.add(_text(row[0]))
            if _intact(row) and row[6] in found.whole:
                kept.add(_text(row[0]))
    for row in _readable(db, "articles"):
        (kept if row[0] in found.whole else named).add(_text(row[1]))
    return sorted(named - kept)


def _text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


# Replacement


def _replace(folder: Path, salvage: _Salvage) -> Path | None:
    """Put a corpus with the salvaged rows in place; where the damaged file is kept."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=TEMPORARY, suffix=".sqlite")
    os.close(descriptor)
    new, path = Path(name), folder / FILE
    try:
        db = connect(new)
        try:
            db.execute("BEGIN IMMEDIATE")
            create(db, secrets.token_hex(8), salvage.generation + 1, salvage.revision + 1)
            with _opened(path) as old:
                if old is not None:
                    _copy(old, db, salvage)
            for row in salvage.removed.items():
                db.execute("INSERT INTO removed VALUES (?, ?, ?)", (*row, checksum(*row)))
            db.execute("COMMIT")
        finally:
            db.close()
        aside = set_aside(path, "damaged")
        os.replace(new, path)
        sync_folder(folder)
        return aside
    finally:
        new.unlink(missing_ok=True)
        new.with_name(f"{new.name}-journal").unlink(missing_ok=True)


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, salvage: _Salvage) -> None:
    for table in TABLES:
        binary = _BINARY.get(table)
        for row in filter(_intact, _readable(old, table)):
            if not salvage.keeps(table, row):
                continue
            values = [
                _text(v) if isinstance(v, bytes) and place not in (binary, len(row) - 1) else v
                for place, v in enumerate(row)
            ]
            new.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", values)
    if salvage.build is not None and salvage.whole:
        state = list(new.execute("SELECT * FROM state").fetchone())
        state[3] = salvage.build
        new.execute("UPDATE state SET build = ?, checksum = ?", (state[3], checksum(*state[:-1])))
    # Numbers go on far above the highest there was: no old index may find a new passage.
    for name, number in salvage.numbers.items():
        new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        new.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (name, number + NUMBERS_SKIPPED))


def set_aside(path: Path, why: str) -> Path | None:
    """A second name for a corpus file, `corpus.WHY-1.sqlite`, before another takes its place.

    Its journal must not be played into that one.
    """
    journal = path.with_name(f"{path.name}-journal")
    if not path.exists():
        journal.unlink(missing_ok=True)
        return None
    number = 1
    while (aside := path.with_name(f"corpus.{why}-{number}.sqlite")).exists():
        number += 1
    if journal.exists():
        os.replace(journal, aside.with_name(f"{aside.name}-journal"))
    try:
        os.link(path, aside)
    except OSError:
        shutil.copyfile(path, aside)
    return aside
