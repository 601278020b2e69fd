"""The dense index: exact inner-product search over the corpus's vectors, by FAISS.

Derived: written as an immutable file per generation, its SHA-256 recorded in the corpus.
FAISS does not notice damaged files, so the bytes are checked before they are parsed, and
those same bytes are parsed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from embeddings.corpus import Derived
from embeddings.derived import remove_others, write_durably

if TYPE_CHECKING:
    from collections.abc import Sequence

    import faiss
    import numpy as np
    from numpy.typing import NDArray

    from embeddings.corpus import Corpus
    from embeddings.records import Passage

__all__ = ["NAME", "DenseIndex"]

NAME = "dense"


class DenseIndex:
    """Nearest passages to a query vector, by cosine, at one generation of a corpus."""

    def __init__(self, index: faiss.Index, generation: int) -> None:
        self._index = index
        self.generation = generation

    @classmethod
    def load(cls, corpus: Corpus) -> DenseIndex | None:
        """The index as recorded, or None when it is absent, stale or damaged."""
        import faiss
        import numpy as np

        derived = corpus.derived(NAME)
        if derived is None or derived.generation != corpus.generation():
            return None
        try:
            content = (corpus.folder / derived.file).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest() != derived.sha256:
            return None
        return cls(
            faiss.deserialize_index(np.frombuffer(content, dtype=np.uint8)), derived.generation
        )

    @classmethod
    def build(
        cls,
        corpus: Corpus,
        generation: int,
        passages: list[tuple[int, Passage, NDArray[np.float32]]],
    ) -> DenseIndex:
        """Make the index of a `Corpus.snapshot`, write it and record it."""
        import faiss
        import numpy as np

        dimension = len(passages[0][2]) if passages else 1
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        if passages:
            vectors = np.stack([vector for _, _, vector in passages])
            numbers = np.array([number for number, _, _ in passages], dtype=np.int64)
            index.add_with_ids(vectors, numbers)
        content = faiss.serialize_index(index).tobytes()
        file = f"{NAME}-{generation}.faiss"
        write_durably(corpus.folder / file, content)
        corpus.record_derived(NAME, Derived(generation, file, hashlib.sha256(content).hexdigest()))
        remove_others(corpus.folder, f"{NAME}-*", keep=file)
        return cls(index, generation)

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """At most `k` (passage number, cosine), best first. `vector`: float32 (d,), unit norm."""
        k = min(k, self._index.ntotal)
        if k == 0:
            return []
        scores, numbers = self._index.search(vector.reshape(1, -1), k)
        return [(int(n), float(s)) for n, s in zip(numbers[0], scores[0], strict=True) if n >= 0]

    def cosines(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> list[float]:
        """Cosine of each of these passages with `vector`; -1 for one that is not in the index."""
        found = []
        for number in numbers:
            try:
                found.append(float(self._index.reconstruct(number) @ vector))
            except RuntimeError:
                found.append(-1.0)
        return found
