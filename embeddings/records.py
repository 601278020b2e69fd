"""What flows through Footnote before a question is asked: articles and their passages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

__all__ = ["Article", "Passage", "sha256_of"]

OPENING_CHARACTERS = 60


def sha256_of(text: str) -> str:
    """Hex SHA-256 of the UTF-8 bytes of `text`."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


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


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one article: `article.text[start:end] == text`, always."""

    article_id: str
    start: int
    end: int
    text: str
    title: str | None = None
    date: str | None = None
