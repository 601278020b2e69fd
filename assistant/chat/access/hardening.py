"""Closes what Chainlit 2.12 leaves open: who may ask, what is answered, what a page may load.

As it comes it answers any Host and Origin, sets no Content-Security-Policy, trusts the ids
that a client chooses (a session id becomes a folder that is deleted), reads uploads whole, and
serves routes that this app has no use for. Everything here is an allow-list.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from assistant.chat.history.replaying import follow_connections
from assistant.chat.texts.language import N_, choose, in_language, told
from assistant.wording import say

__all__ = [
    "LARGEST_UPLOAD_BYTES",
    "REMOVAL",
    "UPLOADS",
    "Guard",
    "content_policy",
    "harden",
    "hosts",
    "is_uuid",
    "refuse",
    "without_outside_links",
]

MOST_BODY_BYTES = 1_000_000
LARGEST_UPLOAD_BYTES = 20_000_000
"""A book of a thousand pages has less text than this; what has more is mostly pictures."""
UPLOADS = "/uploads"
REMOVAL = f"{UPLOADS}/remove"
"""Where the page of an article in the library takes it out."""
MOST_BODY_SECONDS = 60.0
"""How long a body may take to arrive; who dawdles on purpose holds a place that others need."""
UPLOAD_SECONDS = 900.0
"""The same for a file: the largest comes through a line of 200 kbit/s."""
MOST_QUESTION_CHARACTERS = 100_000
MOST_SETTING_CHARACTERS, MOST_TAGS = 1_000, 1_000
SOCKET = "/ws/socket.io"
HTTP_PORT = 80
"""The one that browsers leave out."""

ROUTES = frozenset({
    "/", "/{full_path:path}", "/public/{filename:path}", "/assets/{filename:path}",
    "/favicon", "/logo", "/avatars/{avatar_id:str}", "/health",
    "/auth/config", "/user", "/set-session-cookie",
    "/login", "/logout", "/auth/header",
    "/project/threads", "/project/thread", "/feedback",
    "/project/settings", "/project/translations", SOCKET,
})  # fmt: skip
"""Routes of Chainlit that the app uses; all others are taken out."""
WRITES: Mapping[str, frozenset[str]] = {
    "/set-session-cookie": frozenset({"POST"}),
    "/login": frozenset({"POST"}),
    "/logout": frozenset({"POST"}),
    "/auth/header": frozenset({"POST"}),
    "/project/threads": frozenset({"POST"}),
    "/project/thread": frozenset({"PUT", "DELETE"}),
    "/feedback": frozenset({"PUT", "DELETE"}),
    "/preferences": frozenset({"POST"}),
    UPLOADS: frozenset({"POST", "DELETE"}),
    REMOVAL: frozenset({"POST"}),
}
"""Paths that take a body, and how, beside the socket's."""
UNUSED_HEADERS = (b"range", b"if-range")
"""Headers that no page of the app sends: nothing here is fetched in parts."""
EVENTS = frozenset({
    "connect", "connection_successful", "client_message", "stop", "clear_session", "disconnect",
    "chat_settings_change", "window_message",
})  # fmt: skip
"""Socket events that the app uses; all others are ignored."""
SETTINGS_WANTED = {"footnote": "settings"}
"""The one window message that the page sends; Chainlit would hand on whatever comes."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
"""ASGI, in types."""

OUTSIDE_LINK = re.compile(r"<link\b[^>]*https?://[^>]*>\s*")
OUTSIDE_META = re.compile(r'<meta property="og:(?:image|url)"[^>]*>\s*')
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def harden(host: str, port: int, public_url: str | None = None, login: str = "local") -> None:
    """Close Chainlit's server for an app at this address. Call once, before it starts.

    `public_url` is how browsers reach it, where a proxy stands between or the machine has a name.
    `login` is how users are told apart: the page offers to log out only where one can.
    """
    from chainlit import server

    template = server.get_html_template("")  # type: ignore[no-untyped-call]
    page = without_outside_links(template).replace("<body>", f'<body data-login="{login}">', 1)
    server.get_html_template = lambda root_path: in_language(page)
    keep_routes(server.app.router.routes)
    keep_events(server.sio.handlers["/"])
    follow_connections(server.sio.handlers["/"])
    server.app.add_middleware(
        Guard,
        hosts=hosts(host, port),
        policy=content_policy(page, host, port),
        public_url=public_url,
        any_address=is_unspecified(host),
        port=port,
    )


def hosts(host: str, port: int) -> frozenset[str]:
    """`Host` headers that name this server: its address and the loopback's other names."""
    names = {host if ":" not in host else f"[{host}]", "127.0.0.1", "localhost", "[::1]"}
    told = frozenset(f"{name}:{port}" for name in names)
    return told | names if port == HTTP_PORT else told


def is_unspecified(host: str) -> bool:
    """True for 0.0.0.0 and ::, which stand for every address of the machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def without_outside_links(page: str) -> str:
    """Chainlit's page without fonts, style sheets and previews from other servers."""
    return OUTSIDE_META.sub("", OUTSIDE_LINK.sub("", page))


def content_policy(page: str, host: str, port: int) -> str:
    """Content-Security-Policy of `page`: this server only, its inline scripts by their hash.

    `unsafe-eval` stays, because Chainlit compiles its JSX elements in the browser.
    """
    digests = (hashlib.sha256(text.encode()).digest() for text in INLINE_SCRIPT.findall(page))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    # `self` means sockets too, but not to every browser; a bracketed address is no source at all.
    sockets = " ".join(f"ws://{name}" for name in sorted(hosts(host, port)) if "[" not in name)
    return "; ".join((
        "default-src 'self'", f"script-src 'self' 'unsafe-eval' {scripts}",
        "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:", "font-src 'self' data:",
        f"connect-src 'self' {sockets}", "worker-src 'self' blob:", "object-src 'none'",
        "base-uri 'self'", "form-action 'self'", "frame-ancestors 'none'",
    ))  # fmt: skip


def keep_routes(routes: list[Any]) -> None:
    """Take out every route that is not in `ROUTES`, also of included routers."""
    for route in list(routes):
        included = getattr(route, "original_router", None)
        if included is not None:
            keep_routes(included.routes)
        elif getattr(route, "path", None) not in ROUTES:
            routes.remove(route)


def keep_events(handlers: dict[str, Callable[..., Any]]) -> None:
    """Take out every socket event that is not in `EVENTS`, and check what the others bring."""
    for name in handlers.keys() - EVENTS:
        del handlers[name]
    connect, client_message = handlers["connect"], handlers["client_message"]
    change_settings = handlers["chat_settings_change"]
    window_message = handlers["window_message"]

    async def checked_connect(sid: str, environ: dict[str, Any], auth: object) -> object:
        if not isinstance(auth, dict) or not is_uuid(auth.get("sessionId")):
            raise ConnectionRefusedError("the session id is not a UUID")
        if auth.get("threadId") and not is_uuid(auth["threadId"]):
            raise ConnectionRefusedError("the thread id is not a UUID")
        # There is one profile, for its looks. Chainlit would look it up by running the event loop
        # inside itself: when 40 pages connect at once, that exhausts the stack and none ever does.
        return await connect(sid, environ, {**auth, "chatProfile": None})

    async def checked_message(sid: str, payload: object) -> None:
        if message := plain_message(payload):
            await client_message(sid, {"message": message, "fileReferences": None})

    async def checked_settings(sid: str, payload: object) -> None:
        if isinstance(payload, dict):
            await change_settings(sid, plain_settings(payload))

    async def checked_window(sid: str, payload: object) -> None:
        if payload == SETTINGS_WANTED:
            await window_message(sid, payload)

    handlers["connect"], handlers["client_message"] = checked_connect, checked_message
    handlers["chat_settings_change"] = checked_settings
    handlers["window_message"] = checked_window


def plain_message(payload: object) -> dict[str, str] | None:
    """The question in a socket message, and nothing else that a client may have put there."""
    message = payload.get("message") if isinstance(payload, dict) else None
    if not isinstance(message, dict) or not is_uuid(message.get("id")):
        return None
    question = message.get("output")
    if not isinstance(question, str):
        return None
    return {
        "id": message["id"],
        "type": "user_message",
        "name": "User",
        "output": question[: MOST_QUESTION_CHARACTERS + 1],
        "createdAt": "",
    }


def plain_settings(payload: Mapping[str, object]) -> dict[str, object]:
    """What the settings say, as far as it is what the app's own panel sends."""

    def text(value: object) -> str:
        return value[:MOST_SETTING_CHARACTERS] if isinstance(value, str) else ""

    names = ("answers", "since", "until")
    settings: dict[str, object] = {name: text(payload.get(name)) for name in names}
    articles = payload.get("articles")
    several = articles[:MOST_TAGS] if isinstance(articles, list) else []
    settings["articles"] = [text(each) for each in several]
    if isinstance(payload.get("llm"), bool):
        settings["llm"] = payload["llm"]
    return settings


def is_uuid(value: object) -> bool:
    """True for a UUID as Chainlit's own client writes it."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


class Guard:
    """ASGI middleware, outermost: answers 403, 405 or 413 itself, and sets headers on the rest."""

    def __init__(
        self,
        app: App,
        hosts: Iterable[str],
        policy: str,
        public_url: str | None = None,
        any_address: bool = False,
        port: int = 0,
    ) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.origins = frozenset(f"http://{host}" for host in self.hosts)
        if public_url:
            self.hosts |= {urlsplit(public_url).netloc.lower()}
            self.origins |= {public_url.lower()}
        self.port = port if any_address else None
        self.secure = (public_url or "").startswith("https:")
        self.headers = (
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it before any of its body is read."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif refusal := self.refusal(scope):
            await refuse(scope, receive, send, *refusal)
        elif scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:
            headers = [each for each in scope["headers"] if each[0] not in UNUSED_HEADERS]
            scope = {**scope, "headers": headers}
            await self.app(scope, limited(receive, scope), self.with_headers(send))

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason for not answering this request; None to answer it."""
        headers = dict(scope["headers"])
        host, origin = headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin")
        numbered = self.port is not None and is_address(host, self.port)
        if host not in self.hosts and not numbered:
            return 403, N_(
                "The chat does not go by that name. Whoever runs it gives it one with --public-url."
            )
        if origin is not None:
            named = origin.decode("latin-1")
            if named not in self.origins and not (numbered and named == f"http://{host}"):
                return 403, N_("Pages of other sites may not ask here.")
        if scope["type"] == "websocket" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return None
        path = scope["path"]
        if scope["method"] not in WRITES.get(path, ()) and not path.startswith(SOCKET):
            return 405, N_("Nothing can be sent to this address.")
        if b"transfer-encoding" in headers:
            return 411, N_("The length of what is sent has to be said.")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most_bytes(scope):
            return 413, N_("That is more than this server takes.")
        return None

    def with_headers(self, send: Send) -> Send:
        """`send` with the security headers on every response."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                if self.secure:
                    headers = map(secured, headers)
                message = {**message, "headers": [*headers, *self.headers]}
            await send(message)

        return sending


def secured(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A header; if it sets a cookie, one that browsers send by HTTPS only."""
    name, value = header
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return header
    return name, value + b"; Secure"


def is_address(host: str, port: int) -> bool:
    """Whether a `Host` header is a numeric address and this port.

    An attack by DNS rebinding needs a name: a page that came from an address has that address.
    """
    if port == HTTP_PORT and not host.endswith(f":{port}"):
        host = f"{host}:{port}"
    address, _, number = host.rpartition(":")
    try:
        ipaddress.ip_address(address.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return number == str(port)


def most_bytes(scope: Scope) -> int:
    """How long a body may be."""
    return LARGEST_UPLOAD_BYTES if scope["path"] == UPLOADS else MOST_BODY_BYTES


def most_seconds(scope: Scope) -> float:
    """How long a body may take to arrive."""
    return UPLOAD_SECONDS if scope["path"] == UPLOADS else MOST_BODY_SECONDS


def limited(receive: Receive, scope: Scope) -> Receive:
    """`receive` that ends a body whose length was not said, or said wrongly, at the limit.

    Uploads get a little more: they are counted where they are taken, and told that it is too much.
    """
    taken, complete = 0, False
    loop = asyncio.get_running_loop()
    end = loop.time() + most_seconds(scope)
    most = most_bytes(scope) + (MOST_BODY_BYTES if scope["path"] == UPLOADS else 0)

    async def receiving() -> Message:
        nonlocal taken, complete
        try:
            async with asyncio.timeout_at(None if complete else end):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        complete = not message.get("more_body", False)
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > most else message

    return receiving


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    reason: str,
    *more: tuple[bytes, bytes],
    **values: object,
) -> None:
    """Answer with a status and one line of text, or close the socket before it opens.

    The text is in the language of the browser; `reason` is a key of the catalogs.
    """
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    choose(scope)
    await send({"type": "http.response.body", "body": told(say(reason, **values)).encode()})
