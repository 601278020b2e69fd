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
import ctypes, os
from pathlib import Path

import pytest
from assistant.chat.sweeping import give_memory_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

c = ctypes.CDLL(None)
c.malloc.restype, c.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
before = resident()
blocks = [c.malloc(50_000) for _ in range(2_000)]
for block in blocks:
    ctypes.memset(block, 1, 50_000)
for block in blocks[:-1]:  # what is freed lies below the last block, so that the heap can't shrink
    c.free(block)
kept = resident() - before
give_memory_back()
assert resident() - before < kept / 2, (before, kept, resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to")
def test_freed_memory_goes_back_to_the_system() -> None:
    subprocess.run([sys.executable, "-c", FREED], check=True, timeout=120)
