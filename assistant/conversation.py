"""A follow-up and its history → a question that stands alone. Rules, no language model.

A question leans on the conversation when it points back (a pronoun), or when it is only a
piece of a question ("And in Nanjing?"). A pronoun takes the subject last spoken of; a piece
takes the place of its like in the question before. Everything else stands as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["MOST_TURNS", "stand_alone"]

MOST_TURNS = 20
"""Messages of history that are looked at."""

_PRONOUN = re.compile(
    r"\b(?:(?P<person>he|she|him|her|his|hers|himself|herself)"
    r"|(?P<thing>it|its|itself)"
    r"|(?P<many>they|them|their|theirs|themselves)"
    r"|(?P<that>this|that|these|those)(?=\s*(?:[?.!,]|$|\s(?:is|was|are|were|do|does|did|has|have|had"
    r"|mean|happen|include|work|cost|from|for|in|about|by|all)\b))"
    r"|(?P<there>there(?!\s+(?:is|are|was|were|be|any|a|an)\b))"
    r"|(?P<one>(?:the\s+)?(?:other|same|latter|former)\s+(?:one|two|company|project|city|person)s?))\b",
    re.IGNORECASE,
)
_POINTS_AT_NOUN = re.compile(
    r"\b(?:this|that|these|those|the\s+(?:same|said|above))\s+(?:[a-z]+)\b|"
    r"\bthe\s+(?:company|city|project|agreement|article|mayor|event|meeting|visit|signing|base|firm"
    r"|group|enterprise|park|plant|factory|two sides|two parties|ceremony)\b",
    re.IGNORECASE,
)
_ELLIPTIC = re.compile(
    r"^(?:and|but|or|also|plus|then|so)\b[\s,]*"
    r"|^(?:what|how)\s+about\b\s*|^same\s+(?:question\s+)?for\s+",
    re.IGNORECASE,
)
_QUESTION_START = re.compile(
    r"^(?:who|whom|whose|when|where|what|which|why|how|did|does|do|is|are|was|were|can|could|will"
    r"|would|has|have|had|should|may|tell|list|name|give|show|explain|describe|summari[sz]e)\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^(?:who|when|where|why|how(?:\s+(?:much|many|so|long|often))?|what(?:\s+(?:else|for|then))?"
    r"|which(?:\s+ones?)?|since when|by whom|in which (?:year|city)|anything else|tell me more|more)"
    r"[\s?.!]*$",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b(?:[A-Z][\w’'&-]*|[A-Z]{2,})(?:(?:\s+(?:of|and|for|the|de)\s+|\s+)[A-Z][\w’'&-]*)*"
)
_NOUN_PHRASE = re.compile(
    r"\b(?:the|a|an|its|their)\s+((?:[\w’'-]+\s+){0,4}[\w’'-]+)", re.IGNORECASE
)
_WORDS = re.compile(r"[\w’'-]+")
_NOT_NAMES = frozenset(
    (
        "who whom whose when where what which why how did does do is are was were can could will would "
        "has have had should may the a an in on at of for and or but i he she it they we you this that "
        "these those there tell list name give show explain describe summarise summarize according by "
        "from to with during since until after before if mr mrs ms dr january february march april june "
        "july august september october november december monday tuesday wednesday thursday friday "
        "saturday sunday"
    ).split()
)
_TITLES = re.compile(r"\b(?:Mr|Mrs|Ms|Dr)\.?\s+[A-Z]\w+|\b[A-Z][a-z]+(?:\s[A-Z][a-z]+){1,2}\b")


def stand_alone(question: str, history: Sequence[Mapping[str, str]] = ()) -> str:
    """`question`, or the same with what it leans on written out from `history`.

    `history` is the conversation so far, oldest first: `{"role": "user" | "assistant",
    "content": …}`. What it does not understand it leaves as it is.
    """
    turns = [t for t in list(history)[-MOST_TURNS:] if str(t.get("content", "")).strip()]
    asked = _resolved_questions(turns)
    if not asked:
        return question
    return _resolve(question, asked, _last_answer(turns))


def _resolved_questions(turns: Sequence[Mapping[str, str]]) -> list[str]:
    """The user's questions so far, each resolved by those before it."""
    asked: list[str] = []
    for number, turn in enumerate(turns):
        if turn.get("role") == "user":
            text = " ".join(str(turn["content"]).split())
            asked.append(_resolve(text, asked, _last_answer(turns[:number])) if asked else text)
    return asked


def _last_answer(turns: Sequence[Mapping[str, str]]) -> str:
    for turn in reversed(turns):
        if turn.get("role") == "assistant":
            return re.sub(r"\[\d+\]", "", str(turn["content"]))
    return ""


def _resolve(question: str, asked: Sequence[str], answer: str) -> str:
    before = asked[-1]
    bare = question.strip()
    if _BARE.match(bare):
        return f"{bare.rstrip(' ?.!')}, {_lowered(before)}"
    lead = _ELLIPTIC.match(bare)
    rest = bare[lead.end() :].strip() if lead else bare
    if _is_piece(rest, bool(lead)):
        return _put_in_place(rest, before)
    text = rest if lead else bare
    subject = _subject(text, before, answer)
    if subject is None:
        return _capitalised(text)
    return _with_subject(text, subject)


def _is_piece(rest: str, led: bool) -> bool:
    """Whether what is left is a phrase and no question of its own."""
    if _QUESTION_START.match(rest) or _PRONOUN.search(rest):
        return False
    words = _WORDS.findall(rest)
    return bool(words) and (led or len(words) <= 3) and len(words) <= 8


def _put_in_place(piece: str, before: str) -> str:
    """`piece` instead of its like in the question before: a name for a name, a year for a year."""
    piece = piece.rstrip(" ?.!")
    plain = re.sub(r"^(?:in|for|at|of|from|by|with|on|to|the)\s+", "", piece, flags=re.IGNORECASE)
    year = re.search(r"\b(?:19|20)\d\d\b", piece)
    if year and re.search(r"\b(?:19|20)\d\d\b", before):
        return re.sub(r"\b(?:19|20)\d\d\b", year[0], before)
    names = _names(before)
    if _names(plain, anywhere=True) and names:
        return before.replace(names[-1], plain)
    if names:
        return f"What about {piece} of {names[-1]}? {before}" if len(names) else before
    return f"{before.rstrip(' ?')}, {piece}?"


def _subject(question: str, before: str, answer: str) -> str | None:
    """What a pronoun of `question` stands for, or None when it points at nothing outside."""
    pronoun = _PRONOUN.search(question)
    points = _POINTS_AT_NOUN.search(question)
    if not pronoun and not points:
        return None
    if _names(question) and not (pronoun and pronoun.start() < _first_name(question)):
        return None
    person = pronoun is not None and pronoun["person"] is not None
    if person:
        people = [m[0] for m in _TITLES.finditer(before) if m[0].lower() not in _NOT_NAMES]
        people = people or [m[0] for m in _TITLES.finditer(answer)]
        people = [p for p in (_strip_start(person) for person in people) if p]
        if people:
            return people[0]
    names = _names(before)
    if names:
        return names[-1] if len(names) == 1 else " ".join(names[-2:]) if not person else names[0]
    answered = _names(answer)
    if answered:
        return answered[0]
    return _topic(before)


def _topic(before: str) -> str | None:
    phrases = [m[1] for m in _NOUN_PHRASE.finditer(before)]
    return max(phrases, key=len) if phrases else None


def _strip_start(name: str) -> str:
    words = name.split()
    while words and words[0].lower() in _NOT_NAMES and not words[0].endswith("."):
        words = words[1:]
    return " ".join(words)


def _names(text: str, *, anywhere: bool = False) -> list[str]:
    """Capitalised phrases; a first word counts only when it is no ordinary opening word."""
    found = []
    for match in _NAME.finditer(text):
        name = _strip_start(match[0])
        while name and name.split()[-1].lower() in _NOT_NAMES:
            name = " ".join(name.split()[:-1])
        name = re.sub(r"[’']s$", "", name)
        if name and (anywhere or name.lower() not in _NOT_NAMES):
            found.append(name)
    return found


def _first_name(text: str) -> int:
    names = _names(text)
    return text.index(names[0]) if names else len(text)


def _with_subject(question: str, subject: str) -> str:
    """The first pronoun that points back, written out."""
    match = _PRONOUN.search(question)
    if match is None:
        return f"{question.rstrip(' ?.!')} ({subject})?"
    word = match[0].lower()
    if word in ("his", "its", "their", "hers", "theirs") or (
        word == "her" and re.match(r"\s+\w", question[match.end() :])
    ):
        put = f"{subject}'s"
    elif match["there"]:
        put = f"in {subject}" if not subject.lower().startswith("in ") else subject
    else:
        put = subject
    return _capitalised(question[: match.start()] + put + question[match.end() :])


def _lowered(question: str) -> str:
    """The question to be put after another word: its ordinary first word in lower case."""
    first = question.split(" ", 1)[0]
    return question[0].lower() + question[1:] if first.lower() in _NOT_NAMES else question


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
