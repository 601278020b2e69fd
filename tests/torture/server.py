"""A process that has imported everything once and forks itself for each run.

Started by `harness.Server` with the number of a socket. A request carries the name of a job in
`jobs.py`, its arguments, and the descriptor the job reports to; the reply is the child's process
id. When a child has ended its exit status is written to its descriptor.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import types
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent.parent
VOICE = 99
"""The descriptor that children report to: what is written to it has been acknowledged."""


def main() -> None:
    """Serve until the socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    sys.path[0] = str(ROOT)
    if "tests" not in sys.modules:  # another package called `tests` may be installed
        package = types.ModuleType("tests")
        package.__path__ = [str(ROOT / "tests")]
        sys.modules["tests"] = package
    from tests.torture import jobs

    if os.environ.get("FOOTNOTE_TEST_LARGE"):
        _treat_as_large()
    jobs.warm()
    awake, wake = os.pipe()
    os.set_blocking(awake, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    control.send(b"ready")
    voices: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([control.fileno(), awake], [], [])
        if awake in readable:
            os.read(awake, 4096)
            _reap(voices)
        if control.fileno() in readable:
            request, descriptors, _, _ = socket.recv_fds(control, 1 << 18, 1)
            if not request:
                return
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.close()
                for descriptor in (awake, wake, *voices.values()):
                    os.close(descriptor)
                os.dup2(descriptors[0], VOICE)
                os.close(descriptors[0])
                _child(request, jobs)
            voices[pid] = descriptors[0]
            control.send(str(pid).encode())


def _treat_as_large() -> None:
    """Give small corpora the indexes of large ones: quantised, and not built anew for changes.

    They are sealed beside, too, which whoever is killed does not live to see.
    """
    from embeddings import dense, growing, sealing

    dense.EXACT_MOST, dense.FEW = 8, 4
    growing.GROWN_FROM, growing.MOST_GONE = 8, 100.0
    sealing.LARGE_BYTES = 0


def _child(request: bytes, jobs: types.ModuleType) -> None:
    status = 70
    try:
        os.setsid()
        order = json.loads(request)
        jobs.run(order["job"], order["arguments"], VOICE)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _reap(voices: dict[int, int]) -> None:
    while voices:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        descriptor = voices.pop(pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(descriptor, f'\n{{"exit": {status}}}\n'.encode())
        os.close(descriptor)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    main()
