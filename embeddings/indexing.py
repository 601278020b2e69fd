"""Folders of files → the corpus: read, split, encode, commit. The only writer."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.errors import ReadError
from embeddings.readers import LARGEST_FILE_BYTES, READERS, read_article
from embeddings.splitting import SPLITTING, split_article

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from embeddings.corpus import Corpus
    from embeddings.encoder import Encoder
    from embeddings.records import Article

__all__ = ["IndexReport", "Progress", "Skipped", "index_folders"]

IGNORE_FILE = ".footnoteignore"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work is. `total` is None while it is not known."""

    stage: str
    done: int
    total: int | None = None
    article_id: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not indexed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What indexing did. The tuples hold article ids."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    articles: int
    passages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    article_id: str
    source: str


def index_folders(
    folders: Sequence[Path],
    corpus: Corpus,
    encoder: Callable[[], Encoder],
    fingerprint: Callable[[], str],
    progress: Callable[[Progress], None] | None = None,
) -> IndexReport:
    """Bring `corpus` up to date with the files of `folders`.

    A file counts as changed when its bytes have (content hash; times and names are not
    trusted), or when it was indexed with another encoder or splitting. `encoder` is called only
    when there is something to encode, its `fingerprint` only when there are files. Each article is
    committed by itself, so an interruption keeps all that was finished.
    Raises `ReadError` when a folder is not there.
    """
    began = time.monotonic()
    tell = progress or (lambda _: None)
    stored, taken_out = corpus.stored(), corpus.removed()
    files, skipped = _find_files(folders)
    indexed_as = f"{fingerprint()} {SPLITTING}" if files else ""
    added: list[str] = []
    updated: list[str] = []
    unchanged: list[str] = []
    for done, file in enumerate(files):
        tell(Progress("indexing", done, len(files), file.article_id))
        try:
            content = _read_bytes(file)
            digest = hashlib.sha256(content).hexdigest()
            known = stored.get(file.article_id)
            if known and (known.file_sha256, known.indexed_as) == (digest, indexed_as):
                unchanged.append(file.article_id)
                continue
            if not known and taken_out.get(file.article_id) == digest:
                skipped.append(
                    Skipped(file.article_id, "removed earlier; change the file to add it again")
                )
                continue
            article = read_article(content, file.article_id, file.source)
        except ReadError as error:
            reason = str(error).removeprefix(f"{file.article_id}: ")
            skipped.append(Skipped(file.article_id, reason))
            continue
        _commit(article, corpus, encoder(), digest, indexed_as)
        (updated if known else added).append(file.article_id)
    kept = {*added, *updated, *unchanged}
    gone = tuple(article_id for article_id in stored if article_id not in kept)
    if gone:
        corpus.delete(gone)
    tell(Progress("indexing", len(files), len(files)))
    articles, passages = corpus.count()
    return IndexReport(
        tuple(added),
        tuple(updated),
        tuple(unchanged),
        gone,
        tuple(skipped),
        articles,
        passages,
        time.monotonic() - began,
    )


def _commit(
    article: Article, corpus: Corpus, encoder: Encoder, digest: str, indexed_as: str
) -> None:
    passages = split_article(article)
    vectors = encoder.encode([embedded_text(p.title, p.text) for p in passages])
    corpus.put(article, passages, vectors, file_sha256=digest, indexed_as=indexed_as)


def embedded_text(title: str | None, text: str) -> str:
    """What is encoded for a passage: its article's title gives it context."""
    return f"{title}\n{text}" if title else text


def _find_files(folders: Sequence[Path]) -> tuple[list[_File], list[Skipped]]:
    """Files that have a reader, by id; and those passed over, with the reason.

    With one folder an id is the path below it; with several, the folder's name comes first.
    """
    names = [folder.resolve().name for folder in folders]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ReadError(
            f"two of the folders are called {min(twice)!r}, so their articles' ids would clash; "
            "rename one, or index the folder above them"
        )
    files: list[_File] = []
    skipped: list[Skipped] = []
    for folder, name in zip(folders, names, strict=True):
        prefix = f"{name}/" if len(folders) > 1 else ""
        for path, relative, reason in _walk(folder):
            article_id = prefix + relative
            if reason:
                skipped.append(Skipped(article_id, reason))
            else:
                files.append(_File(path, article_id, f"{name}/{relative}"))
    return sorted(files, key=lambda file: file.article_id), skipped


def _walk(folder: Path) -> Iterator[tuple[Path, str, str | None]]:
    """Each file below `folder`, its id, and why it is passed over, if it is."""
    if not folder.exists():
        raise ReadError(f"there is no folder {folder}; check the path")
    if not folder.is_dir():
        raise ReadError(f"{folder} is not a folder; give the folder that holds the articles")
    ignored = _ignore_rules(folder)
    try:
        for parent, subfolders, names in os.walk(folder, onerror=_raise):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                path = Path(parent) / name
                relative = path.relative_to(folder).as_posix()
                if name.startswith(".") or ignored(relative):
                    continue
                yield path, relative, _refusal(path)
    except OSError as error:
        raise ReadError(f"cannot read {error.filename}: {error.strerror}") from error


def _raise(error: OSError) -> None:
    raise error


def _refusal(path: Path) -> str | None:
    if path.is_symlink():
        return "a symbolic link; only files inside the folder are read"
    if not path.is_file():
        return "not a regular file"
    if path.suffix.lower() not in READERS:
        return f"no reader for this kind of file; there is one for {', '.join(READERS)}"
    return None


def _ignore_rules(folder: Path) -> Callable[[str], bool]:
    """Test for paths that the folder's `.footnoteignore` (gitignore syntax) leaves out."""
    try:
        lines = (folder / IGNORE_FILE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return lambda _: False
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot read {folder / IGNORE_FILE}: {error}") from error
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines).match_file


def _read_bytes(file: _File) -> bytes:
    try:
        with file.path.open("rb") as opened:
            return opened.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise ReadError(f"{file.article_id}: cannot be read: {error.strerror}") from error
