"""The dense index: nearest passages to a query by cosine, by FAISS; its kind goes by its size.

Few passages are compared one by one, exactly. From `EXACT_MOST` on the vectors are quantised to a
byte a dimension and filed in lists of near ones (an inverted file), of which a search looks into
some; what it finds is scored again from the vectors in the corpus, so that every score is exact,
and a passage that is no more in the corpus is not found. How many of the truly best ten are found
is measured on a sample when the index is built, and kept with it.

Derived: an immutable folder per generation, its checksum recorded in the corpus. FAISS does not
notice damaged files, so the bytes are checked before they are parsed, and those same bytes are
parsed, in place: what happens to the files later changes nothing.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from embeddings.durable import checksum_of_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.records import Passage
    from embeddings.stored import Snapshot

    Vectors = Callable[[Sequence[int]], Mapping[int, NDArray[np.float32]]]

__all__ = [
    "EXACT_MOST", "LAYOUT", "NAME", "About", "DenseBuilder", "DenseIndex", "QuantisedIndex",
    "read_about",
]  # fmt: skip

NAME = "dense"
LAYOUT = 2
"""Grows with every change of what the files hold; an index of another layout is built again."""
VECTORS, ABOUT = "vectors.faiss", "about.json"
ROWS_AT_ONCE = 1024

EXACT_MOST = 50_000
"""Passages up to which the search is exact: some 8 ms a question on one core."""
LISTS = 2.0
"""Lists, times the root of the number of passages: what is looked through grows with the root."""
TRAINED = 40
"""Passages a list that its centre is learnt from; FAISS asks for 39 or more."""
ROUNDS = 10
"""Of k-means; more change the recall by less than a tenth of a per cent."""
SAMPLED = 200
"""Queries that the recall is measured with."""
MEASURED = 10
"""The recall is of the best ten."""
LEAST_RECALL = 0.99
"""Lists are added to the search until the sample's recall is at least this."""
CANDIDATES = 100
"""Passages scored exactly, at least; and at least twice as many as are wanted."""
FEW = 500
"""Passages allowed by a filter up to which all are scored exactly, from the corpus."""
SCANNED = 100_000
"""Passages allowed by a filter up to which every list is looked into."""
LEAST_LIKENESS = 0.99
"""Cosine of a vector with what a byte a dimension leaves of it; 0.9999 is usual."""
SEED = 20240701


@dataclass(frozen=True, slots=True)
class About:
    """What a dense index is."""

    kind: str
    """`exact` or `quantised`."""
    passages: int
    dimension: int
    last: int
    """Highest number of a passage in it; what the corpus gets later has a higher one."""
    lists: int = 0
    probes: int = 0
    """Lists that a search looks into."""
    recall: float = 1.0
    """Share of the truly best ten that are found, on average over a sample of queries."""

    def __str__(self) -> str:
        if self.kind == "exact":
            return "exact search"
        return (
            f"quantised search, {self.probes} of {self.lists} lists, "
            f"recall@{MEASURED} {self.recall:.3f}"
        )


class DenseIndex:
    """Nearest passages to a query vector, by cosine, at one generation of a corpus. Exact."""

    def __init__(self, index: Any, about: About, content: NDArray[np.uint8]) -> None:
        self.about = about
        self._index = index
        self._content = content  # FAISS reads its vectors where they lie

    @staticmethod
    def load(path: Path, checksum: str, vectors: Vectors) -> DenseIndex | None:
        """The index in a folder, or None when it is not what was written; raises `OSError`.

        `vectors` gives those of the corpus, by passage number, as far as they are there.
        """
        import numpy as np

        faiss = _faiss()

        parts = {}
        for file in path.iterdir():
            parts[file.name] = np.fromfile(file, dtype=np.uint8)
        if checksum_of_parts({name: part.data for name, part in parts.items()}) != checksum:
            return None
        about = About(**json.loads(parts[ABOUT].tobytes()))
        content = parts[VECTORS]
        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(content), len(content))
        index = faiss.read_index(reader)
        if about.kind == "exact":
            return DenseIndex(index, about, content)
        return QuantisedIndex(index, about, content, vectors)

    @property
    def size(self) -> int:
        """Number of passages."""
        return self.about.passages

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """At most `k` (passage number, cosine), best first. `vector`: float32 (d,), unit norm.

        Only passages whose numbers are in `allowed` are looked at; None allows all.
        """
        import numpy as np

        faiss = _faiss()

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

    def holds(self, number: int, vector: NDArray[np.float32]) -> bool:
        """Whether the index has this passage with this vector."""
        own = self.vector(number)
        return own is not None and own.tobytes() == vector.astype("<f4").tobytes()

    def cosines(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> list[float]:
        """Cosine of each of these passages with `vector`; -1 for one that is not in the index."""
        found = (self.vector(number) for number in numbers)
        return [-1.0 if own is None else float(own @ vector) for own in found]


class QuantisedIndex(DenseIndex):
    """The same for many passages: some of them are looked at, their scores are exact."""

    def __init__(
        self, index: Any, about: About, content: NDArray[np.uint8], vectors: Vectors
    ) -> None:
        super().__init__(index, about, content)
        self._vectors = vectors

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """At most `k` (passage number, cosine), best first. `vector`: float32 (d,), unit norm.

        Only passages whose numbers are in `allowed` are looked at; None allows all.
        """
        k = min(k, self.size if allowed is None else len(allowed))
        if k == 0:
            return []
        if allowed is not None and len(allowed) <= FEW:
            return self._scored(vector, allowed)[:k]
        parameters, _kept = self._parameters(allowed)
        wanted = max(CANDIDATES, 2 * k)
        while True:
            _, numbers = self._index.search(vector.reshape(1, -1), wanted, params=parameters)
            candidates = [int(n) for n in numbers[0] if n >= 0]
            best = self._scored(vector, candidates)
            if len(best) >= k or len(candidates) < wanted:
                return best[:k]
            wanted *= 4  # many of them have been deleted since

    def vector(self, number: int) -> NDArray[np.float32] | None:
        """The vector of a passage, or None for one that is not in the corpus."""
        return self._vectors([number]).get(number)

    def holds(self, number: int, vector: NDArray[np.float32]) -> bool:
        """Whether the index has this passage with this vector, as near as it keeps vectors."""
        faiss = _faiss()
        if self._index.direct_map.type != faiss.DirectMap.Hashtable:
            self._index.set_direct_map_type(faiss.DirectMap.Hashtable)
        try:
            return float(self._index.reconstruct(number) @ vector) > LEAST_LIKENESS
        except RuntimeError:
            return False

    def cosines(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> list[float]:
        """Cosine of each of these passages with `vector`; -1 for one that is not in the corpus."""
        found = dict(self._scored(vector, numbers))
        return [found.get(number, -1.0) for number in numbers]

    def _scored(
        self, vector: NDArray[np.float32], numbers: Sequence[int]
    ) -> list[tuple[int, float]]:
        """Those of the passages that are in the corpus, with their exact cosines, best first."""
        found = self._vectors(numbers)
        scores = ((number, float(own @ vector)) for number, own in found.items())
        return sorted(scores, key=lambda hit: (-hit[1], hit[0]))

    def _parameters(self, allowed: Sequence[int] | None) -> tuple[Any, Any]:
        """Which lists to look into, and for which passages; and what must live as long.

        The fewer are allowed, the more lists are needed until enough of them are seen. Up to
        SCANNED every list is looked into: those allowed may all lie far from the query.
        """
        import numpy as np

        faiss = _faiss()

        if allowed is None:
            return faiss.SearchParametersIVF(nprobe=self.about.probes), None
        if len(allowed) <= SCANNED:
            probes = self.about.lists
        else:
            probes = math.ceil(2 * self.about.probes * self.size / len(allowed))
        flags = np.zeros(self.about.last + 1, dtype=bool)
        numbers = np.fromiter(allowed, dtype=np.int64, count=len(allowed))
        flags[numbers[numbers <= self.about.last]] = True
        bits = np.packbits(flags, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe, parameters.sel = min(probes, self.about.lists), selector
        return parameters, (selector, bits)


def read_about(path: Path) -> About | None:
    """What the index in a folder is, by its own word: nothing is verified here."""
    try:
        return About(**json.loads((path / ABOUT).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


class DenseBuilder:
    """Makes a dense index of passages that come one by one, and writes it to a new folder."""

    def __init__(self, path: Path, snapshot: Snapshot) -> None:
        """`snapshot` is where the passages come from: its size says which kind is made."""
        path.mkdir()
        self._path = path
        self._index: Any = None
        self._numbers: list[int] = []
        self._vectors: list[NDArray[np.float32]] = []
        self._last = 0
        self._snapshot = snapshot
        self._recall: _Recall | None = None
        if snapshot.count > EXACT_MOST:
            self._prepare(snapshot)

    def _prepare(self, snapshot: Snapshot) -> None:
        """Learn the centres of the lists from a sample, and choose queries for the recall."""
        import numpy as np

        faiss = _faiss(os.cpu_count() or 1)

        lists = round(LISTS * math.sqrt(snapshot.count))
        sample = snapshot.sample(TRAINED * lists, SEED)
        if len(sample) < lists:
            return  # nearly all of them have gone since they were counted
        self._recall = _Recall(_queries(sample))
        dimension = sample.shape[1]
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dimension),
            dimension,
            lists,
            faiss.ScalarQuantizer.QT_8bit,
            faiss.METRIC_INNER_PRODUCT,
        )
        index.cp.spherical = True
        index.cp.niter = ROUNDS
        index.cp.seed = SEED % 2**31
        index.train(np.ascontiguousarray(sample))
        self._index = index

    def add(self, number: int, passage: Passage, vector: NDArray[np.float32]) -> None:
        """Take in one passage. `vector`: float32 (d,), unit norm."""
        self._numbers.append(number)
        self._vectors.append(vector)
        if len(self._numbers) == ROWS_AT_ONCE:
            self._flush()

    def finish(self) -> None:
        """Write the folder. It counts once it is published and recorded."""
        faiss = _faiss()
        self._flush()
        index = self._index or _empty(1)
        about = About("exact", int(index.ntotal), int(index.d), self._last)
        if self._recall is not None:
            probes, recall = self._recall.probes_for(index, self._snapshot.vectors)
            about = About(
                "quantised", about.passages, about.dimension, about.last,
                int(index.nlist), probes, round(recall, 4),
            )  # fmt: skip
        faiss.write_index(index, str(self._path / VECTORS))
        (self._path / ABOUT).write_text(json.dumps(asdict(about), indent=2) + "\n", "utf-8")
        self._index = None

    def _flush(self) -> None:
        import numpy as np

        if not self._numbers:
            return
        if self._index is None:
            self._index = _empty(len(self._vectors[0]))
        numbers = np.array(self._numbers, dtype=np.int64)
        vectors = np.stack(self._vectors)
        self._index.add_with_ids(vectors, numbers)
        if self._recall is not None:
            self._recall.see(numbers, vectors)
        self._last = max(self._last, int(numbers.max()))
        self._numbers, self._vectors = [], []


class _Recall:
    """The truly best scores of some queries, gathered while the passages go by."""

    def __init__(self, queries: NDArray[np.float32]) -> None:
        import numpy as np

        self._queries = queries
        self._best = np.full((len(queries), MEASURED), -np.inf, dtype=np.float32)
        self._numbers = np.full((len(queries), MEASURED), -1, dtype=np.int64)

    def see(self, numbers: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Take in some passages' numbers (n,) and vectors, float32 (n, d)."""
        import numpy as np

        scores = np.concatenate([self._best, self._queries @ vectors.T], axis=1)
        seen = np.broadcast_to(numbers, (len(self._queries), len(numbers)))
        all_numbers = np.concatenate([self._numbers, seen], axis=1)
        best = np.argpartition(scores, -MEASURED, axis=1)[:, -MEASURED:]
        self._best = np.take_along_axis(scores, best, axis=1)
        self._numbers = np.take_along_axis(all_numbers, best, axis=1)

    def probes_for(self, index: Any, vectors: Vectors) -> tuple[int, float]:
        """How many lists to look into, and the recall that this gives."""
        import numpy as np

        faiss = _faiss()
        # What has been deleted since it was seen is not to be found, however far one looks.
        there = [list(vectors([int(number) for number in row])) for row in self._numbers]
        living = [np.isin(row, kept) for row, kept in zip(self._numbers, there, strict=True)]
        self._best = np.where(np.stack(living), self._best, np.inf)
        probes = 1
        while True:
            parameters = faiss.SearchParametersIVF(nprobe=probes)
            _, found = index.search(self._queries, CANDIDATES, params=parameters)
            recall = self._of(found, vectors)
            if recall >= LEAST_RECALL or probes == index.nlist:
                return probes, recall
            probes = min(2 * probes, int(index.nlist))

    def _of(self, found: NDArray[np.int64], vectors: Vectors) -> float:
        """Share of the best: those found that score as high as the truly tenth best, or higher."""
        import numpy as np

        hits, wanted = 0, int(np.isfinite(self._best).sum())
        for query, best, numbers in zip(self._queries, self._best, found, strict=True):
            own = vectors([int(number) for number in numbers if number >= 0])
            scores = np.array([vector @ query for vector in own.values()])
            hits += min(int(np.isfinite(best).sum()), int((scores >= best.min() - 1e-5).sum()))
        return hits / wanted if wanted else 1.0


def _queries(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Queries to measure with: passages pulled towards others, as a question lies beside them."""
    import numpy as np

    count = min(SAMPLED, len(sample) // 2)
    mixed = sample[:count] + 0.5 * sample[count : 2 * count]
    unit: NDArray[np.float32] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return unit


def _empty(dimension: int) -> Any:
    faiss = _faiss()
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))


def _faiss(threads: int = 1) -> Any:
    """FAISS, which from now on works with so many threads for the thread that calls.

    A question is work for one: where the cores are busy, waiting for a second one costs tens of
    milliseconds. (FAISS's own stubs leave out half of what is used here.)
    """
    import faiss

    faiss.omp_set_num_threads(threads)
    return faiss
