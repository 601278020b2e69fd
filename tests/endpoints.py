"""A working endpoint that speaks the protocol of a language model, and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Behaviour", "FakeEndpoint", "chunk", "event", "says", "served"]

Behaviour = Callable[["Handler", dict[str, Any]], None]
"""What the endpoint does with one request: writes to the handler, given the request's body."""


class Handler(BaseHTTPRequestHandler):
    """One request; `begin` and `send` write the response."""

    server: FakeEndpoint
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        body = json.loads(self.rfile.read(length))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.close_connection = True
        with suppress(OSError):  # the client has had enough
            self.server.behaviour(self, body)

    def begin(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def fail(self, status: int, **headers: str) -> None:
        body = json.dumps({"error": {"message": "no", "type": "error"}})
        self.begin(status, "application/json", content_length=str(len(body)), **headers)
        self.send(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class FakeEndpoint(ThreadingHTTPServer):
    """An endpoint at a real socket; `behaviour` may be changed between requests."""

    daemon_threads = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def served(behaviour: Behaviour) -> Iterator[FakeEndpoint]:
    with FakeEndpoint(behaviour) as endpoint:
        thread = threading.Thread(target=endpoint.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield endpoint
        finally:
            endpoint.released.set()
            endpoint.shutdown()
            thread.join()


def chunk(text: str | None, finish: str | None = None) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m",
            "choices": [choice]}  # fmt: skip


def event(data: Any) -> str:
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n"


def says(
    text: str | Callable[[dict[str, Any]], str], *, step: int = 7, pause: float = 0.0
) -> Behaviour:
    """An endpoint that answers as it should, `step` characters at a time, with its usage."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        written = text if isinstance(text, str) else text(body)
        handler.begin()
        for start in range(0, len(written), step):
            handler.send(event(chunk(written[start : start + step])))
            time.sleep(pause)
        handler.send(event(chunk(None, "stop")))
        usage = {"prompt_tokens": 1200, "completion_tokens": 34, "total_tokens": 1234}
        handler.send(event({**chunk(None), "choices": [], "usage": usage}))
        handler.send(event("[DONE]"))

    return behave
