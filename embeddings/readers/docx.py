"""DOCX: Word's XML → text, text boxes, notes and comments included.

Read from the XML itself: python-docx shows neither text boxes nor content controls, notes or
tracked insertions, and refuses the files of programs that leave out a part it looks for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from embeddings.errors import ReadError
from embeddings.readers.archive import Archive, parse_xml
from embeddings.readers.package_metadata import core_properties
from embeddings.readers.prose import Prose, Table
from embeddings.records import Document

__all__ = ["read_docx"]

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE_DOCUMENT = "/officeDocument"
_NOTES = ("footnotes", "endnotes", "comments")
_SKIPPED = frozenset(
    "del moveFrom instrText delText pPr rPr sectPr tblPr tblGrid trPr tcPr Fallback "
    "fldData docPart sdtPr bookmarkStart proofErr".split()
)
MOST_DIGITS = 4
"""Of where a list starts to count."""
_COUNTED = re.compile(r"%\d[.)]?")
"""A number by itself: "%1.%2" counts a chapter with it."""
_BREAKS = {"tab": "\t", "noBreakHyphen": "-", "ptab": "\t"}


def read_docx(content: bytes) -> Document:
    """Paragraphs, list items and table rows in order, then footnotes, endnotes and comments.

    A list item begins with "- ", or with its number where Word counts 1, 2, 3.
    """
    archive = Archive(content, "DOCX")
    main = _main_part(archive)
    root, damage = parse_xml(archive.read(main), main)
    folder = main.rpartition("/")[0]
    walk = _Walk(_Numbering.of(archive, f"{folder}/numbering.xml"))
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
        walk.prose.end_block()
    for note in root:
        if note.get(f"{{{_WORD}}}type") not in ("separator", "continuationSeparator"):
            walk.write(note)
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
        return _Level(said.get("numFmt", ""), said.get("lvlText", ""), first)

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


class _Walk:
    """Walks Word's tree once, without recursion: tables and boxes nest."""

    def __init__(self, numbering: _Numbering) -> None:
        self._numbering = numbering
        self.prose = Prose()
        self._outer: list[Prose] = []
        self._boxes: list[tuple[int, str]] = []
        self._tables: list[Table] = []
        self._in_list = False

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

    def _open(self, name: str, element: Any) -> None:
        if name == "p":
            self._begin_paragraph(element)
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
        listed = "numPr" in said or "List" in style
        if not (listed and self._in_list):
            self.prose.end_block()
        self._in_list = listed
        place = {_name(e): _said(e) for e in said.get("numPr", ())}
        mark = self._numbering.mark(place.get("numId", ""), place.get("ilvl", "0"))
        self.prose.item(mark or ("- " if "ListBullet" in style else ""))

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
