"""Plain text and Markdown: bytes → text, character for character."""

from __future__ import annotations

from embeddings.readers.decoding import decode
from embeddings.readers.front_matter import with_front_matter
from embeddings.records import Document

__all__ = ["read_plain"]


def read_plain(content: bytes) -> Document:
    """Decoded text, line ends as they are; a byte-order mark is dropped."""
    decoded = decode(content)
    return with_front_matter(Document(decoded.text, incomplete=decoded.incomplete))
