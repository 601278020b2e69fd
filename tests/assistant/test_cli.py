"""The command as a user meets it: real articles, a real index, real exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from assistant.command import cli
from assistant.proof import schema

BRIDGE = "The bridge over the Wend opened on 3 May 2021. It cost 12.5 million euros. "
LIBRARY = "The town library lends 48,000 books. Its director is Mara Lindqvist. "


@dataclass
class Run:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def error(self) -> str:
        """The one line on stderr that the run must have ended in, with nothing on stdout."""
        assert self.out == ""
        assert "Traceback" not in self.err
        *notes, last = self.err.splitlines()
        assert last.startswith("error: ")
        assert not any(line.startswith("error: ") for line in notes)
        return last


Runner = Callable[..., Run]


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "bridge.txt").write_text(BRIDGE, "utf-8")
    (folder / "library.txt").write_text(LIBRARY, "utf-8")
    return folder


@pytest.fixture
def run(
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Runner:
    """Runs a command line in this process, with a data folder of its own."""
    monkeypatch.setenv("FOOTNOTE_DATA_DIR", str(data_dir))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Run(ended.value.code, captured.out, captured.err)

    return run


# What it does


def test_ask_prints_the_answer_then_its_sources(run: Runner, articles: Path) -> None:
    done = run("ask", "When did the bridge over the Wend open?", "--articles", articles)

    assert done.code == 0
    first, *rest = done.out.splitlines()
    assert "3 May 2021" in first
    assert first.endswith("[1]")
    assert rest[:2] == ["", "Sources"]
    assert rest[2].startswith("[1] ")
    assert rest[2].endswith(" · bridge.txt")
    assert "The bridge over the Wend opened on 3 May 2021." in rest[3]
    assert done.err == ""


def test_ask_reads_the_question_from_stdin(run: Runner, articles: Path) -> None:
    question = "Who is the director of the town library?"
    done = run("ask", "-", "-a", articles, "--json", stdin=question.encode() + b"\n")

    answer = done.json()
    assert answer["schema"] == "footnote/answer/1"
    assert answer["question"] == question
    assert answer["answered"]
    assert "Mara Lindqvist" in answer["text"]


def test_a_refusal_is_an_answer(run: Runner, articles: Path) -> None:
    done = run("ask", "What is the capital of Mongolia?", "-a", articles, "--json")

    assert done.code == 0
    assert done.json()["answered"] is False
    assert done.json()["citations"] == []


def test_two_runs_print_the_same_bytes(run: Runner, articles: Path) -> None:
    line = ("ask", "How much did the bridge cost?", "-a", articles, "--json")

    assert run(*line).out == run(*line).out


def test_index_reports_and_is_remembered(run: Runner, articles: Path) -> None:
    first = run("index", "articles", "--json")
    assert first.code == 0
    assert first.json()["added"] == ["bridge.txt", "library.txt"]

    again = run("index", "articles")
    assert "unchanged\t2" in again.out
    assert "2 articles" in again.out

    listed = run("list", "--json")
    assert [article["id"] for article in listed.json()["articles"]] == ["bridge.txt", "library.txt"]
    assert str(articles) in listed.err
    assert "as last indexed" in listed.err


def test_a_named_folder_goes_before_the_remembered_one(
    run: Runner, articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mill.txt").write_text("The mill was built in 1790.", "utf-8")
    run("index", articles)

    named = run("list", "--articles", other)
    monkeypatch.setenv("FOOTNOTE_ARTICLES", str(other))
    from_environment = run("list")

    assert named.out.startswith("mill.txt\t")
    assert from_environment.out == named.out
    assert named.err == from_environment.err == ""


def test_index_names_each_skipped_file_and_why(run: Runner, articles: Path) -> None:
    (articles / "photo.txt").write_bytes(bytes(range(256)) * 8)
    (articles / "table.xlsx").write_bytes(b"PK\3\4")
    done = run("index", articles)

    assert done.code == 0
    assert "added\t2" in done.out
    skipped = dict(line.split("\t") for line in done.out.splitlines()[-2:])
    assert skipped.keys() == {"photo.txt", "table.xlsx"}
    assert all(skipped.values())


def test_removed_article_answers_nothing_and_stays_out(run: Runner, articles: Path) -> None:
    question = ("ask", "How much did the bridge over the Wend cost?", "--json")
    run("index", articles)
    assert run(*question).json()["answered"]

    removed = run("remove", "bridge.txt")
    assert removed.code == 0
    assert "bridge.txt" in removed.out
    assert not run(*question).json()["answered"]
    assert "bridge.txt" not in run("list").out
    assert (articles / "bridge.txt").exists()


def test_verify_proves_a_saved_answer_and_catches_a_change(
    run: Runner, articles: Path, tmp_path: Path
) -> None:
    saved = run("ask", "How much did the bridge cost?", "-a", articles, "--json").out
    file = tmp_path / "answer.json"
    file.write_text(saved, "utf-8")

    holds = run("verify", file, "-a", articles)
    assert holds.code == 0
    assert "ok" in holds.out
    assert run("verify", "-", "-a", articles, stdin=saved.encode()).code == 0
    file.write_text(saved, "utf-16")  # as `>` writes it in some shells
    assert run("verify", file, "-a", articles).code == 0

    file.write_text(saved.replace("12.5 million", "13.5 million"), "utf-8")
    forged = run("verify", file, "-a", articles)
    assert forged.code == 1
    assert "FAILED" in forged.out

    file.write_text(saved, "utf-8")
    (articles / "bridge.txt").write_text(BRIDGE.replace("12.5", "13.5"), "utf-8")
    assert run("verify", file, "-a", articles).code == 1


def test_verify_tells_what_else_has_changed_and_fails_nothing_for_it(
    run: Runner, articles: Path, tmp_path: Path
) -> None:
    saved = run("ask", "How much did the bridge cost?", "-a", articles, "--json").json()
    saved["citations"][0]["title"] = "Another \x1b title"
    (tmp_path / "answer.json").write_text(json.dumps(saved), "utf-8")

    done = run("verify", "answer.json", "-a", articles)
    assert done.code == 0
    assert "note    [1] its title was 'Another \\x1b title' and is " in done.out
    assert done.out.endswith("\nIt holds.\n")

    saved["text"] = saved["text"].replace("12.5", "13.5")
    (tmp_path / "answer.json").write_text(json.dumps(saved), "utf-8")
    forged = run("verify", "answer.json", "-a", articles)
    assert forged.code == 1
    assert "FAILED  [text] " in forged.out
    assert forged.out.endswith("\n1 of 2 checks failed.\n")


def test_the_schema_is_printed_as_it_ships(run: Runner, articles: Path) -> None:
    done = run("schema")

    assert done.code == 0
    assert done.err == ""
    shipped = Path(schema.__file__).with_name("answer_schema.json")
    assert done.json() == json.loads(shipped.read_text("utf-8"))


def test_ask_prints_markdown_with_footnotes(run: Runner, articles: Path) -> None:
    (articles / "mill.txt").write_text(
        "The *mill* cost 7 \x1b[31m crowns [sic]. It is old.", "utf-8"
    )
    done = run("ask", "How much did the mill cost?", "-a", articles, "--markdown")

    assert done.code == 0
    body, *_, notes = done.out.split("\n\n")
    assert body.replace("**", "").startswith("The \\*mill\\* cost 7 ")
    assert body.endswith("[^1]")
    assert notes.startswith("[^1]: “The \\*mill\\* cost 7 ")
    assert "undated, mill\\.txt, characters 0–" in notes
    assert "\x1b" not in done.out

    refused = run("ask", "What is the capital of Mongolia?", "-a", articles, "--markdown")
    assert re.fullmatch(r"\*\*[^*]+\*\*\n", refused.out)

    both = run("ask", "How much?", "-a", articles, "--markdown", "--json")
    assert both.code == 2
    assert "--json and --markdown" in both.error()


def test_ask_goes_on_with_details(run: Runner) -> None:
    question = "What did Chen Zhichang stress?"
    short = run("ask", question, "--json").json()
    detailed = run("ask", question, "--json", "--detailed").json()

    assert len(detailed["citations"]) > len(short["citations"])
    assert detailed["citations"][: len(short["citations"])] == short["citations"]
    assert detailed["text"].startswith(short["text"])


def test_ask_explains_when_it_is_asked_to(run: Runner, articles: Path) -> None:
    line = ("ask", "How much did the bridge cost?", "-a", articles)
    plain, explained = run(*line), run(*line, "--explain")

    assert explained.out.startswith(plain.out)
    why = explained.out.removeprefix(plain.out).splitlines()
    assert why[:2] == ["", "Why"]
    assert why[2].startswith("Answered: the best sentence reaches a confidence of 0.")
    assert any(line.startswith("    for: ") for line in why)
    assert any("BM25" in line and "cosine" in line for line in why)

    as_json = run(*line, "--explain", "--json").json()
    assert as_json["explanation"]["decision"] == why[2]
    assert "explanation" not in run(*line, "--json").json()
    as_markdown = run(*line, "--explain", "--markdown").out
    assert "\n\n- Answered: the best sentence" in as_markdown
    assert "\n    - for: " in as_markdown

    refused = run("ask", "What is the capital of Mongolia?", "-a", articles, "--explain")
    assert "\nWhy\nRefused, because " in refused.out
    assert "against: " in refused.out


def test_an_answer_holds_after_its_article_has_moved(
    run: Runner, articles: Path, tmp_path: Path
) -> None:
    file = tmp_path / "answer.json"
    file.write_text(run("ask", "How much did the bridge cost?", "-a", articles, "--json").out)
    (articles / "archive").mkdir()
    (articles / "bridge.txt").rename(articles / "archive" / "2021.txt")

    moved = run("verify", file, "-a", articles)
    assert moved.code == 0
    assert run("list", "-a", articles).out.startswith("archive/2021.txt\t")
    again = json.loads(run("ask", "How much did the bridge cost?", "-a", articles, "--json").out)
    assert again["citations"][0]["article_id"] == "archive/2021.txt"


def test_an_answer_holds_after_another_text_has_its_articles_name(
    run: Runner, articles: Path, tmp_path: Path
) -> None:
    file = tmp_path / "answer.json"
    file.write_text(run("ask", "How much did the bridge cost?", "-a", articles, "--json").out)
    (articles / "bridge.txt").rename(articles / "old-bridge.txt")
    (articles / "bridge.txt").write_text("The bridge over the Wend is closed.", "utf-8")

    assert run("index", articles, "--json").json()["moved"] == [
        {"from": "bridge.txt", "to": "old-bridge.txt"}
    ]
    held = run("verify", file)
    assert (held.code, "stands in old-bridge.txt" in held.out) == (0, True)
    (articles / "old-bridge.txt").unlink()
    failed = run("verify", file)
    assert (failed.code, "has changed since" in failed.out) == (1, True)
    assert "the files are gone: old-bridge.txt" in failed.err


def test_doctor_finds_a_sound_installation_sound(run: Runner, articles: Path) -> None:
    done = run("doctor", "-a", articles)

    assert done.code == 0
    assert done.out.splitlines()
    assert all(line.startswith("ok") for line in done.out.splitlines())


def test_doctor_repairs_and_says_so(run: Runner, articles: Path, data_dir: Path) -> None:
    run("index", articles)
    path = next(data_dir.glob("corpora/*/corpus.sqlite"))
    content = path.read_bytes().replace(b"Mara Lindqvist", b"Mara Lindqvast")
    path.write_bytes(content)

    done = run("doctor", "--json")
    assert done.code == 0
    repairs = [check["message"] for check in done.json()["checks"] if check["repaired"]]
    assert any("corpus.damaged-1.sqlite" in message for message in repairs)
    assert any("library.txt" in message for message in repairs)
    assert "Lindqvist" in run("ask", "Who is the director of the town library?").out

    again = run("doctor")
    assert again.code == 0
    assert "repaired" not in again.out
    assert "kept aside" in again.out


def test_a_backup_is_put_back_as_it_was(run: Runner, articles: Path, tmp_path: Path) -> None:
    run("index", articles)
    listed = run("list").out
    backup = tmp_path / "backup.sqlite"
    assert run("export", backup).out == f"Wrote 2 articles to {backup}.\n"
    assert run("export", backup).error().endswith("is there already; name another file")

    run("remove", "library.txt")
    restored = run("import", backup, "-a", articles)
    assert restored.code == 0
    assert "library.txt" not in run("list").out, "what was removed since stays out"

    elsewhere = ("-a", articles, "--data-dir", tmp_path / "new")
    assert run("import", backup, *elsewhere).code == 0
    # Nothing has to be read or encoded again: there is no encoder in that folder to do it with.
    assert list((tmp_path / "new" / "corpora").glob("*/dense-*"))
    assert run("list", "-a", articles).out == listed.replace(listed.splitlines()[1] + "\n", "")

    content = bytearray(backup.read_bytes())
    content[content.index(b"Mara Lindqvist")] ^= 1
    backup.write_bytes(bytes(content))
    damaged = run("import", backup, "-a", articles)
    other = run("import", articles / "bridge.txt", "-a", articles).error()
    assert other.endswith(
        "bridge.txt is damaged, or no backup: file is not a database; use another"
    )
    assert damaged.code == 3
    assert "is damaged, or no backup" in damaged.error()
    assert "bridge.txt" in run("list").out, "what was there still is"


def test_a_backup_is_asked_where_its_files_are_not(
    run: Runner, articles: Path, tmp_path: Path
) -> None:
    file = tmp_path / "answer.json"
    file.write_text(run("ask", "How much did the bridge cost?", "-a", articles, "--json").out)
    assert run("export", "backup.sqlite", "-a", articles).code == 0
    listed = run("list", "-a", articles).out
    assert run("import", "backup.sqlite", "-a", "elsewhere").code == 0

    for made in (False, True):
        if made:
            (tmp_path / "elsewhere").mkdir()
        there = run("list")
        assert (there.code, there.out) == (0, listed)
        assert "2 of the backup's files are not in" in there.err
        assert "12.5 million" in run("ask", "How much did the bridge cost?").out
        assert run("verify", file).code == 0
        assert run("doctor").code == 0
    assert run("index", "elsewhere", "--json").json()["removed"] == ["bridge.txt", "library.txt"]
    assert run("list").out == ""


def limited(most: int, data_dir: Path, *line: str | Path) -> Run:
    """A command in a process that writes no file of more bytes than this, as on a full disk."""
    ended = subprocess.run(
        [sys.executable, "-m", "assistant", *map(str, line)],
        capture_output=True,
        env=os.environ | {"FOOTNOTE_DATA_DIR": str(data_dir)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        timeout=120,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return Run(ended.returncode, ended.stdout, ended.stderr)


def test_a_full_disk_keeps_nobody_from_what_is_stored(
    run: Runner, articles: Path, tmp_path: Path, data_dir: Path
) -> None:
    file, backup = tmp_path / "answer.json", tmp_path / "backup.sqlite"
    file.write_text(run("ask", "How much did the bridge cost?", "-a", articles, "--json").out)
    listed = run("list", "-a", articles).out
    (articles / "long.txt").write_text("It rained on the fjord, again and again. " * 100, "utf-8")
    full = next(data_dir.glob("corpora/*/corpus.sqlite")).stat().st_size

    refused = limited(full, data_dir, "index", articles)
    assert (refused.code, refused.out) == (3, "")
    for line in (
        ("list",),
        ("ask", "How much did the bridge cost?"),
        ("verify", file),
        ("export", backup),
    ):
        done = limited(full, data_dir, *line, "-a", articles)
        assert done.code == 0, done.err
        assert "asking what was indexed before; it could not be renewed: cannot use" in done.err
        assert (done.out == listed) is (line == ("list",))
    checked = limited(full, data_dir, "doctor", "-a", articles, "--json").json()["checks"]
    assert [check["name"] for check in checked if not check["ok"]] == ["folders"]
    assert run("import", backup, "-a", tmp_path / "elsewhere").code == 0
    assert "long.txt" in run("list", "-a", articles).out


DATED = {
    "old.txt": "date 2021-05-01 The bridge\n\nThe bridge over the Wend is led by Otto Brandt.",
    "new.txt": "date 2023-05-01 The bridge\n\nThe bridge over the Wend is led by Mara Lindqvist.",
}
LEADS = "Who leads the bridge over the Wend?"


@pytest.fixture
def dated(articles: Path) -> Path:
    for name, text in DATED.items():
        (articles / name).write_text(text, "utf-8")
    return articles


@pytest.mark.parametrize(
    ("options", "expected", "note"),
    [
        (
            ("--since", "2022"),
            "new.txt",
            "dated 2022-01-01 or later: 1 of 4. 2 without a date were",
        ),
        (("--until", "2021-05"), "old.txt", "dated 2021-05-31 or earlier: 1 of 4."),
        (("--article", "old.txt"), "old.txt", "Asked only the article old.txt: 1 of 4."),
        (("--source", "articles/new.txt"), "new.txt", "from articles/new.txt: 1 of 4."),
        (("--source", "/HERE/articles/new.txt"), "new.txt", "from articles/new.txt: 1 of 4."),
        (("--source", "articles/news"), "new.txt", "from articles/news: 1 of 4."),
        (("--source", "/HERE/articles/news"), "new.txt", "from articles/news: 1 of 4."),
    ],
)
def test_only_the_articles_that_are_named_are_asked(
    run: Runner, dated: Path, options: tuple[str, ...], expected: str, note: str
) -> None:
    (dated / "news").mkdir()
    (dated / "news" / "copy.txt").write_text(DATED["new.txt"], "utf-8")
    options = tuple(option.replace("/HERE", str(dated.parent)) for option in options)
    done = run("ask", LEADS, "-a", dated, *options, "--json")

    assert done.code == 0
    answer = done.json()
    assert {hit["article_id"] for hit in answer["hits"]} == {expected}
    assert {citation["article_id"] for citation in answer["citations"]} == {expected}
    assert note in answer["notes"][0]
    assert f"Note: {answer['notes'][0]}" in run("ask", LEADS, "-a", dated, *options).out


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--since", "yesterday"), ("since is 'yesterday'", "write 2023, 2023-07 or 2023-07-14")),
        (("--until", "2023-02-30"), ("until is '2023-02-30'",)),
        (("--since", "2023", "--until", "2021"), ("2023-01-01", "2021-12-31", "exchange")),
        (("--article", "nwe.txt"), ("no article 'nwe.txt'", "did you mean new.txt")),
        (("--language", "fr"), ("no article is in language 'fr'", "states its language")),
        (("--source", "elsewhere"), ("no article comes from 'elsewhere'", "articles")),
        (("--source", "/elsewhere"), ("no article comes from '/elsewhere'", "articles")),
    ],
)
def test_a_filter_that_can_mean_nothing(
    run: Runner, dated: Path, options: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    done = run("ask", LEADS, "-a", dated, *options)

    assert done.code == 3
    assert all(part in done.error() for part in parts), done.error()


# What it refuses


def test_an_article_that_was_refused_is_told_from_one_that_is_not_there(
    run: Runner, articles: Path
) -> None:
    (articles / "bridg.pdf").write_bytes(b"\0\1")
    refused = run("ask", LEADS, "-a", articles, "--article", "bridg.pdf").error()
    absent = run("ask", LEADS, "-a", articles, "--article", "brig.pdf").error()

    assert refused.startswith("error: 'bridg.pdf' is no article: the PDF is damaged")
    assert "did you mean" not in refused
    assert "no article 'brig.pdf'; did you mean bridge.txt" in absent
    assert "bridg.pdf" not in absent, "it cannot be asked"


@pytest.mark.parametrize(
    "question", ["", "   ", "\n", "?!", "🎉", "\x00\x1b[31m\x07", "x" * 100_000]
)
def test_a_question_that_is_none(run: Runner, articles: Path, question: str) -> None:
    done = run("ask", "-", "-a", articles, stdin=question.encode())

    if done.code == 0:  # an honest refusal will do as well
        assert "\x1b" not in done.out
        assert "Sources" not in done.out
    else:
        assert done.code == 3
        assert len(done.error()) < 400


def test_control_characters_around_a_question_do_no_harm(run: Runner, articles: Path) -> None:
    question = "How much did\x1b[31m the bridge\x07 cost?\u202e"
    done = run("ask", question, "-a", articles)

    assert done.code in (0, 3)
    assert not {"\x1b", "\x07", "\u202e"} & set(done.out + done.err)


def test_a_question_that_is_not_text(run: Runner, articles: Path) -> None:
    assert "UTF-8" in run("ask", "caf\udce9?", "-a", articles).error()
    assert "UTF-8" in run("ask", "-", "-a", articles, stdin=b"caf\xe9?").error()


def test_an_empty_folder_is_refused_with_the_reason(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("ask", "What is it?", "-a", "empty", "--json")

    assert done.code == 0
    assert done.json()["refusal"] == "no_articles"


@pytest.mark.parametrize("command", [("ask", "Where?", "-a"), ("index",), ("list", "-a")])
def test_a_folder_that_is_not_there(run: Runner, command: tuple[str, ...]) -> None:
    done = run(*command, "no-such-folder")

    assert done.code == 3
    assert "no-such-folder" in done.error()


def test_a_failed_index_is_not_remembered_and_loses_nothing(run: Runner, articles: Path) -> None:
    run("index", articles)

    assert run("index", articles, "no-such-folder").code == 3
    assert [a["id"] for a in run("list", "--json").json()["articles"]] == [
        "bridge.txt",
        "library.txt",
    ]


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/footnote"])
def test_a_data_folder_that_cannot_be_written(
    run: Runner, articles: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("kept", "utf-8")
    done = run("ask", "Where is the bridge?", "-a", articles, "--data-dir", place)

    assert done.code == 3
    assert place in done.error()
    assert (tmp_path / "file").read_text("utf-8") == "kept"


def test_an_unknown_article_cannot_be_removed(run: Runner, articles: Path) -> None:
    done = run("remove", "brigde.txt", "-a", articles)

    assert done.code == 3
    assert "bridge.txt" in done.error()


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "holds no answer"),
        (b'{"schema": "footnote/answer/1", "confidence": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"schema": "footnote/answer/1"}', "is a required property"),
        (b'{"schema": "footnote/answer/1", "text": "\\ud800"}', "what JSON in UTF-8 cannot"),
        (b'{"schema": "footnote/answer/1", "confidence": NaN}', "what JSON in UTF-8 cannot"),
    ],
)
def test_a_file_that_is_no_answer(run: Runner, tmp_path: Path, saved: bytes, said: str) -> None:
    (tmp_path / "answer.json").write_bytes(saved)
    done = run("verify", "answer.json")

    assert done.code == 3
    assert said in done.error()


@pytest.mark.parametrize(
    "saved",
    [
        "{}",
        '{"schema": "other/1"}',
        '{"schema": "footnote/answer/1", "citations": 3}',
        '{"schema": "footnote/answer/1", "citations": [{"start": "a"}]}',
    ],
)
def test_an_object_that_is_no_answer(
    run: Runner, articles: Path, tmp_path: Path, saved: str
) -> None:
    (tmp_path / "answer.json").write_text(saved, "utf-8")
    done = run("verify", "answer.json", "-a", articles)

    assert done.code in (1, 3)
    assert "bug" not in done.err


def test_a_file_that_is_not_there(run: Runner) -> None:
    assert "absent.json cannot be read: No such file" in run("verify", "absent.json").error()


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (("ask",), "assistant ask"),
        (("aks", "Where?"), "assistant"),
        (("ask", "a", "b"), "assistant ask"),
        (("list", "--colour"), "assistant list"),
        (("index",), "assistant index"),
        (("ask", "Who?", "--json", "--markdown"), "assistant ask"),
        (("history", "show"), "assistant history show"),
        (("--colour", "list"), "assistant"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(
    run: Runner, line: tuple[str, ...], command: str
) -> None:
    done = run(*line)

    assert done.code == 2
    assert done.error().endswith(f"; see `{command} --help`")
    assert "?;" not in done.error()


@pytest.mark.parametrize(
    "line",
    [
        ("index", ""),
        ("list", "-a", ""),
        ("list", "--data-dir", ""),
        ("index", "articles", "--data-dir", " "),
        ("import", "backup.sqlite", "-a", ""),
        ("history", "list", "--data-dir", ""),
    ],
)
def test_an_empty_path_is_not_the_current_folder(
    run: Runner, articles: Path, tmp_path: Path, data_dir: Path, line: tuple[str, ...]
) -> None:
    assert "a path is empty" in run(*line).error()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["articles", "data"]
    assert [path.name for path in data_dir.iterdir()] == ["encoders"]


def test_history_alone_tells_what_it_can(run: Runner) -> None:
    done = run("history")

    assert (done.code, done.err) == (0, "")
    assert done.out == run("history", "--help").out
    assert "Usage: assistant history" in done.out.splitlines()[0]


def test_chat_is_not_opened_to_other_machines(run: Runner, articles: Path) -> None:
    done = run("chat", "--host", "0.0.0.0", "-a", articles)

    assert done.code == 3
    assert "0.0.0.0" in done.error()


def test_a_bad_setting_is_one_line(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_THREADS", "several")
    done = run("list")

    assert done.code == 3
    assert "FOOTNOTE_THREADS" in done.error()


def test_an_unexpected_error_is_one_line_too(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("the \x1b[31mdisk\nis on fire")

    monkeypatch.setattr("assistant.command.selection.remembered", broken)

    assert r"RuntimeError: the \x1b[31mdisk is on fire; this is a bug" in run("list").error()
    with pytest.raises(RuntimeError, match="on fire"):
        cli.main(["--debug", "list"])


# How it behaves as a process


def start(
    *arguments: str, stdout: int = subprocess.PIPE, **settings: Path
) -> subprocess.Popen[bytes]:
    variables = {f"FOOTNOTE_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "assistant", *arguments],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=os.environ | variables,
        # A shell's background jobs ignore Ctrl-C, and hand that down to the tests they run.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_until_idle(pid: int) -> None:
    """Wait until the process has used no processor time for a second: it waits for something."""
    spent, since = "", time.monotonic()
    deadline = since + 60
    while time.monotonic() < deadline and time.monotonic() - since < 1:
        now = " ".join(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])
        if now != spent:
            spent, since = now, time.monotonic()
        time.sleep(0.05)


def test_ctrl_c_ends_it_quietly() -> None:
    process = start("ask", "-")
    assert process.stdin
    wait_until_idle(process.pid)  # it now waits for the question
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)

    assert process.returncode == 130
    assert err.decode().strip() == "interrupted"


def test_ctrl_c_while_indexing_keeps_what_is_in_hand_and_goes_on_from_there(
    tmp_path: Path, data_dir: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(300):
        text = f"Report {number} says: it rained {number} litres."
        (folder / f"{number:03}.txt").write_text(text, "utf-8")
    process = start("index", str(folder), "--json", data_dir=data_dir)
    database = data_dir / "corpora"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not count_articles(database):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "finishing the article in hand" in err.decode()
    assert "Traceback" not in err.decode()
    report = json.loads(out)
    assert report["interrupted"] is True
    assert 0 < len(report["added"]) < 300
    assert len(report["added"]) == count_articles(database) == report["articles"]

    process = start("index", str(folder), "--json", data_dir=data_dir)
    rest = json.loads(process.communicate(timeout=120)[0])
    assert rest["unchanged"] == report["added"]
    assert len(rest["added"]) == 300 - len(report["added"])


@pytest.mark.parametrize("command", ["index", "list"])
def test_ctrl_c_does_not_wait_for_a_long_article(
    command: str, tmp_path: Path, data_dir: Path
) -> None:
    """The second one, where the first asks to finish what is in hand."""
    folder = tmp_path / "long"
    folder.mkdir()
    (folder / "a.txt").write_text("It rained on the fjord, again and again. " * 500, "utf-8")
    rain = (f"On day {number} it rained {number} litres on the fjord." for number in range(60_000))
    (folder / "b.txt").write_text(" ".join(rain), "utf-8")
    where = (str(folder),) if command == "index" else ("-a", str(folder))
    process = start(command, *where, data_dir=data_dir)
    assert process.stderr
    deadline = time.monotonic() + 120
    # The first is committed once the second is being encoded, which takes minutes.
    while time.monotonic() < deadline and not count_articles(data_dir / "corpora"):
        time.sleep(0.02)
    if command == "index":
        process.send_signal(signal.SIGINT)
        while b"Ctrl-C again stops at once" not in process.stderr.readline():
            assert process.poll() is None
    process.send_signal(signal.SIGINT)
    try:
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()

    assert process.returncode == 130
    assert err.decode().strip() == "interrupted"
    assert count_articles(data_dir / "corpora") == 1


def count_articles(corpora: Path) -> int:
    for path in corpora.glob("*/corpus.sqlite"):
        with closing(sqlite3.connect(path)) as db, suppress(sqlite3.OperationalError):
            return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])
    return 0


def test_watching_indexes_what_changes_until_ctrl_c(articles: Path, data_dir: Path) -> None:
    process = start("index", str(articles), "--watch", "--json", data_dir=data_dir)
    assert process.stdout
    assert process.stderr
    reports = json_objects(process.stdout)
    assert next(reports)["added"] == ["bridge.txt", "library.txt"]
    # It says so before it begins to watch; nothing that changes after that is missed.
    assert b"watching for changes" in process.stderr.readline()
    (articles / "mill.txt").write_text("The mill was built in 1790.", "utf-8")
    assert next(reports)["added"] == ["mill.txt"]
    (articles / "mill.txt").rename(articles / "old-mill.txt")
    assert next(reports)["moved"] == [{"from": "mill.txt", "to": "old-mill.txt"}]
    (articles / "bridge.txt").unlink()
    assert next(reports)["removed"] == ["bridge.txt"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert b"Traceback" not in err


def test_watching_goes_on_once_there_is_room_again(articles: Path, data_dir: Path) -> None:
    process = start("index", str(articles), "--watch", "--json", data_dir=data_dir)
    assert process.stdout
    assert process.stderr
    reports = json_objects(process.stdout)
    assert len(next(reports)["added"]) == 2
    assert b"watching for changes" in process.stderr.readline()
    _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, most))
    (articles / "mill.txt").write_text("The mill was built in 1790.", "utf-8")
    assert b"error: cannot use the data folder" in process.stderr.readline()
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
    assert next(reports)["added"] == ["mill.txt"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert b"error" not in err


def json_objects(stream: IO[bytes]) -> Iterator[Any]:
    """The JSON objects that a process prints, one by one, as they come."""
    text = ""
    for line in stream:
        text += line.decode()
        if line.rstrip() == b"}":
            yield json.loads(text)
            text = ""


@pytest.mark.parametrize("line", [("--help",), ("list",)])
def test_a_reader_that_has_seen_enough_is_no_error(
    line: tuple[str, ...], articles: Path, data_dir: Path
) -> None:
    read, write = os.pipe()
    os.close(read)
    process = start(*line, stdout=write, articles=articles, data_dir=data_dir)
    os.close(write)
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_result_that_cannot_be_written_is_an_error_in_one_line(
    unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with open("/dev/full", "wb") as full:
        _, err = start("schema", stdout=full.fileno()).communicate(timeout=120)

    assert err.decode().startswith("error: the result could not be written to stdout: No space")
    assert err.count(b"\n") == 1


@pytest.mark.parametrize(
    ("closed", "line", "code", "said"),
    [(">&-", "schema", 0, b""), ("<&-", "ask -", 3, b"error: the question is empty")],
)
def test_a_closed_stream_is_no_bug(closed: str, line: str, code: int, said: bytes) -> None:
    ended = subprocess.run(
        ["sh", "-c", f'exec "$1" -m assistant {line} {closed}', "sh", sys.executable],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        timeout=120,
    )

    assert (ended.returncode, ended.stdout) == (code, b"")
    assert ended.stderr.startswith(said)
    assert b"Traceback" not in ended.stderr
    assert b"bug" not in ended.stderr


def test_version_and_help() -> None:
    out, err = start("--version").communicate(timeout=120)

    assert out.decode().startswith("footnote 0.")
    assert err == b""


def test_suggested_synonyms_can_be_added_to_the_file(run: Runner, articles: Path) -> None:
    (articles / "rail.txt").write_text("The Oslo Rail Board (ORB) met on 3 May 2021.", "utf-8")
    first = run("synonyms", "--articles", articles)
    assert first.out == "ORB, Oslo Rail Board  # rail.txt\n"
    (articles / ".footnotesynonyms").write_text(first.out, "utf-8")
    again = run("synonyms", "--articles", articles)
    assert (again.code, again.out) == (0, "")
    assert "no abbreviation" in again.err
