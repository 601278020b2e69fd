"""Answers that somebody disliked in the chat → questions of the evaluation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embeddings.errors import AssistantError
from embeddings.folders import UPLOADED
from eval.questions import KINDS, load_text
from eval.text import states
from eval.writing import lines_of, put

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from assistant.chat.history.store import Conversation, Exchange, History
    from embeddings.records import Article

__all__ = ["Candidate", "InboxError", "append", "candidates", "question_row", "unanswerable_row"]


class InboxError(AssistantError):
    """A candidate cannot become a question as it is."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that somebody disliked, and the conversation before it."""

    id: str
    question: str
    standalone_question: str
    answer: str
    refused: bool
    quotes: tuple[tuple[str, str], ...]
    """Article id and quote of each citation."""
    corpus: str
    """Fingerprint of the articles that were asked."""
    reason: str
    given: str
    history: tuple[tuple[str, str], ...] = ()
    """Role and content of each turn before."""


def candidates(history: History) -> tuple[Candidate, ...]:
    """What nobody has reviewed yet, oldest first; a question without an answer is none."""
    return tuple(
        _candidate(conversation, exchange)
        for conversation, exchange in history.disliked()
        if exchange.answer is not None
    )


def _candidate(conversation: Conversation, exchange: Exchange) -> Candidate:
    answer, rating = exchange.answer, exchange.rating
    assert answer is not None
    assert rating is not None
    before = [each for each in conversation.exchanges[:-1] if each.answer is not None]
    return Candidate(
        id=rating.id,
        question=exchange.question,
        standalone_question=answer["standalone_question"],
        answer=answer["text"],
        refused=answer["refusal"] is not None,
        quotes=tuple((c["article_id"], c["quote"]) for c in answer["citations"]),
        corpus=answer["corpus"],
        reason=rating.reason,
        given=rating.given,
        history=tuple(
            turn
            for each in before
            for turn in (("user", each.question), ("assistant", (each.answer or {})["text"]))
        ),
    )


def question_row(
    candidate: Candidate,
    facts: Sequence[str],
    quotes: Sequence[str],
    articles: Iterable[Article],
    kind: str | None = None,
) -> dict[str, Any]:
    """The line of a question that has an answer.

    Each of `facts` may name alternatives, separated by `|`. Each of `quotes` must stand in an
    article; without any, those quotes of the disliked answer serve that state a fact and still
    stand in an article. Added files do not count: an evaluation asks the folder.
    """
    articles = [one for one in articles if not one.id.startswith(UPLOADED)]
    if not facts:
        raise InboxError("an answerable question needs a fact; name one with --fact")
    accepted = [[part.strip() for part in fact.split("|") if part.strip()] for fact in facts]
    if quotes:
        evidence = [_place(quote, articles) for quote in quotes]
    else:
        wanted = [part for fact in accepted for part in fact]
        evidence = [
            {"article_id": article_id, "quote": quote}
            for article_id, quote in candidate.quotes
            if any(states(quote, part) for part in wanted)
            and any(one.id == article_id and quote in one.text for one in articles)
        ]
        if not evidence:
            raise InboxError(
                "no quote of the answer states the fact, or no article has it any more; name one "
                "that does with --quote"
            )
    return {
        **_common(candidate, kind or ("follow_up" if _leans(candidate) else "fact")),
        "answerable": True,
        "facts": accepted,
        "evidence": evidence,
        "note": _note(candidate),
    }


def unanswerable_row(candidate: Candidate, why: str) -> dict[str, Any]:
    """The line of a question that the articles do not answer."""
    return {
        **_common(candidate, "unanswerable"),
        "answerable": False,
        "about": candidate.quotes[0][0] if candidate.quotes else None,
        "why": why,
        "note": _note(candidate),
    }


def append(row: dict[str, Any], path: Path) -> None:
    """Add a line to a question file, once the loader takes the file with it; all or nothing.

    It takes the place of a line with its id: the same answer, judged again. Raises
    `QuestionFileError` for what the loader does not take.
    """
    try:
        before = path.read_text("utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InboxError(f"{path}: cannot be read: {error}; name another file: --out") from error
    if before and not before.endswith("\n"):
        before += "\n"
    own = f'{{"id": {json.dumps(row["id"])},'
    kept = [line for line in before.splitlines(keepends=True) if not line.startswith(own)]
    text = "".join(kept) + lines_of([row])
    load_text(text, path)
    put(path, text)


def _common(candidate: Candidate, kind: str) -> dict[str, Any]:
    if kind not in KINDS:
        raise InboxError(f"--kind {kind!r} is none; the kinds are {', '.join(KINDS)}")
    row: dict[str, Any] = {
        "id": f"inbox-{candidate.id[:8]}",
        "kind": kind,
        "question": candidate.question,
    }
    if candidate.history:
        row["history"] = [{"role": role, "content": said} for role, said in candidate.history]
    return row


def _leans(candidate: Candidate) -> bool:
    """Whether the question was understood from what was said before it."""
    return bool(candidate.history) and candidate.standalone_question != candidate.question


def _note(candidate: Candidate) -> str:
    reason = f": {candidate.reason}" if candidate.reason else ""
    return f"disliked in the chat on {candidate.given[:10]}{reason} (articles {candidate.corpus})"


def _place(quote: str, articles: Iterable[Article]) -> dict[str, str]:
    for article in articles:
        if quote and quote in article.text:
            return {"article_id": article.id, "quote": quote}
    raise InboxError(f"no article says {quote!r}, character for character; copy it from one")
