"""Articles that state different values for the same thing: all are shown, none is picked silently.

Each candidate sentence has a short answer, the reader's span. Another article differs from the best
one when its sentence answers nearly as well, both speak of all that the question names,
and its short answer is of the kind asked for and says something else (docs/answers.md).
"""

from __future__ import annotations

import re
from dataclasses import astuple
from typing import TYPE_CHECKING

from assistant.composing.subjects import names_missing
from assistant.language.answer_forms import holds
from assistant.language.answer_types import AnswerType, asks_yes_or_no
from assistant.reading.evidence import NAMES
from assistant.understanding.names import PLURAL
from assistant.understanding.past import AUXILIARY
from assistant.understanding.question import analyse, codes_in
from assistant.wording import listed, say
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.reading.reader import Candidate
    from embeddings.records import Article

__all__ = ["DIFFER", "difference_note", "differing"]

DIFFER = "The articles differ on this"
"""How the note begins that tells of it."""
WITHIN = 3.4
"""Log-odds by which a sentence of another article may stay behind the best …"""
LEAST_ANSWERABLE = -1.0
"""… and the reader's logit that the text around it answers, at least. With these, four in five
questions whose sources differ are told of, and one in twelve others (docs/answers.md)."""
MOST_WORDS = 6
"""Of a value where no kind is asked for: what is longer describes, and there are many ways to."""
MOST_VALUES = 4
"""Different values that are shown."""

_TIME = frozenset("second minute hour day week month year".split())
"""Units of `facts_of` in which a time is counted; what any other counts is none."""
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_OPEN = re.compile(
    r"\b(?:how\s+(?:do|does|did|can|could|should|would|is|are|was|were|to)|why|in\s+(?:what|which)\s+ways?)\b"
    r"|\btell\s+(?:me|us)\s+(?:more\s+)?about\b|^\W*(?:describe|explain|(?:what|how)\s+about)\b",
    re.I,
)
"""A question that has many right answers, in any words."""
_OF_USE = re.compile(
    r"^\W*what(?:['’]s|\s+(?:is|are|was|were))\b.*\b(?:used\s+|good\s+|meant\s+)?for\W*$"
    r"|^\W*what\s+(?:do|does|did)\b.*\b(?:do|mean)\W*$",
    re.I,
)
"""So has one of what something is for, does or means; not where a price or a year is asked for."""
_SAY = (
    r"(?:say|tell|announce|claim|state|explain|mention|discuss|emphasi[sz]e|stress|think|believe"
    r"|argue|reply|warn|promise|pledge|vow|critici[sz]e|praise|decide|resolve|agree|propose"
    r"|suggest|recommend|urge|demand|want(?!\s+to\b))"
)
_SAID = rf"(?:said|told|thought|replied|{_SAY}e?d)"
_OF_WORDS = re.compile(
    rf"^\W*what\s+(?:(?:do|does|did|will|would)\b.*?\b{_SAY}|(?:has|have|had)\b.*?\b{_SAID}"
    rf"|(?:(?:will|would)\s+be|is|are|was|were)\s+(?:(?:also|being|\w+ly)\s+)?{_SAID})\b",
    re.I,
)
"""What somebody said, promised or decided is many things …"""
_OF_ONE_THING = re.compile(
    r"\b(?:is|are|was|were|be|been|become|costs?|weighs?|measures?|takes?|lasts?|earns?|pays?)\b",
    re.I,
)
"""… but what somebody said that something cost is one."""
_OF_A_VALUE = re.compile(
    r"\b(?:sold|bought|insured|valued|rented|let|offered|planned|due)\s+for\W*$", re.I
)
_ASKING_WORD = re.compile(r"\b(?:who(?:m|se)?|what|which|when|where|how)\b", re.IGNORECASE)
"""Without one, and without a kind, no value is asked for that two articles might state."""
_NO_LINK = (
    r"(?!(?:is|are|was|were|has|had|did|do|does|the|of|to|in|on|at|for|by)\b)[a-z][\w’'-]*\s+"
)
_OF_SEVERAL = re.compile(
    r"\b(?:each|both|respectively)\b"
    rf"|^\W*(?i:(?:name|tell\s+me|who\s+(?:are|were))\s+(?:all\s+)?(?:the\s+)?)(?:{_NO_LINK}){{0,3}}?{PLURAL}\b"
    rf"|^\W*(?i:which)\s+{PLURAL}\b|^\W*(?i:which|what)\s+(?:{_NO_LINK}){{0,3}}?{PLURAL}\s+(?:{AUXILIARY})\b"
)
"""Asks of several, or for several: what one article tells may stand beside what another does."""
_WHAT_IS = re.compile(
    r"^\W*(?:what|who)(?:['’]s|\s+(?:is|are|was|were))\s+(?:the\s+|an?\s+)?(.+?)\W*$", re.I
)


def differing(
    question: str, candidates: Sequence[Candidate], articles: Mapping[str, Article]
) -> tuple[Candidate, ...]:
    """The first of `candidates` and, of other articles, those that say otherwise; else nothing.

    One for each value, best first.
    """
    form = analyse(question)
    if form.expected is AnswerType.LIST or asks_yes_or_no(question) or _OPEN.search(question):
        return ()
    if form.expected is AnswerType.ANY and (
        not _ASKING_WORD.search(question)
        or (_OF_USE.search(question) and not _OF_A_VALUE.search(question))
        or _asks_for_words(question)
    ):
        return ()
    if _asks_what_it_is(question, form.names) or _OF_SEVERAL.search(question):
        return ()
    best = candidates[0]
    if not form.names or names_missing(question, articles[best.article_id]):
        return ()  # nothing says that two articles speak of the same thing
    if not _states_a_value(best, form.expected, question, least=0.5):
        return ()
    shown = [best]
    for other in candidates[1:]:
        if (
            all(other.article_id != one.article_id for one in shown)
            and best.score - other.score <= WITHIN
            and other.features[NAMES.index("answerable")] >= LEAST_ANSWERABLE
            and not names_missing(question, articles[other.article_id])
            and _states_a_value(other, form.expected, question, least=1)
            and _may_be_of(other, articles[other.article_id], codes_in(question))
            and all(_differ(one, other, form.expected) for one in shown)
        ):
            shown.append(other)
    return tuple(shown[:MOST_VALUES]) if len(shown) > 1 else ()


def _asks_for_words(question: str) -> bool:
    """Whether what somebody said or decided is asked for, of which much may be told."""
    said = _OF_WORDS.match(question)
    return said is not None and not _OF_ONE_THING.search(question, said.end())


def _asks_what_it_is(question: str, names: Sequence[str]) -> bool:
    """Whether only a name is asked about, of which much may be told: "Who is Kari Holm?"."""
    asked = _WHAT_IS.match(question)
    words = re.findall(r"[\w’'-]+", asked[1].lower()) if asked else []
    return bool(words) and all(word in names for word in words)


def difference_note(shown: Sequence[Candidate], articles: Mapping[str, Article]) -> str:
    """What each of the articles states, and from when it is."""
    stated = []
    for candidate in shown:
        article = articles[candidate.article_id]
        value = " ".join(_value(candidate).split())
        when = article.date or say("undated")
        stated.append(
            say("“{value}” (“{title}”, {date})", value=value, title=article.label, date=when)
        )
    return say("The articles differ on this: {values}.", values=listed(stated))


def _value(candidate: Candidate) -> str:
    return candidate.text[slice(*candidate.span)]


def _may_be_of(candidate: Candidate, article: Article, codes: frozenset[str]) -> bool:
    """Whether the sentence may tell of what the question names: of E07 nothing is said of E01."""
    told = codes_in(f"{article.title or ''} {candidate.text}")
    return not (codes and told) or bool(codes & told)


def _states_a_value(candidate: Candidate, kind: AnswerType, question: str, *, least: float) -> bool:
    if kind is AnswerType.ANY:
        return len(_value(candidate).split()) <= MOST_WORDS
    return holds(kind, _value(candidate), question) >= least


def _differ(one: Candidate, other: Candidate, kind: AnswerType) -> bool:
    """Whether neither sentence states the value of the other, as a whole, and both can't hold."""
    mine, theirs = _tokens(_value(one)), _tokens(_value(other))
    if not mine or not theirs or mine <= theirs or theirs <= mine:
        return False
    if mine <= _tokens(other.text) or theirs <= _tokens(one.text):
        return False
    return _comparable(_value(one), _value(other), kind)


def _comparable(one: str, other: str, kind: AnswerType) -> bool:
    """Whether two values contradict each other: "three weeks" does not, of "412 metres".

    Nor does a weekday of a date, nor a day and month of a year.
    """
    from assistant.language.facts import facts_of

    mine, theirs = facts_of(one), facts_of(other)
    if kind is AnswerType.DATE and mine.dates and theirs.dates:
        return not any(
            all(a is None or b is None or a == b for a, b in zip(first, second, strict=True))
            for first in map(astuple, mine.dates)
            for second in map(astuple, theirs.dates)
        )
    if kind is AnswerType.DATE and (mine.dates or theirs.dates):
        return bool(_YEAR.search(one) and _YEAR.search(other))
    if not (mine.units and theirs.units) or mine.units & theirs.units:
        return True
    return bool(mine.units & _TIME) == bool(theirs.units & _TIME)


def _tokens(text: str) -> frozenset[str]:
    """Stems, and numbers without their separators."""
    numbers = (number.replace(",", "").rstrip(".") for number in _NUMBER.findall(text))
    return frozenset((*stems(text), *numbers))
