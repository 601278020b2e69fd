"""What the two models say, kept by what they were given, so that a mutant costs seconds.

Reading is the cost of a run: about four tenths of a second a question. What is kept is the output
of one call of an ONNX session, under the SHA-256 of the model's own bytes, the version of ONNX
Runtime, and the name, type, shape and bytes of every input. Nothing of the product lies below
that, so no mutant is hidden: one that changes what a model is given is read anew, and one that
changes what becomes of its output changes it still.

Run as a program it is `python -m eval` in a process of its own, with what is kept in a file, or on
another number of threads:

    PYTHONPATH=. python tests/sabotage/memory.py [--memory FILE] [--threads N] -- ARGUMENTS
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Memory", "Remembering", "remembered"]

Arrays = list[NDArray[Any]]


class Memory:
    """Outputs by key, in a SQLite file that other processes use at the same time."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, timeout=60)
        self._lock = Lock()
        self._db.execute("PRAGMA journal_mode = WAL")  # who reads does not wait for who writes
        with self._db:
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS outputs (key BLOB PRIMARY KEY, arrays BLOB)"
            )
        self._known: dict[bytes, Arrays] = {}

    def find(self, key: bytes) -> Arrays | None:
        """Copies of the arrays that are kept under the key."""
        if key not in self._known:
            with self._lock:
                row = self._db.execute("SELECT arrays FROM outputs WHERE key = ?", (key,))
                found = row.fetchone()
            if found is None:
                return None
            self._known[key] = _arrays(found[0])
        return [array.copy() for array in self._known[key]]

    def keep(self, key: bytes, arrays: Arrays) -> None:
        """Keep copies of the arrays, in the file too."""
        self._known[key] = [array.copy() for array in arrays]
        with self._lock, self._db:
            self._db.execute("INSERT OR IGNORE INTO outputs VALUES (?, ?)", (key, _bytes(arrays)))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Remembering:
    """An ONNX session that runs only what it has not run before."""

    def __init__(self, session: Any, model: str | bytes, memory: Memory) -> None:
        import onnxruntime

        content = Path(model).read_bytes() if isinstance(model, str) else model
        self._name = hashlib.sha256(onnxruntime.__version__.encode() + content).digest()
        self._session = session
        self._memory = memory

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[Any]]) -> Arrays:
        """As `onnxruntime.InferenceSession.run`."""
        digest = hashlib.sha256(self._name)
        digest.update(repr(outputs).encode())
        for name, array in sorted(feed.items()):
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        key = digest.digest()
        found = self._memory.find(key)
        if found is None:
            found = [np.asarray(array) for array in self._session.run(outputs, feed)]
            self._memory.keep(key, found)
        return found


@contextmanager
def remembered(path: Path) -> Iterator[None]:
    """Both models run only what they have not run before, for as long as this lasts."""
    memory = Memory(path)
    with _opening(lambda real, model, threads: Remembering(real(model, threads), model, memory)):
        yield
    memory.close()


def _on_threads(count: int) -> AbstractContextManager[None]:
    """Both models on so many threads, whatever the settings say."""
    return _opening(lambda real, model, _: real(model, count))


@contextmanager
def _opening(opened: Callable[..., Any]) -> Iterator[None]:
    """Sessions are what `opened` makes of the real function and its arguments."""
    from assistant.reading import reader
    from embeddings import onnx_session

    real = onnx_session.open_session

    def open_session(model: str | bytes, threads: int | None = None) -> Any:
        return opened(real, model, threads)

    onnx_session.open_session = open_session
    reader._loaded.cache_clear()
    try:
        yield
    finally:
        onnx_session.open_session = real
        reader._loaded.cache_clear()


def main() -> None:
    """Run the evaluation; its exit code is this process's."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--memory", type=Path)
    parser.add_argument("--threads", type=int)
    parser.add_argument("rest", nargs="*")
    given = parser.parse_args()
    with (
        _on_threads(given.threads) if given.threads else nullcontext(),
        remembered(given.memory) if given.memory else nullcontext(),
    ):
        from eval.__main__ import app

        app(given.rest, prog_name="python -m eval")


def _bytes(arrays: Arrays) -> bytes:
    with closing(io.BytesIO()) as file:
        np.savez(file, *arrays)
        return file.getvalue()


def _arrays(content: bytes) -> Arrays:
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        return [saved[name] for name in saved.files]


if __name__ == "__main__":
    main()
