"""What `make sabotage` has found so far, so that a run that was cut off goes on where it was.

What is known holds for one program: the file is named by the SHA-256 of everything that a result
depends on, and another program finds none of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnxruntime
from filelock import FileLock

__all__ = ["Progress"]

ROOT = Path(__file__).resolve().parents[2]
DEPENDS_ON = ("assistant", "embeddings", "eval", "seeds", "tests/sabotage", "constraints.txt")
LEFT_OUT = {"__pycache__", "accepted", "chat", "corpora", "runs"}
"""Folders of which nothing is read while mutants of the default set are asked."""


class Progress:
    """Results by the name of what was run, in a JSON file that several processes write."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{_fingerprint()}.json"
        self._lock = FileLock(f"{self._path}.lock")

    def find(self, name: str) -> dict[str, Any] | None:
        """The result of that name, None when it is not known."""
        with self._lock:
            return self._known().get(name)

    def keep(self, name: str, result: dict[str, Any], seconds: float) -> None:
        """Keep a result, and how long it took."""
        with self._lock:
            known = {**self._known(), name: {**result, "seconds": round(seconds, 1)}}
            written = self._path.with_suffix(".new")
            written.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", "utf-8")
            written.replace(self._path)

    def write_figures(self, file: Path, questions: int) -> None:
        """All that is known, for `benchmarks/sabotage.py`."""
        with self._lock:
            content = json.dumps(self.figures(questions), ensure_ascii=False, indent=1)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content + "\n", "utf-8")

    def figures(self, questions: int) -> dict[str, Any]:
        """All that is known; mutants in the order of their numbers, runs in that of their names."""
        with self._lock:
            results = self._known().values()
        mutants = [one for one in results if "breaks" in one]
        return {
            "mutants": sorted(mutants, key=lambda one: int(one["number"])),
            "same": sorted((one["same"] for one in results if "same" in one), reverse=True),
            "questions": questions,
            "seconds": round(sum(one["seconds"] for one in results)),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        }

    def _known(self) -> dict[str, dict[str, Any]]:
        if not self._path.is_file():
            return {}
        known: dict[str, dict[str, Any]] = json.loads(self._path.read_text("utf-8"))
        return known


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{onnxruntime.__version__} {platform.python_version()}".encode())
    for path in _files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files() -> Iterator[Path]:
    for name in DEPENDS_ON:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not LEFT_OUT & set(path.relative_to(ROOT).parts):
                yield path
