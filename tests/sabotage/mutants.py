"""The product, broken on purpose: one fault each, put where the product would have it.

A mutant is a function that patches the program, never the evaluation. Its docstring says what is
wrong; `mutant` names the parts of the gate that have to close, others may close besides. None
is to be made milder: one that the gate misses says that a question or a measure is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from assistant import service
from assistant.answers import Citation, Hit
from assistant.composing import composer, short_answers
from assistant.composing.composer import Chosen, Draft
from assistant.proof import citations
from assistant.reading import reader
from assistant.reading.reader import Calibration
from assistant.retrieval import filters, retriever
from assistant.retrieval.filters import Filter
from assistant.retrieval.retriever import Retrieved
from assistant.service import Assistant
from assistant.understanding import question as questions
from assistant.understanding.conversation import Resolved
from embeddings import indexing
from embeddings.corpus import Corpus
from embeddings.dense import DenseBuilder
from embeddings.errors import CorpusError
from embeddings.folders import find_files
from embeddings.lexical import LexicalBuilder, LexicalIndex
from embeddings.reader_model import ReaderModel

__all__ = ["MUTANTS", "Mutant"]

Sabotage = Callable[[pytest.MonkeyPatch], None]

VALIDITY, RECALL = "citation_validity", "citation_recall"
CORRECT, REFUSED = "correctness since accepted", "unanswerable_refused since accepted"
OVER_REFUSED = "answerable_refused since accepted"
FOUND, ORDER = "recall_at_5 since accepted", "ndcg_at_10 since accepted"
SHORT, MARKED = "short_answer_f1 since accepted", "short_answer_marked since accepted"
IN_ORDER, BRIER, LEAST_BRIER = "reading_order", "brier since accepted", "brier"
LISTS, ALIASES = "correctness (list)", "correctness (alias)"
WHOLE, WORDS = "whole_quotes", "median_words (fact, number, date)"
ERRORS, NOTHING, FOLLOW = "errors", "nothing judged", "follow_up_correctness"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way in which the product can be broken."""

    name: str
    breaks: str
    """What is wrong with it, in a sentence."""
    sabotage: Sabotage
    caught_by: tuple[str, ...]
    """Parts of the gate that have to close."""


MUTANTS: list[Mutant] = []


def mutant(*caught_by: str) -> Callable[[Sabotage], Sabotage]:
    """Add the function to `MUTANTS`."""

    def added(sabotage: Sabotage) -> Sabotage:
        breaks = (sabotage.__doc__ or "").partition("\n")[0].rstrip(".")
        name = sabotage.__name__.replace("_", " ")
        MUTANTS.append(Mutant(name, breaks, sabotage, caught_by))
        return sabotage

    return added


# What is indexed


@mutant(NOTHING)
def article_lost(patch: pytest.MonkeyPatch) -> None:
    """One file of the folder is not read."""
    sound = find_files

    def found(*given: Any, **named: Any) -> Any:
        *kept, _ = sound(*given, **named)
        return kept

    patch.setattr(indexing, "find_files", found)


@mutant(FOUND)
def article_not_indexed(patch: pytest.MonkeyPatch) -> None:
    """The passages of one article are in the corpus, and in neither index."""
    for builder in (LexicalBuilder, DenseBuilder):
        _keeping(patch, builder, lambda seen, article: seen.index(article) != 0)


@mutant(FOUND)
def lexical_index_stale(patch: pytest.MonkeyPatch) -> None:
    """The lexical index is that of before the last two articles came."""
    _keeping(patch, LexicalBuilder, lambda seen, article: seen.index(article) < 3)


@mutant(FOUND)
def lexical_index_of_another_build(patch: pytest.MonkeyPatch) -> None:
    """The lexical index knows each passage by the number of the one before."""
    _moving(patch, LexicalBuilder)


@mutant(ORDER)
def dense_index_of_another_build(patch: pytest.MonkeyPatch) -> None:
    """The dense index knows each passage by the number of the one before."""
    _moving(patch, DenseBuilder)


@mutant(CORRECT, ORDER)
def dense_vectors_of_another_model(patch: pytest.MonkeyPatch) -> None:
    """The passages' vectors are of another space than the question's, as another model's are."""
    sound = DenseBuilder.add
    turns: dict[int, Any] = {}

    def add(self: DenseBuilder, number: int, passage: Any, vector: Any) -> None:
        size = len(vector)
        if size not in turns:
            turns[size], _ = np.linalg.qr(np.random.default_rng(7).normal(size=(size, size)))
        sound(self, number, passage, (turns[size] @ vector).astype(np.float32))

    patch.setattr(DenseBuilder, "add", add)


@mutant(CORRECT)
def articles_dated_a_year_early(patch: pytest.MonkeyPatch) -> None:
    """The articles' dates are stored a year too early."""
    sound = Corpus._insert

    def insert(self: Corpus, db: Any, article: Any) -> int:
        if article.date:
            article = replace(article, date=f"{int(article.date[:4]) - 1}{article.date[4:]}")
        return sound(self, db, article)

    patch.setattr(Corpus, "_insert", insert)


# What is found


@mutant(FOUND, ORDER)
def best_hit_dropped(patch: pytest.MonkeyPatch) -> None:
    """The retriever drops its best hit."""
    _hits(patch, lambda places: places[1:], more=1)


@mutant(ORDER)
def hits_reversed(patch: pytest.MonkeyPatch) -> None:
    """The retriever puts its worst hit first."""
    _hits(patch, lambda places: places[::-1])


@mutant(FOUND, ORDER)
def passages_twice(patch: pytest.MonkeyPatch) -> None:
    """Every passage is found twice, one after the other."""
    _hits(patch, lambda places: [n for n in places for _ in range(2)][: len(places)])


@mutant(CORRECT)
def typing_errors_not_mended(patch: pytest.MonkeyPatch) -> None:
    """No near spelling is looked for."""
    patch.setattr(LexicalIndex, "_near", lambda self, word: ())


@mutant(ALIASES)
def other_names_ignored(patch: pytest.MonkeyPatch) -> None:
    """Neither synonyms nor abbreviations are looked for."""
    patch.setattr(retriever, "aliases_in", lambda *given: ())


@mutant(CORRECT, REFUSED)
def date_filter_inverted(patch: pytest.MonkeyPatch) -> None:
    """The articles outside of the span of time are asked, and not those inside."""
    sound = Filter._is_dated
    patch.setattr(Filter, "_is_dated", lambda self, day: not sound(self, day))


@mutant(CORRECT)
def date_filter_ignored(patch: pytest.MonkeyPatch) -> None:
    """All articles are asked, whatever span of time the question names."""
    patch.setattr(filters, "about_articles", lambda question, newest: ((), question))


# What is understood of the question


@mutant(FOLLOW, ORDER)
def follow_ups_ignored(patch: pytest.MonkeyPatch) -> None:
    """A question is asked as it stands, whatever was said before."""
    patch.setattr(service, "resolve", lambda question, history=(): Resolved(question))


@mutant(CORRECT)
def question_cut(patch: pytest.MonkeyPatch) -> None:
    """Only the first six words of a question are looked at."""
    sound = questions.cleaned
    patch.setattr(service, "cleaned", lambda text: " ".join(sound(text).split()[:6]))


@mutant(CORRECT)
def question_before_read(patch: pytest.MonkeyPatch) -> None:
    """The reader reads the hits for the question that was asked before."""
    sound, asked = reader.read, [""]

    def read(found: Retrieved, *given: Any) -> Any:
        before, asked[0] = asked[0], found.question
        return sound(replace(found, question=before or found.question), *given)

    patch.setattr(service, "read", read)


@mutant(CORRECT)
def digests_ignored(patch: pytest.MonkeyPatch) -> None:
    """A question for a digest is answered like any other."""
    patch.setattr(service, "request_of", lambda *given: None)


@mutant(CORRECT)
def parts_not_split(patch: pytest.MonkeyPatch) -> None:
    """Of a question that asks two things, both are looked for at once."""
    patch.setattr(service, "split_parts", lambda question: (question,))
    patch.setattr(service, "split_names", lambda question: ())


# What is read


@mutant(CORRECT)
def one_passage_read(patch: pytest.MonkeyPatch) -> None:
    """Only the best passage is read."""
    patch.setattr(reader, "PASSAGES_READ", 1)


@mutant(REFUSED)
def reader_silent(patch: pytest.MonkeyPatch) -> None:
    """The reader says the same of every sentence."""
    sound = ReaderModel.read

    def read(self: ReaderModel, *given: Any) -> Any:
        found = sound(self, *given)
        return [tuple(replace(one, relevance=0.0, answerable=0.0) for one in own) for own in found]

    patch.setattr(ReaderModel, "read", read)


@mutant(BRIER)
def contradictions_ignored(patch: pytest.MonkeyPatch) -> None:
    """A year, a number or an order that is not there contradicts nothing."""
    patch.setattr(reader, "contradicted", lambda candidate, supported: False)


@mutant(REFUSED)
def never_refuses(patch: pytest.MonkeyPatch) -> None:
    """The best sentence is shown, however unsure it is."""
    _calibrated(patch, least_confidence=0.0)


@mutant(CORRECT, OVER_REFUSED)
def always_refuses(patch: pytest.MonkeyPatch) -> None:
    """Nothing is sure enough to be shown."""
    _calibrated(patch, least_confidence=1.01)


@mutant(BRIER)
def confidence_reversed(patch: pytest.MonkeyPatch) -> None:
    """The confidence that is told is that of the opposite."""
    _drafts(patch, lambda draft, _: replace(draft, confidence=1 - draft.confidence))


@mutant(LEAST_BRIER)
def confidence_rounded(patch: pytest.MonkeyPatch) -> None:
    """An answer that is shown is told to be certain, and one that is not to be impossible."""
    _drafts(patch, lambda draft, _: replace(draft, confidence=float(draft.refusal is None)))


# What is shown


@mutant(CORRECT)
def next_sentence_quoted(patch: pytest.MonkeyPatch) -> None:
    """The sentence after the one that answers is shown."""

    def following(one: Chosen, text: str) -> Chosen:
        spans = reader.sentences_of(text)
        after = [span for span in spans if span[0] >= one.end][:1] or [(one.start, one.end)]
        return Chosen(one.article_id, *after[0])

    _sentences(patch, lambda chosen, text: [following(one, text(one)) for one in chosen])


@mutant(WHOLE)
def sentences_cut_short(patch: pytest.MonkeyPatch) -> None:
    """A sentence ends after two thirds of its words."""
    _sentences(patch, lambda chosen, text: [_cut(one, text(one), 2 / 3) for one in chosen])


@mutant(WHOLE)
def last_word_lost(patch: pytest.MonkeyPatch) -> None:
    """The last word of a sentence is not shown."""
    _sentences(patch, lambda chosen, text: [_cut(one, text(one), 1.0) for one in chosen])


@mutant(WHOLE)
def sentences_off_by_one(patch: pytest.MonkeyPatch) -> None:
    """A sentence begins and ends one character late."""

    def later(one: Chosen, text: str) -> Chosen:
        return Chosen(one.article_id, one.start + 1, min(one.end + 1, len(text)))

    _sentences(patch, lambda chosen, text: [later(one, text(one)) for one in chosen])


@mutant(WORDS)
def sentences_twice(patch: pytest.MonkeyPatch) -> None:
    """Every sentence is shown twice."""
    _sentences(patch, lambda chosen, _: [one for one in chosen for _ in range(2)])


@mutant(IN_ORDER)
def sentences_reversed(patch: pytest.MonkeyPatch) -> None:
    """The sentences are shown in the opposite order."""
    _sentences(patch, lambda chosen, _: [*reversed(chosen)])


@mutant(WORDS)
def always_detailed(patch: pytest.MonkeyPatch) -> None:
    """What stands around an answer is shown with it, although nobody asked for that."""
    sound = composer.compose
    patch.setattr(service, "compose", lambda *a, **named: sound(*a, **{**named, "detailed": True}))


@mutant(LISTS)
def lists_cut(patch: pytest.MonkeyPatch) -> None:
    """Of a list the item that answers best is shown."""
    for module in (composer, reader):
        patch.setattr(module, "whole_list", lambda *given: ())


@mutant(RECALL)
def numbers_altered(patch: pytest.MonkeyPatch) -> None:
    """The text has other digits than the quote."""
    sound = citations.shown

    def shown(quote: str) -> str:
        return re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), sound(quote))

    patch.setattr(service, "shown", shown)


@mutant(SHORT)
def short_answer_shifted(patch: pytest.MonkeyPatch) -> None:
    """The part in bold begins and ends one character late."""
    sound = short_answers.short_answer

    def short_answer(sentence: str, span: Any, question: str) -> Any:
        found = sound(sentence, span, question)
        return found and (found[0] + 1, min(found[1] + 1, len(sentence)))

    patch.setattr(composer, "short_answer", short_answer)


@mutant(MARKED)
def short_answer_not_marked(patch: pytest.MonkeyPatch) -> None:
    """No part is in bold."""
    patch.setattr(composer, "short_answer", lambda *given: None)


@mutant(ERRORS)
def questions_that_fail(patch: pytest.MonkeyPatch) -> None:
    """Every question that asks how many raises an error."""
    sound = Assistant._find

    def find(self: Assistant, resolved: Resolved, *given: Any, **more: Any) -> Any:
        if "how many" in resolved.question.lower():
            raise CorpusError("there is no such column")
        return sound(self, resolved, *given, **more)

    patch.setattr(Assistant, "_find", find)


# What is cited


@mutant(VALIDITY)
def citations_off_by_one(patch: pytest.MonkeyPatch) -> None:
    """A citation's offsets are one too high, and the product's own proof is off."""
    patch.setattr(citations, "prove", lambda citation, article: None)
    _citations(patch, lambda c, _: replace(c, start=c.start + 1, end=c.end + 1))


@mutant(VALIDITY)
def wrong_article_cited(patch: pytest.MonkeyPatch) -> None:
    """A citation names another article than its quote is from."""
    _citations(patch, lambda c, other: replace(c, article_id=other.id))


@mutant(VALIDITY)
def title_of_another_article(patch: pytest.MonkeyPatch) -> None:
    """A citation bears the title of another article."""
    _citations(patch, lambda c, other: replace(c, title=other.label))


@mutant(VALIDITY)
def date_of_another_article(patch: pytest.MonkeyPatch) -> None:
    """A citation bears the date of another article."""
    _citations(patch, lambda c, other: replace(c, date=other.date))


@mutant(VALIDITY)
def checksum_of_another_text(patch: pytest.MonkeyPatch) -> None:
    """A citation bears the SHA-256 of another article's text."""
    _citations(patch, lambda c, other: replace(c, sha256=other.sha256))


@mutant(RECALL)
def citation_numbers_swapped(patch: pytest.MonkeyPatch) -> None:
    """Sentences bear each other's numbers."""
    sound = Assistant._cited

    def cited(self: Assistant, draft: Draft) -> tuple[tuple[Citation, ...], list[str]]:
        proven, _ = sound(self, draft)
        numbers = [one.number for one in reversed(proven)]
        marked = zip(proven, numbers, strict=True)
        return proven, [f"{citations.shown(one.quote)}[{number}]" for one, number in marked]

    patch.setattr(Assistant, "_cited", cited)


@mutant(VALIDITY)
def markers_missing(patch: pytest.MonkeyPatch) -> None:
    """The last sentence bears no number."""
    sound = Assistant._cited

    def cited(self: Assistant, draft: Draft) -> tuple[tuple[Citation, ...], list[str]]:
        proven, sentences = sound(self, draft)
        return proven, [*sentences[:-1], *(re.sub(r"\[\d+\]$", "", s) for s in sentences[-1:])]

    patch.setattr(Assistant, "_cited", cited)


# How it is done


def _keeping(
    patch: pytest.MonkeyPatch, builder: Any, kept: Callable[[list[str], str], bool]
) -> None:
    """Only passages of the articles that `kept` says, by those that came so far, are indexed."""
    sound = builder.add
    seen: list[str] = []

    def add(self: Any, number: int, passage: Any, vector: Any) -> None:
        if passage.article_id not in seen:
            seen.append(passage.article_id)
        if kept(seen, passage.article_id):
            sound(self, number, passage, vector)

    patch.setattr(builder, "add", add)


def _moving(patch: pytest.MonkeyPatch, builder: Any) -> None:
    """Each passage is indexed under the number of the one before."""
    sound = builder.add

    def add(self: Any, number: int, passage: Any, vector: Any) -> None:
        sound(self, max(number - 1, 0), passage, vector)

    patch.setattr(builder, "add", add)


def _hits(
    patch: pytest.MonkeyPatch, chosen: Callable[[list[int]], list[int]], more: int = 0
) -> None:
    """The hits at the places that `chosen` takes from all of them."""
    sound = retriever.retrieve

    def retrieve(question: str, k: int, *given: Any, **named: Any) -> Retrieved:
        found = sound(question, k + more, *given, **named)
        places = chosen([*range(len(found.hits))])
        chosen_hits = (found.hits[n] for n in places)
        return replace(
            found,
            hits=tuple(Hit(h.passage, h.score, r) for r, h in enumerate(chosen_hits, start=1)),
            cosines=tuple(found.cosines[n] for n in places),
            ranks=tuple(found.ranks[n] for n in places),
        )

    patch.setattr(service, "retrieve", retrieve)


def _calibrated(patch: pytest.MonkeyPatch, **changed: Any) -> None:
    """The calibration with other values."""
    other = replace(Calibration.load(), **changed)
    patch.setattr(Calibration, "load", lambda: other)


def _drafts(patch: pytest.MonkeyPatch, changed: Callable[[Draft, Any], Draft]) -> None:
    """What is composed, changed; `changed` gets the articles besides."""
    sound = composer.compose

    def compose(parts: Any, least: Any, articles: Any, *given: Any, **named: Any) -> Draft:
        return changed(sound(parts, least, articles, *given, **named), articles)

    patch.setattr(service, "compose", compose)


def _sentences(
    patch: pytest.MonkeyPatch,
    changed: Callable[[Sequence[Chosen], Callable[[Chosen], str]], list[Chosen]],
) -> None:
    """The sentences of an answer, changed; `changed` gets the text of a sentence's article too."""

    def draft(sound: Draft, articles: Any) -> Draft:
        own = changed(sound.sentences, lambda one: str(articles[one.article_id].text))
        return replace(sound, sentences=tuple(own))

    _drafts(patch, draft)


def _cut(one: Chosen, text: str, share: float) -> Chosen:
    """The sentence up to a share of its characters, and from there back to the end of a word."""
    last = one.start + int(share * (one.end - one.start)) - 1
    end = text.rfind(" ", one.start, last)
    return Chosen(one.article_id, one.start, end if end > one.start else one.end)


def _citations(patch: pytest.MonkeyPatch, changed: Callable[[Citation, Any], Citation]) -> None:
    """Each citation, changed once it is proven; `changed` gets another article besides."""
    sound = Assistant._cited

    def cited(self: Assistant, draft: Draft) -> tuple[tuple[Citation, ...], list[str]]:
        proven, sentences = sound(self, draft)
        articles = self.articles()
        place = {article.id: n for n, article in enumerate(articles, start=1)}
        others = [articles[place[one.article_id] % len(articles)] for one in proven]
        return tuple(map(changed, proven, others)), sentences

    patch.setattr(Assistant, "_cited", cited)
