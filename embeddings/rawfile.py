"""The bytes of a file that SQLite has open, hashed without harm.

POSIX drops all of a process's locks on a file when the process closes any descriptor of it
(https://www.sqlite.org/howtocorrupt.html, section 2.2), SQLite's among them. So the descriptor
used here is kept until nothing in this process has the file open any more.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Hashing", "Inode", "inode_of", "release", "retain", "unreadable"]

Inode = tuple[int, int]
BLOCK_BYTES = 1 << 20


@dataclass(slots=True)
class _Shared:
    users: int = 0
    descriptor: int | None = None


_files: dict[Inode, _Shared] = {}
_lock = threading.Lock()


def inode_of(path: Path) -> Inode:
    """Device and inode: which file it is that now has this name; raises `OSError`."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def retain(inode: Inode) -> None:
    """Say that a connection to this file was opened."""
    with _lock:
        _files.setdefault(inode, _Shared()).users += 1


def release(inode: Inode) -> None:
    """Say that the connection was closed."""
    with _lock:
        shared = _files[inode]
        shared.users -= 1
        if not shared.users:
            del _files[inode]
            if shared.descriptor is not None:
                os.close(shared.descriptor)


class Hashing:
    """The XXH3-128 of a file that was retained, as far as it was read."""

    def __init__(self, path: Path) -> None:
        import xxhash

        with _lock:
            shared = _files[inode_of(path)]
            if shared.descriptor is None:
                shared.descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            self._descriptor = shared.descriptor
        self._digest = xxhash.xxh3_128()
        self._place = 0

    def read(self, most: int | None = None) -> bool:
        """Read on, some `most` bytes or, with None, all; False at the end. Raises `OSError`."""
        end = None if most is None else self._place + most
        while end is None or self._place < end:
            block = os.pread(self._descriptor, BLOCK_BYTES, self._place)
            if not block:
                return False
            self._digest.update(block)
            self._place += len(block)
        return True

    def digest(self) -> str:
        """Of what was read, in hex."""
        return str(self._digest.hexdigest())


def unreadable(path: Path) -> str | None:
    """Why the system does not give the bytes of a file, or None: a bad disk is no damaged file."""
    try:
        inode = inode_of(path)
    except OSError as error:
        return error.strerror
    retain(inode)
    try:
        Hashing(path).read()
    except OSError as error:
        return error.strerror
    finally:
        release(inode)
    return None
