"""A kept conversation → what the browser shows of it, its citations proven again.

Pure functions on Chainlit's dictionaries; only their types come from Chainlit.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from assistant.answers import Answer
from assistant.chat.history.keeping import CUT_OFF, notes_of
from assistant.chat.replies import rendering
from assistant.chat.replies.escaping import escape
from assistant.chat.texts.language import N_
from assistant.chat.texts.language import gettext as _
from embeddings.errors import AssistantError, CitationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from chainlit.element import ElementDict
    from chainlit.step import StepDict

    from assistant.chat.history.store import Conversation, Exchange
    from assistant.chat.opening import Turn
    from assistant.chat.replies.rendering import Lookup

__all__ = ["Shown", "shown", "spoken", "turns"]

STOPPED = N_("This question was not answered: it was stopped, or the chat ended. Ask it again.")
ANSWERING = N_("This question is still being answered. The answer will stand here.")
UNREADABLE = N_("The answer cannot be read any more; ask again.")
RUN = "on_message"
"""Chainlit's name for what encloses a reply; the browser looks for it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The steps and elements of a conversation, as Chainlit sends them."""

    steps: list[StepDict]
    elements: list[ElementDict]


def shown(
    conversation: Conversation,
    article: Lookup,
    answering: Collection[str] = (),
) -> Shown:
    """Everything that the browser shows.

    `answering` are the ids of exchanges that are being answered just now.
    """
    found = Shown([], [])
    for exchange in conversation.exchanges:
        content, panel = _reply(exchange, article, exchange.id in answering)
        found.steps.extend(_steps(exchange, content))
        if panel is not None:
            found.elements.append(_element(exchange, conversation.id, "SourcesPanel", panel))
    if conversation.exchanges and _is_cut_off(conversation.exchanges[-1], answering):
        exchange = conversation.exchanges[-1]
        again = {"questions": [exchange.question], "again": True}
        found.elements.append(_element(exchange, conversation.id, "AskNext", again))
    for step in found.steps:
        step["threadId"] = conversation.id
    return found


def turns(conversation: Conversation) -> list[Turn]:
    """What was said, for the questions that follow."""
    said: list[Turn] = []
    for exchange in conversation.exchanges:
        if exchange.answer is not None:
            said.append({"role": "user", "content": exchange.question})
            said.append({"role": "assistant", "content": str(exchange.answer["text"])})
    return said


def spoken(exchange: Exchange) -> str:
    """What is read out of a reply that is there now."""
    if exchange.answer is None:
        return _("This question could not be answered.") if exchange.told else _(STOPPED)
    answer = _answer(exchange.answer)
    return rendering.spoken(answer) if answer is not None else _(UNREADABLE)


def _is_cut_off(exchange: Exchange, answering: Collection[str]) -> bool:
    """Whether a question is to be asked again: it was stopped, or the chat ended before its end."""
    if exchange.id in answering or exchange.told:
        return False
    return exchange.answer is None or CUT_OFF in exchange.answer.get("notes", ())


def _answer(form: dict[str, Any]) -> Answer | None:
    """A kept answer; None for one that another program wrote into the file."""
    try:
        return replace(Answer.from_dict(form), notes=notes_of(form))
    except CitationError:
        return None


def _reply(
    exchange: Exchange, article: Lookup, answering: bool
) -> tuple[str, rendering.Panel | None]:
    """The Markdown of a reply, and its panel."""
    if exchange.partial and answering:
        return escape(_(ANSWERING)), None
    if exchange.answer is None:
        return exchange.told or escape(_(ANSWERING if answering else STOPPED)), None
    answer = _answer(exchange.answer)
    if answer is None:
        return escape(_(UNREADABLE)), None
    sources = [rendering.source_now(each, article, exchange.asked) for each in answer.citations]
    asked_as = rendering.asked_as_markdown(answer.standalone_question, answer.question)
    below = rendering.notes_markdown(rendering.changed_note(sources, exchange.asked))
    if exchange.told:
        below += f"\n\n{exchange.told}"
    if answer.refusal is not None:
        panel = _sources(exchange, sources) if sources else _closest(exchange, answer, article)
        return asked_as + rendering.refusal_markdown(answer) + below, panel
    text = rendering.sentence_markdown(answer.text, exchange.reply_id, answer.citations)
    notes = rendering.notes_markdown(answer.notes)
    return asked_as + text + notes + below, _sources(exchange, sources, answer)


def _sources(
    exchange: Exchange, sources: list[rendering.Source], answer: Answer | None = None
) -> rendering.Panel:
    copy = rendering.copy_text(answer) if answer else ""
    return rendering.panel(exchange.reply_id, "sources", sources, copy)


def _closest(exchange: Exchange, answer: Answer, article: Lookup) -> rendering.Panel | None:
    """The closest articles of a refusal, those that are still as they were."""
    sources: list[rendering.Source] = []
    for hit in rendering.closest_hits(answer.hits):
        passage = hit.passage
        try:
            found = article(passage.article_id)
        except AssistantError:
            continue
        if found.text[passage.start : passage.end] == passage.text:
            sources.append(rendering.closest_source(len(sources) + 1, hit, found))
    return rendering.panel(exchange.reply_id, "closest", sources) if sources else None


def _steps(exchange: Exchange, content: str) -> Iterator[StepDict]:
    """The question, and the run that holds the reply and its folded steps."""
    yield _step(exchange, exchange.question_id, "user_message", "User", exchange.question, None)
    run = _step(exchange, exchange.id, "run", RUN, "", exchange.question_id)
    if rating := exchange.rating:
        run["feedback"] = {
            "forId": exchange.id,
            "id": rating.id,
            "value": 1 if rating.liked else 0,
            "comment": rating.reason or None,
        }
    yield run
    yield from _folded(exchange, "retrieval")
    yield _step(exchange, exchange.reply_id, "assistant_message", "Footnote", content, exchange.id)
    yield from _folded(exchange, "tool")


def _folded(exchange: Exchange, kind: str) -> Iterator[StepDict]:
    for step in exchange.steps:
        if step.kind == kind:
            yield _step(
                exchange, _id(exchange, step.name), kind, step.name, step.output, exchange.id
            )


def _id(exchange: Exchange, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(exchange.id), name))


def _step(
    exchange: Exchange, step_id: str, kind: str, name: str, output: str, parent: str | None
) -> StepDict:
    fields: dict[str, Any] = {
        "id": step_id,
        "parentId": parent,
        "type": kind,
        "name": name,
        "input": "",
        "output": output,
        "createdAt": exchange.asked,
        "start": exchange.asked,
        "end": exchange.asked,
        "streaming": False,
        "isError": False,
        "waitForAnswer": False,
        "metadata": {},
        "tags": None,
    }
    return cast("StepDict", fields)


def _element(
    exchange: Exchange, thread_id: str, name: str, props: Mapping[str, Any]
) -> ElementDict:
    fields: dict[str, Any] = {
        "id": _id(exchange, name),
        "threadId": thread_id,
        "forId": exchange.reply_id,
        "type": "custom",
        "name": name,
        "display": "inline",
        "mime": "application/json",
        "props": dict(props),
    }
    return cast("ElementDict", fields)
