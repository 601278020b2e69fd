"""Starts the chat: a runtime folder for Chainlit, a hardened server, one line with the address."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, partialmethod
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.chat.listening import listen
from embeddings.errors import CorpusError, SettingsError

if TYPE_CHECKING:
    from socket import socket

    from starlette.requests import Request
    from starlette.routing import Route

    from assistant.chat.access.attempts import Attempts
    from assistant.chat.access.login import Login, SignedOut
    from assistant.chat.history.store import History
    from assistant.chat.library.uploads import Uploads
    from assistant.chat.opening import Answerer, Opening
    from assistant.chat.preferences import Preferences, Remembered
    from assistant.settings import Settings

__all__ = ["Launch", "current", "serve"]

HERE = Path(__file__).parent
GRACE_SECONDS = 3
"""How long answers that are being sent may go on when the server is told to end."""

# Chainlit turns these into integrations, logins and databases; none may come from outside.
FOREIGN_VARIABLES = (
    "CHAINLIT_", "LITERAL_", "OAUTH_", "SLACK_", "DISCORD_", "TEAMS_", "DATABASE_URL",
    "BUCKET_NAME", "APP_AWS_", "APP_GCS_", "APP_AZURE_", "DEV_AWS_",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Launch:
    """What the app needs to know; Chainlit loads it by its path and passes nothing on."""

    opening: Opening
    host: str
    port: int
    login: Login
    signed_out: SignedOut
    attempts: Attempts
    history: History | None
    """None: nothing is kept."""
    uploads: Uploads
    remembered: Remembered
    with_llm: bool
    """Whether a language model is set."""


_launch: Launch | None = None


def current() -> Launch:
    """The launch that this process serves."""
    if _launch is None:
        raise RuntimeError("the chat app runs inside assistant.chat.serve()")
    return _launch


def serve(
    settings: Settings | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    open_browser: bool = False,
    open_assistant: Callable[[], Answerer] | None = None,
    password_file: Path | None = None,
    proxy_user_header: str | None = None,
    public_url: str | None = None,
) -> None:
    """Serve the chat until it is interrupted; the process ends with it.

    Whoever reaches it on this machine may use it; elsewhere users log in, with a password of the
    `password_file`, or as the one whom a reverse proxy names in `proxy_user_header`. `public_url`
    is the address by which browsers know the chat, where that is another.
    Raises `SettingsError` for an address that is taken, or open to other machines without a
    login, and whatever opening the articles raises, if that is known before the server starts.
    """
    global _launch
    from assistant.chat.access.attempts import Attempts
    from assistant.chat.access.login import Login, SignedOut, auth_secret
    from assistant.chat.history.store import FILE_NAME, History
    from assistant.chat.library.uploads import Uploads
    from assistant.chat.opening import Opening
    from assistant.chat.preferences import Remembered
    from assistant.settings import Settings

    settings = settings or Settings()
    login = Login.of(password_file, proxy_user_header)
    check_access(host, login)
    check_public_url(public_url)
    listening = listen(host, port)
    data_dir = settings.resolved_data_dir()
    runtime = prepare_runtime(data_dir, port)
    secret = auth_secret(data_dir)
    history = History(data_dir / FILE_NAME) if settings.history else None
    opening = Opening(open_assistant or (lambda: open_articles(settings)))
    is_kept = (lambda id: history.owner(id) is not None) if history is not None else None
    uploads = Uploads(data_dir, settings.uploads, is_kept)
    _launch = Launch(
        opening,
        host,
        port,
        login,
        SignedOut(data_dir),
        Attempts(),
        history,
        uploads,
        Remembered(history),
        with_llm=settings.llm_url is not None,
    )
    prepare_environment(runtime, host, port)
    os.environ["CHAINLIT_AUTH_SECRET"] = secret
    run(host, port, listening, open_browser=open_browser, public_url=public_url)


def open_articles(settings: Settings) -> Answerer:
    """The Assistant over the articles of `settings`; what was found damaged is logged.

    While another process is indexing them, it answers from those that are there so far.
    """
    from assistant import Assistant

    opened = Assistant.open(settings=settings, wait=False)
    for notice in opened.notices:
        logging.getLogger("footnote").warning("%s", notice)
    return opened


def run(
    host: str,
    port: int,
    listening: list[socket],
    *,
    open_browser: bool,
    public_url: str | None = None,
) -> None:
    """Load Chainlit and run the app in this process. Chainlit ends the process itself."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s: %(message)s"
    )
    logging.getLogger("chainlit").setLevel(logging.ERROR)
    import uvicorn
    from chainlit.cli import run_chainlit
    from chainlit.config import config
    from chainlit.server import app, sio

    from assistant.chat.access.attempts import LoginGate
    from assistant.chat.access.hardening import harden
    from assistant.chat.access.login import ActingUser, guard_tokens
    from assistant.chat.access.revoking import check_events
    from assistant.chat.ending import Ending
    from assistant.chat.library.uploading import begin_conversation, upload_routes, whose
    from assistant.chat.overload import Capacity
    from assistant.chat.stopping import stop_in_our_words
    from assistant.chat.sweeping import return_freed_memory
    from assistant.chat.texts.language import InLanguage

    return_freed_memory()
    config.run.headless = not open_browser
    # Who keeps a connection open must not keep the process from ending.
    uvicorn.Config = partial(  # type: ignore[misc, assignment]
        uvicorn.Config, timeout_graceful_shutdown=GRACE_SECONDS
    )
    # Chainlit has its server take the address itself, and ends with 0 where that fails.
    uvicorn.Server.serve = partialmethod(  # type: ignore[method-assign, assignment]
        uvicorn.Server.serve, sockets=listening
    )
    login = current().login
    guard_tokens(login, current().signed_out)
    if login.kind == "proxy" or (login.kind == "local" and current().history is not None):
        app.add_middleware(ActingUser, login=login)
    app.add_middleware(InLanguage)
    app.add_middleware(LoginGate, attempts=current().attempts)
    app.add_middleware(Capacity)
    app.add_middleware(Ending)
    harden(host, port, public_url, login.kind)
    stop_in_our_words(sio.handlers["/"])
    check_events(sio.handlers["/"])
    # In front, because Chainlit answers every other path with its own page.
    opening, uploads = current().opening, current().uploads
    app.router.routes[:0] = own_routes(current())
    if uploads.most != "off":
        begin = begin_conversation if current().history is not None else None
        app.router.routes[:0] = upload_routes(opening, uploads, whose, begin)
    current().opening.check()
    run_chainlit(str(HERE / "app.py"))


def own_routes(launch: Launch) -> list[Route]:
    """Routes of the pages beside the chat, of what is set there, and of the files to save."""
    from assistant.chat.access.login import user_of
    from assistant.chat.access.passwords import LOCAL_USER
    from assistant.chat.choosing import preference_routes
    from assistant.chat.history.downloads import download_routes
    from assistant.chat.library.pages import page_routes, signed_in

    def user(request: Request) -> str | None:
        local = launch.login.kind == "local"
        return LOCAL_USER if local else user_of(request.scope["headers"])

    def preferences(request: Request) -> Preferences:
        return launch.remembered.of(user(request) or "")

    return [
        *page_routes(launch.opening, signed_in, launch.uploads, preferences),
        *preference_routes(launch, user),
        *download_routes(launch.history, user),
    ]


def check_access(host: str, login: Login) -> None:
    """Raise if other machines could use the chat without a login."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and login.kind == "local":
        raise SettingsError(
            f"the chat would be open to other machines at {host!r} without a login; add "
            "--password-file, or --proxy-user-header behind a proxy, or use 127.0.0.1"
        )


def check_public_url(url: str | None) -> None:
    """Raise unless `url` is a scheme and a host, as browsers write an origin."""
    parts = urlsplit(url or "http://x")
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or url not in (None, f"{parts.scheme}://{parts.netloc}")
        or "@" in parts.netloc
    ):
        raise SettingsError(
            f"--public-url: {url!r} is not a scheme and a host, such as "
            "https://footnote.example.org; the chat has no path"
        )


def prepare_runtime(data_dir: Path, port: int) -> Path:
    """Chainlit's own folder, written anew: configuration, translations and public files.

    One folder per port, because Chainlit empties it when it stops.
    """
    from assistant.chat.texts.interface_texts import interface_texts
    from assistant.chat.texts.language import LANGUAGES

    texts = {language: json.dumps(interface_texts(language)) for language in LANGUAGES}
    runtime = data_dir / "chat" / str(port)
    try:
        shutil.rmtree(runtime, ignore_errors=True)
        translations = runtime / ".chainlit" / "translations"
        translations.mkdir(parents=True)
        shutil.copy(HERE / "config.toml", runtime / ".chainlit" / "config.toml")
        for language, text in texts.items():
            (translations / f"{language}.json").write_text(text, "utf-8")
        shutil.copytree(HERE / "public", runtime / "public")
        (runtime / "chainlit.md").write_text("", "utf-8")
    except OSError as error:
        raise CorpusError(
            f"the chat cannot write its files to {runtime}: {error.strerror}; "
            "choose another data folder with --data-dir"
        ) from None
    return runtime


def prepare_environment(runtime: Path, host: str, port: int) -> None:
    """Point Chainlit at its folder, and nowhere else. Must come before it is imported."""
    for name in list(os.environ):
        if name.startswith(FOREIGN_VARIABLES):
            del os.environ[name]
    os.environ["CHAINLIT_APP_ROOT"] = str(runtime)
    os.environ["CHAINLIT_HOST"] = host
    os.environ["CHAINLIT_PORT"] = str(port)
    os.environ["CHAINLIT_ENV_FILE"] = str(runtime / "no-such.env")
