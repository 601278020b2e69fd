"""One reply in the browser: the events of an answer → steps, a message and its panel."""

# Chainlit leaves most of its functions untyped.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import chainlit as cl  # noqa: TID253 (only the running app imports this module)
from chainlit.utils import utc_now  # noqa: TID253

from assistant.chat.history.keeping import cut_off
from assistant.chat.history.store import FoldedStep
from assistant.chat.replies import rendering
from assistant.chat.texts.language import N_
from assistant.chat.texts.language import gettext as _
from assistant.showing.footnotes import MARKERS, stands_below

if TYPE_CHECKING:
    from assistant.answers import Answer, Citation, Event, Hit
    from assistant.chat.opening import Answerer, Opening

__all__ = ["Reply"]

SEARCHING = N_("Searching the articles")
WHY_ANSWER, WHY_NONE = N_("Why this answer"), N_("Why no answer")


class Reply:
    """Shows one answer as its events come in.

    The panel is sent before the text, because a marker without its panel leads nowhere.
    """

    def __init__(self, opening: Opening, question: str) -> None:
        self.opening = opening
        self.question = question
        self.step = cl.Step(name=_(SEARCHING), type="retrieval", show_input=False)
        self.message = cl.Message(content="")
        self.note = ""
        self.panel: rendering.Panel | None = None
        self.element: cl.CustomElement | None = None
        self.citations: tuple[Citation, ...] = ()
        self.sources: dict[Citation, rendering.Source] = {}
        """As each was when it was first cited: what was shown is not taken back."""
        self.standalone = question
        self.sentences: list[str] = []
        self.answer: Answer | None = None
        """The whole answer, once it is there."""
        self.folded: list[FoldedStep] = []
        """The folded lines of the reply, to be kept with it."""

    async def show(self, event: Event) -> None:
        """Show what one event brings."""
        match event.kind:
            case "resolved":
                self.standalone = event.text
                self.note = rendering.asked_as_markdown(event.text, self.question)
                self.message.content = self.note
            case "hits":
                await self.show_hits(event.hits)
            case "citations":
                await self.show_sources(event.citations)
            case "sentence":
                await self.show_sentence(event.text)
            case "answer":
                assert event.answer is not None
                self.answer = event.answer
                await self.finish(event.answer)

    def so_far(self) -> Answer | None:
        """The answer, or what is shown of it; None where nothing is."""
        if self.answer is not None or not self.sentences:
            return self.answer
        return cut_off(self.question, self.standalone, self.sentences, self.citations)

    async def start(self) -> None:
        """Show that the search has begun."""
        self.step.parent_id = self.message.parent_id
        self.step.start = utc_now()
        await self.step.send()

    async def show_hits(self, hits: tuple[Hit, ...]) -> None:
        """Turn the search into what it found."""
        self.step.name = rendering.found(hits)
        ids = {hit.passage.article_id for hit in hits}
        labels = await self.opening.call(lambda a: {each: a.article(each).label for each in ids})
        self.step.output = rendering.found_markdown(hits, labels)
        self.folded.append(FoldedStep("retrieval", self.step.name, self.step.output))
        await self.end_step()

    async def end_step(self) -> None:
        """Stop the search's animation, if it still runs."""
        if self.step.end is None:
            self.step.end = utc_now()
            await self.step.update()

    async def show_sources(self, citations: tuple[Citation, ...]) -> None:
        """Send the message, still empty, with the panel of its sources; later, add to the panel."""
        self.citations = citations
        if not citations:
            return
        new = [citation for citation in citations if citation not in self.sources]

        def sources(assistant: Answerer) -> dict[Citation, rendering.Source]:
            return {c: rendering.source_now(c, assistant.article, utc_now()) for c in new}

        self.sources |= await self.opening.call(sources)
        if self.panel is None:
            await self.message.send()
        shown = [self.sources[citation] for citation in citations]
        await self.send_panel(rendering.panel(self.message.id, "sources", shown))

    async def show_sentence(self, text: str) -> None:
        """Add a sentence with its markers; one token, so that no marker arrives in halves."""
        if self.citations:
            sentence = rendering.sentence_markdown(text, self.message.id, self.citations)
            before = self.sentences[-1] if self.sentences else ""
            # After the space that ended the one before, this is what Markdown takes for a break.
            lead = " \n" if stands_below(text, MARKERS.sub("", before).rstrip()) else ""
            self.sentences.append(text)
            await self.message.stream_token(f"{lead}{sentence} ")

    async def finish(self, answer: Answer) -> None:
        """Complete the message: its last state is what was streamed, or the refusal."""
        if answer.refusal is not None:
            await self.refuse(answer)
        else:
            await self.complete(answer)
        await self.explain(answer)

    async def complete(self, answer: Answer) -> None:
        """Add the notes, and to the panel what is to be copied."""
        sources = [self.sources[citation] for citation in self.citations]
        notes = (*answer.notes, *rendering.changed_note(sources, utc_now()))
        self.message.content = self.message.content.rstrip() + rendering.notes_markdown(notes)
        await self.message.update()
        if self.panel is not None:
            self.panel["copy"] = rendering.copy_text(answer)
            await self.send_panel(self.panel)

    async def explain(self, answer: Answer) -> None:
        """Say below the answer why it is what it is; folded until someone wants to know."""
        if answer.explanation is None:
            return
        name = _(WHY_ANSWER if answer.answered else WHY_NONE)
        step = cl.Step(name=name, type="tool", show_input=False, parent_id=self.message.parent_id)
        step.start = step.end = utc_now()
        step.output = rendering.explanation_markdown(answer.explanation)
        self.folded.append(FoldedStep("tool", name, step.output))
        await step.send()

    async def refuse(self, answer: Answer) -> None:
        """Say why there is no answer, and what comes closest."""
        self.message.content = self.note + rendering.refusal_markdown(answer)
        closest = rendering.closest_hits(answer.hits)

        def sources(assistant: Answerer) -> list[rendering.Source]:
            return [
                rendering.closest_source(number, hit, assistant.article(hit.passage.article_id))
                for number, hit in enumerate(closest, start=1)
            ]

        await self.message.send()
        if closest and not self.citations:
            shown = await self.opening.call(sources)
            await self.send_panel(rendering.panel(self.message.id, "closest", shown))

    async def send_panel(self, panel: rendering.Panel) -> None:
        """Send the panel, or bring the one that is there up to date."""
        self.panel, props = panel, dict(panel)
        if self.element is None:
            self.element = cl.CustomElement(name="SourcesPanel", display="inline", props=props)
            await self.element.send(for_id=self.message.id)
            return
        self.element.props, self.element.content = props, json.dumps(props)
        await self.element.update()
