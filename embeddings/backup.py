"""A corpus as one file, to keep elsewhere and to put back."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.corpus import FILE, Corpus, connect, translated
from embeddings.durable import TEMPORARY, make_folder, sync_folder, unwritable
from embeddings.errors import CorpusError, DamagedError, ReadError
from embeddings.index import publish_index
from embeddings.indexing import Progress
from embeddings.locks import INDEXING_LOCK, held
from embeddings.recovery import damage_of
from embeddings.sealing import SEAL, read_seal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["export_corpus", "import_corpus"]

PAGES_AT_ONCE = 4096


def export_corpus(
    corpus: Corpus, path: Path, progress: Callable[[Progress], None] | None = None
) -> int:
    """Write a verified copy of the corpus to a new file, whole or not at all; how many articles.

    Others may go on reading and writing. Raises `CorpusError` when the file is there already or
    cannot be written.
    """
    if path.exists():
        raise CorpusError(f"{path} is there already; name another file")

    def tell(status: int, remaining: int, total: int) -> None:
        if progress:
            progress(Progress("copying the corpus", total - remaining, total))

    temporary = _beside(path)
    try:
        with translated(temporary):
            source, copy = connect(corpus.path), sqlite3.connect(temporary)
            try:
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
        _into_place(temporary, path)
        return articles
    finally:
        temporary.unlink(missing_ok=True)


def import_corpus(
    path: Path, folder: Path, progress: Callable[[Progress], None] | None = None
) -> int:
    """Put a backup in place as the corpus in `folder`; the number of its articles.

    An earlier corpus there is kept as `corpus.replaced-1.sqlite`; what was removed from it stays
    out. Raises `ReadError` when the
    file is no backup, `CorpusError` when the folder cannot be written.
    """
    if not path.is_file():
        raise ReadError(f"there is no file {path}; name one that `assistant export` wrote")
    make_folder(folder)
    temporary = _beside(folder / FILE)
    try:
        if progress:
            progress(Progress("copying and verifying the backup", 0))
        try:
            shutil.copyfile(path, temporary)
        except OSError as error:
            raise unwritable(folder, error) from error
        problem = damage_of(temporary)
        if problem:
            raise ReadError(
                f"{path} is damaged, or no backup: {problem.replace(str(temporary), path.name)}; "
                "use another"
            )
        articles = _articles_in(temporary)
        with held(folder / INDEXING_LOCK):
            removed = _keep_earlier(folder)
            _into_place(temporary, folder / FILE)
            corpus = Corpus(folder)
            try:
                corpus.keep_out(removed)
                publish_index(corpus)
            finally:
                corpus.close()
        return articles
    finally:
        temporary.unlink(missing_ok=True)


def _keep_earlier(folder: Path) -> dict[str, str]:
    """Give the corpus that is there another name; what the user took out of it."""
    earlier = folder / FILE
    removed: dict[str, str] = {}
    if earlier.exists():
        with contextlib.suppress(DamagedError):
            corpus = Corpus(folder)
            removed = corpus.removed()
            corpus.close()
        number = 1
        while (kept := folder / f"corpus.replaced-{number}.sqlite").exists():
            number += 1
        try:
            os.link(earlier, kept)
        except OSError:
            shutil.copyfile(earlier, kept)
    with contextlib.suppress(DamagedError):
        known = read_seal(folder)
        removed |= known.removed if known else {}
    (folder / SEAL).unlink(missing_ok=True)
    return removed


def _articles_in(path: Path) -> int:
    db = connect(path)
    try:
        return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])
    finally:
        db.close()


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
