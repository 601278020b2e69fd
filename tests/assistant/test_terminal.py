from __future__ import annotations

import json
import sys
import time
import unicodedata

import pytest
from rich.console import Console

from assistant.answers import Answer, Citation
from assistant.command import terminal
from assistant.showing.explanation import Explanation
from embeddings.indexing import FileNote, IndexReport, Progress
from embeddings.records import Article

ATTACKS = {
    "colour": ("\x1b[31mred", r"\x1b[31mred"),
    "title": ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
    "one-byte escape": ("\x9b2J", r"\x9b2J"),
    "bidi": ("cba\u202etxt.exe", r"cba\u202etxt.exe"),
    "isolate": ("\u2066a\u2069", r"\u2066a\u2069"),
    "zero width": ("pay\u200bpal", r"pay\u200bpal"),
    "tag characters": ("a\U000e0041", r"a\U000e0041"),
    "backspace": ("no\b\byes", r"no\x08\x08yes"),
    "lone surrogate": ("a\udc80", r"a\udc80"),
    "line separator": ("a\u2028b", r"a\u2028b"),
    "line breaks": ("a\r\nb\tc", "a  b c"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_steers_a_terminal_is_spelled_out(attack: str) -> None:
    text, shown = ATTACKS[attack]

    assert terminal.safe(text) == shown


def test_ordinary_text_stays_as_it_is() -> None:
    text = "Chen Qunwei said “37 ℃”, 2.565 billion — 宁德市, Ñandú 🙂 [1]"

    assert terminal.safe(text) == text


def test_every_character_there_is_becomes_printable() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = terminal.safe(everything)

    assert not terminal.UNSAFE & {unicodedata.category(character) for character in shown}
    assert shown.splitlines() == [shown]


def test_indexing_that_takes_long_is_told_in_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "LINE_SECONDS", 0.05)
    with terminal.progress() as show:
        show(Progress("indexing", 0, 3, "a.txt"))
        time.sleep(0.2)
        assert capsys.readouterr().err == "", "an unchanged folder is looked through"
        show(Progress("indexing", 0, 3, "b.txt", in_hand=1))
        time.sleep(0.2)
        assert capsys.readouterr().err == "indexing 3 files\n"
        show(Progress("indexing", 3, 3))
    assert capsys.readouterr().err == "indexed in 0 s\n"

    monkeypatch.setattr(terminal, "LINE_SECONDS", 30)
    with terminal.progress() as show:
        show(Progress("indexing", 0, 3, "b.txt", in_hand=1))
    assert capsys.readouterr().err == "", "it was done soon"


def test_answer_shows_text_then_numbered_sources(capsys: pytest.CaptureFixture[str]) -> None:
    dated = Citation(
        1, "a.txt", "The \x1b[31mtitle", "2024-01-01", None, 0, 9, "One\nline. ", "0", 3
    )
    undated = Citation(2, "b.txt", "Other", None, None, 0, 400, "word " * 80, "0")
    terminal.say_answer(
        Answer("q", "q", "So.[1] Or so.[2]", None, 0.9, (dated, undated), notes=("A \x1b part.",))
    )

    lines = capsys.readouterr().out.splitlines()

    assert lines.pop(1) == r"Note: A \x1b part."
    assert lines[:5] == [
        "So.[1] Or so.[2]",
        "",
        "Sources",
        r"[1] The \x1b[31mtitle · 2024-01-01 · a.txt, page 3",
        "    “One line.”",
    ]
    assert lines[5] == "[2] Other · undated · b.txt"
    assert lines[6].endswith("word …”")
    assert len(lines[6]) < 180


def test_the_items_of_a_list_have_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    cited = [
        Citation(number, "a.txt", "Title", None, None, 0, 9, quote, "0")
        for number, quote in enumerate(("You need:", "- a key", "Then go.", "It rains."), start=1)
    ]
    text = " ".join(f"{one.quote}[{one.number}]" for one in cited)
    terminal.say_answer(Answer("q", "q", text, None, 0.9, tuple(cited)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["You need:[1]", "- a key[2]", "Then go.[3] It rains.[4]", ""]


def test_the_short_answer_is_bold_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(force_terminal=True, color_system="standard", width=80, highlight=False)
    monkeypatch.setattr(terminal, "_stdout", lambda: console)
    cited = Citation(1, "a.txt", "Title", None, None, 0, 13, "It\ncost \x1b 40.", "0", None, 8, 12)
    terminal.say_answer(Answer("q", "q", "It cost \x1b 40.[1]", None, 0.9, (cited,)))

    first = capsys.readouterr().out.splitlines()[0]
    assert first.rstrip() == "It cost \\x1b \x1b[1m40\x1b[0m.[1]"


def test_an_explanation_comes_last_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    told = Explanation("q", "q \x1b", ("Only \u202e this.",), (), 0.9, 0.3, "Answered: so.")
    answer = Answer("q", "q", "So.", "not_stated", 0.9, explanation=told)
    terminal.say_answer(answer)
    assert capsys.readouterr().out.splitlines() == [
        "So.", "", "Why", "Answered: so.", r"Understood as: q \x1b", r"Only \u202e this.",
    ]  # fmt: skip
    terminal.say_markdown(answer)
    assert capsys.readouterr().out.splitlines() == [
        "**So.**", "", "- Answered: so.", r"- Understood as: q \x1b", r"- Only \u202e this.",
    ]  # fmt: skip


def test_a_long_line_stays_one_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_answer(Answer("q", "q", "word " * 100 + "[1]", None, 0.9))

    assert capsys.readouterr().out == "word " * 100 + "[1]\n"


def test_report_names_each_file_about_which_there_is_something_to_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = IndexReport(
        added=("a.txt",),
        unchanged=("b.txt", "c.txt"),
        moved=(("d.txt", "e.txt"),),
        incomplete=(FileNote("a.txt", "page 2 is an image"),),
        refused=(FileNote("photo\x1b.txt", "not text"),),
        articles=3,
        passages=12,
        seconds=0.25,
        interrupted=True,
    )
    terminal.say_report(report)

    captured = capsys.readouterr()
    lines = captured.out.splitlines()

    assert lines[:5] == [
        "added\t1", "moved\t1", "unchanged\t2", "may be incomplete\t1", "refused\t1",
    ]  # fmt: skip
    assert "3 articles and 12 passages are indexed (0.2 s)." in lines
    assert "d.txt\te.txt" in lines
    assert "a.txt\tpage 2 is an image" in lines
    assert lines[-2:] == ["refused:", "photo\\x1b.txt\tnot text"]
    assert "go on from here" in captured.err
    as_json = terminal.report_json(report)
    assert as_json["refused"] == [{"path": "photo\x1b.txt", "reason": "not text"}]
    assert as_json["moved"] == [{"from": "d.txt", "to": "e.txt"}]
    assert as_json["interrupted"] is True


def test_a_report_of_nothing_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_report(IndexReport(refused=(FileNote("photo.txt", "not text"),)))
    assert "put documents into the folder" in capsys.readouterr().err

    terminal.say_report(IndexReport(added=("a.txt",), articles=1, passages=1))
    assert capsys.readouterr().err == ""


def test_articles_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    articles = (
        Article("a.txt", "Text.", "Title", "2024-01-01"),
        Article("b.txt", "Other text.", incomplete="torn", also_at=("c.txt",)),
    )
    terminal.say_articles(articles)

    assert capsys.readouterr().out.splitlines() == [
        "a.txt\tTitle\t2024-01-01\t5\t",
        "b.txt\tOther text.\tundated\t11\tmay be incomplete: torn; also at c.txt",
    ]
    assert [a["id"] for a in terminal.articles_json(articles)["articles"]] == ["a.txt", "b.txt"]


def test_json_is_read_back_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"quote": "“37 ℃” \x1b[0m\u2028 宁德"}
    terminal.say_json(value)

    assert json.loads(capsys.readouterr().out) == value
