from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings import export
from embeddings.encoder import (
    DEFAULT_ENCODER,
    DEFAULT_WEIGHTS_SHA256,
    INT8,
    OnnxEncoder,
    load_encoder,
    write_card,
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


def test_a_text_has_the_same_vector_in_any_company(encoder: OnnxEncoder) -> None:
    together = encoder.encode([*TEXTS, *TEXTS[::-1]])
    for place, text in enumerate(TEXTS):
        alone = encoder.encode([text])[0].tobytes()
        assert alone == together[place].tobytes() == together[-1 - place].tobytes()


@pytest.mark.slow
def test_weights_of_a_byte_each_make_another_encoder(encoder: OnnxEncoder, tmp_path: Path) -> None:
    small = load_encoder(DEFAULT_ENCODER + INT8, tmp_path)
    assert small.fingerprint != encoder.fingerprint
    assert small.dimension == encoder.dimension
    sizes = [(e.folder / "model.onnx").stat().st_size for e in (small, encoder)]
    assert sizes[0] < sizes[1] / 3
    cosines = (small.encode(TEXTS) * encoder.encode(TEXTS)).sum(axis=1)
    assert 0.97 < cosines.min() < 0.9999
    together = small.encode(TEXTS)
    alone = [small.encode([text])[0] for text in TEXTS]
    assert together.tobytes() == np.stack(alone).tobytes()


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
    before = OnnxEncoder(folder)
    write_card(folder, replace(before.card, weights_sha256="0" * 64))
    assert OnnxEncoder(folder).fingerprint != before.fingerprint


def test_one_flipped_bit_in_the_card_is_noticed(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported / "encoders" / DEFAULT_ENCODER, tmp_path / "encoder")
    content = bytearray((folder / "encoder.json").read_bytes())
    for place in range(0, len(content), 7):
        content[place] ^= 4
        (folder / "encoder.json").write_bytes(bytes(content))
        with pytest.raises(ModelError, match=r"encoder\.json is missing or damaged"):
            OnnxEncoder(folder)
        content[place] ^= 4


@pytest.mark.slow
def test_a_damaged_export_is_made_again_and_told(exported: Path, tmp_path: Path) -> None:
    shutil.copytree(exported / "encoders", tmp_path / "encoders")
    model = tmp_path / "encoders" / DEFAULT_ENCODER / "model.onnx"
    with model.open("r+b") as file:
        file.seek(10_000_000)
        file.write(b"damage")
    told: list[str] = []
    encoder = load_encoder(DEFAULT_ENCODER, tmp_path, tell=told.append)
    assert encoder.encode(["one"]).shape == (1, 384)
    assert "model.onnx is damaged" in told[0]
    assert "exported again" in told[0]
    leftovers = {path.name for path in (tmp_path / "encoders").iterdir()}
    assert leftovers == {DEFAULT_ENCODER, "export.lock"}
