"""Whether a sentence names who or what a question asks the name of.

A near miss tells of "a judge" where the judge is asked for, or names the deputy of the director.
"""

from __future__ import annotations

import re

from assistant.language.answer_types import (
    BEARER,
    DAYS,
    MONTHS,
    SPELLED,
    WORDS_OF_A_NAME,
    asks_yes_or_no,
)
from embeddings.lexical import FUNCTION_WORDS

__all__ = ["names_something", "other_rank", "unnamed", "unnamed_kind"]

_CAPITALISED = re.compile(r"\b[A-Z][\w’'&-]*")
_NO_NAME = frozenset((*MONTHS, *DAYS.split("|"), "i"))


def names_something(sentence: str, question: str) -> bool:
    """Whether a capitalised word stands there that the question does not say."""
    said = {word.lower() for word in re.findall(r"[^\W_]+", question)}
    for match in _CAPITALISED.finditer(sentence):
        words = {word.lower() for word in re.findall(r"[^\W_]+", match[0])} - {"s"}
        opening = match.start() == 0 or sentence[: match.start()].rstrip()[-1:] in '.!?:;"“'
        if words - said - _NO_NAME and not (opening and match[0].lower() in _FUNCTION):
            return True
    return False


_FUNCTION = frozenset(FUNCTION_WORDS)


_ASKS_A_NAME = re.compile(
    r"\b(?:what|which|whose|give|tell)\b[^,?]*\bnames?\s+of\b|^\W*(?:the\s+)?names?\s+of\b"
    rf"|\bwhat (?:is|are|was|were)\b.*\b{BEARER}\b.*\b(?:called|named)\W*$"
    r"|\bwho\s+(?:heads?|leads?|runs?|manages?|chairs?|directs?|founded|edits?|captains?|coaches)\b",
    re.IGNORECASE,
)
"""Only a name answers, or a pronoun for one. What a thing is called may be none: "valve gear"."""


def unnamed(question: str, sentence: str) -> bool:
    """Whether the question wants a name, and the sentence has none but those of the question."""
    if asks_yes_or_no(question) or not _ASKS_A_NAME.search(question):
        return False
    return not (names_something(sentence, question) or _HE_OR_SHE.search(sentence))


_HE_OR_SHE = re.compile(r"\b(?:he|she)\b", re.IGNORECASE)


_NAMED_ONE = (
    r"(?:compan(?:y|ies)|firm|universit(?:y|ies)|institute|foundation|bank|newspaper|magazine|hospital|school|club"
    r"|party|parties|airline|airport|hotel|restaurant|theatre|church|court|museum|charit(?:y|ies)|team|band"
    r"|orchestra|ship|vessel|ministr(?:y|ies)|agenc(?:y|ies)|laborator(?:y|ies)|manufacturer|supplier"
    r"|contractor|brewer(?:y|ies)|auction house|judge|lawyer|doctor|architect|artist|singer|actor"
    r"|actress|author|journalist|professor"
    r"|engineer|researcher|minister|councillor|politician|cit(?:y|ies)|town|village|countr(?:y|ies)|region"
    r"|province|district|port|lake|river|island)(?:s|es)?"
)
"""Kinds of things of which each has a name."""
_ASKS_WHICH_ONE = re.compile(
    rf"\b(?:which|what)\s+(?!(?:kind|sort|type)\b){WORDS_OF_A_NAME}(?P<kind>{_NAMED_ONE})\b",
    re.IGNORECASE,
)
_ONE_OF_ITS_KIND = re.compile(
    rf"\b(?:an?|another|other|some|several|many|\d+|{SPELLED})\s+(?:[\w’'-]+\s+){{0,2}}?(?P<kind>{_NAMED_ONE})\b",
    re.IGNORECASE,
)
_CAPITALISED_NAME = re.compile(r"(?P<place>\b(?:in|at|near|from|on)\s+(?:the\s+)?)?\b[A-Z][\w’'-]*")


def unnamed_kind(question: str, sentence: str) -> bool:
    """Whether the question asks which one of a kind, and the sentence says only that it is one.

    "Which judge stopped it?" is not answered by "a judge stopped it", nor by "a judge in Sundvik".
    """
    asked = _ASKS_WHICH_ONE.search(question)
    if asked is None or asks_yes_or_no(question):
        return False
    kind = _singular(asked["kind"])
    told = [m for m in _ONE_OF_ITS_KIND.finditer(sentence) if _singular(m["kind"]) == kind]
    said = _NO_NAME.union(re.findall(r"[^\W_]+", question.lower()))
    names = [
        match.start()
        for match in _CAPITALISED_NAME.finditer(sentence)
        if match.start() and not match["place"] and match[0].lower() not in said
    ]
    beside = ((m.start() - _BESIDE, m.end() + _BESIDE) for m in told)
    return bool(told) and not any(lo <= at <= hi for lo, hi in beside for at in names)


def _singular(kind: str) -> str:
    """The same for "companies" and "company"."""
    return re.sub(r"ies$", "y", kind.lower()).rstrip("s")


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
