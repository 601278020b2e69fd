"""Slows down who guesses passwords: counted by name, by address, and by both together.

Who guesses from one address is stopped before the name is, so that its owner, elsewhere, is not
kept out. Where many share an address, as behind a proxy that does not say for whom it asks, only
names are counted.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import deque
from contextvars import ContextVar
from typing import TYPE_CHECKING

from assistant.chat.texts.language import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.chat.access.hardening import App, Receive, Scope, Send

__all__ = ["Attempts", "LoginGate", "asking_address", "told_apart"]

FAILURE_SECONDS = 60.0
"""After as many wrong passwords within this time nothing is tried until it is over."""
MOST_OF_PAIR = 5
"""For one name, from one address."""
MOST_OF_ADDRESS = 20
"""From one address, whatever the names."""
MOST_OF_NAME = 50
"""For one name, from wherever."""
IPV6_PREFIX = 64
"""One customer's network: whoever has one address of it has them all."""

Key = tuple[str, str, str]

asking_address: ContextVar[str] = ContextVar("asking_address", default="")
"""Whence the request came that is being served; empty where that tells nobody apart."""


class Attempts:
    """Counts wrong passwords, and says when to stop trying. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[Key, deque[float]] = {}
        self._mutex = threading.Lock()

    def wait(self, name: str, address: str = "") -> int:
        """Seconds until `name` may be tried again from there; 0 for now."""
        with self._mutex:
            return max(self._seconds(key, most) for key, most in _limits(name, address))

    def address_wait(self, address: str) -> int:
        """Seconds until any name may be tried from there; 0 for now."""
        with self._mutex:
            return self._seconds(("address", "", address), MOST_OF_ADDRESS) if address else 0

    def failed(self, name: str, address: str = "") -> None:
        """Note a wrong password."""
        with self._mutex:
            for key, _ in _limits(name, address):
                self._failures.setdefault(key, deque()).append(self._clock())
            for key in list(self._failures):  # names are chosen by whoever tries: forget them
                if not self._recent(key):
                    del self._failures[key]

    def succeeded(self, name: str, address: str = "") -> None:
        """Forget the failures of a name there: its owner mistyped.

        Those of the address stay, else who has a password of their own could guess on.
        """
        with self._mutex:
            self._failures.pop(("pair", name, address), None)

    def _seconds(self, key: Key, most: int) -> int:
        failures = self._recent(key)
        if len(failures) < most:
            return 0
        return max(1, round(failures[-most] + FAILURE_SECONDS - self._clock()))

    def _recent(self, key: Key) -> deque[float]:
        failures = self._failures.get(key, deque())
        while failures and failures[0] <= self._clock() - FAILURE_SECONDS:
            failures.popleft()
        return failures


def _limits(name: str, address: str) -> Iterator[tuple[Key, int]]:
    yield ("pair", name, address), MOST_OF_PAIR
    yield ("name", name, ""), MOST_OF_NAME
    if address:
        yield ("address", "", address), MOST_OF_ADDRESS


def told_apart(scope: Scope) -> str:
    """The address by which a client is told from others; an empty string where there is none.

    The server has put in what a proxy on this machine says in `X-Forwarded-For`. A loopback
    address is thus this machine, or a proxy that says nothing: all who come through it are one.
    """
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            network = ipaddress.ip_network((address, IPV6_PREFIX), strict=False)
            return "" if address.is_loopback else str(network)
        address = address.ipv4_mapped
    return "" if address.is_loopback else str(address)


class LoginGate:
    """ASGI middleware: notes whence a login comes, and answers 429 while that address waits."""

    def __init__(self, app: App, attempts: Attempts) -> None:
        self.app = app
        self._attempts = attempts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it before any of its body is read."""
        from assistant.chat.access.hardening import refuse

        if scope["type"] == "http" and scope["path"] == "/login":
            address = told_apart(scope)
            asking_address.set(address)
            if scope["method"] == "POST" and (seconds := self._attempts.address_wait(address)):
                reason = N_("Too many wrong passwords; try again in {seconds} seconds.")
                again = (b"retry-after", str(seconds).encode())
                await refuse(scope, receive, send, 429, reason, again, seconds=seconds)
                return
        await self.app(scope, receive, send)
