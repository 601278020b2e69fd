"""The language of the interface, and the catalogs of its texts."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from assistant.chat.texts import language
from assistant.wording import say

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")
SAME = {"Markdown", "JSON"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def in_language(tag: str, function: Any, *given: object) -> Any:
    """What `function` does where the browser asks for `tag`."""
    chosen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        chosen.append((function(*given), scope))

    scope = {"type": "http", "path": "/", "headers": [(b"accept-language", tag.encode())]}
    asyncio.run(language.InLanguage(app)(scope, None, None))  # type: ignore[arg-type]
    return chosen[0][0]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en-US"),
        ("*", "en-US"),
        ("zh-CN", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-Hans-SG", "zh-CN"),
        ("zh-TW,en;q=0.5", "zh-CN"),
        ("ZH-hant", "zh-CN"),
        ("en-GB,zh-CN;q=0.9", "en-US"),
        ("zh-CN;q=0.3, en;q=0.9", "en-US"),
        ("de-DE,de;q=0.9,zh;q=0.5,en;q=0.4", "zh-CN"),
        ("de, fr", "en-US"),
        ("zh;q=0, de", "en-US"),
        ("zh;q=x, en", "en-US"),
        (",;q=,;;,zh", "zh-CN"),
    ],
)
def test_the_browsers_preferences_decide(header: str, expected: str) -> None:
    assert language.preferred(header) == expected


def test_the_choice_is_that_of_one_request() -> None:
    assert in_language("zh-CN", language.gettext, "Sources") == "来源"
    assert in_language("fr", language.gettext, "Sources") == "Sources"
    assert language.gettext("Sources") == "Sources"


def test_chainlit_is_asked_in_the_language_that_is_chosen() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["query_string"])

    for path in ("/project/settings", "/project/translations", "/project/threads"):
        scope = {
            "type": "http",
            "path": path,
            "query_string": b"language=fr-FR&chat_profile=a%26b",
            "headers": [(b"accept-language", b"fr, zh;q=0.5")],
        }
        copy_context().run(asyncio.run, language.InLanguage(app)(scope, None, None))  # type: ignore[arg-type]
    assert seen[:2] == [b"language=zh-CN&chat_profile=a%26b"] * 2
    assert seen[2] == b"language=fr-FR&chat_profile=a%26b"


def test_what_the_assistant_says_is_translated_and_what_articles_say_is_not() -> None:
    note = say("This is as of {date}, the date of “{title}”.", date="2021-05-04", title="Sources")
    assert language.told(note) == "This is as of 2021-05-04, the date of “Sources”."
    assert in_language("zh", language.told, note) == "此信息截至 2021-05-04，即《Sources》的日期。"
    assert in_language("zh", language.told, "Sources") == "Sources"


def test_the_page_is_in_the_language_and_brings_its_texts() -> None:
    page = '<html lang="en"><head></head><body></body></html>'
    chinese = in_language("zh", language.in_language, page)
    assert chinese.startswith('<html lang="zh-CN"><head>')
    found = re.search(r'<script type="application/json" id="footnote-texts">(.*)</script>', chinese)
    assert found
    texts = json.loads(found[1])
    assert texts["Copy with sources"] == "复制（含来源）"
    assert "Title" not in texts, "a text of the library"
    english = language.in_language(page)
    assert '<html lang="en-US">' in english
    assert '">{}</script>' in english


# The catalogs


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The texts of the code, as `make texts` finds them."""
    keywords = re.findall(r"-k (\S+)", (ROOT / "Makefile").read_text("utf-8"))
    assert "say_count:1,2" in keywords
    found = tmp_path_factory.mktemp("texts") / "footnote.pot"
    options = [part for keyword in keywords for part in ("-k", keyword)]
    command = [sys.executable, "-W", "ignore", "-m", "babel.messages.frontend", "-q", "extract"]
    command += ["-F", "pyproject.toml", *options, "-o", str(found), "."]
    subprocess.run(command, cwd=ROOT, check=True)
    with found.open("rb") as file:
        return read_po(file)


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def catalog(tag: str) -> Catalog:
    name = language.LANGUAGES[tag]
    assert name
    with (language.CATALOGS / name / "LC_MESSAGES" / "footnote.po").open("rb") as file:
        return read_po(file, locale=name, abort_invalid=True)


TRANSLATED = [tag for tag, name in language.LANGUAGES.items() if name]


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_text_of_the_code_is_translated_and_none_is_left_over(
    code: Catalog, tag: str
) -> None:
    """`make texts` brings the catalog up to date; the translations are written by hand."""
    wanted = {message.id for message in messages(code)}
    assert len(wanted) > 200, "the extraction looks in the wrong place"
    there = {message.id for message in messages(catalog(tag)) if not message.fuzzy}
    assert there - wanted == set()
    assert wanted - there == set()
    empty = [m.id for m in messages(catalog(tag)) if not all(_strings(m))]
    assert empty == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_the_places_for_values_agree(tag: str) -> None:
    for message in messages(catalog(tag)):
        english = _key(message, -1)
        for string in _strings(message):
            assert Counter(PLACE.findall(string)) == Counter(PLACE.findall(english)), english


def test_the_chinese_is_chinese() -> None:
    for message in messages(catalog("zh-CN")):
        for string in _strings(message):
            key = _key(message, 0)
            if re.search(r"[A-Za-z]", PLACE.sub("", key)) and key not in SAME:
                assert CHINESE.search(string), key
            words = PLACE.sub("", string)
            # Half-width punctuation beside a Chinese character is a slip.
            assert not re.search(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]", words), (
                string
            )


def _strings(message: Message) -> tuple[str, ...]:
    strings = message.string
    found = strings if isinstance(strings, (tuple, list)) else (strings,)
    return tuple(string or "" for string in found)


def _key(message: Message, place: int) -> str:
    """The English text: of several, that for one or that for more."""
    return message.id if isinstance(message.id, str) else message.id[place]
