"""Verifies all that is stored of a corpus, and builds again what can be built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings import milvus
from embeddings.index import build_index, load_index, names_of, up_to_date
from embeddings.indexing import Progress
from embeddings.recovery import damage_of
from embeddings.sealing import read_seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embeddings.corpus import Corpus
    from embeddings.index import Index

__all__ = ["Check", "check_corpus"]

STEP = 1000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was verified."""

    name: str
    ok: bool
    message: str
    repaired: bool = False


def check_corpus(
    corpus: Corpus, progress: Callable[[Progress], None] | None = None
) -> tuple[Check, ...]:
    """Verify the corpus file bit by bit and row by row, then the indexes against it.

    Damage to the corpus file itself is repaired when it is opened (`embeddings.recovery`).
    """
    tell = progress or (lambda _: None)
    tell(Progress("verifying the corpus file", 0))
    checks = [*_check_file(corpus), *_check_kept_aside(corpus)]
    if all(check.ok for check in checks):
        checks.append(_check_articles(corpus, tell))
        checks.append(_check_index(corpus, tell))
    return tuple(checks)


def _check_file(corpus: Corpus) -> Iterator[Check]:
    problem = damage_of(corpus.path)
    if problem:
        yield Check("corpus file", False, f"{problem}; open it again to have it repaired")
        return
    yield Check("corpus file", True, f"{corpus.path}: every row is as it was written")
    sealed, now = read_seal(corpus.folder), corpus.stamp()
    if sealed is not None and sealed.revision == now.revision:
        message = "every bit of the corpus file is as it was sealed"
        if sealed.checksum == now.checksum:
            yield Check("seal", True, message)
        else:
            yield Check("seal", False, f"{corpus.path} was changed; open it again")
    else:
        yield Check("seal", True, "the corpus is being written to, and not sealed just now")


def _check_kept_aside(corpus: Corpus) -> Iterator[Check]:
    for path in sorted(corpus.folder.glob("corpus.damaged-*.sqlite")):
        yield Check("kept aside", True, f"{path} was damaged, and is not used; yours to delete")


def _check_articles(corpus: Corpus, tell: Callable[[Progress], None]) -> Check:
    """Every article's hash, and every passage's place in its text."""
    articles, _ = corpus.count()
    seen = 0
    with corpus.snapshot() as snapshot:
        total = snapshot.count
        for _, passage, _ in snapshot.passages:  # reading one verifies it
            seen += 1
            if seen % STEP == 0:
                tell(Progress("verifying passages", seen, total, passage.article_id))
    # Some may have gone while they were read; then it is told of those that stay.
    ok = seen == total or (seen < total and corpus.generation() != snapshot.generation)
    return Check(
        "articles",
        ok,
        f"{articles} articles and {seen} passages, each where its text says"
        if ok
        else f"{seen} passages of {total}; index again",
    )


def _check_index(corpus: Corpus, tell: Callable[[Progress], None]) -> Check:
    """The published indexes, passage by passage, against the corpus."""
    found: list[str] = []
    index = load_index(corpus, found.append)
    index = None if index is None else up_to_date(corpus, index)
    if index is not None:
        problem = _difference(corpus, index, tell)
        if problem is None:
            kind = getattr(index.dense, "about", None)
            known = f"both hold the {corpus.count()[1]} passages" + (f"; {kind}" if kind else "")
            return Check("indexes", True, known)
        corpus.forget_derived(names_of(corpus))
        found.append(problem)
    tell(Progress("building the indexes", 0))
    index = build_index(corpus)
    message = found[0] if found else "they were missing or stale, and were built from the corpus"
    return Check("indexes", True, message, repaired=True)


def _difference(corpus: Corpus, index: Index, tell: Callable[[Progress], None]) -> str | None:
    """Where the indexes and the corpus do not agree."""
    if isinstance(index.dense, milvus.MilvusDense):
        size = index.dense.size
        return milvus.difference(
            corpus, index.dense, lambda seen: tell(Progress("verifying the indexes", seen, size))
        )
    seen = 0
    latest = index.dense.about.last if index.tail is None else index.tail.latest
    with corpus.snapshot() as snapshot:
        for number, passage, vector in snapshot.passages:
            if number > latest:
                continue  # it has come since
            seen += 1
            if seen % STEP == 0:
                tell(Progress("verifying the indexes", seen, index.dense.size))
            if not index.dense.holds(number, vector):
                return f"the dense index had another vector for {passage.article_id}; built again"
    changed = index.published is not None or corpus.generation() != index.generation
    expected = index.dense.size if changed else seen  # some may have gone since
    if not seen <= expected == index.dense.size == index.lexical.size:
        return (
            f"the indexes held {index.dense.size} and {index.lexical.size} passages and the "
            f"corpus {seen}; built again"
        )
    return None
