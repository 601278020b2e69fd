"""Rows → a question file, which is only written once the loader takes it."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

from embeddings.durable import write_durably
from embeddings.errors import AssistantError
from eval.questions import load_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["OutputError", "check_new", "lines_of", "put", "write_files", "write_questions"]


class OutputError(AssistantError):
    """A file cannot be written, or would be overwritten."""


def lines_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_questions(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write a new question file; raises `QuestionFileError` for what the loader does not take."""
    text = lines_of(rows)
    load_text(text, path)
    write_files({path: text})


def check_new(paths: Iterable[Path]) -> None:
    """Raises `OutputError` where one of them is there already."""
    for path in paths:
        if path.exists():
            raise OutputError(f"{path} is there already; name another place")


def write_files(files: Mapping[Path, str]) -> None:
    """Write new files; raises `OutputError`, and writes none where one is there already."""
    check_new(files)
    for path, text in files.items():
        put(path, text)


def put(path: Path, text: str) -> None:
    """Write a file, all of it or nothing, in place of what was there; raises `AssistantError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = _mode(path)
        write_durably(path, text.encode())
        path.chmod(mode)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}; try --out") from error


def _mode(path: Path) -> int:
    """The rights that the file has, or a new one gets; what is written durably is the owner's."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
