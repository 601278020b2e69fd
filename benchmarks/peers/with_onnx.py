"""The floor without torch: ONNX Runtime, a flat FAISS index, a JSON file of passages.

WEIGHTS is a folder with `model.onnx`, as Footnote exports it, and `tokenizer.json`. The int8
floor is the same program on weights that `quantize FROM TO` has made.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.protocol import HITS, Found, read_texts, serve, speak
from benchmarks.peers.splitting import split_texts

BATCH = 32
"""As sentence-transformers' default."""
MAX_TOKENS = 256


class Onnx:
    """The least that finds a passage by meaning, on the faster runtime, all its defaults."""

    def __init__(self, articles: Path, store: Path, weights: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.articles, self.store = articles, store
        self.session = onnxruntime.InferenceSession(str(weights / "model.onnx"))
        self.tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding()

    def encode(self, texts: Sequence[str]) -> Any:
        """Unit vectors; batches of texts of about equal length, as sentence-transformers' are."""
        import numpy as np

        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        rows: dict[int, Any] = {}
        for first in range(0, len(order), BATCH):
            numbers = order[first : first + BATCH]
            encoded = self.tokenizer.encode_batch([texts[n] for n in numbers])
            given = {
                "input_ids": np.array([one.ids for one in encoded], np.int64),
                "attention_mask": np.array([one.attention_mask for one in encoded], np.int64),
                "token_type_ids": np.array([one.type_ids for one in encoded], np.int64),
            }
            wanted = {one.name for one in self.session.get_inputs()}
            (vectors,) = self.session.run(
                ["sentence_embedding"], {n: v for n, v in given.items() if n in wanted}
            )
            rows.update(zip(numbers, vectors, strict=True))
        found = np.stack([rows[n] for n in range(len(texts))])
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def ingest(self) -> list[str]:
        """Encode, write."""
        import faiss

        chunks = split_texts(read_texts(self.articles))
        vectors = self.encode([text for _, text in chunks])
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
        _, (numbers,) = self.index.search(self.encode([question]), HITS)
        return [Found(*self.chunks[number]) for number in numbers]


def quantize(source: Path, target: Path) -> None:
    """Dynamic int8 quantisation with the runtime's own tool, its defaults."""
    from onnxruntime.quantization import quantize_dynamic

    target.mkdir(parents=True, exist_ok=True)
    quantize_dynamic(source / "model.onnx", target / "model.onnx")
    shutil.copy(source / "tokenizer.json", target)
    speak(1, {"step": "quantize"})


if __name__ == "__main__":
    if sys.argv[1] == "quantize":
        quantize(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        serve(Onnx)
