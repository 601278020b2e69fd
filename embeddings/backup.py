"""A corpus as one file, to keep elsewhere and to put back."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.connection import connect, translated
from embeddings.corpus import FILE, Corpus
from embeddings.durable import (
    BLOCK_BYTES,
    TEMPORARY,
    make_folder,
    sync_folder,
    unwritable,
    workspace,
)
from embeddings.errors import CorpusError, DamagedError, ReadError
from embeddings.index import publish_index
from embeddings.indexing import Progress
from embeddings.locks import INDEXES_LOCK, INDEXING_LOCK, held
from embeddings.recovery import damage_of, set_aside
from embeddings.sealing import SEAL, read_seal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["export_corpus", "import_corpus"]

PAGES_AT_ONCE = 4096


def export_corpus(
    corpus: Corpus, path: Path, progress: Callable[[Progress], None] | None = None
) -> int:
    """Write a verified copy of the corpus to a new file, whole or not at all; how many articles.

    Others may go on reading; who writes waits while it is copied. Raises `CorpusError` when the
    file is there already or cannot be written.
    """
    if path.exists():
        raise _taken(path)

    def tell(status: int, remaining: int, total: int) -> None:
        if progress:
            progress(Progress("copying the corpus", total - remaining, total))

    temporary = _beside(path)
    try:
        with translated(temporary):
            source, copy = connect(corpus.path), sqlite3.connect(temporary)
            try:
                # SQLite would begin again after every change: changes wait until it is copied.
                source.execute("BEGIN")
                source.execute("SELECT * FROM state").fetchone()
                source.backup(copy, pages=PAGES_AT_ONCE, progress=tell)
                # Derived indexes are not in the backup, and are made anew from it.
                copy.execute("PRAGMA secure_delete = ON")
                copy.execute("DELETE FROM derived")
                copy.commit()
            finally:
                source.close()
                copy.close()
        problem = damage_of(temporary)
        if problem:
            raise DamagedError(f"{problem.replace(str(temporary), str(corpus.path))}; "
                               "run: assistant doctor")  # fmt: skip
        articles = _articles_in(temporary)
        if path.exists():  # by now: copying takes a while
            raise _taken(path)
        _into_place(temporary, path)
        return articles
    finally:
        temporary.unlink(missing_ok=True)


def import_corpus(
    path: Path, folder: Path, progress: Callable[[Progress], None] | None = None
) -> int:
    """Put a backup in place as the corpus in `folder`; the number of its articles.

    An earlier corpus there is kept as `corpus.replaced-1.sqlite`; what was removed from it stays
    out. Raises `ReadError` when the file is no backup, `CorpusError` when the folder cannot be
    written.
    """
    if not path.is_file():
        raise ReadError(f"there is no file {path}; name one that `assistant export` wrote")
    make_folder(folder)
    tell = progress or (lambda _: None)
    waiting = Progress("waiting for another process that is indexing", 0)
    with held(folder / INDEXING_LOCK, lambda: tell(waiting)):
        # With the lock of the indexes nobody sweeps away what is not finished.
        with held(folder / INDEXES_LOCK), workspace(folder) as unfinished:
            tell(Progress("copying and verifying the backup", 0))
            _copy(path, unfinished / FILE)
            articles = _articles_in(unfinished / FILE)
            _follow(folder, unfinished, path)
            set_aside(folder / FILE, "replaced")
            (folder / SEAL).unlink(missing_ok=True)
            _into_place(unfinished / FILE, folder / FILE)
        corpus = Corpus(folder)
        try:
            publish_index(corpus)
        finally:
            corpus.close()
    return articles


def _copy(path: Path, copy: Path) -> None:
    """A verified copy of a backup."""
    try:
        source = path.open("rb")
    except OSError as error:
        raise ReadError(f"cannot read {path}: {error.strerror}; make it readable") from error
    try:
        with source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, BLOCK_BYTES)
    except OSError as error:
        raise unwritable(copy.parent.parent, error) from error
    problem = damage_of(copy)
    if problem:
        raise ReadError(
            f"{path} is damaged, or no backup: {problem.removeprefix(f'{copy}: ')}; use another"
        )


def _follow(folder: Path, unfinished: Path, path: Path) -> None:
    """Have the copy in `unfinished` go on from the corpus in `folder`, before it takes its place.

    What was taken out stays out, and no index or process takes the one corpus for the other.
    """
    removed: dict[str, str] = {}
    generation, numbers = 0, {}
    if (folder / FILE).exists():
        with contextlib.suppress(DamagedError), contextlib.closing(Corpus(folder)) as earlier:
            generation, numbers = earlier.generation(), earlier.numbers()
            removed = earlier.removed()
    with contextlib.suppress(DamagedError):
        known = read_seal(folder)
        if known:
            removed |= known.removed
            generation = max(generation, known.generation)
    try:
        copy = Corpus(unfinished)
    except CorpusError as error:  # of another version's format
        raise ReadError(str(error).replace(str(unfinished / FILE), str(path))) from error
    with contextlib.closing(copy):
        copy.keep_out(removed)
        copy.go_on_from(generation, numbers)


def _articles_in(path: Path) -> int:
    db = connect(path)
    try:
        return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])
    finally:
        db.close()


def _taken(path: Path) -> CorpusError:
    return CorpusError(f"{path} is there already; name another file")


def _beside(path: Path) -> Path:
    try:
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    except OSError as error:
        raise unwritable(path.parent, error) from error
    os.close(descriptor)
    return Path(name)


def _into_place(temporary: Path, path: Path) -> None:
    try:
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path.parent, error) from error
