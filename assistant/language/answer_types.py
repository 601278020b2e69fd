"""What kind of thing a question asks for.

In question answering the expected answer type (Li and Roth, "Learning question classifiers",
COLING 2002). Here it is read by rules, from which a sentence without a sum of money is known not
to say what something cost, however many of the question's words it shares
(`assistant.language.answer_forms`). `AnswerType.ANY` makes no demand.
"""

from __future__ import annotations

import re
from enum import Enum

from assistant.language.lists import names_questions

__all__ = [
    "BEARER",
    "DAYS",
    "MONTH",
    "MONTHS",
    "SPELLED",
    "UNIT",
    "WORDS_OF_A_NAME",
    "AnswerType",
    "answer_type",
    "asks_yes_or_no",
    "counted",
]

MONTHS = (
    "january february march april may june july august september october november december"
).split()
MONTH = "|".join(MONTHS) + "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
SPELLED = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\\w+)?"
)


class AnswerType(Enum):
    """Kinds of answers that can be told apart by their form."""

    PERSON = "person"
    DATE = "date"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    TEMPERATURE = "temperature"
    AREA = "area"
    MEASURE = "measure"
    DURATION = "duration"
    PLACE = "place"
    NAME = "name"
    LIST = "list"
    ANY = "any"


_THE = r"(?:the\s+|its\s+|their\s+|his\s+|her\s+)?"
_IS = r"(?:['’]s\s+|\s+(?:is|was|are|were|will be|would be)\s+|\s+)"
_TWO_WORDS = r"(?:[\w’'-]+\s+){0,2}?"
WORDS_OF_A_NAME = (
    r"(?:(?!(?:the|an?|do|does|did|has|have|had|is|are|was|were|will|would|can|could|should|may|must)\b)"
    r"[\w’'-]+\s+){0,2}?"
)
"""What may stand before it; "What has the court …?" asks for no court."""
_SUM = (
    r"(?:price|costs?|budget|salary|wages?|revenues?|turnover|profits?|fee|fine|income|earnings"
    r"|investment|funding|net worth|debt|rent|contract value)"
)
_PAYING = (
    r"(?:costs?|pay|pays|paid|spen[dt]|spending|invest(?:ed|ing|s)?|worth|earn(?:ed|s)?|charged?"
    r"|owed?|priced)"
)
_ORGANISATION = (
    r"(?:compan(?:y|ies)|enterprises?|firms?|universit(?:y|ies)|institutes?|banks?|brands?|models?"
    r"|newspapers?|hospitals?|schools?|clubs?|part(?:y|ies)|airlines?|hotels?|courts?|museums?)"
)
BEARER = (
    rf"(?:{_ORGANISATION}|person|people|members?|directors?|mayors?|chairm[ae]n|ministers?"
    r"|managers?)"
)
_EXTENT = r"(?:length|height|width|weight|depth|capacity|distance|speed|diameter)"
_ASKING_WORD = re.compile(r"\b(?:what|which|who(?:m|se)?|when|where|why|how)\b", re.IGNORECASE)
_PATTERNS: tuple[tuple[AnswerType, tuple[str, ...]], ...] = (
    (
        AnswerType.LIST,
        (r"(?:what|which) (?:two|three|four|five|six|seven|several|\d) (?!percent|per cent)\w+",),
    ),
    (
        AnswerType.PERCENT,
        (rf"what{_IS}{_THE}(?:\w+\s)?(?:percent|percentage|per cent)\b", r"how many percent\b"),
    ),
    (
        AnswerType.MONEY,
        (
            r"how much (?:money|cash|funding)\b",
            rf"how much\b.*\b{_PAYING}\b",
            rf"(?:what|which){_IS}{_THE}{_TWO_WORDS}{_SUM}\b(?! of living| price index)",
        ),
    ),
    (
        AnswerType.TEMPERATURE,
        (rf"what{_IS}{_THE}{_TWO_WORDS}temperatures?\b", r"how (?:hot|cold|warm)\b"),
    ),
    (
        AnswerType.AREA,
        (
            r"how many (?:square \w+|acres|hectares|mu)\b",
            rf"what{_IS}{_THE}(?:[\w-]+\s+)?(?:floor space|land area|surface area)\b",
        ),
    ),
    (
        AnswerType.DURATION,
        (r"how long (?:did|does|will|has|have|had|do)\b.*\b(?:take|last|serve|stay|reign|rule)\b",),
    ),
    (
        AnswerType.NUMBER,
        (
            r"how (?:many|much|large|big|long|far|old|high|tall|often|fast|wide|heavy)\b",
            rf"(?:what|which){_IS}{_THE}{_TWO_WORDS}(?:number|amount|population|{_EXTENT})\b",
        ),
    ),
    (
        AnswerType.DATE,
        (
            r"when\b(?! (?:you|it comes))",
            r"(?:what|which) (?:\w+ )?(?:date|month|year)s?\b(?! old)",
            r"how recent\b",
            r"since what\b",
        ),
    ),
    (
        AnswerType.NAME,
        (
            r"(?:what|which)\b.*\bnames? of\b",
            rf"(?:what|which) (?!(?:kind|sort|type)s? of\b){WORDS_OF_A_NAME}{_ORGANISATION}\b"
            r"(?!['’]s?\s+(?!name))",
            rf"what (?:is|are|was|were)\b.*\b{BEARER}\b.*\b(?:called|named)\W*$",
        ),
    ),
    (AnswerType.PERSON, (r"who(?:m|se)?\b",)),
    (AnswerType.PLACE, (r"where\b", r"(?:what|which) (?:city|place|country|location)\b")),
    (
        AnswerType.LIST,
        (r"(?:what|which) (?:are|were)\b", r"which \w+s (?:are|were|did|do|have)\b"),
    ),
)
UNIT = (
    r"(?:(?:milli|centi|kilo|micro|nano)?met(?:re|er)s?|miles?|feet|inch(?:es)?|yards?|knots|tonn?es?|tons"
    r"|(?:kilo)?grams?|(?:kilo|mega|giga)watts?(?:[\s-]hours?)?|litres?|liters?|barrels?|mm|cm|km|kg|[kmgt]wh?)"
)
_IN_A_UNIT = re.compile(
    rf",?\s+in\s+(?:(?P<square>square\s+\w+|hectares|acres|mu)|(?:cubic\s+)?{UNIT}"
    r"(?:\s+(?:per|an?)\s+\w+)?)\W*$",
    re.IGNORECASE,
)
"""The end of a question that names the unit of its answer: "…, in metres?"."""
_ASKS = tuple((kind, re.compile("|".join(ways), re.IGNORECASE)) for kind, ways in _PATTERNS)
_OPENS_WITH = r"^\W*(?:the\s+)?(?:total\s+)?"
_FRAGMENTS: tuple[tuple[AnswerType, str], ...] = (
    (AnswerType.NAME, r"^\W*(?:the\s+)?names?\s+of\b|\bnames\W*$"),
    (
        AnswerType.MONEY,
        rf"^(?:[\w’'-]+\s+){{1,7}}{_SUM}\W*$|{_OPENS_WITH}{_SUM}\s+(?:of|for)\b",
    ),
    (AnswerType.MEASURE, rf"\b{_EXTENT}\b.*\b{UNIT}\W*$"),
    (
        AnswerType.NUMBER,
        rf"{_OPENS_WITH}(?:number|amount|headcount|{_EXTENT})\s+(?:of|for|at|on|in)\b",
    ),
    (AnswerType.DATE, r"^\W*(?:the\s+)?(?:date|year)\s+of\b|\bdate\W*$"),
)
"""How a question without an asking word asks: "names of the two mayors", "phase 1 capacity GWh"."""
_ASKS_IN_A_FRAGMENT = tuple((kind, re.compile(way, re.IGNORECASE)) for kind, way in _FRAGMENTS)
_LISTS = re.compile(r"\b(?:list|name all|enumerate)\b|^\W*(?:the )?steps\b", re.IGNORECASE)


def answer_type(question: str) -> AnswerType:
    """What kind of thing `question` asks for, told from its first asking word on.

    A later one often only joins clauses ("What is it called when …?"), and a question that opens
    with a verb ("Are there regions where …?") asks for yes or no.
    """
    if _LISTS.search(question) or names_questions(question):
        return AnswerType.LIST
    first = _ASKING_WORD.search(question)
    if asks_yes_or_no(question):
        return AnswerType.ANY
    if first is None:
        return next(
            (kind for kind, way in _ASKS_IN_A_FRAGMENT if way.search(question)), AnswerType.ANY
        )
    if first[0].lower() == "when":  # "When it rains, what …?", "… when compared to whom?"
        later = _ASKING_WORD if first.start() else _AFTER_A_COMMA
        first = later.search(question, first.end()) or first
    if unit := _IN_A_UNIT.search(question):
        return AnswerType.AREA if unit["square"] else AnswerType.MEASURE
    for kind, pattern in _ASKS:
        if pattern.match(question, first.start()):
            return kind
    return AnswerType.ANY


_AFTER_A_COMMA = re.compile(r"(?<=, )(?:what|which|who(?:m|se)?|where|why|how)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b", re.IGNORECASE
)


def asks_yes_or_no(question: str) -> bool:
    """Whether the question opens with a verb: "Are there …?"."""
    return bool(_YES_OR_NO.match(question))


_COUNT = re.compile(
    r"\b(?:what|which|the|name)\s+(?:the\s+)?(two|three|four|five|six|seven|\d)\s+[a-z]",
    re.IGNORECASE,
)
_WORTH = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}


def counted(question: str) -> int | None:
    """How many things are asked for: 3 of "What three things …?"; None when it is not said."""
    match = _COUNT.search(question)
    if match is None:
        return None
    word = match[1].lower()
    return _WORTH[word] if word in _WORTH else int(word)
