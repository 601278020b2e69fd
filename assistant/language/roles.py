"""Who is meant by a role: "the mayor of Ningde" is, in an article that says so, a name.

News introduces a person once, by name and role ("the Mayor of Oslo, Anna Berg", "Anna Berg, head
of the harbour office", "Mayor Berg"), and goes on with the surname. A question that asks by role is
then far, in words, from the sentence that answers it. So the pairs are read from the text, by the
patterns of apposition that Hearst ("Automatic acquisition of hyponyms from large text corpora",
COLING 1992) made a standard means, and the name stands beside the role as another wording.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["RoleName", "introductions", "names_a_role", "people_meant"]

_ROLE = (
    r"(?:(?:vice|deputy|acting|general|prime|chief|senior|executive|party|district|head|former)[\s-]+)*"
    r"(?:mayor|director|chair(?:man|woman|person)?|president|minister|secretary|chief|head|governor"
    r"|ceo|chief executive|spokes(?:man|woman|person)|manager|founder|coach|captain|commissioner"
    r"|ambassador|leader|premier|chancellor|boss|editor|professor|senator|principal|owner)"
)
_NAME = r"[A-Z][a-z’']+(?:[ -][A-Z][a-z’']+){1,2}"
_BODY = r"(?:[A-Z][\w’'&-]*|of|and|the|for)"
_ROLE_NAME = re.compile(
    rf"\b(?P<role>(?i:{_ROLE})(?:\s+(?:of|at|for)\s+(?:the\s+)?{_BODY}(?:\s+{_BODY}){{0,6}}?,)?)\s+"
    rf"(?P<name>{_NAME})"
)
_NAME_ROLE = re.compile(
    rf"(?P<name>{_NAME}),\s+(?:the\s+|a\s+|an\s+)?"
    rf"(?P<role>[^,.;:!?]{{0,60}}?\b(?i:{_ROLE})\b[^,.;:!?]{{0,80}}),"
)
_NO_PERSON = re.compile(
    rf"\b(?:{_ROLE}|committee|bureau|district|party|group|department|office|company|council|board"
    r"|university|institute|government|corporation|municipal|city|county|state|national)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\b(?:(?P<the>the|its|their)\s+)?"
    r"(?:(?!(?:What|Which|Who|Whose|When|Where|How|Did|Does|Was|Is|My|Our|Your)\b)"
    r"(?P<before>[A-Z][\w’'-]*?(?:\s+[A-Z][\w’'-]*?)*)(?:['’]s)?\s+)?"
    rf"(?P<role>(?i:{_ROLE}))\b(?!\s+[A-Z])(?:\s+(?:of|at|in|for|from)\s+(?:the\s+)?"
    r"(?P<after>[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*))?"
)
_ASKS_WHO = re.compile(
    r"(?:\bwho(?:['’]s|\s+(?:is|was|are|were))|\bnames?\s+of|\b(?:what|which|my|our|your))\s*$",
    re.I,
)
"""Before a role: the question asks for the person, or for nobody that an article introduces."""
_HEADS = "chief head leader boss"
_TOP = f"{_HEADS} director chairman chairwoman chairperson president ceo mayor governor"
"""Whom a question may call a chief, a head, a leader or a boss."""
MOST = 2


@dataclass(frozen=True, slots=True)
class RoleName:
    """A person by the role that a question names, and by the name that the text goes on with."""

    written: str
    name: str


def introductions(text: str) -> Iterator[tuple[str, str]]:
    """(Role with what it belongs to, full name), wherever the text joins them."""
    for pattern in (_ROLE_NAME, _NAME_ROLE):
        for match in pattern.finditer(text):
            name = re.sub(r"[’']s$", "", match["name"])
            if not names_a_role(name):
                yield " ".join(match["role"].split()), name


def names_a_role(name: str) -> bool:
    """Whether capitalised words are, or hold, a role or the name of an office."""
    return bool(_NO_PERSON.search(name))


def people_meant(question: str, texts: Iterable[str]) -> tuple[RoleName, ...]:
    """The people whom `question` names by role, as `texts` introduce them.

    Nobody for a role of which the question asks who has it.
    """
    asked = [
        match
        for match in _ASKED.finditer(question)
        if (match["the"] or match["before"] or match["after"])
        and not _ASKS_WHO.search(question[: match.start()])
    ]
    if not asked:
        return ()
    found: dict[RoleName, None] = {}
    for text in texts:
        for role, name in introductions(text):
            for match in asked:
                if _is(match, role, text):
                    written = match[0].strip()
                    found[RoleName(written, _goes_on(name, text))] = None
    return tuple(found)[:MOST]


def _is(asked: re.Match[str], role: str, text: str) -> bool:
    """Whether the text's role is the one asked for, of the same place or body."""
    wanted, told = set(stems(asked["role"])), set(stems(role))
    if not all(stem in told or _alike(stem, told) for stem in wanted):
        return False
    body = stems(" ".join(filter(None, (asked["before"], asked["after"]))))
    present = set(stems(text))
    return all(stem in present for stem in body)


def _alike(stem: str, told: set[str]) -> bool:
    return stem in _stems_of(_HEADS) and bool(told & _stems_of(_TOP))


@cache
def _stems_of(words: str) -> frozenset[str]:
    return frozenset(stems(words))


def _goes_on(name: str, text: str) -> str:
    """What the text calls the person later: one word of the name, or the whole again."""
    alone: Counter[str] = Counter()
    words: Sequence[str] = name.split()
    for word in words:
        others = [other for other in words if other != word]
        for match in re.finditer(rf"\b{re.escape(word)}\b", text):
            around = text[max(match.start() - 30, 0) : match.end() + 30]
            if not any(other in around for other in others):
                alone[word] += 1
    return max(words, key=lambda word: alone[word]) if alone else name
