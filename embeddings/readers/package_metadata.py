"""What Office and e-book packages state of themselves, in Dublin Core and its kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embeddings.errors import ReadError
from embeddings.readers.archive import parse_xml
from embeddings.readers.prose import iso_date, language_tag, one_line, stated_author, stated_title

if TYPE_CHECKING:
    from embeddings.readers.archive import Archive

__all__ = ["PackageMetadata", "core_properties", "stated_in"]

_DATES = ("issued", "created", "creation-date", "date")
_TEMPLATE_DATE = "2013-12-23T23:15"
"""When python-docx's template was made, which its users' documents go on stating."""


@dataclass(frozen=True, slots=True)
class PackageMetadata:
    """What was found; None where the package does not say."""

    title: str | None = None
    date: str | None = None
    author: str | None = None
    language: str | None = None


def core_properties(archive: Archive, name: str) -> PackageMetadata:
    """Metadata in the part `name`; nothing where that part is missing or damaged."""
    if name not in archive:
        return PackageMetadata()
    try:
        root, _ = parse_xml(archive.read(name), name)
    except ReadError:
        return PackageMetadata()
    return stated_in(root)


def stated_in(root: Any) -> PackageMetadata:
    """Metadata below `root`: Dublin Core's elements, and OpenDocument's own."""
    found: dict[str, list[str]] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and element.text:
            name = element.tag.rpartition("}")[2].lower()
            value = one_line(element.text)
            if value:
                found.setdefault(name, []).append(value)
    authors = [author for author in map(stated_author, _authors(found)) if author]
    stated = [date for name in _DATES for date in found.get(name, ())]
    dates = [iso_date(date) for date in stated if not date.startswith(_TEMPLATE_DATE)]
    return PackageMetadata(
        title=stated_title(next(iter(found.get("title", ())), None)),
        date=next((date for date in dates if date), None),
        author=", ".join(dict.fromkeys(authors)) or None,
        language=next((tag for tag in map(language_tag, found.get("language", ())) if tag), None),
    )


def _authors(found: dict[str, list[str]]) -> list[str]:
    """Who wrote it; OpenDocument's `creator` is who saved it last."""
    return found.get("initial-creator") or found.get("creator") or []
