"""What others have published on a benchmark, from a TOML file of facts with their sources."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PUBLISHED", "Collection", "Published", "load_published"]

PUBLISHED = Path(__file__).with_name("published.toml")


@dataclass(frozen=True, slots=True)
class Published:
    """One system's figures."""

    system: str
    source: str
    values: Mapping[str, float]
    """Measure, as `ir_measures` names it → mean over the queries."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A benchmark as others were measured on it."""

    dataset: str
    split: str
    documents: int
    queries: int
    figures: tuple[Published, ...]


def load_published(dataset: str, path: Path = PUBLISHED) -> Collection | None:
    """The collection of that name, None where nothing is known; raises `ReadError`."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        sources = tables["sources"]
        for found in tables["collection"]:
            if found["dataset"] == dataset.lower():
                figures = (dict(figure) for figure in found["figures"])
                return Collection(
                    dataset,
                    found["split"],
                    found["documents"],
                    found["queries"],
                    tuple(Published(f.pop("system"), sources[f.pop("source")], f) for f in figures),
                )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError(f"{path}: cannot be read as published figures: {error!r}") from error
    return None
