"""Readings → the sentences of an answer, or the reason for a refusal. Nothing is reworded."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.composing.dates import age_notes, asks_latest
from assistant.composing.disagreement import difference_note, differing
from assistant.composing.short_answers import short_answer
from assistant.composing.subjects import names_thing, speaks_of_names
from assistant.language.answer_types import AnswerType, answer_type
from assistant.language.lists import (
    goes_on,
    goes_with,
    heading_over,
    is_bullet,
    is_item,
    item_span,
    led_to,
    told_which,
    whole_list,
    whole_table,
)
from assistant.reading.evidence import NAMES
from assistant.reading.reader import sentences_of
from assistant.reading.support import NAMES as SUPPORT_NAMES
from assistant.retrieval.copies import repeats
from assistant.understanding.digests import asks_for_all
from assistant.understanding.question import (
    analyse,
    asks_for_each,
    asks_of_articles,
    asks_of_each,
    joined_names,
    things_asked_for,
)
from assistant.understanding.sides import put_side_by_side
from assistant.wording import listed, say
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assistant.answers import Hit, Refusal
    from assistant.language.lists import WholeList
    from assistant.reading.reader import Candidate, Reading
    from assistant.understanding.question import QuestionForm
    from assistant.understanding.sides import Side
    from embeddings.records import Article
    from embeddings.splitting import Span

__all__ = [
    "Chosen",
    "Draft",
    "LookedAt",
    "Part",
    "answering",
    "asks_of_several",
    "compose",
    "of_something_else",
    "refusal_text",
    "sides_unsaid",
    "unstated_note",
]

BESIDE = {AnswerType.LIST: (4, 1.5), AnswerType.ANY: (3, 1.0)}
"""For a kind of question, how many sentences answer it at most, and by how many log-odds the
others may stay behind the best …"""
BESIDE_ABOUT = (6, 1.8)
"""The same where all that is said of something is asked for, and for no one thing."""
LIST_WITHIN = 2.5
"""Log-odds by which a sentence whose list is shown may stay behind the best, which has one too."""
BESIDE_ONE = (2, 1.0)
"""… and for all other kinds, which one sentence answers: a second only where it is a close call."""
OF_SEVERAL, COMPARED = (3, 1.0), (5, 1.3)
"""The same for one part of several, and where several are compared or asked of: the reader, who
looks for one answer, is less sure of each of several."""
BESIDE_AT_LEAST = 0.1
"""A further sentence would pass for an answer by itself: its probability is at least this …"""
OF_SEVERAL_AT_LEAST = 0.05
"""… and this, where several are asked for."""
EACH_WITHIN = 1.8
"""Log-odds by which another article's best sentence may stay behind, when several are asked of."""
COMPARED_WITHIN, AMOUNTS_WITHIN, MOST_COMPARED = 2.0, 2.7, 4
"""The same where what they say is compared, and where that is an amount or the like; how many."""
LATEST_WITHIN = 0.7
"""Log-odds by which a sentence of a newer article may stay behind, when the latest is asked for."""
AROUND = 2
"""Sentences before or after one that answers, among which a detailed answer looks for more …"""
MOST_AROUND = 3
"""… and how many of them it takes at most, for each part of the question."""
WEAK_EVIDENCE = 0.5
"""Confidence below which an answer is more likely wrong than right, and says so."""
MOST_LED_TO, LONGEST_LED_TO = 6, 400
"""Sentences or lines that are shown of what a sentence leads to, and characters."""
LONGEST_LIST = 12
"""Items shown of a list; a longer one is better read in its article …"""
LONGEST_ITEMS = 2_000
"""… and so are items with more characters than these together: of each, its beginning is shown."""
LONG_ITEM = 200
"""Characters, on average, of items without a number that are paragraphs rather than a list."""
LEAST_COSINE = 0.3
LEAST_COVERAGE = 0.3
"""Below both, no article is about the question at all."""


@dataclass(frozen=True, slots=True)
class Part:
    """One question of the question, and what was read for it."""

    question: str
    reading: Reading
    hits: tuple[Hit, ...]
    best_cosine: float
    asked: str = ""
    """The part in the words of the user, if `question` has others."""
    sides: tuple[Part, ...] = ()
    """The same, asked of each of the things alone that the question puts side by side."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence of an answer: where it stands, and what in it is the short answer."""

    article_id: str
    start: int
    end: int
    answer: Span | None = None
    """In characters of the article's text; None when the whole sentence answers."""


@dataclass(frozen=True, slots=True)
class LookedAt:
    """An article that a digest might be of, and why it is or is not."""

    article_id: str
    title: str
    date: str | None
    why: str
    """The rest of a sentence, without a full stop."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answer will be made of, before it is cited."""

    refusal: Refusal | None
    confidence: float
    sentences: tuple[Chosen, ...] = ()
    """In the order they are shown."""
    notes: tuple[str, ...] = ()
    looked_at: tuple[LookedAt, ...] = ()
    """The articles that a digest was chosen from, those that are cited among them."""
    chosen_by: str = ""
    """By which rule the sentences of a digest were chosen, without a full stop."""


def asks_of_several(part: Part) -> bool:
    """Whether no one sentence, in its place, speaks of all that the question names.

    Not where it names strangers.
    """
    if not part.reading.candidates or _names_strangers(part):
        return False
    return _feature(part.reading.candidates[0], "names_missing") > 0


def sides_unsaid(part: Part) -> tuple[Side, ...]:
    """What the question puts side by side, where the best sentence does not name all of it.

    Nothing where it names strangers.
    """
    sides = put_side_by_side(part.question)
    if not part.reading.candidates or _names_strangers(part):
        return ()
    best = part.reading.candidates[0].text
    return () if all(names_thing(side.words, best) for side in sides) else sides


def _names_strangers(part: Part) -> bool:
    """Whether the question names several that no article that was found mentions.

    Asked of each by itself, each question would name only one such, which may be misspelt or a
    title.
    """
    supported = part.reading.supported
    return bool(supported) and supported[SUPPORT_NAMES.index("strangers")] > 0


def compose(
    parts: Sequence[Part],
    least_confidence: float,
    articles: Mapping[str, Article],
    newest: str | None = None,
    *,
    detailed: bool = False,
) -> Draft:
    """Choose the sentences that answer, or refuse.

    `articles` holds those of all hits, by id; `newest` is the date of the newest that is asked.
    A `detailed` answer goes on with the sentences around those that answer which support it too.
    A part of several is not answered from an article that never mentions what the part names: the
    other parts' article is found for it too, and says nothing of it.
    """
    chosen: dict[tuple[str, int, int], Chosen] = {}
    around: dict[tuple[str, int, int], Chosen] = {}
    notes: dict[str, None] = {}
    sure: list[float] = []
    stated = answering(parts, least_confidence)
    for part in parts:
        confidence = part.reading.confidence
        if part in stated:
            latest = _latest(part, articles, least_confidence)
            sure.append(latest.reading.confidence)
            own, told = _chosen(latest, articles, several=len(parts) > 1)
            own += _of_sides(part, own, least_confidence, articles)
            for one in own:
                chosen.setdefault((one.article_id, one.start, one.end), one)
            if detailed:
                around |= {(c.article_id, c.start, c.end): c for c in _around(own, part)}
            cited = [articles[each] for each in dict.fromkeys(one.article_id for one in own)]
            told += age_notes(part.question, cited, newest) + _missing_side(part.question, cited)
            notes.update(dict.fromkeys(told))
        elif len(parts) > 1:
            if confidence < least_confidence:
                sure.append(1 - confidence)
            notes[unstated_note(part)] = None
    if chosen:
        sentences = {**chosen, **{place: c for place, c in around.items() if place not in chosen}}
        if min(sure) < WEAK_EVIDENCE:
            notes[_weak_note()] = None
        shown = tuple(_run_on([*sentences.values()], articles))
        return Draft(None, min(sure), shown, tuple(notes))
    confidence = max((part.reading.confidence for part in parts), default=0.0)
    relevant = any(_relevant(part) for part in parts)
    return Draft("not_stated" if relevant else "nothing_relevant", confidence)


def _weak_note() -> str:
    return say("The evidence is weak: what is quoted may not answer the question.")


def _cut_note(shown: int, items: int) -> str:
    return say(
        "The list has {items} items; {shown} of them are shown. The article has the others.",
        items=items,
        shown=shown,
    )


def _shortened_note() -> str:
    return say("Of each item of the list its beginning is shown. The article has the rest.")


def answering(parts: Sequence[Part], least_confidence: float) -> list[Part]:
    """The parts that are answered, those from another part's article left out."""
    confident = [
        part
        for part in parts
        if part.reading.confidence >= least_confidence and part.reading.candidates
    ]
    of_it = [part for part in confident if not of_something_else(part)]
    return of_it if len(parts) > 1 and of_it else confident


def of_something_else(part: Part) -> bool:
    """Whether the article of the best sentence mentions no name of the part's question."""
    supported = part.reading.supported
    return bool(supported) and supported[SUPPORT_NAMES.index("names_absent")] == 1.0


def unstated_note(part: Part) -> str:
    """That nothing answers one of several parts, in words."""
    asked = part.asked or part.question
    asked = asked[:1].upper() + asked[1:]
    return say("The articles do not state an answer to: {question}", question=asked)


def _missing_side(question: str, cited: Sequence[Article]) -> tuple[str, ...]:
    """Which of the names that are put side by side no cited article speaks of, if one has some.

    Not an abbreviation, which an article may write out.
    """
    sides = joined_names(question)
    missing = [
        name
        for name in sides
        if not name.isupper()
        and not any(names_thing(name, f"{each.title or ''} {each.text}") for each in cited)
    ]
    if not missing or len(missing) == len(sides):
        return ()
    return (say("Nothing that is quoted speaks of {names}.", names=listed(missing)),)


def _relevant(part: Part) -> bool:
    if part.best_cosine >= LEAST_COSINE:
        return True
    return any(_feature(c, "coverage_context") >= LEAST_COVERAGE for c in part.reading.candidates)


def _feature(candidate: Candidate, name: str) -> float:
    return candidate.features[NAMES.index(name)]


def _chosen(
    part: Part, articles: Mapping[str, Article], *, several: bool
) -> tuple[list[Chosen], tuple[str, ...]]:
    """The best candidate and what belongs to it, and what is to be told besides.

    `several`: the part is one of several.
    """
    candidates = part.reading.candidates
    best = candidates[0]
    form = analyse(part.question)
    if meant := _lists_meant(candidates, form, articles):
        shown: list[Chosen] = []
        cut: dict[str, None] = {}
        for one, whole in meant:
            text = articles[one.article_id].text
            spans = sentences_of(text)
            numbers, told = _listed(whole, one.index, spans)
            shown += (Chosen(one.article_id, *item_span(n, text, spans)) for n in numbers)
            cut.update(dict.fromkeys(told))
        return shown, tuple(cut)
    chosen, beside, least = [best], BESIDE.get(form.expected, BESIDE_ONE), BESIDE_AT_LEAST
    if all_is_asked := asks_for_all(part.question):
        beside = BESIDE_ABOUT
    if several:
        beside, least = OF_SEVERAL, OF_SEVERAL_AT_LEAST
    if form.compares:
        candidates = _comparable(candidates, part.question, articles)
        typed = form.expected not in (AnswerType.LIST, AnswerType.ANY)
        within = AMOUNTS_WITHIN if typed else COMPARED_WITHIN
        chosen, beside = _compared(candidates, articles, within), COMPARED
        least = OF_SEVERAL_AT_LEAST
    elif asks_of_articles(part.question) or asks_of_each(part.question):
        chosen, beside = _best_of_each(candidates, EACH_WITHIN), COMPARED
        least = OF_SEVERAL_AT_LEAST
    elif values := differing(part.question, candidates, articles):
        shown, left_out = _with_what_follows(values, part.question, articles)
        return shown, (difference_note(values, articles), *left_out)
    if form.expected in (AnswerType.LIST, AnswerType.ANY):  # a date or a place is one of both
        chosen += _of_missing_sides(part.question, chosen, candidates)
    most, within = beside
    further = (
        c
        for c in candidates
        if c not in chosen
        and best.score - c.score <= within
        and c.probability >= least
        and speaks_of_names(part.question, articles[c.article_id])
    )
    for other in further:
        if len(chosen) >= most:
            break
        copied = next((n for n, one in enumerate(chosen) if repeats(other.text, one.text)), None)
        if copied is None:
            chosen.append(other)
        elif _is_newer(other, chosen[copied], articles):
            chosen[copied] = other
    if all_is_asked:
        chosen.sort(key=lambda c: (articles[c.article_id].date or "", c.article_id, c.start))
    return _with_what_follows(chosen, part.question, articles)


def _lists_meant(
    candidates: Sequence[Candidate], form: QuestionForm, articles: Mapping[str, Article]
) -> list[tuple[Candidate, WholeList]]:
    """The list that is shown whole, with the sentence of it that answers; none where none does.

    It is that of the best sentence, or of one not far behind where its heading, or what leads to
    it, has more of the words that are asked for: no item of "What is new" says so itself. Where
    articles are compared, one of each under such a heading. A table is a list where all of it is
    asked for.
    """
    if form.expected not in (AnswerType.LIST, AnswerType.ANY):
        return []
    best, found = candidates[0], []
    within = [c for c in candidates if best.score - c.score <= LIST_WITHIN]
    for c in within:
        text = articles[c.article_id].text
        spans = sentences_of(text)
        if whole := whole_list(c.index, text, spans):
            found.append((c, whole))
        elif asks_for_each(form.text) and (whole := whole_table(c.index, text, spans)):
            return [(c, whole)]
    if not found or found[0][0] is not best:
        return []
    words = frozenset(stems(form.text)) - frozenset(stems(" ".join(form.names)))
    asked = {word for word in words if not word.isdigit()}

    def headed(one: tuple[Candidate, WholeList]) -> int:
        c, whole = one
        text = articles[c.article_id].text
        spans = sentences_of(text)
        first = whole.items[0][0] if whole.lead is None else whole.lead
        over = (n for n in (whole.lead, heading_over(first, text, spans)) if n is not None)
        spoken = len(asked & {stem for n in over for stem in stems(text[slice(*spans[n])])})
        return spoken if 2 * spoken >= len(asked) else 0

    most = max(map(headed, found))
    meant = [one for one in found if headed(one) == most]
    if not most:
        meant = [one for one in meant if not _is_of_paragraphs(one, articles)]
    if not form.compares or not most:
        return meant[:1]
    of_each = {one[0].article_id: one for one in reversed(meant)}
    return sorted(of_each.values(), key=lambda one: articles[one[0].article_id].date or "")


def _is_of_paragraphs(one: tuple[Candidate, WholeList], articles: Mapping[str, Article]) -> bool:
    """Whether the items are paragraphs with a mark, which nothing leads to and no number counts."""
    candidate, whole = one
    text = articles[candidate.article_id].text
    spans = sentences_of(text)
    counted = not all(is_bullet(item[0], text, spans) for item in whole.items)
    if counted or whole.lead is not None:
        return False
    return sum(spans[item[-1]][1] - spans[item[0]][0] for item in whole.items) > (
        LONG_ITEM * len(whole.items)
    )


def _of_missing_sides(
    question: str, chosen: Sequence[Candidate], candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Of each thing that is asked of beside others, but that no chosen sentence names, the best."""
    added: list[Candidate] = []
    for side in joined_names(question):
        if any(names_thing(side, c.text) for c in (*chosen, *added)):
            continue
        naming = (c for c in candidates if names_thing(side, c.text))
        one = next((c for c in naming if c.probability >= OF_SEVERAL_AT_LEAST), None)
        added += [one] if one else []
    return added


def _of_sides(
    part: Part,
    chosen: Sequence[Chosen],
    least_confidence: float,
    articles: Mapping[str, Article],
) -> list[Chosen]:
    """Of each side that is answered alone, the best sentence, unless it is among the chosen."""
    known = {(one.article_id, one.end) for one in chosen}
    added: list[Chosen] = []
    for side in answering(part.sides, least_confidence):
        best = side.reading.candidates[0]
        shown = _shown(best, side.question, articles)
        if (shown.article_id, shown.end) not in known:
            known.add((shown.article_id, shown.end))
            added.append(shown)
    return added


def _listed(
    whole: WholeList, best: int, spans: Sequence[Span]
) -> tuple[list[int], tuple[str, ...]]:
    """The sentences of a list that are shown, and what is to be told of it.

    Items that are all too long are shown by their first sentences, and by the one that answers.
    """
    first = max(0, sum(item[0] <= best for item in whole.items) - LONGEST_LIST)
    items = whole.items[first : first + LONGEST_LIST]
    told: tuple[str, ...] = ()
    if items != whole.items:
        told = (_cut_note(len(items), len(whole.items)),)
    if sum(spans[item[-1]][1] - spans[item[0]][0] for item in items) > LONGEST_ITEMS:
        shortened = tuple(tuple(n for n in item if n in (item[0], best)) for item in items)
        if shortened != items:
            items, told = shortened, (*told, _shortened_note())
    lead = [] if whole.lead is None else [whole.lead]
    return [*lead, *(number for item in items for number in item)], told


def _run_on(sentences: Sequence[Chosen], articles: Mapping[str, Article]) -> list[Chosen]:
    """The sentences, those of one item of a list put together: they are shown in one line."""
    told: list[Chosen] = []
    for one in sentences:
        last = told[-1] if told else None
        if (
            last is not None
            and last.article_id == one.article_id
            and not (last.answer and one.answer)
            and goes_on((last.start, last.end), (one.start, one.end), articles[one.article_id].text)
        ):
            told[-1] = Chosen(one.article_id, last.start, one.end, last.answer or one.answer)
        else:
            told.append(one)
    return told


def _is_newer(one: Candidate, other: Candidate, articles: Mapping[str, Article]) -> bool:
    """Whether one of two sentences that say the same is of a newer article."""
    date, dated = (articles[each.article_id].date or "" for each in (one, other))
    return date > dated and repeats(other.text, one.text)


def _with_what_follows(
    candidates: Sequence[Candidate], question: str, articles: Mapping[str, Article]
) -> tuple[list[Chosen], tuple[str, ...]]:
    """The candidates as they are shown, each with what it leads to below it; what is left out."""
    own = {(c.article_id, c.index): _shown(c, question, articles) for c in candidates}
    shown: dict[tuple[str, int], Chosen] = {}
    told: dict[str, None] = {}
    of_all = answer_type(question) in (AnswerType.LIST, AnswerType.ANY)
    for c in candidates:
        text = articles[c.article_id].text
        spans = sentences_of(text)
        for number in sorted({c.index, *(goes_with(c.index, text, spans) if of_all else ())}):
            place = c.article_id, number
            shown.setdefault(place, own.get(place, Chosen(c.article_id, *spans[number])))
        led, end = led_to(c.index, text, spans), spans[c.index][1]
        kept = [item for item in led[:MOST_LED_TO] if spans[item[-1]][1] - end <= LONGEST_LED_TO]
        if kept and len(kept) < len(led) and is_item(led[-1][0], text, spans):
            told[_cut_note(len(kept), len(led))] = None
        for number in (number for item in kept for number in item):
            place = c.article_id, number
            span = item_span(number, text, spans)
            shown.setdefault(place, own.get(place, Chosen(c.article_id, *span)))
        things = things_asked_for(question) if c is candidates[0] else None
        which = told_which(things, c.index, text, spans) if things else None
        if which is not None:
            place = c.article_id, which
            shown.setdefault(place, own.get(place, Chosen(c.article_id, *spans[which])))
    return list(shown.values()), tuple(told)


def _around(chosen: Sequence[Chosen], part: Part) -> list[Chosen]:
    """What stands near the chosen sentences and might pass for an answer too, in reading order."""
    places = {(one.article_id, one.end) for one in chosen}
    candidates = part.reading.candidates
    answering = [c for c in candidates if (c.article_id, c.end) in places]
    near = [
        c
        for c in candidates
        if (c.article_id, c.end) not in places
        and c.probability >= BESIDE_AT_LEAST
        and not _feature(c, "is_heading")
        and any(
            c.article_id == a.article_id and abs(c.index - a.index) <= AROUND for a in answering
        )
    ]
    order = {c.article_id: place for place, c in reversed([*enumerate(answering)])}
    near = sorted(near[:MOST_AROUND], key=lambda c: (order[c.article_id], c.index))
    return [Chosen(c.article_id, c.start, c.end) for c in near]


def _latest(part: Part, articles: Mapping[str, Article], least_confidence: float) -> Part:
    """The part with the newest article's sentence in front, where the latest is asked for.

    It is one of those about as good as the best, and it is as sure as it is: by as many log-odds
    less as it stays behind. Where that is too little for an answer, the best stays in front.
    """
    candidates = part.reading.candidates
    if not asks_latest(part.question):
        return part
    near = [c for c in candidates if candidates[0].score - c.score <= LATEST_WITHIN]
    newest = max(near, key=lambda c: articles[c.article_id].date or "")
    confidence = _less_sure(part.reading.confidence, candidates[0].score - newest.score)
    if newest is candidates[0] or confidence < least_confidence:
        return part
    reordered = (newest, *(c for c in candidates if c is not newest))
    reading = replace(part.reading, candidates=reordered, confidence=confidence)
    return replace(part, reading=reading)


def _less_sure(confidence: float, behind: float) -> float:
    """A probability with so many log-odds less; never more than it was."""
    if not 0 < confidence < 1:
        return confidence
    odds = math.log(confidence / (1 - confidence)) - max(0.0, behind)
    return round(1 / (1 + math.exp(-odds)), 4)


def _best_of_each(candidates: Sequence[Candidate], within: float) -> list[Candidate]:
    """The best sentence of each article that has one nearly as good as the best of all."""
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidates[0].score - candidate.score <= within:
            best.setdefault(candidate.article_id, candidate)
    return list(best.values())


def _comparable(
    candidates: Sequence[Candidate], question: str, articles: Mapping[str, Article]
) -> tuple[Candidate, ...]:
    """The best candidate, and those that may be compared with it.

    Each says what is asked for, if the best does, and speaks of something the question names.
    """
    best, *others = candidates
    of_the_kind = _feature(best, "expected_present") > 0
    fit = [
        c
        for c in others
        if (_feature(c, "expected_present") > 0 or not of_the_kind)
        and speaks_of_names(question, articles[c.article_id])
    ]
    return (best, *fit)


def _compared(
    candidates: Sequence[Candidate], articles: Mapping[str, Article], within: float
) -> list[Candidate]:
    """What each article says of what is compared, in the order of their dates."""
    each = _best_of_each(candidates, within)[:MOST_COMPARED]
    return sorted(each, key=lambda c: articles[c.article_id].date or "")


def _shown(candidate: Candidate, question: str, articles: Mapping[str, Article]) -> Chosen:
    answer = short_answer(candidate.text, candidate.span, question)
    start, text = candidate.start, articles[candidate.article_id].text
    return Chosen(
        candidate.article_id,
        *item_span(candidate.index, text, sentences_of(text)),
        (start + answer[0], start + answer[1]) if answer else None,
    )


def refusal_text(
    reason: Refusal, hits: Sequence[Hit], article: Callable[[str], Article | None]
) -> str:
    """A refusal in words: that it is one, why, and what comes closest."""
    if reason == "no_articles":
        return (
            "There are no articles to answer from. "
            "Add a folder of articles with: assistant index FOLDER"
        )
    if reason == "nothing_relevant":
        return "None of the articles is about this, so there is nothing to cite."
    closest = article(hits[0].passage.article_id) if hits else None
    if closest is None:
        return "The articles do not state this."
    when = closest.date or "undated"
    return f"The articles do not state this. The closest is “{closest.label}” ({when})."
