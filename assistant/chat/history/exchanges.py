"""What is kept of a conversation: exchanges of a question and its reply, and ratings of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Conversation", "Exchange", "FoldedStep", "Page", "Rating", "Verdict"]

Verdict = Literal["accepted", "discarded"]
"""What a reviewer made of an answer that somebody disliked."""


@dataclass(frozen=True, slots=True)
class FoldedStep:
    """A folded line of a reply, such as what the search found; `output` is Markdown."""

    kind: Literal["retrieval", "tool"]
    name: str
    output: str


@dataclass(frozen=True, slots=True)
class Rating:
    """What somebody thought of an answer."""

    id: str
    liked: bool
    reason: str
    given: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its reply. The ids are UUIDs, as the browser knows them."""

    id: str
    question_id: str
    reply_id: str
    question: str
    asked: str = ""
    """When: ISO 8601, in UTC."""
    answer: dict[str, Any] | None = None
    """`Answer.to_dict()`; None where there is none, because it failed or was stopped."""
    told: str = ""
    """Markdown of what was said in place of an answer, or below one that an error cut off."""
    steps: tuple[FoldedStep, ...] = ()
    partial: bool = False
    """True where the answer is only what was shown of it so far, or before the chat was killed."""
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation; in a list, without its exchanges."""

    id: str
    owner: str
    name: str
    created: str
    updated: str
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some conversations, newest first, and where the next page begins; None after the last."""

    conversations: tuple[Conversation, ...]
    cursor: str | None
