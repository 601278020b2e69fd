"""EPUB: the chapters of a book, in the order of its spine."""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import unquote

from embeddings.errors import ReadError
from embeddings.readers.archive import Archive, parse_xml
from embeddings.readers.package_metadata import stated_in
from embeddings.readers.webpage import decode_html, html_text
from embeddings.records import Document

__all__ = ["read_epub"]

_CONTAINER = "META-INF/container.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/xml", "text/x-oeb1-document")
_FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def read_epub(content: bytes) -> Document:
    """The text of every chapter, chapters apart by a blank line."""
    archive = Archive(content, "EPUB")
    _refuse_encrypted(archive)
    name = _package_name(archive)
    package, damage = parse_xml(archive.read(name), name)
    chapters: list[str] = []
    unread: list[str] = []
    for part in _spine(package, posixpath.dirname(name)):
        page = b"?"  # while it is not known, it is not taken for an empty one
        try:
            page = archive.read(part)
            decoded = decode_html(page)
            text, wrong = html_text(decoded.text)
        except ReadError:
            if page.strip():
                unread.append(posixpath.basename(part))
            continue
        damage = damage or wrong or decoded.incomplete
        chapters.append(text)
    stated = stated_in(_metadata(package))
    return Document(
        "\n\n".join(chapter for chapter in chapters if chapter),
        title=stated.title,
        date=stated.date,
        author=stated.author,
        language=stated.language,
        incomplete=_unread(unread) or damage,
    )


def _package_name(archive: Archive) -> str:
    """Where the book's package lies, as its container tells."""
    if _CONTAINER in archive:
        root, _ = parse_xml(archive.read(_CONTAINER), _CONTAINER)
        for element in root.iter():
            path = element.get("full-path") if isinstance(element.tag, str) else None
            if path and path in archive:
                return str(path)
    for name in archive.names():
        if name.endswith(".opf"):
            return name
    raise ReadError("not an EPUB file: it names no book")


def _spine(package: Any, folder: str) -> list[str]:
    """Names of the parts that are pages, in reading order."""
    pages: dict[str, str] = {}
    for item in _each(package, "item"):
        properties = (item.get("properties") or "").split()
        if item.get("media-type") in _PAGES and item.get("href") and "nav" not in properties:
            path = posixpath.normpath(posixpath.join(folder, _file_of(item.get("href"))))
            pages[item.get("id", "")] = path
    order = [reference.get("idref", "") for reference in _each(package, "itemref")]
    ordered = [pages[name] for name in order if name in pages]
    return list(dict.fromkeys(ordered)) or list(pages.values())


def _file_of(href: str) -> str:
    """The file that a reference names, whatever place in it."""
    return unquote(href.partition("#")[0])


def _metadata(package: Any) -> Any:
    return next(iter(_each(package, "metadata")), package)


def _each(root: Any, name: str) -> list[Any]:
    return [e for e in root.iter() if isinstance(e.tag, str) and e.tag.rpartition("}")[2] == name]


def _refuse_encrypted(archive: Archive) -> None:
    """Raise `ReadError` for a book whose text, not only its fonts, is encrypted."""
    name = "META-INF/encryption.xml"
    if name not in archive:
        return
    root, _ = parse_xml(archive.read(name), name)
    methods = [method.get("Algorithm", "") for method in _each(root, "EncryptionMethod")]
    if any(method not in _FONTS_ONLY for method in methods):
        raise ReadError("copy-protected: its text is encrypted")


def _unread(names: list[str]) -> str | None:
    if not names:
        return None
    chapters = "1 chapter" if len(names) == 1 else f"{len(names)} chapters"
    return f"{chapters} could not be read: {', '.join(names[:5])}"
