"""Settings: plain values, gathered once, from arguments, the environment and a TOML file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_dir
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from assistant.wording import say
from embeddings.encoder import DEFAULT_ENCODER
from embeddings.errors import SettingsError
from embeddings.stored import Engine

__all__ = ["CONFIG_FILE", "CONFIG_VARIABLE", "Settings", "seeds"]

PREFIX = "FOOTNOTE_"
CONFIG_VARIABLE = PREFIX + "CONFIG"
CONFIG_FILE = "footnote.toml"
SECRET = ("llm_url", "llm_key", "milvus_uri", "milvus_token")
"""Settings that an error does not repeat: someone may have put a key there."""


def _one_or_several(value: object) -> object:
    """One path stands for a sequence of one."""
    return (value,) if isinstance(value, str | Path) else value


def _written(value: object) -> object:
    """A path must say something, and no file system knows a NUL."""
    if isinstance(value, str | Path) and (not str(value).strip() or "\0" in str(value)):
        raise ValueError("a path is empty or holds a NUL character")
    return value


def _address(value: str, none: str, more: str) -> str:
    """An address of the web, without a name and password in it: those end up in logs.

    `none` says what it is not, `more` where what it holds besides belongs.
    """
    try:
        parts = urlsplit(value)
        _ = parts.port  # a port that is no number is noticed only when it is asked for
    except ValueError:
        raise ValueError(none) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or value.split() != [value]:
        raise ValueError(none)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(more)
    return value.rstrip("/")


def _llm_address(value: str) -> str:
    return _address(
        value,
        "it is not an address such as http://localhost:11434/v1",
        "it holds more than a host and a path; the key belongs in llm_key",
    )


def _engine_address(value: str) -> str:
    return _address(
        value,
        "it is not the address of a Milvus server such as http://localhost:19530",
        "it holds more than a host and a port; a password belongs in milvus_token",
    )


Location = Annotated[Path, BeforeValidator(_written)]
Address = Annotated[str, AfterValidator(_llm_address)]
EngineAddress = Annotated[str, AfterValidator(_engine_address)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """What Footnote needs to know before it starts; nothing here touches the disk.

    A value comes from the argument, else the environment variable `FOOTNOTE_<NAME>`, else the
    TOML file (`footnote.toml` in the current folder, or the file `FOOTNOTE_CONFIG` names), else
    its default. An argument of None counts as not given. Relative paths in the TOML file start
    at the file; all others at the current folder.

    Raises `SettingsError` for a value that makes no sense, naming where it came from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    articles: Annotated[tuple[Location, ...], BeforeValidator(_one_or_several)] = ()
    """Folders to answer from. In `FOOTNOTE_ARTICLES` they are separated as in `PATH`. None: the
    five articles that come with Footnote."""
    data_dir: Location | None = None
    """Where the corpus and its indexes are kept. None: the platform's user data folder."""
    encoder: str = Field(default=DEFAULT_ENCODER, min_length=1)
    """A sentence-transformers model: the name of one, or a folder that holds one. With `:int8`
    behind it, its weights are rounded to a byte each. `fast` is half of the default's layers."""
    threads: int | None = Field(default=None, ge=1, le=1024)
    """Processor threads that encoding and reading may use. None: as many as there are cores."""
    workers: int | None = Field(default=None, ge=1, le=4096)
    """Workers that encode articles, by Ray. None: this process does, or with `ray_address` as many
    as its cluster has processor cores."""
    ray_address: str | None = Field(default=None, min_length=1)
    """Address of a Ray cluster, as `ray start` tells it. None: workers are processes here."""
    milvus_uri: EngineAddress | None = None
    """Address of a Milvus server that holds the indexes. None: they are files in `data_dir`."""
    milvus_token: SecretStr | None = None
    """`user:password`, or a key, for that server; None where it asks for none. Shown nowhere."""
    history: bool = True
    """Whether the chat keeps its conversations, so that they can be opened again."""
    uploads: Literal["off", "private", "library"] = "library"
    """What may be added in the chat: nothing, articles that only their conversation is answered
    from, or also articles that everybody is."""
    llm_url: Address | None = None
    """Base address of an OpenAI-compatible endpoint, up to `/v1`. None: no language model."""
    llm_model: str | None = Field(default=None, min_length=1)
    """The language model's name, as the endpoint knows it."""
    llm_key: SecretStr | None = None
    """The key for the endpoint; None where it needs none. Shown nowhere."""
    llm_timeout: float = Field(default=60.0, gt=0, le=3600)
    """Seconds that the language model may take for an answer, from the request to the last word."""
    llm_prompt_price: Price | None = None
    """What a million tokens of the prompt cost, in any currency. None: unknown."""
    llm_completion_price: Price | None = None
    """What a million tokens of the answer cost, in the same currency. None: unknown."""

    def __init__(self, **values: Any) -> None:
        given = {name: value for name, value in values.items() if value is not None}
        try:
            super().__init__(**{**_from_file(), **_from_environment(), **given})
        except ValidationError as error:
            raise SettingsError(_explain(error, given)) from None
        if self.llm_url is not None and self.llm_model is None:
            raise SettingsError(
                f"llm_url is set, but no model; set llm_model ({PREFIX}LLM_MODEL) to the name that "
                "the endpoint has for it"
            )

    def resolved_articles(self) -> tuple[Path, ...]:
        """Absolute folders to index: the given ones, else the articles that come with Footnote."""
        return tuple(_absolute(path) for path in self.articles) or (seeds(),)

    def resolved_data_dir(self) -> Path:
        """Absolute data folder: the given one, else the platform's user data folder."""
        return _absolute(self.data_dir or Path(user_data_dir("footnote", appauthor=False)))

    def engine(self) -> Engine | None:
        """The search engine that holds the indexes; None: files beside the corpus."""
        if self.milvus_uri is None:
            return None
        token = self.milvus_token
        return Engine(self.milvus_uri, token.get_secret_value() if token else None)


def _from_environment() -> dict[str, Any]:
    """`FOOTNOTE_…`, large or small; what is empty is not given.

    Several article folders are separated as in `PATH`.
    """
    named = ((name, _variable(name)) for name in Settings.model_fields)
    values: dict[str, Any] = {name: os.environ[found] for name, found in named if found}
    if "articles" in values:
        values["articles"] = [v for v in values["articles"].split(os.pathsep) if v.strip()]
    return values


def _variable(setting: str) -> str | None:
    """The environment variable that a setting comes from, as it is written there."""
    wanted = (PREFIX + setting).casefold()
    there = [name for name, value in os.environ.items() if value and name.casefold() == wanted]
    return there[-1] if there else None


def _from_file() -> dict[str, Any]:
    """What the TOML file says, with its relative paths made absolute from where it lies."""
    path = _config_file()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}; mend or remove it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}; mend or remove it") from None
    for name in ("articles", "data_dir"):
        if isinstance(value := values.get(name), str):
            values[name] = _from(path.parent, value)
        elif isinstance(value, list):
            values[name] = [_from(path.parent, v) if isinstance(v, str) else v for v in value]
    return values


def seeds() -> Path:
    """Folder of the five articles that come with Footnote: the wheel's copy, or the checkout's."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_seeds", package.parent / "seeds"):
        if folder.is_dir():
            return folder
    raise SettingsError(
        say(
            "the articles that come with Footnote are missing from {folder}; install it again, or "
            "name a folder of articles",
            folder=package,
        )
    )


def _config_file() -> Path:
    """The TOML file to read, which need not be there unless `FOOTNOTE_CONFIG` names it."""
    named = os.environ.get(CONFIG_VARIABLE)
    if not named:
        return Path(CONFIG_FILE)
    path = _absolute(Path(named))
    if not path.is_file():
        raise SettingsError(f"{CONFIG_VARIABLE} names {path}, which is not a file; correct it")
    return path


def _absolute(path: Path) -> Path:
    try:
        return Path(os.path.abspath(path.expanduser()))
    except RuntimeError:  # `~name` of a user this machine does not have
        raise SettingsError(f"{path}: no such user's home folder; write the path out") from None


def _from(folder: Path, value: str) -> str:
    """`value` as a path that starts at `folder`; what is empty stays so, and is refused later."""
    return str(folder / Path(value).expanduser()) if value.strip() else value


def _explain(error: ValidationError, given: dict[str, Any]) -> str:
    """The first thing wrong, on one line: what, where it came from, what to do."""
    first = error.errors(include_url=False, include_context=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    if name in given:
        where = f"argument {name}"
    elif variable := _variable(name):
        where = f"environment variable {variable}"
    else:
        where = f"{name} in {_config_file()}"
    if first["type"] == "extra_forbidden":
        known = ", ".join(Settings.model_fields)
        return f"{where}: there is no such setting; the settings are {known}"
    message = first["msg"].removeprefix("Value error, ")
    if name in SECRET:
        return f"{where}: {message}; correct or remove it"
    shown = repr(first["input"])
    return f"{where}: {message} (got {shown[:80]}); correct or remove it"
