"""One file that somebody adds by hand → the corpus, at once.

It is read before anything of it is stored, so a file that is refused leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from embeddings.errors import CorpusError, ReadError
from embeddings.folders import UPLOADS, read_file, uploaded
from embeddings.index import publish_index
from embeddings.locks import INDEXING_LOCK, held
from embeddings.passages import made_with, split_and_encode
from embeddings.readers import READING
from embeddings.readers.sandbox import SandboxedReader
from embeddings.stored import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from embeddings.corpus import Corpus
    from embeddings.encoder import Encoder

__all__ = ["Added", "add_upload", "forget_upload"]

PATIENCE_SECONDS = 20.0
"""How long a file waits for another process that is indexing; then whoever adds it is told."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a file."""

    state: Literal["read", "incomplete", "refused", "known"]
    """`known`: the corpus holds its text already."""
    article_id: str | None = None
    """Of the article that has its text; None for a file that was refused."""
    reason: str | None = None
    """Why it was refused, or may be incomplete."""
    title: str | None = None


def add_upload(
    parts: tuple[str, ...],
    corpus: Corpus,
    encoder: Callable[[], Encoder],
    fingerprint: Callable[[], str],
) -> Added:
    """Read, encode and commit the file at `parts` below the corpus's uploads, and index it.

    Raises `CorpusError` when the corpus cannot be written, or is made with another encoder.
    """
    found = uploaded(corpus.folder / UPLOADS, parts)
    try:
        content, digest = read_file(found)
        with SandboxedReader() as reader:
            article = reader.read(content, found.article_id, found.source)
    except ReadError as error:
        return Added("refused", reason=str(error).removeprefix(f"{found.article_id}: "))
    del content
    if article.sha256 in corpus.removed():
        return Added("refused", reason="its text was removed, and stays out until it changes")
    made = split_and_encode([article], encoder())
    with held(corpus.folder / INDEXING_LOCK, seconds=PATIENCE_SECONDS):
        known = corpus.id_of_text(article.sha256)
        if known is not None:
            return Added("known", known, title=article.label)
        build = corpus.build_for(made_with(fingerprint()))
        current = corpus.build()
        if current is None:
            corpus.switch(build)
        elif current[0] != build:
            raise CorpusError("the articles are indexed with another encoder; start again")
        [(passages, vectors)] = made
        entry = Entry(
            article.id, digest, READING, found.source, article.sha256, article.incomplete,
            article, passages, vectors,
        )  # fmt: skip
        corpus.commit([entry])
        publish_index(corpus)
    state: Literal["read", "incomplete"] = "incomplete" if article.incomplete else "read"
    return Added(state, article.id, article.incomplete, article.label)


def forget_upload(article_id: str, corpus: Corpus) -> None:
    """Take out an article that was added by hand, at once and from every index."""
    corpus.forget([article_id])
    corpus.forget_former()
    publish_index(corpus)
