"""Numbers, dates, names and negations of a text, in a form in which two texts can be compared.

Read by rules, in English. What a rule does not see is not compared, so each errs towards
seeing too much: `assistant.proof.grounding` drops a sentence rather than show one that is not
proven.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.language.answer_types import MONTHS
from embeddings.lexical import FUNCTION_WORDS, stems

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Date", "Facts", "Negation", "Quantity", "facts_of", "folded"]

_UNITS = {
    "percent": "% percent percentage",
    "dollar": "$ us$ usd dollar dollars",
    "yuan": "¥ yuan rmb cny renminbi",
    "euro": "€ eur euro euros",
    "pound": "£ gbp pound pounds",
    "yen": "jpy yen",
    "won": "krw won",
    "rupee": "₹ inr rupee rupees",
    "kilometre": "km kilometre kilometres kilometer kilometers",
    "metre": "metre metres meter meters",
    "mile": "mile miles",
    "hectare": "ha hectare hectares",
    "acre": "acre acres",
    "ton": "ton tons tonne tonnes",
    "kilogram": "kg kilogram kilograms",
    "gram": "gram grams",
    "celsius": "°c celsius",
    "fahrenheit": "°f fahrenheit",
    "second": "seconds",
    "minute": "minute minutes",
    "hour": "hour hours",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "year years",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
_SCALES = {
    "hundred": 10**2,
    "thousand": 10**3,
    "lakh": 10**5,
    "million": 10**6,
    "mn": 10**6,
    "crore": 10**7,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
    "tn": 10**12,
}
_ORDINALS = {
    word: str(value)
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        start=1,
    )
}
_AMOUNTS = frozenset(
    "half halved twice double doubled triple tripled quadruple quadrupled dozen majority minority "
    "most all every only always entire entirely exclusively".split()
)
"""Words that say how much. "Some" and "many" are left out: they claim little."""
_NOT_COUNTED = frozenset(("one", "zero"))
"""Number words that are mostly something else: "one of them", "zero in on"."""
_OPENERS = frozenset(
    "according additionally also although another based both despite during each finally "
    "furthermore however including indeed instead later meanwhile moreover nevertheless "
    "nonetheless overall previously since similarly specifically subsequently therefore "
    "thus today together yes".split()
)
"""Words that a written sentence begins with and that name nobody."""
_MONTH_NUMBER = {
    name: number
    for number, month in enumerate(MONTHS, start=1)
    for name in (month, month[:3], "sept" if month == "september" else month)
}
_AMBIGUOUS = ("May", "March", "Mar", "Jan")
"""A name or a word, unless a preposition stands before it."""
_IN_TIME = re.compile(r"\b(?:in|since|until|by|of|from|to|during|last|next)\s+\Z", re.IGNORECASE)

_SIGN = r"(?:(?<![\w)])[-−])?"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SCALE = "|".join(_SCALES)
_MARK = "|".join(re.escape(word) for word in sorted(_UNIT_OF, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?P<before>(?:us)?[$€£¥₹]|\b(?:usd|rmb|cny|eur|gbp)\b)?\s*(?P<sign>{_SIGN})"
    rf"(?P<digits>{_DIGITS})(?:[\s-]*(?P<scale>{_SCALE})\b)?"
    rf"(?:\s*-?(?:us\s+)?(?P<after>{_MARK})(?!\w)|\s*(?P<percent>per\s+cent)\b)?",
    re.IGNORECASE,
)
_NUMBER_WORD = "|".join([*_SMALL, *_SCALES, "dozen"])
_SPELLED = re.compile(
    rf"\b(?:an?\s+(?=(?:{_SCALE}|dozen)\b))?(?:{_NUMBER_WORD})"
    rf"(?:(?:\s+and)?[\s-]+(?:{_NUMBER_WORD}))*\b(?:\s*(?P<after>{_MARK})(?!\w))?",
    re.IGNORECASE,
)
_ORDINAL = re.compile(rf"\b(?:(\d+)(?:st|nd|rd|th)|({'|'.join(_ORDINALS)}))\b", re.IGNORECASE)
_NAMED_MONTH = (
    r"(?P<month>(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December|JANUARY|FEBRUARY|MARCH|APRIL|MAY|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER"
    r"|DECEMBER)\b|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_YEAR = r"(?P<year>1\d{3}|20\d\d)(?![\d,]\d|\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b(?![.,]?\d)"
_DATES = (
    re.compile(r"\b(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})\b"),
    re.compile(rf"\b{_NAMED_MONTH}\s+{_DAY}(?:,?\s+{_YEAR})?"),
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_NAMED_MONTH}(?:,?\s+{_YEAR})?"),
    re.compile(rf"\b{_NAMED_MONTH},?\s+(?:of\s+)?{_YEAR}"),
    re.compile(rf"\b{_NAMED_MONTH}"),
    re.compile(rf"(?<![\w.,$€£¥-]){_YEAR}(?!\w|\s*%)"),
)
_ADDRESS = re.compile(r"\S+@\S+|\bhttps?://\S+", re.IGNORECASE)
"""Its parts are words of nobody's sentence: they name no person and prove no name."""
_SHIFTED = re.compile(r"[\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089]+")
"""Raised and lowered digits: the mark of a note, a power. NFKC would make "300¹" 3001."""
_ACRONYM = re.compile(r"\b(?:[A-Z]\.){2,}")
_WORD = re.compile(r"[^\W_]+")
_NEGATION = re.compile(
    r"\b(?:not(?!\s+only\b)|no(?!\.\s*\d)(?!\s+(?:later|less|more|longer)\s+than\b)|never|none"
    r"|neither|nor|nobody|nothing|without|cannot|fail(?:s|ed|ing)?|refus(?:e|es|ed|ing)"
    r"|den(?:y|ies|ied|ying)|lack(?:s|ed|ing)?|unable)\b|n['’]t\b",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"(?<=\d)[.,](?=\d)")
_SCOPE = 3  # content words after a negation that it may negate


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, by its value: `300,600`, `300600` and `300.6 thousand` are one."""

    value: Decimal
    unit: str
    """Its unit, spelled in one way, where it is one that is known; else empty."""


@dataclass(frozen=True, slots=True)
class Date:
    """A date, as far as it is stated."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Negation:
    """A "not", "never", "without" …, by the stems of the content words that follow it."""

    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What one text states that another text can lack."""

    quantities: frozenset[Quantity]
    units: frozenset[str]
    ordinals: frozenset[str]
    amounts: frozenset[str]
    dates: frozenset[Date]
    names: tuple[tuple[str, ...], ...]
    """Runs of capitalised words, folded, as they follow each other."""
    words: tuple[str, ...]
    """All words, folded, in order."""
    lower: frozenset[str]
    """Words that are written in lower case somewhere, so are no names."""
    stems: tuple[str, ...]
    """Stems of the content words, in order, with repetition."""
    content: frozenset[str]
    """Stems of the content words that are no part of a number or a date."""
    negations: tuple[Negation, ...]

    @property
    def years(self) -> frozenset[int]:
        """Every year that a date of the text states."""
        return frozenset(date.year for date in self.dates if date.year)


@lru_cache(maxsize=4096)
def facts_of(text: str) -> Facts:
    """The facts of a sentence or a quote. Digits of a date count as that date only."""
    text = _ADDRESS.sub(" ", unicodedata.normalize("NFKC", _SHIFTED.sub(" ", text)))
    text = _ACRONYM.sub(lambda match: match[0].replace(".", ""), text)
    dates, dateless = _dates(text)
    ordinals, rest = _ordinals(dateless)
    words = tuple(map(folded, _WORD.findall(text)))
    return Facts(
        frozenset(_quantities(rest)),
        frozenset(_UNIT_OF[w] for w in (*words, *re.findall(r"[%$€£¥₹]", text)) if w in _UNIT_OF),
        ordinals,
        _AMOUNTS & set(words),
        dates,
        tuple(_names(dateless)),
        words,
        frozenset(folded(word) for word in _WORD.findall(text) if word[0].islower()),
        _stems(text),
        frozenset(stems(_SPELLED.sub(" ", _QUANTITY.sub(" ", rest)))),
        tuple(_negations(text)),
    )


def folded(word: str) -> str:
    """The word in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _dates(text: str) -> tuple[frozenset[Date], str]:
    """The dates, and the text without them. The fullest form of a date is read first."""
    found = set()

    def take(match: re.Match[str]) -> str:
        given = match.groupdict()
        month = given.get("month")
        number = None
        if month:
            number = int(month) if month.isdigit() else _MONTH_NUMBER[month.lower().rstrip(".")]
        day, year = given.get("day"), given.get("year")
        alone = not day and not year and month in _AMBIGUOUS
        if alone and not _IN_TIME.search(text, 0, match.start()):
            return match[0]
        found.add(Date(int(year) if year else None, number, int(day) if day else None))
        return " " * len(match[0])

    for pattern in _DATES:
        text = pattern.sub(take, text)
    return frozenset(found), text


def _ordinals(text: str) -> tuple[frozenset[str], str]:
    found = frozenset(match[1] or _ORDINALS[match[2].lower()] for match in _ORDINAL.finditer(text))
    return found, _ORDINAL.sub(" ", text)


def _quantities(text: str) -> Iterator[Quantity]:
    for match in _QUANTITY.finditer(text):
        value = Decimal(match["digits"].replace(",", ""))
        if match["scale"]:
            value *= _SCALES[match["scale"].lower()]
        mark = "%" if match["percent"] else match["after"] or match["before"] or ""
        yield Quantity((-value if match["sign"] else value).normalize(), _unit(mark))
    # A scale that follows digits belongs to them.
    for match in _SPELLED.finditer(_QUANTITY.sub(" # ", text)):
        words = re.findall(r"[a-z]+", match[0].lower())
        spelled = _spelled(
            [word for word in words if word in _SMALL or word in _SCALES or word == "dozen"]
        )
        if not (len(words) == 1 and words[0] in _NOT_COUNTED):
            yield Quantity(Decimal(spelled).normalize(), _unit(match["after"] or ""))


def _unit(mark: str) -> str:
    return _UNIT_OF.get(mark.lower(), "")


def _spelled(words: list[str]) -> int:
    """The value of number words: "two hundred and five thousand" is 205,000."""
    total = group = 0
    for word in words:
        if word in _SMALL:
            group += _SMALL[word]
        elif word == "dozen":
            group = (group or 1) * 12
        elif word == "hundred":
            group = (group or 1) * 100
        else:
            total += (group or 1) * _SCALES[word]
            group = 0
    return total + group


def _names(text: str) -> Iterator[tuple[str, ...]]:
    """Runs of words that are written like names; a run ends where anything else stands."""
    run: list[str] = []
    end = 0
    for index, match in enumerate(_WORD.finditer(text)):
        word = folded(match[0])
        if run and text[end : match.start()].strip("-'’. ") not in ("", "s"):
            yield tuple(run)
            run = []
        if _is_name(match[0], word, first=index == 0):
            run.append(word)
            end = match.end()
        elif run and word != "s":
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def _is_name(written: str, word: str, *, first: bool) -> bool:
    if word in FUNCTION_WORDS or word in _SMALL or word in _SCALES:
        return written.isupper() and len(written) > 1 and not first
    if word in _ORDINALS or (first and (word in _OPENERS or word in _AMOUNTS)):
        return False
    return written != written.lower()


def _negations(text: str) -> Iterator[Negation]:
    for match in _NEGATION.finditer(text):
        yield Negation(_stems(text[match.end() :])[:_SCOPE])


def _stems(text: str) -> tuple[str, ...]:
    """Stems of the content words, each number being one: "not 1,400" says nothing of 1,150."""
    return stems(_SEPARATOR.sub(lambda match: "" if match[0] == "," else "p", text))
