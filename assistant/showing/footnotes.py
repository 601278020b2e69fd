"""An answer as Markdown with footnotes, in the syntax that GitHub and Pandoc share.

All that an article says is text here, whatever it looks like: `escape` leaves nothing that
Markdown reads as structure, and no more backslashes than that takes.
"""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.proof.citations import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assistant.answers import Answer, Citation
    from embeddings.splitting import Span

__all__ = [
    "BREAK",
    "MARKERS",
    "Sentence",
    "escape",
    "joined",
    "marked",
    "nested",
    "sentences_in",
    "stands_below",
    "to_markdown",
]

MARKERS = re.compile(r"(?:\[\d{1,6}\])+")
WHITE = re.compile(r"\s+")
STRUCTURE = re.compile(
    r"[\\`*\[\]<>|~^$@]"
    r"|_(?![^\W_])|(?<![^\W_])_"  # inside of a word it is a letter
    r"|&(?=#|\w)"  # a character reference
    r"|(?<=\w)\.(?=[^\W\d_])|(?<=www)\.|(?<=\w):(?=//)|/(?=/)"  # an address
    r"|!$",  # in front of a footnote's mark it would begin a picture
    re.IGNORECASE,
)
OPENING = re.compile(r"\(?(?:\d{1,9}|[a-z]|[ivxlcdm]{2,8})[.)](?=\s|$)|[#+\-=:%{]", re.IGNORECASE)
"""What makes a list, a heading, a rule or a block of a line that begins with it."""
BREAK = "  \n"
"""A line's end that Markdown keeps; nothing is seen of it where the text is read as it is."""
_ITEM = re.compile(r"[-*•–·▪‣]\s|\(?(?:\d{1,3}|[a-z])[.)]\s|[①-⑳]")
_ENDS = re.compile(r"[.!?…。！？؟।](?:\W|\(\d{1,3}\)|[¹²³⁰-⁹])*$")
"""Behind the end of a sentence there may be the number of a note."""
ADDRESS = re.compile(r"(?<=\S)@(?=\S)")
"""GitHub looks for these once all escapes are undone, but not across the border of an element."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer, and what it cites."""

    text: str
    numbers: tuple[int, ...]
    """Of its citations; none for what is said without one."""
    answer: Span | None = None
    """The short answer inside `text`, when a citation marks one."""


def sentences_in(text: str, citations: Iterable[Citation]) -> tuple[Sentence, ...]:
    """The sentences of an answer's text. Where one is no quote, no short answer is marked in it."""
    by_number = {citation.number: citation for citation in citations}
    found = []
    begin = 0
    for match in MARKERS.finditer(text):
        numbers = tuple(int(number) for number in re.findall(r"\d+", match[0]))
        if all(number in by_number for number in numbers):
            piece = text[begin : match.start()].strip()
            cited = [by_number[number] for number in numbers]
            spans = [_answer_in(citation) for citation in cited if shown(citation.quote) == piece]
            found.append(Sentence(piece, numbers, next(filter(None, spans), None)))
            begin = match.end()
    rest = text[begin:].strip()
    return (*found, Sentence(rest, ())) if rest else tuple(found)


def stands_below(sentence: str, before: str) -> bool:
    """Whether a sentence is shown on a line of its own, below the one `before` it in the answer.

    An item of a list is, and what comes after one; so is what a line leads to that does not end
    like a sentence, and what comes after that.
    """
    if not before:
        return False
    return bool(_ITEM.match(sentence) or _ITEM.match(before)) or not _ENDS.search(before)


def joined(sentences: Iterable[tuple[str, str]], line_break: str = BREAK) -> str:
    """Sentences as they are shown, each given with its text; items of a list a line each."""
    pieces: list[str] = []
    before = ""
    for text, as_shown in sentences:
        if pieces:
            pieces.append(line_break if stands_below(text, before) else " ")
        pieces.append(as_shown)
        before = text
    return "".join(pieces)


def _answer_in(citation: Citation) -> Span | None:
    """Where the short answer stands in `shown(quote)`, which has other white space."""
    if citation.answer_start is None or citation.answer_end is None:
        return None
    first, last = citation.answer_start - citation.start, citation.answer_end - citation.start
    places: list[int] = []  # of each character of `shown(quote)`, in the quote
    for word in re.finditer(r"\S+", citation.quote):
        if places:
            places.append(word.start() - 1)
        places.extend(range(*word.span()))
    text = shown(citation.quote)
    inside = [at for at, place in enumerate(places) if first <= place < last]
    while inside and _is_unseen(text[inside[0]]):
        inside.pop(0)
    while inside and _is_unseen(text[inside[-1]]):
        inside.pop()
    return (inside[0], inside[-1] + 1) if inside else None


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character)[0] in "CZ"


def to_markdown(answer: Answer) -> str:
    """The answer, its notes as quotations, and one footnote for each source.

    The short answer is bold where a citation marks one. A refusal is bold as a whole.
    """
    blocks = [_body(answer), *(f"> {escape(note)}" for note in answer.notes)]
    blocks += [_footnote(citation) for citation in answer.citations]
    return "\n\n".join(blocks) + "\n"


def _body(answer: Answer) -> str:
    if not answer.citations:
        text = " ".join(answer.text.split())
        return marked(text, None if answer.answered else (0, len(text)), escape)
    return joined(
        (
            sentence.text,
            marked(sentence.text, sentence.answer, escape)
            + "".join(f"[^{number}]" for number in sentence.numbers),
        )
        for sentence in sentences_in(answer.text, answer.citations)
    )


def _footnote(citation: Citation) -> str:
    about = [citation.title, citation.date or "undated", citation.article_id]
    if citation.page:
        about.append(f"page {citation.page}")
    about.append(f"characters {citation.start}–{citation.end}")
    said = f"“{' '.join(citation.quote.split())}” — {', '.join(about)}"
    return f"[^{citation.number}]: {escape(said)}"


def escape(text: str) -> str:
    """Markdown, inside of one paragraph, that shows `text` with its white space collapsed."""
    text = WHITE.sub(" ", text)
    pieces = list(text)
    opening = OPENING.match(text)
    if opening:
        at = opening.end() - 1
        pieces[at] = f"\\{text[at]}"
    for match in STRUCTURE.finditer(text):
        pieces[match.start()] = f"\\{match[0]}"
    for match in ADDRESS.finditer(text):
        _set_apart(pieces, text, match.start())
    return "".join(pieces)


def _set_apart(pieces: list[str], text: str, at: int) -> None:
    """Put the character into an element of its own, where its neighbours allow it."""
    beside = (at - 1, at + 1)
    if all(_is_referable(text[place]) and text[place] != "@" for place in beside):
        pieces[at] = f"*{pieces[at]}*"
        for place in beside:  # an asterisk next to a letter might be read as itself
            pieces[place] = _reference(text[place])


def marked(text: str, answer: Span | None, escape: Callable[[str], str]) -> str:
    """`text` as Markdown, with the short answer in bold."""
    if answer is None:
        return escape(text)
    before, inner, after = text[: answer[0]], escape(text[slice(*answer)]), text[answer[1] :]
    # A delimiter between a letter and a punctuation mark may be read as text (CommonMark 0.31,
    # "left-flanking delimiter run"); next to a character reference it is not.
    left = before[-1:] if _is_read_as_text(before[-1:], inner[0]) else ""
    right = after[:1] if _is_read_as_text(after[:1], inner[-1]) else ""
    # `escape` has to see what stands around an "@": such a text stays without bold.
    if not all(map(_is_referable, left + right)) or "@" in before[-2:] + after[:2]:
        return escape(text)
    lead = escape(before[: len(before) - len(left)]) + "".join(map(_reference, left))
    rest = "".join(map(_reference, right)) + escape(after[len(right) :])
    return f"{lead}**{inner}**{rest}"


def _is_read_as_text(outer: str, inner: str) -> bool:
    """Whether a delimiter between the two may be."""
    if not outer or outer.isspace() or outer in string.punctuation:
        return False
    return unicodedata.category(inner)[0] in "PS" and unicodedata.category(outer)[0] != "P"


def _is_referable(character: str) -> bool:
    """Whether a reference to the character shows it; CommonMark replaces some by U+FFFD."""
    return unicodedata.category(character) not in ("Cc", "Cn", "Cs")


def _reference(character: str) -> str:
    return f"&#{ord(character)};"


def nested(lines: Iterable[tuple[int, str]], escape: Callable[[str], str]) -> str:
    """A list in Markdown, of lines with their depths, from 0."""
    return "\n".join(f"{'  ' * depth}- {escape(line)}" for depth, line in lines)
