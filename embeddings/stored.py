"""What a corpus takes, and gives of what it holds: files, articles' outlines, passages, indexes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.records import Article, Passage

__all__ = [
    "Derived", "Engine", "Entry", "Outline", "Outlines", "Roll", "Since", "Snapshot", "StoredFile",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of a file that was read before."""

    path: str
    sha256: str
    read_as: str
    state: str
    """`indexed`, `incomplete`, `refused` or `removed`."""
    reason: str | None
    text_sha256: str | None
    """Of its article's text; None where it has no article."""
    article_id: str | None
    """Its article's id: its own path, unless another file with the same text came first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one file, ready to be committed."""

    path: str
    """Its path below the indexed folder: the article's id, where it is the first with its text."""
    sha256: str
    """Of its bytes."""
    read_as: str
    source: str
    text_sha256: str | None = None
    """Of its text; None for a file that was refused."""
    reason: str | None = None
    """Why it was refused, or may be incomplete."""
    article: Article | None = None
    """Its text; None where the corpus holds the text already."""
    passages: Sequence[Passage] = ()
    vectors: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """Where a derived index lies, of what it was made, and what its bytes must hash to."""

    generation: int
    build: int
    file: str
    checksum: str


class Outline(NamedTuple):
    """What an article is chosen by: its fields without its text."""

    key: int
    """Of this version of the text; never used again."""
    id: str
    date: str | None
    source: str | None
    language: str | None
    also_from: tuple[str, ...] = ()
    """Sources of the other files that hold the same text."""


class Outlines(tuple[Outline, ...]):
    """The outlines of all articles, by id."""

    @cached_property
    def newest(self) -> str | None:
        """Date of the newest article; None where none is dated."""
        return max((outline.date for outline in self if outline.date), default=None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All passages of one generation, less those that go meanwhile.

    Read it inside `Corpus.snapshot`, once.
    """

    generation: int
    build: int
    count: int
    """Number of passages there were at that generation."""
    passages: Iterable[tuple[int, Passage, NDArray[np.float32]]] = field(repr=False)
    """(Number, passage, vector), by article and place; streamed, not held."""
    sample: Callable[[int, int], NDArray[np.float32]] = field(repr=False)
    """(How many at most, seed of the choice) → vectors of that many passages, float32 (n, d)."""
    vectors: Callable[[Sequence[int]], dict[int, NDArray[np.float32]]] = field(repr=False)
    """Numbers → their vectors, as `Corpus.vectors`."""


@dataclass(frozen=True, slots=True)
class Since:
    """The passages with numbers above a given one, at one generation."""

    generation: int
    build: int
    count: int
    """Number of all passages that are searched."""
    numbers: tuple[int, ...]
    """Ascending."""
    passages: Callable[[Sequence[int]], Iterable[tuple[int, Passage, NDArray[np.float32]]]] = field(
        repr=False
    )
    """Some of the numbers → (number, passage, vector), for those that are still there."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Which articles are searched, at one generation."""

    generation: int
    build: int
    made_with: str
    """What the passages of the build are made with; empty before the first."""
    keys: frozenset[int]


@dataclass(frozen=True, slots=True)
class Engine:
    """Where a search engine listens that holds the indexes in place of files beside the corpus."""

    uri: str
    token: str | None = field(default=None, repr=False)
    """`user:password` or a key; None where it asks for none."""
