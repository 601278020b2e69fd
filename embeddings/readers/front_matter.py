"""Front matter: the metadata that Markdown files state in YAML or TOML above their text."""

from __future__ import annotations

from typing import Any

from embeddings.front_matter import DATES, TITLES, front_matter
from embeddings.readers.prose import iso_date, language_tag, stated_author, stated_title
from embeddings.records import Document

__all__ = ["with_front_matter"]

_AUTHORS = ("author", "authors", "by", "byline")
_LANGUAGES = ("lang", "language", "locale")


def with_front_matter(document: Document) -> Document:
    """`document` with what its front matter states; its text stays whole, so offsets do too."""
    found = front_matter(document.text)
    if not found:
        return document
    fields = _fields(found["fields"], toml=found["fence"] == "+++")
    if not fields:
        return document
    return Document(
        document.text,
        title=stated_title(_first(fields, TITLES)),
        date=next((day for day in map(iso_date, _all(fields, DATES)) if day), None),
        author=stated_author(", ".join(_all(fields, _AUTHORS))),
        language=language_tag(_first(fields, _LANGUAGES)),
        pages=document.pages,
        incomplete=document.incomplete,
    )


def _fields(text: str, *, toml: bool) -> dict[str, Any]:
    """The fields by lower-case name; none where the block is not what its fence says."""
    import tomllib

    import yaml

    try:
        # The base loader makes nothing but strings, lists and mappings.
        read = tomllib.loads(text) if toml else yaml.load(text, yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return {}  # TOML's own error is a ValueError; so are characters and numbers out of range
    if not isinstance(read, dict):
        return {}
    return {str(name).lower(): value for name, value in read.items()}


def _all(fields: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    """What is stated under the first of `names` that is there, and under the ones after it."""
    values = [fields[name] for name in names if name in fields]
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [str(item) for item in flat if item and not isinstance(item, dict | list)]


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next(iter(_all(fields, names)), None)
