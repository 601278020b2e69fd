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
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from assistant.composing.composer import Chosen, Draft
from assistant.language.periods import names_day_of, periods_in
from assistant.understanding.question import unspaced_words
from assistant.wording import say, say_count
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
SUMMARY_SENTENCES, DETAILED_SENTENCES = 4, 8
STORY_SENTENCES = 6
"""Sentences of a story that several articles tell, each of them at least one."""
STORY_ARTICLES = 4
STORY_WITHIN = 0.65
"""An article tells a story too when it is at least so near to it, as a share of the nearest's."""
NEAREST_PASSAGES = 3
"""Passages of an article that say, besides the best, how near it is to a topic."""
OF_A_TIME = 2
"""Sentences of one article that name a day of the time that is asked about."""
DIGEST_CONFIDENCE = 0.9
"""A choice, not fitted: a digest is hardly ever wrong, but may be of another article than meant."""
REFUSED_CONFIDENCE = round(1 - DIGEST_CONFIDENCE, 4)
WHICH_IS_MEANT = say("It is not clear which article is meant, so each is shown by how it begins.")
SENTENCES_WEIGHED = 80
"""Sentences of an article, from its start, that a summary is chosen from."""
LEAD_WITHIN = 6
"""Sentences from the start of an article among which its lead is looked for."""
LEAST_WORDS = 6
"""A sentence has at least so many words; what has fewer is a title, a date or a label."""
REDUNDANCY = 0.5
"""Weight of what a sentence repeats, against what it is central to."""
EARLY = 0.3
"""Added for the first sentence, falling to nothing at the last: news says first what matters."""
TELLING = 0.1
"""Added for a figure in a sentence, and for three names: what is told is told of somebody, and
counted."""

_TEXT = r"(?:articles?|reports?|stor(?:y|ies)|texts?|documents?|pieces?|pages?|news(?:\s+items?)?)"
_MANY = r"(?:articles|reports|stories|texts|documents|pieces|pages|news|sources)"
_SEVERAL = r"(?:articles|reports|stories|texts|documents|pieces)"
_ONE = r"(?:article|report|story|text|document|piece|page)"
_LEADS = r"^\W*(?:please\s+|can\s+you\s+|could\s+you\s+|would\s+you\s+|i\s+want\s+)?"
_MENTIONS = re.compile(
    rf"{_LEADS}(?:(?:(?P<inside>in)\s+)?(?:which|what|how\s+many)\s+(?:of\s+)?(?:the\s+|these\s+|your\s+|other\s+)*"
    rf"{_TEXT}(?!['’])"
    rf"|(?:list|show|find|name|give)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?{_MANY}(?!['’]))\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_SPEAKING = (
    "mention mentioned talk speak discuss cover name named deal refer write report say tell "
    "concern contain bring up touch take place set happen come appear turn crop article "
    "story piece anything something related relating regarding quote cite describe feature "
    "deals focus there involve include involving including dealing mentioning"
)
"""What texts do with a topic: no words of the topic itself."""
_OF_A_TOPIC = re.compile(
    r"\babout\b|^(?:that\s+|which\s+)?(?:(?:is|are|was|were|come|comes)\s+)?(?:on|from|in|with)\b",
    re.IGNORECASE,
)
_PART_OF = re.compile(r"of\b", re.IGNORECASE)
_DONE_TO = re.compile(r"(?:do|does|did)\s+(?!you\b|we\b)(?P<word>\w+)", re.IGNORECASE)
"""After "which reports": another does something to them, unless what follows is a text's doing."""
_SUMMARY = re.compile(
    rf"{_LEADS}(?:what(?:['’]s|\s+is|\s+are|\s+was|\s+were)\s+(?P<which>(?:this|that|the|these|those|all|each|every)\b(?:(?!\b(?:of|on|in|at)\b).)*?)\b"
    rf"(?P<noun>{_TEXT})\b(?P<rest>.*?)\babout\b(?P<after>.*)"
    rf"|(?:summari[sz]e|sum\s+up|outline|give\s+(?:me\s+)?(?:a|an|the)\s+(?:short\s+|brief\s+|quick\s+)?"
    r"(?:summary|overview|outline|gist|digest)(?:\s+of)?|(?:a\s+)?(?:summary|overview)\s+of"
    r"|(?:what\s+(?:is|are)\s+)?(?:the\s+)?(?:main|key)\s+(?:points?|ideas?|takeaways?|message)(?:\s+(?:of|in|from))?"
    rf"|what\s+does\s+(?:the|this|that)\s+{_ONE}\s+say(?=\W*$)"
    r"|what\s+(?:is|was)\s+in\s+the\s+(?P<news>news)\b"
    r"|tl;?dr)\b(?P<topic>.*))$",
    re.IGNORECASE,
)
_OVERVIEW = re.compile(
    rf"{_LEADS}(?:what\s+(?:{_MANY}|topics|subjects|information)\s+(?:do\s+you\s+have|are\s+there|is\s+there)(?:\s+here)?\W*$"
    rf"|what\s+can\s+i\s+ask|what\s+do\s+you\s+know(?!\s+about)|list\s+(?:all\s+)?(?:the\s+|your\s+)?{_MANY}\W*$"
    rf"|(?:which|how\s+many)\s+{_MANY}\s+(?:do\s+you\s+have|are\s+there)(?:\s+here)?\W*$"
    r"|help(?:\s+me)?\W*$|what\s+can\s+you\s+(?:do|answer|tell\s+me|help\s+(?:me\s+)?with)\W*$"
    rf"|what\s+do\s+(?:the\s+|these\s+|your\s+)?{_MANY}\s+(?:say|report)\W*$"
    r"|what\s+(?:was|has\s+been)\s+(?:reported|written|published)\W*$"
    r"|(?:(?:what(?:['’]s|\s+is|\s+are)|which|how\s+many|any|all|the|these|your|show|find|give|me|new|latest|newest"
    rf"|recent|most\s+recent)\s+)*{_MANY}\W*$)",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    rf"\b(?:the|this|that|these|those|all|of|on|about|in|from|my|your|main|whole|entire|for|me|please"
    rf"|latest|newest|most\s+recent|last|each|every|it|them|everything|{_TEXT})\b|[?.!,:;]",
    re.IGNORECASE,
)
_BRIEFLY = re.compile(
    r"[\s,.;:?!-]*\b(?:briefly|(?:put\s+)?in\s+(?:short|brief|a\s+nutshell|(?:a\s+few|one|two|three)\s+(?:words|sentences?|lines))"
    r"|(?:just\s+)?(?:a\s+)?(?:short|brief|quick)\s+(?:overview|summary|account|version)(?!\s+of))"
    r"(?:,?\s+please)?(?=\W*$)",
    re.IGNORECASE,
)
_COURSE = re.compile(
    r"^\W*(?:how\s+(?:did|do|does|has|have|is|are|was|were)\b(?P<how>.*)\b(?:go|gone|going|stand|fare|fared|turn(?:ed)?\s+out)\b(?P<after>.*)"
    r"|what\s+happened\b(?P<what>.*))$",
    re.IGNORECASE,
)
"""Asks how something went: in brief, that is a summary and not one sentence."""
_ASKS_WHAT = re.compile(r"(?:what(?!\s+happened)|who)\b", re.IGNORECASE)
_ASKS_FOR_ALL = re.compile(
    rf"{_LEADS}(?:what|which|(?:tell|show|give|list|name)\b|everything|anything|events|news)",
    re.IGNORECASE,
)
_HAPPENING = (
    "what what's which happen happened happening occur occurred take took taken place go goes "
    "went going on event events thing things new news everything anything something all any "
    "tell show give list name us about dated date dates day days when each them with that "
    "fell fall there across"
)
"""With a span of time, all that a question for what happened then is made of."""
_INNER_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]+")
_BRACKETS = re.compile(r"\s*\([^()]*\)\s*\??$")
_NEWEST = re.compile(r"\b(?:latest|newest|most\s+recent)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """What kind of digest a question asks for."""

    kind: Literal["summary", "mentions", "overview", "time"]
    topic: str = ""
    """What the article is about, or what is mentioned, in the question's words; may be empty."""
    newest: bool = False
    """Whether the newest article is meant."""
    story: bool = False
    """Whether what happened is to be summed up, and not an article: several may tell it."""
    periods: tuple[Period, ...] = ()
    """When what is asked for happened."""


def request_of(question: str, newest: str | None = None) -> Request | None:
    """The digest that `question` asks for; None for a question about what articles say.

    `newest`, the date of the newest article, tells which year "in July" means.
    """
    if periods := _asks_what_happened(question, newest):
        return Request("time", " ".join(period.words for period in periods), periods=periods)
    if _OVERVIEW.match(question):
        return Request("overview")
    if match := _MENTIONS.match(question):
        topic = _topic(match["rest"]) if match["inside"] or _of_a_topic(match["rest"]) else ""
        return Request("mentions", topic) if topic else None
    course = _COURSE.match(_BRIEFLY.sub("", question))
    if course and _BRIEFLY.search(question):
        words = " ".join(filter(None, course.groups()))
        return Request("summary", _plain(words), story=True) if _plain(words) else None
    match = _SUMMARY.match(_BRIEFLY.sub("", question))
    if match is None:
        return None
    words = " ".join(filter(None, (match["which"], match["rest"], match["after"], match["topic"])))
    said = " ".join(filter(None, match.group("which", "noun", "news", "topic")))
    many = re.search(rf"\b(?:{_MANY}|each|every)\b", said, re.I)
    if many:
        words = _BRACKETS.sub("", words)
    topic = _plain(words)
    if many and not topic:
        return Request("overview")
    if match["noun"] is None and not re.search(rf"\b(?:{_TEXT}|it|this|that)\b", question, re.I):
        # "Summarise the agreement": the article about it. "Summarise what she said": a question.
        if _ASKS_WHAT.match(topic):
            return None
        return Request("summary", topic, story=True) if topic else Request("overview")
    several = bool(topic) and re.search(rf"\b(?:{_SEVERAL})\b", said, re.IGNORECASE) is not None
    return Request("summary", topic, bool(_NEWEST.search(question)), story=several)


def _asks_what_happened(question: str, newest: str | None) -> tuple[Period, ...]:
    """The spans of time of a question that asks for all that happened then; else none."""
    periods = periods_in(question, newest, unsure=True)
    rest = question
    for period in reversed(periods):
        rest = f"{rest[: period.start]} {rest[period.end :]}"
    if not _ASKS_FOR_ALL.match(rest):
        return ()
    return () if set(stems(_plain(rest))) - _happening() else periods


@cache
def _happening() -> frozenset[str]:
    return frozenset(stems(_HAPPENING))


def _plain(words: str) -> str:
    """The words without those that say nothing of a topic."""
    return " ".join(_PLAIN.sub(" ", words).strip(" ()").split())


def _of_a_topic(rest: str) -> bool:
    """Whether what follows "which reports" says what they tell of: not "… did she sign"."""
    done = _DONE_TO.match(rest)
    if _PART_OF.match(rest) or (done and not set(stems(done["word"])) & _speaking()):
        return False
    return bool(_OF_A_TOPIC.search(rest)) or bool(set(stems(rest)) & _speaking())


@cache
def _speaking() -> frozenset[str]:
    return frozenset(stems(_SPEAKING))


def _topic(words: str) -> str:
    """The words that say what is looked for, without those for what a text does with it."""
    kept = []
    for word in re.findall(r"[\w’'-]+", words):
        own = stems(word)
        if own and not set(own) <= _speaking():
            kept.append(word)
    return " ".join(kept)


def lead(text: str, sentences: Sequence[Span]) -> int | None:
    """Number of the sentence that says who did what, and when: early, with names and figures.

    A title, a date line or a slogan often stands before it.
    """
    real = [n for n, span in enumerate(sentences) if _is_sentence(text[slice(*span)])]
    if not real:
        return 0 if sentences else None

    def worth(place: int) -> float:
        names, figures = _telling(text[slice(*sentences[real[place]])])
        return names + 0.5 * figures - 0.1 * place

    return real[max(range(min(len(real), LEAD_WITHIN)), key=worth)]


def _telling(words: str) -> tuple[float, bool]:
    """What a sentence has of names, as a share of three, and whether it has a figure."""
    names = len(_INNER_NAME.findall(words))
    return min(names, 3) / 3, any(character.isdigit() for character in words)


def mention(topic: str, article: Article, sentences: Sequence[Span]) -> int | None:
    """Number of the sentence that speaks most of `topic`; None when the article does not.

    The sentence must hold the topic's names; without a name, half of its words, and the article
    all of them.
    """
    wanted = frozenset(stems(topic))
    capitalised = [w for w in re.findall(r"[\w’'-]+", topic) if w[:1].isupper() or w[:1].isdigit()]
    names = frozenset(stems(" ".join(capitalised)))
    there = frozenset(stems(f"{article.title or ''} {article.text}"))
    if not wanted or not (names or wanted) <= there:
        return None
    best: tuple[int, bool, int] | None = None
    for number, (start, end) in enumerate(sentences):
        words = article.text[start:end]
        present = wanted & frozenset(stems(words))
        if names <= present and (names or 2 * len(present) >= len(wanted)):
            found = (len(present), _is_sentence(words), -number)
            best = max(best, found) if best else found
    return -best[2] if best else None


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
    numbers = [n for n, span in enumerate(sentences) if _is_sentence(text[slice(*span)])]
    numbers = numbers[:SENTENCES_WEIGHED] or [0] * bool(sentences)
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
    return tuple(numbers[place] for place in sorted(_diverse(start, worth, alike, most)))


def _diverse(
    first: Sequence[int], worth: NDArray[np.float32], alike: NDArray[np.float32], most: int
) -> list[int]:
    """Those that come first, then others by maximal marginal relevance."""
    chosen = list(first)
    while len(chosen) < most:
        gain = worth - REDUNDANCY * alike[:, chosen].max(axis=1)
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
    *,
    detailed: bool = False,
) -> Draft:
    """The sentences of a digest, or a refusal.

    `ids` are the articles that are asked, newest first, of a time those that were published then;
    `hits` is what the topic found, best first.
    A `detailed` summary of one article is twice as long.
    """
    found = list(dict.fromkeys(hit.passage.article_id for hit in hits))
    newest = _newest(request, ids, found, article, sentences_of) if request.newest else ()
    if request.kind == "summary" and (len(ids) == 1 or newest or request.topic):
        chosen = ids if len(ids) == 1 else newest or found[:1]
        if request.story and len(ids) > 1 and not newest:
            chosen = _tellers(hits)
        most = STORY_SENTENCES if len(chosen) > 1 else SUMMARY_SENTENCES
        most = DETAILED_SENTENCES if detailed else most
        return _summed_up(chosen, request, article, sentences_of, encoder, most)
    if request.kind == "time":
        return _of_a_time(found, ids, request.periods, article, sentences_of)
    if request.kind == "mentions":
        return _of_several(found, request, article, sentences_of)
    draft = _of_several(ids, request, article, sentences_of)
    notes = () if request.kind == "overview" or draft.refusal else (WHICH_IS_MEANT,)
    return replace(draft, notes=(*notes, *draft.notes))


def _of_a_time(
    found: Sequence[str],
    then: Sequence[str],
    periods: Sequence[Period],
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
) -> Draft:
    """What names a day of one of the periods; of an article of then that names none, its lead.

    `found` may speak of that time, `then` was published in it: of a large corpus, so many that they
    are only counted once enough are shown.
    """
    told: list[tuple[str, list[Chosen]]] = []
    known = frozenset(then)
    more = 0
    for id in dict.fromkeys([*found, *then]):
        if len(told) >= MOST_ARTICLES and id in known:
            more += 1
            continue
        one = article(id)
        if one is None:
            continue
        spans = sentences_of(one.text)
        named = [
            span
            for span in spans
            if _is_sentence(words := one.text[slice(*span)])
            and any(names_day_of(words, one.date, period) for period in periods)
        ]
        first = lead(one.text, spans)
        if not named and id in known:
            named = [spans[first]] if first is not None else []
        if named:
            told.append((one.date or "", [Chosen(one.id, *span) for span in named[:OF_A_TIME]]))
    if not told:
        return Draft("not_stated", REFUSED_CONFIDENCE)
    shown = sorted(told[:MOST_ARTICLES], key=lambda each: each[0])
    notes = _more_are(len(shown), len(told) - len(shown) + more)
    return Draft(None, DIGEST_CONFIDENCE, tuple(c for _, own in shown for c in own), notes)


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


def _tellers(hits: Sequence[Hit]) -> list[str]:
    """The articles that tell a story, nearest first: those about as near to it as the nearest.

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
    return [one for one in order if near[one] >= STORY_WITHIN * best][:STORY_ARTICLES]


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
    for one in told:
        spans = sentences_of(one.text)
        numbers = summary(one, spans, encoder(), request.topic, max(1, most // len(told)))
        chosen += [Chosen(one.id, *spans[n]) for n in numbers]
    if not chosen:
        return Draft("not_stated", REFUSED_CONFIDENCE)
    return Draft(None, DIGEST_CONFIDENCE, tuple(chosen))


def _is_about(article: Article, topic: str) -> bool:
    """Whether the article holds at least one word of the topic, if there is one."""
    wanted = frozenset(stems(topic))
    return not wanted or bool(wanted & frozenset(stems(f"{article.title or ''} {article.text}")))


def _of_several(
    ids: Sequence[str],
    request: Request,
    article: Callable[[str], Article | None],
    sentences_of: Callable[[str], Sequence[Span]],
) -> Draft:
    """One sentence of each article that has something to show."""
    shown: list[Chosen] = []
    more = 0
    for one in filter(None, map(article, ids)):
        if request.kind != "mentions" and len(shown) == MOST_ARTICLES:
            more = len(ids) - len(shown)
            break
        spans = sentences_of(one.text)
        number = (
            mention(request.topic, one, spans)
            if request.kind == "mentions"
            else lead(one.text, spans)
        )
        if number is None:
            continue
        if len(shown) < MOST_ARTICLES:
            shown.append(Chosen(one.id, *spans[number]))
        else:
            more += 1
    if not shown:
        return Draft("not_stated", REFUSED_CONFIDENCE)
    return Draft(None, DIGEST_CONFIDENCE, tuple(shown), _more_are(len(shown), more))
