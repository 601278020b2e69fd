"""The files below the articles' folders, found and opened so that nothing leads out of them.

A name is only a name: links are not followed, not even those put in place of a folder while it
is looked through, and nothing is opened that could block or has a second name elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from embeddings.errors import ReadError
from embeddings.readers import LARGEST_FILE_BYTES, READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "IGNORE_FILE",
    "UPLOADED",
    "UPLOADS",
    "FoundFile",
    "file_sha256",
    "find_files",
    "read_file",
    "uploaded",
]

IGNORE_FILE = ".footnoteignore"
UPLOADS = "uploads"
"""The folder beside a corpus that holds the files of articles which were added by hand."""
UPLOADED = ".uploads/"
"""How the ids of those begin. Hidden files are left out, so no other id begins so."""
READ_ATTEMPTS = 3
LINK = "a symbolic link; only files inside the folder are read: copy it there"
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file below an articles' folder, or what is there instead."""

    folder: Path
    parts: tuple[str, ...]
    """Names from the folder down to the file."""
    article_id: str
    source: str
    refusal: str | None = None
    """Why it is not opened."""
    unlisted: bool = False
    """True for a folder that could not be looked into, so that nobody knows what is in it."""


def find_files(
    folders: Sequence[Path], uploads: Path | None = None, apart: Path | None = None
) -> Iterator[FoundFile]:
    """Every file below the folders, in an order that only depends on their names.

    With one folder an id is the path below it; with several, the folder's name comes first. The
    ids of files in `uploads`, which need not be there, begin with `UPLOADED`.
    Hidden files are left out, and those that the folder's `.footnoteignore` names, and the
    folder `apart`, if it lies below one of them: what Footnote itself keeps is no article.
    Raises `ReadError` when a folder is not there.
    """
    names = [folder.resolve().name for folder in folders]
    taken = [*names, UPLOADED.removesuffix("/")]
    twice = {name for name in names if taken.count(name) > 1}
    if twice:
        raise ReadError(
            f"two of the folders are called {min(twice)!r}, so their articles' ids would clash; "
            "rename one, or index the folder above them"
        )
    for folder, name in zip(folders, names, strict=True):
        if not folder.exists():
            raise ReadError(f"there is no folder {folder}; check the path")
        if not folder.is_dir():
            raise ReadError(f"{folder} is not a folder; give the folder that holds the articles")
        prefix = f"{name}/" if len(folders) > 1 else ""
        ignored = _left_out(folder, apart)

        def found(
            parts: tuple[str, ...], refusal: str | None = None, *, unlisted: bool = False,
            folder: Path = folder, name: str = name, prefix: str = prefix,
        ) -> FoundFile:  # fmt: skip
            path = _text("/".join(parts))
            source = f"{_text(name)}/{path}"
            return FoundFile(folder, parts, _text(prefix) + path, source, refusal, unlisted)

        yield from _below(folder, found, ignored)
    if uploads is not None and uploads.is_dir():
        yield from _below(uploads, partial(uploaded, uploads), lambda _: False)


def uploaded(
    uploads: Path, parts: tuple[str, ...], refusal: str | None = None, *, unlisted: bool = False
) -> FoundFile:
    """The file at `parts` below a folder of uploads."""
    path = _text("/".join(parts))
    return FoundFile(uploads, parts, UPLOADED + path, f"{UPLOADS}/{path}", refusal, unlisted)


def _below(
    folder: Path,
    found: Callable[..., FoundFile],
    ignored: Callable[[str], bool],
) -> Iterator[FoundFile]:
    ahead: list[tuple[tuple[str, ...], os.DirEntry[str] | None]] = [((), None)]
    while ahead:  # no recursion: folders may be nested deeper than Python calls
        parts, entry = ahead.pop()
        if entry is not None and not entry.is_dir(follow_symlinks=False):
            yield found(parts, _refusal(entry))
            continue
        try:
            with os.scandir(folder.joinpath(*parts)) as listing:
                entries = sorted(listing, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            if not parts:
                reason = f"cannot read {folder}: {error.strerror}; make it readable"
                raise ReadError(reason) from error
            yield found(parts, f"cannot be looked into: {error.strerror}", unlisted=True)
            continue
        for entry in entries:
            below = (*parts, entry.name)
            path = "/".join(below) + ("/" if entry.is_dir(follow_symlinks=False) else "")
            if not entry.name.startswith(".") and not ignored(path):
                ahead.append((below, entry))


def _refusal(entry: os.DirEntry[str]) -> str | None:
    if entry.is_symlink():
        return LINK
    if not entry.is_file(follow_symlinks=False):
        return "not a regular file"
    suffix = os.path.splitext(entry.name)[1].lower()
    if suffix not in READERS:
        return f"no reader for this kind of file; there is one for {', '.join(READERS)}"
    try:
        return _unfit(entry.stat(follow_symlinks=False))
    except OSError:
        return None  # opening it will say why, and what is known of it is kept until then


def _unfit(status: os.stat_result) -> str | None:
    """Why a file is not read, whatever it holds."""
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if status.st_nlink > 1:
        return (
            "has another name elsewhere (a hard link), so it may not belong to this folder; copy it"
        )
    if status.st_size > LARGEST_FILE_BYTES:
        limit = LARGEST_FILE_BYTES // 1_000_000
        return f"larger than {limit} MB; split it into several files"
    return None


def _text(name: str) -> str:
    """A file's name as text: bytes in it that are no UTF-8 are spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def file_sha256(found: FoundFile) -> str:
    """Hex SHA-256 of the file's bytes, read in pieces; raises `ReadError`."""
    with _opened(found) as file:
        return _digest(file, found)


def read_file(found: FoundFile) -> tuple[bytes, str]:
    """All bytes of the file and their hex SHA-256; raises `ReadError`.

    A file that somebody is writing to is read again until two readings agree.
    """
    with _opened(found) as file:
        before = _digest(file, found)
        for _ in range(READ_ATTEMPTS):
            file.seek(0)
            try:
                content = file.read(LARGEST_FILE_BYTES + 1)
            except OSError as error:
                raise _unreadable(found, error) from error
            digest = hashlib.sha256(content).hexdigest()
            if digest == before:
                return content, digest
            before = digest
    raise ReadError(f"{found.article_id}: it is being written to; index again when that is done")


def _digest(file: BinaryIO, found: FoundFile) -> str:
    try:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    except OSError as error:
        raise _unreadable(found, error) from error


def _opened(found: FoundFile) -> BinaryIO:
    """The file, open to be read.

    Every folder on the way is opened from the one above, so that a link put in the way leads
    nowhere. Raises `ReadError` when it is not, or is no more, a plain file inside the folder.
    """
    descriptor = _open(str(found.folder), os.O_RDONLY | os.O_DIRECTORY, None, found)
    for depth, part in enumerate(found.parts, start=1):
        last = depth == len(found.parts)
        kind = os.O_NONBLOCK if last else os.O_DIRECTORY  # a FIFO would block
        try:
            below = _open(part, _FLAGS | kind, descriptor, found)
        finally:
            os.close(descriptor)
        descriptor = below
    reason = _unfit(os.fstat(descriptor))  # it may have changed since it was listed
    if reason is None:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise ReadError(f"{found.article_id}: {reason}")


def _open(path: str, flags: int, folder: int | None, found: FoundFile) -> int:
    try:
        return os.open(path, flags, dir_fd=folder)
    except OSError as error:
        raise _unreadable(found, error) from error


def _unreadable(found: FoundFile, error: OSError) -> ReadError:
    return ReadError(f"{found.article_id}: cannot be read: {error.strerror}")


def _left_out(folder: Path, apart: Path | None) -> Callable[[str], bool]:
    """Test for paths below the folder that are not looked at."""
    ignored = _ignore_rules(folder)
    if apart is None or not apart.resolve().is_relative_to(folder.resolve()):
        return ignored
    path = apart.resolve().relative_to(folder.resolve()).as_posix()
    if path == ".":
        raise ReadError(
            f"{folder} is the data folder, too; choose another (--data-dir or FOOTNOTE_DATA_DIR)"
        )
    return lambda below: below.rstrip("/") == path or ignored(below)


def _ignore_rules(folder: Path) -> Callable[[str], bool]:
    """Test for paths that the folder's `.footnoteignore` (gitignore syntax) leaves out.

    A path ends with a slash where it is a folder's. What lies in a folder that is left out is not
    asked about, so as in git the last rule counts that speaks of the very path: pathspec's own
    test goes by those for the folders above it, too.
    """
    try:
        lines = (folder / IGNORE_FILE).read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        return lambda _: False
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot read {folder / IGNORE_FILE}: {error}") from error
    from pathspec import GitIgnoreSpec, RegexPattern

    for number, line in enumerate(lines, start=1):
        try:
            GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error) as error:
            raise ReadError(
                f"{folder / IGNORE_FILE}, line {number}: {line!r} is no pattern as git has them; "
                "correct or remove it"
            ) from error
    rules = [
        (pattern.regex, pattern.include)
        for pattern in reversed(list(GitIgnoreSpec.from_lines(lines).patterns))
        if isinstance(pattern, RegexPattern) and pattern.regex is not None
    ]
    return lambda path: next((out for rule, out in rules if _speaks_of(rule, path)), None) is True


def _speaks_of(rule: re.Pattern[str], path: str) -> bool:
    """Whether a rule names the path itself, and not a folder above it.

    A rule for a folder matches up to its slash, which is in a group: that has to be the path's
    last character. "docs/**" matches it without a group, and is for what lies in the folder.
    """
    found = rule.search(path)
    if found is None:
        return False
    at_end = found.end() == len(path)
    if found.lastgroup is None:
        return not (at_end and path.endswith("/"))
    return at_end or rule.search(path, len(path) - 1) is not None  # "*/" finds the first slash
