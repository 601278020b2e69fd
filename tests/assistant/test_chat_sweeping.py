"""Memory of conversations that are over is freed, in a process of its own that has Chainlit."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import asyncio
from chainlit.chat_context import chat_contexts
from chainlit.session import ws_sessions_id
from chainlit.user_session import user_sessions
from assistant.chat.sweeping import sweep_chat_contexts

async def main():
    chat_contexts.update(over=[], alive=[])
    user_sessions.update(over={}, late={}, alive={})
    ws_sessions_id["alive"] = object()
    task = asyncio.create_task(sweep_chat_contexts(pause=0.01))
    while "over" in chat_contexts or "late" in user_sessions:
        await asyncio.sleep(0.01)
    task.cancel()
    assert list(chat_contexts) == list(user_sessions) == ["alive"]

asyncio.run(asyncio.wait_for(main(), 10))
"""


def test_contexts_without_a_session_are_dropped(tmp_path: Path) -> None:
    environment = {**os.environ, "CHAINLIT_APP_ROOT": str(tmp_path)}
    subprocess.run([sys.executable, "-c", CODE], check=True, env=environment, timeout=120)


FREED = """
import ctypes, os, sys, threading
from pathlib import Path

from assistant.chat.sweeping import return_freed_memory

MIB = 1024 * 1024

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // MIB

def busy():
    blocks = [c.malloc(MIB) for _ in range(20)]
    for block in blocks:
        ctypes.memset(block, 1, MIB)
    for block in blocks:
        c.free(block)
    done.wait()

c = ctypes.CDLL(None)
c.malloc.restype, c.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
if sys.argv[1] == "ours":
    return_freed_memory()
c.free(c.malloc(30 * MIB))  # from now on glibc by itself keeps up to 60 MiB of each thread
before, done = resident(), threading.Barrier(5)
threads = [threading.Thread(target=busy) for _ in range(4)]
for thread in threads:
    thread.start()
while done.n_waiting < 4:
    pass
print(resident() - before)
done.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to")
def test_freed_memory_goes_back_to_the_system() -> None:
    kept = {
        whose: int(subprocess.check_output([sys.executable, "-c", FREED, whose], timeout=120))
        for whose in ("ours", "glibc")
    }
    assert kept["ours"] < 20 < 60 < kept["glibc"]
