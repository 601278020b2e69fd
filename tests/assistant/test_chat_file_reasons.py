"""Why a file was not read, in Chinese: all that the readers say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import embeddings
from assistant.chat.library.file_reasons import told_of_file
from assistant.chat.texts import language

PACKAGE = Path(embeddings.__file__).parent
FILES = [*sorted((PACKAGE / "readers").glob("*.py")), PACKAGE / "folders.py"]
INSIDE = ("cannot read", "there is no folder", "is not a folder", "two of the folders")
"""What is said of a whole folder: to who runs the command, not in the chat."""


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    token = language._chosen.set("zh-CN")
    yield
    language._chosen.reset(token)


def raised(tree: ast.AST) -> Iterator[str]:
    """The messages of the `ReadError`s that a module raises, with something in each place."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in ("ReadError", "UnreadError") or not node.args:
            continue
        said = node.args[0]
        if isinstance(said, ast.Constant):
            yield str(said.value)
        elif isinstance(said, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "7" for part in said.values
            )


def said_by_the_readers() -> list[str]:
    said = [each for path in FILES for each in raised(ast.parse(path.read_text("utf-8")))]
    # A file's name before it is taken off; so is what is another message, as it is.
    said = [each.removeprefix("7: ") for each in said]
    return sorted(
        {each for each in said if each != "7" and not any(words in each for words in INSIDE)}
    )


@pytest.mark.parametrize("reason", said_by_the_readers())
def test_every_reason_of_a_reader_is_known(reason: str) -> None:
    assert re.search("[\u4e00-\u9fff]", told_of_file(reason)), reason


def test_values_stay_and_several_reasons_follow_each_other() -> None:
    first = "the PDF is damaged (no xref); text may be missing or wrong"
    other = "pages 2, 5 hold images and no text; scans are not read"
    told = told_of_file(f"{other}; {first}")
    assert told == (
        "第 2, 5 页是图片，没有文字；扫描件不会被读取；PDF 已损坏（no xref）；文字可能缺失或有误"
    )


def test_what_is_of_another_wording_stays_as_it_is() -> None:
    assert told_of_file("eaten by the dog; sorry") == "eaten by the dog; sorry"


def test_in_english_it_is_what_the_reader_said() -> None:
    language._chosen.set("en-US")
    for reason in said_by_the_readers():
        assert told_of_file(reason) == reason
