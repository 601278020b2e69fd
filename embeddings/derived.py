"""How derived files are written: complete and on disk before anything names them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from embeddings.errors import CorpusError

__all__ = ["folder_sha256", "publish_folder", "remove_others", "write_durably"]


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves either all of it or none: data, fsync, rename, fsync."""
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise CorpusError(f"cannot write {path}: {error.strerror}; free space and retry") from error


def publish_folder(temporary: Path, path: Path) -> None:
    """Move a finished folder into place, its files on disk first."""
    try:
        for file in temporary.iterdir():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
        _sync_folder(temporary)
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise CorpusError(f"cannot write {path}: {error.strerror}; free space and retry") from error


def folder_sha256(folder: Path) -> str:
    """Hex SHA-256 over the names and bytes of a folder's files, lock files left out."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.suffix != ".lock":
            digest.update(file.name.encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def remove_others(folder: Path, pattern: str, keep: str) -> None:
    """Delete earlier generations. One still in use elsewhere stays readable until closed."""
    for path in folder.glob(pattern):
        if path.name == keep:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
