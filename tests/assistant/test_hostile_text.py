"""No text makes the assistant slow: every regular expression, and whole articles of a megabyte."""

from __future__ import annotations

import importlib.util
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant
from assistant import Assistant
from assistant.understanding.question import LONGEST_QUESTION
from embeddings.splitting import OVERLAP_CHARACTERS, PASSAGE_CHARACTERS
from tests.fakes import HashingEncoder

MEGABYTE = 1_000_000
NEEDS_CHAINLIT = re.compile(r"^(?:import|from) chainlit", re.MULTILINE)
"""Of a module that only the running app imports; none of them keeps a regular expression."""
UNITS = (
    "a", " ", "\n", "(", "1", "1,", "A b ", "a-", "[", "<", "\t \n", "é", "/", "1.", "'", '"', "A.",
    "http://a.", "and ", "*_", "\\", "x\n\n", "(1) ", "A ", "Aa", "the A of ", "2019-01-", "$",
)  # fmt: skip
SECONDS = 1.0
LONGEST = max(LONGEST_QUESTION, PASSAGE_CHARACTERS + 2 * OVERLAP_CHARACTERS)
"""Of what regular expressions see: a question, or a passage grown to the ends of its sentences."""


def patterns() -> dict[str, re.Pattern[str]]:
    """Every regular expression that a module of `assistant` keeps, by where it is."""
    found = {}
    for module in pkgutil.walk_packages(assistant.__path__, "assistant."):
        spec = importlib.util.find_spec(module.name)
        assert spec is not None
        assert spec.origin is not None
        source = Path(spec.origin).read_text("utf-8")
        if not NEEDS_CHAINLIT.search(source) and not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                for number, pattern in enumerate(inside(value)):
                    found[f"{module.name}.{name}.{number}"] = pattern
    return found


def inside(value: object) -> Iterator[re.Pattern[str]]:
    """The regular expressions in a value, also in containers."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, dict):
        for each in (*value.keys(), *value.values()):
            yield from inside(each)
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from inside(each)


def test_no_pattern_is_slow_on_the_longest_text_it_sees() -> None:
    """However it is used: each way of using it is tried.

    What takes no time on an eighth of the text is not tried on the whole of it: it would have to
    grow with the third power of the length to be slow there.
    """
    found = patterns()
    assert len(found) > 100, "the search for patterns looks in the wrong place"
    slow = [
        f"{where} on {unit!r}"
        for where, pattern in found.items()
        for unit in UNITS
        for end in ("", "!")
        if seconds(pattern, (unit * LONGEST)[: LONGEST // 8] + end) > SECONDS / 8**3
        and seconds(pattern, (unit * LONGEST)[:LONGEST] + end) > SECONDS
    ]
    assert slow == []


def test_a_slow_pattern_would_be_noticed() -> None:
    text = " " * LONGEST
    assert seconds(re.compile(r"\s*,?\s*x"), text[: LONGEST // 8]) > SECONDS / 8**3
    assert seconds(re.compile(r"\s*,?\s*x"), text) > SECONDS


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """Of the processor, to look for `pattern` all through `text`."""
    began = time.process_time()
    pattern.fullmatch(text)
    sum(1 for _ in pattern.finditer(text))
    return time.process_time() - began


ARTICLES = {
    "letters": "a" * MEGABYTE,
    "capitals": "Aa" * (MEGABYTE // 2),
    "names": "Alpha Beta " * (MEGABYTE // 11),
    "open brackets": "(" * MEGABYTE,
    "spaces": "a" + " " * MEGABYTE + "a",
    "numbers": "1," * (MEGABYTE // 2),
    "list marks": "- " * (MEGABYTE // 2),
}
QUESTIONS = (
    "What does the Alpha Beta (AB) say about 1,1,1?", "Summarise the article about Alpha Beta",
    "Which articles mention Alpha?",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ARTICLES)
def test_no_article_makes_an_answer_slow(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "hostile.txt").write_text(f"A title\n\n{ARTICLES[name]}\n", "utf-8")
    (folder / "good.txt").write_text("Alpha Beta (AB) built 1,111 boats.\n", "utf-8")
    began = time.process_time()
    with Assistant.open(folder, data_dir=tmp_path / "data", encoder=HashingEncoder()) as opened:
        assert time.process_time() - began < 60
        for question in QUESTIONS:
            began = time.process_time()
            opened.ask(question)
            assert time.process_time() - began < 10
