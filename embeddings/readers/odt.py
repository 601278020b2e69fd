"""ODT: OpenDocument's XML → text."""

from __future__ import annotations

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
    """Headings, paragraphs, list items and table rows in order; notes where they are called."""
    archive = Archive(content, "ODT")
    if "mimetype" in archive and not archive.read("mimetype").strip().startswith(_KIND):
        raise ReadError("not an ODT file but another kind of document")
    if "META-INF/manifest.xml" in archive and _is_encrypted(archive):
        raise ReadError("password-protected; save it without a password")
    if "content.xml" not in archive:
        raise ReadError("not an ODT file: it holds no document")
    root, damage = parse_xml(archive.read("content.xml"), "content.xml")
    walk = _Walk()
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


class _Walk:
    """Walks the tree once, without recursion."""

    def __init__(self) -> None:
        self.prose = Prose()
        self._outer: list[Prose] = []
        self._tables: list[Table] = []
        self._lists = 0

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
            if not self._lists:
                self.prose.end_block()
        elif name == "list":
            if not self._lists:
                self.prose.end_block()
            self._lists += 1
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
            if not self._lists:
                self.prose.end_block()
        elif name == "list":
            self._lists -= 1
            if not self._lists:
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
