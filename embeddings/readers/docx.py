"""DOCX: Word's XML → text, text boxes, notes and comments included.

Read from the XML itself: python-docx shows neither text boxes nor content controls, notes or
tracked insertions, and refuses the files of programs that leave out a part it looks for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embeddings.errors import ReadError
from embeddings.readers.archive import Archive, parse_xml
from embeddings.readers.package_metadata import core_properties
from embeddings.readers.prose import Prose, Table
from embeddings.records import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_docx"]

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE_DOCUMENT = "/officeDocument"
_NOTES = ("footnotes", "endnotes", "comments")
_SKIPPED = frozenset(
    "del moveFrom instrText delText pPr rPr sectPr tblPr tblGrid trPr tcPr Fallback "
    "fldData docPart sdtPr bookmarkStart proofErr".split()
)
_SHIFTS = {"superscript": 1, "subscript": -1, "sup": 1, "sub": -1}
_DEEPEST_STYLE = 20
MOST_DIGITS = 4
"""Of where a list starts to count."""
_COUNTED = re.compile(r"%\d[.)]?")
"""A number by itself: "%1.%2" counts a chapter with it."""
_BREAKS = {"tab": "\t", "noBreakHyphen": "-", "ptab": "\t", "den": "/"}
"""What stands for an element; a formula's denominator is no part of the number above it."""


def read_docx(content: bytes) -> Document:
    """Paragraphs, list items and table rows in order, then footnotes, endnotes and comments.

    A list item begins with "- ", or with its number where Word counts 1, 2, 3.
    """
    archive = Archive(content, "DOCX")
    main = _main_part(archive)
    root, damage = parse_xml(archive.read(main), main)
    folder = main.rpartition("/")[0]
    numbering = _Numbering.of(archive, f"{folder}/numbering.xml")
    walk = _Walk(numbering, _Styles.of(archive, f"{folder}/styles.xml"))
    walk.write(root)
    for kind in _NOTES:
        name = f"{folder}/{kind}.xml"
        if name in archive:
            damage = _write_notes(archive, name, walk) or damage
    stated = core_properties(archive, "docProps/core.xml")
    return Document(
        walk.prose.text(),
        title=stated.title,
        date=stated.date,
        author=stated.author,
        language=stated.language,
        incomplete=damage or _embedded(archive),
    )


def _main_part(archive: Archive) -> str:
    """Name of the part that holds the text, as the package's relationships tell it."""
    if "_rels/.rels" in archive:
        root, _ = parse_xml(archive.read("_rels/.rels"), "_rels/.rels")
        for relation in root:
            target = str(relation.get("Target", "")).lstrip("/")
            if str(relation.get("Type", "")).endswith(_OFFICE_DOCUMENT) and target in archive:
                if not target.endswith("document.xml") and "word" not in target:
                    raise ReadError("not a DOCX file but another Office document")
                return target
    if "word/document.xml" in archive:
        return "word/document.xml"
    raise ReadError("not a DOCX file: it holds no Word document")


def _write_notes(archive: Archive, name: str, walk: _Walk) -> str | None:
    try:
        root, damage = parse_xml(archive.read(name), name)
    except ReadError as error:
        return str(error)
    if "comment" in map(_name, root):
        walk.prose.end_block()
        walk.prose.add("Comments:")
        walk.prose.end_line()
    for note in root:
        if note.get(f"{{{_WORD}}}type") not in ("separator", "continuationSeparator"):
            walk.write_apart(note)
        walk.prose.end_block()
    return damage


def _embedded(archive: Archive) -> str | None:
    """Says which documents lie inside the document, unread."""
    inside = [name for name in archive.names() if name.startswith("word/embeddings/")]
    if not inside:
        return None
    documents = "1 embedded document was" if len(inside) == 1 else f"{len(inside)} were"
    return f"{documents} not read: {', '.join(n.rpartition('/')[2] for n in inside[:5])}"


def _name(element: Any) -> str:
    """An element's name without its namespace; empty for comments and such."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _said(element: Any, name: str = "val") -> str:
    """An attribute by its name without the namespace; "" where the element has none."""
    ending = f"}}{name}"
    return next((str(value) for key, value in element.attrib.items() if key.endswith(ending)), "")


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list counts."""

    kind: str
    text: str
    """Around the number, which stands in it as "%1"."""
    first: int
    style: str
    """Of the paragraphs that are its items without saying so themselves."""


class _Numbering:
    """How the document's lists count, and how far they have come.

    Lists of one shape go on counting where the last of them ended, but for one that says where it
    starts. Only what is a bullet, or a number by itself, is shown: a wrong one is worse than none.
    """

    def __init__(
        self,
        shapes: dict[str, dict[str, _Level]],
        lists: dict[str, tuple[str, dict[str, int]]],
    ) -> None:
        self._shapes = shapes
        self._lists = lists
        """The shape of each list, and where its levels start, if it says so."""
        self._counts: dict[tuple[str, str], int] = {}
        self._begun: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, archive: Archive, name: str) -> _Numbering:
        """What the part of that name says; nothing where it is missing or damaged."""
        if name not in archive:
            return cls({}, {})
        try:
            root, _ = parse_xml(archive.read(name), name)
        except ReadError:
            return cls({}, {})
        shapes, lists = {}, {}
        for each in root:
            if _name(each) == "abstractNum":
                shapes[_said(each, "abstractNumId")] = {
                    _said(e, "ilvl"): cls._level(e) for e in each if _name(e) == "lvl"
                }
            elif _name(each) == "num":
                shape = next((_said(e) for e in each if _name(e) == "abstractNumId"), "")
                starts = {
                    _said(e, "ilvl"): _count(_said(start), 1)
                    for e in each
                    if _name(e) == "lvlOverride"
                    for start in e
                    if _name(start) == "startOverride"
                }
                lists[_said(each, "numId")] = shape, starts
        return cls(shapes, lists)

    @staticmethod
    def _level(element: Any) -> _Level:
        said = {_name(e): _said(e) for e in element}
        first = _count(said.get("start", ""), 1)
        style = said.get("pStyle", "")
        return _Level(said.get("numFmt", ""), said.get("lvlText", ""), first, style)

    def level_of(self, number: str, style: str) -> str:
        """The level of a list that a style's paragraphs stand on."""
        levels = self._shapes.get(self._lists.get(number, ("", {}))[0], {})
        return next((level for level, how in levels.items() if how.style == style), "0")

    def mark(self, number: str, level: str) -> str:
        """What the next item of a list begins with; "" where that is not known."""
        shape, starts = self._lists.get(number, ("", {}))
        how = self._shapes.get(shape, {}).get(level)
        if how is None:
            return ""
        for each in [each for each in self._counts if each[0] == shape and each[1] > level]:
            del self._counts[each]
        before = self._counts.get((shape, level), how.first - 1)
        if level in starts and (number, level) not in self._begun:
            before = starts[level] - 1
        self._begun.add((number, level))
        count = self._counts[shape, level] = before + 1
        if how.kind == "bullet":
            return "- "
        return f"{count}. " if how.kind == "decimal" and _COUNTED.fullmatch(how.text) else ""


def _count(stated: str, otherwise: int) -> int:
    return int(stated) if stated.isdecimal() and len(stated) <= MOST_DIGITS else otherwise


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style says that its paragraphs or runs do not say themselves."""

    parent: str
    number: str
    level: str
    heading: bool
    shift: int


class _Styles:
    """The document's styles, each with what it takes from the one that it is based on."""

    def __init__(self, styles: dict[str, _Style]) -> None:
        self._styles = styles

    @classmethod
    def of(cls, archive: Archive, name: str) -> _Styles:
        """What the part of that name says; nothing where it is missing or damaged."""
        if name not in archive:
            return cls({})
        try:
            root, _ = parse_xml(archive.read(name), name)
        except ReadError:
            return cls({})
        return cls({_said(e, "styleId"): cls._style(e) for e in root if _name(e) == "style"})

    @staticmethod
    def _style(element: Any) -> _Style:
        parent = next((_said(e) for e in element if _name(e) == "basedOn"), "")
        said = {_name(e): e for part in element if _name(part) in ("pPr", "rPr") for e in part}
        place = {_name(e): _said(e) for e in said.get("numPr", ())}
        vertical = _said(said["vertAlign"]) if "vertAlign" in said else ""
        return _Style(
            parent,
            place.get("numId", ""),
            place.get("ilvl", ""),
            heading="outlineLvl" in said,
            shift=_SHIFTS.get(vertical, 0),
        )

    def _each(self, style: str) -> Iterator[tuple[str, _Style]]:
        """A style and those that it is based on."""
        for _ in range(_DEEPEST_STYLE):
            if style not in self._styles:
                return
            yield style, self._styles[style]
            style = self._styles[style].parent

    def place(self, style: str) -> tuple[str, str, str]:
        """The list of a style's paragraphs, their level if it says so, and whose list it is."""
        found = ((each.number, each.level, name) for name, each in self._each(style))
        return next((place for place in found if place[0]), ("", "", ""))

    def is_heading(self, style: str) -> bool:
        """Whether a style's paragraphs are headings, which may be numbered as lists are."""
        return any(each.heading for _, each in self._each(style))

    def shift(self, style: str) -> int:
        """Whether a style's runs stand raised (1), lowered (-1) or neither (0)."""
        return next((each.shift for _, each in self._each(style) if each.shift), 0)


class _Walk:
    """Walks Word's tree once, without recursion: tables and boxes nest."""

    def __init__(self, numbering: _Numbering, styles: _Styles) -> None:
        self._numbering = numbering
        self._styles = styles
        self.prose = Prose()
        self._outer: list[Prose] = []
        self._boxes: list[tuple[int, str]] = []
        self._tables: list[Table] = []
        self._in_list = False
        self._shifts = [0]
        """Of the formulas' parts around a run."""

    def write(self, root: Any) -> None:
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            name = _name(element)
            if event == "start":
                if name in _SKIPPED or not name or _is_hidden(element, name):
                    walk.skip_subtree()
                else:
                    self._open(name, element)
            elif name and name not in _SKIPPED:
                self._close(name)

    def write_apart(self, note: Any) -> None:
        """Write a note or comment from its beginning on, whatever paragraph that begins."""
        outer, self.prose = self.prose, Prose()
        self.write(note)
        text = self.prose.text()
        self.prose, self._in_list = outer, False
        self.prose.add(text)

    def _open(self, name: str, element: Any) -> None:
        if name == "p":
            self._begin_paragraph(element)
        elif name == "r":
            self.prose.shift(self._shift(element) or self._shifts[-1])
        elif name in ("sup", "sub"):
            self._shifts.append(_SHIFTS[name])
        elif name == "t":
            self.prose.add(element.text or "")
        elif name in ("br", "cr"):
            self._break(element)
        elif name in _BREAKS:
            self.prose.add(_BREAKS[name])
        elif name == "tbl":
            self._tables.append(Table())
        elif name == "tr" and self._tables:
            self._tables[-1].row()
        elif name in ("tc", "txbxContent"):
            self._outer.append(self.prose)
            self.prose = Prose()

    def _begin_paragraph(self, element: Any) -> None:
        said = {_name(e): e for part in element[:1] if _name(part) == "pPr" for e in part}
        style = _said(said["pStyle"]) if "pStyle" in said else ""
        own = {_name(e): _said(e) for e in said.get("numPr", ())}
        number, level, styled = self._styles.place(style)
        if "numId" in own:
            number, level = own["numId"], own.get("ilvl", "0")
        level = own.get("ilvl") or level or self._numbering.level_of(number, styled)
        mark = self._numbering.mark(number, level)
        if "numPr" not in said and self._styles.is_heading(style):
            mark = ""
        listed = "numPr" in said or "List" in style or bool(mark)
        if not (listed and self._in_list):
            self.prose.end_block()
        self._in_list = listed
        self.prose.item(mark or ("- " if "ListBullet" in style else ""))

    def _shift(self, run: Any) -> int:
        """Whether a run stands raised (1), lowered (-1) or neither (0)."""
        said = {_name(e): _said(e) for part in run[:1] if _name(part) == "rPr" for e in part}
        if "vertAlign" in said:
            return _SHIFTS.get(said["vertAlign"], 0)
        return self._styles.shift(said.get("rStyle", ""))

    def _break(self, element: Any) -> None:
        kind = next((v for k, v in element.attrib.items() if k.endswith("}type")), "")
        if kind == "page":
            self.prose.end_block()
        else:
            self.prose.end_line()

    def _close(self, name: str) -> None:
        if name == "p":
            self.prose.item("")
            if not self._in_list:
                self.prose.end_block()
            self._write_boxes()
        elif name == "r":
            self.prose.shift(0)
        elif name in ("sup", "sub") and len(self._shifts) > 1:
            self._shifts.pop()
        elif name == "txbxContent":
            text = self.prose.text()
            self.prose = self._outer.pop()
            self._boxes.append((len(self._outer), text))
        elif name == "tc" and self._outer:
            text = self.prose.text()
            self.prose = self._outer.pop()
            if self._tables:
                self._tables[-1].cell(text)
        elif name == "tbl" and self._tables:
            self._tables.pop().write(self.prose)
            self._in_list = False

    def _write_boxes(self) -> None:
        """The text boxes that hang on the paragraph that has ended, after it."""
        depth = len(self._outer)
        mine = [text for at, text in self._boxes if at == depth]
        self._boxes = [box for box in self._boxes if box[0] != depth]
        for text in mine:
            self.prose.end_block()
            self.prose.add(text)
            self.prose.end_block()


def _is_hidden(element: Any, name: str) -> bool:
    """Whether a run of text is marked as not to be shown."""
    if name != "r" or not len(element) or _name(element[0]) != "rPr":
        return False
    return any(
        _name(mark) == "vanish" and "0" not in mark.values() and "false" not in mark.values()
        for mark in element[0]
    )
