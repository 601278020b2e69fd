"""One exchange on its way into the history. An answer is given even where it cannot be kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from assistant.answers import Answer
from assistant.chat.failures import told
from assistant.chat.replies import rendering
from assistant.chat.texts.language import gettext as _
from assistant.proof.citations import shown
from assistant.showing.footnotes import sentences_in
from assistant.wording import Said, say
from embeddings.errors import AssistantError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assistant.answers import Citation
    from assistant.chat.history.store import Exchange, FoldedStep, History

__all__ = ["CUT_OFF", "NOTES", "PART_SECONDS", "Keeping", "cut_off", "kept_form", "notes_of"]

NOTES = "notes_in_parts"
"""In the kept form of an answer, beside the form that other programs know."""
PART_SECONDS = 0.5
"""How often what is shown of an answer is kept before its end; a kill loses what came since."""
CUT_OFF = say("This answer is cut off: it was stopped, or the chat ended. Ask again for all of it.")


class Keeping:
    """Keeps the question at once and its answer when it is there; nothing without a history."""

    def __init__(
        self, history: History | None, owner: str, conversation_id: str, exchange: Exchange
    ) -> None:
        self._history = history
        self._owner = owner
        self._conversation_id = conversation_id
        self.exchange = exchange
        self.problem = ""
        """Why this exchange is not kept, in words for the user."""

    async def begin(self) -> None:
        """Keep the question, so that it is there even if the answer never comes."""
        if self._history is not None:
            await self._try(self._history.begin, self._owner, self._conversation_id, self.exchange)

    async def follow(self, so_far: Callable[[], Answer | None]) -> None:
        """Keep what is shown of an answer from time to time, until this is cancelled."""
        kept = ""
        while self._history is not None and not self.problem:
            await asyncio.sleep(PART_SECONDS)
            answer = so_far()
            if answer is not None and answer.text != kept:
                kept = answer.text
                given = (self._owner, self.exchange.id, kept_form(answer))
                try:
                    await asyncio.to_thread(self._history.keep_part, *given)
                except AssistantError as error:  # the whole of it may be kept all the same
                    told(error)
                    return

    async def finish(
        self, answer: Answer | None, said: str = "", steps: Sequence[FoldedStep] = ()
    ) -> None:
        """Keep the answer, or what is shown of it, and what was `said` instead, in Markdown."""
        if self._history is not None and not self.problem:
            form = kept_form(answer) if answer is not None else None
            await self._try(
                self._history.finish, self._owner, self.exchange.id, form, said, tuple(steps)
            )

    async def _try(self, function: Any, *given: object) -> None:
        try:
            await asyncio.to_thread(function, *given)
        except AssistantError as error:
            text, error_id = told(error)
            self.problem = _("This is not kept in the history: {problem} (error {id})").format(
                problem=text, id=error_id
            )


def cut_off(
    question: str, standalone: str, sentences: Sequence[str], citations: Sequence[Citation]
) -> Answer | None:
    """An answer of the sentences that were shown before it ended; None where none is cited.

    How likely it is right was not told yet, so its confidence is 0.
    """
    said = [one for one in sentences_in(" ".join(sentences), citations) if one.numbers]
    cited = {number for one in said for number in one.numbers}
    quotes = {citation.number: shown(citation.quote) for citation in citations}
    quoted = all(quotes[number] == one.text for one in said for number in one.numbers)
    if not said:
        return None
    return Answer(
        question=question,
        standalone_question=standalone,
        text=" ".join(f"{one.text}{''.join(f'[{n}]' for n in one.numbers)}" for one in said),
        refusal=None,
        confidence=0.0,
        citations=tuple(citation for citation in citations if citation.number in cited),
        notes=(CUT_OFF,),
        composer="local" if quoted else "llm",
    )


def kept_form(answer: Answer) -> dict[str, Any]:
    """What is kept of an answer: all that the browser shows of it.

    Its explanation is kept as it was shown; of its hits only those that a refusal shows.
    """
    form = answer.to_dict()
    form.pop("explanation", None)
    shown = [] if answer.answered else rendering.closest_hits(answer.hits)
    notes = [note.parts() if isinstance(note, Said) else note for note in answer.notes]
    return {**form, "hits": [hit.to_dict() for hit in shown], NOTES: notes}


def notes_of(form: Mapping[str, Any]) -> tuple[str, ...]:
    """The notes of a kept answer, as they can be translated; those of older ones cannot."""
    notes = form.get(NOTES, form["notes"])
    return tuple(Said.of(note) if isinstance(note, dict) else note for note in notes)
