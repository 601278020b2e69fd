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

The topic is what the conversation was opened with. A complete question that shares no word with
what was said before opens another. What only says how to answer ("Shorter, please") asks the last
question again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from assistant.language.answer_types import MONTHS
from assistant.language.roles import introductions
from assistant.understanding.digests import request_of
from assistant.understanding.plain_words import in_plain_words
from assistant.understanding.question import LONGEST_QUESTION, unspaced_words
from assistant.understanding.word_lists import (
    HER_TITLES,
    HIS_TITLES,
    KINDS,
    LIGHT,
    MEN,
    OF_SOMETHING,
    OFFICES,
    PLACES,
    RANKS,
    RELATIVES,
    ROLES,
    TITLES,
    TRAITS,
    WOMEN,
)
from embeddings.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MOST_TURNS", "asks_nothing", "last_turns", "stand_alone"]

MOST_TURNS = 20
"""Messages of history that are looked at."""
MOST_CHARACTERS = {"user": LONGEST_QUESTION, "assistant": 1_000}
"""Of a message, by who wrote it: the rest of a longer one is not looked at."""
MOST_NAMES = 3
"""Names of the last answer that are added to a topic: more would drown the question."""
MOST_TOPIC = 12
"""Words of a topic."""
MOST_OF_PIECE = 4
"""Words of a piece of a question that "it" stands for."""
SHORT = 6
"""Words of a phrase: an answer so short begins with a capital because that is a name."""

_HE = frozenset("he him his himself".split())
_SHE = frozenset("she her hers herself".split())
_PERSON = _HE | _SHE
_PLURAL = frozenset("they them their theirs themselves".split())
_POSSESSIVE = frozenset("his her hers its their theirs".split())
_PRONOUNS = "he|she|him|hers?|his|himself|herself|it|its|itself|they|them|theirs?|themselves"
_PRONOUN = re.compile(rf"\b(?:{_PRONOUNS})\b", re.IGNORECASE)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|does|did|will)\s+it\s+(?:rain|snow|true|possible|clear|likely|about|mean|say|hot"
    r"|cold|warm|take)\b|\b(?:hot|cold|warm|late|far|long)\s+(?:is|was|does)\s+it\b",
    re.IGNORECASE,
)
"""An "it" that stands for nothing: the weather, a fact."""
_POINTING = re.compile(
    r"\b(?:this|these|those|the\s+(?:same|said|above|latter|former))\b"
    r"|\bthat\s*(?:[?.!,]|$)|\b(?:after|before|of|than)\s+that\b"
    r"|\bthat\s+(?:time|day|week|month|year|season|period|point|case|place|way)\b"
    r"|^(?:\w+\s+)?(?:is|was|do|does|did|has|had|are|were)\s+that\b|\bthere(?=\s*(?:[?.!,]|$))"
    r"|(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )\bthere\s+(?:for|in|at)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:else|another|again|too|also|instead|as\s+well|afterwards?|the\s+rest|either|neither|both"
    r"|(?:any|what|which|the|some|no)\s+others?|(?:any|what|which|know|me|say)\s+more"
    r"|(?:the|which|any|first|second|third|last|next|other)\s+ones?)\b",
    re.IGNORECASE,
)
"""Words that say that something was spoken of before."""
_EXISTS = re.compile(
    r"^(?:(?:is|are|was|were|have|has|had)\s+there|any)\b"
    r"(?!.*\b(?:in|on|of|at|for|between|with|to|against|about|from|by)\s+\w)"
    r"|\b(?:did|does|has|have|was|were|is)\s+(?:any|some|no|every)(?:thing|body|one)\b",
    re.IGNORECASE,
)
"""Whether there was something, without a word of where: "Were there any delays?"."""
_LEAD = re.compile(
    r"^(?:(?:thanks|thank\s+you|thx|cheers|ok(?:ay)?|great|i\s+see|good|right|well|sure|yes|no|cool"
    r"|hello|hi|hey|i\s+mean(?:t)?|now(?=\s*,))\b[\s,.!;:–—-]*)+"
    r"|^(?:(?:different|another|new|next)\s+(?:topic|question|subject)|changing\s+(?:the\s+)?(?:topic"
    r"|subject)|(?:now\s+)?(?:for\s+)?something\s+else|by\s+the\s+way|btw)\s*(?:[:,.\-–—]\s*|\s)",
    re.IGNORECASE,
)
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
_ASKING = (
    "who whom whose when where what which why how did does do is are was were can could will would "
    "has have had should may might tell list name give show explain describe summarise summarize"
)
_ASKS = re.compile(rf"^(?:{'|'.join(_ASKING.split())})\b", re.IGNORECASE)
_AUXILIARY = "did|does|do|is|are|was|were|can|could|will|would|has|have|had|should|may|might"
_BEFORE_A_VERB = "did|does|do|can|could|will|would|should|may|might"
_YES_NO = re.compile(rf"^(?:{_AUXILIARY})\s", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:(?:(?:who|when|where|what|how)['’]s|who|whom|whose|when|where|what|which|why"
    rf"|how(?:\s+(?:many|much|long|far|often))?"
    rf"|{_AUXILIARY}|tell\s+me(?:\s+about)?|about|there|any|the|an?"
    r"|i(?:['’]d|\s+would)\s+like\s+to\s+know|i\s+want\s+to\s+know|you\s+tell\s+me|please)\s+)+",
    re.IGNORECASE,
)
_MORE_OF_IT = (
    r"(?:what|anything)\s+else|(?:tell\s+me\s+)?more|go\s+on|continue|next|longer"
    r"|(?:in\s+)?more\s+details?|in\s+detail"
)
_BARE = re.compile(
    r"^(?:who|when|where|why|how(?:\s+(?:much|many|so|long|often|come))?|what(?:\s+for)?"
    r"|which(?:\s+ones?)?|since\s+when|by\s+whom|in\s+which\s+\w+|with\s+whom"
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
_PREPOSITIONS = "in|at|from|to|of|for|with|by|on|near|between|about|during|after|before|under"
_PREPOSITION = re.compile(rf"\b({_PREPOSITIONS})\s+(?:the\s+)?$", re.IGNORECASE)
_THING_AFTER = re.compile(
    rf"\b({_PREPOSITIONS})\s+(?:(?:the|an?|\d+|two|three|four|five)\s+)?(?!that\b|this\b)[a-z][\w-]+"
    rf"(?:\s+(?!(?:{_PREPOSITIONS}|and|or)\b)[a-z][\w-]+)?(?=\s+(?:{_PREPOSITIONS}|and|or)\b|\W*$)"
)
"""A thing that has no name, behind a preposition: "for a hip"."""
_TELLS_WHO = re.compile(r"^who\b|\b(?:what|which)\s+(?:man|woman|person)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_MONTH = re.compile(
    r"\b(?:[0-3]?\d(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
    rf"(?:{'|'.join(month.capitalize() for month in MONTHS)}"
    rf"|{'|'.join(month for month in MONTHS if month not in ('may', 'march'))}"
    r"|(?:[Jj]an|[Ff]eb|[Aa]pr|[Aa]ug|[Ss]ept?|[Oo]ct|[Nn]ov|[Dd]ec)\.?(?=\s+\d|\W*$))(?!\w)"
    r"(?:\s+[0-3]?\d(?:st|nd|rd|th)?(?!\d))?(?:,?\s+(?:1[5-9]|20)\d\d\b)?"
)
"""A month, with a day and a year where they are said; "may" and "march" are mostly verbs."""
_THEN = re.compile(
    r"\b(since|after|before|until|till|by)\s+(?:then|that(?:\s+(?:day|month|year|time|date))?)"
    r"(?=\s*(?:[?.!,]|$))|\b(in|on|during)\s+that\s+(?:same\s+)?(?:day|month|year)\b",
    re.IGNORECASE,
)
"""A time that was spoken of."""
_ORDINAL = re.compile(r"\b(?:first|second|third|fourth|fifth|last)(?:ly\b|\b)", re.IGNORECASE)
_WEEKDAYS = "Mondays?|Tuesdays?|Wednesdays?|Thursdays?|Fridays?|Saturdays?|Sundays?"
_WEEKDAY = re.compile(rf"\b(?:{_WEEKDAYS})\b", re.IGNORECASE)
_TIMES = (_YEAR, _ORDINAL, _WEEKDAY)
_COUNT = re.compile(r"\b(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)(?![\w.,]*\d|\w)")
"""A small number, also one that a word begins with: "two-bedroom"."""
_NAME = re.compile(
    r"[A-Z][\w’'&-]*(?:\s+(?:of\s+(?:the\s+)?(?=[A-Z])|and\s+(?=[A-Z]\w*\s+(?:Co|Group|Bank)\b))?"
    r"[A-Z][\w’'&-]*)*"
)
_OF_A_NAME = re.compile(r"\s\d{1,3}\b(?![.,:]?\d|\s*%|\s+(?:[a-z]+s|percent|million|billion)\b)")
"""The number of a thing that has no other name: "Line 3"."""
_PAIR = r"\s+(?:and|or)\s+(?:the\s+)?"
_TIME_NAME = rf"(?:{_WEEKDAYS}|{'|'.join(month.capitalize() for month in MONTHS)})\b"
_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[\w’'-]+\s+){0,3}?[\w’'-]+\s+(?:of|between|with|in|for|at|on|from)\s+(?:the\s+)?"
    rf"(?!{_TIME_NAME})[A-Z][\w’'&-]*(?:\s+(?:and\s+)?[A-Z][\w’'&-]*)*)"
)
"""A noun phrase that ends in a name: "the agreement between Acme and Oslo"."""
_PLAIN_PHRASE = re.compile(
    r"\b(?:the|an?)\s+((?:[a-z][\w’'-]*\s+){0,3}[a-z][\w’'-]*)(?=\s*(?:[?.,]|$))", re.IGNORECASE
)
_COUNTED_THINGS = re.compile(
    rf"^(?:how\s+many|which|what)\s+((?:[a-z][\w’'-]*\s+){{0,2}}?[a-z][\w’'-]*[^s\W]s)\s+(?:{_AUXILIARY})\b",
    re.IGNORECASE,
)
"""Things that a question counts, or asks which they are: "they" are these afterwards."""
_THING_ASKED = re.compile(
    rf"^(?:which|what)\s+((?:[a-z][\w’'-]*\s+)??[a-z][\w’'-]*(?:(?<!s)|(?<=ss)))\s+(?:{_AUXILIARY})\b",
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
_DEFINITE = re.compile(
    rf"\bthe\s+((?:[\w’'-]+\s*){{1,3}}?)(?=\s*(?:[?.,!]|$|\b(?:{_AUXILIARY}|{_PREPOSITIONS}|and|or|that"
    r"|who|which|when|if|the|an?)\b))"
    r"(?=(?:\s*\b(?P<of>of|for|in|on|at|between|from|to|with|by|about)\s+\w)?)",
    re.IGNORECASE,
)
"""What is spoken of as known, and whether a complement says which one is meant."""
_THE_KIND_IS = re.compile(r"^(?:is|are|was|were)\s+the\s+(\w+)\s+\w+$", re.IGNORECASE)
"""Something known of which one thing is asked: "Was the company successful?"."""
_IS = re.compile(r"^(?:what|who)(?:['’]?s|\s+(?:is|are|was|were))\s+", re.IGNORECASE)
_ONLY_VERB = re.compile(
    rf"^(?:who|what|which|when|where|how|why)\s+(?:(?:{_AUXILIARY}|been)\s+)*"
    r"(?:\w+(?:ed|ing|able|ible)|\w+)$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"^(?:how\s+many|how\s+much|what|which)\s+(?:[\w-]+\s+){1,2}"
    r"(?:(?:is|are|was|were|has|have|had|been|be)\s+)+(?:there|\w+(?:ed|en|ing|lt|nt|ld))$"
    rf"|^how\s+(?:many|much)\s+(?:{_AUXILIARY})\b"
    r"|^(?:how\s+(?:many|much)|which|what(?:\s+(?:kind|sort|type)s?\s+of)?)\s+[\w-]+"
    r"(?:\s+(?:per|an?|each|every)\s+\w+|\s+in\s+total)?$",
    re.IGNORECASE,
)
"""Something counted with no word of whose: "How many albums were released?"."""
_WORD = re.compile(r"[\w’'-]+")
_COMMON = frozenset(
    _ASKING.split()
    + (
        "the a an in on at of for and or but i he she it they we you this that these those there "
        "according by from to with during since until after before if mr mrs ms dr please january "
        "february march april june july august september october november december monday tuesday "
        "wednesday thursday friday saturday sunday be been being much many any some all also so "
        "about then total per each his her its their them him me my our us between under near as "
        "however although though while despite following other besides one than not no when more "
        "under because both several most such early late your"
    ).split()
)
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
_COMPARES = re.compile(
    r"\b(?:ones?|both|either|neither|(?:of|between|than)\s+(?:them|these|those|the\s+two)|the\s+two)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Past:
    """What was said so far, as far as it is still the topic."""

    topic: str = ""
    """What the conversation was opened with."""
    before: str = ""
    """The last question, resolved."""
    answer: str = ""
    questions: list[str] = field(default_factory=list)
    """Resolved, oldest first."""
    said: list[str] = field(default_factory=list)
    """Questions and answers, oldest first."""
    replaced: list[str] = field(default_factory=list)
    """In whose place others were put since the topic was opened."""
    called: dict[str, bool] = field(default_factory=dict)
    """Whether somebody was called "she", by name."""
    meant: str = ""
    """What "it" or "they" last stood for."""

    def asked(self, question: str, *, leans: bool, shifts: bool) -> None:
        """Take in a question of the user, resolved."""
        if shifts or not self.topic or (not leans and not _own(question) & _words(self.said)):
            self.topic, self.questions, self.said, self.replaced = _topic(question), [], [], []
        elif swapped := _swapped(self.before, question):
            self._replace(*swapped)
        self.before, self.answer = question, ""
        self.questions.append(question)
        self.said.append(question)

    def _replace(self, old: str, new: str) -> None:
        """Go on with `new` where `old` was the topic."""
        pattern = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)")
        if pattern.search(self.topic):
            self.topic = pattern.sub(lambda _: new, self.topic)
            self.questions = [pattern.sub(lambda _: new, asked) for asked in self.questions]
            self.replaced.append(old)

    def answered(self, answer: str) -> None:
        """Take in an answer to the last question."""
        self.answer = answer
        self.said.append(answer)


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


def stand_alone(question: str, history: Sequence[Mapping[str, str]] = ()) -> str:
    """`question`, or the same with what it leans on written out from `history`.

    `history` is the conversation so far, as `last_turns` takes it.
    """
    past = _Past()
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
            left = not past.before or resolved in (content, _less_lead(content))
            turns = resolved.startswith(_TELL) and "tell" not in content.lower()
            shifts = turns or bool(_SHIFT.search(content))
            past.asked(resolved, leans=not left, shifts=shifts)
        elif past.before and not _REFUSED.match(content):
            past.answered(re.sub(r"\[\d+\]", "", content))
    return _resolve(in_plain_words(question), past)


def _resolve(question: str, past: _Past) -> str:
    if asks_nothing(question):
        return question
    if not past.before:
        greeted = _GREETING.match(question)
        return _capitalised(question[greeted.end() :]) if greeted else question
    if _is_form(question, past):
        return past.before
    text = _less_lead(question)
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
    pronoun = _PRONOUN.search(rest)
    if pronoun and not _EMPTY_IT.search(rest) and not _subjects(rest[: pronoun.start()]):
        word = pronoun[0].lower()
        subject = _subject(word, past)
        if subject and word in _PERSON:
            past.called[subject] = word in _SHE
        elif subject:
            past.meant = subject
        subject = subject and _thing_meant(subject, word, rest)
        return _with_topic(rest, past, _written_out(rest, pronoun, subject) if subject else "")
    if leans or _leans(rest, past):
        return _with_topic(rest, past)
    return _capitalised(rest) if rest != question else question


def _less_lead(text: str) -> str:
    """Without thanks, greetings and announcements in front."""
    while (lead := _LEAD.match(text)) and lead.end() < len(text):
        text = text[lead.end() :]
    return text


def _is_form(question: str, past: _Past) -> bool:
    """Whether it only says how to answer; "In German?" is more where languages are spoken of."""
    text = _less_lead(question).strip(" ?.!,")
    if not _FORM.fullmatch(text):
        return False
    return not (_LANGUAGE.search(text) and _LANGUAGE.search(past.before))


def _bare(asking: str, past: _Past) -> str:
    """A question of asking words alone: "Why?" after "Did it close?" asks why it closed."""
    if _GO_ON.fullmatch(asking) and (subject := _spoken_of(past)):
        return f"Tell me more about {subject}"
    if re.fullmatch(r"why|when|where|how", asking, re.IGNORECASE) and _YES_NO.match(past.before):
        return _capitalised(f"{asking} {past.before[0].lower()}{past.before[1:]}")
    about = _topic(past.before)
    if _BARE.match(about) or not _own(about):
        about = past.topic
    return _capitalised(f"{asking} ({about})?")


def _spoken_of(past: _Past) -> str | None:
    """Whom or what the last question was about: somebody it asked for, else its subject."""
    if (request := request_of(past.before)) and request.topic:
        return request.topic
    person = _subject("he", past) if _TELLS_WHO.search(past.before) else None
    return person or _subject("it", past)


def _other(rest: str, past: _Past) -> str:
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
    places = _name_places(text, anywhere=True)
    return [
        (text[a:b], text[c:d])
        for (a, b), (c, d) in pairwise(places)
        if re.fullmatch(_PAIR, text[b:c], re.IGNORECASE)
    ]


def _leans(question: str, past: _Past) -> bool:
    """Whether a question without a pronoun needs the conversation to be understood."""
    text = question.strip(" ?.!")
    if _POINTING.search(question):
        return True
    request = request_of(question)
    if request and not request.topic and (request.newest or request.kind == "overview"):
        return False  # the latest article, or all of them
    if any(_words([name]) - _HEADS for name in _names(question)):
        return False
    if _MORE.search(text) or _EXISTS.search(text) or _COUNTED.match(text):
        return True
    said = _words(past.said)
    for phrase in _DEFINITE.finditer(text):
        own = {word for word in _own(phrase[1]) if not word.endswith("ed")}
        if not phrase["of"] and not own - _HEADS - said:
            return True
    known = _THE_KIND_IS.match(text)
    if known and _stem(known[1]) in _HEADS | said:
        return True
    if _IS.match(text) and not re.search(r"(?:able|ible|ed)$", text):
        return False
    if not _ASKS.match(text) and not _DEFINITE.search(text):
        return len(_WORD.findall(text)) + unspaced_words(text) <= SHORT
    own = _own(text)
    return not own or (len(own) == 1 and bool(_ONLY_VERB.match(text)))


def _is_piece(rest: str, led: bool) -> bool:
    """Whether what is left is a phrase and no question of its own."""
    words = _WORD.findall(rest)
    if not words or _ASKS.match(rest) or _PRONOUN.search(rest):
        return False
    if re.search(r"\b(?:how|what|when|where|who|which|why)\b", rest, re.IGNORECASE):
        return False
    if re.match(r"(?:the\s+)?(?:[a-z][\w\s-]*\s(?:of|between)|[A-Z][\w\s-]*[’']s)\s+\w", rest):
        return False
    return len(words) + unspaced_words(rest) <= (8 if led else 3)


def _put_in_place(piece: str, past: _Past) -> str:
    """`piece` for its like in the question before: a year for a year, a name for a name."""
    before = past.before
    piece = piece.rstrip(" ?.!")
    if month := _MONTH.search(piece):
        return _in_another_month(piece, month[0], past)
    for kind in _TIMES:
        new, old = kind.search(piece), kind.search(before)
        if new and old:
            return kind.sub(new[0], before)
    if _COUNT.fullmatch(piece) and len(_COUNT.findall(before)) == 1:
        return _COUNT.sub(piece, before)
    plain = re.sub(rf"^(?:{_PREPOSITIONS}|the)\s+", "", piece, flags=re.IGNORECASE)
    given = _PREPOSITION.search(piece[: len(piece) - len(plain)])
    places = _name_places(before)
    own = before.partition(" (")[0]
    places = [place for place in places if place[1] <= len(own)] or places[:1]
    if _name_places(plain, anywhere=True) and places:
        wanted = given[1].lower() if given else ""
        like = [place for place in places if _preposition(before, place[0]) == wanted]
        if like or not given:
            start, end = (like or places)[0]
            if not given and _has_an_office(before, start, end) and _is_person(plain, past):
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


def _is_person(name: str, past: _Past) -> bool:
    """Whether a whole name is somebody's, by its title, its first word or what was said."""
    if name in past.called:
        return not any(f"the {name}" in text for text in past.said)  # "she" may be a ship
    if _people(name) != [name]:
        return False
    words = name.lower().split()
    known = (whom for text in past.said for _, whom in introductions(text))
    return words[0].rstrip(".") in TITLES | WOMEN | MEN or name in known


def _has_an_office(question: str, start: int, end: int) -> bool:
    """Whether `question` asks who holds an office of the name at `start`, which is nobody's."""
    if not _TELLS_WHO.search(question) or question[start:end] in _people(question):
        return False
    of = re.search(r"([\w-]+)\s+(?:of|at|in|for|from)\s+(?:the\s+)?$", question[:start])
    has = re.match(r"[’']s((?:\s+[\w-]+){1,3})", question[end:])
    offices = f"{of[1] if of else ''} {has[1] if has else ''}"
    return not OFFICES.isdisjoint(offices.lower().split())


def _added(piece: str, past: _Past) -> str:
    """The question before with a piece behind it: "in Oslo", "July"."""
    if re.match(rf"(?:{_PREPOSITIONS})\b", piece, re.IGNORECASE):
        piece = piece[0].lower() + piece[1:]
    own, bracket, topic = past.before.rstrip(" ?.!").partition(" (")
    return f"{own} {piece}{bracket}{topic}?"


def _in_another_month(piece: str, month: str, past: _Past) -> str:
    """The last question that names a time, of another month; of its year, if only it says one."""
    for before in reversed(past.questions):
        own = before.partition(" (")[0]
        old = _MONTH.search(own) or _YEAR.search(own)
        if old:
            break
    else:
        return _added(piece, past)
    year = _YEAR.search(old[0])
    told = month if year is None or _YEAR.search(month) else f"{month} {year[0]}"
    start, said = old.start(), _PREPOSITION.search(before[: old.start()])
    given = _PREPOSITION.search(piece[: piece.index(month)])
    if said and given:
        start, told = said.start(1), f"{given[1].lower()} {told}"
    return before[:start] + told + before[old.end() :]


def _dated(question: str, past: _Past) -> str:
    """`question` with the time that "since then" or "in that year" stands for, if one was told."""
    then = _THEN.search(question)
    time = then and _time_spoken_of(past)
    if not then or not time:
        return question
    way = then[1] or then[2]
    return f"{question[: then.start()]}{way} {time}{question[then.end() :]}"


def _time_spoken_of(past: _Past) -> str | None:
    """The month or the year that was last asked of, or the only one that the answer tells."""
    for text in (past.before.partition(" (")[0], past.answer):
        for kind in (_MONTH, _YEAR):
            told = {match[0] for match in kind.finditer(text)}
            if told:
                return told.pop() if len(told) == 1 else None
    return None


def _preposition(text: str, position: int) -> str:
    match = _PREPOSITION.search(text[:position])
    return match[1].lower() if match else ""


def _subject(pronoun: str, past: _Past) -> str | None:
    """What the pronoun stands for: the one last asked about, or told of."""
    before, answer = past.before, past.answer
    digest = request_of(before)
    if digest and digest.kind != "about" and pronoun not in _PERSON | _PLURAL:
        return None  # the article may be meant, or anything in it
    if pronoun in _PERSON:
        return _piece(before, pronoun) or _person(pronoun, past)
    if pronoun in _PLURAL and (texts := _TEXTS.search(before)):
        return f"the {texts[0].lower()}"
    told_of = _told(answer) if len(_WORD.findall(answer)) <= SHORT else []
    named = next(
        (name for name in told_of if pronoun in _PLURAL or not _is_person(name, past)), None
    )
    if thing := _piece(before, pronoun) or _thing_asked(before, pronoun):
        goes_on = past.meant in before.partition(" (")[0] and pronoun not in _PLURAL
        return named or (past.meant if past.meant and goes_on else thing)
    phrase = _PHRASE.search(before.partition(" (")[0])
    asked_so_far = [before, *reversed(past.questions)]
    for asked in (text.partition(" (")[0] for text in asked_so_far):
        if pronoun in _PLURAL and _TELLS_WHO.search(asked):
            return None  # whom the answer names
        if phrase:
            return f"the {phrase[1]}"
        if name := _name_asked(asked, pronoun, past):
            return name
        # What was asked of before, where it leant on what was asked before that.
        if before.startswith(f"{asked} (") and (noun := _plain_thing(asked, pronoun)):
            return (named if _IS.match(asked) else None) or noun
    for asked in asked_so_far:  # with what was added to them
        if name := _name_asked(asked, pronoun, past):
            return name
    if noun := _plain_thing(before):
        return noun
    return named


def _person(pronoun: str, past: _Past) -> str | None:
    """Who "he" or "she" is: whom the last question asked for, else the last one it named."""
    before = past.before
    asked = [before, *reversed(past.questions)]
    told = _TELLS_WHO.search(before) or any(_is_role(word) for word in before.split())
    if told and not _is_name(_IS.sub("", before.rstrip(" ?.!"))):
        introduced = _introduced(before, past.answer)
        office = _THE_OFFICE.search(before)
        if office and not introduced and not _TELLS_WHO.search(before):
            return f"the {office[1]}"
        asked = [", ".join([*introduced, *_people(past.answer)]), *asked]
    surnames = {name.split()[-1]: name for text in reversed(past.said) for name in _people(text)}
    for text in asked:
        known = [surnames.get(name, name) for name in _names(text) if " " not in name]
        whole = [name for name in known if " " in name or name.lower() in WOMEN | MEN]
        for name in (*_people(text), *whole):
            if _is_woman(name, past) in (None, pronoun in _SHE):
                return name
    return None  # any other name of one word may be a person's or anything's


def _introduced(question: str, answer: str) -> list[str]:
    """Those whom an answer gives the office that the question names: "Mayor Kari Holm".

    "Head of the old school" is none of the new one: who is asked for is told first.
    """
    asked = _words([question]) & _OFFICE_STEMS
    people = _people(answer)
    titled = [
        name for name in people for o in asked if re.search(rf"\b(?i:{o}),?\s+{name}", answer)
    ]
    held = [name for role, name in introductions(answer) if asked & _words([role])]
    return titled or ([] if _TELLS_WHO.search(question) else held)


def _is_woman(name: str, past: _Past) -> bool | None:
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
    if not bracket or len(words) > MOST_OF_PIECE or _ASKS.match(own) or not _own(own):
        return None
    holds_office = _stem(words[-1].lower()) in _OFFICE_STEMS
    points = any(each.search(own) for each in (_PRONOUN, _POINTING, _MORE, _EXISTS))
    several = words[-1].endswith("s") and not words[-1].endswith("ss")
    if points or holds_office != (pronoun in _PERSON) or several != (pronoun in _PLURAL):
        return None
    return re.sub(r"^The\b", "the", own)


def _plain_thing(question: str, pronoun: str = "") -> str | None:
    """The last thing without a name in a question; with a pronoun one that it may stand for."""
    plain = list(_PLAIN_PHRASE.finditer(question))
    noun = _noun_of(question, plain[-1]) if plain else ""
    if not noun or _TEXTS.search(f"{noun}s"):
        return None
    if pronoun:
        if pronoun not in _PLURAL and _stem(noun.split()[-1]) in _OFFICE_STEMS:
            return None
        several = noun.endswith("s") or noun.split()[-1] in KINDS
        clause = re.search(r"\b(?:when|if|until|after|before)\s+$", question[: plain[-1].start()])
        known = plain[-1][0].lower().startswith("the ") and not clause
        return f"the {noun}" if known and (several or pronoun not in _PLURAL) else None
    return f"the {noun}"


def _thing_asked(question: str, pronoun: str) -> str | None:
    """What a question counts, or asks which it is, without a name."""
    pattern = _COUNTED_THINGS if pronoun in _PLURAL else _THING_ASKED
    thing = pattern.match(question)
    if not thing or _stem(thing[1].split()[-1]) in _NO_THINGS:
        return None
    return f"the {thing[1]}"


def _name_asked(question: str, pronoun: str, past: _Past) -> str | None:
    """The name that a question is about; of "it" no person's, as far as that can be told."""
    names = [*_subjects(question), *_names(question)]
    if pronoun not in _PLURAL:
        called = _people(question)
        people = [name for name in called if not re.search(rf"\b[Tt]he\s+{name}", question)]
        names = [name for name in names if not _is_person(name, past)]
        names.sort(key=lambda name: name in people)
    if not names:
        return None
    kind = re.search(rf"\b[Tt]he\s+{re.escape(names[0])}\s+([a-z]+)", question)
    return f"the {names[0]} {kind[1]}" if kind and kind[1] in KINDS else names[0]


def _thing_meant(subject: str, pronoun: str, question: str) -> str:
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
        ends = re.compile(rf"(?:an?|the|{_PREPOSITIONS})" if asks["be"] else "an?|the", re.I)
        words = list(takewhile(lambda word: not ends.fullmatch(word), words))
        words = words[:-1] or words
    return " ".join(words)


def _people(text: str) -> list[str]:
    """Names of two or three words without the word of an office or an organisation in them."""
    found = []
    for match in re.finditer(r"\b[A-Z][a-z]+(?:[\s-][A-Z][a-z]+)+", text):
        words = [w for w in match[0].split() if w.lower() not in _COMMON]
        while words and words[0].lower() in ROLES | RANKS:
            words = words[1:]
        if len(words) in (2, 3) and not _is_role(" ".join(words)):
            found.append(" ".join(words))
    titled = re.findall(r"\b(?:Mr|Mrs|Ms|Dr)\.?\s+[A-Z]\w+", text)
    return found or titled


def _is_role(name: str) -> bool:
    return any(word.lower() in ROLES for word in name.split())


def _names(text: str, *, anywhere: bool = False) -> list[str]:
    """Capitalised phrases, ordinary opening words left out; a lone first word only `anywhere`."""
    places = _name_places(text, anywhere=anywhere)
    return [re.sub(r"[’']s$", "", text[start:end]) for start, end in places]


def _subjects(text: str) -> list[str]:
    """The names that a question is about: not where or when it is asked of."""
    where = ("in", "at", "from", "on", "near", "during", "to")
    places = [p for p in _name_places(text) if _preposition(text, p[0]) not in where]
    return [re.sub(r"[’']s$", "", text[start:end]) for start, end in places]


def _told(answer: str) -> list[str]:
    """The names of an answer: a capital at the start of a sentence makes none."""
    if len(_WORD.findall(answer)) <= SHORT:
        places = _name_places(answer, anywhere=True)
    else:
        starts = {match.end() for match in re.finditer(r"(?:^|[.!?:]\s+)[\"“(]?", answer)}
        places = [(a, b) for a, b in _name_places(answer) if a not in starts or " " in answer[a:b]]
    names = [re.sub(r"[’']s$", "", answer[a:b]) for a, b in places if b - a > 1]
    return list(dict.fromkeys(names))


def _name_places(text: str, *, anywhere: bool = False) -> list[tuple[int, int]]:
    places = []
    for match in _NAME.finditer(text):
        start = match.start()
        words = [(m.start() + start, m.end() + start, m[0]) for m in _WORD.finditer(match[0])]
        while words and re.sub(r"[’']s$", "", words[0][2].lower()) in _COMMON:
            words.pop(0)
        while words and words[-1][2].lower() in _COMMON:
            words.pop()
        if not words:
            continue
        first = re.sub(r"[’']s$", "", words[0][2])
        owns = first != words[0][2] and first not in ("Let", "Here", "Today")
        begins = words[0][0] == 0 and len(words) == 1 and first[1:].islower() and not owns
        if not begins or anywhere:
            last = words[-1]
            possessive = re.search(r"[’']s$", last[2])
            numbered = None if possessive else _OF_A_NAME.match(text, last[1])
            end = numbered.end() if numbered else last[1] - (2 if possessive else 0)
            places.append((words[0][0], end))
    return places


def _topic(question: str) -> str:
    """What a question is about: the question less its asking words and pronouns."""
    text = re.sub(r"\s*\(.*\)", "", _less_lead(question).rstrip(" ?.!"))
    if (request := request_of(text)) and request.topic:
        return request.topic
    text = _OPENING.sub("", text)
    text = re.sub(rf"\b(?:did|does|do|{_PRONOUNS})\b\s*", "", text, flags=re.I)
    return " ".join(text.split()[:MOST_TOPIC]) or question.rstrip(" ?.!")


def _topic_names(topic: str, question: str) -> list[str]:
    """Names of a topic; its first word is one unless it had its capital as the first of all."""
    return _names(topic, anywhere=not question.startswith(topic))


def _with_topic(question: str, past: _Past, written_out: str = "") -> str:
    """The question with what it leaves out of its topic, in parentheses.

    Once a pronoun is written out, only the names of the topic can still be missing, and what one
    thing is compared with.
    """
    said = written_out or question
    text = said.rstrip(" ?.!")
    parts = _topic_names(_topic(past.before), past.before)
    have = _words([text])
    if written_out:
        named = _topic_names(past.topic, past.questions[0])
        known = bool(have & _words([past.topic]))
        parts = [*(named or ([] if known else [past.topic])), *parts]
        if (asked := _THING_ASKED.match(past.before)) and f"the {asked[1]}" in written_out:
            parts = [_topic(past.before), *parts]  # only its clause says which one it is
    else:
        told = () if request_of(past.before) else _told(past.answer)[:MOST_NAMES]
        parts = [past.topic, *parts, *told]  # of a digest its topic is enough: it names everybody
    if _COMPARES.search(question):
        parts += past.replaced
    added = []
    for part in parts:
        own = _words([part])
        if own - have:
            added.append(part)
            have |= own
    return _capitalised(f"{text} ({', '.join(added)})?" if added else said)


def _swapped(before: str, question: str) -> tuple[str, str] | None:
    """The name or time in `before` and the one in its place in `question`, all else the same."""
    before, question = before.rstrip(" ?.!"), question.rstrip(" ?.!")
    times = [match.span() for kind in (*_TIMES, _MONTH) for match in kind.finditer(before)]
    for start, end in [*_name_places(before), *times]:
        back = before[end:]
        new = question[start : len(question) - len(back)]
        if new != before[start:end] and question == before[:start] + new + back and _is_name(new):
            return before[start:end], new
    return None


def _is_name(text: str) -> bool:
    """Whether a text is a name or a time and nothing more."""
    words = [word for word in text.split() if word not in ("the", "of", "and")]
    return bool(words) and all(
        word[0].isupper() or word[0].isdigit() or _ORDINAL.fullmatch(word) for word in words
    )


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.lower() not in _COMMON]


def _words(texts: Iterable[str]) -> set[str]:
    """What the texts speak of, roughly by stem."""
    return {_stem(word) for text in texts for word in _content(text)}


def _own(question: str) -> set[str]:
    """The words that give a question a subject of its own."""
    return _words([question]) - _LIGHT_STEMS


def _stem(word: str) -> str:
    word = re.sub(r"[’']s?$", "", word.lower())
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


_HEADS = frozenset(map(_stem, KINDS | OF_SOMETHING))
_LIGHT_STEMS = frozenset(map(_stem, LIGHT))
_OFFICE_STEMS = frozenset(map(_stem, OFFICES | RELATIVES))
_NO_THINGS = _LIGHT_STEMS | frozenset(map(_stem, TRAITS | PLACES))


def _written_out(question: str, pronoun: re.Match[str], subject: str) -> str:
    word = pronoun[0].lower()
    following = question[pronoun.end() :]
    possessive = word in _POSSESSIVE and (word != "her" or bool(re.match(r"\s+\w", following)))
    plural = subject.startswith("the ") and subject.endswith("s")
    put = f"{subject}'{'' if plural else 's'}" if possessive else subject
    return question[: pronoun.start()] + put + following


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
