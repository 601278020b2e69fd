from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings import export
from embeddings.durable import sha256_of_file
from embeddings.encoder import (
    DEFAULT_ENCODER,
    DEFAULT_WEIGHTS_SHA256,
    EXPORT_VERSION,
    FAST,
    MINILM,
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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    """The same weights, not rounded."""
    return load_encoder(MINILM, tmp_path_factory.mktemp("whole"))


@pytest.fixture
def copied(encoder: OnnxEncoder, tmp_path: Path) -> Path:
    """The exported encoder's files, to be damaged."""
    return shutil.copytree(encoder.folder, tmp_path / "encoder")


def test_vectors_are_unit_rows_in_the_order_of_the_texts(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert float(encoder.encode([text])[0] @ vector) > 0.99999


@pytest.mark.slow
def test_parity_with_sentence_transformers(encoder: OnnxEncoder, whole: OnnxEncoder) -> None:
    model = export.load_sentence_transformer(MINILM)
    expected = model.encode(list(TEXTS), normalize_embeddings=True)
    assert (whole.encode(TEXTS) * expected).sum(axis=1).min() >= 0.9999
    cosines = (encoder.encode(TEXTS) * expected).sum(axis=1)
    assert cosines.min() >= 0.97
    assert cosines.mean() >= 0.985


def test_a_text_has_the_same_vector_in_any_company(encoder: OnnxEncoder) -> None:
    together = encoder.encode([*TEXTS, *TEXTS[::-1]])
    for place, text in enumerate(TEXTS):
        alone = encoder.encode([text])[0].tobytes()
        assert alone == together[place].tobytes() == together[-1 - place].tobytes()


@pytest.mark.slow
def test_weights_of_a_byte_each_make_another_encoder(
    encoder: OnnxEncoder, whole: OnnxEncoder
) -> None:
    assert encoder.fingerprint != whole.fingerprint
    assert encoder.dimension == whole.dimension
    sizes = [(e.folder / "model.onnx").stat().st_size for e in (encoder, whole)]
    assert sizes[0] < sizes[1] / 3
    assert (encoder.encode(TEXTS) * whole.encode(TEXTS)).sum(axis=1).min() < 0.9999
    together = whole.encode(TEXTS)
    alone = [whole.encode([text])[0] for text in TEXTS]
    assert together.tobytes() == np.stack(alone).tobytes()


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_damaged_export_is_refused(copied: Path, name: str) -> None:
    with (copied / name).open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        OnnxEncoder(copied)


@pytest.mark.slow
def test_a_fused_graph_gives_the_same_bytes(whole: OnnxEncoder, tmp_path: Path) -> None:
    folder = shutil.copytree(whole.folder, tmp_path / "encoder")
    model = folder / "model.onnx"

    def vectors() -> bytes:
        write_card(folder, replace(whole.card, model_sha256=sha256_of_file(model)))
        return OnnxEncoder(folder).encode(TEXTS).tobytes()

    export._quantise(model)
    loose = vectors()
    export._fuse(model)
    assert vectors() == loose
    assert {path.name for path in folder.iterdir()} == {
        path.name for path in whole.folder.iterdir()
    }


def test_other_weights_than_the_published_ones_are_refused(tmp_path: Path) -> None:
    weights = bytearray((export.default_weights_folder() / "model.safetensors").read_bytes())
    weights[5000] ^= 1
    changed = tmp_path / "model.safetensors"
    changed.write_bytes(bytes(weights))
    with pytest.raises(ModelError, match="not the published ones"):
        export.check_weights(changed, DEFAULT_WEIGHTS_SHA256, "minilm")


@pytest.mark.slow
def test_the_fast_encoder_gives_nearly_the_vectors_of_whole_minilm(
    tmp_path: Path, whole: OnnxEncoder
) -> None:
    fast = load_encoder(FAST, tmp_path)
    articles = [text for path in SEEDS for text in path.read_text("utf-8").split("\n\n") if text]
    vectors = fast.encode(articles)
    assert float(np.mean(np.sum(vectors * whole.encode(articles), axis=1))) > 0.85
    # Half of the layers, a byte a weight: half of what MiniLM takes so.
    assert (fast.folder / "model.onnx").stat().st_size < 19_000_000
    assert fast.fingerprint != whole.fingerprint
    assert fast.folder.name == FAST


def test_damaged_weights_of_the_fast_encoder_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "layers.safetensors"
    changed.write_bytes(export.FAST_WEIGHTS.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(export, "FAST_WEIGHTS", changed)
    with pytest.raises(ModelError, match="reinstall footnote"):
        export.load_sentence_transformer(FAST)


@pytest.mark.slow
def test_a_model_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="no-such-model"):
        load_encoder(str(tmp_path / "no-such-model"), tmp_path / "data")


def test_the_fingerprint_follows_the_weights(copied: Path) -> None:
    before = OnnxEncoder(copied)
    write_card(copied, replace(before.card, weights_sha256="0" * 64))
    assert OnnxEncoder(copied).fingerprint != before.fingerprint


def test_one_flipped_bit_in_the_card_is_noticed(copied: Path) -> None:
    content = bytearray((copied / "encoder.json").read_bytes())
    for place in range(0, len(content), 7):
        content[place] ^= 4
        (copied / "encoder.json").write_bytes(bytes(content))
        with pytest.raises(ModelError, match=r"encoder\.json is missing or damaged"):
            OnnxEncoder(copied)
        content[place] ^= 4


def test_an_export_of_an_earlier_version_is_made_again(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = shutil.copytree(encoder.folder, tmp_path / "encoders" / encoder.folder.name)
    write_card(there, replace(encoder.card, export_version=EXPORT_VERSION - 1))

    def exported(name: str, folder: Path) -> None:
        shutil.copytree(encoder.folder, folder)

    monkeypatch.setattr("embeddings.encoder._run_export", exported)
    assert load_encoder(DEFAULT_ENCODER, tmp_path).card.export_version == EXPORT_VERSION


@pytest.mark.slow
def test_a_damaged_export_is_made_again_and_told(encoder: OnnxEncoder, tmp_path: Path) -> None:
    copied = shutil.copytree(encoder.folder, tmp_path / "encoders" / encoder.folder.name)
    model = copied / "model.onnx"
    with model.open("r+b") as file:
        file.seek(10_000_000)
        file.write(b"damage")
    told: list[str] = []
    encoder = load_encoder(DEFAULT_ENCODER, tmp_path, tell=told.append)
    assert encoder.encode(["one"]).shape == (1, 384)
    assert "model.onnx is damaged" in told[0]
    assert "exported again" in told[0]
    leftovers = {path.name for path in (tmp_path / "encoders").iterdir()}
    assert leftovers == {encoder.folder.name, "export.lock"}
