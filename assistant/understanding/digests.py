"""Which digest a question asks for, if it asks for one: a summary, what mentions a topic, all."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from assistant.language.periods import periods_in
from embeddings.lexical import stems

if TYPE_CHECKING:
    from assistant.language.periods import Period

__all__ = ["AFFAIR", "Request", "asks_for_all", "request_of"]

_TEXT = r"(?:articles?|reports?|stor(?:y|ies)|texts?|documents?|pieces?|pages?|news(?:\s+items?)?)"
_MANY = r"(?:articles|reports|stories|texts|documents|pieces|pages|news|sources)"
_SEVERAL = r"(?:articles|reports|stories|texts|documents|pieces)"
_ONE = r"(?:article|report|story|text|document|piece|page)"
_LEADS = (
    r"^\W*(?:(?:hi|hello|ok(?:ay)?|so|well|now|quick(?:ly)?)\b[,:\s]+)?(?:please\s+)?"
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?(?:(?:briefly|quickly|just)\s+)?"
    r"|i\s+(?:want|need)\s+(?:you\s+to\s+)?|i(?:['’]d|\s+would)\s+like\s+(?:you\s+to\s+)?"
    r"|briefly\s+|just\s+)?"
)
"""How people begin who ask for something politely, or in haste."""
_ME = r"(?:\s+(?:me|us))?"
_SIZE = r"(?:(?:very\s+)?(?:short|brief|quick|rough|concise|general|little)\s+)?"
_DIGEST = (
    r"(?:summary|overview|outline|gist|digest|run-?down|re-?cap|recapitulation|synopsis|round-?up"
    r"|low-?down|tl;?dr)"
)
_ACCOUNT = (
    r"(?:account|story|sketch|essence|upshot|bottom\s+line|long\s+and\s+short|substance|timeline"
    r"|chronology|(?:course|sequence)\s+of\s+events)"
)
"""A digest only when it is one of something: what is an account otherwise is a bank's."""
_POINTS = (
    r"(?:(?:main|key|most\s+important|essential|central)\s+(?:points?|ideas?|takeaways?|messages?|facts"
    r"|findings|conclusions|events|developments|things)|essentials|highlights)"
)
_AFFAIR = (
    r"(?:dispute|row|quarrel|argument|controversy|affair|conflict|fuss|debate|saga|scandal|feud"
    r"|stand-?off|trouble|crisis|commotion|uproar|protest)s?"
)
"""What has a course that several articles may tell, and is about something."""
AFFAIR = re.compile(rf"\b{_AFFAIR}\b", re.IGNORECASE)
_FEW = r"(?:a\s+few|one|two|three|four|five|a\s+couple\s+of|\d)"
_SHORT = (
    rf"(?:briefly|(?:put\s+)?in\s+(?:short|brief|a\s+nutshell|summary|(?:just\s+)?{_FEW}\s+(?:short\s+)?"
    r"(?:words|sentences?|lines))|(?:keep|make)\s+it\s+(?:short|brief))"
)
_MENTIONS = re.compile(
    rf"{_LEADS}(?:(?:(?P<inside>in)\s+)?(?:which|what|how\s+many)\s+(?:of\s+)?(?:the\s+|these\s+|your\s+|other\s+)*"
    rf"{_TEXT}(?!['’])"
    rf"|(?:list|show|find|name|give)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?{_MANY}(?!['’]))\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_SPEAKING = (
    "mention mentioned talk speak discuss cover name named deal refer write report say tell "
    "concern contain bring up touch take place set happen come appear turn crop article "
    "story piece anything something related relating regarding quote cite describe feature "
    "deals focus there involve include involving including dealing mentioning"
)
"""What texts do with a topic: no words of the topic itself."""
_OF_A_TOPIC = re.compile(
    r"\babout\b|^(?:(?:that\s+|which\s+)?(?:is|are|was|were|comes?)\s+(?:there\s+)?)?(?:on|from)\b"
    r"|^(?:in|with)\b",
    re.IGNORECASE,
)
_PART_OF = re.compile(r"of\b", re.IGNORECASE)
_OBLIGED = re.compile(
    r"(?:(?:that|which)\s+)?(?:(?:do|does|did)\s+(?:you|we)\s+)?(?:must|should|shall|ought\s+to"
    r"|(?:need|needs|have|has|had)\s+to|(?:is|are|was|were)\s+(?:to|required|supposed)"
    r"|(?:can|could|may|might|will|would)\s+(?:(?:i|we|you|they|he|she|it)|(?:\w+\s+)?be))\b",
    re.IGNORECASE,
)
"""What has to be done to documents, or can be done with them: "must be included in the claim"."""
_PASSIVE = re.compile(
    r"(?:(?:that|which)\s+)?(?:(?:is|are|was|were|(?:have|has|had)\s+been)\s+(?:(?:also|\w+ly)\s+)?"
    r"(?!(?:relat|concern|connect|link|dedicat|devot|bas|locat|publish|print|releas|post)ed\b)\w+ed"
    r"|(?:mention|nam|includ|contain|discuss|quot|cit|describ|involv|need|requir)ed)"
    r"\s+(?:in|by|with|for|to|at|as)\b",
    re.IGNORECASE,
)
"""What is done to documents: that is said of things, and not of what they tell."""
_OF_A_YEAR = re.compile(r"\b(?:(?:in|from)|(?P<word>[a-z]+)\s+of)\s+(?:1[5-9]|20)\d\d\b")
"""When something was: no name of what is looked for, as is the year of "the Treaty of 1963"."""
_TIMED = re.compile(
    r"(?:in|during|throughout|since|before|after|until|between|from\s.*\s(?:to|until|through))\b",
    re.IGNORECASE,
)
"""How a span of time begins in which articles may mention something, and no day of an event."""
_DONE_TO = re.compile(r"(?:do|does|did)\s+(?!you\b|we\b)(?P<word>\w+)", re.IGNORECASE)
"""After "which reports": another does something to them, unless what follows is a text's doing."""
_SUMMARY = re.compile(
    rf"{_LEADS}(?:what(?:['’]s|\s+is|\s+are|\s+was|\s+were)\s+(?P<which>(?:this|that|the|these|those|all|each|every)\b(?:(?!\b(?:of|on|in|at)\b).)*?)\b"
    rf"(?P<noun>{_TEXT})\b(?P<rest>.*?)\babout\b(?P<after>.*)"
    r"|(?:summari[sz]e|paraphrase|sum(?:\s+(?:it|this|that|things))?\s+up|outline|re-?cap|recapitulate|condense|sketch"
    r"|(?:catch|fill|brief)\s+(?:me|us)\s+(?:up\s+|in\s+)?on|(?:bring|get)\s+(?:me|us)\s+up\s+to\s+(?:date|speed)\s+(?:on|with|about)"
    r"|(?:walk|take|run|talk)\s+(?:me|us)\s+through"
    rf"|(?:(?:give|write|get|show|send|make|provide|let){_ME}\s+(?:have\s+)?|(?:do\s+you\s+)?have\s+|is\s+there\s+|what(?:['’]s|\s+is|\s+was)\s+)?"
    rf"(?:(?:a|an|the)\s+)?{_SIZE}(?:{_DIGEST}(?:\s+(?:of|on|about|for|from))?|{_ACCOUNT}\s+(?:of|behind))"
    rf"|(?:(?:give|tell|show|list|name){_ME}\s+|what(?:['’]s|\s+is|\s+are|\s+was|\s+were)\s+)?(?:the\s+)?{_POINTS}(?!\s+of\s+(?:dis)?agreement)(?:\s+(?:of|in|from|about))?"
    r"|tell\s+(?:me|us)\s+(?:the\s+(?:whole\s+)?story\s+(?:of|behind)"
    rf"|(?:about|of)\s+(?=(?:the|this|that)\s+(?:\w+\s+){{0,2}}?{_ONE}\b)"
    rf"|what\s+(?=(?:the|this|that)\s+(?:\w+\s+){{0,2}}?{_ONE}\b.*\b(?:says?|reports?|tells?(?:\s+us)?)\W*$))"
    rf"|what\s+(?:does|did)\s+(?=(?:the|this|that)\b.*\b{_ONE}\b.*\b(?:say|report|tell(?:\s+us)?|cover|contain|deal\s+with)\W*$)"
    r"|what\s+(?:do\s+(?:i|we)\s+need\s+to|should\s+(?:i|we)|must\s+(?:i|we)|is\s+there\s+to)\s+know\s+about"
    rf"|what(?:['’]s|\s+is|\s+are|\s+was|\s+were)\s+(?=(?:the|this|that|all)\b.*\b{_AFFAIR}\b.*\babout\W*$)"
    rf"|what(?:['’]s|\s+is|\s+was)\s+in\s+(?=(?:the|this|that)\b.*\b{_ONE}\b(?!['’]))"
    r"|what\s+(?:is|was)\s+in\s+the\s+(?P<news>news)\b)\b:?(?P<topic>.*))$",
    re.IGNORECASE,
)
_UNFOLDED = re.compile(
    r"^\W*how\s+(?:did|has|have)\b(?P<topic>.*)\b(?:unfold(?:ed)?|play(?:ed)?\s+out|pan(?:ned)?\s+out|come\s+about)\W*$",
    re.IGNORECASE,
)
"""Asks for a course from beginning to end, which no one sentence tells."""
_SUBJECTS = r"(?:topics|subjects|themes)"
_OVERVIEW = re.compile(
    rf"{_LEADS}(?:what\s+(?:{_MANY}|topics|subjects|information)\s+(?:do\s+you\s+have|are\s+there|is\s+there)(?:\s+here)?\W*$"
    rf"|what\s+can\s+i\s+ask|what\s+do\s+you\s+know(?!\s+about)|list\s+(?:all\s+)?(?:the\s+|your\s+)?{_MANY}\W*$"
    rf"|(?:which|how\s+many)\s+{_MANY}\s+(?:do\s+you\s+have|are\s+there)(?:\s+here)?\W*$"
    r"|help(?:\s+me)?\W*$|what\s+can\s+you\s+(?:do|answer|tell\s+me|help\s+(?:me\s+)?with)\W*$"
    rf"|what\s+do\s+(?:the\s+|these\s+|your\s+)?{_MANY}\s+(?:say|report)\W*$"
    r"|what\s+(?:was|has\s+been)\s+(?:reported|written|published)\W*$"
    r"|what(?:['’]s|\s+is)\s+(?:all\s+)?in\s+(?:here|(?:the|your|this)\s+(?:library|collection|corpus|folder))\W*$"
    r"|what(?:['’]s|\s+is)\s+(?:this|that|all\s+(?:of\s+)?this)\s+(?:all\s+)?about\W*$"
    rf"|(?:what|which)\s+{_SUBJECTS}\s+(?:do|does)\s+(?:(?:the|these|your|all)\s+)*(?:{_MANY}|you|they)"
    r"\s+(?:cover|treat|discuss|have|deal\s+with|talk\s+about|write\s+about|know(?:\s+about)?)\W*$"
    rf"|(?:what|which)\s+{_SUBJECTS}\s+(?:are|is)\s+(?:covered|discussed|treated|here|in\s+here)(?:\s+here)?\W*$"
    rf"|what\s+are\s+the\s+{_SUBJECTS}(?:\s+(?:here|covered|of\s+(?:the|these|your|all)\s+{_MANY}))?\W*$"
    r"|what(?:['’]s|\s+is)\s+new(?:\s+(?:here|today))?\W*$"
    r"|(?:give|show)\s+(?:me\s+)?(?:an\s+|some\s+)?examples?(?:\s+(?:of\s+)?questions?)?\W*$"
    r"|what\s+(?:should|could)\s+i\s+ask"
    r"|(?:list|show|give)\s+(?:me\s+)?(?:all\s+)?(?:the\s+|your\s+)?(?:titles|headlines)\W*$"
    rf"|what\s+(?:kind|sort)s?\s+of\s+{_MANY}\s+(?:do\s+you\s+have|are\s+there|are\s+these)(?:\s+here)?\W*$"
    r"|(?:(?:what(?:['’]s|\s+is|\s+are)|which|how\s+many|any|all|the|these|your|show|find|give|me|new|latest|newest"
    rf"|recent|most\s+recent)\s+)*{_MANY}\W*$)",
    re.IGNORECASE,
)
_SOMETHING = (
    r"(?:(?:more|all|everything|something|anything|a\s+(?:bit|little)(?:\s+more)?)(?:\s+(?:that\s+)?(?:you"
    r"\s+(?:know|have|can)|there\s+is(?:\s+to\s+know)?))?|what(?:ever)?\s+you\s+(?:know|have|can))"
)
_ABOUT = re.compile(
    rf"{_LEADS}(?:(?:tell|show)\s+(?:me|us)\s+(?:{_SOMETHING}\s+)?about|give\s+(?:me|us)\s+{_SOMETHING}\s+(?:about|on)"
    r"|what\s+(?:else\s+)?(?:(?:can|could)\s+you\s+tell\s+(?:me|us)|do\s+(?:you|we)\s+know)\s+about"
    rf"|what\s+(?:do|did)\s+(?:(?:the|these|your|all|our)\s+)*(?:{_MANY}|you|they)\s+"
    r"(?:say|report|know|tell(?:\s+(?:me|us))?|write|have)\s+(?:about|on)"
    r"|what\s+(?:is|was|has\s+been)\s+(?:known|reported|written|published)\s+about)\s+(?P<topic>.+)$",
    re.IGNORECASE,
)
"""Asks for all that is said of something, not for one thing."""
_IN_THE_NEWS = re.compile(
    rf"{_LEADS}(?:(?:what(?:['’]s|\s+is|\s+are)\s+)?(?:the\s+)?(?:very\s+)?(?:latest|newest|most\s+recent)"
    r"(?:\s+(?:news|developments?|updates?))?\s+(?:on|about|with|regarding|concerning)"
    r"|what(?:['’]s|\s+is)\s+new\s+with"
    r"|(?:(?:is|are)\s+there\s+|do\s+you\s+have\s+)?any\s+(?:new\s+)?(?:news|updates?|developments?)\s+(?:on|about|from|regarding)"
    r"|where\s+do\s+things\s+stand\s+(?:with|on))\s+(?P<topic>.+)$",
    re.IGNORECASE,
)
_THE_NEWEST = re.compile(
    rf"{_LEADS}(?:what|which)(?:['’]s|\s+is|\s+was)\s+(?:the|your)\s+(?:latest|newest|most\s+recent)\s+{_ONE}\W*$",
    re.IGNORECASE,
)
_GOING_ON = re.compile(
    rf"{_LEADS}what(?:['’]s|\s+is|\s+was)\s+(?:going\s+on|happening|the\s+(?:story|deal|situation))\s+(?:with|around)\s+(?P<topic>.+)$",
    re.IGNORECASE,
)
_IS_THERE = re.compile(
    rf"{_LEADS}(?:(?:is|are)\s+there\s+|do\s+you\s+have\s+|have\s+you\s+(?:got\s+)?)?(?:(?:any|all|some|your)\s+)?"
    rf"(?:{_MANY}|anything|something|everything)\s+(?:at\s+all\s+)?(?:about|on|regarding|concerning)\s+(?P<topic>.+)$"
    r"|^\W*where\s+(?:is|are|was|were)\s+(?P<named>.+?)\s+(?:mentioned|named|discussed|quoted|cited)\W*$"
    rf"|^\W*where\s+do(?:es)?\s+(?:the|these|your)\s+{_TEXT}\s+(?:mention|name|discuss|talk\s+about|speak\s+of)\s+(?P<spoken>.+)$",
    re.IGNORECASE,
)
"""Asks which articles there are of something, in other words than "which"."""
_NO_TOPIC = re.compile(
    r"\b(?:how|why|what|who|whom|whose|when|where|whether|which|if|it|its|he|him|his|she|her|they|them"
    r"|their|this|that|these|those)\b",
    re.IGNORECASE,
)
"""What has such a word is a question of its own, or nobody knows what of: "how it was built"."""
_PLAIN = re.compile(
    rf"\b(?:the|this|that|these|those|all|of|on|about|in|from|my|your|main|whole|entire|for|me|please"
    rf"|us|latest|newest|most\s+recent|last|each|every|it|them|everything|says?|reports?|tells?|{_TEXT})\b|[?.!,:;]",
    re.IGNORECASE,
)
_AT_THE_END = (
    rf"(?:{_SHORT}|(?:just\s+)?(?:an?\s+)?(?:{_SIZE}(?<!\ban\s)(?<!\bthe\s)(?:overview|summary|re-?cap|run-?down)"
    r"|(?:short|brief)\s+(?:account|version))(?!\s+of))"
)
_BRIEFLY = re.compile(
    rf"^\W*(?:{_SHORT}|quick\s+re-?cap)\b[\s,:–-]*"
    rf"|[\s,.;:?!–-]*\b{_AT_THE_END}(?:,?\s+please)?(?=\W*$)"
    rf"|,\s+{_SHORT},(?=\s)|(?:(?<=\byou)|(?<=\bme)|(?<=\bus)|(?<=\bdescribe)|(?<=\bexplain))\s+{_SHORT}\b",
    re.IGNORECASE,
)
"""What says that the answer is to be short: at the start, at the end, or after the verb."""
_COURSE = re.compile(
    r"^\W*(?:how\s+(?:did|do|does|has|have|is|are|was|were)\b(?P<how>.*)\b(?:go|gone|going|stand|fare|fared|end|ended|develop(?:ed)?|turn(?:ed)?\s+out)\b(?P<after>.*)"
    r"|(?:(?:can|could)\s+you\s+)?(?:please\s+)?(?:tell\s+(?:me|us)\s+)?what\s+happened\b(?P<what>.*)"
    r"|(?:(?:can|could)\s+you\s+)?(?:please\s+)?(?:(?:tell\s+(?:me|us)\s+(?:about|how|why)|describe|explain)\b(?P<told>.+))"
    r"|what(?:['’]s|\s+is|\s+was)\s+(?P<about>.+)\babout"
    r"|who\s+did\s+what\b(?P<who>.*)"
    r"|(?P<bare>(?!(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would|in|on|at)\b)\w.*))$",
    re.IGNORECASE,
)
"""Asks how something went: in brief, that is a summary and not one sentence."""
_ASKS_WHAT = re.compile(r"(?:what(?!\s+happened)|who)\b", re.IGNORECASE)
_ASKS_FOR_ALL = re.compile(
    rf"{_LEADS}(?:what|which|(?:tell|show|give|list|name)\b|everything|anything|events|news|timeline|chronology"
    r"|(?:is|are|was|were)\s+there\s+(?:any(?:thing)?|something|events|news)\b|did\s+any(?:thing)?\b"
    r"|(?:any|all)\s+(?:the\s+)?(?:events|news)\b)",
    re.IGNORECASE,
)
_HAPPENING = (
    "what what's which happen happened happening occur occurred take took taken place go goes "
    "went going on event events thing things new news everything anything something all any "
    "tell show give list name us about dated date dates day days when each them with that "
    "fell fall there across timeline chronology was were is are did occurrences important"
)
"""With a span of time, all that a question for what happened then is made of."""
_OF_A_TEXT = re.compile(rf"\b(?!story\s+(?:of|behind)\b)(?:{_TEXT}|it|this|that)\b", re.IGNORECASE)
"""An article is meant, and not what happened: "the story of the bridge" is that."""
_BRACKETS = re.compile(r"\s*\([^()]*\)\s*\??$")
_NEWEST = re.compile(r"\b(?:latest|newest|most\s+recent)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """What kind of digest a question asks for."""

    kind: Literal["summary", "about", "mentions", "overview", "time"]
    topic: str = ""
    """What the article is about, or what is mentioned, in the question's words; may be empty."""
    newest: bool = False
    """Whether the newest article is meant."""
    story: bool = False
    """Whether what happened is to be summed up, and not an article: several may tell it."""
    periods: tuple[Period, ...] = ()
    """When what is asked for happened."""


def request_of(question: str, newest: str | None = None) -> Request | None:
    """The digest that `question` asks for; None for a question about what articles say.

    `newest`, the date of the newest article, tells which year "in July" means.
    """
    if periods := _asks_what_happened(question, newest):
        return Request("time", " ".join(period.words for period in periods), periods=periods)
    if _OVERVIEW.match(question):
        return Request("overview")
    if match := _MENTIONS.match(question):
        if not match["inside"] and not _of_a_topic(match["rest"]):
            return None
        return _mentions(match["rest"], newest)
    if request := _of_something(question, newest):
        return request
    plainly = _BRIEFLY.sub("", question)
    match = _SUMMARY.match(plainly)
    if match is None:
        course = _UNFOLDED.match(plainly) or (plainly != question and _COURSE.match(plainly))
        topic = _plain(" ".join(filter(None, course.groups()))) if course else ""
        return Request("summary", topic, story=True) if topic else None
    words = " ".join(filter(None, (match["which"], match["rest"], match["after"], match["topic"])))
    if periods := _asks_what_happened(f"what happened {match['topic'] or ''}", newest):
        return Request("time", " ".join(period.words for period in periods), periods=periods)
    said = " ".join(filter(None, match.group("which", "noun", "news", "topic")))
    many = re.search(rf"\b(?:{_MANY}|each|every)\b", said, re.I)
    if many:
        words = _BRACKETS.sub("", words)
    topic = _plain(words)
    if many and not topic:
        return Request("overview")
    if match["noun"] is None and not _OF_A_TEXT.search(question):
        # "Summarise the agreement": the article about it. "Summarise what she said": a question.
        if _ASKS_WHAT.match(topic):
            return None
        return Request("summary", topic, story=True) if topic else Request("overview")
    several = bool(topic) and re.search(rf"\b(?:{_SEVERAL})\b", said, re.IGNORECASE) is not None
    return Request("summary", topic, bool(_NEWEST.search(question)), story=several)


def asks_for_all(question: str) -> bool:
    """Whether all that is said of something is asked for: "Tell me about the ferry"."""
    request = request_of(question)
    return request is not None and request.kind == "about" and not request.newest


def _mentions(words: str, newest: str | None) -> Request | None:
    """What asks which articles mention `words`, at the times that they name."""
    periods = tuple(one for one in periods_in(words, newest) if _TIMED.match(one.words))
    timeless = words
    for period in reversed(periods):
        timeless = f"{timeless[: period.start]} {timeless[period.end :]}"
    if topic := _topic(timeless):
        return Request("mentions", topic, periods=periods)
    topic = _topic(words)
    return Request("mentions", topic) if topic else None


def _of_something(question: str, newest: str | None) -> Request | None:
    """The digest that a question asks for by naming nothing but its topic, or the newest."""
    plainly = _BRIEFLY.sub("", question)
    if _THE_NEWEST.match(plainly):
        return Request("summary", newest=True)
    for pattern, form in (
        (_ABOUT, Request("about")),
        (_IN_THE_NEWS, Request("about", newest=True)),
        (_GOING_ON, Request("summary", story=True)),
        (_IS_THERE, Request("mentions")),
    ):
        if match := pattern.match(plainly):
            words = next(filter(None, match.groups()))
            if _NO_TOPIC.search(words):
                return None
            if form.kind == "mentions":
                return _mentions(words, newest)
            topic = _plain(words)
            return replace(form, topic=topic) if topic else None
    return None


def _asks_what_happened(question: str, newest: str | None) -> tuple[Period, ...]:
    """The spans of time of a question that asks for all that happened then; else none."""
    periods = periods_in(question, newest, unsure=True)
    rest = question
    for period in reversed(periods):
        rest = f"{rest[: period.start]} {rest[period.end :]}"
    if not _ASKS_FOR_ALL.match(rest):
        return ()
    return () if set(stems(_plain(rest))) - _happening() else periods


@cache
def _happening() -> frozenset[str]:
    return frozenset(stems(_HAPPENING))


def _plain(words: str) -> str:
    """The words without those that say nothing of a topic."""
    return " ".join(_PLAIN.sub(" ", words).strip(" ()").split())


def _of_a_topic(rest: str) -> bool:
    """Whether what follows "which reports" says what they tell of: not "… did she sign"."""
    done = _DONE_TO.match(rest)
    if _PART_OF.match(rest) or _OBLIGED.match(rest) or _PASSIVE.match(rest):
        return False
    if done and not set(stems(done["word"])) & _speaking():
        return False
    return bool(_OF_A_TOPIC.search(rest)) or bool(set(stems(rest)) & _speaking())


@cache
def _speaking() -> frozenset[str]:
    return frozenset(stems(_SPEAKING))


def _topic(words: str) -> str:
    """The words that say what is looked for, without those for what a text does with it.

    A year in which it was is left out too, unless nothing else is said.
    """
    timeless = _OF_A_YEAR.sub(lambda match: match["word"] or " ", words)
    kept: list[str] = []
    for text in (timeless, words):
        for word in re.findall(r"[\w’'-]+", text):
            own = stems(word)
            if own and not set(own) <= _speaking():
                kept.append(word)
        if kept:
            break
    return " ".join(kept)
