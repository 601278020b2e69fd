"""HTML: a page → its article, without the navigation around it."""

from __future__ import annotations

import re
from typing import Any

from embeddings.errors import ReadError
from embeddings.readers.decoding import Decoded, decode
from embeddings.readers.page_article import article_roots, without_chrome
from embeddings.readers.page_metadata import page_metadata
from embeddings.readers.page_text import page_text
from embeddings.records import Document

__all__ = ["html_text", "parse_html", "read_html"]

_HEAD = 4_096
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-z0-9_.:+-]{2,40})"
    rb"|<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-z0-9_.:+-]{2,40})",
    re.IGNORECASE,
)
_LITTLE = 140
"""An article shorter than this many characters is doubted: was it the article?"""


def read_html(content: bytes) -> Document:
    """The page's article: headings on lines of their own, a list's item and a table's row a line.

    The title, date, author and language are those that the page's head states.
    """
    decoded = decode_html(content)
    root, damage = parse_html(decoded.text)
    metadata = page_metadata(root)
    text = _article_text(root, decoded.text)
    return Document(
        text,
        title=metadata.title,
        date=metadata.date,
        author=metadata.author,
        language=metadata.language,
        incomplete=decoded.incomplete or damage,
    )


def decode_html(content: bytes, declared: str | None = None) -> Decoded:
    """The characters of a page, by the encoding it declares where that fits."""
    found = _DECLARED.search(content[:_HEAD])
    stated = (found[1] or found[2]).decode("ascii") if found else declared
    return decode(content, stated)


def html_text(markup: str) -> tuple[str, str | None]:
    """All text of `markup`, scripts apart, and what is wrong with it: for mail and books."""
    root, damage = parse_html(markup)
    return page_text([root]), damage


def parse_html(markup: str) -> tuple[Any, str | None]:
    """The root element, and why some of the page is missing below it; None when it is not.

    Raises `ReadError` when the markup holds nothing.
    """
    from lxml import etree

    # Encoded again, for the parser believes bytes and doubts strings that declare an encoding.
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
    )
    content = markup.replace("\x00", "").encode("utf-8", "replace")
    root = etree.fromstring(content, parser) if content.strip() else None
    deep = any("Excessive depth" in entry.message for entry in parser.error_log)
    damage = "nested too deep; text of its inner parts was not read" if deep else None
    if root is None:
        raise ReadError(damage or "the page holds no text")
    return root, damage


def _article_text(root: Any, markup: str) -> str:
    """Text of the article; of the whole page where telling them apart leaves too little.

    Changes `root`, which is what `markup` was parsed into.
    """
    kept = without_chrome(root)
    text = page_text(article_roots(kept))
    if len(text) >= _LITTLE:
        return text
    whole = page_text([parse_html(markup)[0]])
    choices = (text, page_text([kept]))
    return next((choice for choice in choices if len(choice) > len(whole) / 2), whole)
