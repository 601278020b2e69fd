"""What the reading child gives up before it sees a file: network, processes, writing, memory.

Two layers. The kernel's: resource limits and, on Linux, a seccomp filter. Python's: an audit
hook, which works everywhere and covers the libraries written in Python.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any

__all__ = ["confine", "limit_time", "peak_memory_bytes"]

MEMORY_BYTES = 1 << 30
"""1 GiB of address space, libraries included."""
SECONDS = 30
OPEN_FILES = 64

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN_EVENTS = (
    "socket.", "subprocess.", "ftplib.", "http.", "smtplib.", "urllib.", "shutil.", "winreg.",
    "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "os.kill",
    "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
    "os.symlink", "os.truncate", "os.unlink", "os.utime", "tempfile.", "webbrowser.", "pty.",
)  # fmt: skip


def confine() -> None:
    """Give up what reading does not need. There is no way back in this process.

    Each layer is put on where the system has it; only the audit hook is everywhere.
    """
    with contextlib.suppress(ImportError):
        _limit_resources()
    if sys.platform == "linux":
        from embeddings.readers.system_calls import filter_system_calls

        _die_with_parent()
        filter_system_calls()
    sys.addaudithook(_refuse)


def limit_time(seconds: int) -> None:
    """End this process after `seconds` more of waiting or computing; 0 lifts the limit.

    The parent counts too. This is for the child that outlives it.
    """
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        used = int(usage.ru_utime + usage.ru_stime) + 1
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = used + seconds if seconds else hard
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def peak_memory_bytes() -> int:
    """Most memory this process has held so far; 0 where that cannot be known.

    Linux counts what the parent held into `ru_maxrss`, so there the process's own status is read.
    """
    try:
        with open("/proc/self/status", "rb") as status:
            for line in status:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _limit_resources() -> None:
    import resource

    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        _, hard = resource.getrlimit(limit)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS
            resource.setrlimit(limit, (value, value))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook: raises `PermissionError` for what no reader has to do."""
    if event == "open":
        _, mode, flags = arguments
        if (isinstance(flags, int) and flags & _WRITING) or (
            isinstance(mode, str) and set(mode) & set("wax+")
        ):
            raise PermissionError("a reader may not write")
    elif event.startswith(_FORBIDDEN_EVENTS):
        raise PermissionError(f"a reader may not do this: {event}")


def _die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    import ctypes

    set_death_signal = 1
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL, 0, 0, 0)
