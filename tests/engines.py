"""A real search engine for the tests: Milvus Lite's C++ core, as a server in a process of its own.

It listens on loopback and keeps everything in one file. SIGTERM does not stop it, so it is killed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import time
from pathlib import Path

START_SECONDS = 60


class MilvusLite:
    """The server; `start` after `kill` goes on with the same file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "milvus.db"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._address = ("127.0.0.1", probe.getsockname()[1])
        self.uri = f"http://127.0.0.1:{self._address[1]}"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def binary() -> Path | None:
        """The server's program; None where it is not installed. (Importing it needs setuptools.)"""
        spec = importlib.util.find_spec("milvus_lite")
        if spec is None or spec.origin is None:
            return None
        path = Path(spec.origin).parent / "lib" / "milvus"
        return path if path.is_file() else None

    def __enter__(self) -> MilvusLite:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        binary = self.binary()
        assert binary is not None
        self._process = subprocess.Popen(
            [str(binary), str(self._file), f"127.0.0.1:{self._address[1]}", "ERROR"],
            env={**os.environ, "LD_LIBRARY_PATH": str(binary.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(self._address, timeout=1):
                return
            assert self._process.poll() is None, "the server has ended"
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
