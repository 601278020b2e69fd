"""A server in a process of its own, and what it and its children take of the machine (Linux)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Memory", "ServerProcess", "free_port", "memory"]

START_SECONDS = 240.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process and its children hold, in MiB; shared pages count once in `pss`."""

    rss: float
    pss: float
    descriptors: int
    processes: int


def memory(pid: int) -> Memory:
    """What this process and all below it hold now."""
    pids = _family(pid)
    rss = pss = 0
    for each in pids:
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text("utf-8").splitlines()[1:]
        except OSError:  # it has just ended
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        rss, pss = rss + sizes.get("Rss", 0), pss + sizes.get("Pss", 0)
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Memory(round(rss / 1024, 1), round(pss / 1024, 1), descriptors, len(pids))


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in tasks.read_text("utf-8").split()]
            except OSError:
                continue
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class ServerProcess:
    """A server that answers `/health` once it is there."""

    def __init__(self, command: Sequence[str], port: int, log: Path, **environment: str) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        outside = {k: v for k, v in os.environ.items() if not k.startswith("FOOTNOTE_")}
        self.started = time.perf_counter()
        with log.open("w") as output:
            self.process = subprocess.Popen(
                command, env={**outside, **environment}, stdout=output, stderr=subprocess.STDOUT
            )

    def wait(self) -> float:
        """Seconds from the start until it answers; raises `RuntimeError` if it does not."""
        while time.perf_counter() - self.started < START_SECONDS and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=2).close()
            except OSError:
                time.sleep(0.02)
            else:
                return time.perf_counter() - self.started
        raise RuntimeError(f"the server did not start:\n{self.log.read_text('utf-8')}")

    def memory(self) -> Memory:
        """What it holds now."""
        return memory(self.process.pid)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """End it; its exit code and the seconds that took."""
        began = time.perf_counter()
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS), time.perf_counter() - began
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
