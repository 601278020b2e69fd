"""One module per file format: the bytes of a file → an article, with what it says of itself.

A reader is a function `(content: bytes) -> str`. It raises `ReadError` when the file is
not what its name says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embeddings.errors import ReadError
from embeddings.readers.metadata import find_metadata
from embeddings.readers.plain import read_plain
from embeddings.records import Article

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["READERS", "read_article"]

READERS: dict[str, Callable[[bytes], str]] = {
    ".txt": read_plain,
    ".text": read_plain,
    ".md": read_plain,
    ".markdown": read_plain,
}
"""File name suffix, lower case → its reader."""

LARGEST_FILE_BYTES = 50_000_000


def read_article(content: bytes, article_id: str, source: str) -> Article:
    """The article in `content`, with the title and date it states.

    Raises `ReadError` when no reader takes the file, it is too large, or it holds no text.
    """
    suffix = "." + article_id.rsplit(".", 1)[-1].lower() if "." in article_id else ""
    reader = READERS.get(suffix)
    if reader is None:
        raise ReadError(f"{article_id}: no reader for this kind of file; use {', '.join(READERS)}")
    if len(content) > LARGEST_FILE_BYTES:
        limit = LARGEST_FILE_BYTES // 1_000_000
        raise ReadError(f"{article_id}: larger than {limit} MB; split it into several files")
    try:
        text = reader(content)
    except ReadError as error:
        raise ReadError(f"{article_id}: {error}") from error
    if not text.strip():
        raise ReadError(f"{article_id}: the file holds no text")
    metadata = find_metadata(text)
    return Article(article_id, text, title=metadata.title, date=metadata.date, source=source)
