"""Haystack: its in-memory store, BM25 and embeddings joined by reciprocal rank.

The splitter's default separators need a download; these do without.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.peers.protocol import (
    CHUNK_CHARACTERS,
    HITS,
    OVERLAP_CHARACTERS,
    Found,
    read_texts,
    serve,
)


class Haystack:
    """As its tutorial on hybrid retrieval has it."""

    def __init__(self, articles: Path, store: Path, weights: Path) -> None:
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders import sentence_transformers

        self.articles, self.store = articles, store / "documents.json"
        model: dict[str, Any] = {
            "model": str(weights),
            "device": ComponentDevice.from_str("cpu"),
            "progress_bar": False,
        }
        self.text = sentence_transformers.SentenceTransformersTextEmbedder(**model)
        self.documents = sentence_transformers.SentenceTransformersDocumentEmbedder(**model)
        self.text.warm_up()
        self.documents.warm_up()  # the same model, loaded once

    def ingest(self) -> list[str]:
        """Split, encode, write, save."""
        from haystack import Document
        from haystack.components.preprocessors import RecursiveDocumentSplitter
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        splitter = RecursiveDocumentSplitter(
            split_length=CHUNK_CHARACTERS,
            split_overlap=OVERLAP_CHARACTERS,
            split_unit="char",
            separators=["\n\n", "\n", ". ", " "],
        )
        texts = read_texts(self.articles)
        documents = [Document(content=text, meta={"name": name}) for name, text in texts.items()]
        chunks = splitter.run(documents=documents)["documents"]
        store = InMemoryDocumentStore()
        store.write_documents(self.documents.run(documents=chunks)["documents"])
        self.store.parent.mkdir(parents=True, exist_ok=True)
        store.save_to_disk(str(self.store))
        return [chunk.content for chunk in chunks]

    def open(self) -> None:
        """Load the store, set up both retrievers and the joiner."""
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore.load_from_disk(str(self.store))
        self.words = InMemoryBM25Retriever(store, top_k=HITS)
        self.meaning = InMemoryEmbeddingRetriever(store, top_k=HITS)
        self.joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=HITS)

    def search(self, question: str) -> list[Found]:
        """Both, joined."""
        vector = self.text.run(text=question)["embedding"]
        found = [
            self.words.run(query=question)["documents"],
            self.meaning.run(query_embedding=vector)["documents"],
        ]
        return [
            Found(document.meta["name"], document.content, document.meta["split_idx_start"])
            for document in self.joiner.run(documents=found)["documents"]
        ]


if __name__ == "__main__":
    serve(Haystack)
