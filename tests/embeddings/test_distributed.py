"""Encoding by Ray's workers: real ones, a head and a node on loopback, one of them killed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from embeddings.distributed import FEW, RayEncoder
from embeddings.encoder import GivenUp
from embeddings.errors import SettingsError
from tests.fakes import HashingEncoder

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 240
COUNT = 300
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
WORDS = (
    "river town council harbour bridge company signed agreement report factory workers price market"
).split()


def test_a_few_texts_are_encoded_here_without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    local = HashingEncoder()
    encoder = RayEncoder(local, 2, None)
    texts = [f"text {place}" for place in range(FEW)]
    assert np.array_equal(encoder.encode(texts), HashingEncoder().encode(texts))
    assert (encoder.fingerprint, encoder.dimension) == (local.fingerprint, local.dimension)
    with pytest.raises(SettingsError, match=r"pip install -e '\.\[ray\]'"):
        encoder.encode([*texts, "one more"])


def test_what_nobody_waits_for_any_more_is_given_up_between_two_shares() -> None:
    encoder, given_up = HashingEncoder(), Event()
    texts = [f"text {place}" for place in range(4)]
    come: list[int] = []

    def shares(batch_size: None) -> Iterator[Mapping[str, Any]]:
        for place, text in enumerate(texts):
            come.append(place)
            yield {"place": [place], "vector": list(encoder.encode([text]))}
            if place == 1:
                given_up.set()

    ray = MagicMock()
    ray.data.from_items().map_batches().iter_batches = shares
    spread = RayEncoder(encoder, 2, None)
    with pytest.raises(GivenUp):
        spread.until(given_up)._encode(ray, texts, 2)
    assert come == [0, 1, 2]
    assert np.array_equal(spread._encode(ray, texts, 2), encoder.encode(texts))


def articles(folder: Path, count: int) -> Path:
    """Articles of one passage each."""
    folder.mkdir()
    chance = np.random.default_rng(3)
    for article in range(count):
        said = (f"{' '.join(chance.choice(WORDS, 12))} {article} {line}." for line in range(4))
        (folder / f"{article:03}.txt").write_text(" ".join(map(str.capitalize, said)))
    return folder


def content(data: Path) -> tuple[list[tuple[object, ...]], list[NDArray[np.float32]]]:
    """Every passage of the only corpus of a data folder, and its vector."""
    (file,) = data.glob("corpora/*/corpus.sqlite")
    db = sqlite3.connect(file)
    rows = db.execute(
        'SELECT id, start, "end", vector FROM passages JOIN articles ON key = article '
        'ORDER BY id, start, "end"'
    ).fetchall()
    db.close()
    return [row[:3] for row in rows], [np.frombuffer(row[3], "<f4") for row in rows]


def index(folder: Path, data: Path, *options: str, **settings: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "FOOTNOTE_THREADS": "1", **TOKEN, **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "assistant", "index", str(folder), "--data-dir", str(data),
         "--json", *options],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def report(process: subprocess.Popen[str]) -> Mapping[str, object]:
    with process:
        try:
            out, told = process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, told
    assert "Traceback" not in told
    found: Mapping[str, object] = json.loads(out)
    return found


class Cluster:
    """A head that encodes nothing, and nodes of one worker each: every one could be a machine."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{self._port}"
        self._folder = tempfile.TemporaryDirectory(prefix="ray")  # paths of sockets must be short
        self._nodes: list[psutil.Process] = []

    def start(self) -> None:
        self._add(
            "--head", f"--port={self._port}", "--num-cpus=0", "--include-dashboard=false",
            f"--temp-dir={self._folder.name}",
        )  # fmt: skip
        wait_until(self._listens)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            return True
        return False

    def add_node(self) -> psutil.Process:
        """A node that has joined; two that start at once can take each other's ports."""
        node = self._add(f"--address={self.address}", "--num-cpus=1")
        wait_until(lambda: node.poll() is not None or has_process(node, "raylet/raylet"))
        assert node.poll() is None, "the node has ended"
        return node

    def _add(self, *options: str) -> psutil.Process:
        node = psutil.Popen(
            [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start",
             "--block", "--node-ip-address=127.0.0.1", "--disable-usage-stats",
             "--object-store-memory=100000000", *options],
            cwd=ROOT, env={**os.environ, **TOKEN, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._nodes.append(node)
        return node

    def end(self) -> None:
        for node in reversed(self._nodes):
            kill(node)
        self._folder.cleanup()


def kill(node: psutil.Process) -> None:
    """SIGKILL for a node and all that it has started, as when its power fails."""
    with contextlib.suppress(psutil.NoSuchProcess):
        processes = [node, *node.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)
    node.wait()


def is_encoding(node: psutil.Process) -> bool:
    """Whether a worker of the node has the model's runtime in memory, and so articles in hand."""
    for process in node.children(recursive=True):
        with contextlib.suppress(psutil.Error, OSError):
            if "onnxruntime" in Path(f"/proc/{process.pid}/maps").read_text():
                return True
    return False


def has_process(node: psutil.Process, name: str) -> bool:
    """Whether the node has started a process of that name."""
    with contextlib.suppress(psutil.Error):
        return any(name in " ".join(p.cmdline()) for p in node.children(recursive=True))
    return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("ray", reason="Ray is not installed")
    made = Cluster()
    try:
        made.start()
        yield made
    finally:
        made.end()


@pytest.mark.slow
@pytest.mark.crash
def test_a_node_killed_halfway_loses_nothing(
    cluster: Cluster, exported: Path, tmp_path: Path
) -> None:
    folder, one, many = articles(tmp_path / "articles", COUNT), tmp_path / "one", tmp_path / "many"
    for data in (one, many):
        data.mkdir()
        (data / "encoders").symlink_to(exported / "encoders", target_is_directory=True)
    nodes = [cluster.add_node(), cluster.add_node()]
    working = index(folder, many, "--workers", "2", FOOTNOTE_RAY_ADDRESS=cluster.address)
    wait_until(lambda: any(map(is_encoding, nodes)) or working.poll() is not None)
    assert working.poll() is None, working.communicate()[1]
    kill(next(filter(is_encoding, nodes)))
    assert report(working)["articles"] == COUNT
    assert report(index(folder, one))["articles"] == COUNT
    (rows, vectors), (own, expected) = content(many), content(one)
    assert rows == own
    assert len(rows) == COUNT
    assert np.abs(np.stack(vectors) - np.stack(expected)).max() <= 1e-6
    again = report(index(folder, many, "--workers", "2", FOOTNOTE_RAY_ADDRESS=cluster.address))
    assert not again["added"]


@pytest.mark.slow
@pytest.mark.crash
def test_ctrl_c_again_does_not_wait_for_the_workers(exported: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    folder, data = tmp_path / "articles", tmp_path / "data"
    folder.mkdir()
    data.mkdir()
    (data / "encoders").symlink_to(exported / "encoders", target_is_directory=True)
    rain = (f"On day {number} it rained {number} litres on the fjord." for number in range(60_000))
    (folder / "rain.txt").write_text(" ".join(rain), "utf-8")
    working = index(folder, data, "--workers", "2")
    assert working.stderr
    try:
        wait_until(lambda: is_encoding(psutil.Process(working.pid)) or working.poll() is not None)
        working.send_signal(signal.SIGINT)
        while "Ctrl-C again stops at once" not in working.stderr.readline():
            assert working.poll() is None
        working.send_signal(signal.SIGINT)
        _, told = working.communicate(timeout=240)  # on a loaded machine Ray takes its time
    finally:
        working.kill()
        working.communicate()
    assert working.returncode == 130, told
    assert "interrupted" in told
    assert "Traceback" not in told
