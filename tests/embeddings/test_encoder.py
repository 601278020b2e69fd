from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from embeddings import export
from embeddings.encoder import (
    DEFAULT_ENCODER,
    DEFAULT_WEIGHTS_SHA256,
    OnnxEncoder,
    load_encoder,
)
from embeddings.errors import ModelError

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))

TEXTS = (
    "How many vehicles did SAIC Ningde produce?",
    "a",
    "宁德市 新能源 — emoji 🙂",
    "word " * 600,
    *[path.read_text("utf-8")[:900] for path in SEEDS],
)


@pytest.fixture(scope="module")
def encoder(exported: Path) -> OnnxEncoder:
    return load_encoder(DEFAULT_ENCODER, exported)


def test_vectors_are_unit_rows_in_the_order_of_the_texts(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert float(encoder.encode([text])[0] @ vector) > 0.99999


@pytest.mark.slow
def test_parity_with_sentence_transformers(encoder: OnnxEncoder) -> None:
    model = export.load_sentence_transformer(DEFAULT_ENCODER)
    expected = model.encode(list(TEXTS), normalize_embeddings=True)
    cosines = (encoder.encode(TEXTS) * expected).sum(axis=1)
    assert cosines.min() >= 0.9999


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_damaged_export_is_refused(exported: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(exported / "encoders" / DEFAULT_ENCODER, tmp_path / "encoder")
    with (folder / name).open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        OnnxEncoder(folder)


def test_other_weights_than_the_published_ones_are_refused(tmp_path: Path) -> None:
    weights = bytearray((export.default_weights_folder() / "model.safetensors").read_bytes())
    weights[5000] ^= 1
    changed = tmp_path / "model.safetensors"
    changed.write_bytes(bytes(weights))
    with pytest.raises(ModelError, match="not the published ones"):
        export.check_weights(changed, DEFAULT_WEIGHTS_SHA256)


@pytest.mark.slow
def test_a_model_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="no-such-model"):
        load_encoder(str(tmp_path / "no-such-model"), tmp_path / "data")


def test_the_fingerprint_follows_the_weights(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported / "encoders" / DEFAULT_ENCODER, tmp_path / "encoder")
    card = folder / "encoder.json"
    fields = json.loads(card.read_text())
    before = OnnxEncoder(folder).fingerprint
    card.write_text(json.dumps({**fields, "weights_sha256": "0" * 64}))
    assert OnnxEncoder(folder).fingerprint != before
