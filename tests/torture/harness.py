"""Runs that are killed, traced and broken from outside: the fork server's client, and strace."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

from tests.torture.scenario import ROUNDS, State, apply

__all__ = [
    "FULL",
    "LARGE",
    "Place",
    "Run",
    "Server",
    "Strace",
    "Workers",
    "go_on",
    "message_of",
    "scratch",
    "until_stopped",
    "why_no_strace",
]

FULL = os.environ.get("FOOTNOTE_TEST_TORTURE") == "full"
LARGE = "FOOTNOTE_TEST_LARGE"
"""Set, small corpora are indexed as large ones are."""
FIGURES = os.environ.get("FOOTNOTE_TEST_FIGURES")
"""The folder for `crash.json`."""
SERVER = Path(__file__).parent / "server.py"
PATIENCE = 60.0
"""Seconds after which a run counts as hanging."""

Message = dict[str, Any]
Given = TypeVar("Given")
Made = TypeVar("Made")


class Run:
    """One forked child: what it says, until it ends."""

    def __init__(self, pid: int, pipe: int, log: Path) -> None:
        self.pid = pid
        self.log = log
        self.messages: list[Message] = []
        self.status: int | None = None
        """As `os.waitpid` gives it; None while it runs."""
        self.hung = False
        self._pipe = pipe
        self._rest = b""
        self._open = True

    def until(self, key: str, patience: float = PATIENCE) -> Message | None:
        """The next message that has `key`; None when the child ends without one."""
        seen = 0
        deadline = time.monotonic() + patience
        while True:
            for message in self.messages[seen:]:
                if key in message:
                    return message
            seen = len(self.messages)
            if not self._more(deadline):
                return None

    def finish(self, patience: float = PATIENCE) -> list[Message]:
        """Everything said, once the child has ended; a child that hangs is killed."""
        deadline = time.monotonic() + patience
        while self._more(deadline):
            pass
        return self.messages

    def _more(self, deadline: float) -> bool:
        if not self._open:
            return False
        ready, _, _ = select.select([self._pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            self.hung = True
            self.kill()
            deadline = time.monotonic() + 5
            if not select.select([self._pipe], [], [], 5)[0]:
                self._close()
                return False
        content = os.read(self._pipe, 1 << 16)
        if not content:
            self._close()
            return False
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError):  # cut off by the kill
                message = json.loads(line)
                if "exit" in message:
                    self.status = message["exit"]
                else:
                    self.messages.append(message)
        return True

    def _close(self) -> None:
        self._open = False
        os.close(self._pipe)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send the child a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def sweep(self) -> None:
        """End what the child left behind: its own children."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    @property
    def killed(self) -> bool:
        """True when a SIGKILL ended it."""
        return self.status is not None and os.WIFSIGNALED(self.status)

    def value(self, key: str) -> Any:
        """What the last message with `key` says, or None."""
        return next((m[key] for m in reversed(self.messages) if key in m), None)


class Server:
    """A fork server. `prefix` is a command to start it under."""

    def __init__(self, log: Path, prefix: Sequence[str] = ()) -> None:
        self.log = log
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FOOTNOTE_")}
        environment |= {"OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "2"}
        if LARGE in os.environ:
            environment[LARGE] = os.environ[LARGE]
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*prefix, sys.executable, str(SERVER), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=environment,
                cwd=log.parent,
            )
        self._control.settimeout(PATIENCE)
        if self._control.recv(64) != b"ready":
            raise RuntimeError(f"the fork server did not start:\n{log.read_text('utf-8')}")

    def start(self, job: str, **arguments: object) -> Run:
        """Fork a child that runs `jobs.job`."""
        ours, theirs = os.pipe()
        try:
            request = json.dumps({"job": job, "arguments": arguments}).encode()
            socket.send_fds(self._control, [request], [theirs])
        finally:
            os.close(theirs)
        return Run(int(self._control.recv(64)), ours, self.log)

    def run(self, job: str, **arguments: object) -> Run:
        """Fork a child and wait for its end."""
        run = self.start(job, **arguments)
        run.finish()
        run.sweep()
        return run

    def close(self) -> None:
        """End the server; it must not have left by itself."""
        self._control.close()
        self._process.wait(PATIENCE)


@dataclass
class Place:
    """A worker's own folder of articles and data folder, and how they were after each round."""

    folder: Path
    server: Server
    scratch: dict[str, Any] = field(default_factory=dict)

    @property
    def articles(self) -> Path:
        """The folder of articles."""
        return self.folder / "articles"

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def paths(self) -> dict[str, str]:
        """Both, as arguments of a job."""
        return {"articles": str(self.articles), "data": str(self.data)}

    def after(self, number: int) -> Path:
        """The data folder as it was after a round, undamaged; -1 is before the first."""
        template = self.folder / f"after{number}"
        if not template.exists():
            if number < 0:
                template.mkdir()
                return template
            self.restore(number - 1, ROUNDS[number])
            run = self.server.run("index", **self.paths)
            assert run.status == 0, (run.messages, self.server.log.read_text("utf-8")[-3000:])
            shutil.copytree(self.data, template)
        return template

    def restore(self, number: int, state: State) -> None:
        """The data folder of after round `number`, and `state` in the folder of articles."""
        template = self.after(number)
        shutil.rmtree(self.data, ignore_errors=True)
        if number >= 0:
            shutil.copytree(template, self.data)
        self.restore_articles(state)

    def restore_articles(self, state: State) -> None:
        """`state` in the folder of articles."""
        apply(self.articles, state)


class Workers:
    """Two places that work side by side, and the figures of what they did."""

    def __init__(self, folder: Path, count: int = 2) -> None:
        self.places = []
        for number in range(count):
            own = folder / f"place{number}"
            own.mkdir()
            self.places.append(Place(own, Server(own / "stderr.txt")))
        self._free: SimpleQueue[Place] = SimpleQueue()
        for place in self.places:
            self._free.put(place)

    def map(self, work: Callable[[Place, Given], Made], cases: Iterable[Given]) -> list[Made]:
        """`work` on each case, wherever a place is free."""

        def one(case: Given) -> Made:
            place = self._free.get()
            try:
                return work(place, case)
            finally:
                self._free.put(place)

        with ThreadPoolExecutor(len(self.places)) as pool:
            return list(pool.map(one, cases))

    def close(self) -> None:
        """End the fork servers."""
        for place in self.places:
            place.server.close()


class Strace:
    """strace, attached to a stopped child: it traces, injects, and lets the child go on."""

    def __init__(
        self, run: Run, output: Path, *expressions: str, options: Sequence[str] = ()
    ) -> None:
        self.output = output
        self._run = run
        until_stopped(run)
        output.unlink(missing_ok=True)
        command = ["strace", "-f", "-y", "-o", str(output), *options]
        for expression in expressions:
            command += ["-e", expression]
        self._process = subprocess.Popen(
            [*command, "-p", str(run.pid)], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        assert self._process.stderr is not None
        line = self._process.stderr.readline().decode()
        if "attached" not in line:
            self._process.kill()
            self._process.wait()
            self._process.stderr.close()
            raise RuntimeError(f"strace did not attach: {line.strip()}")
        run.kill(signal.SIGCONT)

    def detach(self) -> str:
        """Let go of the child, which goes on without faults; returns what was traced."""
        if self._process.poll() is None:
            self._process.terminate()
        return self.close()

    def close(self) -> str:
        """Wait for strace's end; returns what was traced."""
        assert self._process.stderr is not None
        self._process.stderr.read()
        self._process.stderr.close()
        self._process.wait()
        return self.output.read_text("utf-8", errors="replace")

    def __enter__(self) -> Strace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.detach()


def until_stopped(run: Run) -> None:
    """Wait for a child to stop itself."""
    pid = run.pid
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            break
        if state == "T":
            return
        time.sleep(0.0005)
    raise RuntimeError(f"process {pid} did not stop")


def go_on(run: Run) -> None:
    """Let a child that has stopped itself go on, if it lives."""
    with contextlib.suppress(RuntimeError):
        until_stopped(run)
    run.kill(signal.SIGCONT)


@cache
def why_no_strace() -> str | None:
    """Why system calls cannot be traced here, or None."""
    if shutil.which("strace") is None:
        return "there is no strace on this machine; install the strace package"
    sleeper = subprocess.Popen(["sleep", "30"])
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [
                    "timeout",
                    "-s",
                    "INT",
                    "0.5",
                    "strace",
                    "-o",
                    f"{folder}/out",
                    "-p",
                    str(sleeper.pid),
                ],
                capture_output=True,
                text=True,
            )
    finally:
        sleeper.kill()
        sleeper.wait()
    if "attached" in done.stderr and "Operation not permitted" not in done.stderr:
        return None
    return f"strace cannot attach to a process here: {done.stderr.strip()}"


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory where there is one: a kill spares the kernel's memory, and disks wear."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK)
    if roomy:
        roomy = shutil.disk_usage(memory).free > 1 << 30
    with tempfile.TemporaryDirectory(
        prefix="footnote-torture-", dir=memory if roomy else None, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def message_of(run: Run) -> str:
    """What is known of a run that went wrong."""
    said = str(run.messages[-2:])[-700:]
    last = run.log.read_text("utf-8", errors="replace").splitlines()[-3:]
    return f"status {run.status}, hung {run.hung}, said {said}, stderr ends {last}"
