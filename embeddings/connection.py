"""How a corpus file is opened and read, and what SQLite's errors mean."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from embeddings.errors import CorpusError, DamagedError
from embeddings.rawfile import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BUSY_SECONDS", "connect", "one_state", "translated", "unusable"]

BUSY_SECONDS = 60.0
"""How long whoever is refused, because another writes, tries again."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a corpus file. What is deleted is overwritten, and a commit is on disk."""
    with translated(path):
        db = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            # EXTRA: a commit counts once the removal of its journal is on disk, too. No WAL: SQLite
            # before 3.51.3 can corrupt one that several processes write.
            for pragma in ("synchronous = EXTRA", "foreign_keys = ON", "secure_delete = ON"):
                db.execute(f"PRAGMA {pragma}")
        except BaseException:
            db.close()
            raise
        return db


@contextlib.contextmanager
def one_state(db: sqlite3.Connection) -> Iterator[None]:
    """One state of the file for all that is read in the body."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours: `CorpusError` for what the system refused, else `DamagedError`."""
    try:
        yield
    except (sqlite3.DatabaseError, sqlite3.InterfaceError, UnicodeDecodeError) as error:
        # The system's own reason is in the name: SQLITE_IOERR_FSYNC.
        name = getattr(error, "sqlite_errorname", "")
        reason = f"{error} ({name})" if name else str(error)
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _REFUSED:
            raise unusable(path.parent, reason) from error
        # SQLite calls it damage, too, when the disk does not give a page.
        cause = unreadable(path) if path.exists() else None
        if cause:
            raise unusable(path.parent, f"{path} cannot be read: {cause}") from error
        raise DamagedError(
            f"{path} is damaged, or could not be read ({reason}); run: assistant doctor"
        ) from error


_REFUSED = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH,
}  # fmt: skip


def unusable(folder: Path, reason: str) -> CorpusError:
    """The error that says why the data folder cannot be used, and what to do."""
    return CorpusError(
        f"cannot use the data folder {folder}: {reason}; make room or make it writable, "
        "or choose another (--data-dir or FOOTNOTE_DATA_DIR)"
    )
