"""The catalog: articles by what they are, one page at a time, and the files that are not indexed.

A page is chosen in SQL, over indexes that hold all columns which choose and order: no text is read
but those of the articles on the page.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from embeddings.records import OPENING_CHARACTERS

if TYPE_CHECKING:
    import sqlite3

    from embeddings.records import Article

__all__ = [
    "MOST_WORDS", "CatalogPage", "CatalogQuery", "Chosen", "Order", "RefusedFile", "State",
    "choose", "folded",
]  # fmt: skip

State = Literal["", "indexed", "incomplete", "refused"]
"""What became of a file; empty for every article."""
Order = Literal["newest", "oldest", "title", "file"]
MOST_WORDS = 16
"""Words that a page should be asked for; each is looked for in every article."""

_ORDERS: dict[Order, str] = {
    # NULL comes first in ascending order: articles without a date are last either way.
    "newest": "date DESC, id",
    "oldest": "date IS NULL, date, id",
    "title": "title IS NULL, folded(title), id",
    "file": "id",
}
_REFUSED = "state = 'refused'"
_WORDS = "folded({title} || ' ' || coalesce(author, '') || ' ' || id)"
# What `Article.label` shows where there is no title; those are few, and their texts are read.
_OPENING = f"substr(text, 1, {4 * OPENING_CHARACTERS})"


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """Which page of which articles. An article without a date lies outside of every range."""

    words: str = ""
    """Each must stand in the title (the opening words, where there is none), author or id."""
    since: str | None = None
    """First day, ISO 8601."""
    until: str | None = None
    """Last day, itself included."""
    state: State = ""
    order: Order = "newest"
    page: int = 1
    """From 1; a page after the last means the last."""
    size: int = 50


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was read and not indexed."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """One page of the catalog, and how much there is of it."""

    articles: tuple[Article, ...]
    files: tuple[RefusedFile, ...]
    """The refused files of this page; only where those are asked for."""
    found: int
    """Articles, or refused files, that match."""
    page: int
    pages: int
    refused: int
    """Files that were refused, of all that were read."""


def folded(text: str | None) -> str:
    """`text` as it is compared: without regard to letter case, or to how a letter is composed."""
    return unicodedata.normalize("NFKC", text or "").casefold()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A page before the texts of its articles are read: `keys` names them, in order."""

    keys: tuple[int, ...]
    files: tuple[RefusedFile, ...]
    found: int
    page: int
    pages: int
    refused: int


def choose(db: sqlite3.Connection, query: CatalogQuery) -> Chosen:
    """What is on the page that is asked for."""
    db.create_function("folded", 1, folded, deterministic=True)
    of_files = query.state == "refused"
    conditions, values = _files_like(query) if of_files else _articles_like(query)
    where = f"FROM {'files' if of_files else 'articles'} WHERE {' AND '.join(conditions)}"
    found = int(db.execute(f"SELECT count(*) {where}", values).fetchone()[0])
    pages = max(1, -(-found // query.size))
    page = min(max(1, query.page), pages)
    rows = db.execute(
        f"SELECT {'path, reason' if of_files else 'key'} {where} "
        f"ORDER BY {'path' if of_files else _ORDERS[query.order]} LIMIT ? OFFSET ?",
        (*values, query.size, (page - 1) * query.size),
    ).fetchall()
    return Chosen(
        keys=() if of_files else tuple(int(key) for (key,) in rows),
        files=tuple(RefusedFile(path, reason or "") for path, reason in rows) if of_files else (),
        found=found,
        page=page,
        pages=pages,
        refused=int(db.execute(f"SELECT count(*) FROM files WHERE {_REFUSED}").fetchone()[0]),
    )


def _words(query: CatalogQuery) -> list[str]:
    return list(dict.fromkeys(folded(query.words).split()))


def _articles_like(query: CatalogQuery) -> tuple[list[str], list[object]]:
    conditions: list[str] = ["1"]
    values: list[object] = []
    for day, comparison in ((query.since, ">="), (query.until, "<=")):
        if day:
            conditions.append(f"date {comparison} ?")
            values.append(day)
    if query.state:
        conditions.append(f"incomplete IS {'NOT ' if query.state == 'incomplete' else ''}NULL")
    words = _words(query)
    if words:
        titled = _all_in(_WORDS.format(title="title"), words)
        untitled = _all_in(_WORDS.format(title=_OPENING), words)
        conditions.append(
            f"(title IS NOT NULL AND {titled} OR key IN "
            f"(SELECT key FROM articles WHERE title IS NULL AND {untitled}))"
        )
        values += [*words, *words]
    return conditions, values


def _all_in(text: str, words: list[str]) -> str:
    return " AND ".join([f"instr({text}, ?)"] * len(words))


def _files_like(query: CatalogQuery) -> tuple[list[str], list[object]]:
    """Refused files have no date, so a range of dates leaves all of them out."""
    conditions = [_REFUSED]
    if query.since or query.until:
        conditions.append("0")
    words = _words(query)
    if words:
        conditions.append(_all_in("folded(path)", words))
    return conditions, [*words]
