"""txtai: Embeddings with content and its hybrid index."""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers.protocol import HITS, Found, read_texts, serve
from benchmarks.peers.splitting import split_texts


class Txtai:
    """As its example of a hybrid search has it."""

    def __init__(self, articles: Path, store: Path, weights: Path) -> None:
        from txtai import Embeddings

        self.articles, self.store = articles, store
        self.embeddings = Embeddings(path=str(weights), content=True, hybrid=True)

    def ingest(self) -> list[str]:
        """Encode, index, save."""
        chunks = split_texts(read_texts(self.articles))
        self.embeddings.index(
            (f"{name}#{number}", text, None) for number, (name, text) in enumerate(chunks)
        )
        self.embeddings.save(str(self.store))
        return [text for _, text in chunks]

    def open(self) -> None:
        """Load what was saved."""
        self.embeddings.load(str(self.store))

    def search(self, question: str) -> list[Found]:
        """Its own weighing of both."""
        return [
            Found(row["id"].partition("#")[0], row["text"])
            for row in self.embeddings.search(question, HITS)
        ]


if __name__ == "__main__":
    serve(Txtai)
