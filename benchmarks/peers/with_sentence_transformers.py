"""The floor with torch: sentence-transformers, a flat FAISS index, a JSON file of passages."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.peers.protocol import HITS, Found, read_texts, serve
from benchmarks.peers.splitting import split_texts


class Plain:
    """The least that finds a passage by meaning."""

    def __init__(self, articles: Path, store: Path, weights: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self.articles, self.store = articles, store
        self.model = SentenceTransformer(str(weights), device="cpu")

    def ingest(self) -> list[str]:
        """Encode, write."""
        import faiss

        chunks = split_texts(read_texts(self.articles))
        vectors = self.model.encode([text for _, text in chunks], normalize_embeddings=True)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        self.store.mkdir(parents=True, exist_ok=True)
        faiss.write_index(index, str(self.store / "index.faiss"))
        (self.store / "passages.json").write_text(json.dumps(chunks), "utf-8")
        return [text for _, text in chunks]

    def open(self) -> None:
        """Read both files."""
        import faiss

        self.index = faiss.read_index(str(self.store / "index.faiss"))
        self.chunks = json.loads((self.store / "passages.json").read_text("utf-8"))

    def search(self, question: str) -> list[Found]:
        """The nearest passages."""
        vectors = self.model.encode([question], normalize_embeddings=True)
        _, (numbers,) = self.index.search(vectors, HITS)
        return [Found(*self.chunks[number]) for number in numbers]


if __name__ == "__main__":
    serve(Plain)
