"""The dense index: exact inner-product search over the corpus's vectors, by FAISS.

Derived: written as an immutable file per generation, its SHA-256 recorded in the corpus.
FAISS does not notice damaged files, so the bytes are checked before they are parsed, and
those same bytes are parsed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import faiss
    import numpy as np
    from numpy.typing import NDArray

    from embeddings.records import Passage

__all__ = ["LAYOUT", "NAME", "DenseBuilder", "DenseIndex"]

NAME = "dense"
LAYOUT = 1
"""Grows with every change of what the file holds; an index of another layout is built again."""
ROWS_AT_ONCE = 1024


class DenseIndex:
    """Nearest passages to a query vector, by cosine, at one generation of a corpus."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def load(cls, path: Path, sha256: str) -> DenseIndex | None:
        """The index in a file, or None when it is not what was written; raises `OSError`."""
        import faiss
        import numpy as np

        content = np.fromfile(path, dtype=np.uint8)
        if hashlib.sha256(content.data).hexdigest() != sha256:
            return None
        return cls(faiss.deserialize_index(content))

    @property
    def size(self) -> int:
        """Number of passages."""
        return int(self._index.ntotal)

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """At most `k` (passage number, cosine), best first. `vector`: float32 (d,), unit norm.

        Only passages whose numbers are in `allowed` are looked at; None allows all.
        """
        import faiss
        import numpy as np

        k = min(k, self._index.ntotal if allowed is None else len(allowed))
        if k == 0:
            return []
        chosen = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.array(allowed, dtype=np.int64))
            chosen = faiss.SearchParameters()
            chosen.sel = selector
        scores, numbers = self._index.search(vector.reshape(1, -1), k, params=chosen)
        return [(int(n), float(s)) for n, s in zip(numbers[0], scores[0], strict=True) if n >= 0]

    def vector(self, number: int) -> NDArray[np.float32] | None:
        """The vector of a passage, or None for one that is not in the index."""
        try:
            found: NDArray[np.float32] = self._index.reconstruct(number)
        except RuntimeError:
            return None
        return found

    def cosines(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> list[float]:
        """Cosine of each of these passages with `vector`; -1 for one that is not in the index."""
        found = (self.vector(number) for number in numbers)
        return [-1.0 if own is None else float(own @ vector) for own in found]


class DenseBuilder:
    """Makes a dense index of passages that come one by one, and writes it to a new file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index: faiss.Index | None = None
        self._numbers: list[int] = []
        self._vectors: list[NDArray[np.float32]] = []

    def add(self, number: int, passage: Passage, vector: NDArray[np.float32]) -> None:
        """Take in one passage. `vector`: float32 (d,), unit norm."""
        self._numbers.append(number)
        self._vectors.append(vector)
        if len(self._numbers) == ROWS_AT_ONCE:
            self._flush()

    def finish(self) -> None:
        """Write the file. It counts once it is published and recorded."""
        import faiss

        self._flush()
        faiss.write_index(self._index or _empty(1), str(self._path))
        self._index = None

    def _flush(self) -> None:
        import numpy as np

        if not self._numbers:
            return
        if self._index is None:
            self._index = _empty(len(self._vectors[0]))
        numbers = np.array(self._numbers, dtype=np.int64)
        self._index.add_with_ids(np.stack(self._vectors), numbers)
        self._numbers, self._vectors = [], []


def _empty(dimension: int) -> faiss.Index:
    import faiss

    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
