"""Clean text: what the readers of parsed formats write their words into."""

from __future__ import annotations

import datetime
import re
from itertools import groupby, pairwise
from operator import itemgetter

__all__ = [
    "LONGEST_LINE",
    "Prose",
    "Table",
    "iso_date",
    "language_tag",
    "one_line",
    "shifted",
    "stated_author",
    "stated_title",
    "tidy",
]

LONGEST_LINE = 1_000
LONGEST_CELL = 300
MOST_PARAGRAPHS = 3
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile("[ \t\x0b\x0c\u00a0\u2007\u202f\u2000-\u200a]+")
_NEWLINES = re.compile("\r\n?|[\u2028\u2029\x85]")
_BLANK_LINES = re.compile(r"\n{3,}")
_WIDE = r"[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uff60]"
_BREAK_IN_WIDE = re.compile(rf"(?<={_WIDE})[ \t]*[\r\n]\s*(?={_WIDE})")
_MARKED = re.compile(r"[-*•–·▪‣]\s|\(?(?:\d{1,3}|[a-z])[.)]\s|[①-⑳]")
"""A line that begins as an item of a list does."""
_WHITE = re.compile("[ \t\r\n\x0b\x0c]+")
_SMALL = re.compile(r"[-+−]?\d+[-+−]?")
_SIGNS = {1: "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻", -1: "₀₁₂₃₄₅₆₇₈₉₊₋₋"}
_WORD = re.compile(r"[^\W\d_]{2}")
_ISO = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"\s*(?:D:)?(\d{4})(\d{2})(\d{2})(?:\d{2,6})?(?:[Z+\-T ].*)?\s*", re.DOTALL)
_SLASHES = re.compile(r"\s*(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)")
_UNNAMED = re.compile(
    r"\(?(?:untitled|no title|unknown|title|anonymous|unspecified|none|null|"
    r"(?:untitled |new )?(?:document|spreadsheet|presentation))\)?[\s\d-]*"
    r"|\S*\.(?:docx?|xlsx?|pptx?|pdf|dvi|ps|tex|txt|indd|qxd|odt|rtf|html?|md)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"\(?(?:anonymous|unspecified|unknown|author|user|admin(?:istrator)?|none|null|python-docx)\)?",
    re.IGNORECASE,
)
_PROGRAM = re.compile(r"^Microsoft (?:Word|PowerPoint|Office Word) - ")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def tidy(text: str) -> str:
    """`text` without control characters, lone surrogates, and superfluous white space.

    Lines end with a line feed; no line ends with a space; at most one blank line in a row.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = _NEWLINES.sub("\n", text)
    text = _UNWANTED.sub("", text)
    text = _SURROGATE.sub("\ufffd", text)
    text = _SPACES.sub(" ", text)
    text = "\n".join(line.strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def shifted(text: str, how: int, before: str, after: str) -> str:
    """`text` that stands raised (1) or lowered (-1), in signs that make no number with its sides.

    `before` and `after` are the characters beside it. "300" with a note's raised "1" is never
    "3001". Lowered digits are written so beside a number alone: "CO2" is how it is looked for.
    """
    if text.lstrip().startswith(("[", "(")):
        return text
    if len(text.split()) > 1 and _WORD.search(text):  # words in small print
        return f" {text}" if text[0].isdigit() else text
    if how < 0 and not (before.isdigit() or before in ("/", "⁄") or after.isdigit()):
        return text
    return _SMALL.sub(lambda found: "".join(_small(sign, how) for sign in found[0]), text)


def _small(sign: str, how: int) -> str:
    return _SIGNS[how][int(sign) if sign.isdecimal() else 10 + "+-−".index(sign)]


def one_line(text: object) -> str | None:
    """A field's text on one line; None where the document has none."""
    if not isinstance(text, str):
        return None
    return " ".join(tidy(text[: 4 * LONGEST_LINE]).split())[:LONGEST_LINE] or None


def stated_title(value: object) -> str | None:
    """A title field's text; None for what programs write where nobody has named the document."""
    title = _PROGRAM.sub("", one_line(value) or "")
    return None if not title or _UNNAMED.fullmatch(title) else title


def stated_author(value: object) -> str | None:
    """An author field's text; None for what programs write where nobody has told them a name."""
    author = one_line(value)
    return None if author is None or _NOBODY.fullmatch(author) else author


def iso_date(stated: object) -> str | None:
    """The day of a machine-written date (ISO 8601, or a PDF's `D:20240305…`); else None."""
    if not isinstance(stated, str):
        return None
    found = _ISO.match(stated) or _SLASHES.match(stated) or _COMPACT.fullmatch(stated)
    if not found:
        return None
    try:
        day = datetime.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    # Programs that know no date write the first day they can count.
    unset = (datetime.date(1970, 1, 1), datetime.date(1601, 1, 1), datetime.date(1980, 1, 1))
    return None if day in unset or day.year < 1000 else day.isoformat()


def language_tag(stated: object) -> str | None:
    """A stated language as a BCP 47 tag; None where it is none, or says nothing."""
    if not isinstance(stated, str):
        return None
    tag = stated.strip().replace("_", "-").split(".")[0]
    if not _TAG.fullmatch(tag) or tag.lower() in ("und", "zxx", "mul", "none", "x-none"):
        return None
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(p.upper() if len(p) == 2 else p for p in rest)])


class Prose:
    """Text in the making: inline pieces, lines and blocks, as a reader meets them."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._line: list[str] = []
        self._mark = ""
        self._shift = 0
        self._shifts: list[tuple[int, int]] = []
        """Where in the line pieces begin that stand raised or lowered, or do so no more."""

    def item(self, mark: str) -> None:
        """What follows is an item of a list: its first line begins with `mark`.

        Unless it has one of its own; and "" takes back what no line has had.
        """
        self.end_line()
        self._mark = mark

    def shift(self, how: int) -> None:
        """What follows stands raised (1), lowered (-1), or on the line as usual (0)."""
        if how != self._shift:
            self._shift = how
            self._shifts.append((len(self._line), how))

    def add(self, text: str) -> None:
        """Inline text, its white space as it is."""
        self._line.append(text)

    def flow(self, text: str) -> None:
        """Inline text whose white space means no more than one space, as in HTML."""
        if not text.isprintable() or "  " in text:
            text = _WHITE.sub(" ", text if text.isascii() else _BREAK_IN_WIDE.sub("", text))
        self._line.append(text)

    def end_line(self) -> None:
        """What follows stands on a line of its own."""
        if self._line:
            line = tidy(self._whole_line() if self._shifts else "".join(self._line))
            self._line.clear()
            self._shifts = [(0, self._shift)] if self._shift else []
            if line:
                mark = "" if _MARKED.match(line) else self._mark
                self._done += (mark, line, "\n")
                self._mark = ""

    def _whole_line(self) -> str:
        """The line, what is raised or lowered in it in signs that say so."""
        places = pairwise([(0, 0), *self._shifts, (len(self._line), 0)])
        pieces = [(how, "".join(self._line[begin:end])) for (begin, how), (end, _) in places]
        runs = [
            (how, "".join(text for _, text in run))
            for how, run in groupby(filter(itemgetter(1), pieces), key=itemgetter(0))
        ]
        sides = ["", *(text for _, text in runs), ""]
        return "".join(
            shifted(text, how, sides[place][-1:], sides[place + 2][:1]) if how else text
            for place, (how, text) in enumerate(runs)
        )

    def end_block(self) -> None:
        """What follows is another paragraph."""
        self.end_line()
        if self._done and self._done[-1] != "\n\n":
            self._done.append("\n\n")

    def text(self) -> str:
        """All of it, tidied."""
        self.end_line()
        return tidy("".join(self._done))


class Table:
    """A table in the making: rows of cells' texts, written out when it is whole."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []

    def row(self) -> None:
        """What follows is another row."""
        self._rows.append([])

    def cell(self, text: str) -> None:
        """The next cell of the row."""
        if not self._rows:
            self.row()
        self._rows[-1].append(text)

    def write(self, prose: Prose) -> None:
        """One row a line, `cell | cell`; block after block where it only lays out the page."""
        prose.end_block()
        for row in self._rows:
            if any(map(_lays_out, row)):
                for cell in row:
                    prose.add(cell)
                    prose.end_block()
            else:
                prose.add(_cells_line(row))
                prose.end_line()
        prose.end_block()


def _lays_out(cell: str) -> bool:
    """Whether a cell holds a part of the page rather than an entry of a table."""
    paragraphs = cell.count("\n\n") + 1
    return paragraphs > MOST_PARAGRAPHS or (paragraphs > 1 and len(cell) > LONGEST_CELL)


def _cells_line(cells: list[str]) -> str:
    flat = [" ".join(cell.split()) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return " | ".join(flat) if any(flat) else ""
