"""The reader that ships: shapes, offsets, pinned weights, and a few cases it must get right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from embeddings.errors import ModelError
from embeddings.reader_model import FOLDER, ReaderModel, Window

SENTENCES = (
    "The Hollin Bridge crosses the River Aske near the old mill.",
    "It was opened to traffic on 4 May 1987 by the mayor, Anna Petrov.",
    "The bridge cost 12.4 million crowns and took three years to build.",
    "About 9,300 vehicles use it every day.",
)


def window(*sentences: str, title: str | None = "Hollin Bridge") -> Window:
    spans, at = [], 0
    for sentence in sentences:
        spans.append((at, at + len(sentence)))
        at += len(sentence) + 1
    return Window(title, None, " ".join(sentences), tuple(spans))


@pytest.fixture(scope="module")
def reader() -> ReaderModel:
    return ReaderModel.load()


def test_one_reading_for_every_sentence_of_every_window(reader: ReaderModel) -> None:
    windows = [window(*SENTENCES), window(SENTENCES[0], title=None), window()]
    found = reader.read("When was the bridge opened?", windows)
    assert [len(readings) for readings in found] == [4, 1, 0]
    assert reader.read("When was the bridge opened?", []) == []


def test_the_answer_lies_inside_its_sentence(reader: ReaderModel) -> None:
    long = window(*SENTENCES * 30)
    for text, (start, end), reading in zip(
        SENTENCES * 30, long.sentences, reader.read("How much did it cost?", [long])[0], strict=True
    ):
        assert long.text[start:end] == text
        assert 0 <= reading.start < reading.end <= len(text)


def test_a_sentence_without_words_or_longer_than_the_window_is_read(reader: ReaderModel) -> None:
    endless = "one hundred and " * 400
    blank, cut = reader.read("How many?", [Window(None, None, "  ", ((0, 2),)), window(endless)])
    assert blank[0].relevance == -20.0
    assert (blank[0].start, blank[0].end) == (0, 0)
    assert 0 <= cut[0].start < cut[0].end <= len(endless)


def test_reading_twice_gives_the_same_numbers(reader: ReaderModel) -> None:
    windows = [window(*SENTENCES), window(*SENTENCES[1:3])]
    question = "How many vehicles use the bridge every day?"
    assert reader.read(question, windows) == reader.read(question, windows)


def test_a_window_is_read_the_same_in_any_company(reader: ReaderModel) -> None:
    question = "How many vehicles use the bridge every day?"
    short, long = window(SENTENCES[3]), window(*SENTENCES)
    assert reader.read(question, [short, long]) == [
        *reader.read(question, [short]),
        *reader.read(question, [long]),
    ]


def test_a_short_answer_that_stands_out_scores_higher(reader: ReaderModel) -> None:
    question = "How many vehicles use the bridge every day?"
    readings = reader.read(question, [window(*SENTENCES)])[0]
    assert all(reading.span_score <= 0 for reading in readings)
    assert max(range(4), key=lambda i: readings[i].span_score) == 3
    text, best = SENTENCES[3], readings[3]
    assert "9,300" in text[best.start : best.end]


def test_a_model_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "reader")
    with (tmp_path / "reader" / "model.onnx").open("ab") as model:
        model.write(b"\0")
    with pytest.raises(ModelError, match="not the pinned reader"):
        ReaderModel.load(tmp_path / "reader")


def test_a_missing_file_and_another_format_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not found"):
        ReaderModel.load(tmp_path)
    shutil.copytree(FOLDER, tmp_path / "reader")
    facts = json.loads((FOLDER / "reader.json").read_text(encoding="utf-8"))
    (tmp_path / "reader" / "reader.json").write_text(json.dumps({**facts, "format": "other"}))
    with pytest.raises(ModelError, match="format"):
        ReaderModel.load(tmp_path / "reader")


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("Which river does the Hollin Bridge cross?", 0),
        ("When was the Hollin Bridge opened?", 1),
        ("Who opened the bridge?", 1),
        ("How much did the bridge cost?", 2),
        ("How many vehicles use the bridge each day?", 3),
    ],
)
def test_the_sentence_that_answers_comes_first(
    reader: ReaderModel, question: str, right: int
) -> None:
    readings = reader.read(question, [window(*SENTENCES)])[0]
    assert max(range(4), key=lambda i: readings[i].relevance) == right


def test_another_subject_is_less_answerable(reader: ReaderModel) -> None:
    asked, other = "When was the Hollin Bridge opened?", "What do otters eat in winter?"
    read = [reader.read(question, [window(*SENTENCES)])[0] for question in (asked, other)]
    assert max(r.answerable for r in read[0]) > max(r.answerable for r in read[1])
