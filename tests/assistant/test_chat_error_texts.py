"""What is wrong with an installation, in Chinese: all that a browser may be told of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant
import embeddings
from assistant.chat.failures import by_itself, worded
from assistant.chat.texts import language
from assistant.chat.texts.error_texts import told_of_error
from assistant.wording import say
from embeddings.errors import CorpusError

EMBEDDINGS = Path(embeddings.__file__).parent
ASSISTANT = Path(assistant.__file__).parent
ERRORS = re.compile(r"(Settings|Question|Corpus|Damaged|Engine|Model|Citation|Read)Error")
SHORTHANDS = {
    "_damaged": "/x is damaged ({}); run: assistant doctor",
    "_unusable": "cannot use the data folder /x: {}; make room or make it writable, or choose "
    "another (--data-dir or FOOTNOTE_DATA_DIR)",
}
"""Functions that make an error of a cause."""
STORE = [path for path in sorted(EMBEDDINGS.glob("*.py")) if path.stem != "backup"]
"""A backup is made and restored on the command line only."""
FACES = (
    "cli", "history_command", "selection", "schema", "login", "passwords", "launch", "listening",
    "settings",
)  # fmt: skip
"""They end a command, or are raised before the server starts."""
INSIDE = ("that is no cursor of a list", "a question is text, not", "the history holds")
"""Said to whoever calls it wrongly, which the chat does not."""
WITHIN = [path for path in sorted(ASSISTANT.rglob("*.py")) if path.stem not in FACES]
CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[a-z]+( [a-z]+){3}")
"""Commands have fewer words in a row."""


@pytest.fixture
def in_chinese() -> Iterator[None]:
    token = language._chosen.set("zh-CN")
    yield
    language._chosen.reset(token)


def sample(said: ast.expr) -> str | None:
    """A message with something in each place; None for one that is made elsewhere."""
    if isinstance(said, ast.Constant):
        return str(said.value)
    if isinstance(said, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "/x/7" for part in said.values
        )
    return None


def called(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Each call in a module that has arguments, by the name of what is called."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            yield getattr(node.func, "id", "") or getattr(node.func, "attr", ""), node


def of_the_store() -> list[str]:
    """The messages of the errors that are raised in what stores and finds articles."""
    messages = set()
    for path in STORE:
        for name, call in called(path):
            if ERRORS.fullmatch(name):
                messages.add(sample(call.args[0]))
            elif name in SHORTHANDS and (cause := sample(call.args[-1])):
                messages.add(SHORTHANDS[name].format(cause))
    # What is said of one file is told beside its name: file_reasons.py.
    return sorted(each for each in messages if each and not each.startswith("/x/7: "))


@pytest.mark.usefixtures("in_chinese")
@pytest.mark.parametrize("message", of_the_store())
def test_every_error_of_the_store_and_the_models_is_known(message: str) -> None:
    told = told_of_error(message)
    assert CHINESE.search(told), message
    assert not ENGLISH.search(told), told


def test_there_are_errors_to_be_known() -> None:
    assert len(of_the_store()) > 40


@pytest.mark.usefixtures("in_chinese")
def test_every_error_of_the_assistant_is_said_so_that_it_can_be_translated() -> None:
    untold = []
    for path in WITHIN:
        for name, call in called(path):
            message = sample(call.args[0]) if ERRORS.fullmatch(name) else None
            # None: `say(…)`, or a message that is made elsewhere.
            if (
                message
                and not message.startswith(INSIDE)
                and not CHINESE.search(told_of_error(message))
            ):
                untold.append(f"{path.relative_to(ASSISTANT)}:{call.lineno}: {message}")
    assert untold == []


@pytest.mark.parametrize("message", of_the_store())
def test_in_english_it_is_what_was_raised(message: str) -> None:
    assert told_of_error(message) == message


@pytest.mark.usefixtures("in_chinese")
def test_a_cause_inside_of_an_error_is_told_too() -> None:
    full = CorpusError(
        "cannot use the data folder /data: database or disk is full (SQLITE_FULL); make room or "
        "make it writable, or choose another (--data-dir or FOOTNOTE_DATA_DIR)"
    )
    assert worded(full) == (
        "无法使用数据文件夹 /data：数据库或磁盘已满（SQLITE_FULL）；"
        "请腾出空间或使它可写，或选择另一个（--data-dir 或 FOOTNOTE_DATA_DIR）"
    )


@pytest.mark.usefixtures("in_chinese")
def test_values_are_put_in_as_they_are() -> None:
    gone = CorpusError(say("there is no article {name}; {hint}", name="'{0}'", hint=say("see: x")))
    assert worded(gone) == "没有文章 '{0}'；see: x"
    assert told_of_error("there is no folder /a/{b}; check the path") == (
        "没有文件夹 /a/{b}；请检查路径"
    )


@pytest.mark.usefixtures("in_chinese")
@pytest.mark.parametrize("message", ["", "eaten by the dog", "two\nlines", "is damaged " * 200])
def test_what_is_of_another_wording_stays_as_it_is(message: str) -> None:
    assert told_of_error(message) == message


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("the question has no words", "The question has no words"),
        ("milvus_uri is set", "milvus_uri is set"),
        ("corpus.sqlite is damaged", "corpus.sqlite is damaged"),
        ("一个问题", "一个问题"),
        ("", ""),
    ],
)
def test_a_message_by_itself_begins_as_a_sentence(message: str, said: str) -> None:
    assert by_itself(message) == said
