"""Waits for changes below the articles' folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["changes"]

QUIET_MILLISECONDS = 400
"""A change counts once nothing more has happened for so long: whoever writes is done."""
LONGEST_MILLISECONDS = 5_000
"""Where something happens all the time, it counts after so long."""


def changes(folders: Sequence[Path], stop: threading.Event) -> Iterator[None]:
    """One item each time something below the folders has changed, until `stop` is set.

    What changes while the item is being dealt with gives another one. The system tells of
    changes; where it does not, the folders are looked through again and again.
    """
    from watchfiles import watch

    for _ in watch(
        *folders,
        watch_filter=lambda change, path: True,
        debounce=LONGEST_MILLISECONDS,
        step=QUIET_MILLISECONDS,
        stop_event=stop,
        raise_interrupt=False,
        recursive=True,
    ):
        yield
