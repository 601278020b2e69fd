"""Whether an article speaks of what a question names."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.understanding.question import analyse
from embeddings.lexical import stems

if TYPE_CHECKING:
    from embeddings.records import Article

__all__ = ["names_missing", "names_of", "names_thing", "speaks_of_names"]


def names_of(question: str) -> frozenset[str]:
    """Stems of the capitalised words of a question: what it is about by name."""
    return frozenset(stem for name in analyse(question).names for stem in stems(name))


def names_missing(question: str, article: Article) -> frozenset[str]:
    """Stems of the question's names that stand neither in the article's title nor in its text."""
    return names_of(question) - _stems(f"{article.title or ''} {article.text}")


def speaks_of_names(question: str, article: Article) -> bool:
    """Whether the article mentions one of the question's names, if there is any."""
    names = names_of(question)
    return not names or names_missing(question, article) != names


def names_thing(thing: str, text: str) -> bool:
    """Whether a text names a thing: by a word of its name, or if it has none, by all its words."""
    own, there = frozenset(stems(thing)), _stems(text)
    return bool(own & there) if names_of(f"of {thing}") else own <= there


@lru_cache(maxsize=256)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stems(text))
