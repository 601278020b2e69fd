"""Locks between processes. The kernel lets go of them when their holder dies, however it dies."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from embeddings.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from filelock import BaseFileLock

__all__ = ["INDEXES_LOCK", "INDEXING_LOCK", "MERGING_LOCK", "held", "is_held"]

INDEXING_LOCK = "indexing.lock"
"""Held in a corpus's folder while its articles are brought up to date, or repaired."""
INDEXES_LOCK = "indexes.lock"
"""Held there while the derived indexes and the seal are written."""
MERGING_LOCK = "merging.lock"
"""Held there while a large corpus's next indexes are built beside those in use.

Whoever holds it may ask for the lock of the indexes; nobody waits for it who holds that one.
"""
POLL_SECONDS = 0.05
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextlib.contextmanager
def held(
    path: Path, waiting: Callable[[], None] | None = None, seconds: float = -1
) -> Iterator[bool]:
    """Hold the lock file `path` while the body runs; False where the folder is read-only.

    `waiting` is called once when another holds it. Waits for `seconds`, forever when negative.
    Raises `CorpusError` when the time is up, or the lock cannot be had.
    """
    with _translated(path):
        lock = _lock(path)
        writable = _acquired(lock, waiting, seconds)
    try:
        yield writable
    finally:
        if writable:
            lock.release()


def is_held(path: Path) -> bool:
    """Whether some process holds the lock file `path` just now; raises `CorpusError`."""
    from filelock import Timeout

    with _translated(path):
        if not path.exists():
            return False
        lock = _lock(path)
        try:
            if _acquired(lock, None, 0):
                lock.release()
        except Timeout:
            return True
        return False


def _lock(path: Path) -> BaseFileLock:
    from filelock import FileLock

    # A soft lock would outlive a killed holder.
    return FileLock(path, fallback_to_soft=False, thread_local=False)


def _acquired(lock: BaseFileLock, waiting: Callable[[], None] | None, seconds: float) -> bool:
    """False where nobody can write, so that there are no writers to keep apart."""
    from filelock import Timeout

    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if waiting:
                waiting()
            if not seconds:
                raise
            lock.acquire(timeout=seconds, poll_interval=POLL_SECONDS)
    except OSError as error:
        if error.errno in READ_ONLY:
            return False
        raise
    return True


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # a Timeout is one, too
        reason = error.strerror or "another process has been writing there for long"
        raise CorpusError(f"cannot lock {path}: {reason}; try again later") from error
