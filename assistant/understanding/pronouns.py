"""What a pronoun of a follow-up stands for: the one last asked about, or told of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
    is_plural,
    is_role,
    names_in,
    names_told,
    own_words,
    people_in,
    stem_of,
    stems_of,
    subjects_of,
)
from assistant.understanding.past import PRONOUNS, Past
from assistant.understanding.things import (
    IS,
    TEXTS,
    asks_how_many,
    doer,
    named_thing,
    plain_thing,
    several_in,
    thing_done_to,
    things_asked,
    told_of,
    with_its_kind,
)
from assistant.understanding.word_lists import (
    HER_TITLES,
    HIS_TITLES,
    MEN,
    OFFICES,
    RELATIVES,
    TITLES,
    TRAITS,
    WOMEN,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ASKS",
    "EXISTS",
    "MORE",
    "PERSON",
    "POINTING",
    "PRONOUN",
    "SHE",
    "TELLS_WHO",
    "antecedent",
    "is_person",
    "number_of",
    "subjects_within",
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
TELLS_WHO = re.compile(r"^who\b|\b(?:what|which)\s+(?:man|woman|person)\b", re.IGNORECASE)
_THE_OFFICE = re.compile(
    rf"\bthe\s+((?:[a-z]+\s+)?(?:{'|'.join(sorted(OFFICES))}))(?!\s+(?:of|[A-Z]))\b"
)
_OF_A_THING = re.compile(
    r"(?:the|an?)\s+(?P<own>[\w’'-]+(?:\s+[\w’'-]+){0,3}?)\s+(?:of|at|in|for|from|on|to)\s+(?P<thing>\S.*)",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"\b(?:chang\w+|ris(?:es?|en|ing)|rose|fall\w*|fell|grow\w*|grew|(?:in|de)creas\w+|declin\w+|dropp?\w*"
    r"|compare[sd]?|shr[aiu]nk\w*|doubl\w+|measured|counted|calculated|paid|high(?:er)?|low(?:er)?|announced)\b",
    re.IGNORECASE,
)
"""What a price or a number does, more than what has it."""
_ASKED_AGAIN = re.compile(
    r"\b(?:what|how\s+(?:high|low|large|big|much|many))\s+(?:is|are|was|were|will|has|had)\s+(?:it|they)"
    r"(?:\s+be|\s+been)?\s+(?:in|on|at|a|the|before|after|last|this|next|now|then|today|by|for|\d)",
    re.IGNORECASE,
)
"""Asks for the same of another time: "What was it the year before?"."""
_WHO_HELD_IT = re.compile(r"\bwho\s+(?:is|was|were|will|has|had)\s+it\b", re.IGNORECASE)
_COUNTED_NAME = re.compile(r"(?i:how\s+(?:many|much))\s+([A-Z]\w*)")
_OWNED_BY_HER = re.compile(rf"\s+(?!(?:an?|the|and|or|any|some|all|when|if|to|{PREPOSITIONS})\b)\w")


def is_person(name: str, past: Past) -> bool:
    """Whether a whole name is somebody's, by its title, its first word or what was said."""
    if name in past.called:
        return not any(f"the {name}" in text for text in past.said)  # "she" may be a ship
    if people_in(name) != [name]:
        return False
    words = name.lower().split()
    known = (whom for text in past.said for _, whom in introductions(text))
    return words[0].rstrip(".") in TITLES | WOMEN | MEN or name in known


def number_of(pronoun: str) -> str:
    """Which of the pronouns stand for the same: somebody, several, or a thing."""
    word = pronoun.lower()
    return "person" if word in PERSON else "several" if word in _PLURAL else "thing"


def subjects_within(question: str, pronoun: re.Match[str]) -> list[str]:
    """What the pronoun may stand for in its own question: "Does a bank insure its staff?"."""
    front = question[: pronoun.start()]
    number = number_of(pronoun[0])
    other = None if number == "person" else doer(front, several=number == "several")
    return [*subjects_of(front), *([other] if other else [])]


def antecedent(pronoun: str, past: Past, *, as_object: bool = False) -> str | None:
    """What the pronoun stands for: the one last asked about, or told of.

    `as_object`: something is done to it: "Who voted against it?".
    """
    before, several = past.before, number_of(pronoun) == "several"
    digest = request_of(before)
    if digest and digest.kind != "about" and number_of(pronoun) == "thing":
        return None  # the article may be meant, or anything in it
    if pronoun in PERSON:
        return _piece(before, pronoun) or _person(pronoun, past)
    if several and (texts := TEXTS.search(before)):
        return f"the {texts[0].lower()}"
    if what := _told_of(before, past, several=several):
        return what
    named = _named_in_short(past.answer, past, several=several)
    if thing := _piece(before, pronoun) or _thing_asked(before, several=several):
        if several:
            return thing if asks_how_many(before) else named or thing
        goes_on = past.meant in before.partition(" (")[0]
        return named or (past.meant if past.meant and goes_on else thing)
    if several and TELLS_WHO.search(before):
        return None  # whom the answer names
    if thing := named_thing(before.partition(" (")[0], several=several):
        return thing
    if TELLS_WHO.match(before) and named and not (subjects_of(before) or plain_thing(before)):
        return named  # where they were asked for is not who they are
    asked_so_far = [before, *reversed(past.questions)]
    for asked in (text.partition(" (")[0] for text in asked_so_far):
        if several and (TELLS_WHO.search(asked) or (thing := several_in(asked))):
            return thing
        if as_object and (thing := thing_done_to(asked)):
            return thing
        if name := _name_asked(asked, past, several=several):
            return name
        # What was asked of before, where it leant on what was asked before that.
        if before.startswith(f"{asked} (") and (thing := plain_thing(asked, several=several)):
            return (named if IS.match(asked) else None) or thing
    for asked in asked_so_far:  # with what was added to them
        if name := _name_asked(asked, past, several=several):
            return name
    if several:
        return named or plain_thing(before)
    return plain_thing(before) or (None if as_object else named)


def _named_in_short(answer: str, past: Past, *, several: bool) -> str | None:
    """Whom or what a short answer names that the question did not: "Acme and Borg bid for it"."""
    if len(WORD.findall(answer)) > SHORT:
        return None
    new = [name for name in names_told(answer) if name not in past.before]
    if several:
        return " and ".join(filter(None, (", ".join(new[:-1]), *new[-1:]))) or None
    return next((with_its_kind(name, answer) for name in new if not is_person(name, past)), None)


def _told_of(question: str, past: Past, *, several: bool) -> str | None:
    """What somebody was asked to say something about, if the pronoun may stand for it."""
    what = told_of(question.partition(" (")[0])
    if not what or PRONOUN.search(what) or POINTING.search(what):
        return None
    if is_name(what):
        return None if not several and is_person(what, past) else what
    return what if is_plural(what) == several else None


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


def _thing_asked(question: str, *, several: bool) -> str | None:
    """What a question counts, or asks which it is, without a name; if the pronoun may mean it."""
    noun = things_asked(question)
    if not noun or is_plural(noun) != several:
        return None
    return None if stem_of(noun.split()[-1]) in NO_THINGS - {"people"} else f"the {noun}"


def _name_asked(question: str, past: Past, *, several: bool) -> str | None:
    """The name that a question is about.

    Of "it" no person's, as far as that can be told, nor one of "Arle and Brandt", who are "they".
    """
    counted = _COUNTED_NAME.match(question)  # a unit: "How many GWh will the plant make?"
    names = [*subjects_of(question), *names_in(question)]
    names = [name for name in names if not counted or name != counted[1]]
    together = _joined(names, question)
    if not several:
        called = people_in(question)
        people = [name for name in called if not re.search(rf"\b[Tt]he\s+{name}", question)]
        names = [n for n in names if not is_person(n, past) and n not in together]
        names.sort(key=lambda name: name in people)
    elif together:
        return together
    return with_its_kind(names[0], question) if names else None


def _joined(names: Sequence[str], question: str) -> str:
    """Those of the names that are named together, as the question has them: "Arle and Brandt"."""
    if not names:
        return ""
    name = rf"(?:the\s+)?(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})"
    together = rf"\b{name}(?:,\s+{name})*,?\s+(?:and|or|&)\s+{name}\b"
    found = re.search(together, question)
    return found[0] if found else ""


def thing_meant(subject: str, pronoun: str, question: str) -> str:
    """`subject`, or what it is told of: "its" is hardly the price's of a book, but the book's.

    They may be those with an office, and several goals or members. What rises is the price.
    """
    while part := _OF_A_THING.fullmatch(subject):
        head = part["own"].split()[-1].lower()
        if head in OFFICES and _WHO_HELD_IT.search(question):
            break
        if is_plural(head) and pronoun not in _PLURAL:
            subject = part["thing"]
            continue
        if head not in OFFICES | RELATIVES | TRAITS:
            break
        if is_plural(part["thing"]) and pronoun not in _PLURAL:
            break
        if pronoun in _PLURAL and (head not in TRAITS or head.endswith("s")):
            break
        spoken_of = _CHANGES.search(question) or _ASKED_AGAIN.search(question)
        if head in TRAITS and pronoun not in _POSSESSIVE and spoken_of:
            break
        subject = part["thing"]
    return subject


def write_out(question: str, pronoun: re.Match[str], subject: str) -> str:
    """The question with the subject in the pronoun's place, as a genitive where that is one."""
    word = pronoun[0].lower()
    following = question[pronoun.end() :]
    possessive = word in _POSSESSIVE and (word != "her" or bool(_OWNED_BY_HER.match(following)))
    plural = subject.startswith("the ") and subject.endswith("s")
    put = f"{subject}'{'' if plural else 's'}" if possessive else subject
    return question[: pronoun.start()] + put + following
