"""What happens before the server starts: address, runtime folder, environment."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.chat import launch
from assistant.chat.access.login import Login
from assistant.chat.listening import listen
from assistant.chat.texts.interface_texts import OURS, interface_texts
from assistant.chat.texts.language import LANGUAGES
from assistant.settings import Settings
from embeddings.catalog import CatalogQuery
from embeddings.errors import CorpusError, SettingsError
from embeddings.locks import INDEXING_LOCK, held
from tests.fakes import HashingEncoder

PUBLIC = Path(launch.__file__).parent / "public"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_loopback_is_served(host: str) -> None:
    launch.check_access(host, Login())


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.2", "8.8.8.8", "example.com", "", "*"]
)
def test_other_addresses_need_a_login(host: str) -> None:
    with pytest.raises(SettingsError, match="--password-file, or --proxy-user-header") as error:
        launch.check_access(host, Login())
    assert "\n" not in str(error.value)
    launch.check_access(host, Login("proxy", header="x-forwarded-user"))


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port}.*another program") as error:
            listen("127.0.0.1", port)
    assert "\n" not in str(error.value)
    for server in listen("127.0.0.1", port):
        server.close()


def test_an_address_that_is_not_there_is_said_in_one_line() -> None:
    for nowhere in ("192.0.2.1", "no-such-host.invalid"):
        with pytest.raises(SettingsError, match=f"cannot listen at {nowhere}:8000") as error:
            listen(nowhere, 8000)
        assert "\n" not in str(error.value)


def test_of_two_that_start_at_once_one_says_that_the_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "assistant", "chat", "--port", str(port)]
    both = [
        subprocess.Popen(
            [*command, "--data-dir", str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        end = time.monotonic() + 120
        while all(each.poll() is None for each in both) and time.monotonic() < end:
            time.sleep(0.1)
        [loser] = [each for each in both if each.poll() is not None]
        assert loser.returncode == 3
        assert loser.stdout is not None
        said = loser.stdout.read()
        assert "another program listens there" in said
        assert said.count("\n") == 1
        assert (tmp_path / "chat" / str(port) / "public" / "app.js").is_file(), "the other's files"
    finally:
        for each in both:
            each.kill()
            each.wait()
            each.stdout.close()  # type: ignore[union-attr]


def test_the_runtime_folder_holds_what_chainlit_reads(tmp_path: Path) -> None:
    stale = tmp_path / "chat" / "8000" / "public" / "stale.js"
    stale.parent.mkdir(parents=True)
    stale.touch()
    runtime = launch.prepare_runtime(tmp_path, 8000)
    assert not stale.exists()
    assert (runtime / "public" / "elements" / "SourcesPanel.jsx").is_file()
    assert (runtime / "chainlit.md").read_text("utf-8") == ""
    texts = json.loads((runtime / ".chainlit" / "translations" / "en-US.json").read_text("utf-8"))
    assert texts["chat"]["input"]["placeholder"] == "Ask the articles a question"
    assert texts["common"]["actions"]["cancel"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_texts_replace_texts_that_chainlit_has(language: str) -> None:
    texts = interface_texts(language)
    for path in OURS:
        branch: object = texts
        for part in path.split("."):
            assert isinstance(branch, dict)
            branch = branch[part]
        assert isinstance(branch, str)


def test_a_data_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="data folder") as error:
        launch.prepare_runtime(tmp_path / "file", 8000)
    assert "\n" not in str(error.value)


def test_features_that_take_something_from_the_browser_are_off() -> None:
    config = tomllib.loads((PUBLIC.parent / "config.toml").read_text("utf-8"))
    features = config["features"]
    assert features["spontaneous_file_upload"]["enabled"] is False
    assert features["audio"]["enabled"] is False
    assert features["mcp"]["enabled"] is False
    assert features["mcp"]["user_servers"]["enabled"] is False
    for name in ("unsafe_allow_html", "latex", "user_message_markdown", "edit_message"):
        assert features[name] is False
    assert config["project"]["allow_origins"] == []


def test_public_files_ask_no_other_server() -> None:
    assert json.loads((PUBLIC / "theme.json").read_text("utf-8"))["custom_fonts"] == []
    for path in PUBLIC.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "://" not in text, path


def test_the_environment_turns_no_integration_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATABASE_URL",
        "LITERAL_API_KEY",
        "OAUTH_GITHUB_CLIENT_ID",
        "CHAINLIT_AUTH_SECRET",
    ):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("FOOTNOTE_ENCODER", "kept")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    launch.prepare_environment(Path("/runtime"), "127.0.0.1", 8000)
    assert not {"DATABASE_URL", "LITERAL_API_KEY", "OAUTH_GITHUB_CLIENT_ID"} & os.environ.keys()
    assert "CHAINLIT_AUTH_SECRET" not in os.environ
    assert os.environ["CHAINLIT_APP_ROOT"] == "/runtime"
    assert os.environ["FOOTNOTE_ENCODER"] == "kept"


def test_importing_the_chat_does_not_import_chainlit() -> None:
    code = "import sys, assistant.chat; sys.exit('chainlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_damage_found_at_opening_is_logged_and_indexing_elsewhere_is_not_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("An article.")
    data, encoder = tmp_path / "data", HashingEncoder()
    with Assistant.open(folder, data_dir=data, encoder=encoder):
        pass
    corpus = next(data.glob("corpora/*/corpus.sqlite"))
    corpus.write_bytes(corpus.read_bytes()[:-1] + b"!")
    opening = Assistant.open
    monkeypatch.setattr(
        Assistant, "open", lambda **given: opening(**given, encoder=encoder)
    )  # no model is needed for this
    settings = Settings(articles=folder, data_dir=data)
    launch.open_articles(settings).close()
    assert "corpus.damaged-1.sqlite" in caplog.text
    with held(corpus.with_name(INDEXING_LOCK)):
        opened = launch.open_articles(settings)
        assert [article.id for article in opened.catalog(CatalogQuery()).articles] == ["a.txt"]
        opened.close()
