"""What a pronoun of a follow-up stands for: the one last asked about, or told of."""

from __future__ import annotations

import re
from itertools import takewhile

from assistant.language.answer_types import MONTHS
from assistant.language.roles import introductions
from assistant.understanding.digests import request_of
from assistant.understanding.names import (
    ASKING,
    NO_THINGS,
    OFFICE_STEMS,
    PREPOSITIONS,
    SHORT,
    WORD,
    is_name,
    is_role,
    names_in,
    names_told,
    own_words,
    people_in,
    stem_of,
    stems_of,
    subjects_of,
)
from assistant.understanding.past import AUXILIARY, PRONOUNS, WEEKDAYS, Past
from assistant.understanding.word_lists import (
    HER_TITLES,
    HIS_TITLES,
    KINDS,
    MEN,
    OFFICES,
    RELATIVES,
    TITLES,
    TRAITS,
    WOMEN,
)

__all__ = [
    "ASKS",
    "EXISTS",
    "IS",
    "MORE",
    "PERSON",
    "POINTING",
    "PRONOUN",
    "SHE",
    "TELLS_WHO",
    "THING_ASKED",
    "antecedent",
    "is_person",
    "thing_meant",
    "write_out",
]

MOST_OF_PIECE = 4
"""Words of a piece of a question that "it" stands for."""
_HE = frozenset("he him his himself".split())
SHE = frozenset("she her hers herself".split())
PERSON = _HE | SHE
_PLURAL = frozenset("they them their theirs themselves".split())
_POSSESSIVE = frozenset("his her hers its their theirs".split())
PRONOUN = re.compile(rf"\b(?:{PRONOUNS})\b", re.IGNORECASE)
POINTING = re.compile(
    r"\b(?:this|these|those|the\s+(?:same|said|above|latter|former))\b"
    r"|\bthat\s*(?:[?.!,]|$)|\b(?:after|before|of|than)\s+that\b"
    r"|\bthat\s+(?:time|day|week|month|year|season|period|point|case|place|way)\b"
    r"|^(?:\w+\s+)?(?:is|was|do|does|did|has|had|are|were)\s+that\b|\bthere(?=\s*(?:[?.!,]|$))"
    r"|(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )\bthere\s+(?:for|in|at)\b",
    re.IGNORECASE,
)
MORE = re.compile(
    r"\b(?:else|another|again|too|also|instead|as\s+well|afterwards?|the\s+rest|either|neither|both"
    r"|(?:any|what|which|the|some|no)\s+others?|(?:any|what|which|know|me|say)\s+more"
    r"|(?:the|which|any|first|second|third|last|next|other)\s+ones?)\b",
    re.IGNORECASE,
)
"""Words that say that something was spoken of before."""
EXISTS = re.compile(
    r"^(?:(?:is|are|was|were|have|has|had)\s+there|any)\b"
    r"(?!.*\b(?:in|on|of|at|for|between|with|to|against|about|from|by)\s+\w)"
    r"|\b(?:did|does|has|have|was|were|is)\s+(?:any|some|no|every)(?:thing|body|one)\b",
    re.IGNORECASE,
)
"""Whether there was something, without a word of where: "Were there any delays?"."""
ASKS = re.compile(rf"^(?:{'|'.join(ASKING.split())})\b", re.IGNORECASE)
_BEFORE_A_VERB = "did|does|do|can|could|will|would|should|may|might"
TELLS_WHO = re.compile(r"^who\b|\b(?:what|which)\s+(?:man|woman|person)\b", re.IGNORECASE)
_TIME_NAME = rf"(?:{WEEKDAYS}|{'|'.join(month.capitalize() for month in MONTHS)})\b"
_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[\w’'-]+\s+){0,3}?[\w’'-]+\s+(?:of|between|with|in|for|at|on|from)\s+(?:the\s+)?"
    rf"(?!{_TIME_NAME})[A-Z][\w’'&-]*(?:\s+(?:and\s+)?[A-Z][\w’'&-]*)*)"
)
"""A noun phrase that ends in a name: "the agreement between Acme and Oslo"."""
_PLAIN_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[a-z][\w’'-]*\s+){0,3}[a-z][\w’'-]*)(?=\s*(?:[?.,]|$))", re.IGNORECASE
)
_COUNTED_THINGS = re.compile(
    rf"^(?:how\s+many|which|what)\s+((?:[a-z][\w’'-]*\s+){{0,2}}?[a-z][\w’'-]*[^s\W]s)\s+(?:{AUXILIARY})\b",
    re.IGNORECASE,
)
"""Things that a question counts, or asks which they are: "they" are these afterwards."""
THING_ASKED = re.compile(
    rf"^(?:which|what)\s+((?:[a-z][\w’'-]*\s+)??[a-z][\w’'-]*(?:(?<!s)|(?<=ss)))\s+(?:{AUXILIARY})\b",
    re.IGNORECASE,
)
"""A thing of which a question asks which one it is: "it" is this one afterwards."""
_TEXTS = re.compile(r"\b(?:articles|reports|stories|documents|texts|sources)\b", re.IGNORECASE)
_NOW = re.compile(
    r"\s+(?:now|then|today|yet|again|so\s+far|be|been|being|get|got)\b.*$", re.IGNORECASE
)
"""What may come after a noun phrase and is none of it."""
_LAST = frozenset("have cost say contain need take weigh mean last do make get include".split())
"""Verbs that a question with "does" ends with: they belong to no noun in front of them."""
IS = re.compile(r"^(?:what|who)(?:['’]?s|\s+(?:is|are|was|were))\s+", re.IGNORECASE)
_THE_OFFICE = re.compile(
    rf"\bthe\s+((?:[a-z]+\s+)?(?:{'|'.join(sorted(OFFICES))}))(?!\s+(?:of|[A-Z]))\b"
)
_OF_A_THING = re.compile(
    r"(?:the|an?)\s+(?P<own>[\w’'-]+(?:\s+[\w’'-]+){0,3}?)\s+(?:of|at|in|for|from|on|to)\s+(?P<thing>\S.*)",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"\b(?:chang\w+|ris(?:es?|en|ing)|rose|fall\w*|fell|grow\w*|grew|(?:in|de)creas\w+|declin\w+|dropp?\w*"
    r"|shr[aiu]nk\w*|doubl\w+|measured|counted|calculated|paid|high(?:er)?|low(?:er)?|announced)\b",
    re.IGNORECASE,
)
"""What a price or a number does, more than what has it."""


def is_person(name: str, past: Past) -> bool:
    """Whether a whole name is somebody's, by its title, its first word or what was said."""
    if name in past.called:
        return not any(f"the {name}" in text for text in past.said)  # "she" may be a ship
    if people_in(name) != [name]:
        return False
    words = name.lower().split()
    known = (whom for text in past.said for _, whom in introductions(text))
    return words[0].rstrip(".") in TITLES | WOMEN | MEN or name in known


def antecedent(pronoun: str, past: Past) -> str | None:
    """What the pronoun stands for: the one last asked about, or told of."""
    before, answer = past.before, past.answer
    digest = request_of(before)
    if digest and digest.kind != "about" and pronoun not in PERSON | _PLURAL:
        return None  # the article may be meant, or anything in it
    if pronoun in PERSON:
        return _piece(before, pronoun) or _person(pronoun, past)
    if pronoun in _PLURAL and (texts := _TEXTS.search(before)):
        return f"the {texts[0].lower()}"
    told_of = names_told(answer) if len(WORD.findall(answer)) <= SHORT else []
    named = next(
        (name for name in told_of if pronoun in _PLURAL or not is_person(name, past)), None
    )
    if thing := _piece(before, pronoun) or _thing_asked(before, pronoun):
        goes_on = past.meant in before.partition(" (")[0] and pronoun not in _PLURAL
        return named or (past.meant if past.meant and goes_on else thing)
    phrase = _PHRASE.search(before.partition(" (")[0])
    asked_so_far = [before, *reversed(past.questions)]
    for asked in (text.partition(" (")[0] for text in asked_so_far):
        if pronoun in _PLURAL and TELLS_WHO.search(asked):
            return None  # whom the answer names
        if phrase:
            return f"the {phrase[1]}"
        if name := _name_asked(asked, pronoun, past):
            return name
        # What was asked of before, where it leant on what was asked before that.
        if before.startswith(f"{asked} (") and (noun := _plain_thing(asked, pronoun)):
            return (named if IS.match(asked) else None) or noun
    for asked in asked_so_far:  # with what was added to them
        if name := _name_asked(asked, pronoun, past):
            return name
    if noun := _plain_thing(before):
        return noun
    return named


def _person(pronoun: str, past: Past) -> str | None:
    """Who "he" or "she" is: whom the last question asked for, else the last one it named."""
    before = past.before
    asked = [before, *reversed(past.questions)]
    told = TELLS_WHO.search(before) or any(is_role(word) for word in before.split())
    if told and not is_name(IS.sub("", before.rstrip(" ?.!"))):
        introduced = _introduced(before, past.answer)
        office = _THE_OFFICE.search(before)
        if office and not introduced and not TELLS_WHO.search(before):
            return f"the {office[1]}"
        asked = [", ".join([*introduced, *people_in(past.answer)]), *asked]
    surnames = {name.split()[-1]: name for text in reversed(past.said) for name in people_in(text)}
    for text in asked:
        known = [surnames.get(name, name) for name in names_in(text) if " " not in name]
        whole = [name for name in known if " " in name or name.lower() in WOMEN | MEN]
        for name in (*people_in(text), *whole):
            if _is_woman(name, past) in (None, pronoun in SHE):
                return name
    return None  # any other name of one word may be a person's or anything's


def _introduced(question: str, answer: str) -> list[str]:
    """Those whom an answer gives the office that the question names: "Mayor Kari Holm".

    "Head of the old school" is none of the new one: who is asked for is told first.
    """
    asked = stems_of([question]) & OFFICE_STEMS
    people = people_in(answer)
    titled = [
        name for name in people for o in asked if re.search(rf"\b(?i:{o}),?\s+{name}", answer)
    ]
    held = [name for role, name in introductions(answer) if asked & stems_of([role])]
    return titled or ([] if TELLS_WHO.search(question) else held)


def _is_woman(name: str, past: Past) -> bool | None:
    """Whether somebody is a woman, by what they were called or by their name; None: unknown."""
    if name in past.called:
        return past.called[name]
    words = name.lower().replace(".", "").split()
    first, last = words[0], words[-1]
    titles = "|".join(HIS_TITLES | HER_TITLES)
    before = rf"\b({titles})\.?\s+(?:\w+\s+)?{re.escape(last)}\b"
    title = re.search(before, " ".join(past.said), re.IGNORECASE)
    told = {first, title[1].lower()} if title else {first}
    if told & (WOMEN | HER_TITLES):
        return True
    return False if told & (MEN | HIS_TITLES) else None


def _piece(before: str, pronoun: str) -> str | None:
    """What was asked of by itself: "And the treasurer?", "What about bikes?"."""
    own, bracket, _ = before.partition(" (")
    words = own.split()
    if not bracket or len(words) > MOST_OF_PIECE or ASKS.match(own) or not own_words(own):
        return None
    holds_office = stem_of(words[-1].lower()) in OFFICE_STEMS
    points = any(each.search(own) for each in (PRONOUN, POINTING, MORE, EXISTS))
    several = words[-1].endswith("s") and not words[-1].endswith("ss")
    if points or holds_office != (pronoun in PERSON) or several != (pronoun in _PLURAL):
        return None
    return re.sub(r"^The\b", "the", own)


def _plain_thing(question: str, pronoun: str = "") -> str | None:
    """The last thing without a name in a question; with a pronoun one that it may stand for."""
    plain = list(_PLAIN_PHRASE.finditer(question))
    noun = _noun_of(question, plain[-1]) if plain else ""
    if not noun or _TEXTS.search(f"{noun}s"):
        return None
    if pronoun:
        if pronoun not in _PLURAL and stem_of(noun.split()[-1]) in OFFICE_STEMS:
            return None
        several = noun.endswith("s") or noun.split()[-1] in KINDS
        clause = re.search(r"\b(?:when|if|until|after|before)\s+$", question[: plain[-1].start()])
        known = plain[-1][0].lower().startswith("the ") and not clause
        return f"the {noun}" if known and (several or pronoun not in _PLURAL) else None
    return f"the {noun}"


def _thing_asked(question: str, pronoun: str) -> str | None:
    """What a question counts, or asks which it is, without a name."""
    pattern = _COUNTED_THINGS if pronoun in _PLURAL else THING_ASKED
    thing = pattern.match(question)
    if not thing or stem_of(thing[1].split()[-1]) in NO_THINGS:
        return None
    return f"the {thing[1]}"


def _name_asked(question: str, pronoun: str, past: Past) -> str | None:
    """The name that a question is about; of "it" no person's, as far as that can be told."""
    names = [*subjects_of(question), *names_in(question)]
    if pronoun not in _PLURAL:
        called = people_in(question)
        people = [name for name in called if not re.search(rf"\b[Tt]he\s+{name}", question)]
        names = [name for name in names if not is_person(name, past)]
        names.sort(key=lambda name: name in people)
    if not names:
        return None
    kind = re.search(rf"\b[Tt]he\s+{re.escape(names[0])}\s+([a-z]+)", question)
    return f"the {names[0]} {kind[1]}" if kind and kind[1] in KINDS else names[0]


def thing_meant(subject: str, pronoun: str, question: str) -> str:
    """`subject`, or what it is told of: "its" is hardly the price's of a book, but the book's.

    They may be those with an office, and several goals or members. What rises is the price.
    """
    while part := _OF_A_THING.fullmatch(subject):
        head = part["own"].split()[-1].lower()
        if head not in OFFICES | RELATIVES | TRAITS:
            break
        if pronoun in _PLURAL and (head not in TRAITS or head.endswith("s")):
            break
        if head in TRAITS and pronoun not in _POSSESSIVE and _CHANGES.search(question):
            break
        subject = part["thing"]
    return subject


def _noun_of(question: str, phrase: re.Match[str]) -> str:
    """The phrase without what ends it: "did the inquiry make", "is the bridge open"."""
    words = _NOW.sub("", phrase[1]).split()
    front = question[: phrase.start()]
    if len(words) > 1 and words[-1] in _LAST and re.search(rf"\b(?:{_BEFORE_A_VERB})\b", front):
        return " ".join(words[:-1])
    asks = re.search(rf"\b(?:{_BEFORE_A_VERB})\s+$|^(?P<be>is|are|was|were)\s+$", front, re.I)
    if asks and len(words) > 1 and words == phrase[1].split():
        ends = re.compile(rf"(?:an?|the|{PREPOSITIONS})" if asks["be"] else "an?|the", re.I)
        words = list(takewhile(lambda word: not ends.fullmatch(word), words))
        words = words[:-1] or words
    return " ".join(words)


def write_out(question: str, pronoun: re.Match[str], subject: str) -> str:
    """The question with the subject in the pronoun's place, as a genitive where that is one."""
    word = pronoun[0].lower()
    following = question[pronoun.end() :]
    possessive = word in _POSSESSIVE and (word != "her" or bool(re.match(r"\s+\w", following)))
    plural = subject.startswith("the ") and subject.endswith("s")
    put = f"{subject}'{'' if plural else 's'}" if possessive else subject
    return question[: pronoun.start()] + put + following
