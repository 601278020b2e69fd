"""The loader names file and line of what is wrong; the committed questions are sound."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from embeddings.records import Article
from eval.questions import KINDS, Question, QuestionFileError, fingerprint, load
from eval.text import states

COMMITTED = Path(__file__).parents[2] / "eval" / "questions"
GOOD: dict[str, Any] = {
    "id": "one",
    "kind": "fact",
    "question": "Where?",
    "answerable": True,
    "facts": [["Beijing", "Peking"]],
    "evidence": [{"article_id": "a.txt", "quote": "Signed in Beijing."}],
}
REFUSED: dict[str, Any] = {
    "id": "two", "kind": "unanswerable", "question": "Price?", "answerable": False,
    "about": None, "why": "No price.",
}  # fmt: skip


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "mine.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_reads_a_question(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "Who?"}]
    also = [{**GOOD["evidence"][0], "also": [{"article_id": "b.txt", "quote": "In Peking."}]}]
    row = {**GOOD, "kind": "follow_up", "history": history, "evidence": also}
    first, second = load([written(tmp_path, row, "", REFUSED)])
    assert not load([written(tmp_path, {**REFUSED, "facts": [], "evidence": []})])[0].facts
    assert first.facts == (("Beijing", "Peking"),)
    assert [place.article_id for place in first.evidence[0].places] == ["a.txt", "b.txt"]
    assert first.history[0].content == "Who?"
    assert second.origin.endswith("mine.jsonl:3")
    assert not second.answerable


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"id": ', "not JSON"),
        ("[1]", "a question is a JSON object"),
        ({**GOOD, "answerable": "yes"}, "`answerable` must be true or false"),
        ({**GOOD, "id": " "}, "`id` must be a string that is not empty"),
        ({**GOOD, "kind": "riddle"}, "`kind` is 'riddle', must be one of fact, number"),
        ({**GOOD, "kind": "unanswerable"}, "goes with `answerable` false"),
        ({**REFUSED, "kind": "fact"}, "goes with `answerable` false"),
        ({**GOOD, "fact": []}, "`fact` is not a field"),
        ({**REFUSED, "facts": [["x"]]}, "an unanswerable question has no `facts`"),
        ({**REFUSED, "why": ""}, "`why` must be a string"),
        ({**GOOD, "facts": []}, "`facts` must be a list that is not empty"),
        ({**GOOD, "facts": ["Beijing"]}, "list of lists"),
        ({**GOOD, "facts": [[""]]}, "an accepted string of a fact is empty"),
        ({**GOOD, "facts": [["Paris"]]}, "fact 'Paris' does not stand in any evidence"),
        ({**GOOD, "facts": [["Beijin"]]}, "fact 'Beijin' does not stand in any evidence"),
        ({**GOOD, "evidence": [{"quote": "Beijing"}]}, "`article_id` must be a string"),
        ({**GOOD, "evidence": ["Beijing"]}, "`evidence` holds objects"),
        ({**GOOD, "evidence": [{**GOOD["evidence"][0], "also": ["x"]}]}, "`also` holds objects"),
        (
            {**GOOD, "evidence": [{**GOOD["evidence"][0], "alos": []}]},
            "`alos` is not a field of `evidence`",
        ),
        ({**GOOD, "history": [{"role": "system", "content": "x"}]}, "`role` user or assistant"),
        (
            {**GOOD, "history": [{"role": "user", "content": "x", "name": "y"}]},
            "`name` is not a field of `history`",
        ),
        ({**GOOD, "kind": "follow_up"}, "a follow_up needs a `history`"),
        ({**REFUSED}, "id 'two' is taken by"),
        ({**GOOD, "question": "Where \ud83d?"}, "a text holds half a character"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path: Path, row: Any, message: str) -> None:
    path = written(tmp_path, REFUSED, row)
    with pytest.raises(QuestionFileError, match=re.escape(f"{path}:2: ")) as raised:
        load([path])
    assert message in str(raised.value)


def test_a_byte_order_mark_and_line_ends_of_windows_are_no_mistake(tmp_path: Path) -> None:
    text = f"\ufeff{json.dumps(GOOD)}\r\n\r\n{json.dumps(REFUSED)}\r\n"
    path = tmp_path / "mine.jsonl"
    path.write_bytes(text.encode("utf-8"))
    assert [(q.id, q.origin) for q in load([path])] == [("one", f"{path}:1"), ("two", f"{path}:3")]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"nowhere\.jsonl: cannot be read: No such file"):
        load([tmp_path / "nowhere.jsonl"])
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(QuestionFileError, match="not UTF-8"):
        load([binary])


def test_no_questions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match="no questions"):
        load([written(tmp_path, "")])


def test_the_fingerprint_follows_what_is_expected(tmp_path: Path) -> None:
    before = fingerprint(load([written(tmp_path, GOOD)]))
    assert fingerprint(load([written(tmp_path, {**GOOD, "note": "seen"})])) == before
    assert fingerprint(load([written(tmp_path, {**GOOD, "facts": [["Beijing"]]})])) != before


@pytest.mark.parametrize("name", sorted(path.name for path in COMMITTED.glob("*.jsonl")))
def test_every_quote_stands_in_its_article_and_every_fact_in_a_quote(
    name: str, articles: dict[str, Article]
) -> None:
    for question in load([COMMITTED / name]):
        quotes = []
        for place in (place for item in question.evidence for place in item.places):
            assert place.quote in articles[place.article_id].text, question.id
            quotes.append(place.quote)
        for fact in question.facts:
            assert any(states(q, text) for q in quotes for text in fact), question.id
        assert question.about in {None, *articles}, question.id


def test_the_set_has_what_it_promises(questions: tuple[Question, ...]) -> None:
    counts = Counter(question.kind for question in questions)
    assert len(questions) >= 110
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 8
    assert counts["unanswerable"] >= 30
    assert any(q.history for q in questions if q.kind == "unanswerable")
    several = [q for q in questions if q.kind == "several_articles"]
    crossing = [len({e.places[0].article_id for e in q.evidence}) > 1 for q in several]
    assert sum(crossing) >= len(several) - 2


def test_no_question_is_asked_twice(questions: tuple[Question, ...]) -> None:
    asked = Counter((q.question.casefold(), q.history) for q in questions)
    assert max(asked.values()) == 1
