"""A login that has ended closes its sockets, in a process of its own that has Chainlit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import asyncio
from chainlit import auth, server, session
import jwt
from assistant.chat.access import revoking

class Session:
    def __init__(self, name):
        self.token = self.socket_id = name
        self.to_clear, self.current_task = False, None
        session.ws_sessions_sid[name] = self

ended, done, closed = set(), [], []

def decode(token):
    if token in ended:
        raise jwt.InvalidTokenError("this login has ended")

async def disconnect(sid):
    closed.append(sid)
    session.ws_sessions_sid.pop(sid)

async def handler(sid, *given):
    done.append((sid, *given))

async def main():
    auth.decode_jwt, server.sio.disconnect = decode, disconnect
    handlers = dict.fromkeys(("connect", "disconnect", "client_message", "stop"), handler)
    revoking.check_events(handlers)
    assert handlers["connect"] is handlers["disconnect"] is handler
    ada, bob, eve = Session("ada"), Session("bob"), Session("eve")
    open_to_all = Session("all")
    open_to_all.token = None
    ended.update(("ada", "eve"))
    for name in ("ada", "bob", "all", "unknown"):
        await handlers["client_message"](name, "a question")
    assert [sid for sid, _ in done] == ["bob", "all", "unknown"]
    assert closed == ["ada"] and ada.to_clear
    eve.current_task = asyncio.create_task(asyncio.sleep(60))
    sweeping = asyncio.create_task(revoking.sweep_revoked(pause=0.01))
    while "eve" not in closed:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert closed == ["ada", "eve"] and eve.current_task.cancelled()
    assert set(session.ws_sessions_sid) == {"bob", "all"}
    sweeping.cancel()

asyncio.run(asyncio.wait_for(main(), 30))
"""


def test_who_is_logged_in_no_more_is_not_listened_to(tmp_path: Path) -> None:
    environment = {**os.environ, "CHAINLIT_APP_ROOT": str(tmp_path)}
    subprocess.run([sys.executable, "-c", CODE], check=True, env=environment, timeout=120)
