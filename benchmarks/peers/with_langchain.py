"""LangChain: HuggingFaceEmbeddings, FAISS and BM25 in an EnsembleRetriever.

BM25 has no index of its own on disk: it is built anew from the articles at every start.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers.protocol import (
    CHUNK_CHARACTERS,
    HITS,
    OVERLAP_CHARACTERS,
    Found,
    serve,
)

if TYPE_CHECKING:
    from langchain_core.documents import Document


class LangChain:
    """As its how-to pages on hybrid search have it."""

    def __init__(self, articles: Path, store: Path, weights: Path) -> None:
        from langchain_huggingface import HuggingFaceEmbeddings

        self.articles, self.store = articles, store
        self.embeddings = HuggingFaceEmbeddings(model_name=str(weights))

    def _documents(self) -> list[Document]:
        from langchain_community.document_loaders import DirectoryLoader, TextLoader
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        loader = DirectoryLoader(
            str(self.articles),
            glob="*.txt",
            loader_cls=TextLoader,
            loader_kwargs={"encoding": "utf-8"},
        )
        splitter = RecursiveCharacterTextSplitter(
            chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS, add_start_index=True
        )
        return splitter.split_documents(loader.load())

    def ingest(self) -> list[str]:
        """Load, split, encode, save."""
        from langchain_community.vectorstores import FAISS

        documents = self._documents()
        FAISS.from_documents(documents, self.embeddings).save_local(str(self.store))
        return [document.page_content for document in documents]

    def open(self) -> None:
        """Load the vectors, build BM25."""
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever
        from langchain_community.vectorstores import FAISS

        faiss = FAISS.load_local(
            str(self.store), self.embeddings, allow_dangerous_deserialization=True
        )
        self.retriever = EnsembleRetriever(
            retrievers=[
                BM25Retriever.from_documents(self._documents(), k=HITS),
                faiss.as_retriever(search_kwargs={"k": HITS}),
            ],
            weights=[0.5, 0.5],
        )

    def search(self, question: str) -> list[Found]:
        """The first of the ensemble's union of both."""
        return [
            Found(Path(document.metadata["source"]).name, document.page_content)
            for document in self.retriever.invoke(question)[:HITS]
        ]


if __name__ == "__main__":
    serve(LangChain)
