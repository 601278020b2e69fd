"""The address of the chat: taken before anything else is done, and kept to the end."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack
from typing import Any

from embeddings.errors import SettingsError

__all__ = ["listen"]


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen at each address of the host; who comes before the chat is ready waits.

    Of two chats that start at once the later one is refused here, before it has touched what is
    the other's. Raises `SettingsError` where nobody can listen, or another program does already.
    """
    listening: list[socket.socket] = []
    try:
        with ExitStack() as unless_all:
            for family, address in _addresses(host, port):
                server = unless_all.enter_context(socket.socket(family))
                if _listens(server, address):
                    listening.append(server)
            if not listening:
                raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
            unless_all.pop_all()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "another program listens there" if taken else error.strerror
        raise SettingsError(
            f"the chat cannot listen at {host}:{port}: {reason}; "
            "stop that program, or choose another port with --port"
        ) from None
    return listening


def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    """The family and the address of each that the host has, once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _listens(server: socket.socket, address: Any) -> bool:
    """Have it listen there; False where the host has a name for an address that is not there."""
    if os.name == "posix":  # elsewhere it would share the port instead of failing
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if server.family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        server.bind(address)
        server.listen()
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        return False
    return True
