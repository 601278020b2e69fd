"""Encoding on many machines, or in several processes of this one, by Ray Data.

Only the encoding goes there, which is nearly all of the work: the files are read here, in their
sandbox, and committed here, because SQLite has one writer. Ray delivers at least once: what a
worker had in hand when it died is encoded again by another, and each vector has its place.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
import tempfile
from copy import copy
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from embeddings.encoder import GivenUp, OnnxEncoder
from embeddings.errors import EngineError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.encoder import Encoder

__all__ = ["PORTION", "RayEncoder"]

FEW = 256
"""Texts up to which encoding here is quicker than starting workers, which takes seconds."""
PORTION = 64
"""How many times more a worker gets at once than this process would encode before it commits: half
a minute's work or more, so that the start of the workers does not count."""
TEXTS_AT_ONCE = 64
SHARES = 64
"""Into so many shares the work of each worker is cut: what comes back soon can be given up soon."""
THREADS = 1
"""Of each worker: Ray counts on a processor core for it."""


class RayEncoder:
    """An encoder whose work is done by Ray's workers, vector for vector the same."""

    def __init__(self, local: Encoder, workers: int | None, address: str | None) -> None:
        """`local` encodes what is little, and says what the vectors must be like.

        `workers` None: as many as the cluster has processors. `address` None: a cluster of
        processes on this machine, which ends with this process.
        """
        self._local = local
        self._workers = workers
        self._address = address
        self._given_up = Event()

    def until(self, given_up: Event) -> RayEncoder:
        """The same, which ends with `GivenUp` soon after the event is set."""
        found = copy(self)
        found._given_up = given_up
        return found

    @property
    def fingerprint(self) -> str:
        """Names the model and its weights."""
        return self._local.fingerprint

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self._local.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Float32 (n, dimension), rows of unit norm, in the order of `texts`.

        Raises `EngineError` when the cluster cannot be reached, or its workers cannot work.
        """
        if len(texts) <= FEW:
            return self._local.encode(texts)
        options = self._options()
        ray = _ray()
        try:
            with _connected(ray, options), contextlib.redirect_stdout(sys.stderr):
                workers = self._workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
                return self._encode(ray, texts, workers)
        except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError) as error:
            raise EngineError(
                f"the workers {f'at {self._address}' if self._address else 'of Ray'} did not "
                f"encode the articles: {_first_line(error)}; what was committed stays, see to the "
                "cluster (docs/cluster.md) and index again, or index without --workers"
            ) from error

    def _options(self) -> dict[str, Any]:
        """Of the cluster: the one at the address, or one here, which nobody else can talk to."""
        if self._address:
            return {"address": self._address}
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        return {
            "address": "local",
            "_node_ip_address": "127.0.0.1",
            "num_cpus": self._workers,
            "include_dashboard": False,
        }

    def _encode(self, ray: Any, texts: Sequence[str], workers: int) -> NDArray[np.float32]:
        import numpy as np

        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        # Texts of one length are padded least, and the longest take longest: they go first.
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        rows = [{"place": place, "text": texts[place]} for place in order]
        blocks = max(1, min(len(rows) // TEXTS_AT_ONCE, SHARES * workers))
        # In a list, so that a worker that is started again asks this process for it again. Ray Data
        # restarts workers, and gives their tasks to others, as often as it takes.
        model = [ray.put(_carried(self._local))]
        encoded = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
            _Worker,
            fn_constructor_args=(model, self.fingerprint),
            batch_size=TEXTS_AT_ONCE,
            num_cpus=1,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
        )
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        there = np.zeros(len(texts), dtype=bool)
        for batch in encoded.iter_batches(batch_size=None):
            if self._given_up.is_set():
                raise GivenUp
            vectors[batch["place"]] = np.stack(list(batch["vector"]))
            there[batch["place"]] = True
        if not there.all():
            raise RuntimeError(f"{(~there).sum()} of {len(texts)} texts came back without a vector")
        return vectors


@contextlib.contextmanager
def _connected(ray: Any, options: dict[str, Any]) -> Iterator[None]:
    """A connection to the cluster; what Ray has to say of it goes with it.

    It tells of a dead node on stdout, where only results belong: callers redirect that.
    """
    if ray.is_initialized():  # by whoever uses this as a library
        yield
        return
    ray.init(log_to_driver=False, logging_level="ERROR", **options)
    try:
        yield
    finally:
        ray.shutdown()


class _Worker:
    """Encodes in a process of Ray's, anywhere; loads the model once."""

    def __init__(self, model: list[Any], fingerprint: str) -> None:
        import ray

        self._encoder = _unpacked(ray.get(model[0]))
        if self._encoder.fingerprint != fingerprint:
            raise ValueError(f"a worker has {self._encoder.fingerprint}, not {fingerprint}")

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {
            "place": batch["place"],
            "vector": self._encoder.encode([str(text) for text in batch["text"]]),
        }


def _carried(encoder: Encoder) -> Any:
    """What a worker makes the encoder of: the files of an exported one, else the encoder itself."""
    if not isinstance(encoder, OnnxEncoder):
        return encoder
    return {file.name: file.read_bytes() for file in encoder.folder.iterdir() if file.is_file()}


def _unpacked(carried: Any) -> Encoder:
    if not isinstance(carried, dict):
        encoder: Encoder = carried
        return encoder
    with tempfile.TemporaryDirectory(prefix="footnote-") as name:
        folder = Path(name)
        for file, content in carried.items():
            (folder / file).write_bytes(content)
        return OnnxEncoder(folder, THREADS)


def _ray() -> Any:
    """Ray, which reads its settings when it is imported: they come before."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machines
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # errors are raised as well
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise SettingsError(
            "workers are set, but Ray is not installed; run: pip install -e '.[ray]'"
        ) from error
    return ray


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return " ".join(lines[-1].split())[:300]
