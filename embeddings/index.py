"""Both derived indexes of one generation of a corpus: loaded, or built and published."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings import dense, lexical
from embeddings.corpus import Derived
from embeddings.dense import DenseBuilder, DenseIndex
from embeddings.durable import (
    TEMPORARY,
    folder_sha256,
    publish,
    remove_others,
    sha256_of_file,
    sweep,
)
from embeddings.errors import CorpusError
from embeddings.lexical import LexicalBuilder, LexicalIndex
from embeddings.locks import held, is_held
from embeddings.recovery import INDEXES_LOCK, INDEXING_LOCK
from embeddings.sealing import seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from embeddings.corpus import Corpus

__all__ = ["Index", "build_index", "load_index", "open_index"]

NAMES = (dense.NAME, lexical.NAME)
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
    """The index last published, or None when it is absent or damaged."""
    for _ in range(LOAD_ATTEMPTS):
        recorded = corpus.derived(NAMES)
        if len(recorded) < len(NAMES):
            return None
        dense_at, lexical_at = (corpus.folder / derived.file for derived in recorded)
        loaded_dense = DenseIndex.load(dense_at, recorded[0].sha256)
        loaded_lexical = LexicalIndex.load(lexical_at, recorded[1].sha256)
        if loaded_dense is not None and loaded_lexical is not None:
            return Index(loaded_lexical, loaded_dense, recorded[0].generation, recorded[0].build)
        if corpus.derived(NAMES) == recorded:  # else it was replaced while it was being loaded
            if tell:
                name = dense_at if loaded_dense is None else lexical_at
                tell(f"{name} is missing or damaged; the index was built again from the corpus")
            return None
    return None


def build_index(corpus: Corpus, progress: Callable[[int, int], None] | None = None) -> Index:
    """Build both indexes from the corpus, publish them, and seal the corpus.

    `progress` gets the number of passages done, and of all.
    """
    with held(corpus.folder / INDEXES_LOCK):
        index = load_index(corpus)
        if index is None or index.generation != corpus.generation():
            index = _published(corpus, progress)
        seal(corpus)
        return index


def _published(corpus: Corpus, progress: Callable[[int, int], None] | None) -> Index:
    sweep(corpus.folder)
    try:
        workspace = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=corpus.folder))
    except OSError as error:
        raise CorpusError(
            f"cannot write to {corpus.folder}: {error.strerror}; make room or make it writable, "
            "then try again"
        ) from error
    try:
        recorded = _build(corpus, workspace, progress)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    corpus.record_derived(recorded)
    for name, derived in recorded.items():
        remove_others(corpus.folder, f"{name}-*", keep=derived.file)
    index = load_index(corpus)
    if index is None:
        raise CorpusError(f"the index just written to {corpus.folder} cannot be read; try again")
    return index


def _build(
    corpus: Corpus, workspace: Path, progress: Callable[[int, int], None] | None
) -> dict[str, Derived]:
    """Both indexes, written and in place, but not yet recorded."""
    dense_at, lexical_at = workspace / dense.NAME, workspace / lexical.NAME
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
            file = f"{name}-{snapshot.generation}-{secrets.token_hex(4)}"
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
