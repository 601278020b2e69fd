"""Starts the chat: a runtime folder for Chainlit, a hardened server, one line with the address."""

from __future__ import annotations

import errno
import ipaddress
import json
import logging
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from embeddings.errors import CorpusError, SettingsError

if TYPE_CHECKING:
    from assistant.chat.history import History
    from assistant.chat.login import Login, SignedOut
    from assistant.chat.opening import Answerer, Opening
    from assistant.settings import Settings

__all__ = ["Launch", "current", "serve"]

HERE = Path(__file__).parent
LANGUAGE = "en-US"

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
    history: History | None
    """None: nothing is kept."""


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
    from assistant.chat.history import FILE_NAME, History
    from assistant.chat.login import Login, SignedOut, auth_secret
    from assistant.chat.opening import Opening
    from assistant.settings import Settings

    settings = settings or Settings()
    login = Login.of(password_file, proxy_user_header)
    check_access(host, login)
    check_public_url(public_url)
    check_free(host, port)
    data_dir = settings.resolved_data_dir()
    runtime = prepare_runtime(data_dir, port)
    secret = auth_secret(data_dir)
    history = History(data_dir / FILE_NAME) if settings.history else None
    opening = Opening(open_assistant or (lambda: open_articles(settings)))
    _launch = Launch(opening, host, port, login, SignedOut(data_dir), history)
    prepare_environment(runtime, host, port)
    os.environ["CHAINLIT_AUTH_SECRET"] = secret
    run(host, port, open_browser=open_browser, public_url=public_url)


def open_articles(settings: Settings) -> Answerer:
    """The Assistant over the articles of `settings`; what was found damaged is logged.

    While another process is indexing them, it answers from those that are there so far.
    """
    from assistant import Assistant

    opened = Assistant.open(settings=settings, wait=False)
    for notice in opened.notices:
        logging.getLogger("footnote").warning("%s", notice)
    return opened


def run(host: str, port: int, *, open_browser: bool, public_url: str | None = None) -> None:
    """Load Chainlit and run the app in this process. Chainlit ends the process itself."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s: %(message)s"
    )
    logging.getLogger("chainlit").setLevel(logging.ERROR)
    from chainlit.cli import run_chainlit
    from chainlit.config import config
    from chainlit.server import app

    from assistant.chat.hardening import harden
    from assistant.chat.login import ActingUser, guard_tokens
    from assistant.chat.pages import page_routes, signed_in

    config.run.headless = not open_browser
    login = current().login
    guard_tokens(login, current().signed_out)
    if login.kind == "proxy" or (login.kind == "local" and current().history is not None):
        app.add_middleware(ActingUser, login=login)
    harden(host, port, public_url)
    # In front, because Chainlit answers every other path with its own page.
    app.router.routes[:0] = page_routes(current().opening, signed_in)
    current().opening.check()
    run_chainlit(str(HERE / "app.py"))


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


def check_free(host: str, port: int) -> None:
    """Raise if another program listens at this address already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":  # elsewhere it would share the port instead of failing
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "another program listens there" if taken else error.strerror
            raise SettingsError(
                f"the chat cannot listen at {host}:{port}: {reason}; "
                "stop that program, or choose another port with --port"
            ) from None


def prepare_runtime(data_dir: Path, port: int) -> Path:
    """Chainlit's own folder, written anew: configuration, translations and public files.

    One folder per port, because Chainlit empties it when it stops.
    """
    runtime = data_dir / "chat" / str(port)
    try:
        shutil.rmtree(runtime, ignore_errors=True)
        translations = runtime / ".chainlit" / "translations"
        translations.mkdir(parents=True)
        shutil.copy(HERE / "config.toml", runtime / ".chainlit" / "config.toml")
        (translations / f"{LANGUAGE}.json").write_text(json.dumps(interface_texts()), "utf-8")
        shutil.copytree(HERE / "public", runtime / "public")
        (runtime / "chainlit.md").write_text("", "utf-8")
    except OSError as error:
        raise CorpusError(
            f"the chat cannot write its files to {runtime}: {error.strerror}; "
            "choose another data folder with --data-dir"
        ) from None
    return runtime


def interface_texts() -> dict[str, Any]:
    """Chainlit's English texts, with ours in place of some."""
    from importlib.util import find_spec

    spec = find_spec("chainlit")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "translations"
    texts: dict[str, Any] = json.loads((folder / f"{LANGUAGE}.json").read_text("utf-8"))
    for path, text in json.loads((HERE / "texts.json").read_text("utf-8")).items():
        *parents, last = path.split(".")
        branch = texts
        for parent in parents:
            branch = branch[parent]
        branch[last] = text
    return texts


def prepare_environment(runtime: Path, host: str, port: int) -> None:
    """Point Chainlit at its folder, and nowhere else. Must come before it is imported."""
    for name in list(os.environ):
        if name.startswith(FOREIGN_VARIABLES):
            del os.environ[name]
    os.environ["CHAINLIT_APP_ROOT"] = str(runtime)
    os.environ["CHAINLIT_HOST"] = host
    os.environ["CHAINLIT_PORT"] = str(port)
    os.environ["CHAINLIT_ENV_FILE"] = str(runtime / "no-such.env")
