"""Locks between processes. The kernel lets go of them when their holder dies, however it dies."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from embeddings.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["held", "is_held"]

POLL_SECONDS = 0.05


@contextlib.contextmanager
def held(
    path: Path, waiting: Callable[[], None] | None = None, seconds: float = -1
) -> Iterator[bool]:
    """Hold the lock file `path` while the body runs; False where the folder cannot be written.

    `waiting` is called once when another holds it. Waits for `seconds`, forever when negative.
    Raises `CorpusError` when the time is up.
    """
    from filelock import FileLock, Timeout

    # A soft lock would outlive a killed holder.
    lock = FileLock(path, fallback_to_soft=False, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if waiting:
            waiting()
        try:
            lock.acquire(timeout=seconds, poll_interval=POLL_SECONDS)
        except Timeout:
            raise CorpusError(
                f"another process has been writing to {path.parent} for {seconds:.0f} s; "
                "wait for it to finish, then try again"
            ) from None
    except OSError:
        # A folder that cannot be written has no writers to keep apart; a write will say so.
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether some process holds the lock file `path` just now."""
    from filelock import FileLock, Timeout

    if not path.exists():
        return False
    lock = FileLock(path, fallback_to_soft=False, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
