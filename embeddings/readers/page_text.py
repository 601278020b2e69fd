"""Elements of a parsed page → text in paragraphs, lists and tables."""

from __future__ import annotations

import re
from typing import Any

from embeddings.readers.prose import Prose, Table

__all__ = ["page_text"]

_SKIPPED = frozenset(
    "script style noscript template head title svg math iframe object embed applet canvas "
    "select button textarea datalist audio video map".split()
)
_BLOCKS = frozenset(
    "p div section article main header footer aside nav h1 h2 h3 h4 h5 h6 ul ol dl blockquote "
    "pre figure figcaption address hr form fieldset table caption details summary body html "
    "center hgroup menu dialog search".split()
)
_LINES = frozenset("br li dt dd option legend tr".split())
_APART = frozenset("td th".split())
_SHIFTS = {"sup": 1, "sub": -1, "super": 1}
_INLINE = frozenset("sup sub span a font small b i em strong".split())
_SHIFTING = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
MOST_DIGITS = 4
"""Of a stated number of an item; a longer one is no number of a list."""


def page_text(roots: list[Any]) -> str:
    """The text below `roots`, in order: blank lines between paragraphs, a list item a line.

    An item begins with "- ", one of an ordered list with its number.
    """
    writer = _Writer()
    for root in roots:
        writer.write(root)
        writer.prose.end_block()
    return writer.prose.text()


class _Writer:
    """Walks a tree once, without recursion: pages may be nested deep."""

    def __init__(self) -> None:
        self.prose = Prose()
        self._outer: list[Prose] = []
        self._tables: list[Table] = []
        self._preformatted = 0
        self._shifts = [0]
        self._lists: list[_Numbers | None] = []

    def write(self, root: Any) -> None:
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            tag = element.tag if isinstance(element.tag, str) else ""
            tag = tag.rpartition("}")[2].lower()
            if event == "start":
                if tag in _SKIPPED or not tag:
                    walk.skip_subtree()
                    continue
                self._open(tag, element)
                self._add(element.text)
            else:
                if tag and tag not in _SKIPPED:
                    self._close(tag, element)
                if element is not root:
                    self._add(element.tail)

    def _add(self, text: str | None) -> None:
        if not text:
            return
        if self._preformatted:
            for index, line in enumerate(text.split("\n")):
                if index:
                    self.prose.end_line()
                self.prose.add(line)
        else:
            self.prose.flow(text)

    def _open(self, tag: str, element: Any) -> None:
        if how := _shift(tag, element):
            self._shifts.append(how)
            self.prose.shift(how)
        if tag == "table":
            self.prose.end_block()
            self._tables.append(Table())
        elif tag == "tr" and self._tables:
            self._tables[-1].row()
        elif tag in _APART and self._tables:
            self._outer.append(self.prose)
            self.prose = Prose()
        elif tag in _BLOCKS:
            self._block()
            self._preformatted += tag == "pre"
            if tag in ("ul", "ol"):
                self._lists.append(_Numbers.of(element) if tag == "ol" else None)
        elif tag == "li":
            numbers = self._lists[-1] if self._lists else None
            mark = numbers.mark(element) if numbers else "- "
            self.prose.item("" if self._outer else mark)  # a cell is one line
        elif tag in _LINES:
            self.prose.end_line()
        elif tag == "img" and _inline_symbol(element.get("alt")):
            self._add(element.get("alt"))

    def _close(self, tag: str, element: Any) -> None:
        if _shift(tag, element):
            self._shifts.pop()
            self.prose.shift(self._shifts[-1])
        if tag == "table" and self._tables:
            self._tables.pop().write(self.prose)
        elif tag in _APART and self._tables and self._outer:
            self._end_cell()
        elif tag in _BLOCKS:
            self._block()
            self._preformatted -= tag == "pre"
            if tag in ("ul", "ol") and self._lists:
                self._lists.pop()
        elif tag == "li":
            self.prose.item("")
        elif tag == "br":
            following = element.getnext()
            # Two line breaks in a row are how old pages part their paragraphs.
            if following is not None and following.tag == "br" and not (element.tail or "").strip():
                self._block()
        elif tag in _LINES:
            self.prose.end_line()

    def _block(self) -> None:
        self.prose.end_block()

    def _end_cell(self) -> None:
        text = self.prose.text()
        self.prose = self._outer.pop()
        self._tables[-1].cell(text)


class _Numbers:
    """Numbers the items of an ordered list, from where the page says."""

    def __init__(self, first: int, step: int) -> None:
        self._next, self._step = first, step

    @classmethod
    def of(cls, element: Any) -> _Numbers | None:
        """Those of an `ol`; none where its items have letters."""
        if element.get("type", "1") != "1":
            return None
        if element.get("reversed") is None:
            return cls(_whole_number(element.get("start"), 1), 1)
        count = sum(1 for _ in element.iterchildren("{*}li"))
        return cls(_whole_number(element.get("start"), count), -1)

    def mark(self, item: Any) -> str:
        """What the next item begins with."""
        number = _whole_number(item.get("value"), self._next)
        self._next = number + self._step
        return f"{number}. "


def _shift(tag: str, element: Any) -> int:
    """Whether the element's text stands raised (1), lowered (-1) or neither (0)."""
    if tag not in _INLINE:
        return 0
    styled = _SHIFTING.search(element.get("style") or "")
    return _SHIFTS[styled[1].lower()] if styled else _SHIFTS.get(tag, 0)


def _whole_number(stated: str | None, otherwise: int) -> int:
    digits = (stated or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) <= MOST_DIGITS else otherwise


def _inline_symbol(alternative: str | None) -> bool:
    """Whether an image stands for a character, as an emoji does."""
    return alternative is not None and 0 < len(alternative) <= 2
