"""Rows → a question file, which is only written once the loader takes it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.durable import write_durably
from embeddings.errors import AssistantError
from eval.questions import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["OutputError", "lines_of", "write_files", "write_questions"]


class OutputError(AssistantError):
    """A file cannot be written, or would be overwritten."""


def lines_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_questions(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write a new question file; raises `QuestionFileError` for what the loader does not take."""
    text = lines_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / path.name
        trial.write_text(text, encoding="utf-8")
        load([trial])
    write_files({path.name: text}, path.parent)


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write new files, by their names below the folder; raises `OutputError`, then writes none."""
    for name in files:
        if (folder / name).exists():
            raise OutputError(f"{folder / name} is there already; name another place with --out")
    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, text.encode())
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}; try --out") from error
