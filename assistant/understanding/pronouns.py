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
    PLURAL,
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
    "DONE",
    "EXISTS",
    "IS",
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
    "things_asked",
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
_SMALL = r"[a-z][\w’'-]*"
_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[\w’'-]+\s+){0,3}?[\w’'-]+\s+(?:of|between|with|in|for|at|on|from)\s+(?:the\s+)?"
    rf"(?!{_TIME_NAME})[A-Z][\w’'&-]*(?:\s+(?:and\s+)?[A-Z][\w’'&-]*)*)"
)
"""A noun phrase that ends in a name: "the agreement between Acme and Oslo"."""
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
_ONE_DOES = re.compile(
    rf"\b(?i:did|does|is|was|can|could|will|would|has|had|should|may|might)\s+((?:an?|the)\s+{_SMALL})"
)
"""Somebody or something of which a question asks what it does: "When did the council meet?"."""
_THE_SEVERAL = re.compile(rf"\bthe\s+((?:{_SMALL}\s+)?{PLURAL})\b(?!\s+of\b)")
_TOLD_OF = re.compile(
    r"\b(?:say|said|says|think|thinks|thought|feel|feels|felt|write|wrote|writes|tell|told|tells|know|knows)"
    r"(?:\s+\w+){0,2}?\s+(?:about|of|on)\s+(?P<what>\w[^,;:()?]*?)\W*$"
)
"""What somebody is asked about: "What did Holm say about the toll?"."""
_HOW_MANY = re.compile(r"how\s+many\b", re.IGNORECASE)
_LAST_THING = re.compile(rf"(?<=[a-z])\s+the\s+((?:{_SMALL}\s+)?(?!{PLURAL}){_SMALL})\W*$")
_THING_ASKED = re.compile(
    rf"^(?:which|what)\s+((?:{_SMALL}\s+)??(?!\w+ly\b){_SMALL}(?:(?<!s)|(?<=ss)))\s+(?:{AUXILIARY}|\w+(?<!ly)ed)\b",
    re.IGNORECASE,
)
"""A thing of which a question asks which one it is: "it" is this one afterwards."""
_TEXTS = re.compile(r"\b(?:articles|reports|stories|documents|texts|sources)\b", re.IGNORECASE)
_NOW = re.compile(r"(?:\s+(?:now|then|today|yet|again|first|last|so\s+far))+$", re.IGNORECASE)
_BEING = re.compile(r"\s+(?:be|been|being|get|got)\b.*$", re.IGNORECASE)
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
_CAPITAL = r"[A-Z][\w&-]*"
_OWNED = re.compile(
    rf"^(?i:what|who|how\s+\w+)\s+(?:is|are|was|were)\s+(?P<owner>(?:the\s+)?{_CAPITAL}(?:\s+{_CAPITAL})*)[’']s?"
    rf"\s+(?P<own>{_SMALL}(?:\s+{_SMALL})?)(?=\s+(?:in|on|at|for)\s|\W*$)"
)
"""What is asked of somebody's: "What was Acme's profit in 2023?"."""
_OWNED_BY_HER = re.compile(rf"\s+(?!(?:an?|the|and|or|any|some|all|when|if|to|{PREPOSITIONS})\b)\w")
DONE = re.compile(
    r"\w{2,}ed|built|held|made|sold|bought|found|sent|laid|paid|won|lost|taken|given|shown|chosen|drawn"
    r"|kept|left|led|hurt|shot|fed|lent|spent|stolen|broken|written|seen|thrown|caught|set|shut|cut|put|hit"
)
"""What was done to something: a participle, as its ending tells, or a frequent one without it."""


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
    does = {"several": _SEVERAL_DO, "thing": _ONE_DOES}.get(number_of(pronoun[0]))
    doing = does.search(front) if does else None
    return [*subjects_of(front), *([doing[1]] if doing else [])]


def antecedent(pronoun: str, past: Past, *, as_object: bool = False) -> str | None:
    """What the pronoun stands for: the one last asked about, or told of.

    `as_object`: something is done to it: "Who voted against it?".
    """
    before, answer = past.before, past.answer
    digest = request_of(before)
    if digest and digest.kind != "about" and pronoun not in PERSON | _PLURAL:
        return None  # the article may be meant, or anything in it
    if pronoun in PERSON:
        return _piece(before, pronoun) or _person(pronoun, past)
    if pronoun in _PLURAL and (texts := _TEXTS.search(before)):
        return f"the {texts[0].lower()}"
    if told_of := _told_of(before, pronoun, past):
        return told_of
    named = _named_in_short(answer, pronoun, past)
    if thing := _piece(before, pronoun) or _thing_asked(before, pronoun):
        if pronoun in _PLURAL:
            return thing if _HOW_MANY.match(before) else named or thing
        goes_on = past.meant in before.partition(" (")[0]
        return named or (past.meant if past.meant and goes_on else thing)
    own = before.partition(" (")[0]
    phrase = _PHRASE.search(own) or _IN_A_PLACE.match(own)
    owned = _OWNED.match(before)
    if owned and is_plural(owned["own"]) == (pronoun in _PLURAL):
        return f"the {owned['own']} of {owned['owner']}"
    asked_so_far = [before, *reversed(past.questions)]
    for asked in (text.partition(" (")[0] for text in asked_so_far):
        if pronoun in _PLURAL and TELLS_WHO.search(asked):
            return None  # whom the answer names
        if phrase:
            return f"the {phrase[1]}"
        if pronoun in _PLURAL and (several := _several(asked)):
            return several
        if as_object and (noun := _thing_done_to(asked)):
            return noun
        if name := _name_asked(asked, pronoun, past):
            return name
        # What was asked of before, where it leant on what was asked before that.
        if before.startswith(f"{asked} (") and (noun := _plain_thing(asked, pronoun)):
            return (named if IS.match(asked) else None) or noun
    for asked in asked_so_far:  # with what was added to them
        if name := _name_asked(asked, pronoun, past):
            return name
    if pronoun in _PLURAL:
        return named or _plain_thing(before)
    return _plain_thing(before) or (None if as_object else named)


def _named_in_short(answer: str, pronoun: str, past: Past) -> str | None:
    """Whom or what a short answer names that the question did not: "Acme and Borg bid for it"."""
    if len(WORD.findall(answer)) > SHORT:
        return None
    new = [name for name in names_told(answer) if name not in past.before]
    if pronoun in _PLURAL:
        several = f"{', '.join(new[:-1])} and {new[-1]}" if len(new) > 1 else "".join(new)
        return several or None
    return next((_of_its_kind(name, answer) for name in new if not is_person(name, past)), None)


def _told_of(question: str, pronoun: str, past: Past) -> str | None:
    """What somebody was asked to say something about, if the pronoun may stand for it."""
    told = _TOLD_OF.search(question.partition(" (")[0])
    if not told or PRONOUN.search(told["what"]) or POINTING.search(told["what"]):
        return None
    what = told["what"]
    if is_name(what):
        return None if pronoun not in _PLURAL and is_person(what, past) else what
    return what if is_plural(what) == (pronoun in _PLURAL) else None


def _several(question: str) -> str | None:
    """The several of a question that "they" may be: who does something, or whom it speaks of."""
    doing = _SEVERAL_DO.search(question)
    spoken_of = list(_THE_SEVERAL.finditer(question))
    if doing:
        return doing[1] if doing[1].startswith("the ") else f"the {doing[1]}"
    return f"the {spoken_of[-1][1]}" if spoken_of else None


def _thing_done_to(question: str) -> str | None:
    """What stands last in a question of one verb, with an article: "Did they pass the plan?"."""
    last = _LAST_THING.search(question)
    if not last or _TEXTS.search(f"{last[1]}s") or last[1].split()[-1] in _LAST:
        return None
    front = rf"\b(?:{AUXILIARY}|{PREPOSITIONS})$"  # it does something, or tells where
    return None if re.search(front, question[: last.start()], re.I) else f"the {last[1]}"


def _of_its_kind(name: str, text: str) -> str:
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
    question = question.partition(" than ")[0]  # what it is compared with is another
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
    """What a question counts, or asks which it is, without a name; if the pronoun may mean it."""
    counts = _COUNTED_THINGS.match(question) is not None
    noun = things_asked(question)
    if not noun or counts != (pronoun in _PLURAL):
        return None
    return None if stem_of(noun.split()[-1]) in NO_THINGS - {"people"} else f"the {noun}"


def things_asked(question: str) -> str:
    """What a question counts, or asks which it is: "wind turbines"; empty where it does neither."""
    thing = _COUNTED_THINGS.match(question) or _THING_ASKED.match(question)
    if thing and _TEXTS.search(thing[0]):
        return ""  # what they tell of is asked of all articles anyhow
    return thing[thing.lastgroup or 1] if thing else ""


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
    return _of_its_kind(names[0], question)


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


def write_out(question: str, pronoun: re.Match[str], subject: str) -> str:
    """The question with the subject in the pronoun's place, as a genitive where that is one."""
    word = pronoun[0].lower()
    following = question[pronoun.end() :]
    possessive = word in _POSSESSIVE and (word != "her" or bool(_OWNED_BY_HER.match(following)))
    plural = subject.startswith("the ") and subject.endswith("s")
    put = f"{subject}'{'' if plural else 's'}" if possessive else subject
    return question[: pronoun.start()] + put + following
