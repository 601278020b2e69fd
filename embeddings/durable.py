"""How files are written: complete and on disk before anything names them, and sealed.

A sealed file is JSON that carries the SHA-256 of its own content, so that one changed bit in it
is noticed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.errors import CorpusError, DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "MERGING",
    "TEMPORARY",
    "checksum_of_file",
    "checksum_of_folder",
    "checksum_of_parts",
    "make_folder",
    "publish",
    "read_sealed",
    "remove_others",
    "settle",
    "sha256_of_file",
    "sweep",
    "sync_folder",
    "unwritable",
    "workspace",
    "write_durably",
    "write_sealed",
]

BLOCK_BYTES = 1 << 20
TEMPORARY = ".new-"
"""Names that begin so are not finished; what is left of them after a crash is swept away."""
MERGING = ".merging-"
"""The same for what is written while others write; it has a lock of its own."""


def make_folder(path: Path) -> None:
    """Make a folder and those above it, each one's name on disk before it is used."""
    try:
        missing = [path]
        while not missing[-1].parent.exists():
            missing.append(missing[-1].parent)
        for folder in reversed(missing):
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                sync_folder(folder.parent)
    except OSError as error:
        raise CorpusError(
            f"cannot use the data folder {path}: {error.strerror}; "
            "choose another (--data-dir or FOOTNOTE_DATA_DIR)"
        ) from error


@contextlib.contextmanager
def workspace(folder: Path, prefix: str = TEMPORARY) -> Iterator[Path]:
    """A folder inside `folder` for what is not finished; what is left in it goes at the end."""
    try:
        made = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves either all of it or none: data, fsync, rename, fsync."""
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise unwritable(path, error) from error


def publish(temporary: Path, path: Path) -> None:
    """Move a finished file or folder into place, under a new name, its content on disk first."""
    try:
        settle(temporary)
        temporary.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def settle(temporary: Path) -> None:
    """Have the content of a finished file or folder on disk; raises `OSError`."""
    for file in temporary.iterdir() if temporary.is_dir() else (temporary,):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    if temporary.is_dir():
        sync_folder(temporary)


def write_sealed(path: Path, fields: dict[str, Any]) -> None:
    """Write `fields` as JSON together with their SHA-256, durably."""
    write_durably(path, _sealed(fields))


def read_sealed(path: Path) -> dict[str, Any]:
    """The fields of a sealed file.

    Raises `FileNotFoundError` when there is none, `DamagedError` when a single bit of it is not
    what was written.
    """
    content = path.read_bytes()
    try:
        fields = json.loads(content)
        del fields["seal"]
        intact = content == _sealed(fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        intact = False
    if not intact:
        raise DamagedError(f"{path} is damaged")
    return dict(fields)


def _sealed(fields: dict[str, Any]) -> bytes:
    digest = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    return (json.dumps({**fields, "seal": digest}, indent=2) + "\n").encode()


def sha256_of_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_of_file(path: Path) -> str:
    """Hex XXH3-128 of a file's bytes, read in pieces: it notices damage, not malice."""
    import xxhash

    digest = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as file:
        block = memoryview(bytearray(BLOCK_BYTES))
        while size := file.readinto(block):
            digest.update(block[:size])
    return digest.hexdigest()


def checksum_of_folder(folder: Path) -> str:
    """Hex XXH3-128 over the names and bytes of a folder's files, lock files left out."""
    files = (file for file in folder.iterdir() if file.suffix != ".lock")
    return _checksum_of({file.name: checksum_of_file(file) for file in files})


def checksum_of_parts(parts: Mapping[str, memoryview]) -> str:
    """The checksum of a folder whose files' names and bytes these are."""
    import xxhash

    return _checksum_of({name: xxhash.xxh3_128_hexdigest(part) for name, part in parts.items()})


def _checksum_of(checksums: Mapping[str, str]) -> str:
    import xxhash

    said = "".join(f"{name}\0{checksum}" for name, checksum in sorted(checksums.items()))
    return xxhash.xxh3_128_hexdigest(said.encode())


def remove_others(folder: Path, pattern: str, keep: str) -> None:
    """Delete earlier generations. One still in use elsewhere stays readable until closed."""
    with contextlib.suppress(OSError):  # what is left over now is swept another time
        for path in folder.glob(pattern):
            if path.name != keep:
                _delete(path)


def sweep(folder: Path, prefix: str = TEMPORARY) -> None:
    """Delete what a killed process left unfinished. Call it only where no other one writes."""
    remove_others(folder, f"{prefix}*", keep="")


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> CorpusError:
    """The error that says which file or folder cannot be written, and why."""
    reason = error.strerror or str(error)
    return CorpusError(
        f"cannot write {path}: {reason}; make room or make the folder writable, then try again"
    )
