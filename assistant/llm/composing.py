"""The optional composer: a language model chooses the words, and each sentence is proven.

The model sees the retrieved sentences and the question, nothing else. What it writes is taken
sentence by sentence as it comes: checked, then shown or dropped; what is shown is never changed.
Whatever goes wrong before the first sentence is shown, the local answer comes instead; after
that the answer ends there. Both with a note that says so.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from assistant.answers import Answer, Event, Usage
from assistant.composing.composer import refusal_text, unstated_note
from assistant.composing.dates import age_notes
from assistant.composing.disagreement import DIFFER, differing
from assistant.llm.endpoint import EndpointError, Spent, Stopped
from assistant.llm.prompts import NOT_STATED, messages
from assistant.llm.streaming import sentences
from assistant.proof.citations import Changed, shown
from assistant.proof.grounding import (
    LEAST_RELEVANCE,
    LEAST_SUPPORT,
    Quote,
    cleaned,
    fault,
    proofs,
    support,
    word_for_word,
)
from assistant.reading.reader import Calibration, reader_model, sentences_of
from assistant.wording import say, say_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from assistant.answers import Citation
    from assistant.composing.composer import Part
    from assistant.llm.endpoint import Endpoint
    from assistant.llm.streaming import Written
    from assistant.reading.reader import Candidate
    from embeddings.records import Article

__all__ = ["Ground", "Source", "compose", "sources_of"]

MOST_SOURCES = 60
MOST_CHARACTERS = 9_000
"""Of sources in one prompt: with rules and answer they fit the 4,096 tokens of small models."""
LONGEST_SOURCE = 1_200
"""Characters. Of what is longer and calls itself one sentence, only the passage is a source."""
MOST_WRITTEN = 6_000
"""Characters of an answer, without its thinking: several times the ten sentences of a long one."""
MOST_CITED = 4
"""Quotes of one sentence: what cites everything is proven by nothing."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence that the model may use, by its place in its article."""

    article_id: str
    start: int
    end: int
    quote: Quote


class Ground(Protocol):
    """What the composer needs of the corpus, each from one state of it."""

    @property
    def articles(self) -> Mapping[str, Article]:
        """The articles of everything that was found, by id."""

    @property
    def notes(self) -> Sequence[str]:
        """What is to be told of the search, whoever composes."""

    @property
    def newest(self) -> str | None:
        """Date of the newest article that is asked."""

    def prove(self, cited: Mapping[int, Source]) -> list[Citation]:
        """The proven citation of each source, by number; raises `Changed`."""

    def seal(self, article_ids: Iterable[str]) -> str:
        """Fingerprint of the corpus that still has these articles; raises `Changed`."""

    def local(self) -> tuple[Answer, list[str]]:
        """The local answer and its sentences, as they are now."""


def compose(
    endpoint: Endpoint,
    local: Answer,
    parts: Sequence[Part],
    ground: Ground,
    *,
    detailed: bool = False,
    left_out: Counter[str] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Event]:
    """The answer's events, from its citations on: the model's answer, or the local one.

    Why sentences were dropped is counted in `left_out`. `stop`, asked while the model is waited
    for, ends it without an answer.

    Its confidence is that of the local answer: how likely the best sentence that was found answers.
    Of how well the model has put it, nothing is known but that each sentence is supported.
    """
    questions = tuple(dict.fromkeys([local.standalone_question, *(p.question for p in parts)]))
    draft = _Draft(questions, parts, sources_of(parts, ground.articles), ground)
    if left_out is not None:
        draft.dropped = left_out
    spent, trouble, length = Spent(), "", 0
    asked = messages(local.standalone_question, draft.sources, detailed=detailed)
    try:
        with closing(endpoint.write(asked, spent, stop or (lambda: False))) as pieces:
            for written in sentences(pieces):
                if written.text.upper().startswith(NOT_STATED):
                    draft.not_stated = True
                    break
                length += len(written.text)
                if length > MOST_WRITTEN:
                    raise EndpointError(say("was cut off"))
                yield from draft.add(written)
        if draft.shown:
            yield from draft.add_values(local)
    except Stopped:
        return
    except EndpointError as error:
        trouble = error.args[0]
    except Changed:
        trouble = "changed"
    usage = _usage(endpoint, spent, draft.dropped.total())
    if draft.shown or (draft.not_stated and not trouble):
        try:
            yield Event("answer", answer=_answer(draft, local, trouble, usage))
            return
        except Changed:
            trouble = "changed"
    yield from _local(ground, _reason(trouble), usage)


def sources_of(parts: Sequence[Part], articles: Mapping[str, Article]) -> tuple[Source, ...]:
    """The sentences of the best passages of each part, those of an article together, in order."""
    found: dict[tuple[str, int, int], None] = {}
    length = 0
    for article_id, start, end in _by_rank(parts, articles):
        if (article_id, start, end) in found:
            continue
        length += end - start
        if len(found) == MOST_SOURCES or (found and length > MOST_CHARACTERS):
            break
        found[article_id, start, end] = None
    order = {
        article_id: place for place, article_id in enumerate(dict.fromkeys(k[0] for k in found))
    }
    return tuple(
        Source(article_id, start, end, _quote(articles[article_id], start, end))
        for article_id, start, end in sorted(found, key=lambda key: (order[key[0]], key[1]))
    )


def _by_rank(
    parts: Sequence[Part], articles: Mapping[str, Article]
) -> Iterator[tuple[str, int, int]]:
    """Places of sentences: those of every part's best passage first, then of its second."""
    most = max((len(part.hits) for part in parts), default=0)
    for rank in range(most):
        for part in parts:
            if rank < len(part.hits):
                passage = part.hits[rank].passage
                for start, end in sentences_of(articles[passage.article_id].text):
                    if start < passage.end and end > passage.start:
                        if end - start > LONGEST_SOURCE:
                            start, end = max(start, passage.start), min(end, passage.end)
                        yield passage.article_id, start, end


def _quote(article: Article, start: int, end: int) -> Quote:
    return Quote(article.text[start:end], article.label, article.date)


@dataclass(slots=True)
class _Draft:
    """The answer so far: what is shown, and what was dropped."""

    questions: tuple[str, ...]
    """The question, and its parts where it has several."""
    parts: Sequence[Part]
    sources: tuple[Source, ...]
    ground: Ground
    shown: list[str] = field(default_factory=list)
    citations: dict[int, Citation] = field(default_factory=dict)
    """By the source's number in the prompt; their own numbers count from 1 by first use."""
    dropped: Counter[str] = field(default_factory=Counter)
    """How many sentences were dropped, by why."""
    not_stated: bool = False

    def add(self, written: Written) -> Iterator[Event]:
        """The events that show a sentence, if it is proven; raises `Changed`."""
        text = _stopped(cleaned(written.text))
        numbers, why = self._proven(text, written.numbers)
        if not numbers:
            self.dropped[why] += 1
            return
        if any(sentence.startswith(f"{text}[") for sentence in self.shown):
            return  # a model that goes in circles says nothing more
        yield from self._show(text, numbers)

    def add_values(self, local: Answer) -> Iterator[Event]:
        """The sentences that state other values than those that are cited, where articles differ.

        The note names all values, and what it names is to be looked up like all else.
        """
        if not any(note.startswith(DIFFER) for note in local.notes):
            return
        places = {(s.article_id, s.start, s.end): n for n, s in enumerate(self.sources, start=1)}
        told = {citation.article_id for citation in self.citations.values()}
        for value in self._values():
            number = places.get((value.article_id, value.start, value.end))
            if number is not None and value.article_id not in told:
                yield from self._show(shown(self.sources[number - 1].quote.text), (number,))

    def _values(self) -> Iterator[Candidate]:
        for part in self.parts:
            if part.reading.candidates:
                yield from differing(part.question, part.reading.candidates, self.ground.articles)

    def _show(self, text: str, numbers: Sequence[int]) -> Iterator[Event]:
        """The events that show a sentence with its citations; raises `Changed`."""
        new = [number for number in numbers if number not in self.citations]
        first = len(self.citations) + 1
        places = {number: c.number for number, c in self.citations.items()}
        places |= {number: place for place, number in enumerate(new, start=first)}
        cited = {places[number]: self.sources[number - 1] for number in numbers}
        proven = {citation.number: citation for citation in self.ground.prove(cited)}
        self.citations |= {number: proven[places[number]] for number in new}
        if new:
            yield Event("citations", citations=tuple(self.citations.values()))
        self.shown.append(text + "".join(f"[{places[number]}]" for number in numbers))
        yield Event("sentence", text=self.shown[-1])

    def _proven(self, text: str, numbers: Sequence[int]) -> tuple[tuple[int, ...], str]:
        """Those of the cited sources that prove the sentence; none, and why not, if unproven."""
        if not numbers:
            return (), say("it cites nothing")
        if len(numbers) > MOST_CITED:
            return (), say("it cites more than can prove one sentence")
        if not all(0 < number <= len(self.sources) for number in numbers):
            return (), say("it cites what was not given")
        quotes = [self.sources[number - 1].quote for number in numbers]
        if wrong := fault(text, quotes):
            return (), _kind_of(wrong)
        if not self._supported(text, quotes):
            return (), say("the reader finds that what it cites does not say so")
        clauses = proofs(text, quotes)
        if not all(self._relevant([quotes[place] for place in places]) for places in clauses):
            return (), say("the reader finds that what it cites does not speak to the question")
        needed = sorted({place for places in clauses for place in places})
        if fault(text, [quotes[place] for place in needed]) is None:
            return tuple(numbers[place] for place in needed), ""
        return tuple(numbers), ""  # another one holds a name

    def _supported(self, text: str, quotes: Sequence[Quote]) -> bool:
        """Whether it is a quote, whole, or the reader finds that the quotes speak to it."""
        return word_for_word(text, quotes) or support(text, quotes, reader_model()) >= LEAST_SUPPORT

    def speaks(self, number: int, part: Part) -> bool:
        """Whether the source of this number speaks to the part."""
        quotes = [self.sources[number - 1].quote]
        return support(part.question, quotes, reader_model()) >= LEAST_RELEVANCE

    def answers(self, part: Part) -> bool:
        """Whether the reader finds the part answered by one of the quotes that are cited."""
        quotes = [self.sources[number - 1].quote for number in self.citations]
        return support(part.question, quotes, reader_model()) >= LEAST_SUPPORT

    def _relevant(self, quotes: Sequence[Quote]) -> bool:
        """Whether one of the quotes speaks to the question, or to a part of it."""
        reader = reader_model()
        return any(support(q, quotes, reader) >= LEAST_RELEVANCE for q in self.questions)


def _kind_of(wrong: str) -> str:
    """Why a sentence is not proven, without the number, name or word that is to blame."""
    if wrong.startswith("it holds"):
        return say("it holds what is not shown, such as a link")
    if "opposite" in wrong or "denies" in wrong:
        return say("it says the opposite of what it cites, or denies it")
    if wrong.startswith("most of its words"):
        return say("too little of it stands in what it cites")
    if "what it cites" in wrong:
        return say("it states a number, a date or a name that is not in what it cites")
    return say("it is no plain sentence")


def _stopped(text: str) -> str:
    """The sentence with a full stop, where a list item has none."""
    return text if not text or text[-1] in ".!?…。！？\"'”’»)" else f"{text}."


def _answer(draft: _Draft, local: Answer, trouble: str, usage: Usage) -> Answer:
    """The model's answer, or its refusal; raises `Changed` when nothing else can be said."""
    written_by = say(
        "Written by the language model {model}; each sentence was checked against what it cites.",
        model=usage.model,
    )
    notes: list[str] = [written_by] if draft.shown else []
    ground = draft.ground
    try:
        corpus = ground.seal([s.article_id for s in draft.sources])
    except Changed:
        if not draft.shown:
            raise
        corpus, trouble = local.corpus, "changed"
    if trouble == "changed":
        notes.append(say("The articles changed meanwhile; what is shown was true of them before."))
    elif trouble:
        note = say(
            "The language model {trouble}, so this answer may be incomplete.", trouble=trouble
        )
        notes.append(note)
    if draft.shown and draft.dropped:
        notes.append(_dropped(draft.dropped.total()))
    refused = not draft.shown
    text = refusal_text("not_stated", local.hits, ground.articles.get) if refused else ""
    return replace(
        local,
        text=text or " ".join(draft.shown),
        refusal="not_stated" if refused else None,
        citations=tuple(draft.citations.values()),
        notes=(*notes, *dict.fromkeys((*_told(draft, local), *ground.notes))),
        corpus=corpus,
        composer="llm",
        usage=usage,
    )


def _told(draft: _Draft, local: Answer) -> Iterator[str]:
    """What the model's answer does not say of itself, by the rules of the local one.

    That the articles differ: a model may pick one of them, and is not to do so silently. From when
    it is, where that matters. And which part of the question neither of both has an answer to.
    """
    if not draft.shown:
        return
    yield from (note for note in local.notes if note.startswith(DIFFER))
    ground, least = draft.ground, Calibration.load().least_confidence
    for part in draft.parts:
        alone = len(draft.parts) == 1
        cited = [c for number, c in draft.citations.items() if alone or draft.speaks(number, part)]
        articles = dict.fromkeys(citation.article_id for citation in cited)
        yield from age_notes(part.question, [ground.articles[a] for a in articles], ground.newest)
        stated = part.reading.confidence >= least or draft.answers(part)
        if not alone and not stated:
            yield unstated_note(part)


def _local(ground: Ground, note: str, usage: Usage) -> Iterator[Event]:
    answer, sentences = ground.local()
    yield Event("citations", citations=answer.citations)
    for sentence in sentences:
        yield Event("sentence", text=sentence)
    yield Event("answer", answer=replace(answer, notes=(note, *answer.notes), usage=usage))


def _reason(trouble: str) -> str:
    if not trouble:
        return say(
            "No passage supports what the language model wrote, so this answer was composed "
            "without it."
        )
    if trouble == "changed":
        return say(
            "The articles changed while the language model wrote, so this answer was composed "
            "without it."
        )
    return say(
        "The language model {trouble}, so this answer was composed without it.", trouble=trouble
    )


def _dropped(count: int) -> str:
    return say_count(
        "{count} sentence of the language model was left out: no passage supports it.",
        "{count} sentences of the language model were left out: no passage supports them.",
        count,
    )


def _usage(endpoint: Endpoint, spent: Spent, dropped: int) -> Usage:
    first = spent.first_token_seconds
    return Usage(
        endpoint.model,
        round(spent.seconds, 3),
        None if first is None else round(first, 3),
        spent.prompt_tokens,
        spent.completion_tokens,
        None if (cost := endpoint.cost(spent)) is None else round(cost, 8),
        dropped,
    )
