from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.settings import Settings, seeds
from embeddings.errors import SettingsError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def toml(text: str, path: str = "footnote.toml") -> None:
    Path(path).write_text(text, "utf-8")


def test_defaults_are_the_seeds_and_the_user_data_folder() -> None:
    settings = Settings()

    assert settings.resolved_articles() == (seeds(),)
    assert len(list(seeds().glob("*.txt"))) == 5
    assert settings.resolved_data_dir().is_absolute()
    assert settings.resolved_data_dir().name == "footnote"
    assert settings.encoder == "all-MiniLM-L6-v2:int8"
    assert settings.threads is None


def test_argument_beats_environment_beats_file_beats_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings().encoder == "all-MiniLM-L6-v2:int8"
    toml('encoder = "from-file"')
    assert Settings().encoder == "from-file"
    monkeypatch.setenv("FOOTNOTE_ENCODER", "from-environment")
    assert Settings().encoder == "from-environment"
    assert Settings(encoder="from-argument").encoder == "from-argument"
    assert Settings(encoder=None).encoder == "from-environment"


def test_empty_environment_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_ARTICLES", "")
    monkeypatch.setenv("FOOTNOTE_THREADS", "")

    assert Settings() == Settings(articles=(), threads=None)


def test_articles_from_the_environment_are_separated_as_in_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_ARTICLES", os.pathsep.join(["news", "", "/srv/reports"]))

    assert Settings().resolved_articles() == (tmp_path / "news", Path("/srv/reports"))


@pytest.mark.parametrize("given", ["a:b", Path("a:b"), ["a:b"], (Path("a:b"),)])
def test_an_argument_is_one_path_or_a_sequence_of_paths(given: object, tmp_path: Path) -> None:
    assert Settings(articles=given).resolved_articles() == (tmp_path / "a:b",)


def test_relative_paths_in_the_file_start_at_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc").mkdir()
    toml('articles = ["news", "/srv/reports"]\ndata_dir = "index"', "etc/mine.toml")
    monkeypatch.setenv("FOOTNOTE_CONFIG", "etc/mine.toml")
    settings = Settings()

    assert settings.resolved_articles() == (tmp_path / "etc/news", Path("/srv/reports"))
    assert settings.resolved_data_dir() == tmp_path / "etc/index"


def test_home_is_expanded_and_dots_are_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")

    settings = Settings(articles="~/news/../reports", data_dir="~/index")

    assert settings.resolved_articles() == (Path("/home/ada/reports"),)
    assert settings.resolved_data_dir() == Path("/home/ada/index")


def test_settings_are_frozen_and_touch_no_disk(tmp_path: Path) -> None:
    settings = Settings(articles="no-such-folder", data_dir="no-such-index")
    settings.resolved_articles()
    settings.resolved_data_dir()

    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings, "threads", 2)  # noqa: B010 (mypy knows that it is frozen)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"threads": 0}, r"argument threads: .*greater than or equal to 1 \(got 0\)"),
        ({"threads": "many"}, r"argument threads: .*integer.*\(got 'many'\)"),
        ({"articles": ""}, r"argument articles: a path is empty"),
        ({"articles": ["news", " "]}, r"argument articles: a path is empty"),
        ({"data_dir": "a\0b"}, r"argument data_dir: .*NUL"),
        ({"articles": 5}, r"argument articles: "),
        ({"encoder": ""}, r"argument encoder: "),
        ({"colour": "red"}, r"no such setting; the settings are articles, data_dir, encoder"),
    ],
)
def test_bad_argument_is_one_line_that_names_it(given: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        Settings(**given)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["FOOTNOTE_THREADS", "footnote_threads"])
def test_bad_environment_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "several")

    with pytest.raises(SettingsError, match=rf"environment variable {name}: .*several"):
        Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("threads = -1", r"threads in footnote.toml: "),
        ("colour = 'red'", r"colour in footnote.toml: there is no such setting"),
        ("articles = ['']", r"articles in footnote.toml: a path is empty"),
        ("threads = \n\n", r"footnote.toml is not valid TOML: .*line 1"),
    ],
)
def test_bad_file_is_named(text: str, said: str) -> None:
    toml(text)

    with pytest.raises(SettingsError, match=said) as caught:
        Settings()
    assert "\n" not in str(caught.value)


def test_file_that_is_not_text_is_named() -> None:
    Path("footnote.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingsError, match=r"footnote.toml cannot be read"):
        Settings()


def test_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_CONFIG", "absent.toml")

    with pytest.raises(SettingsError, match=r"FOOTNOTE_CONFIG names .*absent.toml"):
        Settings()


def test_unknown_home_is_an_error_that_says_so() -> None:
    with pytest.raises(SettingsError, match="no such user"):
        Settings(data_dir="~nobody-of-this-name/index").resolved_data_dir()


def test_a_search_engine_is_an_address_and_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().engine() is None
    toml('milvus_uri = "http://milvus:19530/"')
    monkeypatch.setenv("FOOTNOTE_MILVUS_TOKEN", "root:hidden")
    engine = Settings().engine()
    assert engine is not None
    assert (engine.uri, engine.token) == ("http://milvus:19530", "root:hidden")
    assert "hidden" not in repr(Settings()) + repr(engine)


@pytest.mark.parametrize(
    "address",
    ["milvus:19530", "./milvus.db", "http://root:hidden@milvus:19530", "http://",
     "http://milvus:hidden", "http://[milvus"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(SettingsError, match="argument milvus_uri: ") as caught:
        Settings(milvus_uri=address)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("workers", [0, 5000])
def test_workers_are_a_sensible_number(workers: int) -> None:
    with pytest.raises(SettingsError, match="argument workers"):
        Settings(workers=workers)
