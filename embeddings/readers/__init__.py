"""One module per file format: the bytes of a file → an article, with what it says of itself.

A reader is a function `(content: bytes) -> Document`. It raises `ReadError` when the file is
not what its name says, and says in `Document.incomplete` where text may be missing. Files from
elsewhere are untrusted: `embeddings.readers.sandbox` runs the readers where they can do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, cast

from embeddings.errors import ReadError
from embeddings.records import Article, Document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "LARGEST_FILE_BYTES",
    "READERS",
    "READING",
    "article_from",
    "checked_suffix",
    "read_article",
    "read_document",
]

READING = "reading-4"
"""Names how files become text; changed whenever that text does, so that files are read again."""
LARGEST_FILE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class _Reader:
    """A reader by name, imported with its libraries when it is first called."""

    module: str
    function: str

    def __call__(self, content: bytes) -> Document:
        module = import_module(f"embeddings.readers.{self.module}")
        read = cast("Callable[[bytes], Document]", getattr(module, self.function))
        return read(content)


_PLAIN = _Reader("plain", "read_plain")
_HTML = _Reader("webpage", "read_html")

READERS: Mapping[str, Callable[[bytes], Document]] = {
    ".txt": _PLAIN,
    ".text": _PLAIN,
    ".md": _PLAIN,
    ".markdown": _PLAIN,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".pdf": _Reader("pdf", "read_pdf"),
    ".docx": _Reader("docx", "read_docx"),
    ".odt": _Reader("odt", "read_odt"),
    ".rtf": _Reader("rtf", "read_rtf"),
    ".epub": _Reader("epub", "read_epub"),
    ".eml": _Reader("eml", "read_eml"),
    ".csv": _Reader("table", "read_table"),
    ".tsv": _Reader("table", "read_table"),
}
"""File name suffix, lower case → its reader."""
_TABLES = (".csv", ".tsv")
"""Kinds of files whose first lines tell of what they hold, not of when it was published."""


def read_article(content: bytes, article_id: str, source: str) -> Article:
    """The article in `content`, with what it states of itself, read in this process.

    Raises `ReadError` when no reader takes the file, it is too large, or it holds no text.
    """
    suffix = checked_suffix(content, article_id)
    try:
        document = read_document(content, suffix)
    except ReadError as error:
        raise ReadError(f"{article_id}: {error}") from error
    return article_from(document, article_id, source)


def checked_suffix(content: bytes, article_id: str) -> str:
    """The suffix that names the file's reader; raises `ReadError` when there is none."""
    suffix = "." + article_id.rsplit(".", 1)[-1].lower() if "." in article_id else ""
    if suffix not in READERS:
        raise ReadError(f"{article_id}: no reader for this kind of file; use {', '.join(READERS)}")
    if len(content) > LARGEST_FILE_BYTES:
        limit = LARGEST_FILE_BYTES // 1_000_000
        raise ReadError(f"{article_id}: larger than {limit} MB; split it into several files")
    return suffix


def read_document(content: bytes, suffix: str) -> Document:
    """The document in `content`; a title or date it has no field for, from its first lines.

    A table has no date but its rows'.

    Raises `ReadError`, without the file's name, and `MemoryError`; nothing else.
    """
    from embeddings.readers.signatures import refuse_other_format

    refuse_other_format(content, suffix)
    try:
        document = READERS[suffix](content)
    except (ReadError, MemoryError):
        raise
    except RecursionError as error:
        raise ReadError("its parts are nested too deep to be read") from error
    except Exception as error:  # a damaged file surprises its library in ways nobody lists
        if "memory" in str(error).lower():  # libxml2 has no other word for it
            raise MemoryError from error
        raise ReadError("damaged, or not what its name says") from error
    if not document.text.strip():
        raise ReadError(document.incomplete or "the file holds no text")
    if document.title and document.date:
        return document
    from embeddings.readers.metadata import find_metadata

    found = find_metadata(document.text)
    date = document.date or (None if suffix in _TABLES else found.date)
    return replace(document, title=document.title or found.title, date=date)


def article_from(document: Document, article_id: str, source: str) -> Article:
    """The article that a document makes under `article_id`."""
    return Article(
        article_id,
        document.text,
        title=document.title,
        date=document.date,
        source=source,
        author=document.author,
        language=document.language,
        pages=document.pages,
        incomplete=document.incomplete,
    )
