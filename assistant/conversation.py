"""A follow-up and its history → a question that stands alone. Rules, no language model.

A question leans on the conversation in three ways. It may point back with a pronoun ("Where
was it signed?"): the pronoun is written out. It may be a piece of a question ("And in
2022?"): the piece takes the place of its like in the question before. Or it may be too short
to stand ("How many sets per year?"): the topic is added. A question that names its own
subject is left as it is, and so is whatever the rules do not understand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["MOST_TURNS", "stand_alone"]

MOST_TURNS = 20
"""Messages of history that are looked at."""
FEW_WORDS = 3
"""A question without a name of its own and with at most this many content words leans."""

_PERSON = frozenset("he she him her his hers himself herself".split())
_POSSESSIVE = frozenset("his her hers its their theirs".split())
_PRONOUN = re.compile(
    r"\b(?:he|she|him|hers?|his|himself|herself|it|its|itself|they|them|theirs?|themselves"
    r"|(?:this|that|these|those)(?=\s*(?:[?.!,]|$|(?:is|was|are|were|do|does|did|has|have|had|mean"
    r"|happen|include|work|cost|go|come|take|from|for|in|about|by|all)\b)))\b",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|does|did|will)\s+it\s+(?:rain|snow|true|possible|clear|likely|about|mean|say|hot"
    r"|cold|warm|take)\b|\b(?:hot|cold|warm|late|far|long)\s+(?:is|was|does)\s+it\b",
    re.IGNORECASE,
)
"""An "it" that stands for nothing: the weather, a fact."""
_POINTING = re.compile(
    r"\b(?:this|that|these|those|the\s+(?:same|said|above|other|latter|former))\s+[a-z]+\b"
    r"|\bthe\s+(?:company|city|project|agreement|article|mayor|event|meeting|visit|signing|base|firm"
    r"|group|enterprise|park|plant|factory|ceremony|two\s+(?:sides|parties|companies|cities))\b"
    r"|\bthere\b(?!\s+(?:is|are|was|were|be|been|any|an?)\b)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:thanks|thank\s+you|ok(?:ay)?|great|i\s+see|good|right|well|sure|yes|no)\b[\s,.!]*)+"
    r"|^(?:(?:different|another|new|next)\s+(?:topic|question|subject)|changing\s+(?:the\s+)?(?:topic"
    r"|subject))\s*[:,.\-–—]\s*",
    re.IGNORECASE,
)
_AND = re.compile(
    r"^(?:and|but|or|also|plus|then|so)\b[\s,]*(?:(?:what|how)\s+about\s+)?"
    r"|^(?:what|how)\s+about\s+|^same\s+(?:question\s+)?(?:for|with)\s+",
    re.IGNORECASE,
)
_ASKING = (
    "who whom whose when where what which why how did does do is are was were can could will would "
    "has have had should may tell list name give show explain describe summarise summarize"
)
_ASKS = re.compile(rf"^(?:{'|'.join(_ASKING.split())})\b", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:(?:who|whom|whose|when|where|what|which|why|how(?:\s+(?:many|much|long|far|often))?"
    r"|did|does|do|is|are|was|were|can|could|will|would|has|have|had|should|tell\s+me(?:\s+about)?"
    r"|about|the|an?)\s+)+",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^(?:who|when|where|why|how(?:\s+(?:much|many|so|long|often))?|what(?:\s+(?:else|for))?"
    r"|which(?:\s+ones?)?|since\s+when|by\s+whom|in\s+which\s+\w+|with\s+whom|anything\s+else"
    r"|tell\s+me\s+more|more)[\s?.!]*$",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"\b(in|at|from|to|of|for|with|by|on|near)\s+(?:the\s+)?$", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ORDINALS = r"first|second|third|fourth|fifth|last"
_ORDINAL = re.compile(rf"\b(?:{_ORDINALS})\b", re.IGNORECASE)
_NAME = re.compile(
    r"[A-Z][\w’'&-]*(?:\s+(?:of\s+|and\s+(?=[A-Z]\w*\s+(?:Co|Group|Bank)\b))?[A-Z][\w’'&-]*)*"
)
_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[\w’'-]+\s+){0,3}?[\w’'-]+\s+(?:of|between|with|in|for|at|on|from)\s+(?:the\s+)?"
    r"[A-Z][\w’'&-]*(?:\s+(?:and\s+)?[A-Z][\w’'&-]*)*)"
)
"""A noun phrase that ends in a name: "the agreement between CEC and Nanjing"."""
_PLAIN_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[a-z][\w’'-]*\s+){0,2}[a-z][\w’'-]*)(?=\s*(?:[?.,]|$))", re.IGNORECASE
)
_WORD = re.compile(r"[\w’'-]+")
_COMMON = frozenset(
    _ASKING.split()
    + (
        "the a an in on at of for and or but i he she it they we you this that these those there "
        "according by from to with during since until after before if mr mrs ms dr please january "
        "february march april june july august september october november december monday tuesday "
        "wednesday thursday friday saturday sunday be been being much many any some all also so "
        "about then total per each his her its their him them me my our us"
    ).split()
)
_ROLES = frozenset(
    (
        "mayor secretary chairman chairwoman president director deputy minister chief district "
        "municipal city party committee leader leaders governor head general manager officer vice "
        "city company group energy zone technology road bureau government province county park "
        "garden base hall belt innovation corporation university institute bank agency department "
        "science project industry energy electronics electronic development"
    ).split()
)


def stand_alone(question: str, history: Sequence[Mapping[str, str]] = ()) -> str:
    """`question`, or the same with what it leans on written out from `history`.

    `history` is the conversation so far, oldest first: `{"role": "user" | "assistant",
    "content": …}`.
    """
    asked: list[str] = []
    answer = ""
    for turn in list(history)[-MOST_TURNS:]:
        content = " ".join(str(turn.get("content", "")).split())
        if turn.get("role") == "user" and content:
            asked.append(_resolve(content, asked, answer))
        elif turn.get("role") == "assistant":
            answer = re.sub(r"\[\d+\]", "", content)
    return _resolve(question, asked, answer)


def _resolve(question: str, asked: Sequence[str], answer: str) -> str:
    if not asked:
        return question
    before = asked[-1]
    text = question
    while (lead := _LEAD.match(text)) and lead.end() < len(text):
        text = text[lead.end() :]
    if _BARE.match(text):
        return _capitalised(f"{text.rstrip(' ?.!')}: {_topic(before)}?")
    led = _AND.match(text)
    rest = text[led.end() :] if led else text
    if _is_piece(rest, bool(led)):
        return _put_in_place(rest, before)
    pronoun = _PRONOUN.search(rest)
    if pronoun and _EMPTY_IT.search(rest):
        pronoun = None
    if pronoun and _points_out(rest, pronoun):
        subject = _subject(pronoun[0].lower(), before, answer)
        return _capitalised(_written_out(rest, pronoun, subject)) if subject else rest
    if not _names(rest) and (_POINTING.search(rest) or len(_content(rest)) <= FEW_WORDS):
        return _capitalised(f"{rest.rstrip(' ?.!')} ({_topic(before)})?")
    return _capitalised(rest) if rest != question else question


def _points_out(question: str, pronoun: re.Match[str]) -> bool:
    """Whether nothing before the pronoun, in the question itself, can be what it stands for."""
    return not _names(question[: pronoun.start()])


def _is_piece(rest: str, led: bool) -> bool:
    """Whether what is left is a phrase and no question of its own."""
    words = _WORD.findall(rest)
    if not words or _ASKS.match(rest) or _PRONOUN.search(rest):
        return False
    if re.search(r"\b(?:how|what|when|where|who|which|why)\b", rest, re.IGNORECASE):
        return False
    return len(words) <= (8 if led else 3)


def _put_in_place(piece: str, before: str) -> str:
    """`piece` for its like in the question before: a year for a year, a name for a name."""
    piece = piece.rstrip(" ?.!")
    for kind in (_YEAR, _ORDINAL):
        new, old = kind.search(piece), kind.search(before)
        if new and old:
            return kind.sub(new[0], before)
    plain = re.sub(r"^(?:in|at|from|to|of|for|with|by|on|the)\s+", "", piece, flags=re.IGNORECASE)
    given = _PREPOSITION.search(piece[: len(piece) - len(plain)])
    places = _name_places(before)
    if _name_places(plain, anywhere=True) and places:
        like = [
            p for p in places if _preposition(before, p[0]) == (given[1].lower() if given else "")
        ]
        start, end = (like or places)[0]
        return before[:start] + plain + before[end:]
    return _capitalised(f"{piece} ({_topic(before)})?")


def _preposition(text: str, position: int) -> str:
    match = _PREPOSITION.search(text[:position])
    return match[1].lower() if match else ""


def _subject(pronoun: str, before: str, answer: str) -> str | None:
    """What the pronoun stands for: the one last asked about, or told of."""
    if pronoun in _PERSON:
        people = _people(before)
        if not people or re.match(r"who\b", before, re.IGNORECASE):
            people = _people(answer) or people
        if people:
            return people[0]
    phrase = _PHRASE.search(before)
    if phrase:
        return f"the {phrase[1]}"
    names = _names(before)
    if names:
        return names[0] if len(names) == 1 else " ".join(dict.fromkeys(names))
    plain = _PLAIN_PHRASE.findall(before)
    if plain:
        return f"the {plain[-1]}"
    told = _names(answer)
    return told[0] if told else None


def _people(text: str) -> list[str]:
    """Names of two or three words without the word of an office or an organisation in them."""
    found = []
    for match in re.finditer(r"\b[A-Z][a-z]+(?:[\s-][A-Z][a-z]+)+", text):
        words = [w for w in match[0].split() if w.lower() not in _COMMON]
        while words and words[0].lower() in _ROLES:
            words = words[1:]
        if len(words) in (2, 3) and not any(word.lower() in _ROLES for word in words):
            found.append(" ".join(words))
    titled = re.findall(r"\b(?:Mr|Mrs|Ms|Dr)\.?\s+[A-Z]\w+", text)
    return found or titled


def _names(text: str) -> list[str]:
    """Capitalised phrases of a question, its ordinary opening words left out."""
    return [re.sub(r"[’']s$", "", text[start:end]) for start, end in _name_places(text)]


def _name_places(text: str, *, anywhere: bool = False) -> list[tuple[int, int]]:
    places = []
    for match in _NAME.finditer(text):
        start = match.start()
        words = [(m.start() + start, m.end() + start, m[0]) for m in _WORD.finditer(match[0])]
        while words and words[0][2].lower() in _COMMON:
            words.pop(0)
        while words and words[-1][2].lower() in _COMMON:
            words.pop()
        if not words:
            continue
        begins = words[0][0] == 0 and len(words) == 1 and words[0][2][1:].islower()
        if not begins or anywhere:
            last = words[-1]
            places.append((words[0][0], last[1] - (2 if re.search(r"[’']s$", last[2]) else 0)))
    return places


def _topic(before: str) -> str:
    """What the question before was about: the question less its asking words."""
    topic = _OPENING.sub("", before.rstrip(" ?.!"))
    return topic or before.rstrip(" ?.!")


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.lower() not in _COMMON]


def _written_out(question: str, pronoun: re.Match[str], subject: str) -> str:
    word = pronoun[0].lower()
    following = question[pronoun.end() :]
    possessive = word in _POSSESSIVE and (word != "her" or bool(re.match(r"\s+\w", following)))
    put = f"{subject}'s" if possessive else subject
    return question[: pronoun.start()] + put + following


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
