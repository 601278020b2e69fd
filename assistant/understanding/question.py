"""What a question asks for, read from its words alone: its parts, its names, its kind of answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.language.answer_types import MONTHS, AnswerType, answer_type, asks_yes_or_no
from assistant.language.orders import stages_in
from assistant.language.roles import names_a_role
from assistant.understanding.sides import without_repetition
from assistant.wording import say
from embeddings.errors import QuestionError
from embeddings.lexical import stems

__all__ = [
    "LONGEST_QUESTION",
    "QuestionForm",
    "analyse",
    "asks_for_each",
    "asks_of_articles",
    "asks_of_each",
    "cleaned",
    "codes_in",
    "compares",
    "joined_names",
    "split_names",
    "split_parts",
    "things_asked_for",
    "unspaced_words",
]

LONGEST_QUESTION = 2_000
"""Characters. MiniLM reads the first thousand or so; what is longer is no question."""

_SPACE = re.compile(r"\s+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Letters of a script that sets no words apart."""
_NAME = re.compile(r"[A-Z][\w’'-]*|\w*[a-z][A-Z]\w*")
_FIRST_PERSON = re.compile(r"I(?:[’'](?:m|ve|d|ll))?")
_NUMBER = re.compile(r"(?:\d[\d,.]*\d|\d)(?!(?:st|nd|rd|th)\b)(?!\d)")
_CODE = re.compile(
    r"\b(?:[A-Z][A-Za-z]*-(?!(?:19|20)\d\d\b)|[A-Za-z]+)\d+(?:[.-]\d+)*(?!(?:st|nd|rd|th)\b)"
)
"""A name with a number in it: a model, a form, a version."""
_WANTED = re.compile(
    r"(?:^\W*(?:the\s+)?|\b(?:which|name|list|give(?:\s+me)?|(?:what|which|who)\s+(?:are|were)(?:\s+the)?|[:,])\s+(?:the\s+)?"
    r"(?:top\s+|main\s+|first\s+)?)\b\d{1,2}(?=\s+(?:\w+\s+)?[a-z]+s\b)",
    re.IGNORECASE,
)
"""How many answers are asked for: "which 2 areas", "name 3 companies", "the 3 points that …"."""
_GENERAL = frozenset(
    "kind kinds sort sorts type types name names number numbers amount part parts way ways place "
    "city year day days date month time times person people thing things per".split()
)
"""Words that say what form an answer has, and so need not stand beside it."""
_VERB = r"(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should)"
_FOCUS = (
    re.compile(
        rf"\bhow\s+(?:many|much)\s+((?:\w+\s+){{0,2}}?\w+)(?=\s+(?:{_VERB}|of|in)\b|\?|$)", re.I
    ),
    re.compile(
        rf"\b(?:what|which)(?:\s+|['’]s\s+)(?:{_VERB}\s+)?(?:the\s+|its\s+|their\s+)?"
        r"((?:\w+\s+){0,3}?\w+)\s+(?:of|for|in|at|on)\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:what|which)\s+((?:\w+\s+){{0,2}}?\w+)\s+{_VERB}\b", re.IGNORECASE),
)
_ASKING_WORD = r"(?:who|whom|whose|when|where|what|which|why|how)"
_QUESTION_WORD = rf"(?:{_ASKING_WORD}|did|does|do|is|are|was|were|can|could|will|has|have)"
_ITS_SUBJECT = (
    r"(?:(?:the|it|he|she|they|we|you|i|there|this|that|these|those|its|his|her|their|my|your|our"
    r"|any|some|all|every|each|both|no)\b|(?-i:[A-Z\d]))"
)
_THINGS = r"(?!(?:always|across|as|perhaps)\b)\w*[^\Ws]s\b"
_ASKS_ITSELF = (
    rf"(?:{_ASKING_WORD}\b|(?:did|does|do)\b(?!\s+not\b)|(?:has|have)\s+{_ITS_SUBJECT}"
    rf"|(?:is|was)\s+(?:an?\b|{_ITS_SUBJECT})"
    rf"|(?:are|were|have|can|could|will)\s+(?:an?\b|{_ITS_SUBJECT}|{_THINGS}))"
)
"""What begins a question after "and": a verb only with a subject behind it, since "Who was born in
Oslo and is buried there?" is one question."""
_JOINED_BY = (
    r"(?:(?:since|by|in|for|with|on|at|from|to|under|of|during|until|after)\s++"
    rf"(?={_ASKING_WORD}\b))?+"
)
_JOINT = re.compile(
    rf"(?<!\s)\s*+(?:[?;]\s*+(?:and\s++|also,?\s++)?+(?={_JOINED_BY}{_QUESTION_WORD}\b)"
    rf"|(?:,\s++|(?<=\s))(?:and|&)\s++(?:also\s++|if\s++so,?\s++)?+(?={_JOINED_BY}{_ASKS_ITSELF}))",
    re.IGNORECASE,
)
_ASKS_BARELY = re.compile(
    r"(?:and\s+)?(?:when|where|why|how|(?:by|with|to|from|for)\s+whom|(?:since|by|until)\s+when"
    r"|for\s+how\s+(?:much|long))",
    re.IGNORECASE,
)
"""Asks of what was asked before: "Who signed it, and where?"."""
_ASKS_TWICE = re.compile(
    r"^(?P<first>when|where|why|how|by\s+whom|with\s+whom),?\s+and\s+"
    rf"(?P<second>when|where|why|how|by\s+whom|with\s+whom)\s+(?P<rest>{_VERB}\b.*)$",
    re.IGNORECASE,
)
"""Two asking words in front of one question: "When and where was it signed?"."""
_THINKS = re.compile(
    rf"(?:what|how)\s+{_VERB}\s+[^?]+\s(?P<verb>think|say|feel|believe|want|suggest|propose)\s*\??$",
    re.IGNORECASE,
)
"""Asks of somebody, but does not say of what: "…, and what does Holm think?"."""
_OF_WHAT_IT_IS = r"(?P<what>(?:about|of|on|for)\s+\S.*)"
_IN_A_ROW = re.compile(rf",\s++(?={_JOINED_BY}{_ASKING_WORD}\b)", re.IGNORECASE)
_BEGINS_A_ROW = re.compile(
    rf"{_JOINED_BY}(?:(?:when|where|why)\s+{_VERB}|(?!when\b|where\b|why\b){_QUESTION_WORD})\b",
    re.IGNORECASE,
)
"""A question, and not only the time of one: "When it opened, who came and who paid?"."""
_ASKS_ANEW = re.compile(
    rf"{_JOINED_BY}(?:(?:what|how)\b|(?:when|where|why|whom)\s+{_VERB}\b"
    rf"|which\s+(?!{_VERB}\b|{_ITS_SUBJECT})\w+\s+(?:\w+\s+)?{_VERB}\b)",
    re.IGNORECASE,
)
"""What follows a comma and is no relative clause, as "who built the quay" may be."""
_MAY_BE_TOLD_OF = re.compile(
    r"\b(?:[A-Z][\w’'-]*+|(?:the|an?|this|that|his|her|its|their)\s+[a-z][\w’'-]*+)$"
)
"""A name or a thing: who, or which, goes on telling of it behind a comma."""
_TOPIC = re.compile(rf"^([^:?]{{3,120}}:\s+)(?={_QUESTION_WORD}\b)", re.IGNORECASE)
_LEADS = re.compile(
    r"^(?:and|but|so|also|ok(?:ay)?|well|hi|hello|hey|thanks|please|now)[,!.\s]+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """What can be told of a question before anything is retrieved."""

    text: str
    expected: AnswerType
    names: tuple[str, ...]
    """Capitalised words, lower case: what the question is about by name."""
    numbers: tuple[str, ...]
    """Numbers the question states, as written; none of a question for yes or no, where "more than
    150?" is answered by 200. A number that is part of a name is none."""
    codes: tuple[str, ...] = ()
    """Names with a number in them, as written: "FM-300", "E05"; none of a yes-or-no question."""
    focus: tuple[str, ...] = ()
    """Words for the thing asked for: "share price" in "What is the share price of …?"."""
    compares: bool = False
    """Whether one thing is asked for at several times, or as several tell it."""

    def lacks(self, stated: Sequence[bool]) -> bool:
        """Whether a text lacks what it has to state: any of it, or all where much is compared."""
        return bool(stated) and not (any(stated) if self.compares else all(stated))


def unspaced_words(text: str) -> int:
    """About how many words the Chinese or Japanese in a text has: most have two letters."""
    return len(_UNSPACED.findall(text)) // 2


def cleaned(question: str) -> str:
    """The question in one line: control characters and repeated white space are dropped.

    Raises `QuestionError` when no word is left, or far too many characters were given.
    """
    if not isinstance(question, str):
        raise QuestionError(f"a question is text, not {type(question).__name__}")
    if len(question) > LONGEST_QUESTION:
        raise QuestionError(
            say(
                "the question has {characters} characters; ask in at most {most}",
                characters=f"{len(question):,}",
                most=f"{LONGEST_QUESTION:,}",
            )
        )
    kept = "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co") else " "
        for character in question
    )
    text = _SPACE.sub(" ", kept).strip()
    if not text:
        raise QuestionError(say("the question is empty; ask something the articles may answer"))
    if not any(character.isalnum() for character in text):
        raise QuestionError(say("the question has no words; ask something the articles may answer"))
    return text


def analyse(question: str) -> QuestionForm:
    """What `question` asks for and names."""
    names = []
    shouted = question.isupper()
    for index, match in enumerate(re.finditer(r"[\w’'-]+", question)):
        word = match[0]
        if shouted or not _NAME.fullmatch(word) or _FIRST_PERSON.fullmatch(word):
            continue
        if index > 0 or not _common_start(word):
            names.append(re.sub(r"[’']s$", "", word).lower())
    numbered = "" if asks_yes_or_no(question) else _less_counts(question)
    return QuestionForm(
        question,
        answer_type(question),
        tuple(dict.fromkeys(names)),
        tuple(dict.fromkeys(_NUMBER.findall(_CODE.sub(" ", numbered)))),
        tuple(dict.fromkeys(_CODE.findall(numbered))),
        _focus(question),
        compares(question),
    )


def _less_counts(question: str) -> str:
    """Without numbers that a text may write otherwise: how many are asked for, and "phase 3"."""
    for written, _ in stages_in(question):
        question = question.replace(written, " ")
    return _WANTED.sub(" ", question)


def codes_in(text: str) -> frozenset[str]:
    """Names with a number in them that a text holds, in one spelling: "FM-300" is "fm300"."""
    return frozenset(code.replace("-", "").lower() for code in _CODE.findall(text))


def _focus(question: str) -> tuple[str, ...]:
    for pattern in _FOCUS:
        match = pattern.search(question)
        if match:
            words = match[1].lower().split()
            counted = pattern is _FOCUS[0]  # "how many people": what is counted is never general
            return tuple(word for word in words if counted or word not in _GENERAL)
    return ()


_ARTICLES = re.compile(
    r"\barticles\b(?!\s+of\s+(?:association|incorporation|clothing|faith))"
    r"|\b(?:the|these|those|all|your|both)\s+(?:(?:two|three|four|five|other|news)\s+)?"
    r"(?:reports|stories|documents|texts|sources|items|releases)\b(?!\s+(?:that|which|he|she|they|it)\b)",
    re.IGNORECASE,
)
"""Not what somebody else wrote or read: "What documents did she sign?"."""


def asks_of_articles(question: str) -> bool:
    """Whether what several articles say is asked for: "Which mayors are named in the articles?"."""
    return _ARTICLES.search(question) is not None


_EACH = re.compile(
    r"\b(?:both|each|respectively|either\s+of|the\s+(?:two|three)|which\s+two|two\s+\w+s)\b|^\W*two\b"
    r"|\band\s+(?:in|at|on|by|for|from|to|of|after|before|during|under|until|then|later|once|when|now)\b"
    r"|['’]s?\s.*\band\b.*['’]s?(?!\w)"
    r"|\b(?:differ(?:s|ed|ent|ence|ences|ently)?|compared?|comparison|contrast|unlike|whereas)\b"
    r"|\bthan\b(?!\s*(?:[\d$£€]|an?\b|one\b|half\b))|,\s.*\bor\b",
    re.IGNORECASE,
)
"""Two things side by side: in May and in June, the plan of Holm and that of Lund, older than it."""


_WHICH_THINGS = re.compile(
    r"^\W*(?:which|what)\s+(?:[\w’'-]+\s+){0,2}?(?P<things>\w+[^\Ws]s)\b", re.IGNORECASE
)


def things_asked_for(question: str) -> str | None:
    """What several things are asked for: the schools of "Which schools get meals?"."""
    match = _WHICH_THINGS.match(question)
    return match["things"] if match else None


_FOR_EACH = re.compile(
    r"^\W*(?:please\s+)?(?:list|name|show|give)\b|\b(?:each|every|all)\b", re.IGNORECASE
)


def asks_for_each(question: str) -> bool:
    """Whether all of several are asked for: "List the rooms", "How many does each get?"."""
    return _FOR_EACH.search(question) is not None


def asks_of_each(question: str) -> bool:
    """Whether one thing is asked of each of several: "What post does each one have?"."""
    return _EACH.search(question) is not None or bool(split_names(question))


_BEFORE = (
    r"(?:(?:at\s+)?first|original(?:ly)?|initial(?:ly)?|at\s+the\s+(?:beginning|start|outset)|supposed|planned"
    r"|meant|hoped|plan|contract|estimated|forecast|promised|intended|proposed|budgeted|scheduled|previously)"
)
_AFTER = (
    r"(?:later|final(?:ly)?|eventual(?:ly)?|(?:in|at)\s+the\s+end|ended\s+up|really|actually|now"
    r"|(?:was|were|been)\s+(?:it\s+)?corrected|as\s+built|(?:years?|months?)\s+later|opening|in\s+(?:fact|reality)|turn(?:ed)?\s+out|afterwards|today"
    r"|came\s+to)"
)
_CHANGED = r"(?:chang|develop|grow|evolv|mov|ris|fall|shift)(?:e[dn]?|ed|n|en)?"
_COMPARES = re.compile(
    rf"\b{_BEFORE}\b.*\b{_AFTER}\b|^\W*(?:compare|track)\b|\bversus\b|\bvs\b"
    rf"|\b{_BEFORE}\b.*\band\s+(?:what|how|when)\b.*\b(?:after|decided)\b|\b(?:not\s+|dis)agree\b"
    rf"|\bhow\s+(?:has|have|was|were)\b.*\b{_CHANGED}\b|\bhow\s+did\b.*\b(?:change|develop|evolve|grow)\b"
    r"|\b(?:two|both|different|conflicting)\s+(?:\w+\s+)?(?:figures?|numbers|accounts|versions|totals)\b"
    r"|\breported\s+differently\b|\bdifferent\s+things\b|\b(?:going\s+by|according\s+to)\s+the\s+reports\b",
    re.IGNORECASE,
)
_MEANT = re.compile(rf"\b{_BEFORE}\b", re.IGNORECASE)
_AND_WAS_IT = re.compile(
    rf",?\s+and\s+(?:when|where|how(?:\s+\w+)?|what)\s+{_VERB}\s+(?:he|she|it|they)\W*$",
    re.IGNORECASE,
)
"""Leaves out all but what came of it: "When was it supposed to open, and when did it?"."""
_HOW_MANY = re.compile(r"\bhow\s+(?:many|much|long|old|far|high|often)\b", re.IGNORECASE)
_OTHERS = re.compile(r"\bhow\s+many\s+(?!was\b|is\b|has\b|does\b)\w{3,}s\b", re.IGNORECASE)
"""It says itself what it counts."""
_YEAR = re.compile(r"(?<!between )(?<!from )\b(?:19|20)\d\d\b(?!\s*(?:to|-|–|until)\s*\d)")
_MONTH = rf"(?:{'|'.join(MONTHS)})"
_DAY = re.compile(
    r"(?<!between )(?<!from )\b(?:\d{4}-\d\d-\d\d"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?!\d)|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH})\b"
    r"(?!\s*(?:to|-|–|until)\s*\d)",
    re.IGNORECASE,
)
_FEW = 2
"""Content words of a part that leaves out what it is about, at most …"""
_TIMES = "year month week day later early one two three four five"
"""… besides these."""


def compares(question: str) -> bool:
    """Whether one thing is asked for at several times, or as several tell it.

    "How did the price change?", "How many were planned, and how many came?", "… in 2019 and 2023",
    "… on May 3 and on May 9".
    One sentence seldom states both. A question of several parts is such a one only where the
    later parts leave out what they are about; else each is better asked alone.
    """
    first, *later = split_parts(question)
    if later and not any(map(_leaves_out, later)):
        return False
    if later and _one_amount((first, *later)):
        return True
    if _HOW_MANY.search(question) and without_repetition(question) != question:
        return True
    if _COMPARES.search(question) or (_MEANT.search(question) and _AND_WAS_IT.search(question)):
        return True
    times = (_YEAR.findall(question), map(str.lower, _DAY.findall(question)))
    return any(len(set(named)) > 1 for named in times) and not asks_yes_or_no(question)


def _one_amount(parts: Sequence[str]) -> bool:
    """Whether each part asks for an amount in the same words: "how many …", "how many …"."""
    asked = [match and match[0].lower() for match in map(_HOW_MANY.search, parts)]
    return all(asked) and len(set(asked)) == 1


def _leaves_out(part: str) -> bool:
    """Whether a part is too short to say what it is about: "how many came in 2024?"."""
    words = _HOW_MANY.sub(" ", part.rpartition(": ")[2])
    if _OTHERS.search(part):
        return False
    own = {stem for word in re.findall(r"[A-Za-z]{2,}", words) for stem in stems(word)}
    return len(own - frozenset(stems(_TIMES))) <= _FEW


def _common_start(word: str) -> bool:
    """A first word in ordinary sentence case says nothing about whether it is a name."""
    return word[1:].islower() or len(word) == 1


def split_parts(question: str) -> tuple[str, ...]:
    """The questions inside a question: "Who … and when …?" asks two things."""
    topic, question_itself = _topic_and_question(question)
    if twice := _ASKS_TWICE.match(question_itself):
        asked = (f"{twice[word]} {twice['rest']}" for word in ("first", "second"))
        return tuple(topic + one[0].upper() + one[1:] for one in asked)
    first, *later = _whole([piece.strip(" ,;") for piece in _pieces(question_itself)])
    bare = [piece for piece in later if _ASKS_BARELY.fullmatch(piece.rstrip(" ?"))]
    pieces = [first, *later]
    pieces = [_LEADS.sub("", p) for p in pieces if p in bare or len(p.split()) > 1]
    pieces = [*pieces[:1], *(_of_the_same(pieces[0], piece) for piece in pieces[1:])]
    if len(pieces) < 2 or any(len(p.split()) < 3 for p in pieces if p not in bare):
        return (question,)
    return tuple(f"{topic}{piece.rstrip(' ?.')}?" for piece in pieces)


def _of_the_same(first: str, piece: str) -> str:
    """A later question, with what it leaves out: what somebody else thinks of the same."""
    thinks = _THINKS.match(piece)
    said = thinks and re.search(rf"\b{thinks['verb']}\s+{_OF_WHAT_IT_IS}", first, re.IGNORECASE)
    return f"{piece.rstrip(' ?')} {said['what'].rstrip(' ?,')}" if said else piece


def _whole(pieces: Sequence[str]) -> list[str]:
    """The pieces, those put together that ask of another side: "… in May and how many in June"."""
    whole = [*pieces[:1]]
    for piece in pieces[1:]:
        joined = f"{whole[-1]} and {piece}"
        if without_repetition(joined) != without_repetition(whole[-1]) + f" and {piece}":
            whole[-1] = joined
        else:
            whole.append(piece)
    return whole


def _pieces(question: str) -> list[str]:
    """What stands between the joints, and between the commas of a row that an "and" ends."""
    pieces: list[str] = []
    start = 0
    for joint in _JOINT.finditer(question):
        asked, start = question[start : joint.start()], joint.end()
        if joint[0].lstrip(" ,").lower().startswith(("and", "&")):
            pieces += _in_a_row(asked, closed="," in joint[0])
        else:
            pieces.append(asked)
    return [*pieces, question[start:]]


def _in_a_row(asked: str, *, closed: bool) -> list[str]:
    """The questions in front of an "and": "When does it open, who built it and what is paid?".

    `closed`: there is a comma before the "and" too, as there is behind a relative clause.
    """
    if not _BEGINS_A_ROW.match(_LEADS.sub("", asked)):
        return [asked]
    commas = list(_IN_A_ROW.finditer(asked))
    pieces = []
    start = 0
    for number, comma in enumerate(commas, start=1):
        last = number == len(commas)
        before = asked[start : comma.start()]
        piece = asked[comma.end() : None if last else commas[number].start()]
        relative = "," in piece or ((closed or not last) and bool(_MAY_BE_TOLD_OF.search(before)))
        if len(before.split()) > 2 and _asks_by_itself(piece, relative=relative):
            pieces.append(before)
            start = comma.end()
    return [*pieces, asked[start:]]


def _asks_by_itself(piece: str, *, relative: bool) -> bool:
    """Whether a piece behind a comma is a question; as a relative clause it may not be one."""
    if _ASKS_BARELY.fullmatch(piece):
        return True
    return len(piece.split()) > 2 and (not relative or _ASKS_ANEW.match(piece) is not None)


def _topic_and_question(question: str) -> tuple[str, str]:
    """What stands before a colon, which all parts share, and the rest."""
    match = _TOPIC.match(question)
    return (match[1], question[match.end(1) :]) if match else ("", question)


_LINK = r"(?:in|to|of|by|from|for|at|with|on|about)"
_CALLED = r"[A-Z][\w’'-]*+(?:\s+[A-Z][\w’'-]*+)*+"
_OF_WHAT = r"the\s+(?:(?!(?:and|between|or)\b)[a-z][\w’'-]*\s+){1,4}?"
_SIDE = (
    rf"(?<![\w’'-])(?>(?:{_LINK}\s+)?(?:{_OF_WHAT}(?:{_LINK}\s+)?)?(?:the\s+)?{_CALLED})"
    r"(?!\s+\d)"
)
_JOINED_NAMES = re.compile(
    rf"(?P<first>{_SIDE})(?P<middle>(?:,\s+{_SIDE})*+),?\s+(?P<by>and|or)\s+(?P<last>{_SIDE})"
)
_NAMED = re.compile(
    rf"(?P<before>{_LINK}\s+)?(?:(?P<noun>{_OF_WHAT})(?P<link>{_LINK}\s+)?)?(?P<the>the\s+)?"
    rf"(?P<name>{_CALLED})"
)
"""A name with what stands in front of it: "of the mayor of Oslo", "to the Vale"."""
_SEVERAL = re.compile(r"\w*[^\W_siu]s\b")
_IS_ONE = re.compile(r"(?:\b(?:is|was|does|has)|['’]s)\s+$", re.IGNORECASE)
_ARE_TWO = re.compile(r"\b(?:are|were|do|have)\s+$", re.IGNORECASE)
"""What a verb says of how many stand behind it: "Who is …", "What do …"."""
_IN_A_NAME = re.compile(r"\s[A-Z][\w’'-]*\s+$")


@dataclass(frozen=True, slots=True)
class _Joined:
    """Names that a question puts side by side, and what it says around them."""

    front: str
    sides: tuple[re.Match[str], ...]
    behind: str
    alternatives: bool

    @property
    def are_two(self) -> bool:
        """Whether the verb says that the names are several things: "What do A and B want?"."""
        return bool(_ARE_TWO.search(self.front) and re.search(r"\w", self.behind))


def _all_joined(question: str) -> Iterator[_Joined]:
    for match in _JOINED_NAMES.finditer(question):
        between = re.findall(rf",\s+({_SIDE})", match["middle"])
        sides = (_NAMED.fullmatch(side) for side in (match["first"], *between, match["last"]))
        joined = _Joined(
            question[: match.start()],
            tuple(side for side in sides if side),
            question[match.end() :],
            match["by"] == "or",
        )
        if not _is_one_name(joined):
            yield joined


def _is_one_name(joined: _Joined) -> bool:
    """Whether the "and" stands inside a name: "the Ministry of Food and Trade"."""
    first, *others = joined.sides
    if len(others) > 1 or joined.alternatives:
        return False
    if first["before"] == "of " and not first["noun"] and _IN_A_NAME.search(joined.front):
        return True
    alone = not any(others[0][word] for word in ("before", "noun", "the"))
    named = first["the"] and not any(map(str.isdigit, first["name"]))
    several = joined.are_two or _SEVERAL.search(first["noun"] or "")
    return bool(named and alone and " " in others[0]["name"] and not several)


_FEW_CALLED = r"(?<![\w’'-])[A-Z][\w’'-]*+(?:\s+[A-Z][\w’'-]*+){0,4}+"
_OF_A_KIND = re.compile(
    rf"(?P<one>{_FEW_CALLED})\s+(?P<noun>[a-z]+),?\s+(?:and|or)\s+(?:{_LINK}\s+)?(?:the\s+)?"
    rf"(?P<other>{_FEW_CALLED})\s+(?P=noun)\b"
)
"""Names of things of one kind, which is said of each: "of the Team plan and of the Basic plan"."""


_A_THING = r"(?:the\s+|an?\s+)?(?:(?!(?:and|or)\b)[a-z][a-z’'-]*\s+){0,2}?[a-z][a-z’'-]*"
_TWICE_LED = re.compile(
    rf"\b(?P<by>about|of|for|with|on|to)\s+(?P<one>{_A_THING})\s+and\s+(?P=by)\s+(?P<other>{_A_THING})\W*$"
)
"""Two things, each led by the same word: "about eels and about the salt course"."""


def split_names(question: str) -> tuple[str, ...]:
    """The question asked of each of some joined names alone; nothing when there are none.

    "When were Oslo and Bergen founded?" asks of Oslo and asks of Bergen. What is between two
    names is asked of both at once.
    """
    joined = next((one for one in _all_joined(question) if not _between(one.front)), None)
    if joined is None or not joined.front or joined.alternatives:
        return ()
    first, *others = joined.sides
    link = first["link"] or first["before"]
    if any(name["before"] not in (None, link) for name in others if not name["noun"]):
        return ()  # "from Oslo to Moss and from Lund to Bergen"
    return tuple(
        re.sub(r"\b(?:each|both|respectively)\s+", "", joined.front + name + joined.behind)
        for name in (first[0], *(_led(name, joined) for name in others))
    )


def _between(front: str) -> bool:
    """Whether the next "and" belongs to a "between"."""
    _, between, since = front.lower().rpartition("between ")
    return bool(between) and " and " not in since


def _led(name: re.Match[str], joined: _Joined) -> str:
    """A later one of joined names, with what it has in common with the first in front of it."""
    first = joined.sides[0]
    before, noun = first["before"] or "", first["noun"] or ""
    if name["noun"]:
        return name[0] if name["before"] else before + name[0]
    if name["before"]:
        return before + noun + name[0] if first["link"] else name[0]
    shared = noun + (first["link"] or "") if _is_shared(noun, name, joined) else ""
    return before + shared + name[0]


def _is_shared(noun: str, name: re.Match[str], joined: _Joined) -> bool:
    """Whether what the first name is led by belongs to a later one: "the mayor of Oslo and Moss".

    Not in "What do the mayor of Oslo and Acme want?", nor does the ferry of "the ferry Svale".
    """
    if _SEVERAL.search(noun) or not joined.sides[0]["link"]:
        return bool(_SEVERAL.search(noun))
    if joined.are_two and names_a_role(noun):
        return False
    return bool(_IS_ONE.search(joined.front)) or not name["the"]


def joined_names(question: str) -> tuple[str, ...]:
    """What a question puts side by side: Oslo and Bergen, or "about eels and about salt"."""
    if of_a_kind := _OF_A_KIND.search(question):
        return of_a_kind["one"], of_a_kind["other"]
    if twice := _TWICE_LED.search(question):
        return twice["one"], twice["other"]
    joined = next(_all_joined(question), None)
    return tuple(side["name"] for side in joined.sides) if joined else ()
