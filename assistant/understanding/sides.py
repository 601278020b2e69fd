"""What a question puts side by side, and the question asked of each of it alone.

"How many came in May and how many in the week of the storm?" asks one thing twice. What stands on
the two sides of an "and" begins alike: with a preposition, an article or a name. That tells where
the first side begins, whatever the words are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Side", "put_side_by_side", "without_repetition"]

LONGEST_SIDE = 8
"""Words of a side; what is longer is a sentence of its own."""

Kind = Literal["link", "clause", "article", "name", "word"]
_LINKS = frozenset(
    "in on at by from for with of to under during about among per as according".split()
)
"""What leads to a time, a place or a source."""
_CLAUSES = frozenset("after before until since when once".split())
"""The same, where all the rest of the sentence may follow: "after the scheme was cut down"."""
_ARTICLES = frozenset("the a an this that these those its his her their my your our".split())
_ASKING = (
    r"(?:who|whom|what|when|where|which|how(?:\s(?:many|much|long|old|far|high|tall|big|often))?)"
)
_AUXILIARY = r"(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should|might|may)"
_REPEATED = re.compile(
    rf"(?P<and>,?\s(?:and|or)\s){_ASKING}\s"
    rf"(?=(?:{'|'.join(sorted((_LINKS | _CLAUSES) - {'of', 'to'}))})\s"
    rf"(?!{_ASKING}\b|{_AUXILIARY}\b))",
    re.IGNORECASE,
)
_ASKS_ANEW = re.compile(
    rf"(?:when\s{_AUXILIARY}|(?:\w{{1,9}}\s)?(?!when\b){_ASKING})\b", re.IGNORECASE
)
"""A question of its own behind the joint: "when was it …", "on which day …"."""
_WORD = re.compile(r"[^\s,;:?!]+")
_JOINT = re.compile(
    r",?\s(?:and|or|versus|vs\.?|against|compared\s(?:with|to)|as\sopposed\sto)\s"
    r"(?:(?:then|later|also|finally)\s)?",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"^\W*(?:(?:what(?:['’]s|\sis|\sare|\swas)|tell\sme|explain)\s)?(?:the\s)?(?:main\s)?"
    r"(?:differences?|distinction)\sbetween\s",
    re.IGNORECASE,
)
_ROW = re.compile(r",\s(?:and\s)?|\sand\s")
_BETWEEN = re.compile(r"\bbetween(?:\s[^\s,?]++){1,8}$", re.IGNORECASE)
"""What is between two is of both at once."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of several things that a question asks the same of."""

    words: str
    question: str
    """The question, asked of it alone."""


def without_repetition(question: str) -> str:
    """The question without asking words that are said again: "in May and how many in June"."""
    return _REPEATED.sub(lambda match: match["and"], question)


def put_side_by_side(question: str) -> tuple[Side, ...]:
    """The sides of a question, each with the question that asks of it alone."""
    asked = without_repetition(question).rstrip(" ?.!")
    if of_two := _DIFFERENCE.match(asked):
        things = [thing for thing in _ROW.split(asked[of_two.end() :]) if thing]
        several = len(things) > 1
        return tuple(Side(one, f"What is {one}?") for one in things) if several else ()
    found = (_beside(asked, joint) for joint in _JOINT.finditer(asked))
    return next(filter(None, found), ())


def _beside(asked: str, joint: re.Match[str]) -> tuple[Side, ...]:
    """What stands on the two sides of a joint, with what commas divide from it in front."""
    front, behind = asked[: joint.start()], asked[joint.end() :]
    words = list(_WORD.finditer(behind))
    kind = _kind(words[0][0]) if words else "word"
    if kind == "word" or _BETWEEN.search(front) or _ASKS_ANEW.match(behind):
        return ()
    start = _start(front, words[0][0], kind, with_of=" of " in behind)
    if start is None:
        return ()
    alternatives = joint[0].strip(" ,").lower().startswith("or")
    starts = [*(() if alternatives else _in_a_row(front[:start], kind)), start]
    ends = [*starts[1:], len(front)]
    led_by = front[: starts[0]].rstrip(" ,")
    sides = [front[begin:end].strip(" ,") for begin, end in zip(starts, ends, strict=True)]
    if not led_by or any(len(side.split()) == 1 for side in sides if kind in ("link", "clause")):
        return ()
    end = _end(behind, words, kind, len(sides[-1].split()))
    rest = behind[end:].strip(" ,")
    sides.append(behind[:end].strip(" ,"))
    return tuple(Side(one, f"{led_by} {one} {rest}".strip() + "?") for one in sides)


def _kind(word: str) -> Kind:
    """How a side begins."""
    small = word.lower()
    if small in _LINKS:
        return "link"
    if small in _CLAUSES:
        return "clause"
    if small in _ARTICLES:
        return "article"
    return "name" if word[:1].isupper() or word[:1].isdigit() else "word"


def _alike(kind: Kind) -> tuple[Kind, ...]:
    return ("link", "clause") if kind in ("link", "clause") else (kind,)


def _start(front: str, begins: str, kind: Kind, *, with_of: bool) -> int | None:
    """Where the side before a joint begins: at a word of the kind that begins the one behind it.

    The same link is better than another; where the other side is one of something, so is this.
    """
    words = list(_WORD.finditer(front))[-LONGEST_SIDE:]
    if kind == "name":
        return _name_at_end(front, words)
    own = [word for word in words if _kind(word[0]) in _alike(kind) and word.start()]
    if kind == "article":
        same = [word for word in own if with_of and " of " in front[word.start() :]]
    else:
        same = [word for word in own if word[0].lower() == begins.lower()]
        own = [word for word in own if word[0].lower() not in ("of", "to")]
    found = same or own
    return found[-1].start() if found else None


def _name_at_end(front: str, words: Sequence[re.Match[str]]) -> int | None:
    """Where the name begins that a text ends with."""
    start = None
    for word in reversed(words):
        if _kind(word[0]) != "name" or front[word.end() : word.end() + 1] in tuple(",;:"):
            break
        start = word.start()
    return start or None


def _in_a_row(front: str, kind: Kind) -> list[int]:
    """Where further sides begin, in a row that commas divide: "in May, in June and in July"."""
    starts: list[int] = []
    while front.rstrip().endswith(","):
        front = front.rstrip(" ,")
        begin = front.rfind(",") + 1
        words = [w for w in _WORD.finditer(front[begin:]) if _kind(w[0]) in _alike(kind)]
        if not words or not begin + words[-1].start():
            break
        starts.insert(0, begin + words[-1].start())
        front = front[: starts[0]]
    return starts


def _end(behind: str, words: Sequence[re.Match[str]], kind: Kind, least: int) -> int:
    """Where the side behind a joint ends: with as many words as the other has, about.

    What follows is the rest of the question, which is asked of all sides.
    """
    comma = behind.find(",")
    whole = len(behind) if comma < 0 else comma
    last = min(least, len(words)) - 1
    while last + 1 < len(words) and (
        _kind(words[last][0]) in ("link", "article")
        or _kind(words[last][0]) == _kind(words[last + 1][0]) == "name"
        or words[last + 1][0].lower() == "of"
    ):
        last += 1
    return whole if kind == "clause" else min(whole, words[last].end())
