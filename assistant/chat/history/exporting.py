"""A kept conversation → Markdown with footnotes, or JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistant.answers import Answer
from assistant.chat.history.keeping import NOTES
from assistant.showing.footnotes import escape, to_markdown
from embeddings.errors import CitationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.chat.history.store import Conversation, Exchange

__all__ = ["SCHEMA", "conversation_json", "conversation_markdown"]

SCHEMA = "footnote/conversation/1"
LABEL = re.compile(r"(?<!\\)\[\^(\d+)\]")
"""A footnote's label as `to_markdown` writes it; what an article says has a backslash there."""
NO_ANSWER = "*No answer.*"


def conversation_markdown(conversation: Conversation) -> str:
    """Each question as a heading above its answer; footnotes are numbered `question-source`."""
    blocks = [f"# {escape(conversation.name)}"]
    for number, exchange in enumerate(conversation.exchanges, start=1):
        blocks += [
            f"## {escape(exchange.question)}",
            f"*Asked {exchange.asked[:16].replace('T', ' ')} UTC*",
            *(LABEL.sub(rf"[^{number}-\1]", said).rstrip() for said in _replies(exchange)),
        ]
    return "\n\n".join(blocks) + "\n"


def conversation_json(conversation: Conversation) -> dict[str, Any]:
    """JSON-ready dictionary; each answer can be saved by itself and verified."""
    return {
        "schema": SCHEMA,
        "id": conversation.id,
        "name": conversation.name,
        "created": conversation.created,
        "updated": conversation.updated,
        "exchanges": [
            {
                "asked": exchange.asked,
                "question": exchange.question,
                "answer": _published(exchange.answer),
                "told": exchange.told or None,
                "rating": {"liked": exchange.rating.liked, "reason": exchange.rating.reason}
                if exchange.rating
                else None,
            }
            for exchange in conversation.exchanges
        ],
    }


def _published(answer: dict[str, Any] | None) -> dict[str, Any] | None:
    """A kept answer in the form that other programs know."""
    return answer and {name: value for name, value in answer.items() if name != NOTES}


def _replies(exchange: Exchange) -> Iterator[str]:
    """The answer, and what was told where it has no end."""
    if exchange.answer is not None:
        try:
            yield to_markdown(Answer.from_dict(exchange.answer))
        except CitationError:
            yield NO_ANSWER
    if exchange.told or exchange.answer is None:
        yield exchange.told or NO_ANSWER
