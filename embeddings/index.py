"""Both derived indexes of one generation of a corpus: loaded, or built and published.

They are files beside the corpus, or in a search engine, where the corpus has one.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings import dense, growing, lexical
from embeddings.dense import DenseBuilder, DenseIndex
from embeddings.durable import (
    MERGING,
    checksum_of_folder,
    publish,
    remove_others,
    settle,
    sweep,
    workspace,
)
from embeddings.errors import CorpusError
from embeddings.growing import grown_dense, grown_lexical, is_overgrown, is_to_merge, tail_of
from embeddings.lexical import LexicalBuilder, LexicalIndex
from embeddings.locks import INDEXES_LOCK, INDEXING_LOCK, MERGING_LOCK, held, is_held
from embeddings.merging import start_merging
from embeddings.sealing import seal, seal_soon
from embeddings.stored import Derived

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from embeddings.corpus import Corpus
    from embeddings.dense import About
    from embeddings.growing import Tail
    from embeddings.stored import Since

__all__ = [
    "Index", "build_index", "is_current", "load_index", "merge_index", "names_of", "open_index",
    "publish_index", "up_to_date",
]  # fmt: skip

NAMES = (dense.NAME, lexical.NAME)
LAYOUTS = {dense.NAME: dense.LAYOUT, lexical.NAME: lexical.LAYOUT}
LOAD_ATTEMPTS = 3
PATIENCE_SECONDS = 2.0
"""A merge waits so long for the lock of merges: whoever only looks at it holds it, too."""


@dataclass(frozen=True, slots=True)
class Index:
    """The two derived indexes of one generation of a corpus."""

    lexical: LexicalIndex
    dense: DenseIndex
    generation: int
    build: int
    published: Index | None = None
    """The indexes of an earlier generation that these are made of, with `tail` beside them."""
    tail: Tail | None = None


def open_index(
    corpus: Corpus, loaded: Index | None = None, tell: Callable[[str], None] | None = None
) -> Index:
    """The index of the corpus as it is now, built when the one that is there will not do.

    What has come since a large one was published is searched beside it; once that is much, it is
    merged in the background. While the corpus is being indexed, the last one published is used:
    what has been deleted since is not in the corpus any more and is not found. `loaded` is one that
    was loaded before; `tell` is told of a damaged one.
    """
    indexing = is_held(corpus.folder / INDEXING_LOCK)
    index = loaded.published or loaded if loaded is not None else None
    if index is None or not _is_latest(corpus, index):
        index = load_index(corpus, tell)
    now = None if index is None else up_to_date(corpus, index, loaded.tail if loaded else None)
    if now is not None:
        if now.tail is not None:
            new, passages = len(now.tail.numbers), now.dense.about.passages
            if is_to_merge(passages - new, new, corpus.count()[1]):
                _start_merging(corpus, now.published or now)
        return now
    if index is not None and indexing:
        current = corpus.build()
        if current is not None and current[0] == index.build:
            return index
    return build_index(corpus)


def up_to_date(corpus: Corpus, index: Index, tail: Tail | None = None) -> Index | None:
    """A published index with what has come since, if anything; None if it is to be built anew.

    `tail` is what had come since when it was last asked.
    """
    if index.generation == corpus.generation():
        return index
    if corpus.engine is not None:
        return None
    about = index.dense.about
    since = _growth(corpus, about, index.build)
    if since is None:
        return None
    tail = tail_of(since, about.last, tail)
    return Index(
        grown_lexical(index.lexical, tail, corpus),
        grown_dense(index.dense, tail, corpus),
        since.generation,
        since.build,
        index,
        tail,
    )


def is_current(corpus: Corpus, index: Index) -> bool:
    """Whether an index is that of the corpus as it is now, and no merge has taken its place."""
    if index.generation != corpus.generation():
        return False
    return (
        index.published is None or not corpus.derived(NAMES) or _is_latest(corpus, index.published)
    )


def _growth(corpus: Corpus, about: About, build: int) -> Since | None:
    """What has come since an index was published; None when it is to be built anew."""
    since = corpus.since(about.last, growing.TOO_MANY_NEW)
    if since is None or since.build != build:
        return None
    return None if is_overgrown(about.passages, len(since.numbers), since.count) else since


def _still_serves(corpus: Corpus) -> tuple[bool, bool]:
    """Whether the published indexes will do with what has come since; whether to merge them."""
    recorded = corpus.derived(NAMES)
    if corpus.engine or len(recorded) < len(NAMES) or not all(map(_is_in_layout, NAMES, recorded)):
        return False, False
    about = dense.read_about(corpus.folder / recorded[0].file)
    since = None if about is None else _growth(corpus, about, recorded[0].build)
    if about is None or since is None:
        return False, False
    return True, is_to_merge(about.passages, len(since.numbers), since.count)


def _is_latest(corpus: Corpus, index: Index) -> bool:
    """Whether no other index has been published since."""
    recorded = corpus.derived(names_of(corpus))
    return bool(recorded) and (recorded[0].generation, recorded[0].build) == (
        index.generation,
        index.build,
    )


def load_index(corpus: Corpus, tell: Callable[[str], None] | None = None) -> Index | None:
    """The index last published, or None when it is absent, of another layout, or damaged.

    `tell` is told what is damaged. Raises `CorpusError` when the system does not let it be read
    just now.
    """
    if corpus.engine is not None:
        return _from_engine(corpus, tell)
    for _ in range(LOAD_ATTEMPTS):
        recorded = corpus.derived(NAMES)
        if len(recorded) < len(NAMES) or not all(map(_is_in_layout, NAMES, recorded)):
            return None
        problem = None
        try:
            loaded = _loaded(corpus, recorded)
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


def _from_engine(corpus: Corpus, tell: Callable[[str], None] | None) -> Index | None:
    from embeddings import milvus

    try:
        loaded = milvus.load(corpus, tell)
    except FileNotFoundError as error:
        if tell:
            tell(f"{error.filename} is gone; the indexes were written again from the corpus")
        return None
    except OSError as error:
        raise CorpusError(
            f"cannot read the index of {corpus.folder}: {error.strerror}; try again"
        ) from error
    if loaded is None:
        return None
    words, meaning, derived = loaded
    return Index(words, meaning, derived.generation, derived.build)


def names_of(corpus: Corpus) -> tuple[str, ...]:
    """What the corpus's derived indexes are recorded as."""
    if corpus.engine is None:
        return NAMES
    from embeddings import milvus

    return (milvus.NAME,)


def _prefix(name: str) -> str:
    """How the file of a derived index is called in the layout that this version reads."""
    return f"{name}-v{LAYOUTS[name]}-"


def _is_in_layout(name: str, derived: Derived) -> bool:
    return derived.file.startswith(_prefix(name))


def _loaded(corpus: Corpus, recorded: Sequence[Derived]) -> Index | Path:
    """The index, or the path of the part of it that is not what was written."""
    dense_at, lexical_at = (corpus.folder / derived.file for derived in recorded)
    dense_index = DenseIndex.load(dense_at, recorded[0].checksum, corpus.vectors)
    if dense_index is None:
        return dense_at
    lexical_index = LexicalIndex.load(lexical_at, recorded[1].checksum)
    if lexical_index is None:
        return lexical_at
    return Index(lexical_index, dense_index, recorded[0].generation, recorded[0].build)


def build_index(corpus: Corpus) -> Index:
    """The index of the corpus as it is now, built, published and loaded."""
    _wait_for_merge(corpus)
    with held(corpus.folder / INDEXES_LOCK):
        index = load_index(corpus)
        index = None if index is None else up_to_date(corpus, index)
        if index is not None:
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

    Changes of a large corpus are searched beside its indexes; once they are many, they are merged
    in the background. `progress` gets the number of passages done, and of all.
    """
    _wait_for_merge(corpus)
    with held(corpus.folder / INDEXES_LOCK):
        serves, to_merge = _still_serves(corpus)
        if serves:
            _sweep(corpus)
            recorded = corpus.derived(NAMES)
            if len(recorded) == len(NAMES):
                _remove_but(corpus, dict(zip(NAMES, recorded, strict=True)))
            seal_soon(corpus)
        else:
            _publish(corpus, progress)
    if to_merge:
        _start_merging(corpus)


def merge_index(
    corpus: Corpus,
    file: str,
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """Build new indexes beside those in use, `file` being the dense one, and put them in its place.

    Others read, write and publish meanwhile. False when nothing is done, or comes of it, because
    others are in use by now. Raises `CorpusError` when they cannot be written, or another process
    is merging.
    """
    with held(corpus.folder / MERGING_LOCK, seconds=PATIENCE_SECONDS) as writable:
        in_use = corpus.derived(NAMES)
        if not writable or len(in_use) < len(NAMES) or in_use[0].file != file:
            return False
        sweep(corpus.folder, MERGING)
        with workspace(corpus.folder, MERGING) as folder:
            built = _build(corpus, folder, progress)
            with held(corpus.folder / INDEXES_LOCK):
                _into_place(corpus, folder, built)
                if corpus.record_derived(built, in_use):
                    _clear(corpus, built)
                    return True
                for derived in built.values():
                    remove_others(corpus.folder, derived.file, keep="")
                return False


def _start_merging(corpus: Corpus, index: Index | None = None) -> None:
    """Have the indexes in use merged; not if they are others than `index` by now."""
    recorded = corpus.derived(NAMES)
    if len(recorded) == len(NAMES) and (index is None or _is_latest(corpus, index)):
        start_merging(corpus.folder, recorded[0].file)


def _wait_for_merge(corpus: Corpus) -> None:
    """Where too much has come since, and is being merged: that is sooner done than begun anew."""
    lock = corpus.folder / MERGING_LOCK
    if not is_held(lock):
        return
    recorded, build = corpus.derived(NAMES), corpus.build()
    counts = bool(recorded and build and recorded[0].build == build[0])
    if counts and not _still_serves(corpus)[0]:
        with held(lock):
            pass


def _sweep(corpus: Corpus) -> None:
    """Delete what killed processes left unfinished. Call it under the lock of the indexes."""
    sweep(corpus.folder)
    # A merge may have just begun; and what cannot be listed now is swept another time.
    with contextlib.suppress(CorpusError, OSError):
        if any(corpus.folder.glob(f"{MERGING}*")) and not is_held(corpus.folder / MERGING_LOCK):
            with held(corpus.folder / MERGING_LOCK, seconds=0) as writable:
                if writable:
                    sweep(corpus.folder, MERGING)


def _publish(corpus: Corpus, progress: Callable[[int, int], None] | None) -> None:
    from embeddings import milvus

    _sweep(corpus)
    with workspace(corpus.folder) as folder:
        if corpus.engine is None:
            recorded = _build(corpus, folder, progress)
            _into_place(corpus, folder, recorded)
        else:
            recorded = milvus.write(corpus, folder, progress)
    corpus.record_derived(recorded)
    _clear(corpus, recorded)


def _clear(corpus: Corpus, recorded: Mapping[str, Derived]) -> None:
    """Delete all indexes but those just recorded, and seal the corpus."""
    from embeddings import milvus

    # Those in the other place go: they would keep the words of what is deleted from now on.
    others = {*NAMES, milvus.NAME} - recorded.keys()
    if corpus.derived(others):
        corpus.forget_derived(others)
    for name in others:
        remove_others(corpus.folder, f"{name}-*", keep="")
    _remove_but(corpus, recorded)
    seal(corpus)


def _remove_but(corpus: Corpus, recorded: Mapping[str, Derived]) -> None:
    """Delete the files of indexes that are not those recorded."""
    for name, derived in recorded.items():
        remove_others(corpus.folder, f"{name}-*", keep=derived.file)


def _build(
    corpus: Corpus, folder: Path, progress: Callable[[int, int], None] | None
) -> dict[str, Derived]:
    """Both indexes, written in `folder` and on disk, but not yet in place."""
    dense_at, lexical_at = folder / dense.NAME, folder / lexical.NAME
    try:
        with corpus.snapshot() as snapshot:
            builders = DenseBuilder(dense_at, snapshot), LexicalBuilder(lexical_at)
            for done, row in enumerate(snapshot.passages):
                if progress and done % dense.ROWS_AT_ONCE == 0:
                    progress(done, snapshot.count)
                for builder in builders:
                    builder.add(*row)
            for builder in builders:
                builder.finish()
        recorded = {}
        for name, path in ((dense.NAME, dense_at), (lexical.NAME, lexical_at)):
            # A name of its own: what another process has open is never written over.
            file = f"{_prefix(name)}{snapshot.generation}-{secrets.token_hex(4)}"
            settle(path)
            checksum = checksum_of_folder(path)
            recorded[name] = Derived(snapshot.generation, snapshot.build, file, checksum)
    except (OSError, RuntimeError) as error:  # FAISS says a RuntimeError
        reason = getattr(error, "strerror", None) or error
        raise CorpusError(
            f"cannot write the index to {corpus.folder}: {reason}; make room or make it writable, "
            "then try again"
        ) from error
    return recorded


def _into_place(corpus: Corpus, folder: Path, built: Mapping[str, Derived]) -> None:
    """Give what was built in `folder` the names that it is recorded by."""
    for name, derived in built.items():
        publish(folder / name, corpus.folder / derived.file)
