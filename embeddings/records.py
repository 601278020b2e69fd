"""What flows through Footnote before a question is asked: articles and their passages."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field

__all__ = ["Article", "Document", "Passage", "sha256_of"]

OPENING_CHARACTERS = 60


def sha256_of(text: str) -> str:
    """Hex SHA-256 of the UTF-8 bytes of `text`."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader takes out of a file: its text, and what the file says of itself."""

    text: str
    title: str | None = None
    date: str | None = None
    """Publication date, ISO 8601 (`2024-01-01`)."""
    author: str | None = None
    language: str | None = None
    """BCP 47 tag (`en`, `pt-BR`)."""
    pages: tuple[int, ...] = ()
    """Offset in `text` at which each page begins; empty where the format has no pages."""
    incomplete: str | None = None
    """Why text may be missing, in words for people; None when nothing points to it."""


@dataclass(frozen=True, slots=True)
class Article:
    """One document, as text. Offsets everywhere count characters of `text`."""

    id: str
    """Path relative to the indexed folder, with `/` between parts."""
    text: str
    title: str | None = None
    """Title the document states; None where it states none."""
    date: str | None = None
    """Publication date the document states, ISO 8601 (`2024-01-01`); None where it states none."""
    source: str | None = None
    """Where the article came from: the absolute path of its file."""
    sha256: str = field(default="")
    """Hex SHA-256 of `text`; computed when not given."""
    author: str | None = None
    """Author the document states."""
    language: str | None = None
    """Language the document states, as a BCP 47 tag (`en`, `pt-BR`)."""
    pages: tuple[int, ...] = ()
    """Offset in `text` at which each page begins; empty where the format has no pages."""
    incomplete: str | None = None
    """Why text of the file may be missing here; None when nothing points to it."""
    also_at: tuple[str, ...] = ()
    """Ids of the other files that hold the same text."""

    def __post_init__(self) -> None:
        if not self.sha256:
            object.__setattr__(self, "sha256", sha256_of(self.text))

    @property
    def label(self) -> str:
        """Title for display: the article's own, else its opening words."""
        if self.title:
            return self.title
        opening = " ".join(self.text[: 4 * OPENING_CHARACTERS].split())
        if len(opening) <= OPENING_CHARACTERS:
            return opening or self.id
        return opening[:OPENING_CHARACTERS].rsplit(" ", 1)[0] + "…"

    def page_of(self, offset: int) -> int | None:
        """Number of the page, from 1, that the character at `offset` stands on."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one article: `article.text[start:end] == text`, always."""

    article_id: str
    start: int
    end: int
    text: str
    title: str | None = None
    date: str | None = None
