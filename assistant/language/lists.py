"""Lists in running text: the sentences that are one list, so that an answer gives it whole.

"First …", "Secondly …", "Thirdly …" may stand sentences apart; items with marks may have several
sentences, lines and lists of their own; and questions that are quoted one after another are one
list as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from embeddings.splitting import is_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embeddings.splitting import Span

__all__ = [
    "WholeList",
    "asks_for_questions",
    "goes_on",
    "goes_with",
    "heading_over",
    "is_bullet",
    "is_heading",
    "is_item",
    "is_mark",
    "is_question",
    "item_span",
    "led_to",
    "names_questions",
    "told_which",
    "wants_to_know",
    "whole_list",
    "whole_table",
]

LONGEST_HEADING = 8
"""Words of a line that may be a heading without being marked as one."""
CLOSE = 3
"""Sentences between a list and the heading over it, at most."""
_CLOSING = "\"'”’)] \n"
REACH = 8
"""Sentences between one item and the next, at most."""
_IS = (
    r"(?:is|are|was|were|has|had|came|comes|went|concerns?|concerned|says?|said|would|will|should)"
)
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
_ONE, _OTHER = (
    re.compile(rf"^\W*(?:the\s+first|one)\s+(?:[a-z]+\s+)?{_IS}\b", re.IGNORECASE),
    re.compile(
        rf"^\W*(?:the\s+(?:second|third|fourth|fifth|last|other)|another|a\s+(?:second|third))"
        rf"\s+(?:[a-z]+\s+)?{_IS}\b",
        re.IGNORECASE,
    ),
)
"""Two that are a list together: "The first warning came in May." and "The second was a letter."."""
_MARK = re.compile(r"\s*(?:[-*•–·▪‣]|\(?\d{1,2}[.)]|\(?[a-z][.)]|[①-⑳])(?:\s+|$)")
_BULLET = re.compile(r"\s*[-*•–·▪‣]\s")
_LEADS_TO = re.compile(
    r"(?::|\b(?:using|with|by|run|type|enter|is|are))[\s\"'”’*`]*$", re.IGNORECASE
)
"""How a sentence ends that says nothing without what stands below it: a command, an example."""
_HEADING = re.compile(r"\s*#{1,6}\s")
_WORD = re.compile(r"[^\W_]")
_SPACES = re.compile(r"[^\S\n]*")
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


@dataclass(frozen=True, slots=True)
class WholeList:
    """A list, as the numbers of the sentences that it is made of."""

    lead: int | None
    """The sentence that leads in, which is no item."""
    items: tuple[tuple[int, ...], ...]


def whole_list(index: int, text: str, spans: Sequence[Span]) -> WholeList | None:
    """The list to which sentence `index` belongs, if any. `spans` are the sentences of `text`."""
    if len(ordered := _enumeration(index, text, spans)) > 1:
        return WholeList(None, tuple((number,) for number in ordered))
    if ordered := goes_with(index, text, spans):
        return WholeList(None, tuple((number,) for number in ordered))
    if marked := _marked_list(index, text, spans):
        return marked
    if len(asked := _questions(index, text, spans)) > 1:
        return WholeList(None, tuple((number,) for number in asked))
    return None


def led_to(index: int, text: str, spans: Sequence[Span]) -> tuple[tuple[int, ...], ...]:
    """What sentence `index` leads to, the list or the block below it: its items, or its lines.

    Empty where it says something by itself, and where its line goes on. A block ends at a blank
    line, at a heading, and where sentence `index` is an item of a list, at the next item.
    """
    if not _LEADS_TO.search(text[slice(*spans[index])]):
        return ()
    own = _marked_items(text, tuple(spans))[index]
    found = None if own else _marked_list(index, text, spans)
    if found and found.lead == index:
        return found.items
    led: list[list[int]] = []
    for number in range(index + 1, len(spans)):
        breaks = _breaks(number, text, spans)
        # A blank line may stand before the block, and ends it.
        if not breaks if number == index + 1 else breaks > 1:
            break
        line = _line(text, spans[number][0])
        mark = _mark_of(text, line)
        if _HEADING.match(text, *line) or (own and mark and own.ended_by(mark)):
            break
        if breaks:
            led.append([])
        if _WORD.search(text, *spans[number]) and not _MARK.fullmatch(text, *spans[number]):
            led[-1].append(number)
    return tuple(tuple(line) for line in led if line)


def whole_table(index: int, text: str, spans: Sequence[Span]) -> WholeList | None:
    """The table to which sentence `index` belongs, if it is a row of one; its head leads in."""

    def row(number: int) -> bool:
        return is_row(text[slice(*spans[number])])

    if not row(index):
        return None
    first = last = index
    while first > 0 and row(first - 1) and _breaks(first, text, spans) == 1:
        first -= 1
    while last + 1 < len(spans) and row(last + 1) and _breaks(last + 1, text, spans) == 1:
        last += 1
    rows = [n for n in range(first, last + 1) if _WORD.search(text, *spans[n])]
    headed = len(rows) < last + 1 - first  # a rule is below the head
    lead, rows = (rows[0], rows[1:]) if headed else (None, rows)
    return WholeList(lead, tuple((number,) for number in rows)) if len(rows) > 1 else None


def goes_with(index: int, text: str, spans: Sequence[Span]) -> tuple[int, ...]:
    """The one and the others that a sentence is told with: "The other is fishing"; else nothing."""
    of_them = _enumeration(index, text, spans, _ONE, _OTHER)
    return of_them if len(of_them) > 1 else ()


def told_which(things: str, index: int, text: str, spans: Sequence[Span]) -> int | None:
    """The sentence, soon after one that speaks of things, that says which they are.

    "All pupils of three schools are fed. … The schools are Holm and Lund."
    """
    which = re.compile(rf"(?:the|these|those)\s+(?:[\w’'-]+\s+)?{things}\s+(?:are|were)\b", re.I)
    after = range(index + 1, min(len(spans), index + 1 + CLOSE))
    return next((n for n in after if which.match(text, *spans[n])), None)


def heading_over(number: int, text: str, spans: Sequence[Span]) -> int | None:
    """The heading that stands over a sentence, close above it; None without one."""
    above = range(number - 1, max(-1, number - 1 - CLOSE), -1)
    return next((n for n in above if is_heading(n, text, spans)), None)


def is_item(number: int, text: str, spans: Sequence[Span]) -> bool:
    """Whether the line of a sentence begins as an item of a list does."""
    return _MARK.match(text[slice(*_line(text, spans[number][0]))]) is not None


def is_bullet(number: int, text: str, spans: Sequence[Span]) -> bool:
    """Whether the line of a sentence begins with a mark that counts nothing: "- ", "• "."""
    return _BULLET.match(text[slice(*_line(text, spans[number][0]))]) is not None


def is_heading(number: int, text: str, spans: Sequence[Span]) -> bool:
    """Whether a sentence is a heading: by its mark, or a short line alone that ends like none."""
    start, end = spans[number]
    if _HEADING.match(text, *_line(text, start)):
        return True
    words = text[start:end]
    alone = _line(text, start) == (start, end) and _breaks(number, text, spans) > 1
    if not alone or "|" in words or _MARK.match(words) or not _WORD.search(words):
        return False
    short = len(words.split()) <= LONGEST_HEADING
    return short and not words.rstrip(_CLOSING).endswith((".", "!", "?", ":", ";", ","))


def is_mark(number: int, text: str, spans: Sequence[Span]) -> bool:
    """Whether a sentence is nothing but the mark of an item, which stands behind it: "1."."""
    start, end = spans[number]
    if not _MARK.fullmatch(text[start:end]):
        return False
    return number + 1 < len(spans) and "\n" not in text[end : spans[number + 1][0]]


def item_span(number: int, text: str, spans: Sequence[Span]) -> Span:
    """The span of a sentence, with the mark before it where that is a sentence by itself: "1."."""
    start, end = spans[number]
    return (spans[number - 1][0] if number and is_mark(number - 1, text, spans) else start), end


def goes_on(item: Span, following: Span, text: str) -> bool:
    """Whether a sentence goes on with the item of a list that was told up to it.

    It does behind the end of a sentence, in the same line or in one that is indented deeper.
    """
    mark, between = _MARK.match(text, *item), text[item[1] : following[0]]
    if following[0] < item[1] or not mark or between.strip() or between.count("\n") > 1:
        return False
    if _LEADS_TO.search(text[slice(*item)]) or _MARK.match(text, *following):
        return False
    own, line = (_indent(text, _line(text, start)) for start in (item[0], following[0]))
    return "\n" not in between or own < line


def _enumeration(
    index: int,
    text: str,
    spans: Sequence[Span],
    opens: re.Pattern[str] = _OPENS,
    later: re.Pattern[str] = _LATER,
) -> tuple[int, ...]:
    """A sentence with "first …", and each later "secondly …" within reach of the one before."""

    def at(number: int) -> str:
        return text[slice(*spans[number])]

    opening = index
    if not opens.search(at(index)):
        if not later.match(at(index)):
            return ()
        last = index
        while opening > 0 and last - opening < REACH and not opens.search(at(opening)):
            opening -= 1
            if later.match(at(opening)):
                last = opening
        if not opens.search(at(opening)):
            return ()
    found = [opening]
    for number in range(opening + 1, len(spans)):
        if number - found[-1] > REACH or opens.search(at(number)):
            break
        if later.match(at(number)):
            found.append(number)
    return tuple(found)


def _marked_list(index: int, text: str, spans: Sequence[Span]) -> WholeList | None:
    """Items one after another, with marks of one kind; and the line that leads in."""

    def leads(number: int) -> bool:
        return text[slice(*spans[number])].rstrip().endswith(":")

    marked = _marked_items(text, tuple(spans))
    item = marked[index]
    if item is None and leads(index) and index + 1 < len(spans):
        item = marked[index + 1]
    if item is None:
        return None
    first = item.siblings[0].opens
    lead = first - 1 if first and leads(first - 1) else None
    if len(item.siblings) + (lead is not None) < 2:
        return None
    numbers = (
        tuple(n for n in range(one.opens, one.ends) if not is_mark(n, text, spans))
        for one in item.siblings
    )
    return WholeList(lead, tuple(numbers))


@dataclass(slots=True, eq=False)
class _Item:
    """An item with a mark: which sentences are its own, and the items of the same list."""

    mark: tuple[int, str]
    """How far it is indented, and its kind."""
    opens: int
    siblings: list[_Item]
    ends: int = 0
    """The first sentence after it."""
    doubtful: int | None = None
    """From which sentence on it is its own only if the next item of the list comes."""

    def ended_by(self, mark: tuple[int, str]) -> bool:
        """Whether an item with this mark is another of its list, or of a list around it."""
        return mark[0] < self.mark[0] or mark == self.mark


@lru_cache(maxsize=32)
def _marked_items(text: str, spans: tuple[Span, ...]) -> tuple[_Item | None, ...]:
    """For each sentence, the innermost item that it belongs to.

    An item has what its line has, and what is indented deeper than its mark; of what is not, only
    what stands between it and the next item without a blank line.
    """
    items: list[_Item] = []
    within: list[_Item] = []
    for number, (start, _) in enumerate(spans):
        breaks = _breaks(number, text, spans)
        if not breaks:
            continue
        line = _line(text, start)
        mark, indent = _mark_of(text, line), _indent(text, line)
        twin = next((i for i in reversed(within) if mark and _is_next(i, mark, breaks)), None)
        around = within.index(twin) if twin else len(within)
        kept = []
        for place, item in enumerate(within):
            if item is twin:
                item.doubtful = None
            elif indent <= item.mark[0] and item.doubtful is None:
                item.doubtful = number
            stays = item.doubtful is None or (
                breaks == 1
                and number - item.doubtful < REACH
                and not (mark and indent < item.mark[0])
                and not _HEADING.match(text, *line)
            )
            if stays and place < around:
                kept.append(item)
            else:
                item.ends = number if item.doubtful is None else item.doubtful
        within = kept
        if mark:
            item = _Item(mark, number, twin.siblings if twin else [])
            item.siblings.append(item)
            items.append(item)
            within.append(item)
    for item in within:
        item.ends = len(spans) if item.doubtful is None else item.doubtful
    innermost: list[_Item | None] = [None] * len(spans)
    for item in items:
        innermost[item.opens : item.ends] = [item] * (item.ends - item.opens)
    return tuple(innermost)


def _is_next(item: _Item, mark: tuple[int, str], breaks: int) -> bool:
    """Whether what has this mark is the next item of the list."""
    return item.mark == mark and (item.doubtful is None or breaks == 1)


def _mark_of(text: str, line: Span) -> tuple[int, str] | None:
    """How far the mark is indented that a line of words begins with, and its kind."""
    mark = _MARK.match(text, *line)
    if mark is None or not _WORD.search(text, mark.end(), line[1]):
        return None
    return _indent(text, line), _kind(mark)


def _breaks(number: int, text: str, spans: Sequence[Span]) -> int:
    """Ends of lines between a sentence and the one before it: two are a blank line."""
    return text.count("\n", spans[number - 1][1], spans[number][0]) if number else 2


def _line(text: str, at: int) -> Span:
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _indent(text: str, line: Span) -> int:
    """How far a line is indented, in two characters: one more or less means nothing."""
    spaces = _SPACES.match(text, *line)
    return len(spaces[0].expandtabs(4)) // 2 if spaces else 0


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
