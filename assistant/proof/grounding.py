"""Does what was written stand in what it cites? Plain functions over one sentence and its quotes.

A language model may choose the words of a sentence, not its facts. `fault` compares by rules
alone, so that a saved answer can be checked again anywhere, and a fault can be said in words;
`support` asks the trained reader besides. Both err towards dropping what is true: a sentence
that is left out costs less than one that no article states.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from assistant.language.facts import Date, facts_of
from embeddings.reader_model import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.language.facts import Facts, Quantity
    from embeddings.reader_model import ReaderModel

T = TypeVar("T")

__all__ = [
    "LEAST_COVERAGE",
    "LEAST_RELEVANCE",
    "LEAST_SUPPORT",
    "Quote",
    "cleaned",
    "coverage",
    "fault",
    "proofs",
    "support",
    "word_for_word",
]

LEAST_COVERAGE = 0.6
"""Share of content words. Of 99 in 100 written answers of CLAPnq it is more."""
LEAST_SUPPORT = 0.1
"""Logit of the reader, fitted by `benchmarks/grounding.py`: docs/llm.md has the figures."""
LEAST_RELEVANCE = -3.0
"""Logit of the reader that a quote speaks to the question at all: nearly all evidence does, and
few of the orders that someone has put into an article."""
LONGEST_SENTENCE = 1_000
"""Characters. What is longer was not written as a sentence."""

_OPPOSITES = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        (
            "increase increased increases increasing rise rises rose risen rising grow grows grew "
            "grown growth gain gains gained climb climbed surge surged higher more up expand "
            "expanded doubled",
            "decrease decreased decreases decreasing fall falls fell fallen falling decline "
            "declined declines drop drops dropped lower less fewer down shrink shrank reduce "
            "reduced reduces reduction halved",
        ),
        ("before", "after"),
        ("above over", "below under"),
        ("buy buys bought purchase purchased acquire acquired", "sell sells sold"),
        ("win wins won winning", "lose loses lost losing"),
        ("open opens opened opening", "close closes closed closing shut"),
        (
            "approve approved approves accept accepted accepts allow allowed allows",
            "reject rejected rejects ban banned bans forbid forbidden prohibit prohibited",
        ),
        ("import imports imported", "export exports exported"),
        ("north northern", "south southern"),
        ("east eastern", "west western"),
        ("largest biggest highest most maximum longest", "smallest lowest least minimum shortest"),
        ("first", "last"),
        ("positive positively", "negative negatively"),
        ("hot hotter warmer", "cold colder cooler"),
        ("man men male males", "woman women female females"),
        ("begin begins began begun start starts started", "end ends ended stop stops stopped"),
        ("hire hired hires", "fire fired dismiss dismissed"),
        ("succeed succeeded success", "fail failed failure"),
        ("support supported supports", "oppose opposed opposes"),
    )
)
_FORBIDDEN = (
    ("a link", re.compile(r"\w:/|//|\bwww\.|\b(?:javascript|data|mailto|file|tel):|\w@\w", re.I)),
    ("a link", re.compile(r"(?<![\w.])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?![\w.]*\w)", re.I)),
    ("Markdown", re.compile(r"!\[|\]\s*[(\[:]|```|~~~|`|[\[\]|\\]|^\s*#")),
    ("HTML", re.compile(r"<|>|&#?\w+;|\{\{|\}\}|\$\(")),
)
_CLAUSE = re.compile(r";\s+|,\s+(?:and|but|while|whereas|although|though)\s+")
_LEADING = re.compile(r"^(?:\s*(?:[-*•+]|\d{1,2}[.)]|#{1,6})\s+)+")
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=[\w.,!?])[*_](?!\w)")
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")


@dataclass(frozen=True, slots=True)
class Quote:
    """What a sentence cites: exact words of an article, and the article's title and date."""

    text: str
    title: str = ""
    date: str | None = None

    @property
    def about(self) -> str:
        """What is known of the article besides the quote."""
        return f"{self.title} ({self.date})" if self.date else self.title


def cleaned(text: str) -> str:
    """A written sentence as it may be shown: one line, nothing invisible, no list marks or bold."""
    kept = "".join(
        letter if unicodedata.category(letter) not in _INVISIBLE else " "[: letter in "\t\n\r"]
        for letter in text
    )
    return " ".join(_EMPHASIS.sub("", _LEADING.sub("", kept)).split())


def fault(sentence: str, quotes: Sequence[Quote]) -> str | None:
    """What keeps `sentence`, without its markers, from being proven by `quotes`; None if nothing.

    Every number, date, unit, name and "not" of a clause must stand in one of the quotes, or in the
    title and date of its article, and so must at least `LEAST_COVERAGE` of the clause's words.
    """
    if not quotes:
        return "it cites nothing"
    if len(sentence) > LONGEST_SENTENCE:
        return "it is too long for a sentence"
    for what, pattern in _FORBIDDEN:
        if pattern.search(sentence):
            return f"it holds {what}"
    if sentence != cleaned(sentence):
        return "it holds what cannot be seen"
    if not facts_of(sentence).content:
        return "it says nothing"
    for clause in _CLAUSE.split(sentence):
        # What is put together from several quotes is stated by none of them.
        faults = [next(_faults(facts_of(clause), quote, quotes), None) for quote in quotes]
        if all(faults):
            return faults[0]
    return None


def proofs(sentence: str, quotes: Sequence[Quote]) -> list[tuple[int, ...]]:
    """For each clause of the sentence, which of `quotes` prove it by the rules, by place."""
    return [
        tuple(
            place
            for place, quote in enumerate(quotes)
            if next(_faults(facts_of(clause), quote, quotes), None) is None
        )
        for clause in _CLAUSE.split(sentence)
    ]


def coverage(sentence: str, quotes: Sequence[Quote]) -> float:
    """Share of the sentence's content words that the quotes or titles hold, by stem, 0..1."""
    facts = [facts_of(text) for quote in quotes for text in (quote.text, quote.about) if text]
    return _covered(facts_of(sentence), facts)


def support(sentence: str, quotes: Sequence[Quote], reader: ReaderModel) -> float:
    """The reader's logit that the best of `quotes` answers to a sentence, or to a question."""
    best = [
        reader.read(sentence, [Window(q.title or None, q.date, q.text, ((0, len(q.text)),))])[0][0]
        for q in quotes
    ]
    return max((reading.relevance for reading in best), default=-20.0)


def word_for_word(sentence: str, quotes: Sequence[Quote]) -> bool:
    """Whether the sentence is one of `quotes`, whole, but for case and punctuation."""
    words = re.findall(r"\w+", sentence.casefold())
    return any(words == re.findall(r"\w+", quote.text.casefold()) for quote in quotes)


def _faults(stated: Facts, quote: Quote, quotes: Sequence[Quote]) -> Iterator[str]:
    """What a clause states and `quote` does not.

    A name may stand in another of `quotes` from the same article: hers whom it calls "she".
    """
    source, about = facts_of(quote.text), facts_of(quote.about)
    beside = [facts_of(other.text) for other in quotes if other.about == quote.about]
    yield from _numbers(stated, source, about)
    yield from _dates(stated, [source, about])
    yield from _names(stated, [source, about, *beside])
    yield from _negations(stated, [source])
    yield from _opposites(stated, source)
    if _covered(stated, [source, about]) < LEAST_COVERAGE:
        yield "most of its words are not in what it cites"


def _numbers(stated: Facts, source: Facts, about: Facts) -> Iterator[str]:
    known = source.quantities | about.quantities
    units = source.units | about.units
    for quantity in stated.quantities:
        same = [each for each in known if each.value == quantity.value]
        if not same:
            yield f"the number {quantity.value:f} is not in what it cites"
        elif not _unit_fits(quantity, same, units):
            yield f"{quantity.value:f} is counted in another unit in what it cites"
    ordinals = stated.ordinals - source.ordinals - about.ordinals
    for word in (*sorted(ordinals), *sorted(stated.amounts - source.amounts)):
        yield f"{word!r} is not in what it cites"


def _unit_fits(quantity: Quantity, same: Sequence[Quantity], units: Iterable[str]) -> bool:
    theirs = {each.unit for each in same}
    if quantity.unit in theirs:
        return True
    if not quantity.unit:
        return "percent" not in theirs
    return "" in theirs and quantity.unit in units


def _dates(stated: Facts, sources: Sequence[Facts]) -> Iterator[str]:
    known = _union(source.dates for source in sources)
    years = _union(source.years for source in sources)
    numbers = {quantity.value for source in sources for quantity in source.quantities}
    for date in stated.dates:
        if date.month is None:
            proven = date.year in years or date.year in numbers
        else:
            proven = any(_same(date, other, years) for other in known)
        if not proven:
            yield "a date is not in what it cites"


def _same(date: Date, other: Date, years: Iterable[int]) -> bool:
    """Whether `other` states `date`; a year that it leaves out may stand elsewhere."""
    if date.month != other.month or date.day not in (None, other.day):
        return False
    return date.year in (None, other.year) or (other.year is None and date.year in years)


def _names(stated: Facts, sources: Sequence[Facts]) -> Iterator[str]:
    words = {word for source in sources for word in source.words}
    known = {stem for source in sources for stem in source.stems}
    common = {word for source in sources for word in source.lower}
    for run in stated.names:
        for name in run:
            if name not in words and not set(_stems(name)) & known:
                yield f"the name {name!r} is not in what it cites"
        for one, other in pairwise(run):
            if one not in common and other not in common and not _near(one, other, sources):
                yield f"{one!r} and {other!r} do not stand together in what it cites"


def _near(one: str, other: str, sources: Sequence[Facts]) -> bool:
    """Whether both words stand at most one word apart, in either order, somewhere."""
    for source in sources:
        at = [index for index, word in enumerate(source.words) if word == one]
        if any(other in source.words[max(0, index - 2) : index + 3] for index in at):
            return True
    return False


def _negations(stated: Facts, sources: Sequence[Facts]) -> Iterator[str]:
    theirs = [negation for source in sources for negation in source.negations]
    for negation in stated.negations:
        if not any(set(negation.scope) & set(other.scope) for other in theirs):
            yield "it denies what it cites"
    if stated.negations:
        return
    for negation in theirs:
        head = negation.scope[:1]
        if head and head[0] in stated.stems and not _said_plainly(head[0], sources):
            yield "what it cites denies it"


def _said_plainly(stem: str, sources: Sequence[Facts]) -> bool:
    """Whether the stem also stands where it is not negated."""
    said = sum(source.stems.count(stem) for source in sources)
    return said > sum(n.scope.count(stem) for source in sources for n in source.negations)


def _opposites(stated: Facts, source: Facts) -> Iterator[str]:
    own, theirs = set(stated.words), set(source.words)
    for pair in _OPPOSITES:
        for pole, opposite in (pair, pair[::-1]):
            if own & pole and not own & opposite and theirs & opposite and not theirs & pole:
                yield "it says the opposite of what it cites"


def _covered(stated: Facts, sources: Sequence[Facts]) -> float:
    known = {stem for source in sources for stem in source.stems}
    own = stated.content
    return len(own & known) / len(own) if own else 1.0


def _stems(word: str) -> tuple[str, ...]:
    return facts_of(word).stems


def _union(sets: Iterable[Iterable[T]]) -> set[T]:
    return {item for one in sets for item in one}
