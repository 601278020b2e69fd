"""The library, as pure functions: what a form asks for, and the address of each page of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args
from urllib.parse import urlencode

from assistant.chat.library.article_page import ARTICLES
from assistant.chat.texts.language import N_
from assistant.retrieval.filters import Filter
from assistant.wording import say
from embeddings.catalog import MOST_WORDS, CatalogQuery, Order, State
from embeddings.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeVar

    Chosen = TypeVar("Chosen", State, Order)

__all__ = ["ORDERS", "STATES", "address", "query_of"]

STATES: dict[State, str] = {
    "": N_("Any state"),
    "indexed": N_("Indexed"),
    "incomplete": N_("May be incomplete"),
    "refused": N_("Refused"),
}
ORDERS: dict[Order, str] = {
    "newest": N_("Newest first"),
    "oldest": N_("Oldest first"),
    "title": N_("Title"),
    "file": N_("File"),
}


def query_of(form: Mapping[str, str]) -> CatalogQuery:
    """What the form asks for; raises `QuestionError` for what it cannot mean."""
    words = form.get("words", "").strip()
    if len(words.split()) > MOST_WORDS:
        raise QuestionError(
            say("the articles are filtered by {count} words at most", count=MOST_WORDS)
        )
    dates = Filter(since=form.get("since") or None, until=form.get("until") or None)
    state, order = form.get("state", ""), form.get("order") or "newest"
    if state not in STATES or order not in ORDERS:
        raise QuestionError(
            say(
                "articles are filtered by state ({states}) and ordered by {orders}",
                states=", ".join(get_args(State)[1:]),
                orders=", ".join(get_args(Order)),
            )
        )
    page = form.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 10 else 1
    return CatalogQuery(words, dates.since, dates.until, state, order, number)


def address(query: CatalogQuery, page: int) -> str:
    """Address of one page of what is asked for."""
    asked = {
        "words": query.words,
        "since": query.since,
        "until": query.until,
        "state": query.state,
        "order": "" if query.order == "newest" else query.order,
        "page": page if page > 1 else "",
    }
    given = urlencode({name: value for name, value in asked.items() if value})
    return f"{ARTICLES}?{given}" if given else ARTICLES
