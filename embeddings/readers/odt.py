"""ODT: OpenDocument's XML → text."""

from __future__ import annotations

import contextlib
from typing import Any

from embeddings.errors import ReadError
from embeddings.readers.archive import Archive, parse_xml
from embeddings.readers.package_metadata import core_properties
from embeddings.readers.prose import Prose, Table
from embeddings.records import Document

__all__ = ["read_odt"]

_KIND = b"application/vnd.oasis.opendocument.text"
_SKIPPED = frozenset(
    "tracked-changes scripts font-face-decls automatic-styles sequence-decls forms note-citation "
    "object object-ole image desc annotation-end table-column variable-decls".split()
)
MOST_DIGITS = 4
"""Of where a list starts to count, and of a level."""
_SIGNED = frozenset("creator date date-string creator-initials sender-initials".split())
"""Who made a comment, and when: not its words."""
_BODIES = ("text-box", "note-body", "annotation")
_CELLS = ("table-cell", "covered-table-cell")


def read_odt(content: bytes) -> Document:
    """Headings, paragraphs, list items and table rows in order, then the comments.

    Notes stand where they are called.

    A list item begins with "- ", or with its number where the list counts 1, 2, 3.
    """
    archive = Archive(content, "ODT")
    if "mimetype" in archive and not archive.read("mimetype").strip().startswith(_KIND):
        raise ReadError("not an ODT file but another kind of document")
    if "META-INF/manifest.xml" in archive and _is_encrypted(archive):
        raise ReadError("password-protected; save it without a password")
    if "content.xml" not in archive:
        raise ReadError("not an ODT file: it holds no document")
    root, damage = parse_xml(archive.read("content.xml"), "content.xml")
    roots = [root, *_named_styles(archive)]
    walk = _Walk(_levels(roots), _shifts(roots))
    walk.write(root)
    walk.write_comments()
    stated = core_properties(archive, "meta.xml")
    return Document(
        walk.prose.text(),
        title=stated.title,
        date=stated.date,
        author=stated.author,
        language=stated.language,
        incomplete=damage,
    )


def _is_encrypted(archive: Archive) -> bool:
    return b"encryption-data" in archive.read("META-INF/manifest.xml")


def _named_styles(archive: Archive) -> list[Any]:
    """The part that holds the styles which have names, unless it is missing or damaged."""
    with contextlib.suppress(ReadError):
        if "styles.xml" in archive:
            return [parse_xml(archive.read("styles.xml"), "styles.xml")[0]]
    return []


def _levels(roots: list[Any]) -> dict[tuple[str, int], int | None]:
    """Of list styles, each with its level: where it starts to count 1, 2, 3; None for a bullet.

    Levels that are shown otherwise are left out: a wrong number is worse than none.
    """
    found: dict[tuple[str, int], int | None] = {}
    for root in roots:
        for style in root.iter("{*}list-style"):
            for level in style:
                kind, depth = str(level.tag).rpartition("}")[2], _said(level, "display-levels")
                place = _said(style, "name"), _count(_said(level, "level"), 0)
                if kind == "list-level-style-bullet":
                    found[place] = None
                elif _said(level, "num-format") == "1" and depth in ("", "1"):
                    found[place] = _count(_said(level, "start-value"), 1)
    return found


def _shifts(roots: list[Any]) -> dict[str, int]:
    """Of styles that say it of text: whether it stands raised (1), lowered (-1) or neither (0)."""
    found: dict[str, int] = {}
    parents: dict[str, str] = {}
    for root in roots:
        for style in root.iter("{*}style"):
            if _said(style, "family") != "text":
                continue
            name = _said(style, "name")
            parents[name] = _said(style, "parent-style-name")
            for properties in style.iterchildren("{*}text-properties"):
                position = _said(properties, "text-position").split()[:1]
                if position:
                    found[name] = _shift(position[0])
    inherited = {name: found[parent] for name, parent in parents.items() if parent in found}
    return inherited | found


def _shift(position: str) -> int:
    """Which way a stated position is: "super", "sub", or a share such as "33%" or "-33%"."""
    if position in ("super", "sub"):
        return 1 if position == "super" else -1
    return 0 if not position.strip("-0%") else -1 if position.startswith("-") else 1


def _count(stated: str, otherwise: int) -> int:
    return int(stated) if stated.isdecimal() and len(stated) <= MOST_DIGITS else otherwise


def _said(element: Any, name: str) -> str:
    """An attribute by its name without the namespace; "" where the element has none."""
    ending = f"}}{name}"
    return next((str(value) for key, value in element.attrib.items() if key.endswith(ending)), "")


class _Walk:
    """Walks the tree once, without recursion."""

    def __init__(self, levels: dict[tuple[str, int], int | None], shifts: dict[str, int]) -> None:
        self._levels = levels
        self._styles = shifts
        self._shifts = [0]
        self._comments: list[str] = []
        self._lists: list[tuple[str, int | None]] = []
        """The style of each list that is open, and its next number, if it has one to show."""
        self._next: dict[tuple[str, int], int] = {}
        """By style and level, where a list would go on that goes on."""
        self.prose = Prose()
        self._outer: list[Prose] = []
        self._tables: list[Table] = []

    def write(self, root: Any) -> None:
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            name = str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""
            if event == "start":
                if name in _SKIPPED or not name or _is_signature(name, element):
                    walk.skip_subtree()
                    continue
                self._open(name, element)
                self._add(element.text)
            else:
                if name not in _SKIPPED:
                    self._close(name)
                if element is not root:
                    self._add(element.tail)

    def write_comments(self) -> None:
        """Those that were met, by themselves."""
        if self._comments:
            self.prose.end_block()
            self.prose.add("Comments:")
            self.prose.end_line()
        for text in self._comments:
            self.prose.add(text)
            self.prose.end_block()

    def _add(self, text: str | None) -> None:
        if text:
            self.prose.flow(text)

    def _open(self, name: str, element: Any) -> None:
        if name in ("p", "h"):
            if not self._lists:
                self.prose.end_block()
            elif name == "h":
                self.prose.item("")
        elif name == "list":
            if not self._lists:
                self.prose.end_block()
            self._open_list(element)
        elif name == "list-item" and self._lists:
            self.prose.item(self._mark(element))
        elif name == "span":
            self._shifts.append(self._styles.get(_said(element, "style-name"), self._shifts[-1]))
            self.prose.shift(self._shifts[-1])
        elif name in ("s", "tab"):
            self.prose.add(" ")
        elif name == "line-break":
            self.prose.end_line()
        elif name == "table":
            self._tables.append(Table())
        elif name == "table-row" and self._tables:
            self._tables[-1].row()
        elif name in _CELLS or name in _BODIES:
            self._outer.append(self.prose)
            self.prose = Prose()
            self._shifts.append(0)  # what calls a note is raised, the note is not

    def _open_list(self, element: Any) -> None:
        style = _said(element, "style-name") or (self._lists[-1][0] if self._lists else "")
        place = style, len(self._lists) + 1
        first = self._levels.get(place)
        goes_on = _said(element, "continue-numbering") == "true" or _said(element, "continue-list")
        if first is not None and goes_on:
            first = self._next.get(place, first)
        self._lists.append((style, first))

    def _mark(self, item: Any) -> str:
        """What an item of the innermost list begins with; "" where that is not known."""
        style, number = self._lists[-1]
        place = style, len(self._lists)
        if number is None:
            return "- " if self._levels.get(place, 0) is None or not self._is_known(style) else ""
        number = _count(_said(item, "start-value"), number)
        self._lists[-1] = style, number + 1
        self._next[place] = number + 1
        return f"{number}. "

    def _is_known(self, style: str) -> bool:
        return any(name == style for name, _ in self._levels)

    def _close(self, name: str) -> None:
        if name in ("p", "h"):
            self.prose.end_line()
            if not self._lists:
                self.prose.end_block()
        elif name == "span" and len(self._shifts) > 1:
            self._shifts.pop()
            self.prose.shift(self._shifts[-1])
        elif name == "list-item":
            self.prose.item("")
        elif name == "list" and self._lists:
            self._lists.pop()
            if not self._lists:
                self.prose.end_block()
        elif name in _CELLS and self._outer:
            text = self._end_apart()
            if self._tables:
                self._tables[-1].cell(text)
        elif name in _BODIES and self._outer:
            text = " ".join(self._end_apart().split())
            if text and name == "annotation":
                self._comments.append(text)
            elif text:
                self.prose.shift(0)
                self.prose.add(f" ({text}) ")
                self.prose.shift(self._shifts[-1])
        elif name == "table" and self._tables:
            self._tables.pop().write(self.prose)

    def _end_apart(self) -> str:
        """Text of a cell or body that has ended."""
        text = self.prose.text()
        self.prose = self._outer.pop()
        self._shifts.pop()
        return text


def _is_signature(name: str, element: Any) -> bool:
    """Whether an element says whose comment it stands in, or when that was made."""
    parent = element.getparent() if name in _SIGNED else None
    return parent is not None and str(parent.tag).endswith("}annotation")
