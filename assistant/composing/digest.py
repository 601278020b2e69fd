"""Digests: what an article is about, which mention something, what happened when, what all hold.

Nothing is written: a summary is the article's own most central sentences, in their order. They
are chosen by degree centrality over the encoder's vectors, as in LexRank (Erkan and Radev, JAIR
2004), by their place and by the names and figures they hold (Edmundson, JACM 1969), and without
repetition by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998). In news the lead is
hard to beat, so the first sentence always counts. A story that several articles tell is summed up
from all of them, in the order of their dates.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.composing.composer import Chosen, Draft, LookedAt
from assistant.composing.subjects import names_thing
from assistant.language.lists import is_heading
from assistant.language.periods import day_named, is_of_then
from assistant.understanding.digests import AFFAIR, Request, request_of
from assistant.understanding.question import joined_names, unspaced_words
from assistant.wording import say, say_count
from embeddings.front_matter import front_matter
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.answers import Hit
    from assistant.language.periods import Period
    from embeddings.encoder import Encoder
    from embeddings.records import Article
    from embeddings.splitting import Span

__all__ = ["Request", "compose_digest", "request_of"]

MOST_ARTICLES = 8
"""Articles of which a digest shows a sentence; it says how many there are."""
SUMMARY_SENTENCES, DETAILED_SENTENCES = 8, 12
STORY_SENTENCES = 10
"""Sentences of a story that several articles tell, each of them at least one."""
STORY_ARTICLES = 5
STORY_WITHIN = 0.65
"""An article tells a story too when it is at least so near to it, as a share of the nearest's."""
NEAREST_PASSAGES = 3
"""Passages of an article that say, besides the best, how near it is to a topic."""
MEANT_WITHIN, MOST_MEANT = 0.75, 4
"""Of so many articles that are at least so near the one that is meant is chosen by how it begins:
the articles of one story share its names, and of the bridge and of its opening all speak."""
BEGINNING = 4
"""Sentences that an article begins with."""
LOOSELY_WITHIN = 0.6
"""What says something of a topic loosely is so near to it, as a share of the nearest's."""
NEWEST_SENTENCES = 3
"""Sentences that are enough where the newest of a topic is asked for."""
OF_A_TIME = 3
"""Sentences of one article that name a day of the time that is asked about."""
DIGEST_CONFIDENCE = 0.9
"""A choice, not fitted: a digest is hardly ever wrong, but may be of another article than meant."""
REFUSED_CONFIDENCE = round(1 - DIGEST_CONFIDENCE, 4)
OF_THEN = say("it names a day of that time, or was published then")
MENTIONED = say("a sentence of it holds the names of the topic, or half of its words")
SAID_OF = say("it holds all words of the topic, and sentences of it speak of that")
UNMENTIONED = say("it is near to the topic, but no sentence of it is shown")
OF_ALL = say("it is one of those that are asked, newest first")
BY_SUMMARY = say(
    "of each article its first sentence and the one nearest to the topic, then those most central "
    "to it that repeat nothing, in its order"
)
BY_DAY = say(
    "of each article the first sentences that name a day of that time, and the lead of one of then"
)
BY_MENTION = say("of each article the sentence that speaks most of the topic")
BY_TOPIC = say(
    "of the sentences that speak of the topic those nearest to it, early ones and those with names "
    "and figures first, that repeat nothing"
)
BY_LEAD = say("of each article the sentence near its start with most names and figures")
WHICH_IS_MEANT = say("It is not clear which article is meant, so each is shown by how it begins.")
SENTENCES_WEIGHED = 80
"""Sentences of an article, from its start, that a summary is chosen from."""
LEAD_WITHIN = 6
"""Sentences from the start of an article among which its lead is looked for."""
LEAST_WORDS = 4
"""A sentence has at least so many words; what has fewer is a title, a date or a label."""
FEW_SENTENCES = 3
"""A text with fewer whole sentences may be a list or a table, whose lines say what there is."""
WORDS_OF_A_LINE = 2
REDUNDANCY = 0.5
"""Weight of what a sentence repeats, against what it is central to."""
EARLY = 0.3
"""Added for the first sentence, falling to nothing at the last: news says first what matters."""
TELLING = 0.1
"""Added for a figure in a sentence, and for three names: what is told is told of somebody, and
counted."""
_SAYING = (
    r"(?:said|says|told|tells|added|testified|wrote|explained|stressed|argued|claimed|insisted"
    r"|admitted|denied|emphasi[sz]ed|pointed\s+out)"
)
SECTION = 0.2
"""Added for a sentence of a section that has none yet: a text with headings says in each
something else."""
_GOES_ON = re.compile(
    r"(?:It|He|She|They|This|These|Its|His|Her|Their)\b"
    rf"|.*[\"”’'»,]\s+(?:he|she|they)\s+{_SAYING}\b",
    re.DOTALL,
)
"""Goes on with somebody or something: "It carries 40 cars", "“We sail at noon,” she said"."""
_SAME_DAY = re.compile(
    r"(?:In\s+the\s+(?:early\s+|late\s+)?(?:morning|afternoon|evening)|At\s+(?:noon|midday|night|dusk|dawn)"
    r"|(?:On\s+)?[Tt]he\s+same\s+(?:day|morning|afternoon|evening)"
    r"|(?:On\s+)?[Tt]hat\s+(?:day|morning|afternoon|evening|night)|Later\s+(?:that|the\s+same)\s+day)\b"
)
"""How a sentence begins that goes on with the day that the one before it names."""
_CLAUSE = re.compile(r"(?:why|what|who|whether|when|where|if|that)\b", re.IGNORECASE)
_WORD = re.compile(r"\w[\w’'-]*")
_LETTERS = re.compile(r"[^\W\d_]+")
_TITLE = r"\b(?:Mr|Mrs|Ms|Dr|Sir|Lord|Lady|Judge|Professor|Prof)\.?"
_SPEAKER = re.compile(
    rf"(?P<before>[A-Z][\w’'-]*)\s+{_SAYING}\b|{_TITLE}\s+(?P<after>[A-Z][\w’'-]*)"
)
_FULL_NAME = re.compile(r"[A-Z][\w’'-]*(?:\s+(?:[a-z]{2,3}\s+){0,2}[A-Z][\w’'-]*)+")
_INNER_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]+")


def lead(text: str, sentences: Sequence[Span], title: str | None = None) -> int | None:
    """Number of the sentence that says who did what, and when: early, with names and figures.

    A title, a date line or a slogan often stands before it.
    """
    real = _that_tell(text, sentences, title)
    if not real:
        return None

    def worth(place: int) -> float:
        names, figures = _telling(text[slice(*sentences[real[place]])])
        return names + 0.5 * figures - 0.1 * place

    return real[max(range(min(len(real), LEAD_WITHIN)), key=worth)]


def _that_tell(text: str, sentences: Sequence[Span], title: str | None) -> list[int]:
    """Numbers of the whole sentences; of what is mostly a list or a table, its lines too.

    A title, a heading, front matter and the rule of a table are no such lines.
    """
    block = front_matter(text)
    begin = block.end() if block else 0
    whole, lines = [], []
    for number, (start, end) in enumerate(sentences):
        words = text[start:end]
        if _is_sentence(words):
            whole.append(number)
        if start >= begin and not words.startswith("#") and words.strip("# ") != title:
            lines += [number] * (len(_LETTERS.findall(words)) >= WORDS_OF_A_LINE)
    return whole if len(whole) >= FEW_SENTENCES or len(lines) <= 2 * len(whole) else lines


def _telling(words: str) -> tuple[float, bool]:
    """What a sentence has of names, as a share of three, and whether it has a figure."""
    names = len(_INNER_NAME.findall(words))
    return min(names, 3) / 3, any(character.isdigit() for character in words)


def mention(topic: str, article: Article, sentences: Sequence[Span]) -> int | None:
    """Number of the sentence that speaks most of `topic`; None when the article does not.

    The sentence must hold the topic's names; without a name, half of its words, and the article
    all of them.
    """
    speaking = _speaking(topic, article, sentences)
    if not speaking:
        return None

    def worth(number: int) -> tuple[bool, int, int]:
        return _is_sentence(article.text[slice(*sentences[number])]), speaking[number], -number

    return max(speaking, key=worth)


def _speaking(topic: str, article: Article, sentences: Sequence[Span]) -> dict[int, int]:
    """The sentences that speak of a topic, and how many of its words each has."""
    wanted, names = frozenset(stems(topic)), _names_in(topic)
    if not wanted or not (names <= _words_in(article.text) if names else _holds(article, wanted)):
        return {}
    speaking = {}
    for number, (start, end) in enumerate(sentences):
        text = article.text[start:end]
        present = len(wanted & frozenset(stems(text)))
        if names <= _words_in(text) if names else 2 * present >= len(wanted):
            speaking[number] = present
    return speaking


def _saying(
    topic: str, article: Article, sentences: Sequence[Span], *, loosely: bool = False
) -> list[int]:
    """The sentences that say something of a topic, if the article holds all of it.

    Each has its names and its other words, half of them if they are more than two, or goes on
    from one that has: "It was …". Of somebody the one name will do by which the article goes on
    to call them, and of what an article begins with, what it is: "the ferry". What stands under
    a heading that has the whole topic says something of it, too. `loosely`, half of the other
    words, rounded down, will do.
    """
    wanted, names = frozenset(stems(topic)), _names_in(topic)
    if not _holds(article, wanted) or not names <= _words_in(article.text):
        return []
    others = wanted - frozenset(stems(" ".join(names)))
    least = len(others) if len(others) <= 2 else len(others) / 2
    if loosely:
        least = min(len(others), max(1, len(others) // 2))
    called = _called(topic, article.text)
    head = _head(topic, article, sentences)
    saying: list[int] = []
    for number, span in enumerate(sentences):
        text = article.text[slice(*span)]
        own = frozenset(stems(text))
        named = names <= _words_in(text) or any(_stands_alone(name, text) for name in called)
        speaks = (named and len(others & own) >= least) or head in own
        goes_on = saying[-1:] == [number - 1] and _GOES_ON.match(text)
        if (speaks or goes_on) and _is_sentence(text):
            saying.append(number)
    return sorted({*saying, *_under_headings(wanted, article, sentences)})


def _under_headings(
    wanted: frozenset[str], article: Article, sentences: Sequence[Span]
) -> Sequence[int]:
    """What stands under a heading with all of some words, sentences or else lines; no title."""
    under: list[int] = []
    within = False
    for number, span in enumerate(sentences):
        text = article.text[slice(*span)]
        if is_heading(number, article.text, sentences):
            title = text.startswith("# ") or text.strip("# ") == article.title
            within = not title and wanted <= frozenset(stems(text))
        elif within and len(_LETTERS.findall(text)) >= WORDS_OF_A_LINE:
            under.append(number)
    return [n for n in under if _is_sentence(article.text[slice(*sentences[n])])] or under


def _head(topic: str, article: Article, sentences: Sequence[Span]) -> str | None:
    """What a topic of several words is, its last word, if the article is about it from the start.

    It goes on to call it so: "the Sundvik ferry" is "the ferry" then. A name is none.
    """
    *before, last = topic.split() or [""]
    beginning = article.text[: sentences[:BEGINNING][-1][1]] if sentences else ""
    there = frozenset(stems(f"{article.title or ''} {beginning}"))
    head = stems(last) if before and last[:1].islower() else ()
    return head[0] if head and frozenset(stems(topic)) <= there else None


def _called(topic: str, text: str) -> frozenset[str]:
    """Those of somebody's names by which a text goes on to call them.

    They stand alone where they speak, or after a title; so may the last of them, unless somebody
    else of the text has it too.
    """
    full = _FULL_NAME.search(topic)
    if full is None:
        return frozenset()
    names = re.findall(r"[A-Z][\w’'-]*", full[0])
    spoken = {match["before"] or match["after"] for match in _SPEAKER.finditer(text)}
    namesake = rf"(?<=[a-z,] )(?!{_TITLE})[A-Z][\w’'-]*\s+{re.escape(names[-1])}\b"
    shared = any(match[0].split()[0] not in names for match in re.finditer(namesake, text))
    return frozenset(name for name in names if name in spoken or (name == names[-1] and not shared))


def _stands_alone(name: str, text: str) -> bool:
    """Whether a name stands in a text with no other name beside it, but maybe with a title."""
    beside = rf"(?<![\w’'-])(?:(?!{_TITLE})[A-Z][\w’'-]*\s+)?{re.escape(name)}(?!\s+[A-Z])(?![\w-])"
    return any(match[0] == name for match in re.finditer(beside, text))


def _holds(article: Article, wanted: frozenset[str]) -> bool:
    return wanted <= _stems_of(article)


def _words_in(text: str) -> frozenset[str]:
    """The words of a text, lower case, without a genitive."""
    return frozenset(re.sub(r"['’]s?$", "", word.lower()) for word in _WORD.findall(text))


def _stems_of(article: Article) -> frozenset[str]:
    return frozenset(stems(f"{article.title or ''} {article.text}"))


def _names_in(topic: str) -> frozenset[str]:
    """The words of a topic that are names or numbers, lower case: "the Chiefs" is no chief."""
    words = [word for word in _WORD.findall(topic) if word[:1].isupper() or word[:1].isdigit()]
    return _words_in(" ".join(words))


def summary(
    article: Article,
    sentences: Sequence[Span],
    encoder: Encoder,
    topic: str = "",
    most: int = SUMMARY_SENTENCES,
) -> tuple[int, ...]:
    """Numbers of the `most` sentences that say what the article is about, in their order.

    The first is among them. So is the one nearest to a `topic`, and nearness to it counts as much
    as being central. A single one is what counts most: many an article opens with a flourish.
    """
    import numpy as np

    text = article.text
    numbers = _that_tell(text, sentences, article.title)[:SENTENCES_WEIGHED]
    if len(numbers) <= most:
        return tuple(numbers)
    words = [text[slice(*sentences[n])] for n in numbers]
    vectors = encoder.encode(words)
    alike = vectors @ vectors.T
    worth = alike.mean(axis=1) + EARLY * np.linspace(1, 0, len(numbers))
    worth = worth + TELLING * np.array([sum(_telling(each)) for each in words])
    nearest = 0
    if topic:
        nearness = vectors @ encoder.encode([topic])[0]
        worth = worth + nearness
        nearest = int(nearness.argmax())
    start = sorted({0, nearest}) if most > 1 else [int(worth.argmax())]
    sections = np.array(_sections(numbers, text, sentences))
    return tuple(numbers[place] for place in sorted(_diverse(start, worth, alike, most, sections)))


def _sections(numbers: Sequence[int], text: str, sentences: Sequence[Span]) -> list[int]:
    """In which section of an article some of its sentences stand: how many headings are before."""
    heads = [number for number in range(len(sentences)) if is_heading(number, text, sentences)]
    return [bisect(heads, number) for number in numbers]


def _diverse(
    first: Sequence[int],
    worth: NDArray[np.float32],
    alike: NDArray[np.float32],
    most: int,
    sections: NDArray[np.int_] | None = None,
) -> list[int]:
    """Those that come first, then others by maximal marginal relevance, and of each section."""
    import numpy as np

    chosen = list(first)
    while len(chosen) < most:
        gain = worth - REDUNDANCY * alike[:, chosen].max(axis=1)
        if sections is not None:
            gain = gain + SECTION * ~np.isin(sections, sections[chosen])
        gain[chosen] = -10.0
        chosen.append(int(gain.argmax()))
    return chosen


def _is_sentence(text: str) -> bool:
    closed = text.rstrip("\"'”’)] \n").endswith((".", "!", "。", "！"))
    return closed and len(text.split()) + unspaced_words(text) >= LEAST_WORDS


def compose_digest(
    request: Request,
    ids: Sequence[str],
    hits: Sequence[Hit],
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
    encoder: Callable[[], Encoder],
    speaks_to: Callable[[str, str | None, str], float],
    *,
    detailed: bool = False,
) -> Draft:
    """The sentences of a digest, or a refusal.

    `ids` are the articles that are asked, newest first, of a time those that were published then;
    `hits` is what the topic found, best first; `speaks_to` says how much a text with
    its title speaks to a topic.
    A `detailed` summary of one article is twice as long.
    """
    found = list(dict.fromkeys(hit.passage.article_id for hit in hits))
    newest = _newest(request, ids, found, article, sentences_of) if request.newest else ()
    if request.kind == "summary" and (len(ids) == 1 or newest or request.topic):
        told, beside = _told(request, ids, newest, hits, article, sentences_of, speaks_to)
        most = STORY_SENTENCES if len(told) > 1 else SUMMARY_SENTENCES
        most = DETAILED_SENTENCES if detailed else most
        draft = _summed_up(list(told), request, article, sentences_of, encoder, most)
        return _explained(draft, {**told, **beside}, BY_SUMMARY, article)
    if request.kind == "time":
        draft = _of_a_time(found, ids, request.periods, article, sentences_of)
        return _explained(draft, dict.fromkeys(_cited_in(draft), OF_THEN), BY_DAY, article)
    if request.kind == "about":
        most = DETAILED_SENTENCES if detailed else SUMMARY_SENTENCES
        draft = _said_of(found, request, article, sentences_of, encoder, most)
        return _explained(draft, dict.fromkeys(_cited_in(draft), SAID_OF), BY_TOPIC, article)
    if request.kind == "mentions":
        draft = _mentioning(found, request, article, sentences_of)
        silent = dict.fromkeys(found, UNMENTIONED)
        return _explained(
            draft, {**silent, **dict.fromkeys(_cited_in(draft), MENTIONED)}, BY_MENTION, article
        )
    draft = _of_several(ids, article, sentences_of)
    notes = () if request.kind == "overview" or draft.refusal else (WHICH_IS_MEANT,)
    draft = replace(draft, notes=(*notes, *draft.notes))
    return _explained(draft, dict.fromkeys(_cited_in(draft), OF_ALL), BY_LEAD, article)


def _told(
    request: Request,
    ids: Sequence[str],
    newest: Sequence[str],
    hits: Sequence[Hit],
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
    speaks_to: Callable[[str, str | None, str], float],
) -> tuple[dict[str, str], dict[str, str]]:
    """The articles that a summary is of, each with why; and those that were looked at besides."""
    if len(ids) == 1:
        return {ids[0]: say("it is the only article that is asked")}, {}
    if newest:
        return dict.fromkeys(newest, say("it is the newest that is about it")), {}
    about_as_near = say("it is about as near to the topic as the nearest")
    all_near = _near(hits, STORY_WITHIN if request.story else MEANT_WITHIN)
    near = _of_then(request.topic, all_near, article)
    titled = [one for one in near if _is_title(request.topic, article(one))]
    if len(titled) == 1:
        return dict.fromkeys(titled, say("the question says its title")), {}
    if request.story:
        return dict.fromkeys(near[:STORY_ARTICLES], about_as_near), {}
    near = near[:MOST_MEANT]
    meant = _meant(request.topic, list(filter(None, map(article, near))), sentences_of, speaks_to)
    why = (
        say("of those about as near to the topic, its beginning speaks most to it")
        if len(near) > 1
        else about_as_near
        if len(all_near) > 1
        else say("it is the nearest to the topic by far")
    )
    other = say("it is about as near to the topic, but its beginning speaks less to it")
    return dict.fromkeys(meant, why), {one: other for one in near if one not in meant}


def _is_title(topic: str, article: Article | None) -> bool:
    """Whether a topic has all the words of an article's title, and there are some."""
    title = frozenset(stems((article and article.title) or ""))
    return len(title) >= WORDS_OF_A_LINE and title <= frozenset(stems(topic))


def _cited_in(draft: Draft) -> list[str]:
    return list(dict.fromkeys(one.article_id for one in draft.sentences))


def _explained(
    draft: Draft,
    why: Mapping[str, str],
    chosen_by: str,
    article: Callable[[str], Article | None],
) -> Draft:
    """The draft with what it was chosen from, and how."""
    looked_at = tuple(
        LookedAt(one.id, one.label, one.date, reason)
        for one, reason in ((article(id), reason) for id, reason in why.items())
        if one is not None
    )
    return replace(draft, looked_at=looked_at, chosen_by="" if draft.refusal else chosen_by)


def _of_a_time(
    found: Sequence[str],
    then: Sequence[str],
    periods: Sequence[Period],
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
) -> Draft:
    """What names a day of one of the periods; of an article of then its lead, too.

    `then` was published in it, and comes first: of a large corpus, so many that they are only
    counted once enough are shown. `found` may speak of that time.
    """
    told: list[tuple[str, list[Chosen]]] = []
    known = frozenset(then)
    more = 0
    for id in dict.fromkeys([*then, *found]):
        if len(told) >= MOST_ARTICLES and id in known:
            more += 1
            continue
        one = article(id)
        if one is None:
            continue
        spans = sentences_of(one.text)
        named, day = _of_those_days(one, spans, periods)
        first = lead(one.text, spans, one.title)
        if len(named) < OF_A_TIME and id in known and first is not None:
            # What was published then tells what happened then, also where it names another day.
            named = sorted({*named, spans[first]})
        if named:
            told.append(
                (day or one.date or "", [Chosen(one.id, *span) for span in named[:OF_A_TIME]])
            )
    if not told:
        return Draft("not_stated", REFUSED_CONFIDENCE)
    shown = sorted(told[:MOST_ARTICLES], key=lambda each: each[0])
    notes = _more_are(len(shown), len(told) - len(shown) + more)
    return Draft(None, DIGEST_CONFIDENCE, tuple(c for _, own in shown for c in own), notes)


def _of_those_days(
    one: Article, sentences: Sequence[Span], periods: Sequence[Period]
) -> tuple[list[Span], str | None]:
    """The sentences that name a day of one of the periods or go on with it; the first such day."""
    named: list[int] = []
    first = None
    for number, span in enumerate(sentences):
        words = one.text[slice(*span)]
        if not _is_sentence(words):
            continue
        days = filter(None, (day_named(words, one.date, period) for period in periods))
        if day := min(days, default=None):
            first = first or day
            named.append(number)
        elif named[-1:] == [number - 1] and _SAME_DAY.match(words):
            named.append(number)
    return [sentences[number] for number in named], first


def _more_are(shown: int, more: int) -> tuple[str, ...]:
    if not more:
        return ()
    return (
        say_count(
            "{shown} articles are shown; {count} more is not.",
            "{shown} articles are shown; {count} more are not.",
            more,
            shown=shown,
        ),
    )


def _newest(
    request: Request,
    ids: Sequence[str],
    found: Sequence[str],
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
) -> Sequence[str]:
    """The newest article that speaks of the topic, if there is one; none where none has a date."""
    for one in filter(None, map(article, ids)):
        if one.date is None:  # those without a date come last
            break
        if not request.topic or (
            one.id in found and mention(request.topic, one, sentences_of(one.text)) is not None
        ):
            return [one.id]
    return ()


def _near(hits: Sequence[Hit], within: float) -> list[str]:
    """The articles that are about as near to a topic as the nearest, which comes first.

    How near an article is: the score of its best passage, and the mean of its best few.
    """
    scores: dict[str, list[float]] = {}
    for hit in hits:
        scores.setdefault(hit.passage.article_id, []).append(hit.score)
    near = {
        one: own[0] + sum(own[:NEAREST_PASSAGES]) / NEAREST_PASSAGES for one, own in scores.items()
    }
    best = max(near.values(), default=0.0)
    order = sorted(near, key=lambda one: -near[one])
    return [one for one in order if near[one] >= within * best]


def _of_then(
    topic: str, near: Sequence[str], article: Callable[[str], Article | None]
) -> Sequence[str]:
    """Those of some articles that are of a day or a month that the topic names; all if none is.

    Why something was, or what was said of it, is told at other times too.
    """
    if _CLAUSE.match(topic):
        return near
    known = list(filter(None, map(article, near)))
    return [one.id for one in known if is_of_then(topic, one.title, one.date)] or near


def _meant(
    topic: str,
    near: Sequence[Article],
    sentences_of: Callable[[str], Sequence[Span]],
    speaks_to: Callable[[str, str | None, str], float],
) -> list[str]:
    """The one of some articles whose beginning speaks most to the topic."""
    if len(near) < 2:
        return [one.id for one in near]

    def spoken(one: Article) -> float:
        beginning = sentences_of(one.text)[:BEGINNING]
        end = beginning[-1][1] if beginning else 0
        return speaks_to(topic, one.title, one.text[:end])

    return [max(near, key=spoken).id]


def _summed_up(
    ids: Sequence[str],
    request: Request,
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
    encoder: Callable[[], Encoder],
    most: int,
) -> Draft:
    """`most` sentences of the articles about the topic, those without a date first."""
    told = [one for one in map(article, ids) if one and _is_about(one, request.topic)]
    if not told:
        return Draft("nothing_relevant", REFUSED_CONFIDENCE)
    told.sort(key=lambda one: one.date or "")
    chosen = []
    for place, one in enumerate(told):
        spans = sentences_of(one.text)
        own = most // len(told) + (place < most % len(told))  # the eldest tell what it is about
        numbers = summary(one, spans, encoder(), request.topic, max(1, own))
        chosen += [Chosen(one.id, *spans[n]) for n in numbers]
    if not chosen:
        return Draft("not_stated", REFUSED_CONFIDENCE)
    return Draft(None, DIGEST_CONFIDENCE, tuple(chosen))


def _is_about(article: Article, topic: str) -> bool:
    """Whether the article holds half of the topic's names; of its words, if it has no name.

    What a question calls a dispute need not be called so where it is told.
    """
    names = _names_in(topic)
    wanted = names or frozenset(stems(AFFAIR.sub(" ", topic)))
    there = _words_in(f"{article.title or ''} {article.text}") if names else _stems_of(article)
    return 2 * len(wanted & there) >= len(wanted)


def _said_of(
    found: Sequence[str],
    request: Request,
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
    encoder: Callable[[], Encoder],
    most: int,
) -> Draft:
    """What the nearest articles that hold the whole topic say of it, oldest first.

    Where the newest is asked for, it alone if it says enough, else those before it too.
    """
    import numpy as np

    articles = list(filter(None, map(article, found)))
    if request.newest:  # without a date last, and only where nothing that has one speaks of it
        articles.sort(key=lambda one: one.date or "", reverse=True)
    told = _gathered(request, articles, sentences_of, most)
    surely = {place for own in told for place in own}
    if len(surely) < FEW_SENTENCES and not request.newest:
        told = _gathered(request, articles, sentences_of, most, loosely=True)
    places = [place for own in told for place in own]
    if not places:
        return Draft("not_stated", REFUSED_CONFIDENCE)
    words = [one.text[slice(*span)] for one, span, _ in places]
    vectors = encoder().encode([*words, request.topic])
    nearness = vectors[:-1] @ vectors[-1]
    worth = nearness + EARLY * np.array([early for *_, early in places])
    worth = worth + TELLING * np.array([sum(_telling(each)) for each in words])
    near = np.array([place in surely for place in places])
    near |= nearness >= LOOSELY_WITHIN * nearness.max()
    if not surely and near.sum() < FEW_SENTENCES:
        return Draft("not_stated", REFUSED_CONFIDENCE)
    worth[~near] = -1  # after all others
    ends = np.cumsum([len(own) for own in told])
    best = [
        end - len(own) + int(worth[end - len(own) : end].argmax())
        for own, end in zip(told, ends.tolist(), strict=True)
    ]
    best += _of_unsaid(request.topic, best, words, worth)
    alike = vectors[:-1] @ vectors[:-1].T
    first = [place for place in best if near[place]]
    chosen = _diverse(first, worth, alike, min(most, int(near.sum())))
    shown = sorted((places[n] for n in chosen), key=lambda p: (p[0].date or "", p[0].id, p[1]))
    return Draft(None, DIGEST_CONFIDENCE, tuple(Chosen(one.id, *span) for one, span, _ in shown))


def _gathered(
    request: Request,
    articles: Sequence[Article],
    sentences_of: Callable[[str], Sequence[Span]],
    most: int,
    *,
    loosely: bool = False,
) -> list[list[tuple[Article, Span, float]]]:
    """Of each of at most so many articles, what it says of the topic, and how early that stands."""
    told: list[list[tuple[Article, Span, float]]] = []
    for one in articles:
        said = sum(map(len, told))
        enough = said >= NEWEST_SENTENCES or (said and not one.date)
        if len(told) == most or (request.newest and enough):
            break
        spans = sentences_of(one.text)
        of_each = (_saying(topic, one, spans, loosely=loosely) for topic in _topics(request.topic))
        numbers = sorted(set().union(*of_each))[:SENTENCES_WEIGHED]
        if numbers:
            told.append([(one, spans[number], 1 - number / len(spans)) for number in numbers])
    return told


def _of_unsaid(
    topic: str, best: Sequence[int], words: Sequence[str], worth: NDArray[np.float32]
) -> list[int]:
    """Of each of several topics that none of the best sentences names, the best that does."""
    added: list[int] = []
    for one in _topics(topic):
        if not any(names_thing(one, words[place]) for place in (*best, *added)):
            naming = [place for place, text in enumerate(words) if names_thing(one, text)]
            added += [max(naming, key=lambda place: float(worth[place]))] if naming else []
    return added


def _topics(topic: str) -> tuple[str, ...]:
    """The topics of a topic: of "Holm and Lund" each alone, as no sentence need name both."""
    return joined_names(f"about {topic}") or (topic,)


def _mentioning(
    found: Sequence[str],
    request: Request,
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
) -> Draft:
    """Of each article that mentions the topic, the sentence that does most.

    Where a time is named, of those only that were published then or name it where they do.
    """
    mentioning: list[tuple[Article, int]] = []
    for one in filter(None, map(article, found)):
        number = mention(request.topic, one, sentences_of(one.text))
        if number is not None:
            mentioning.append((one, number))
    of_then = mentioning
    notes: tuple[str, ...] = ()
    if request.periods:
        of_then = [
            (one, then)
            for one, number in mentioning
            if (then := _mention_then(request, one, number, sentences_of(one.text))) is not None
        ]
        notes = (_of_then_note(request.periods, len(of_then), len(mentioning)),)
    if not of_then:
        return Draft("not_stated", REFUSED_CONFIDENCE, notes=notes)
    shown = [Chosen(one.id, *sentences_of(one.text)[n]) for one, n in of_then[:MOST_ARTICLES]]
    more = _more_are(len(shown), len(of_then) - len(shown))
    return Draft(None, DIGEST_CONFIDENCE, tuple(shown), (*notes, *more))


def _mention_then(
    request: Request, one: Article, number: int, sentences: Sequence[Span]
) -> int | None:
    """The sentence that mentions the topic at one of the periods; None if the article has none.

    `number` is the one that mentions it most, which will do where the article is of then.
    """
    if one.date and any(period.holds(one.date, one.date) for period in request.periods):
        return number
    if one.date is None and _is_headed(one, sentences, request.periods):
        return number
    for speaking in (number, *_speaking(request.topic, one, sentences)):
        words = one.text[slice(*sentences[speaking])]
        if any(day_named(words, one.date, period) for period in request.periods):
            return speaking
    return None


def _is_headed(one: Article, sentences: Sequence[Span], periods: Sequence[Period]) -> bool:
    """Whether what stands above an article names one of the periods: "Review, autumn 2021"."""
    starts = (start for start, end in sentences if _is_sentence(one.text[start:end]))
    head = f"{one.title or ''} {one.text[: next(starts, 0)]}"
    return any(day_named(head, None, period) for period in periods)


def _of_then_note(periods: Sequence[Period], shown: int, mentioning: int) -> str:
    return say(
        "Only articles of that time, or that name it with what is asked for, are shown, because"
        " the question says “{words}”: {shown} of {all}.",
        words=", ".join(dict.fromkeys(period.words for period in periods)),
        shown=shown,
        all=mentioning,
    )


def _of_several(
    ids: Sequence[str],
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
) -> Draft:
    """The lead of each article that has something to show."""
    shown: list[Chosen] = []
    more = 0
    for one in filter(None, map(article, ids)):
        if len(shown) == MOST_ARTICLES:
            more = len(ids) - len(shown)
            break
        spans = sentences_of(one.text)
        number = lead(one.text, spans, one.title)
        if number is not None:
            shown.append(Chosen(one.id, *spans[number]))
    if not shown:
        return Draft("not_stated", REFUSED_CONFIDENCE)
    return Draft(None, DIGEST_CONFIDENCE, tuple(shown), _more_are(len(shown), more))
