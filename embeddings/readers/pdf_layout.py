"""Characters and where they stand on a page → lines → paragraphs."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Any

from embeddings.readers.prose import shifted, tidy

__all__ = ["Line", "page_lines", "paragraphs", "whole_lines"]

_HYPHENS = "\x02\ufffe"
"""What PDFium puts where a word is divided between two lines."""
_WORD = re.compile(r"(?P<end>[\n\r\x02\ufffe])|(?P<space>[^\S\n\r]+)|(?P<word>[^\s\x02\ufffe]+)")
_WIDE_GAP = 2.0
"""Gap within a line, in line heights, that parts the columns of a table."""
_SPACE = 0.15
_RAISED = 0.5
"""How far a piece of a line may stand above or below the rest of it, in line heights."""
_SMALLER = 0.85
"""How high a raised or lowered digit's font is at most, to that beside it."""
_OFF_THE_LINE = (0.08, 0.7)
"""How far it stands above or below, in heights of the font beside it."""
_DIGIT = re.compile(r"\d")
_NEAR = 8
"""Lines before and after that tell how wide the column is."""
_SAME_COLUMN = 3.0
_LOOSER = 1.35
_FARTHEST = 2.8
_OTHER_SIZE = 1.25
_INDENT = 0.8
_MARKER = re.compile(
    r"(?:[•●○◦▪■□➢➤✓·∙‣⁃*–—-]|\(?(?:\d{1,3}\.){0,3}\d{1,3}[.)]|\.\d{1,2}|\(?[a-zA-Z][.)]"
    r"|\[\d{1,3}\])(?:\s|$)"
)
_RULE = re.compile(r"[\W_]+")
_MOSTLY = 0.75
"""Share of the column that a line fills before one that begins with a capital may go on from it."""
_GOES_ON = re.compile(r"[a-zß-ÿ,]$")
_HALFWAY = 0.6
_DASHED = re.compile(r"\w[-–]$")
_ENDS = re.compile(r"[.!?:;。！？：；…][\"'”’)\]]*$")
_WIDE = re.compile(r"[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uff60]")


@dataclass(slots=True)
class Line:
    """A line of a page; coordinates in points, from the page's lower left corner."""

    text: str
    left: float
    right: float
    baseline: float
    height: float
    """What the font of most of its characters sets aside for one."""
    divided: bool = False
    """Whether its last word goes on in the next line."""
    first_word: float = 0.0
    """Width of its first word."""


def page_lines(textpage: Any) -> list[Line]:
    """The lines of a page, in the order in which PDFium reads them."""
    lines: list[Line] = []
    current = _Growing()
    text = _characters(textpage)
    place = _Places(textpage)
    for word in _WORD.finditer(text):
        if word.lastgroup == "word":
            at = place(word.start(), word.end() - 1)
            # A word without a place belongs to the one before it.
            current.add(place.told_apart(word[0], word.start()), *(at or current.end()))
        elif word.lastgroup == "space":
            current.add_space()
        else:
            current.finish(lines, divided=word[0] in _HYPHENS)
    current.finish(lines, divided=False)
    return whole_lines(lines)


def _characters(textpage: Any) -> str:
    """The page's text, one character for each that PDFium counts; surrogates are left in two."""
    import pypdfium2.raw as raw

    count = textpage.count_chars()
    units = (ctypes.c_ushort * (count + 1))()
    if raw.FPDFText_GetText(textpage.raw, 0, count, units) == count + 1:
        return "".join(map(chr, units[:count]))
    return "".join(chr(raw.FPDFText_GetUnicode(textpage.raw, i)) for i in range(count))


class _Places:
    """Where a page's words stand."""

    def __init__(self, textpage: Any) -> None:
        import pypdfium2.raw as raw

        self._handle, self._raw = textpage.raw, raw
        self._box, self._x, self._y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()

    def __call__(self, first: int, last: int) -> tuple[float, float, float, float] | None:
        """Left and right end, base line and height of the word between two characters."""
        box, raw = self._box, self._raw
        if not raw.FPDFText_GetLooseCharBox(self._handle, first, ctypes.byref(box)):
            return None
        left, right, height = box.left, box.right, box.top - box.bottom
        raw.FPDFText_GetCharOrigin(
            self._handle, first, ctypes.byref(self._x), ctypes.byref(self._y)
        )
        if last != first and raw.FPDFText_GetLooseCharBox(self._handle, last, ctypes.byref(box)):
            left, right = min(left, box.left), max(right, box.right)
        return left, right, self._y.value, height

    def told_apart(self, word: str, first: int) -> str:
        """The word from the character `first` on, raised and lowered digits in signs of their own.

        PDFium joins them: "300" with a note's raised "1" would be "3001".
        """
        if len(word) < 2 or not _DIGIT.search(word):
            return word
        box, raw, boxes = self._box, self._raw, []
        for place in range(first, first + len(word)):
            if not raw.FPDFText_GetLooseCharBox(self._handle, place, ctypes.byref(box)):
                return word
            boxes.append((box.left, box.top - box.bottom))
        usual = max(height for _, height in boxes)
        if min(height for _, height in boxes) > _SMALLER * usual or not _is_level(boxes, usual):
            return word
        bases = [self._base(place) for place in range(first, first + len(word))]
        large = [y for y, (_, height) in zip(bases, boxes, strict=True) if height == usual]
        hows = [
            _how(y - large[0], height, usual) for y, (_, height) in zip(bases, boxes, strict=True)
        ]
        pieces = []
        begin = 0
        for how, run in groupby(hows):
            end = begin + len(list(run))
            text = word[begin:end]
            around = word[max(0, begin - 1) : begin], word[end : end + 1]
            pieces.append(shifted(text, how, *around) if how else text)
            begin = end
        return "".join(pieces)

    def _base(self, place: int) -> float:
        x, y = ctypes.byref(self._x), ctypes.byref(self._y)
        self._raw.FPDFText_GetCharOrigin(self._handle, place, x, y)
        return self._y.value


def _is_level(boxes: list[tuple[float, float]], height: float) -> bool:
    """Whether characters go from left to right, as those of turned text do not."""
    steps = [after - before for (before, _), (after, _) in pairwise(boxes)]
    return min(steps) >= 0 and sum(steps) > _SPACE * height * len(steps)


def _how(above: float, height: float, usual: float) -> int:
    """Whether what stands `above` the base line is raised (1), lowered (-1) or neither (0)."""
    least, most = (share * usual for share in _OFF_THE_LINE)
    if height > _SMALLER * usual or not least < abs(above) < most:
        return 0
    return 1 if above > 0 else -1


class _Growing:
    """A line in the making."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._text: list[str] = []
        self._left, self._right = float("inf"), float("-inf")
        self._baselines: list[float] = []
        self._heights: list[float] = []
        self._first_end: float | None = None

    def add_space(self) -> None:
        """White space, which may stand for more than a space: a wide gap is a table's."""
        if self._text:
            self._text.append(" ")

    def add(self, word: str, left: float, right: float, base: float, height: float) -> None:
        """The next word, where it stands and how high its font is."""
        if self._text and self._heights and left - self._right > _WIDE_GAP * max(height, 1.0):
            self._text.append(_gap_text("".join(self._text[:3])))
        self._text.append(word)
        self._left, self._right = min(self._left, left), max(self._right, right)
        self._first_end = self._first_end or right
        self._baselines.append(base)
        self._heights += [height] * min(len(word), 20)

    def end(self) -> tuple[float, float, float, float]:
        """Where the line ends so far, as the place of a word of no width."""
        if not self._heights:
            return 0.0, 0.0, 0.0, 1.0
        return self._right, self._right, self._baselines[-1], self._heights[-1]

    def finish(self, lines: list[Line], *, divided: bool) -> None:
        """Append the line, if it holds text, and begin another."""
        joined = "".join(self._text).encode("utf-16-le", "surrogatepass")
        text = tidy(joined.decode("utf-16-le", "replace")).replace("\n", " ")
        if text and self._heights:
            first = (self._first_end or self._right) - self._left
            base, height = median(self._baselines), max(median(self._heights), 0.1)
            lines.append(Line(text, self._left, self._right, base, height, divided, first))
        self._reset()


def _gap_text(text: str) -> str:
    """What stands for a wide gap behind `text`: a list's marker stands apart from its item, too."""
    return " " if _MARKER.fullmatch(text.strip()) else " | "


def whole_lines(lines: list[Line]) -> list[Line]:
    """Pieces of one line put together: PDFium takes a raised number for a line of its own."""
    whole: list[Line] = []
    for line in lines:
        before = whole[-1] if whole else None
        height = max(before.height, line.height) if before else 0.0
        if (
            before is None
            or before.divided
            or abs(before.baseline - line.baseline) > _RAISED * height
            or line.left < before.right - _RAISED * height
        ):
            whole.append(line)
            continue
        gap, text = line.left - before.right, line.text
        if gap > _WIDE_GAP * height:
            before.text += _gap_text(before.text)
        elif gap > _SPACE * height:
            before.text += " "
        else:
            text = _told_apart(before, line)
        if len(line.text) > len(before.text):
            before.baseline, before.height = line.baseline, line.height
        before.text += text
        before.right, before.divided = max(before.right, line.right), line.divided
    return whole


def _told_apart(before: Line, line: Line) -> str:
    """Text of the piece that follows `before` at once; the one that is raised in signs that say so.

    Changes `before` where that is the one.
    """
    above = line.baseline - before.baseline
    if how := _how(above, line.height, before.height):
        return shifted(line.text, how, before.text[-1:], "")
    if how := _how(-above, before.height, line.height):
        before.text = shifted(before.text, how, "", line.text[:1])
    return line.text


def paragraphs(lines: list[Line]) -> str:
    """The lines' text: those of a paragraph joined, paragraphs apart by a blank line.

    A line that had room for the first word of the next one ended on purpose, as those of an
    address, a list or a table do; it stays a line of its own.
    """
    usual = _pitch(lines)
    pieces: list[str] = []
    for index, line in enumerate(lines):
        if index:
            before = lines[index - 1]
            column = _column(lines, index - 1)
            pitch = max(_pitch(column, usual), usual if len(column) < _NEAR else 0.0)
            pieces.append(_between(before, line, _right(column), pitch))
            if before.divided:
                line = _undivided(pieces, before, line)
        pieces.append(line.text)
    return tidy("".join(pieces))


def _between(before: Line, line: Line, right: float, pitch: float) -> str:
    """What stands between two lines: nothing, a space, a line's end or a paragraph's."""
    if before.divided:
        return ""
    height = max(before.height, line.height)
    step = before.baseline - line.baseline
    if step < -height and _GOES_ON.search(before.text) and line.text[:1].islower():
        return " "  # from the foot of one column to the head of the next
    apart = step <= 0.2 * height or step > min(_LOOSER * pitch, _FARTHEST * height)
    beside = line.left > before.right or line.right < before.left
    other = not 1 / _OTHER_SIZE <= before.height / line.height <= _OTHER_SIZE
    if apart or beside or other:
        return "\n\n"
    if _MARKER.match(line.text):
        return "\n"
    full = _is_full(before, line, right, height)
    indented = line.left > before.left + _INDENT * height and not _MARKER.match(before.text)
    if indented:
        return "\n\n"
    if full and " | " not in before.text and " | " not in line.text:
        wide = _WIDE.match(line.text) and _WIDE.match(before.text[-1])
        return "" if wide or _DASHED.search(before.text) else " "
    return "\n\n" if _ENDS.search(before.text) and " | " not in before.text else "\n"


def _is_full(before: Line, line: Line, right: float, height: float) -> bool:
    """Whether `line` goes on from `before`, which had no room for its first word."""
    if _RULE.fullmatch(before.text) or _RULE.fullmatch(line.text):
        return False
    filled = (before.right - before.left) / max(right - before.left, 1.0)
    if _GOES_ON.search(before.text) and line.text[:1].islower() and filled >= _HALFWAY:
        return True
    if before.right + line.first_word + 0.2 * height <= right:
        return False
    return line.text.lstrip("(\"'“‘[")[:1].islower() or filled >= _MOSTLY


def _column(lines: list[Line], index: int) -> list[Line]:
    """The lines near by, of the same size, that begin at about the same place."""
    line = lines[index]
    reach = _SAME_COLUMN * line.height
    return [
        other
        for other in lines[max(0, index - _NEAR) : index + _NEAR + 1]
        if abs(other.left - line.left) <= reach
        and 1 / _OTHER_SIZE <= other.height / line.height <= _OTHER_SIZE
    ]


def _right(column: list[Line]) -> float:
    """Where a column's lines end at the latest, a table's rows apart."""
    prose = [line.right for line in column if " | " not in line.text]
    return max(prose or [line.right for line in column])


def _pitch(lines: list[Line], otherwise: float = float("inf")) -> float:
    """The usual distance from line to line within paragraphs."""
    steps = [
        before.baseline - line.baseline
        for before, line in pairwise(lines)
        if 0.5 * line.height < before.baseline - line.baseline < _FARTHEST * line.height
    ]
    return median(steps) if steps else otherwise


def _undivided(pieces: list[str], before: Line, line: Line) -> Line:
    """`line`, after the hyphen that divided a word is dropped, or kept where it is spelt so.

    It is where a capital or a digit follows, or where the word has another hyphen.
    """
    word = before.text.rsplit(" ", 1)[-1]
    keeps = not line.text[:1].islower() or not word[-1:].islower() or "-" in word[1:]
    if keeps:
        pieces.append("-")
    return line
