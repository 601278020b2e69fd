"""LlamaIndex: VectorStoreIndex with HuggingFaceEmbedding, persisted in its own JSON."""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers.protocol import (
    CHUNK_CHARACTERS,
    HITS,
    OVERLAP_CHARACTERS,
    Found,
    read_texts,
    serve,
)


class LlamaIndex:
    """As its starter example with local models has it."""

    def __init__(self, articles: Path, store: Path, weights: Path) -> None:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self.articles, self.store = articles, store
        self.embed_model = HuggingFaceEmbedding(model_name=str(weights), device="cpu")

    def ingest(self) -> list[str]:
        """Split by characters (`tokenizer=list`), encode, persist."""
        from llama_index.core import Document, VectorStoreIndex
        from llama_index.core.node_parser import SentenceSplitter

        splitter = SentenceSplitter(
            chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS, tokenizer=list
        )
        documents = [Document(text=text, doc_id=n) for n, text in read_texts(self.articles).items()]
        nodes = splitter.get_nodes_from_documents(documents)
        index = VectorStoreIndex(nodes, embed_model=self.embed_model)
        index.storage_context.persist(persist_dir=str(self.store))
        return [node.get_content() for node in nodes]

    def open(self) -> None:
        """Load the index."""
        from llama_index.core import StorageContext, load_index_from_storage

        context = StorageContext.from_defaults(persist_dir=str(self.store))
        index = load_index_from_storage(context, embed_model=self.embed_model)
        self.retriever = index.as_retriever(similarity_top_k=HITS)

    def search(self, question: str) -> list[Found]:
        """The nearest nodes."""
        return [
            Found(hit.node.ref_doc_id, hit.node.get_content(), hit.node.start_char_idx)
            for hit in self.retriever.retrieve(question)
        ]


if __name__ == "__main__":
    serve(LlamaIndex)
