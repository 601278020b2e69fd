"""Each mistake that a program can see is seen, named with its line, and nothing else is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.answers import Answer
from assistant.showing.explanation import Explanation, PartExplanation, WeighedSentence
from embeddings.records import Article
from eval.__main__ import app
from eval.check_command import perhaps_stated
from eval.linting import balance, lint, read_files, shared_articles
from eval.sets import load_sets

ROOT = Path(__file__).parents[2]
TEXT = "The bridge at Arle opened in 1932. It is 40 metres long. Ada Roe opened it."
OTHER = "The mill at Senn burned down in 1950. Nobody was hurt in the mill."
ARTICLES = {"a.txt": Article("a.txt", TEXT), "b.txt": Article("b.txt", OTHER)}
RUNNER = CliRunner()


def asked(
    id: str, question: str, *facts: str, quote: str = TEXT[:34], **more: Any
) -> dict[str, Any]:
    return {
        "id": id, "kind": "fact", "question": question, "answerable": True,
        "facts": [[fact] for fact in facts],
        "evidence": [{"article_id": "a.txt", "quote": quote}], **more,
    }  # fmt: skip


def refused(id: str, question: str, about: str | None = "a.txt") -> dict[str, Any]:
    return {
        "id": id, "kind": "unanswerable", "question": question, "answerable": False,
        "about": about, "why": "It is not stated.",
    }  # fmt: skip


def written(folder: Path, *rows: Any, name: str = "dev.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), "utf-8")
    return path


def found(*files: Path) -> list[str]:
    questions, wrong = read_files(files)
    return [str(finding).replace(f"{files[0].parent}/", "") for finding in
            (*wrong, *lint(questions, ARTICLES))]  # fmt: skip


OPENED = asked("opened", "When did the bridge at Arle open?", "1932")


def test_a_sound_set_has_no_finding(tmp_path: Path) -> None:
    rows = [
        OPENED,
        asked("long", "How long is it?", "40 metres", quote="It is 40 metres long."),
        asked("open-33", "When did the bridge at Arle open in 1933?", "1932"),
        refused("cost", "What did the bridge cost?"),
        refused("moon", "How far is the moon?", about=None),
    ]
    assert found(written(tmp_path, *rows)) == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("{", "dev.jsonl:2: error: not JSON"),
        (
            asked("x", "Who opened it?", "Ada Roe", quote="Ada Row opened it. Ada Roe"),
            "dev.jsonl:2 x: error: “Ada Row opened it. Ada Roe” does not stand in a.txt, character "
            "for character; copy it: “",
        ),
        (
            asked("x", "Who sang?", "Zorn", quote="Zorn sang Figaro quickly"),
            "dev.jsonl:2 x: error: “Zorn sang Figaro quickly” does not stand in a.txt, character "
            "for character; nothing in it is like that",
        ),
        (
            {**OPENED, "id": "x", "question": "Which year?", "facts": [["1932", "1931"]],
             "evidence": [{"article_id": "c.txt", "quote": "In 1932."}]},
            "dev.jsonl:2 x: error: there is no article 'c.txt'",
        ),
        (refused("x", "Who paid?", about="c.txt"), "dev.jsonl:2 x: error: `about` names 'c.txt'"),
        (asked("opened", "Who?", "1932"), "dev.jsonl:2 opened: error: the id is taken by dev"),
        (
            asked("x", "When did the bridge at Arle open?", "1932"),
            "dev.jsonl:2 x: error: dev.jsonl:1 opened asks the same; remove one",
        ),
        (
            refused("x", "When did the bridge at  Arle open"),
            "dev.jsonl:2 x: error: dev.jsonl:1 opened asks the same and expects something else",
        ),
        (
            asked("x", "When did the bridge at Arles open?", "1932"),
            "dev.jsonl:2 x: warning: dev.jsonl:1 opened asks nearly the same; reword or remove one",
        ),
        (
            asked("x", "Did it open in 1932?", "1932"),
            "dev.jsonl:2 x: warning: the question holds its answer, '1932'",
        ),
        (
            {**asked("x", "Which year was it?"), "facts": [["the year 1932", "1932"]]},
            "dev.jsonl:2 x: warning: the first form of a fact, 'the year 1932', stands in no quote",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, row: Any, expected: str) -> None:
    (line,) = found(written(tmp_path, OPENED, row))
    assert line.startswith(expected)


def test_a_variant_on_purpose_is_no_double(tmp_path: Path) -> None:
    typo = {**asked("x", "When did the brigde at Arle open?", "1932"), "kind": "typo"}
    assert found(written(tmp_path, OPENED, typo)) == []


def test_a_follow_up_is_told_apart_by_what_was_said_before(tmp_path: Path) -> None:
    def follow(id: str, before: str, fact: str, quote: str) -> dict[str, Any]:
        history = [{"role": "user", "content": before}]
        row = asked(id, "And when?", fact, quote=quote, kind="follow_up", history=history)
        return row

    one = follow("one", "Who opened the bridge?", "1932", TEXT[:34])
    other = follow("other", "How long is the mill at Senn?", "40 metres", "It is 40 metres long.")
    assert found(written(tmp_path, one, other)) == []


def test_what_leaks_from_one_file_into_the_other(tmp_path: Path) -> None:
    dev = written(tmp_path, OPENED)
    held_out = written(
        tmp_path,
        asked("same", "When did the bridge at Arle open?", "1932"),
        asked("near", "When did the bridge at Arles open?", "1932"),
        name="heldout.jsonl",
    )
    lines = found(dev, held_out)
    assert lines[0].startswith("heldout.jsonl: warning: 2 of its questions rest on a quote")
    assert any(": error: dev.jsonl:1 opened asks the same: one file leaks" in li for li in lines)
    assert any(
        ": warning: dev.jsonl:1 opened asks nearly the same, in another" in li for li in lines
    )
    questions, _ = read_files([dev, held_out])
    (shared,) = shared_articles(questions)
    assert "2 of its questions are about a.txt, as are 1 of" in shared.message


def test_what_leaks_is_counted_for_each_pair_of_files(tmp_path: Path) -> None:
    files = [
        written(tmp_path, asked(name, f"What of {name}?", "1932"), name=f"{name}.jsonl")
        for name in ("aimed", "dev", "heldout")
    ]
    told = [line for line in found(*files) if "rest on a quote" in line]
    pairs = [(line.split(":")[0], line.split(" one of ")[1].split()[0]) for line in told]
    assert pairs == [
        ("dev.jsonl", "aimed.jsonl"), ("heldout.jsonl", "aimed.jsonl"),
        ("heldout.jsonl", "dev.jsonl"),
    ]  # fmt: skip


def test_a_one_sided_mixture_is_told(tmp_path: Path) -> None:
    topics = [
        "oak bark soup", "zinc rivets", "a wet April", "the bishop", "cod liver", "kite strings",
        "velvet rope", "jam", "fog horns", "Dutch tulips", "mule trains", "quartz", "hay fever",
        "pewter", "swan upping", "lime wash", "ice floes", "raw silk", "beet sugar", "gnats",
    ]  # fmt: skip
    rows = [
        asked(f"q{n}", f"What of {topic}?", "40 metres", quote="It is 40 metres long.")
        for n, topic in enumerate(topics)
    ]
    path = written(tmp_path, *rows)
    assert [line.split("; ")[-1] for line in found(path)] == ["add some", "add others"]
    assert balance(read_files([path])[0]) == (("fact", "20"), ("all", "20"))


def test_the_datasheet_counts_the_questions_over_the_five_articles() -> None:
    names = ("development", "aimed", "typed", "heldout", "heldout_typed")
    files = [ROOT / SEEDS / f"{name}.jsonl" for name in names]
    page = (ROOT / SEEDS / "README.md").read_text("utf-8")
    rows = [f"| {' | '.join(row)} |" for row in balance(read_files(files)[0])]
    assert "\n".join(rows) in page, rows


def test_what_may_be_stated_after_all_is_shown(tmp_path: Path) -> None:
    questions, _ = read_files([written(tmp_path, refused("cost", "What did it cost?"))])

    def answer(probability: float) -> Answer:
        sentence = WeighedSentence(
            "a.txt", 0, 34, TEXT[:34], False, 1.0, probability, 1.0, 1.0, (), ()
        )
        part = PartExplanation("q", (), (), (), 0.5, (sentence,), probability, "")
        told = Explanation("q", "q", (), (part,), probability, 0.5, "")
        return Answer("q", "q", "No.", "not_stated", 0.2, explanation=told)

    assert list(perhaps_stated(questions[0], answer(0.2))) == []
    (finding,) = perhaps_stated(questions[0], answer(0.8))
    assert f"a.txt may answer it (0.80): “{TEXT[:34]}”" in str(finding)


def test_the_command_fails_for_errors_and_when_strict_for_warnings(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXT, "utf-8")
    sound = written(tmp_path, OPENED)
    near = written(tmp_path, OPENED, asked("x", "When did the bridge at Arles open?", "1932"),
                   name="near.jsonl")  # fmt: skip
    wrong = written(tmp_path, asked("x", "Who?", "1932", quote="In 1932."), name="wrong.jsonl")

    def code(*arguments: Any) -> tuple[int, str]:
        result = RUNNER.invoke(app, ["check", *map(str, arguments)])
        return result.exit_code, result.output

    assert code(sound, "--articles", folder, "--strict")[0] == 0
    assert code(near, "--articles", folder)[0] == 0
    assert code(near, "--articles", folder, "--strict")[0] == 1
    status, output = code(wrong, "--articles", folder)
    assert (status, f"{wrong}:1 x: error: “In 1932.” does not stand" in output) == (1, True)
    assert "1 question, 1 error, 0 warnings" in output
    assert code(tmp_path / "none.jsonl")[0] == 2
    assert code(written(tmp_path, name="empty.jsonl"))[0] == 2
    assert code(sound, "--absent")[0] == 2
    status, output = code(wrong)
    assert (status, "No quote was looked up" in output) == (0, True)


SEEDS, LARKMERE = "eval/questions", "eval/corpora/larkmere/questions"
DOCUMENTS = "eval/corpora/documents/questions"
KNOWN = {
    SEEDS: [
        "aimed.jsonl: warning: N of its questions rest on a quote that one of development.jsonl",
        "heldout.jsonl: warning: N of its questions rest on a quote that one of development.jsonl",
        "heldout.jsonl: warning: N of its questions rest on a quote that one of aimed.jsonl",
        "heldout.jsonl:N h-list-huna-tasks: warning: development.jsonl:N huna-work asks nearly",
        "heldout.jsonl:N h-alias-cetg-chairman: warning: development.jsonl:N cetc-chairman asks",
        "heldout.jsonl:N h-typo-nanhu-chief: warning: development.jsonl:N nanhu-chief asks nearly",
        "heldout_typed.jsonl: warning: N of its questions rest on a quote that one of development",
        "heldout_typed.jsonl: warning: N of its questions rest on a quote that one of heldout.js",
        "heldout_typed.jsonl: warning: N of its questions rest on a quote that one of aimed.jsonl",
        "heldout_typed.jsonl:N h-typed-b-several-articles-new-energy-words: warning: development.",
        "heldout_typed.jsonl:N h-typed-b-several-articles-new-energy-words: warning: heldout.",
        "heldout_typed.jsonl:N h-typed-b-unanswerable-households-relocated: warning: ",
        "typed.jsonl: warning: N of its questions rest on a quote that one of development.jsonl",
        "typed.jsonl: warning: N of its questions rest on a quote that one of heldout.jsonl",
        "typed.jsonl: warning: N of its questions rest on a quote that one of heldout_typed.jsonl",
        "typed.jsonl: warning: N of its questions rest on a quote that one of aimed.jsonl",
    ],
    LARKMERE: ["heldout.jsonl:N water-beacon-N: warning: the question holds its answer"],
    DOCUMENTS: [],
}
"""What `check` warns of, told in the READMEs beside the files: a new finding is to be looked at."""


@pytest.mark.parametrize(
    ("folder", "articles", "split"),
    [
        (SEEDS, "seeds", ()),
        (LARKMERE, "eval/corpora/larkmere/articles", ("--split-by", "article")),
        (DOCUMENTS, "eval/corpora/documents/articles", ()),
    ],
)
def test_the_committed_sets_have_no_error_and_no_warning_that_is_not_known(
    folder: str, articles: str, split: tuple[str, ...]
) -> None:
    asked = {path for one in load_sets() for path in one.questions}
    files = sorted(
        (ROOT / folder).glob("*.jsonl"),
        key=lambda path: (path.name != "development.jsonl", path.name),
    )
    assert set(files) == {path for path in asked if path.resolve().parent == ROOT / folder}
    arguments = ["check", *map(str, files), "--articles", str(ROOT / articles), *split]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    told = result.output.replace(f"{ROOT / folder}/", "").splitlines()
    warned = [re.sub(r"\d+", "N", line) for line in told if ": warning: " in line]
    assert len(warned) == len(KNOWN[folder]), warned
    assert all(map(str.startswith, warned, KNOWN[folder])), warned
