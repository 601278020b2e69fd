"""The zip guard and the XML guard: what DOCX, ODT and EPUB are made of, opened with care."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from embeddings.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Archive", "parse_xml"]

MOST_ENTRIES = 10_000
MOST_BYTES = 200_000_000
HIGHEST_RATIO = 100
SMALL = 1_000_000
"""A part this small may be packed as tightly as it likes: white space in XML often is."""


class Archive:
    """A zip file's parts by name. What its directory says is checked against what comes out."""

    def __init__(self, content: bytes, kind: str) -> None:
        """Open `content`; raises `ReadError` when it is no zip file, or a bomb."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
            raise ReadError(f"the {kind} file is damaged: it does not open as a zip") from error
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise ReadError(f"not read: it packs more than {MOST_ENTRIES:,} files")
        if sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise ReadError(f"not read: it unpacks to more than {MOST_BYTES // 1_000_000} MB")
        for entry in entries:
            if entry.file_size > max(SMALL, HIGHEST_RATIO * max(1, entry.compress_size)):
                raise ReadError(f"not read: it unpacks to more than {HIGHEST_RATIO} times its size")
        self._entries = {entry.filename: entry for entry in entries}
        self._left = MOST_BYTES

    def names(self) -> Iterable[str]:
        """Names of the parts, in the order of the file's directory."""
        return self._entries

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """The bytes of a part; raises `ReadError` when it is missing, damaged or encrypted."""
        entry = self._entries.get(name)
        if entry is None:
            raise ReadError(f"damaged: its part {name} is missing")
        if entry.flag_bits & 1:
            raise ReadError("password-protected; save it without a password")
        try:
            with self._zip.open(entry) as part:
                content = part.read(min(entry.file_size, self._left) + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise ReadError(f"damaged: its part {name} does not unpack") from error
        if len(content) > entry.file_size:
            raise ReadError("not read: it unpacks to more than it says")
        self._left -= len(content)
        return content


def parse_xml(content: bytes, name: str) -> tuple[Any, str | None]:
    """The root element, and what is wrong with the XML; entities and DTDs are never resolved.

    Raises `ReadError` when nothing of it can be parsed.
    """
    from lxml import etree

    if b"<!ENTITY" in content:
        raise ReadError(f"not read: its part {name} defines entities, which could hide a bomb")
    options: dict[str, Any] = {
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "remove_comments": True,
        "remove_pis": True,
        "huge_tree": True,
    }
    try:
        return etree.fromstring(content, etree.XMLParser(**options)), None
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
    root = etree.fromstring(content, etree.XMLParser(recover=True, **options))
    if root is None:
        raise ReadError(f"damaged: its part {name} is not XML")
    return root, f"damaged near line {line} of its part {name}; text after that may be missing"
