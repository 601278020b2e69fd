"""The page of one article, as pure functions: the links to it, and its text in blocks.

A place in an article is `start-end`, in characters of its text as Python counts them. The browser
counts UTF-16 units; `public/articles.js` converts.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from embeddings.records import Article

__all__ = [
    "HIDDEN",
    "Block",
    "Piece",
    "Place",
    "blocks",
    "link",
    "path_of",
    "plain",
    "read_place",
    "visible",
]

Place = tuple[int, int]
"""Start and end of a stretch of an article's text."""

ARTICLES = "/articles"
PLACE = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")
BETWEEN_PARAGRAPHS = re.compile(r"\n(?:[^\S\n]*\n)+")
# Tags have no shape either, but after a black flag, to which they give that of a region (UTS 51).
FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
# Controls, direction marks and the like have no shape; public/app.js shows the same ones.
HIDDEN = re.compile(
    f"({FLAG})|\r\n|[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
# What HTML does not let through, each as one character: the places after it must not move.
IN_HTML = {"\0": "\ufffd", "\r": "&#13;"}
LINE_END = "\r\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is marked as a whole, or not at all."""

    text: str
    marked: bool
    first: bool
    """True where the marked place begins."""
    page: int | None
    """Number of the page that begins with this piece."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or what stands between two. All blocks together are the text."""

    pieces: tuple[Piece, ...]
    paragraph: bool


def path_of(article_id: str) -> str:
    """Path of the page of an article, whatever characters its id has."""
    return f"{ARTICLES}/{quote(article_id, safe='/')}"


def link(article_id: str, start: int, end: int, sha256: str) -> str:
    """Permanent link to a place; `sha256`, of the text it was cited from, tells of changes."""
    return f"{path_of(article_id)}?{urlencode({'sha256': sha256})}#{start}-{end}"


def read_place(text: str, article: Article) -> Place | None:
    """The place that `start-end` names; None where the article has no such place."""
    found = PLACE.fullmatch(text)
    if found is None:
        return None
    start, end = int(found[1]), int(found[2])
    return (start, end) if start < end <= len(article.text) else None


def blocks(article: Article, place: Place | None = None) -> tuple[Block, ...]:
    """The text of an article in blocks, cut where a page begins and around the marked place."""
    # Of pages without text the last one counts, as in `Article.page_of`.
    pages = {offset: number for number, offset in enumerate(article.pages, start=1)}
    cuts = sorted({*pages, *(place or ())})

    def pieces(start: int, end: int) -> tuple[Piece, ...]:
        inner = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
        return tuple(
            Piece(
                article.text[low:high],
                marked=place is not None and place[0] <= low < place[1],
                first=place is not None and place[0] == low,
                page=pages.get(low),
            )
            for low, high in pairwise((start, *inner, end))
        )

    return tuple(
        Block(pieces(start, end), paragraph)
        for start, end, paragraph in _paragraphs(article.text)
        if start < end
    )


def _paragraphs(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each paragraph, and of each gap: those are False."""
    at = 0
    for gap in BETWEEN_PARAGRAPHS.finditer(text):
        yield at, gap.start(), True
        yield gap.start(), gap.end(), False
        at = gap.end()
    yield at, len(text), True


def visible(text: str) -> Markup:
    """`text` as HTML that shows it exactly, with a sign where a character has no shape.

    A direction mark is isolated, so that it cannot turn the text around it.
    """
    return Markup(HIDDEN.sub(_signed, str(escape(text))))


def plain(text: str) -> str:
    """`text` without what has no shape, for the name of a tab."""
    return HIDDEN.sub(lambda found: found[1] or "", text)


def _signed(found: re.Match[str]) -> str:
    character = found[0]
    if found[1]:
        return character
    if character == LINE_END:
        return f"{IN_HTML[character[0]]}\n"
    shown = IN_HTML.get(character, character)
    return f'<span class="hidden" data-code="{ord(character):04X}">{shown}</span>'
