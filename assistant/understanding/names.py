"""What a text names, told by its capitals, and what it speaks of, roughly by stems.

Nothing is looked up: a word is a name by how it is written and by what stands around it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.understanding.word_lists import (
    KINDS,
    LIGHT,
    OF_SOMETHING,
    OFFICES,
    PLACES,
    RANKS,
    RELATIVES,
    ROLES,
    TRAITS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


__all__ = [
    "ASKING",
    "HEADS",
    "NO_THINGS",
    "OFFICE_STEMS",
    "ORDINAL",
    "PLURAL",
    "PREPOSITION",
    "PREPOSITIONS",
    "SHORT",
    "WORD",
    "is_name",
    "is_plural",
    "is_role",
    "name_places",
    "names_in",
    "names_told",
    "own_words",
    "people_in",
    "preposition_before",
    "stem_of",
    "stems_of",
    "subjects_of",
]

SHORT = 6
"""Words of a phrase: an answer so short begins with a capital because that is a name."""
ASKING = (
    "who whom whose when where what which why how did does do is are was were can could will would "
    "has have had should may might tell list name give show explain describe summarise summarize"
)
PREPOSITIONS = "in|at|from|to|of|for|with|by|on|near|between|about|during|after|before|under"
PREPOSITION = re.compile(rf"\b({PREPOSITIONS})\s+(?:the\s+)?$", re.IGNORECASE)
ORDINAL = re.compile(r"\b(?:first|second|third|fourth|fifth|last)(?:ly\b|\b)", re.IGNORECASE)
_NAME = re.compile(
    r"[A-Z][\w’'&-]*(?:\s+(?:of\s+(?:the\s+)?(?=[A-Z])|and\s+(?=[A-Z]\w*\s+(?:Co|Group|Bank)\b))?"
    r"[A-Z][\w’'&-]*)*"
)
_OF_A_NAME = re.compile(r"\s\d{1,3}\b(?![.,:]?\d|\s*%|\s+(?:[a-z]+s|percent|million|billion)\b)")
"""The number of a thing that has no other name: "Line 3"."""
WORD = re.compile(r"[\w’'-]+")
PLURAL = (
    r"(?:people|men|women|children|police|(?!(?:always|besides|gas|has|lens|news|perhaps|series"
    r"|sometimes|species|was|does|yes)\b)[a-z][a-z’'-]*[^\W_siu]s)"
)
"""A noun that is of several, as far as its ending tells that."""
_COMMON = frozenset(
    ASKING.split()
    + (
        "the a an in on at of for and or but i he she it they we you this that these those there "
        "according by from to with during since until after before if mr mrs ms dr please january "
        "february march april june july august september october november december monday tuesday "
        "wednesday thursday friday saturday sunday be been being much many any some all also so "
        "about then total per each his her its their them him me my our us between under near as "
        "however although though while despite following other besides one than not no when more "
        "under because both several most such early late your"
    ).split()
)


def preposition_before(text: str, position: int) -> str:
    """The preposition that leads what stands at `position`, in lower case; empty without one."""
    match = PREPOSITION.search(text[:position])
    return match[1].lower() if match else ""


def people_in(text: str) -> list[str]:
    """Names of two or three words without the word of an office or an organisation in them."""
    found = []
    for match in re.finditer(r"\b[A-Z][a-z]+(?:[\s-][A-Z][a-z]+)+", text):
        words = [w for w in match[0].split() if w.lower() not in _COMMON]
        while words and words[0].lower() in ROLES | RANKS:
            words = words[1:]
        if len(words) in (2, 3) and not is_role(" ".join(words)):
            found.append(" ".join(words))
    titled = re.findall(r"\b(?:Mr|Mrs|Ms|Dr)\.?\s+[A-Z]\w+", text)
    return found or titled


def is_role(name: str) -> bool:
    """Whether one of its words is that of an office or an organisation."""
    return any(word.lower() in ROLES for word in name.split())


def names_in(text: str, *, anywhere: bool = False) -> list[str]:
    """Capitalised phrases, ordinary opening words left out; a lone first word only `anywhere`."""
    places = name_places(text, anywhere=anywhere)
    return [re.sub(r"[’']s$", "", text[start:end]) for start, end in places]


def subjects_of(text: str) -> list[str]:
    """The names that a question is about: not where or when it is asked of."""
    where = ("in", "at", "from", "on", "near", "during", "to")
    places = [p for p in name_places(text) if preposition_before(text, p[0]) not in where]
    return [re.sub(r"[’']s$", "", text[start:end]) for start, end in places]


def names_told(answer: str) -> list[str]:
    """The names of an answer: a capital at the start of a sentence makes none."""
    if len(WORD.findall(answer)) <= SHORT:
        places = name_places(answer, anywhere=True)
    else:
        starts = {match.end() for match in re.finditer(r"(?:^|[.!?:]\s+)[\"“(]?", answer)}
        places = [(a, b) for a, b in name_places(answer) if a not in starts or " " in answer[a:b]]
    names = [re.sub(r"[’']s$", "", answer[a:b]) for a, b in places if b - a > 1]
    return list(dict.fromkeys(names))


def name_places(text: str, *, anywhere: bool = False) -> list[tuple[int, int]]:
    """Where the capitalised phrases stand that `names_in` gives."""
    places = []
    for match in _NAME.finditer(text):
        start = match.start()
        words = [(m.start() + start, m.end() + start, m[0]) for m in WORD.finditer(match[0])]
        while words and re.sub(r"[’']s$", "", words[0][2].lower()) in _COMMON:
            words.pop(0)
        while words and words[-1][2].lower() in _COMMON:
            words.pop()
        if not words:
            continue
        first = re.sub(r"[’']s$", "", words[0][2])
        owns = first != words[0][2] and first not in ("Let", "Here", "Today")
        begins = words[0][0] == 0 and len(words) == 1 and first[1:].islower() and not owns
        if not begins or anywhere:
            last = words[-1]
            possessive = re.search(r"[’']s$", last[2])
            numbered = None if possessive else _OF_A_NAME.match(text, last[1])
            end = numbered.end() if numbered else last[1] - (2 if possessive else 0)
            places.append((words[0][0], end))
    return places


def is_name(text: str) -> bool:
    """Whether a text is a name or a time and nothing more."""
    words = [word for word in text.split() if word not in ("the", "of", "and")]
    return bool(words) and all(
        word[0].isupper() or word[0].isdigit() or ORDINAL.fullmatch(word) for word in words
    )


def _content(text: str) -> list[str]:
    return [word for word in WORD.findall(text) if word.lower() not in _COMMON]


def stems_of(texts: Iterable[str]) -> set[str]:
    """What the texts speak of, roughly by stem."""
    return {stem_of(word) for text in texts for word in _content(text)}


def own_words(question: str) -> set[str]:
    """The words that give a question a subject of its own."""
    return stems_of([question]) - _LIGHT_STEMS


def is_plural(phrase: str) -> bool:
    """Whether a phrase is of several: by its last noun in front of "of" or another link."""
    head = re.split(rf"\s+(?:{PREPOSITIONS})\s", phrase, maxsplit=1)[0].split()
    return bool(head) and re.fullmatch(PLURAL, head[-1]) is not None


def stem_of(word: str) -> str:
    """A word in lower case without its genitive, and in the singular where that is plain."""
    word = re.sub(r"[’']s?$", "", word.lower())
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


HEADS = frozenset(map(stem_of, KINDS | OF_SOMETHING))
_LIGHT_STEMS = frozenset(map(stem_of, LIGHT))
OFFICE_STEMS = frozenset(map(stem_of, OFFICES | RELATIVES))
NO_THINGS = _LIGHT_STEMS | frozenset(map(stem_of, TRAITS | PLACES))
