"""Memory of conversations that are over is freed, in a process of its own that has Chainlit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
