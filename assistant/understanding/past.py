"""What was said in a conversation so far, as far as it is still the topic.

The topic is what the conversation was opened with. A complete question that shares no word with
what was said before opens another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assistant.language.answer_types import MONTHS
from assistant.understanding.digests import request_of
from assistant.understanding.names import (
    ORDINAL,
    is_name,
    name_places,
    names_in,
    own_words,
    stems_of,
)

__all__ = [
    "AUXILIARY",
    "MONTH",
    "PRONOUNS",
    "TIMES",
    "WEEKDAYS",
    "YEAR",
    "Past",
    "less_lead",
    "swapped",
    "topic_names",
    "topic_of",
]

MOST_TOPIC = 12
"""Words of a topic."""
PRONOUNS = "he|she|him|hers?|his|himself|herself|it|its|itself|they|them|theirs?|themselves"
_LEAD = re.compile(
    r"^(?:(?:thanks|thank\s+you|thx|cheers|ok(?:ay)?|great|i\s+see|good|right|well|sure|yes|no|cool"
    r"|hello|hi|hey|i\s+mean(?:t)?|now(?=\s*,))\b[\s,.!;:–—-]*)+"
    r"|^(?:(?:different|another|new|next)\s+(?:topic|question|subject)|changing\s+(?:the\s+)?(?:topic"
    r"|subject)|(?:now\s+)?(?:for\s+)?something\s+else|by\s+the\s+way|btw)\s*(?:[:,.\-–—]\s*|\s)",
    re.IGNORECASE,
)
AUXILIARY = "did|does|do|is|are|was|were|can|could|will|would|has|have|had|should|may|might"
_OPENING = re.compile(
    r"^(?:(?:(?:who|when|where|what|how)['’]s|who|whom|whose|when|where|what|which|why"
    rf"|how(?:\s+(?:many|much|long|far|often))?"
    rf"|{AUXILIARY}|tell\s+me(?:\s+about)?|about|there|any|the|an?"
    r"|i(?:['’]d|\s+would)\s+like\s+to\s+know|i\s+want\s+to\s+know|you\s+tell\s+me|please)\s+)+",
    re.IGNORECASE,
)
YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
MONTH = re.compile(
    r"\b(?:[0-3]?\d(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
    rf"(?:{'|'.join(month.capitalize() for month in MONTHS)}"
    rf"|{'|'.join(month for month in MONTHS if month not in ('may', 'march'))}"
    r"|(?:[Jj]an|[Ff]eb|[Aa]pr|[Aa]ug|[Ss]ept?|[Oo]ct|[Nn]ov|[Dd]ec)\.?(?=\s+\d|\W*$))(?!\w)"
    r"(?:\s+[0-3]?\d(?:st|nd|rd|th)?(?!\d))?(?:,?\s+(?:1[5-9]|20)\d\d\b)?"
)
"""A month, with a day and a year where they are said; "may" and "march" are mostly verbs."""
WEEKDAYS = "Mondays?|Tuesdays?|Wednesdays?|Thursdays?|Fridays?|Saturdays?|Sundays?"
_WEEKDAY = re.compile(rf"\b(?:{WEEKDAYS})\b", re.IGNORECASE)
TIMES = (YEAR, ORDINAL, _WEEKDAY)


@dataclass(slots=True)
class Past:
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
        if (
            shifts
            or not self.topic
            or (not leans and not own_words(question) & stems_of(self.said))
        ):
            self.topic, self.questions, self.said, self.replaced = topic_of(question), [], [], []
        elif other := swapped(self.before, question):
            self._replace(*other)
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


def less_lead(text: str) -> str:
    """Without thanks, greetings and announcements in front."""
    while (lead := _LEAD.match(text)) and lead.end() < len(text):
        text = text[lead.end() :]
    return text


def topic_of(question: str) -> str:
    """What a question is about: the question less its asking words and pronouns."""
    text = re.sub(r"\s*\(.*\)", "", less_lead(question).rstrip(" ?.!"))
    if (request := request_of(text)) and request.topic:
        return request.topic
    text = _OPENING.sub("", text)
    text = re.sub(rf"\b(?:did|does|do|{PRONOUNS})\b\s*", "", text, flags=re.I)
    return " ".join(text.split()[:MOST_TOPIC]) or question.rstrip(" ?.!")


def topic_names(topic: str, question: str) -> list[str]:
    """Names of a topic; its first word is one unless it had its capital as the first of all."""
    return names_in(topic, anywhere=not question.startswith(topic))


def swapped(before: str, question: str) -> tuple[str, str] | None:
    """The name or time in `before` and the one in its place in `question`, all else the same."""
    before, question = before.rstrip(" ?.!"), question.rstrip(" ?.!")
    times = [match.span() for kind in (*TIMES, MONTH) for match in kind.finditer(before)]
    for start, end in [*name_places(before), *times]:
        back = before[end:]
        new = question[start : len(question) - len(back)]
        if new != before[start:end] and question == before[:start] + new + back and is_name(new):
            return before[start:end], new
    return None
