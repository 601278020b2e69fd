"""A follow-up and its history → a question that stands alone. Rules, no language model.

A question that names its own subject is left exactly as it is, whatever came before: a subject
wrongly inherited yields a wrong answer where a refusal was due. A question leans on the
conversation in one of these ways:

- It points back with a pronoun ("Where was it signed?"): the pronoun is written out where it is
  clear what it stands for.
- It is a piece of a question ("And in 2022?"): the piece takes the place of its like in the
  question before, and in the topic.
- It speaks of what only the conversation makes definite ("Was there any criticism?", "Who led
  the team?"), or it is too short to stand: the topic is added in parentheses.

The topic is kept by `assistant.understanding.past`, what a pronoun stands for is told by
`assistant.understanding.pronouns`, of which things a question speaks by
`assistant.understanding.things`. What only says how to answer ("Shorter, please") asks the last
question again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.understanding.digests import request_of
from assistant.understanding.names import (
    HEADS,
    PREPOSITION,
    PREPOSITIONS,
    SHORT,
    WORD,
    is_plural,
    name_places,
    names_in,
    names_told,
    own_words,
    people_in,
    preposition_before,
    stem_of,
    stems_of,
    subjects_of,
)
from assistant.understanding.past import (
    AUXILIARY,
    MONTH,
    TIMES,
    YEAR,
    Past,
    less_lead,
    swapped,
    topic_names,
    topic_of,
)
from assistant.understanding.plain_words import in_plain_words
from assistant.understanding.pronouns import (
    ASKS,
    EXISTS,
    MORE,
    PERSON,
    POINTING,
    PRONOUN,
    SHE,
    TELLS_WHO,
    antecedent,
    is_person,
    number_of,
    subjects_within,
    thing_meant,
    write_out,
)
from assistant.understanding.question import LONGEST_QUESTION, unspaced_words
from assistant.understanding.things import DONE, IS, things_asked, told_of
from assistant.understanding.word_lists import OFFICES
from embeddings.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["MOST_TURNS", "Resolved", "asks_nothing", "last_turns", "resolve", "stand_alone"]

MOST_TURNS = 20
"""Messages of history that are looked at."""
MOST_CHARACTERS = {"user": LONGEST_QUESTION, "assistant": 1_000}
"""Of a message, by who wrote it: the rest of a longer one is not looked at."""
MOST_NAMES = 3
"""Names of the last answer that are added to a topic: more would drown the question."""
_EMPTY_IT = re.compile(
    r"\b(?:is|was|does|did|will)\s+it\s+(?:rain|snow|true|possible|clear|likely|about|mean|say(?!\s+(?:about|on|of)\b)|hot"
    r"|cold|warm|take(?=\s+(?:to|for)\b))\b|\b(?:hot|cold|warm|late|far)\s+(?:is|was|does)\s+it\b"
    r"|\b(?:is|was)\s+it\s+(?:so\s+|too\s+)?(?:important|necessary|hard|difficult|easy|good|bad|better|best"
    r"|safe|legal|illegal|worth|normal|common|dangerous|useful)\s+(?:to|that|if)\b",
    re.IGNORECASE,
)
"""An "it" that stands for nothing: the weather, a fact."""
_IS_OBJECT = re.compile(
    rf"(?:it|them|him|her)(?=\W*$|\s+(?:{PREPOSITIONS}|since|again|now|yet|today|there|back)\b)",
    re.IGNORECASE,
)
"""Something is done to it, by another: "When did Moss buy it?"."""
_OWNS = re.compile(r"(?:its|their|his|her\s+\w)", re.IGNORECASE)
"""A pronoun that says whose something is; what it stands for may do what is asked."""
_JOINT = re.compile(r"\b(?:and|but|or|if|when|while|because|that|who|which)\b")
"""Joins clauses: behind it, "it" may be what the clause in front of it is about."""
_POINTS_AT_ONE = re.compile(r"\b(?:this|that|other|else)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:(?:hello|hi|hey|good\s+(?:morning|afternoon|evening)|thanks|thank\s+you)(?:\s+there)?"
    r"\s*[,.!;:–—-]+\s*)+(?=\S)",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"^\W*(?:(?:thanks(?:\s+(?:a\s+lot|so\s+much|very\s+much|again))?"
    r"|many\s+thanks|thank\s+(?:you|u)(?:\s+(?:so\s+much|very\s+much|again))?|thx|cheers"
    r"|ok(?:ay)?|great|perfect|nice(?!\W*\?)|good|cool|awesome|excellent|wonderful|fine|super|wow|lol|ha(?:ha)+"
    r"|h(?:m+|uh)|oh|ah|i\s+see|got\s+it|understood|right|well|sure|yes|yep|no|nope|wrong|really(?!\W*\?)"
    r"|hello|hi|hey|there|good\s+(?:morning|afternoon|evening|night|day)|(?:good)?bye|see\s+you|sorry"
    r"|never\s*mind|please|that(?:['’]s|\s+(?:is|was))\s+(?:all|it|right|wrong|great|good|fine|nice|helpful"
    r"|not\s+true)"
    r"|who\s+(?:are|made|built)\s+you|what\s+(?:are\s+you|can\s+you\s+do)|how\s+(?:are\s+you|do\s+you\s+work)"
    r"|what(?:['’]s|\s+is)\s+your\s+name|are\s+you\s+(?:an?\s+)?(?:ai|bot|robot|human|machine|person)"
    r")\b\W*"
    r"|(?:谢谢|多谢|你好|您好|好的|再见|对不起)[你您们了吗啊]*\W*)++$",
    re.IGNORECASE,
)
"""Thanks, a greeting, a denial, or something to the assistant itself, and nothing else."""
_LANGUAGES = (
    "english|german|french|spanish|portuguese|italian|dutch|danish|norwegian|swedish|finnish|polish"
    "|czech|russian|ukrainian|greek|turkish|arabic|hebrew|hindi|chinese|mandarin|japanese|korean"
)
_LANGUAGE = re.compile(rf"\b(?:{_LANGUAGES})\b", re.IGNORECASE)
_THE_SOURCES = r"(?:(?:an?|any|the|your|some)\s+)?(?:sources?|citations?|references?)"
_FORM = re.compile(
    r"(?:(?:and|but|now|also)\s+)?(?:(?:can|could|would)\s+you\s+)?(?:please\s+)?"
    r"(?:(?:(?:say|show|give|tell|write|put|make|answer|translate|cite|do\s+you\s+have)\s+)?(?:me\s+)?"
    r"(?:(?:it|that|this|the\s+answer)\s+)?(?:a\s+(?:bit|little)\s+|even\s+|much\s+)?"
    rf"(?:(?:in|into|to)\s+(?:plain\s+|simple\s+)?(?:{_LANGUAGES})"
    r"|in\s+(?:short|brief|other\s+words|(?:plain|simple|simpler|your\s+own|a\s+few|fewer)\s+(?:words|terms)"
    r"|(?:one|a\s+single)\s+sentence)"
    r"|(?:(?:as|in)\s+(?:an?\s+)?|an?\s+)(?:(?:bulleted|numbered|short)\s+)?(?:list|table|bullets?(?:\s+points?)?)"
    r"|shorter|briefer|briefly|more\s+briefly|simpler|simply|more\s+simply|(?:a|the)\s+short(?:er)?\s+version"
    rf"|again|once\s+more|one\s+more\s+time|{_THE_SOURCES})"
    r"|(?:repeat|rephrase|reword|shorten|simplify|translate)(?:\s+(?:it|that|this|the\s+answer))?"
    r"|tl;?dr|(?:that(?:['’]s|\s+(?:is|was))\s+)?(?:much\s+)?too\s+long|says\s+who"
    r"|what(?:['’]s|\s+(?:is|are))\s+(?:your\s+sources?|the\s+sources?\s+(?:for|of)\s+(?:it|that|this))"
    r"|where\s+did\s+you\s+(?:get|find|read)\s+(?:it|that|this)"
    r"|(?:which|what)\s+(?:article|document|source)\s+(?:says\s+(?:so|that|this)|is\s+(?:that|this)\s+(?:from|in))"
    r"|where\s+(?:does\s+it\s+say|is\s+(?:it|that|this)\s+(?:said|stated|written|from))(?:\s+(?:so|that|this))?"
    r"|how\s+do\s+you\s+know(?:\s+(?:it|that|this))?|really|is\s+(?:it|that|this)\s+(?:really\s+)?(?:true|so)"
    r"|are\s+you\s+(?:really\s+)?(?:sure|certain)(?:\s+(?:of|about)\s+(?:it|that|this))?)"
    r"(?:,?\s+please)?",
    re.IGNORECASE,
)
"""Asks how an answer is to look, where it is from or whether it is so, and for nothing else."""
_SHIFT = re.compile(
    r"(?:^|[.,!;])\W*+(?:(?:different|another|new)\s+(?:topic|question|subject)|changing\s"
    r"|(?:now\s+)?(?:for\s+)?something\s+else\s*[:,.])",
    re.IGNORECASE,
)
_AND = re.compile(
    r"^(?:and|but|or|also|plus|then|so)\b[\s,]*(?:(?:what|how)\s+about\s+)?"
    r"|^(?:what|how)\s+about\s+|^same\s+(?:question\s+)?(?:for|with)\s+",
    re.IGNORECASE,
)
_YES_NO = re.compile(rf"^(?:{AUXILIARY})\s", re.IGNORECASE)
_MORE_OF_IT = (
    r"(?:what|anything)\s+else|(?:tell\s+me\s+)?more|go\s+on|continue|next|longer"
    r"|(?:in\s+)?more\s+details?|in\s+detail"
)
_BARE = re.compile(
    r"^(?:who|when|where|why|how(?:\s+(?:much|many|so|long|often|come))?|what(?:\s+for)?"
    r"|which(?:\s+ones?)?|(?:since|by|until)\s+when|(?:by|with|to|from|for)\s+whom"
    r"|for\s+how\s+(?:much|long)|in\s+which\s+\w+"
    rf"|{_MORE_OF_IT})[\s?.!]*$",
    re.IGNORECASE,
)
_TELL = "Tell me about "
_GO_ON = re.compile(_MORE_OF_IT, re.IGNORECASE)
_SUM_UP = re.compile(
    r"(?:(?:can|could)\s+you\s+)?(?:please\s+)?(?:summari[sz]e|sum|condense)(?:\s+up)?"
    r"(?:\s+(?:it|this|that|(?:the|this|that)\s+(?:article|report|story|text)))?(?:\s+up)?"
    r"(?:\s+(?:briefly|in\s+(?:a\s+few|one|two|three|\d)\s+(?:words|sentences?|lines)))?(?:,?\s+please)?",
    re.IGNORECASE,
)
"""Asks for a digest of what is spoken of, and does not say what that is."""
_THING_AFTER = re.compile(
    rf"\b({PREPOSITIONS})\s+(?:(?:the|an?|\d+|two|three|four|five)\s+)?(?!that\b|this\b)[a-z][\w-]+"
    rf"(?:\s+(?!(?:{PREPOSITIONS}|and|or)\b)[a-z][\w-]+)?(?=\s+(?:{PREPOSITIONS}|and|or)\b|\W*$)"
)
"""A thing that has no name, behind a preposition: "for a hip"."""
_THEN = re.compile(
    r"\b(since|after|before|until|till|by)\s+(?:then|that(?:\s+(?:day|month|year|time|date))?)"
    r"(?=\s*(?:[?.!,]|$))|\b(in|on|during)\s+that\s+(?:same\s+)?(?:day|month|year)\b",
    re.IGNORECASE,
)
"""A time that was spoken of."""
_COUNT = re.compile(r"\b(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)(?![\w.,]*\d|\w)")
"""A small number, also one that a word begins with: "two-bedroom"."""
_NUMBERED = re.compile(
    r"\b(?!(?:in|on|at|of|to|for|by|and|or|the)\b)([A-Za-z]{3,})\s+(\d[\d.]*(?!\d|\s*%|\s+\w+s\b))"
)
"""One of several that are told apart by a number: "version 2"."""
_PAIR = r"\s+(?:and|or)\s+(?:the\s+)?"
_DEFINITE = re.compile(
    rf"\bthe\s+((?:[\w’'-]+\s*){{1,3}}?)(?=\s*(?:[?.,!]|$|\b(?:{AUXILIARY}|{PREPOSITIONS}|and|or|that"
    r"|who|which|when|if|the|an?)\b))"
    r"(?=(?:\s*\b(?P<of>of|for|in|on|at|between|from|to|with|by|about)\s+\w)?)",
    re.IGNORECASE,
)
"""What is spoken of as known, and whether a complement says which one is meant."""
_THE_OFFICE = re.compile(
    rf"\bthe\s+({'|'.join(sorted(OFFICES))})\b(?!\s+(?:of|in|at|for|from|[A-Z]))"
)
"""Whoever has an office, and no word of which one it is: "When did the mayor resign?"."""
_THE_KIND_IS = re.compile(r"^(?:is|are|was|were)\s+the\s+(\w+)\s+\w+$", re.IGNORECASE)
"""Something known of which one thing is asked: "Was the company successful?"."""
_ONLY_VERB = re.compile(
    rf"^(?:who|what|which|when|where|how|why)\s+(?:(?:{AUXILIARY}|been)\s+)*"
    r"(?:\w+(?:ed|ing|able|ible)|\w+)$",
    re.IGNORECASE,
)
_ENDS_IN_VERB = re.compile(rf"(?:able|ible|ed|\b(?:{DONE.pattern}))$")
_COUNTED = re.compile(
    r"^(?:how\s+many|how\s+much|what|which)\s+(?:[\w-]+\s+){1,2}"
    r"(?:(?:is|are|was|were|has|have|had|been|be)\s+)+(?:there|\w+(?:ed|en|ing|lt|nt|ld))$"
    rf"|^how\s+(?:many|much)\s+(?:{AUXILIARY})\b"
    r"|^(?:how\s+(?:many|much)|which|what(?:\s+(?:kind|sort|type)s?\s+of)?)\s+[\w-]+"
    r"(?:\s+(?:per|an?|each|every)\s+\w+|\s+in\s+total)?$",
    re.IGNORECASE,
)
"""Something counted with no word of whose: "How many albums were released?"."""
_COMPARES = re.compile(
    r"\b(?:ones?|both|either|neither|(?:of|between|than)\s+(?:them|these|those|the\s+two)|the\s+two)\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"The articles do not state this|None of the articles is about this|There are no articles"
)
"""How a refusal begins (`composer.refusal_text`): the article it names was not spoken of."""


def asks_nothing(question: str) -> bool:
    """Whether all that is said is thanks, a greeting, a denial, or to the assistant itself."""
    return _ASIDE.match(question) is not None


def last_turns(history: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The last messages of a conversation, each in one line and as far as it is looked at.

    `history` is the conversation so far, oldest first: `{"role": "user" | "assistant",
    "content": …}`. What others have written, and what has no text, is left out. Raises
    `QuestionError` for what is no conversation.
    """
    turns = []
    for turn in list(history)[-MOST_TURNS:]:
        role, content = _message(turn)
        most = MOST_CHARACTERS.get(role, 0)
        if line := " ".join(content.split())[:most]:
            turns.append({"role": role, "content": line})
    return turns


def _message(turn: object) -> tuple[str, str]:
    """Who wrote a message, and what; it may have no text, as where a model called a tool."""
    if isinstance(turn, Mapping):
        role, content = turn.get("role"), turn.get("content") or ""
        if isinstance(role, str) and (isinstance(content, str) or role not in MOST_CHARACTERS):
            return role, str(content)
    raise QuestionError(
        f"the history holds {turn!r:.60}, which is no message; give a list of "
        '{"role": "user", "content": "…"} and {"role": "assistant", "content": "…"}'
    )


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question of a conversation, as it stands alone."""

    question: str
    """With what it leans on written out."""
    said: str = ""
    """The last answer, in one line and without markers, where the question goes on from it; empty
    where it leans on nothing, or asks the same again."""


def stand_alone(question: str, history: Sequence[Mapping[str, str]] = ()) -> str:
    """`question`, or the same with what it leans on written out from `history`.

    `history` is the conversation so far, as `last_turns` takes it.
    """
    return resolve(question, history).question


def resolve(question: str, history: Sequence[Mapping[str, str]] = ()) -> Resolved:
    """`question` as `stand_alone` has it, with what it goes on from."""
    past = Past()
    aside = False
    for turn in last_turns(history):
        content = turn["content"]
        if turn["role"] == "user":
            aside = asks_nothing(content) or _is_form(in_plain_words(content), past)
        if aside:
            continue
        if turn["role"] == "user":
            content = in_plain_words(content)
            resolved = _resolve(content, past)
            left = not past.before or resolved in (content, less_lead(content))
            turns = resolved.startswith(_TELL) and "tell" not in content.lower()
            shifts = turns or bool(_SHIFT.search(content))
            past.asked(resolved, leans=not left, shifts=shifts)
        elif past.before and not _REFUSED.match(content):
            past.answered(re.sub(r"\[\d+\]", "", content))
    plain = in_plain_words(question)
    resolved = _resolve(plain, past)
    own = resolved.casefold() in (plain.casefold(), less_lead(plain).casefold())
    return Resolved(resolved, "" if own or resolved == past.before else past.answer)


def _resolve(question: str, past: Past) -> str:
    if asks_nothing(question):
        return question
    if not past.before:
        greeted = _GREETING.match(question)
        return _capitalised(question[greeted.end() :]) if greeted else question
    if _is_form(question, past):
        return past.before
    text = less_lead(question)
    if _SHIFT.search(question):
        return _capitalised(text)
    if _BARE.match(text):
        return _bare(text.rstrip(" ?.!"), past)
    led = _AND.match(text)
    rest = text[led.end() :] if led else text
    if not rest.strip(" ?.!"):
        return question
    if other := _other(rest, past):
        return other
    if _is_piece(rest, bool(led)):
        return _capitalised(_put_in_place(rest, past))
    if _SUM_UP.fullmatch(rest.rstrip(" ?.!")) and (subject := _spoken_of(past)):
        return f"Summarise the article about {subject}"
    dated = _dated(rest, past)
    leans, rest = dated != rest, dated
    pronoun = PRONOUN.search(rest)
    as_object = pronoun is not None and _is_object(rest, pronoun.start())
    own = subjects_within(rest, pronoun) if pronoun else []
    if pronoun and not _EMPTY_IT.search(rest) and (as_object or not own):
        word = pronoun[0].lower()
        subject = antecedent(word, past, as_object=as_object)
        if subject in own:
            subject = None  # nobody does it to what is called "it" in the same breath
        if subject and word in PERSON:
            past.called[subject] = word in SHE
        elif subject:
            past.meant = subject
        subject = subject and thing_meant(subject, word, rest)
        written = _done_to(write_out(rest, pronoun, subject), word, past) if subject else ""
        return _with_topic(rest, past, written)
    if leans or _leans(rest, past):
        return _with_topic(rest, past)
    return _capitalised(rest) if rest != question else question


def _is_object(question: str, place: int) -> bool:
    """Whether something is done to what the pronoun at `place` stands for, in the only clause."""
    if _JOINT.search(question, 1, place):
        return False
    led = bool(preposition_before(question, place)) and not _OWNS.match(question, place)
    return led or _IS_OBJECT.match(question, place) is not None


def _done_to(written: str, first: str, past: Past) -> str:
    """`written`, whose `first` pronoun is, with the one it ends with: "When did they sign it?"."""
    pronoun = next(
        (found for found in PRONOUN.finditer(written) if _is_object(written, found.start())),
        None,
    )
    if pronoun is None or number_of(pronoun[0]) == number_of(first):
        return written
    subject = antecedent(pronoun[0].lower(), past, as_object=True)
    if not subject or subject in written:
        return written
    return write_out(written, pronoun, thing_meant(subject, pronoun[0].lower(), written))


def _is_form(question: str, past: Past) -> bool:
    """Whether it only says how to answer; "In German?" is more where languages are spoken of."""
    text = less_lead(question).strip(" ?.!,")
    if not _FORM.fullmatch(text):
        return False
    return not (_LANGUAGE.search(text) and _LANGUAGE.search(past.before))


def _bare(asking: str, past: Past) -> str:
    """A question of asking words alone: "Why?" after "Did it close?" asks why it closed."""
    if _GO_ON.fullmatch(asking) and (subject := _spoken_of(past)):
        return f"Tell me more about {subject}"
    if re.fullmatch(r"why|when|where|how", asking, re.IGNORECASE) and _YES_NO.match(past.before):
        return _capitalised(f"{asking} {past.before[0].lower()}{past.before[1:]}")
    about = topic_of(past.before)
    if _BARE.match(about) or not own_words(about):
        about = past.topic
    return _capitalised(f"{asking} ({about})?")


def _spoken_of(past: Past) -> str | None:
    """Whom or what the last question was about: somebody it asked for, else its subject."""
    if (request := request_of(past.before)) and request.topic:
        return request.topic
    person = antecedent("he", past) if TELLS_WHO.search(past.before) else None
    return person or antecedent("it", past)


def _other(rest: str, past: Past) -> str:
    """The last question asked of the other one of two that were named together."""
    if not re.search(r"\bthe\s+other\s*(?:one)?[\s?.!]*$", rest, re.IGNORECASE):
        return ""
    for text in reversed(past.said):
        for first, second in _pairs(text):
            for one, other in ((first, second), (second, first)):
                if one in past.before and other not in past.before:
                    return past.before.replace(one, other)
    return ""


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names joined by "and" or "or"."""
    places = name_places(text, anywhere=True)
    return [
        (text[a:b], text[c:d])
        for (a, b), (c, d) in pairwise(places)
        if re.fullmatch(_PAIR, text[b:c], re.IGNORECASE)
    ]


def _leans(question: str, past: Past) -> bool:
    """Whether a question without a pronoun needs the conversation to be understood."""
    text = question.strip(" ?.!")
    request = request_of(question)
    of_all = request and not request.topic and (request.newest or request.kind == "overview")
    if of_all and not _POINTS_AT_ONE.search(question):
        return False  # the latest article, or all of them: "Which articles are there?"
    if POINTING.search(question):
        return True
    if any(stems_of([name]) - HEADS for name in names_in(question)):
        return False
    if MORE.search(text) or EXISTS.search(text) or _COUNTED.match(text):
        return True
    said = stems_of(past.said)
    for phrase in _DEFINITE.finditer(text):
        own = {word for word in own_words(phrase[1]) if not word.endswith("ed")}
        if not phrase["of"] and not own - HEADS - said:
            return True
    office = _THE_OFFICE.search(text)
    if office and stem_of(office[1]) in said:
        return True
    known = _THE_KIND_IS.match(text)
    if known and stem_of(known[1]) in HEADS | said:
        return True
    if IS.match(text) and not _ENDS_IN_VERB.search(text):
        return False
    if not ASKS.match(text) and not _DEFINITE.search(text):
        return len(WORD.findall(text)) + unspaced_words(text) <= SHORT
    own = own_words(text)
    return not own or (len(own) == 1 and bool(_ONLY_VERB.match(text)))


def _is_piece(rest: str, led: bool) -> bool:
    """Whether what is left is a phrase and no question of its own."""
    words = WORD.findall(rest)
    if not words or ASKS.match(rest) or PRONOUN.search(rest):
        return False
    if re.search(r"\b(?:how|what|when|where|who|which|why)\b", rest, re.IGNORECASE):
        return False
    if re.match(r"(?:the\s+)?(?:[a-z][\w\s-]*\s(?:of|between)|[A-Z][\w\s-]*[’']s)\s+\w", rest):
        return False
    return len(words) + unspaced_words(rest) <= (8 if led else 3)


def _put_in_place(piece: str, past: Past) -> str:
    """`piece` for its like in the question before: a year for a year, a name for a name."""
    before = past.before
    piece = piece.rstrip(" ?.!")
    if month := MONTH.search(piece):
        return _in_another_month(piece, month[0], past)
    for kind in TIMES:
        new, old = kind.search(piece), kind.search(before)
        if new and old:
            return kind.sub(new[0], before)
    if len(numbered := list(_NUMBERED.finditer(before))) == 1:
        (told,) = numbered
        other = _NUMBERED.search(piece)
        if other and other[1].lower() == told[1].lower():
            return before[: told.start()] + other[0] + before[told.end() :]
    if _COUNT.fullmatch(piece) and len(_COUNT.findall(before)) == 1:
        return _COUNT.sub(piece, before)
    plain = re.sub(rf"^(?:{PREPOSITIONS}|the)\s+", "", piece, flags=re.IGNORECASE)
    given = PREPOSITION.search(piece[: len(piece) - len(plain)])
    places = name_places(before)
    own = before.partition(" (")[0]
    places = [place for place in places if place[1] <= len(own)] or places[:1]
    if name_places(plain, anywhere=True) and places:
        wanted = given[1].lower() if given else ""
        like = [place for place in places if preposition_before(before, place[0]) == wanted]
        if like or not given:
            start, end = (like or places)[0]
            if not given and _has_an_office(before, start, end) and is_person(plain, past):
                return _TELL + plain
            if re.match(r"[’']s\b", before[end:]):
                plain = re.sub(r"[’']s$", "", plain)
            return before[:start] + plain + before[end:]
    if not given:
        return _with_topic(piece, past)
    things = [found for found in _THING_AFTER.finditer(own) if found[1].lower() == given[1].lower()]
    if len(things) == 1 and _THING_AFTER.fullmatch(piece):
        return before[: things[0].start()] + piece + before[things[0].end() :]
    return _added(piece, past)


def _has_an_office(question: str, start: int, end: int) -> bool:
    """Whether `question` asks who holds an office of the name at `start`, which is nobody's."""
    if not TELLS_WHO.search(question) or question[start:end] in people_in(question):
        return False
    of = re.search(r"([\w-]+)\s+(?:of|at|in|for|from)\s+(?:the\s+)?$", question[:start])
    has = re.match(r"[’']s((?:\s+[\w-]+){1,3})", question[end:])
    offices = f"{of[1] if of else ''} {has[1] if has else ''}"
    return not OFFICES.isdisjoint(offices.lower().split())


def _added(piece: str, past: Past) -> str:
    """The question before with a piece behind it: "in Oslo", "July"."""
    if re.match(rf"(?:{PREPOSITIONS})\b", piece, re.IGNORECASE):
        piece = piece[0].lower() + piece[1:]
    own, bracket, topic = past.before.rstrip(" ?.!").partition(" (")
    return f"{own} {piece}{bracket}{topic}?"


def _in_another_month(piece: str, month: str, past: Past) -> str:
    """The last question that names a time, of another month; of its year, if only it says one."""
    for before in reversed(past.questions):
        own = before.partition(" (")[0]
        old = MONTH.search(own) or YEAR.search(own)
        if old:
            break
    else:
        return _added(piece, past)
    year = YEAR.search(old[0])
    told = month if year is None or YEAR.search(month) else f"{month} {year[0]}"
    start, said = old.start(), PREPOSITION.search(before[: old.start()])
    given = PREPOSITION.search(piece[: piece.index(month)])
    if said and given:
        start, told = said.start(1), f"{given[1].lower()} {told}"
    return before[:start] + told + before[old.end() :]


def _dated(question: str, past: Past) -> str:
    """`question` with the time that "since then" or "in that year" stands for, if one was told."""
    then = _THEN.search(question)
    time = then and _time_spoken_of(past)
    if not then or not time:
        return question
    way = then[1] or then[2]
    return f"{question[: then.start()]}{way} {time}{question[then.end() :]}"


def _time_spoken_of(past: Past) -> str | None:
    """The month or the year that was last asked of, or the only one that the answer tells."""
    for text in (past.before.partition(" (")[0], past.answer):
        for kind in (MONTH, YEAR):
            told = {match[0] for match in kind.finditer(text)}
            if told:
                return told.pop() if len(told) == 1 else None
    return None


def _with_topic(question: str, past: Past, written_out: str = "") -> str:
    """The question with what it leaves out of its topic, in parentheses.

    Once a pronoun is written out, only the names of the topic can still be missing, and what one
    thing is compared with.
    """
    said = written_out or question
    text = said.rstrip(" ?.!")
    parts = topic_names(topic_of(past.before), past.before)
    have = stems_of([text])
    if written_out:
        named = topic_names(past.topic, past.questions[0])
        known = bool(have & stems_of([past.topic]))
        parts = [*(named or ([] if known else [past.topic])), *parts]
        asked = things_asked(past.before)
        if asked and f"the {asked}" in written_out and not (is_plural(asked) and parts):
            parts = [topic_of(past.before), *parts]  # only its clause says which one it is
    else:
        told = () if request_of(past.before) else names_told(past.answer)[:MOST_NAMES]
        parts = [past.topic, *parts, *told]  # of a digest its topic is enough: it names everybody
    if _COMPARES.search(question):
        parts += past.replaced
    elif other := swapped(past.before, _capitalised(said)):
        parts = [part for part in parts if part != other[0]]
    elif told_of(past.before) and (asked_now := subjects_of(said)):
        # What one says of something is asked of another.
        parts = [p for p in parts if p in asked_now or p not in subjects_of(past.before)]
    added = []
    for part in parts:
        own = stems_of([part])
        if own - have:
            added.append(part)
            have |= own
    return _capitalised(f"{text} ({', '.join(added)})?" if added else said)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
