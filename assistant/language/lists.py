"""Lists in running text: the sentences that are one list, so that an answer gives it whole.

"First …", "Secondly …", "Thirdly …" may stand sentences apart; items may have a line each, with
or without a mark; and questions that are quoted one after another are one list as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embeddings.splitting import Span

__all__ = [
    "asks_for_questions",
    "is_item",
    "is_question",
    "item_span",
    "led_to",
    "names_questions",
    "wants_to_know",
    "whole_list",
]

REACH = 8
"""Sentences between one item and the next, at most."""
_OPENS = re.compile(
    r"(?:^\W*|[,;:—–]\s*|\bthat\s+)(?:(?:firstly|first\s+of\s+all|to\s+begin\s+with)\b"
    r"|(?:the\s+)?first\s*(?:,|is\b)|first\s+(?:the|we|i|you|he|she|it|they|there|to)\b)",
    re.IGNORECASE,
)
"""Not "First Minister Holm said …", nor "the first bus"."""
_LATER = re.compile(
    r"^\W*(?:(?:second|third|fourth|fifth|sixth)(?:ly)?\b(?=\s*,|\s+(?:we|the|is|was|to)\b|\s+\w+,)"
    r"|(?:secondly|thirdly|fourthly|fifthly|finally|lastly)\b)",
    re.IGNORECASE,
)
_MARK = re.compile(r"\s*(?:[-*•–·▪‣]|\(?\d{1,2}[.)]|\(?[a-z][.)]|[①-⑳])(?:\s+|$)")
_LEADS_TO = re.compile(
    r"(?::|\b(?:using|with|by|run|type|enter|is|are))[\s\"'”’*`]*$", re.IGNORECASE
)
"""How a sentence ends that says nothing without what stands below it: a command, an example."""
_HEADING = re.compile(r"\s*#{1,6}\s")
_ASKS_FOR_QUESTIONS = re.compile(
    r"\bquestions?\b.*\b(?:ask|asked|put|raise[ds]?|pose[ds]?|have|had)\b"
    r"|\b(?:did|does|do)\b.*\b(?:ask|want to know|inquire|wonder)\b",
    re.IGNORECASE,
)
_WANTS_TO_KNOW = re.compile(
    r"\b(?:did|does|do)\b.*\b(?:want(?:ed)?\s+to\s+know|wonder|inquire|enquire)\b", re.IGNORECASE
)
_NAMES_QUESTIONS = re.compile(
    r"^\W*(?:please\s+)?(?:what|which|list|quote|name|give|repeat|tell\s+me|show)\b"
    r"(?:\s+(?!(?:did|do|does|is|are|was|were)\b)[\w’'-]+){0,4}?\s+(?:questions|question\s+(?:did|was|is))\b",
    re.IGNORECASE,
)


def asks_for_questions(question: str) -> bool:
    """Whether what is asked for are questions: "What did she want to know?"."""
    return names_questions(question) or _ASKS_FOR_QUESTIONS.search(question) is not None


def names_questions(question: str) -> bool:
    """Whether it says that questions are asked for: "Which questions were put to him?".

    Then nothing else answers; what somebody wanted to know may be told as well.
    """
    return _NAMES_QUESTIONS.search(question) is not None


def wants_to_know(question: str) -> bool:
    """Whether what somebody wondered is asked for: a quoted question says it best.

    Not what somebody asked: "What did they ask for?" is answered by a wish.
    """
    return _WANTS_TO_KNOW.search(question) is not None


def is_question(sentence: str) -> bool:
    """Whether the sentence, with or without quotation marks, is a question."""
    return sentence.rstrip("\"'”’ \n").endswith("?")


def whole_list(index: int, text: str, spans: Sequence[Span]) -> tuple[int, ...]:
    """Numbers of the sentences that make up the list to which sentence `index` belongs.

    Empty when it belongs to none. `spans` are the sentences of `text`.
    """
    for find in (_enumeration, _items, _questions):
        found = find(index, text, spans)
        if len(found) > 1:
            return found
    return ()


def led_to(index: int, text: str, spans: Sequence[Span]) -> tuple[int, ...]:
    """Numbers of the sentences that sentence `index` leads to: the list or the block below it.

    Empty where it says something by itself, and where its line goes on. A block ends at a blank
    line, at a heading, and where sentence `index` is an item of a list, at the next item.
    """
    if not _LEADS_TO.search(text[slice(*spans[index])]):
        return ()
    own = _MARK.match(text[slice(*_line(text, spans[index][0]))])
    found = () if own else _items(index, text, spans)
    if found and found[0] == index:
        return found[1:]
    led: list[int] = []
    for number in range(index + 1, len(spans)):
        start, end = spans[number]
        between = text[spans[number - 1][1] : start]
        # A blank line may stand before the block, and ends it.
        if "\n" not in between if number == index + 1 else between.count("\n") > 1:
            break
        line = text[slice(*_line(text, start))]
        mark = _MARK.match(line)
        if _HEADING.match(line) or (own and mark and _kind(mark) == _kind(own)):
            break
        if not _MARK.fullmatch(text[start:end]):
            led.append(number)
    return tuple(led)


def is_item(number: int, text: str, spans: Sequence[Span]) -> bool:
    """Whether the line of a sentence begins as an item of a list does."""
    return _MARK.match(text[slice(*_line(text, spans[number][0]))]) is not None


def item_span(number: int, text: str, spans: Sequence[Span]) -> Span:
    """The span of a sentence, with the mark before it where that is a sentence by itself: "1."."""
    start, end = spans[number]
    if number and _MARK.fullmatch(text[slice(*spans[number - 1])]):
        before = spans[number - 1]
        if "\n" not in text[before[1] : start]:
            return before[0], end
    return start, end


def _enumeration(index: int, text: str, spans: Sequence[Span]) -> tuple[int, ...]:
    """A sentence with "first …", and each later "secondly …" within reach of the one before."""

    def at(number: int) -> str:
        return text[slice(*spans[number])]

    opening = index
    if not _OPENS.search(at(index)):
        if not _LATER.match(at(index)):
            return ()
        last = index
        while opening > 0 and last - opening < REACH and not _OPENS.search(at(opening)):
            opening -= 1
            if _LATER.match(at(opening)):
                last = opening
        if not _OPENS.search(at(opening)):
            return ()
    found = [opening]
    for number in range(opening + 1, len(spans)):
        if number - found[-1] > REACH or _OPENS.search(at(number)):
            break
        if _LATER.match(at(number)):
            found.append(number)
    return tuple(found)


def _items(index: int, text: str, spans: Sequence[Span]) -> tuple[int, ...]:
    """Lines, one after another, that each begin with a mark; and the line that leads in."""
    lines = _marked_lines(text, spans)
    own = _line(text, spans[index][0])
    at = next((place for place, (line, _) in enumerate(lines) if line[0] == own[0]), None)
    leads = text[slice(*spans[index])].rstrip().endswith(":")
    if at is None and leads:
        at = next((p for p, (line, _) in enumerate(lines) if _adjoin(text, own, line)), None)
    if at is None:
        return ()
    first = last = at
    while first > 0 and _adjoin(text, lines[first - 1][0], lines[first][0]):
        first -= 1
    while last + 1 < len(lines) and _adjoin(text, lines[last][0], lines[last + 1][0]):
        last += 1
    items = tuple(number for _, number in lines[first : last + 1])
    before = items[0] - 1
    while before >= 0 and _MARK.fullmatch(text[slice(*spans[before])]):
        before -= 1
    if before >= 0 and text[slice(*spans[before])].rstrip().endswith(":"):
        return (before, *items)
    return items


def _marked_lines(text: str, spans: Sequence[Span]) -> list[tuple[Span, int]]:
    """Each line that begins with a mark, with the number of the first sentence after the mark."""
    found: dict[Span, int] = {}
    for number, (start, end) in enumerate(spans):
        line = _line(text, start)
        words = text[start:end]
        if line not in found and _MARK.match(text[slice(*line)]) and not _MARK.fullmatch(words):
            found[line] = number
    return list(found.items())


def _line(text: str, at: int) -> Span:
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _adjoin(text: str, line: Span, following: Span) -> bool:
    """Whether two lines are neighbours, with marks of one kind where both have one."""
    if line[1] >= following[0] or text[line[1] : following[0]].strip():
        return False
    marks = [_MARK.match(text[slice(*each)]) for each in (line, following)]
    return len({_kind(mark) for mark in marks if mark}) == 1


def _kind(mark: re.Match[str]) -> str:
    """What the mark of an item looks like, whichever its number or letter is."""
    return re.sub(r"\w+", "1", mark[0].strip())


def _questions(index: int, text: str, spans: Sequence[Span]) -> tuple[int, ...]:
    """Neighbouring sentences that are all questions."""

    def asks(number: int) -> bool:
        return is_question(text[slice(*spans[number])])

    if not asks(index):
        return ()
    first = last = index
    while first > 0 and asks(first - 1):
        first -= 1
    while last + 1 < len(spans) and asks(last + 1):
        last += 1
    return tuple(range(first, last + 1))
