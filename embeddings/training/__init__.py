"""The recipe that makes the reader: public questions in, one small ONNX model out.

Run it with `python -m embeddings.training --benchmarks FOLDER --out DIR`. Nothing on the
query path imports this package.
"""

from __future__ import annotations

__all__: list[str] = []
