"""A trained network → the folder that the reader is loaded from."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embeddings.training.network import ReaderNetwork

__all__ = ["export"]


def export(
    network: ReaderNetwork, tokenizer_file: Path, folder: Path, facts: dict[str, Any], *, int8: bool
) -> None:
    """Write `model.onnx`, `tokenizer.json` and `reader.json`.

    With `int8`, weights are quantised once, activations as they come.
    """
    import torch
    from tokenizers import Tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    sample = torch.ones(2, 16, dtype=torch.long)
    full = folder / "float.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval().cpu(),
            (sample, sample, sample),
            str(full),
            dynamo=False,
            opset_version=17,
            input_names=["ids", "types", "mask"],
            output_names=["tokens", "text"],
            dynamic_axes={
                name: {0: "batch", 1: "length"} for name in ("ids", "types", "mask", "tokens")
            }
            | {"text": {0: "batch"}},
        )
    if int8:
        _quantise(full, folder / "model.onnx")
        full.unlink()
    else:
        full.replace(folder / "model.onnx")
    hashes = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json")
    }
    record = {
        "format": "footnote/reader/1",
        "max_tokens": 224,
        "int8": int8,
        **facts,
        "sha256": hashes,
    }
    (folder / "reader.json").write_text(
        json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _quantise(full: Path, small: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        str(full),
        str(small),
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Gather"],
        extra_options={"MatMulConstBOnly": True},
    )
