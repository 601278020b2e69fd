"""The things that a question speaks of: what it asks about, counts, or tells what is done to.

They are told by the words around them ("the …", "how many …", "did … rise"), roughly: no word is
looked up but a few verbs and kinds of things.
"""

from __future__ import annotations

import re
from itertools import takewhile

from assistant.language.answer_types import MONTHS
from assistant.understanding.names import (
    OFFICE_STEMS,
    PLURAL,
    PREPOSITIONS,
    is_plural,
    stem_of,
)
from assistant.understanding.past import AUXILIARY, PRONOUNS, WEEKDAYS
from assistant.understanding.word_lists import KINDS

__all__ = [
    "DONE",
    "IS",
    "TEXTS",
    "asks_how_many",
    "doer",
    "named_thing",
    "plain_thing",
    "several_in",
    "thing_done_to",
    "things_asked",
    "told_of",
    "with_its_kind",
]

_BEFORE_A_VERB = "did|does|do|can|could|will|would|should|may|might"
_TIME_NAME = rf"(?:{WEEKDAYS}|{'|'.join(month.capitalize() for month in MONTHS)})\b"
_SMALL = r"[a-z][\w’'-]*"
_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[\w’'-]+\s+){0,3}?[\w’'-]+\s+(?:of|between|with|in|for|at|on|from)\s+(?:the\s+)?"
    rf"(?!{_TIME_NAME})[A-Z][\w’'&-]*(?:\s+(?:and\s+)?[A-Z][\w’'&-]*)*)"
)
"""A noun phrase that ends in a name: "the agreement between Acme and Oslo"."""
_DOES = re.compile(rf"\b(?:{_BEFORE_A_VERB})\s+$", re.IGNORECASE)
_OF = re.compile(r"\b(?:of|between)\b")
_IN_A_PLACE = re.compile(
    rf"^(?i:how\s+\w+)\s+(?:is|are|was|were)\s+the\s+((?:{_SMALL}\s+){{1,3}}(?:in|on|at|from|for|under)\s+the\s+"
    rf"(?:{_SMALL}\s+)?{_SMALL})\W*$"
)
"""Something told by where it is: "How old is the oldest tree in the park?"."""
_PLAIN_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[a-z][\w’'-]*\s+){0,3}[a-z][\w’'-]*)(?=\s*(?:[?.,]|$))", re.IGNORECASE
)
_OF_A_NOUN = rf"(?!(?:an?|the|of|ones?|{AUXILIARY}|{PREPOSITIONS}|{PRONOUNS})\b){_SMALL}"
_NOUNS = rf"(?:{_OF_A_NOUN}\s+){{0,4}}?{PLURAL}(?:\s+of\s+{_OF_A_NOUN})?\b(?!\s+{PLURAL}\b)"
_COUNTED_THINGS = re.compile(
    rf"^(?:(?i:how\s+many)\s+(?P<counted>{_NOUNS})"
    rf"|(?i:which|what)\s+(?P<asked>{_NOUNS})\s+(?!(?:an?|the|more|{PREPOSITIONS})\b)\w)"
)
"""Things that a question counts, or asks which they are: "they" are these afterwards."""
_SEVERAL_DO = re.compile(
    r"(?<!that )(?<!who )(?<!which )\b"
    r"(?i:did|do|does|are|were|can|could|will|would|should|may|might|^ha(?:s|ve|d))"
    rf"\s+((?:the\s+)?(?:(?!(?:any|no)\b){_OF_A_NOUN}\s+)?{PLURAL})\b"
    r"(?!\s+(?:of|in)\s+[A-Z])"
)
"""Several of whom a question asks what they do: "How much did rents rise?"."""
_THE_SEVERAL = re.compile(rf"\bthe\s+((?:{_SMALL}\s+)?{PLURAL})\b(?!\s+of\b)")
_LAST_THING = re.compile(rf"(?<=[a-z])\s+the\s+((?:{_SMALL}\s+)?(?!{PLURAL}){_SMALL})\W*$")
"""What a question ends with, and is no several: the plan, in "Did they pass the plan?"."""
_THING_ASKED = re.compile(
    rf"^(?:which|what)\s+((?:{_SMALL}\s+)??(?!\w+ly\b){_SMALL}(?:(?<!s)|(?<=ss)))\s+(?:{AUXILIARY}|\w+(?<!ly)ed)\b",
    re.IGNORECASE,
)
"""A thing of which a question asks which one it is: "it" is this one afterwards."""
TEXTS = re.compile(r"\b(?:articles|reports|stories|documents|texts|sources)\b", re.IGNORECASE)
_NOW = re.compile(r"(?:\s+(?:now|then|today|yet|again|first|last|so\s+far))+$", re.IGNORECASE)
_BEING = re.compile(r"\s+(?:be|been|being|get|got)\b.*$", re.IGNORECASE)
"""What may come after a noun phrase and is none of it."""
_LAST = frozenset("have cost say contain need take weigh mean last do make get include".split())
"""Verbs that a question with "does" ends with: they belong to no noun in front of them."""
IS = re.compile(r"^(?:what|who)(?:['’]?s|\s+(?:is|are|was|were))\s+", re.IGNORECASE)
_CAPITAL = r"[A-Z][\w&-]*"
_OWNED = re.compile(
    rf"^(?i:what|who|how\s+\w+)\s+(?:is|are|was|were)\s+(?P<owner>(?:the\s+)?{_CAPITAL}(?:\s+{_CAPITAL})*)[’']s?"
    rf"\s+(?P<own>{_SMALL}(?:\s+{_SMALL})?)(?=\s+(?:in|on|at|for)\s|\W*$)"
)
"""What is asked of somebody's: "What was Acme's profit in 2023?"."""
DONE = re.compile(
    r"\w{2,}ed|built|held|made|sold|bought|found|sent|laid|paid|won|lost|taken|given|shown|chosen|drawn"
    r"|kept|left|led|hurt|shot|fed|lent|spent|stolen|broken|written|seen|thrown|caught|set|shut|cut|put|hit"
)
"""What was done to something: a participle, as its ending tells, or a frequent one without it."""
_ONE_DOES = re.compile(
    rf"\b(?i:did|does|is|was|can|could|will|would|has|had|should|may|might)\s+((?:an?|the)\s+{_SMALL})"
)
"""Somebody or something of which a question asks what it does: "When did the council meet?"."""
_TOLD_OF = re.compile(
    r"\b(?:say|said|says|think|thinks|thought|feel|feels|felt|write|wrote|writes|tell|told|tells|know|knows)"
    r"(?:\s+\w+){0,2}?\s+(?:about|of|on)\s+(?P<what>\w[^,;:()?]*?)\W*$"
)
"""What somebody is asked about: "What did Holm say about the toll?"."""
_HOW_MANY = re.compile(r"how\s+many\b", re.IGNORECASE)


def named_thing(question: str, *, several: bool) -> str | None:
    """A thing told by a name or a place behind it: "the bridge of Moss", "Acme's profit".

    What belongs to a name is one that "they", or "it", may stand for.
    """
    owned = _OWNED.match(question)
    if owned and is_plural(owned["own"]) == several:
        return f"the {owned['own']} of {owned['owner']}"
    phrase = _PHRASE.search(question)
    if phrase and _DOES.search(question[: phrase.start()]) and not _OF.search(phrase[1]):
        phrase = None  # "did the garden settle in Oslo"
    phrase = phrase or _IN_A_PLACE.match(question)
    return f"the {phrase[1]}" if phrase else None


def things_asked(question: str) -> str:
    """What a question counts, or asks which it is: "wind turbines"; empty where it does neither."""
    thing = _COUNTED_THINGS.match(question) or _THING_ASKED.match(question)
    if thing and TEXTS.search(thing[0]):
        return ""  # what they tell of is asked of all articles anyhow
    return thing[thing.lastgroup or 1] if thing else ""


def several_in(question: str) -> str | None:
    """The several of a question that "they" may be: who does something, or whom it speaks of."""
    doing = _SEVERAL_DO.search(question)
    spoken_of = list(_THE_SEVERAL.finditer(question))
    if doing:
        return doing[1] if doing[1].startswith("the ") else f"the {doing[1]}"
    return f"the {spoken_of[-1][1]}" if spoken_of else None


def thing_done_to(question: str) -> str | None:
    """What stands last in a question of one verb, with an article: "Did they pass the plan?"."""
    last = _LAST_THING.search(question)
    if not last or TEXTS.search(f"{last[1]}s") or last[1].split()[-1] in _LAST:
        return None
    front = rf"\b(?:{AUXILIARY}|{PREPOSITIONS})$"  # it does something, or tells where
    return None if re.search(front, question[: last.start()], re.I) else f"the {last[1]}"


def with_its_kind(name: str, text: str) -> str:
    """A name with the word that the text puts behind it: "the Tarn bridge"."""
    kind = re.search(
        rf"\b(?P<does>(?:did|does|do)\s+)?[Tt]he\s+{re.escape(name)}\s+(?P<noun>[a-z]+)"
        rf"(?P<ends>\s*(?:[?.,]|$|\b(?:{AUXILIARY}|{PREPOSITIONS})\b))?",
        text,
    )
    if not kind or stem_of(kind["noun"]) in OFFICE_STEMS:
        return name
    if kind["noun"] not in KINDS and (kind["does"] or not kind["ends"]):
        return name
    return f"the {name} {kind['noun']}"


def plain_thing(question: str, *, several: bool | None = None) -> str | None:
    """The last thing without a name in a question.

    With `several` only one that "they", or "it", surely stands for.
    """
    question = question.partition(" than ")[0]  # what it is compared with is another
    plain = list(_PLAIN_PHRASE.finditer(question))
    noun = _noun_of(question, plain[-1]) if plain else ""
    if not noun or TEXTS.search(f"{noun}s"):
        return None
    if several is None:
        return f"the {noun}"
    if not several and stem_of(noun.split()[-1]) in OFFICE_STEMS:
        return None
    clause = re.search(r"\b(?:when|if|until|after|before)\s+$", question[: plain[-1].start()])
    known = plain[-1][0].lower().startswith("the ") and not clause
    they = noun.endswith("s") or noun.split()[-1] in KINDS
    return f"the {noun}" if known and (they or not several) else None


def _noun_of(question: str, phrase: re.Match[str]) -> str:
    """The phrase without what ends it: "did the inquiry make", "is the bridge open"."""
    said = _NOW.sub("", phrase[1])
    words = _BEING.sub("", said).split()
    is_all = words == said.split()
    while len(words) > 1 and re.fullmatch(PREPOSITIONS, words[-1]):
        words.pop()  # "does the ferry leave from"
    front = question[: phrase.start()]
    passive = re.search(r"^\w+\s+(?:is|are|was|were)\s+$", front)
    if passive and len(words) > 1 and DONE.fullmatch(words[-1]):
        return " ".join(words[:-1])
    if len(words) > 1 and words[-1] in _LAST and re.search(rf"\b(?:{_BEFORE_A_VERB})\b", front):
        return " ".join(words[:-1])
    asks = re.search(rf"\b(?:{_BEFORE_A_VERB})\s+$|^(?P<be>is|are|was|were)\s+$", front, re.I)
    if asks and len(words) > 1 and is_all:
        ends = re.compile(rf"(?:an?|the|{PREPOSITIONS})" if asks["be"] else "an?|the", re.I)
        words = list(takewhile(lambda word: not ends.fullmatch(word), words))
        words = words[:-1] or words
    return " ".join(words)


def asks_how_many(question: str) -> bool:
    """Whether things are counted, so that no answer says which they are."""
    return _HOW_MANY.match(question) is not None


def doer(question: str, *, several: bool) -> str | None:
    """Who or what, without a name, does something in a question: "When did the council meet?"."""
    found = (_SEVERAL_DO if several else _ONE_DOES).search(question)
    return found[1] if found else None


def told_of(question: str) -> str | None:
    """What somebody is asked about: the toll, in "What did Holm say about the toll?"."""
    found = _TOLD_OF.search(question)
    return found["what"] if found else None
