"""Waits for changes below the articles' folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

__all__ = ["changes"]

QUIET_MILLISECONDS = 400
"""A change counts once nothing more has happened for so long: whoever writes is done."""
LONGEST_MILLISECONDS = 5_000
"""Where something happens all the time, it counts after so long."""
LOOK_MILLISECONDS = 1_000
"""How often it is seen whether the folders are still those that are watched."""
POLL_SECONDS = 10.0
"""How often the files are looked at where the system does not tell of changes."""


def changes(
    folders: Sequence[Path], stop: threading.Event, apart: Path | None = None
) -> Iterator[None]:
    """One item at first, and one each time something below the folders has changed, until `stop`.

    What changes while an item is being dealt with gives another one. The system tells of
    changes; where it does not, the folders are looked through again and again. A folder that is
    gone is waited for, and one that has taken its name is watched in its place. What happens below
    the folder `apart`, or behind a link, is no change: no article is there.
    """
    look = _told
    while not stop.is_set():
        watched, begun = _identities(folders), False
        try:
            for changed in look(folders, stop, apart):
                if changed or not begun:
                    begun = True
                    yield
                if _identities(folders) != watched:
                    break
        except FileNotFoundError:
            stop.wait(LOOK_MILLISECONDS / 1000)
        except (OSError, RuntimeError):
            # There are more folders than the system watches, or one that nobody may look into.
            if look is _seen:
                raise
            look = _seen


def _told(folders: Sequence[Path], stop: threading.Event, apart: Path | None) -> Iterator[bool]:
    """Whether something has changed, as the system tells; false from time to time, if nothing."""
    from watchfiles import watch

    for found in watch(
        *folders,
        watch_filter=lambda _, path: _counts(Path(path), folders, apart),
        debounce=LONGEST_MILLISECONDS,
        step=QUIET_MILLISECONDS,
        stop_event=stop,
        rust_timeout=LOOK_MILLISECONDS,
        yield_on_timeout=True,
        raise_interrupt=False,
        recursive=True,
    ):
        yield bool(found)


def _seen(folders: Sequence[Path], stop: threading.Event, apart: Path | None) -> Iterator[bool]:
    """The same, as the files' times and sizes show it."""
    before = _state(folders, apart)
    yield False
    while not stop.wait(POLL_SECONDS):
        now = _state(folders, apart)
        yield now != before
        before = now


def _state(folders: Sequence[Path], apart: Path | None) -> int:
    """A hash of what is below the folders: names, times and sizes."""
    found = []
    for folder in folders:
        for path, below, files in os.walk(folder):  # does not follow links
            below[:] = [name for name in below if Path(path, name) != apart]
            for name in files:
                try:
                    file = os.stat(os.path.join(path, name), follow_symlinks=False)
                except OSError:
                    continue  # it has just gone
                found.append((path, name, file.st_mtime_ns, file.st_ctime_ns, file.st_size))
    return hash(tuple(sorted(found)))


def _counts(path: Path, folders: Sequence[Path], apart: Path | None) -> bool:
    """Whether what has changed may be an article's file."""
    for parent in path.parents:
        if parent in folders:
            return True
        if parent == apart or parent.is_symlink():
            return False
    return True


def _identities(folders: Sequence[Path]) -> list[tuple[int, int] | None]:
    """Which folders have these names now; None for one that is not there."""
    return [_identity(folder) for folder in folders]


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino
