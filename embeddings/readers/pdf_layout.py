"""Characters and where they stand on a page → lines → paragraphs."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from embeddings.readers.prose import tidy

__all__ = ["Line", "page_lines", "paragraphs"]

_HYPHEN = 0xFFFE
"""What PDFium puts where a word is divided between two lines."""
_WIDE_GAP = 2.0
"""Gap within a line, in line heights, that parts the columns of a table."""
_NEAR = 8
"""Lines before and after that tell how wide the column is."""
_SAME_COLUMN = 3.0
_LOOSER = 1.35
_FARTHEST = 2.8
_OTHER_SIZE = 1.25
_INDENT = 0.8
_MARKER = re.compile(r"(?:[•●○◦▪■□➢➤✓·∙‣⁃*–—-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\[\d{1,3}\])\s")
_ENDS = re.compile(r"[.!?:;。！？：；…][\"'”’)\]]*$")
_WIDE = re.compile(r"[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uff60]")


@dataclass(slots=True)
class Line:
    """A line of a page; coordinates in points, from the page's lower left corner."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    divided: bool = False
    """Whether its last word goes on in the next line."""
    first_word: float = 0.0
    """Width of its first word."""

    @property
    def height(self) -> float:
        """Height of its tallest character, by what its font sets aside."""
        return max(self.top - self.bottom, 0.1)


def page_lines(textpage: Any) -> list[Line]:
    """The lines of a page, in the order in which PDFium reads them."""
    import pypdfium2.raw as raw

    handle = textpage.raw
    box = raw.FS_RECTF()
    reference = ctypes.byref(box)
    lines: list[Line] = []
    current = _Growing()
    high = 0
    for index in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, index)
        if code in (0x0A, 0x0D, _HYPHEN):
            current.finish(lines, divided=code == _HYPHEN)
            continue
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code, high = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00, 0
        known = raw.FPDFText_GetLooseCharBox(handle, index, reference)
        made_up = raw.FPDFText_IsGenerated(handle, index) == 1
        if known and not made_up:
            current.add(chr(code), box.left, box.right, box.bottom, box.top)
        else:
            current.add_space(chr(code))
    current.finish(lines, divided=False)
    return lines


class _Growing:
    """A line in the making."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._text: list[str] = []
        self._left = self._bottom = float("inf")
        self._right = self._top = float("-inf")
        self._first_end: float | None = None

    def add_space(self, character: str) -> None:
        """A character without a place, such as a space that PDFium has deduced."""
        if self._text:
            self._text.append(character)
            if self._first_end is None and self._right > self._left:
                self._first_end = self._right

    def add(self, character: str, left: float, right: float, bottom: float, top: float) -> None:
        """The next character, and its box."""
        if character.isspace():
            self.add_space(character)
            return
        if self._text and self._right > self._left:
            gap = left - self._right
            if gap > _WIDE_GAP * max(top - bottom, 1.0) and self._bottom < top:
                self._text.append(" | ")
        self._text.append(character)
        self._left, self._right = min(self._left, left), max(self._right, right)
        self._bottom, self._top = min(self._bottom, bottom), max(self._top, top)

    def finish(self, lines: list[Line], *, divided: bool) -> None:
        """Append the line, if it holds text, and begin another."""
        text = tidy("".join(self._text)).replace("\n", " ")
        if text and self._right > self._left:
            first = (self._first_end or self._right) - self._left
            lines.append(
                Line(text, self._left, self._right, self._bottom, self._top, divided, first)
            )
        elif text and lines:
            lines[-1].text += f" {text}"
        self._reset()


def paragraphs(lines: list[Line]) -> str:
    """The lines' text: those of a paragraph joined, paragraphs apart by a blank line.

    A line that had room for the first word of the next one ended on purpose, as those of an
    address, a list or a table do; it stays a line of its own.
    """
    pitch = _usual_pitch(lines)
    pieces: list[str] = []
    for index, line in enumerate(lines):
        if index:
            before = lines[index - 1]
            pieces.append(_between(before, line, _column_right(lines, index - 1), pitch, pieces))
            if before.divided:
                line = _undivided(pieces, before, line)
        pieces.append(line.text)
    return tidy("".join(pieces))


def _between(before: Line, line: Line, right: float, pitch: float, pieces: list[str]) -> str:
    """What stands between two lines: nothing, a space, a line's end or a paragraph's."""
    if before.divided:
        return ""
    height = max(before.height, line.height)
    step = before.bottom - line.bottom
    apart = step <= 0.2 * height or step > min(_LOOSER * pitch, _FARTHEST * height)
    beside = line.left > before.right or line.right < before.left
    other = not 1 / _OTHER_SIZE <= before.height / line.height <= _OTHER_SIZE
    if apart or beside or other:
        return "\n\n"
    if _MARKER.match(line.text):
        return "\n"
    full = before.right + line.first_word + 0.2 * height > right
    indented = line.left > before.left + _INDENT * height and not _MARKER.match(before.text)
    if indented:
        return "\n\n"
    if full and " | " not in before.text and " | " not in line.text:
        return "" if _WIDE.match(line.text) and _WIDE.match(before.text[-1]) else " "
    return "\n\n" if _ENDS.search(before.text) and " | " not in before.text else "\n"


def _column_right(lines: list[Line], index: int) -> float:
    """Where the lines near by that begin at the same place end at the latest."""
    line = lines[index]
    near = lines[max(0, index - _NEAR) : index + _NEAR + 1]
    reach = _SAME_COLUMN * line.height
    return max(other.right for other in near if abs(other.left - line.left) <= reach)


def _usual_pitch(lines: list[Line]) -> float:
    """Distance from line to line within paragraphs."""
    steps = [
        before.bottom - line.bottom
        for before, line in pairwise(lines)
        if 0.5 * line.height < before.bottom - line.bottom < _FARTHEST * line.height
    ]
    return median(steps) if steps else float("inf")


def _undivided(pieces: list[str], before: Line, line: Line) -> Line:
    """`line`, after the hyphen that divided a word is dropped, or kept where it is spelt so.

    It is where a capital or a digit follows, or where the word has another hyphen.
    """
    word = before.text.rsplit(" ", 1)[-1]
    keeps = not line.text[:1].islower() or not word[-1:].islower() or "-" in word[1:]
    if keeps:
        pieces.append("-")
    return line
