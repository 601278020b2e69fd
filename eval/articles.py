"""A folder → its articles, read as the index reads them, and without an index."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from embeddings.errors import ReadError
from embeddings.folders import find_files, read_file
from embeddings.readers.sandbox import SandboxedReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from embeddings.folders import FoundFile
    from embeddings.records import Article

__all__ = ["articles_of", "read_articles", "sampled"]


def read_articles(folder: Path) -> dict[str, Article]:
    """Every article below the folder, by id; a file that no reader takes is none.

    Raises `ReadError` when the folder is not there, or holds no article.
    """
    articles = {article.id: article for article in articles_of(find_files([folder]))}
    if not articles:
        raise ReadError(f"{folder}: holds no article that can be read; name another folder")
    return articles


def sampled(folder: Path, most: int, rng: Random) -> list[FoundFile]:
    """At most so many of the folder's files, chosen at random, in the order they are found."""
    files = [found for found in find_files([folder]) if found.refusal is None]
    if len(files) <= most:
        return files
    return [files[place] for place in sorted(rng.sample(range(len(files)), most))]


def articles_of(files: Iterable[FoundFile]) -> Iterator[Article]:
    """The articles in those files, one after the other."""
    with SandboxedReader() as reader:
        for found in files:
            if found.refusal is None:
                try:
                    content, _ = read_file(found)
                    yield reader.read(content, found.article_id, found.source)
                except ReadError:
                    continue  # `assistant index` says why; here it is no article
