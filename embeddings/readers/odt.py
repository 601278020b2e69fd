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
_CELLS = ("table-cell", "covered-table-cell")


def read_odt(content: bytes) -> Document:
    """Headings, paragraphs, list items and table rows in order; notes where they are called.

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
    walk = _Walk(_counting(archive, root))
    walk.write(root)
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


def _counting(archive: Archive, content: Any) -> frozenset[tuple[str, int]]:
    """The list styles, each with its level, that count 1, 2, 3."""
    roots = [content]
    if "styles.xml" in archive:
        with contextlib.suppress(ReadError):
            roots.append(parse_xml(archive.read("styles.xml"), "styles.xml")[0])
    found: set[tuple[str, int]] = set()
    for root in roots:
        for style in root.iter("{*}list-style"):
            for level in style.iterchildren("{*}list-level-style-number"):
                depth = _said(level, "level")
                if _said(level, "num-format") == "1" and depth.isdecimal():
                    found.add((_said(style, "name"), int(depth)))
    return frozenset(found)


def _said(element: Any, name: str) -> str:
    """An attribute by its name without the namespace; "" where the element has none."""
    ending = f"}}{name}"
    return next((str(value) for key, value in element.attrib.items() if key.endswith(ending)), "")


class _Walk:
    """Walks the tree once, without recursion."""

    def __init__(self, counting: frozenset[tuple[str, int]]) -> None:
        self._counting = counting
        self._items: list[int] = []
        """How many items each of the lists has that are open."""
        self._style = ""
        self.prose = Prose()
        self._outer: list[Prose] = []
        self._tables: list[Table] = []

    def write(self, root: Any) -> None:
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            name = str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""
            if event == "start":
                if name in _SKIPPED or not name:
                    walk.skip_subtree()
                    continue
                self._open(name, element)
                self._add(element.text)
            else:
                if name not in _SKIPPED:
                    self._close(name)
                if element is not root:
                    self._add(element.tail)

    def _add(self, text: str | None) -> None:
        if text:
            self.prose.flow(text)

    def _open(self, name: str, element: Any) -> None:
        if name in ("p", "h"):
            if not self._items:
                self.prose.end_block()
        elif name == "list":
            if not self._items:
                self.prose.end_block()
            self._style = _said(element, "style-name") or (self._style if self._items else "")
            self._items.append(0)
        elif name == "list-item" and self._items:
            self._items[-1] += 1
            counts = (self._style, len(self._items)) in self._counting
            self.prose.item(f"{self._items[-1]}. " if counts else "- ")
        elif name in ("s", "tab"):
            self.prose.add(" ")
        elif name == "line-break":
            self.prose.end_line()
        elif name == "table":
            self._tables.append(Table())
        elif name == "table-row" and self._tables:
            self._tables[-1].row()
        elif name in _CELLS or name in ("text-box", "note-body", "annotation"):
            self._outer.append(self.prose)
            self.prose = Prose()

    def _close(self, name: str) -> None:
        if name in ("p", "h"):
            self.prose.end_line()
            if not self._items:
                self.prose.end_block()
        elif name == "list-item":
            self.prose.item("")
        elif name == "list" and self._items:
            self._items.pop()
            if not self._items:
                self.prose.end_block()
        elif name in _CELLS and self._outer:
            text = self.prose.text()
            self.prose = self._outer.pop()
            if self._tables:
                self._tables[-1].cell(text)
        elif name in ("text-box", "note-body", "annotation") and self._outer:
            text = " ".join(self.prose.text().split())
            self.prose = self._outer.pop()
            self.prose.add(f" ({text}) " if text else "")
        elif name == "table" and self._tables:
            self._tables.pop().write(self.prose)
