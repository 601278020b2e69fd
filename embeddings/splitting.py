"""Text → sentences, and article → passages, as exact character spans."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from embeddings.front_matter import front_matter
from embeddings.records import Passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embeddings.records import Article

__all__ = [
    "PASSAGE_CHARACTERS",
    "SPLITTING",
    "Span",
    "is_row",
    "split_article",
    "split_parts",
    "split_sentences",
]

Span = tuple[int, int]

PASSAGE_CHARACTERS = 600
"""Longest passage before widening. MiniLM reads 256 word pieces, about 1,000 characters."""
OVERLAP_CHARACTERS = 300
"""How far a passage may be widened, on either side, to whole sentences."""
SPLITTING = f"sentences-6/{PASSAGE_CHARACTERS}+{OVERLAP_CHARACTERS}"
"""Names how passages are cut; articles cut in another way are cut again."""

WINDOW = 2_000
"""Characters of a paragraph that sentencex gets at least, if it has so many."""
CODE = 4
"""Characters by which a block of code is indented, as in Markdown."""
LONGEST_SENTENCE = 800
"""Characters of a sentence; what is longer, a transcript without full stops, is cut …"""
PIECE = range(150, 451)
"""… into pieces of so many."""
ROW = 3
"""Cells of a line that make it a row of a table by itself; two do where its neighbour has two."""
BREAKS = (r"[\r\n]+", r"[;；]\s*", r",\s+|[，、]", r"\s+")
"""Where it is cut: behind the last of the first kind that stands where a piece may end."""
SEPARATORS = ["\n\n", "\n", "。", ". ", "! ", "? ", "; ", ", ", " ", ""]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_ENDS_SENTENCE = re.compile(r"[.!?:;。！？：；…][\"'”’»)\]]*\s*$")
_STARTS_ITEM = re.compile(r"\s*(?:[-*+•#>|=]|\d{1,3}[.)]\s|\(?[a-z][.)]\s)")
_RULE = re.compile(r"\s*([-=*_~])(?:[ \t]*\1){2,}\s*")
"""A line that underlines a heading, or parts what stands above it from what stands below."""
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)]|\(?[a-z][.)])[ \t]")
_CELL_ENDS = re.compile(r"`[^`\r\n]*`|(?<=[ \t])(\|)(?=[ \t])|(?<=\S)(\t+)(?=\S)")
"""Where a cell of a table ends: at a bar between blanks, or a tab; not within what is code."""
_INDENT = re.compile(r"[ \t]*")
_BREAKS = tuple(map(re.compile, BREAKS))
_WRAPPED = range(40, 121)  # a line of this many characters may have been wrapped by an editor
_INSIDE = "`("
"""What a line begins with, besides small letters, that goes on from the one before it."""
_WIDE_END = re.compile(r"[。！？][”’」』）】》]*+")
_STRAIGHT_QUOTE = '"'
_SPACE = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\ufeff"


def split_sentences(text: str, start: int = 0) -> tuple[Span, ...]:
    """Spans of the sentences of `text`, trimmed of white space, shifted by `start`.

    Sentence ends are sentencex's. Paragraphs are cut first, so a sentence never crosses
    one, and a quotation that does not close in its paragraph hides no sentence end. A line of
    front matter is one sentence, and so is a row of a table. What is longer than LONGEST_SENTENCE
    is cut where it can be.
    """
    spans: list[Span] = []
    block = front_matter(text)
    fields = block.span("fields") if block else (0, 0)
    for left, right in _paragraphs(text, fields):
        if fields[0] <= left < fields[1] or _is_one_row(text[left:right]):
            begin, end = _trimmed(text, left, right) or (left, left)
            spans += [(begin + start, end + start)] * (begin < end)
            continue
        paragraph = text[left:right]
        if paragraph.count(_STRAIGHT_QUOTE) % 2:
            paragraph = paragraph.replace(_STRAIGHT_QUOTE, " ")
        for begin, end in _bounded(paragraph):
            for piece in _pieces(text, left + begin, left + end):
                span = _trimmed(text, *piece)
                if span:
                    spans.append((span[0] + start, span[1] + start))
    return tuple(spans)


def _bounded(paragraph: str) -> Iterator[Span]:
    """Where the sentences of a paragraph stand, by sentencex, window by window.

    It panics on other white space than blanks behind a capital letter, and takes the square of a
    long Chinese or Japanese text; where it fails all the same, a window is one sentence.
    """
    from sentencex import get_sentence_boundaries

    plain = re.sub(r"\s", " ", paragraph)
    for start, end in _windows(plain):
        try:
            found = get_sentence_boundaries("en", plain[start:end])
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # derived from nothing else, and unnamed
                raise
            yield start, end
            continue
        for one in found:
            yield start + one["start_index"], start + one["end_index"]


def _windows(paragraph: str) -> Iterator[Span]:
    """The paragraph, or as much of it at a time as ends with a Chinese or Japanese sentence."""
    start = 0
    for match in _WIDE_END.finditer(paragraph):
        if match.end() - start >= WINDOW:
            yield start, match.end()
            start = match.end()
    if start < len(paragraph):
        yield start, len(paragraph)


def _paragraphs(text: str, fields: Span) -> Iterator[Span]:
    """Spans that end at a blank line, or at a line break that is not mere wrapping.

    What is wrapped goes on as far indented, or less, but not in a block that is indented as code;
    and deeper in an item of a list. No line of the `fields` of front matter is wrapped, and no row
    of a table.
    """
    begin = base = 0  # where the text is indented to that stands around a block of code
    mark: int | None = None  # how far it is, where the paragraph is an item
    for match in _LINE.finditer(text):
        line = match[0]
        if not line:
            break
        indent, following = (_indent(text, at) for at in match.span())
        item = _ITEM.match(line)
        if item:
            base = item.end()
        elif line.strip():
            base = min(base, indent)
        if match.start() == begin:
            mark = indent if item else None
        aligned = following <= indent < base + CODE if following else True
        wrapped = (
            _goes_on(line, text[match.end() + following : match.end() + following + 1])
            and (aligned or (mark is not None and following > mark))
            and not _ENDS_SENTENCE.search(line)
            and not _RULE.fullmatch(line)
            and not _STARTS_ITEM.match(text, match.end())
            and not fields[0] <= match.start() < fields[1]
            and not _in_table(line, _line_at(text, match.end()))
        )
        if not wrapped:
            yield begin, match.end()
            begin = match.end()
    if begin < len(text):
        yield begin, len(text)


def _goes_on(line: str, first: str) -> bool:
    """Whether a line may go on in the next one, which begins with `first`, by its length.

    Longer lines than most editors wrap go on where the next begins as no sentence does.
    """
    length = len(line.strip())
    inside = length >= _WRAPPED.start and (first.islower() or first in _INSIDE)
    return bool(first.strip()) and (length in _WRAPPED or inside)


def is_row(sentence: str) -> bool:
    """Whether a line is a row of a table, by its cells: `| a | b |`, `a | b | c`."""
    row = sentence.strip()
    return row.startswith("|") or _cells(row) >= ROW


def _cells(line: str) -> int:
    """How many cells the line has: 1 where it is no row of a table, as `a | b | c` is one."""
    return 1 + sum(1 for found in _CELL_ENDS.finditer(line.strip()) if found[1] or found[2])


def _in_table(line: str, following: str) -> bool:
    """Whether one of two lines is a row of a table by itself, or both have cells."""
    of_both = sorted((_cells(line), _cells(following)))
    return of_both[0] > 1 or of_both[1] >= ROW


def _is_one_row(paragraph: str) -> bool:
    """Whether a paragraph is one row of a table, and none that is too long to be quoted whole."""
    row = paragraph.strip()
    return len(row) <= PIECE[-1] and "\n" not in row and is_row(row)


def _line_at(text: str, at: int) -> str:
    """The line that begins here."""
    found = _LINE.match(text, at)
    return found[0] if found else ""


def _indent(text: str, at: int) -> int:
    """Characters that the line which begins here is indented."""
    found = _INDENT.match(text, at)
    return found.end() - at if found else 0


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """The span itself, or the pieces of one that is too long to be read, or shown, as one."""
    if end - start > LONGEST_SENTENCE:
        while end - start > PIECE[-1]:
            left, right = start + PIECE[0], min(start + PIECE[-1], end - PIECE[0])
            found = ([m.end() for m in each.finditer(text, left, right)] for each in _BREAKS)
            cut = next(filter(None, found), [right])[-1]
            yield start, cut
            start = cut
    yield start, end


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space around it, and without a lone quotation mark at either end."""
    piece = text[start:end]
    if piece.count(_STRAIGHT_QUOTE) == 1:
        if piece.strip().startswith(_STRAIGHT_QUOTE):
            lead_strip, tail_strip = _SPACE + _STRAIGHT_QUOTE, _SPACE
        else:
            lead_strip, tail_strip = _SPACE, _SPACE + _STRAIGHT_QUOTE
    else:
        lead_strip = tail_strip = _SPACE
    start += len(piece) - len(piece.lstrip(lead_strip))
    end -= len(piece) - len(piece.rstrip(tail_strip))
    return (start, end) if start < end else None


def split_article(article: Article) -> tuple[Passage, ...]:
    """Passages of `article`: `article.text[p.start:p.end] == p.text` for each.

    Each part of the text is widened to whole sentences, which gives neighbouring passages their
    overlap.
    """
    text = article.text
    sentences = split_sentences(text)
    starts = [start for start, _ in sentences]
    ends = [end for _, end in sentences]
    widened = (_trimmed(text, *_widened(*part, starts, ends)) for part in split_parts(text))
    return tuple(
        Passage(article.id, start, end, text[start:end], article.label, article.date)
        for start, end in sorted({span for span in widened if span})
    )


def split_parts(text: str) -> tuple[Span, ...]:
    """Spans of up to PASSAGE_CHARACTERS, in order, that hold all of the text but blank stretches.

    langchain's splitter makes them; its own start offsets are wrong for repeated text, so they are
    added up here.
    """
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        separators=SEPARATORS,
        chunk_size=PASSAGE_CHARACTERS,
        chunk_overlap=0,
        keep_separator="end",
        strip_whitespace=False,
    )
    spans, position = [], 0
    for part in splitter.split_text(text):
        end = position + len(part)
        if text[position:end] != part:
            raise AssertionError(f"the splitter lost characters near offset {position}")
        if part.strip():
            spans.append((position, end))
        position = end
    if position != len(text):
        raise AssertionError(f"the splitter lost the end of the text, from offset {position}")
    return tuple(spans)


def _widened(left: int, right: int, starts: Sequence[int], ends: Sequence[int]) -> Span:
    """The span moved outwards to sentence limits at most OVERLAP_CHARACTERS away."""
    first = bisect_left(starts, left - OVERLAP_CHARACTERS)
    if first < len(starts) and starts[first] < left:
        left = starts[first]
    last = bisect_right(ends, right + OVERLAP_CHARACTERS) - 1
    if last >= 0 and ends[last] > right:
        right = ends[last]
    return left, right
