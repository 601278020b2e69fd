"""What kind of thing a question asks for, and whether a sentence holds one.

In question answering the expected answer type (Li and Roth, "Learning question classifiers",
COLING 2002). Here it is read by rules and used to refuse: a sentence without a sum of money does
not say what something cost, however many of the question's words it shares. So a rule speaks
only where it is nearly always right; `AnswerType.ANY` makes no demand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from assistant.language.lists import names_questions
from embeddings.lexical import FUNCTION_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MONTHS",
    "AnswerType",
    "answer_type",
    "asks_yes_or_no",
    "counted",
    "holds",
    "ordinals",
    "other_ordinal",
    "other_rank",
    "plain_forms",
    "stages_in",
    "unnamed",
]

MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "|".join(MONTHS) + "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_SPELLED = (
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
_WORDS_OF_A_NAME = (
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
_BEARER = (
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
            rf"(?:what|which) {_WORDS_OF_A_NAME}{_ORGANISATION}\b(?!['’]s?\s+(?!name))",
            rf"what (?:is|are|was|were)\b.*\b{_BEARER}\b.*\b(?:called|named)\W*$",
        ),
    ),
    (AnswerType.PERSON, (r"who(?:m|se)?\b",)),
    (AnswerType.PLACE, (r"where\b", r"(?:what|which) (?:city|place|country|location)\b")),
    (
        AnswerType.LIST,
        (r"(?:what|which) (?:are|were)\b", r"which \w+s (?:are|were|did|do|have)\b"),
    ),
)
_UNIT = (
    r"(?:(?:milli|centi|kilo|micro|nano)?met(?:re|er)s?|miles?|feet|inch(?:es)?|yards?|knots|tonn?es?|tons"
    r"|(?:kilo)?grams?|(?:kilo|mega|giga)watts?(?:[\s-]hours?)?|litres?|liters?|barrels?|mm|cm|km|kg|[kmgt]wh?)"
)
_IN_A_UNIT = re.compile(
    rf",?\s+in\s+(?:(?P<square>square\s+\w+|hectares|acres|mu)|(?:cubic\s+)?{_UNIT}"
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
    (AnswerType.MEASURE, rf"\b{_EXTENT}\b.*\b{_UNIT}\W*$"),
    (
        AnswerType.NUMBER,
        rf"{_OPENS_WITH}(?:number|amount|headcount|{_EXTENT})\s+(?:of|for|at|on|in)\b",
    ),
    (AnswerType.DATE, r"^\W*(?:the\s+)?(?:date|year)\s+of\b|\bdate\W*$"),
)
"""How a question without an asking word asks: "names of the two mayors", "phase 1 capacity GWh"."""
_ASKS_IN_A_FRAGMENT = tuple((kind, re.compile(way, re.IGNORECASE)) for kind, way in _FRAGMENTS)
_LISTS = re.compile(r"\b(?:list|name all|enumerate)\b|^\W*(?:the )?steps\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a kind of answer looks; `new` when it must not stand in the question already."""

    pattern: re.Pattern[str]
    new: bool = True


_NUMERAL = rf"\d[\d,.]*\d|\d|\b(?:{_SPELLED})\b"
_FORMS: dict[AnswerType, _Form] = {
    AnswerType.DATE: _Form(
        re.compile(
            rf"\b(?:{_MONTH})\.?\s+\d+|\d(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH})\b|\b1\d{{3}}s?\b|\b20\d\ds?\b"
            rf"|\d{{4}}-\d{{2}}-\d{{2}}|\b(?:yesterday|today|tomorrow|{_DAYS}|{'|'.join(MONTHS)}"
            r"|century|centuries|morning|evening|night|noon|annually|yearly|weekly|daily|monthly"
            r"|spring|summer|autumn|winter|year|month|week|decade|after|before|during|until|since"
            r"|once|always|never|now|ago)\b|\b\d{1,2}:\d\d\b|\b\d+\s?(?:am|pm|AD|BC|BCE|CE)\b|\b\d{3}\b",
            re.IGNORECASE,
        )
    ),
    AnswerType.NUMBER: _Form(
        re.compile(
            rf"{_NUMERAL}|\b(?:dozens?|hundreds?|thousands?|millions?|billions?|half|third|quarter"
            r"|first|second|fifth|several|many|few|fewer|more|less|most|all|none|no|single|both|twice"
            r"|once|double|triple|an?|every|any|enough|much|little|never|always|daily|weekly)\b",
            re.IGNORECASE,
        )
    ),
    AnswerType.MONEY: _Form(
        re.compile(
            r"[$€£¥₹]|\d\W*$|\d\.\d\d\b|\b(?:yuan|rmb|renminbi|dollars?|usd|euros?|eur|pounds?|gbp|yen|rupees?|francs?"
            r"|pesos?|kron[eo]r?|crowns?|cents?|pence|shillings?|marks?|lira|rou?bles?|won|costs?|prices?|fees?|charges?"
            r"|free|million|billion|trillion|bn|livres?|guineas?|florins?|ducats?|thalers?)\b",
            re.IGNORECASE,
        ),
        new=False,
    ),
    AnswerType.PERCENT: _Form(
        re.compile(
            r"%|\bper\s?cent\b|\bpercentage|\b(?:half|third|quarter|fifth|tenth|majority|all|none)s?\b",
            re.IGNORECASE,
        ),
        new=False,
    ),
    AnswerType.TEMPERATURE: _Form(
        re.compile(
            r"[°℃℉]|\b(?:degrees?|celsius|fahrenheit|kelvins?)\b|\d\s?[CFK]\b", re.IGNORECASE
        ),
        new=False,
    ),
    AnswerType.AREA: _Form(
        re.compile(r"\bsquare|\bsq\b|m²|\bacres?\b|\bhectares?\b|\bmu\b|\bha\b", re.IGNORECASE),
        new=False,
    ),
    AnswerType.MEASURE: _Form(
        re.compile(
            rf"{_NUMERAL}|\b(?:dozen|hundred|thousand|million|billion|half|quarter)s?\b",
            re.IGNORECASE,
        )
    ),
    AnswerType.DURATION: _Form(
        re.compile(
            r"\b(?:year|month|week|day|hour|minute|second|decade|centur|night|quarter|semester|term)"
            r"|\b1\d{3}\b|\b20\d\d\b|\buntil\b|\bdeath\b|\bsince\b",
            re.IGNORECASE,
        ),
        new=False,
    ),
}  # fmt: skip


_CURRENCY = (
    r"(?:yuan|rmb|renminbi|dollars?|usd|euros?|eur|pounds?|gbp|yen|rupees?|francs?|pesos?|crowns?"
    r"|kron(?:e|er|or)|shillings?|lira|rou?bles?)"
)
_PLAIN: dict[AnswerType, re.Pattern[str]] = {
    AnswerType.PERSON: re.compile(
        r"\b(?:Mr|Mrs|Ms|Dr|Prof)\.?\s+[A-Z]\w+|\b[A-Z][a-z]+(?:\s+[A-Z]\.)?\s+[A-Z][a-z]+\b"
    ),
    AnswerType.DATE: re.compile(
        rf"\d{{4}}-\d{{2}}-\d{{2}}|\b(?:{_MONTH})\.?\s+\d+"
        rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH})\b(?:\s+\d{{4}}\b)?"
        rf"|\b1\d{{3}}s?\b|\b20\d\ds?\b|\b(?:yesterday|today|tomorrow|{_DAYS}|century)\b",
        re.IGNORECASE,
    ),
    AnswerType.NUMBER: re.compile(
        rf"{_NUMERAL}|\b(?:dozen|hundred|thousand|million|billion|half|third|quarter)s?\b", re.I
    ),
    AnswerType.MEASURE: re.compile(
        rf"(?<![\d.,])(?:{_NUMERAL})[\s-]?(?:square\s+|cubic\s+)?{_UNIT}\b", re.IGNORECASE
    ),
    AnswerType.MONEY: re.compile(
        r"[$€£¥₹]\s?\d|(?<![\d.,])\d[\d.,]*\s*"
        rf"(?:(?:thousand|million|billion|trillion|bn|m)\s+)?{_CURRENCY}\b",
        re.IGNORECASE,
    ),
    AnswerType.PERCENT: re.compile(r"\d\s?%|\d\s?per\s?cent\b", re.IGNORECASE),
    AnswerType.PLACE: re.compile(r"\b(?:in|at|to|from|near|of)\s+(?:the\s+)?[A-Z]\w+"),
}
"""How an answer of a kind looks when there is no doubt about it."""


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


def holds(kind: AnswerType, sentence: str, question: str) -> float:
    """Whether `sentence` holds something of this kind that `question` does not say itself.

    1 plainly, 0.5 perhaps (a capitalised word where a person is asked for, "many" where a
    number is), 0 not at all. Over 4,007 public questions, 0.8 % of the sentences that answer get 0.
    """
    if kind in (AnswerType.NAME, AnswerType.PERSON):
        perhaps = _names_something(sentence, question)
    elif kind in _FORMS:
        form = _FORMS[kind]
        said = _as_words(question) if form.new else " "
        perhaps = any(
            f" {match[0].lower()} " not in said for match in form.pattern.finditer(sentence)
        )
    else:
        return 1.0
    if not perhaps:
        return 0.0
    plain = _PLAIN.get(kind)
    if plain is None:
        return 1.0
    said = _as_words(question)
    found = (match[0].lower() for match in plain.finditer(sentence))
    return 1.0 if any(f" {text} " not in said for text in found) else 0.5


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


def plain_forms(kind: AnswerType, sentence: str, question: str) -> list[tuple[int, int]]:
    """Where `sentence` plainly holds something of this kind that `question` does not say."""
    plain = _PLAIN.get(kind)
    said = _as_words(question)
    matches = plain.finditer(sentence) if plain else ()
    return [match.span() for match in matches if f" {match[0].lower()} " not in said]


def _as_words(text: str) -> str:
    return f" {' '.join(_SAID.findall(text.lower()))} "


_SAID = re.compile(r"[^\W_]+(?:[.,:-][^\W_]+)*%?")


_CAPITALISED = re.compile(r"\b[A-Z][\w’'&-]*")
_NO_NAME = frozenset((*MONTHS, *_DAYS.split("|"), "i"))


def _names_something(sentence: str, question: str) -> bool:
    """Whether a capitalised word stands there that the question does not say."""
    said = {word.lower() for word in re.findall(r"[^\W_]+", question)}
    for match in _CAPITALISED.finditer(sentence):
        words = {word.lower() for word in re.findall(r"[^\W_]+", match[0])} - {"s"}
        opening = match.start() == 0 or sentence[: match.start()].rstrip()[-1:] in '.!?:;"“'
        if words - said - _NO_NAME and not (opening and match[0].lower() in _FUNCTION):
            return True
    return False


_FUNCTION = frozenset(FUNCTION_WORDS)
_ORDINAL_WORDS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
_STAGE = r"(?:phases?|stages?|parts?|rounds?|volumes?|chapters?|generations?|tiers?|classes)"
_STAGED = re.compile(
    rf"\b(?:(?:(?P<word>{'|'.join(_ORDINAL_WORDS)})|(?P<digit>\d{{1,3}})(?:st|nd|rd|th))\s+(?P<of>{_STAGE})"
    rf"|(?P<stage>{_STAGE})\s+(?P<after>\d{{1,2}}|[ivx]{{1,4}}|one|two|three|four))\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b(?P<word>{'|'.join(_ORDINAL_WORDS)})\b|\b(?P<digit>\d{{1,3}})(?:st|nd|rd|th)\b"
    rf"|\b{_STAGE}\s+(?P<after>\d{{1,2}}|[ivx]{{1,4}}|one|two|three|four)\b",
    re.IGNORECASE,
)
_CARDINALS = {"one": 1, "two": 2, "three": 3, "four": 4}


def ordinals(text: str) -> frozenset[int]:
    """Places in an order that `text` names: "second", "2nd", "phase II", "phase 2" are all 2."""
    return frozenset(filter(None, map(_place, _ORDINAL.finditer(text))))


def _place(match: re.Match[str]) -> int:
    """The place in an order that is named; 0 for letters that are no number: "part x"."""
    if match["word"]:
        return _ORDINAL_WORDS.index(match["word"].lower()) + 1
    if match["digit"]:
        return int(match["digit"])
    after = match["after"].lower()
    return {**_CARDINALS, **_ROMAN}.get(after) or (int(after) if after.isdigit() else 0)


def stages_in(text: str) -> Iterator[tuple[str, tuple[str, int]]]:
    """Numbered parts of a whole, as written, and which they are: "phase III", ("phase", 3)."""
    for match in _STAGED.finditer(text):
        noun = (match["of"] or match["stage"]).lower()
        if place := _place(match):
            yield match[0], (noun.removesuffix("es" if noun == "classes" else "s"), place)


def other_ordinal(question: str, sentence: str) -> bool:
    """Whether the question asks of one place in an order and the sentence tells of others only."""
    asked, told = ordinals(question), ordinals(sentence)
    return bool(asked and told) and not asked & told


_ASKS_A_NAME = re.compile(
    r"\b(?:what|which|whose|give|tell)\b[^,?]*\bnames?\s+of\b|^\W*(?:the\s+)?names?\s+of\b"
    rf"|\bwhat (?:is|are|was|were)\b.*\b{_BEARER}\b.*\b(?:called|named)\W*$"
    r"|\bwho\s+(?:heads?|leads?|runs?|manages?|chairs?|directs?|founded|edits?|captains?|coaches)\b",
    re.IGNORECASE,
)
"""Only a name answers, or a pronoun for one. What a thing is called may be none: "valve gear"."""


def unnamed(question: str, sentence: str) -> bool:
    """Whether the question wants a name, and the sentence has none but those of the question."""
    if asks_yes_or_no(question) or not _ASKS_A_NAME.search(question):
        return False
    return not (_names_something(sentence, question) or _HE_OR_SHE.search(sentence))


_HE_OR_SHE = re.compile(r"\b(?:he|she)\b", re.IGNORECASE)


_ROLE = (
    r"(?:director|secretary|mayor|chief|governor|minister|chair(?:man|woman|person)?|president|manager"
    r"|head|editor|dean|commissioner|principal|captain|engineer|treasurer|spokes(?:man|woman|person)"
    r"|coach|curator)"
)
_RANKED = re.compile(
    rf"\b(?:(?P<lesser>deputy|vice|assistant|associate)[\s-]+(?:(?!and\b|or\b)\w+\s+)?)?(?P<role>{_ROLE})s?\b",
    re.IGNORECASE,
)
_OFFICE_ASKED = re.compile(
    rf"(?:(?!the\b|an?\b|of\b)\w+[\s-]+){{0,3}}?{_RANKED.pattern}", re.IGNORECASE
)
_ANY_OFFICE = ("chief", "head")
"""What the holder of another office is called, too: the head of a school is its principal."""
_ASKS_WHO_IS = re.compile(
    r"\bwho(?:['’]s|\s+(?:is|was|are|were|became|becomes|will\s+be))\s+(?:the\s+|its\s+|their\s+)?"
    r"|\b(?:the\s+)?names?\s+of\s+(?:the\s+|its\s+|their\s+)?|\bname\s+(?:the\s+|its\s+|their\s+)",
    re.IGNORECASE,
)
_SUCCEEDS = r"successor|predecessor|succeed|counterpart|replac|presid|took over|helm|in charge"
_FOLLOWS = re.compile(rf"\b(?:{_SUCCEEDS})", re.IGNORECASE)
"""Speaks of who holds an office without naming it …"""
_LEADS = re.compile(
    rf"\b(?:{_SUCCEEDS}|r[ua]ns?\b|head|lead|led\b|chair|direct|manag|chief|boss|captain)",
    re.IGNORECASE,
)
"""… and so does this of those who lead a firm, a school or a team; a minister is not told by it."""
_LEADERS = re.compile(
    r"director|manager|head|chief|chair|president|principal|captain|coach|editor|dean|curator", re.I
)
_NAME_BESIDE = re.compile(r"\b(?!(?:The|An?|In|On|At)\b)[A-Z][\w’'-]+|\b(?:he|she)\b")
_BESIDE = 60
"""Characters on either side of an office, in which its holder is named."""


def other_rank(question: str, sentence: str) -> bool:
    """Whether the question asks who holds an office, and the sentence names nobody in it.

    It tells of another office, of its deputies only, or of the holder where the deputy is asked
    for; or of the office, and no name stands beside it.
    """
    asked = _ASKS_WHO_IS.search(question)
    office = asked and _OFFICE_ASKED.match(question, asked.end())
    if not office:
        return False
    told = [m for m in _RANKED.finditer(sentence) if _family(m["role"]) == _family(office["role"])]
    if not told:
        other = office["role"].lower() in _ANY_OFFICE and _RANKED.search(sentence)
        speaks = _LEADS if _LEADERS.match(office["role"]) else _FOLLOWS
        return not (other or speaks.search(sentence))
    held = {bool(m["lesser"]) for m in told if _has_a_name_beside(sentence, *m.span())}
    return bool(office["lesser"]) not in held


def _family(role: str) -> str:
    """The same for "chairwoman" and "chair"."""
    return re.sub(r"(?:man|woman|person)$", "", role.lower())


def _has_a_name_beside(sentence: str, start: int, end: int) -> bool:
    beside = sentence[max(0, start - _BESIDE) : start], sentence[end : end + _BESIDE]
    return any(map(_NAME_BESIDE.search, beside))
