"""Both derived indexes of one generation of a corpus: loaded, or built and published."""

from __future__ import annotations

import errno
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings import dense, lexical
from embeddings.corpus import Derived
from embeddings.dense import DenseBuilder, DenseIndex
from embeddings.durable import (
    folder_sha256,
    publish,
    remove_others,
    sha256_of_file,
    sweep,
    workspace,
)
from embeddings.errors import CorpusError
from embeddings.lexical import LexicalBuilder, LexicalIndex
from embeddings.locks import INDEXES_LOCK, INDEXING_LOCK, held, is_held
from embeddings.sealing import seal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from embeddings.corpus import Corpus

__all__ = ["Index", "build_index", "load_index", "open_index", "publish_index"]

NAMES = (dense.NAME, lexical.NAME)
LAYOUTS = {dense.NAME: dense.LAYOUT, lexical.NAME: lexical.LAYOUT}
LOAD_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Index:
    """The two derived indexes of one generation of a corpus."""

    lexical: LexicalIndex
    dense: DenseIndex
    generation: int
    build: int


def open_index(
    corpus: Corpus, loaded: Index | None = None, tell: Callable[[str], None] | None = None
) -> Index:
    """The index of the corpus as it is now, built when the one that is there will not do.

    While the corpus is being indexed, the last one published is used: what has been deleted since
    is not in the corpus any more and is not found. `loaded` is one that was loaded before; `tell`
    is told of a damaged one.
    """
    indexing = is_held(corpus.folder / INDEXING_LOCK)
    index = loaded
    if not (indexing and index is not None and _is_latest(corpus, index)):
        index = load_index(corpus, tell)
    if index is not None and index.generation == corpus.generation():
        return index
    if index is not None and indexing:
        current = corpus.build()
        if current is not None and current[0] == index.build:
            return index
    return build_index(corpus)


def _is_latest(corpus: Corpus, index: Index) -> bool:
    """Whether no other index has been published since."""
    recorded = corpus.derived(NAMES)
    return bool(recorded) and (recorded[0].generation, recorded[0].build) == (
        index.generation,
        index.build,
    )


def load_index(corpus: Corpus, tell: Callable[[str], None] | None = None) -> Index | None:
    """The index last published, or None when it is absent, of another layout, or damaged.

    `tell` is told what is damaged. Raises `CorpusError` when the system does not let it be read
    just now.
    """
    for _ in range(LOAD_ATTEMPTS):
        recorded = corpus.derived(NAMES)
        if len(recorded) < len(NAMES) or not all(map(_is_in_layout, NAMES, recorded)):
            return None
        problem = None
        try:
            loaded = _loaded(corpus.folder, recorded)
        except OSError as error:
            problem = f"{error.filename or corpus.folder}: {error.strerror}"
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EIO):
                raise CorpusError(
                    f"cannot read the indexes of {corpus.folder}, {problem}; try again"
                ) from error
        else:
            if isinstance(loaded, Index):
                return loaded
            problem = f"{loaded} is damaged"
        if corpus.derived(NAMES) == recorded:  # else it was replaced while it was being loaded
            if tell:
                tell(f"{problem}; the indexes were built again from the corpus")
            return None
    return None


def _prefix(name: str) -> str:
    """How the file of a derived index is called in the layout that this version reads."""
    return f"{name}-v{LAYOUTS[name]}-"


def _is_in_layout(name: str, derived: Derived) -> bool:
    return derived.file.startswith(_prefix(name))


def _loaded(folder: Path, recorded: Sequence[Derived]) -> Index | Path:
    """The index, or the path of the part of it that is not what was written."""
    dense_at, lexical_at = (folder / derived.file for derived in recorded)
    dense_index = DenseIndex.load(dense_at, recorded[0].sha256)
    if dense_index is None:
        return dense_at
    lexical_index = LexicalIndex.load(lexical_at, recorded[1].sha256)
    if lexical_index is None:
        return lexical_at
    return Index(lexical_index, dense_index, recorded[0].generation, recorded[0].build)


def build_index(corpus: Corpus) -> Index:
    """The index of the corpus as it is now, built, published and loaded."""
    with held(corpus.folder / INDEXES_LOCK):
        index = load_index(corpus)
        if index is not None and index.generation == corpus.generation():
            seal(corpus)
            return index
        index = None  # its memory is needed for the next one
        _publish(corpus, None)
        problems: list[str] = []
        index = load_index(corpus, problems.append)
        if index is None:
            reason = problems[0] if problems else "it is gone"
            raise CorpusError(f"cannot read the index just written to {corpus.folder}: {reason}")
        return index


def publish_index(corpus: Corpus, progress: Callable[[int, int], None] | None = None) -> None:
    """Build both indexes from the corpus for whoever asks next, and seal the corpus.

    `progress` gets the number of passages done, and of all.
    """
    with held(corpus.folder / INDEXES_LOCK):
        _publish(corpus, progress)


def _publish(corpus: Corpus, progress: Callable[[int, int], None] | None) -> None:
    sweep(corpus.folder)
    with workspace(corpus.folder) as folder:
        recorded = _build(corpus, folder, progress)
    corpus.record_derived(recorded)
    for name, derived in recorded.items():
        remove_others(corpus.folder, f"{name}-*", keep=derived.file)
    seal(corpus)


def _build(
    corpus: Corpus, folder: Path, progress: Callable[[int, int], None] | None
) -> dict[str, Derived]:
    """Both indexes, written in `folder` and put in place, but not yet recorded."""
    dense_at, lexical_at = folder / dense.NAME, folder / lexical.NAME
    total = corpus.count()[1]
    try:
        builders = DenseBuilder(dense_at), LexicalBuilder(lexical_at)
        with corpus.snapshot() as snapshot:
            for done, row in enumerate(snapshot.passages):
                if progress and done % dense.ROWS_AT_ONCE == 0:
                    progress(done, total)
                for builder in builders:
                    builder.add(*row)
        for builder in builders:
            builder.finish()
        recorded = {}
        for name, path in ((dense.NAME, dense_at), (lexical.NAME, lexical_at)):
            # A name of its own: what another process has open is never written over.
            file = f"{_prefix(name)}{snapshot.generation}-{secrets.token_hex(4)}"
            sha256 = folder_sha256(path) if path.is_dir() else sha256_of_file(path)
            publish(path, corpus.folder / file)
            recorded[name] = Derived(snapshot.generation, snapshot.build, file, sha256)
    except (OSError, RuntimeError) as error:  # FAISS says a RuntimeError
        reason = getattr(error, "strerror", None) or error
        raise CorpusError(
            f"cannot write the index to {corpus.folder}: {reason}; make room or make it writable, "
            "then try again"
        ) from error
    return recorded
