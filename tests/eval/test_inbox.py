"""From a thumb down in the chat to a question that the evaluation asks."""

from __future__ import annotations

import json
import stat
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.answers import Answer, Citation
from assistant.chat.history.store import FILE_NAME, Exchange, History
from embeddings.records import Article
from eval import inbox_command
from eval.__main__ import app
from eval.inbox import InboxError, append, candidates, question_row, unanswerable_row
from eval.questions import load

TEXT = "The bridge opened in 1932. It is 40 metres long."
ARTICLE = Article(id="a.txt", text=TEXT)
RUNNER = CliRunner()


def answer(question: str, standalone: str = "") -> dict[str, Any]:
    quote = TEXT[:26]
    citation = Citation(1, "a.txt", "A", None, None, 0, 26, quote, ARTICLE.sha256)
    return Answer(
        question=question,
        standalone_question=standalone or question,
        text=f"{quote}[1]",
        refusal=None,
        confidence=0.9,
        citations=(citation,),
        corpus="c0ffee",
    ).to_dict()


def rated(history: History, *questions: str, liked: bool = False, reason: str = "") -> str:
    """A conversation whose last answer is rated; the rating's id."""
    thread, exchange = str(uuid.uuid4()), ""
    for place, question in enumerate(questions):
        exchange = str(uuid.uuid4())
        history.begin("ada", thread, Exchange(exchange, "q", "r", question))
        history.finish("ada", exchange, answer(question, f"{question} (bridge)" if place else ""))
    found = history.rate("ada", exchange, liked, reason)
    assert found
    return found


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(tmp_path / FILE_NAME) as opened:
        yield opened


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The articles, without an index."""
    monkeypatch.setattr(inbox_command, "_articles", lambda *_: (ARTICLE,))


def run(tmp_path: Path, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    result = RUNNER.invoke(
        app,
        ["inbox", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out.jsonl"), *arguments],
        input=typed,
    )
    return result.exit_code, result.stdout, result.stderr


def test_a_candidate_is_all_that_was_disliked_and_nothing_else(history: History) -> None:
    rated(history, "Who built it?", liked=True)
    rated(history, "When did the bridge open?", "How long is it?", reason="the other bridge")
    (candidate,) = candidates(history)
    assert candidate.question == "How long is it?"
    assert candidate.standalone_question == "How long is it? (bridge)"
    assert candidate.answer == f"{TEXT[:26]}[1]"
    assert candidate.quotes == (("a.txt", TEXT[:26]),)
    assert candidate.corpus == "c0ffee"
    assert candidate.reason == "the other bridge"
    assert [role for role, _ in candidate.history] == ["user", "assistant"]


def test_a_deleted_conversation_leaves_no_candidate(history: History) -> None:
    rated(history, "When did it open?")
    (conversation,) = history.page("ada").conversations
    history.delete("ada", conversation.id)
    assert candidates(history) == ()


def test_what_is_accepted_is_a_question_that_the_loader_takes(
    history: History, tmp_path: Path
) -> None:
    rated(history, "When did the bridge open?", "How long is it?", reason="wrong")
    (candidate,) = candidates(history)
    out = tmp_path / "questions" / "inbox.jsonl"
    append(question_row(candidate, ["40 metres|40 m"], ["It is 40 metres long."], [ARTICLE]), out)
    (question,) = load([out])
    assert question.kind == "follow_up"
    assert question.facts == (("40 metres", "40 m"),)
    assert question.evidence[0].places[0].article_id == "a.txt"
    assert question.history[0].content == "When did the bridge open?"
    assert "wrong" in question.note
    assert "c0ffee" in question.note
    append(unanswerable_row(candidate, "nobody says so"), out)
    (again,) = load([out])
    assert again.why == "nobody says so"


def test_without_a_quote_those_of_the_answer_serve_that_state_the_fact(history: History) -> None:
    rated(history, "When did the bridge open?")
    (candidate,) = candidates(history)
    row = question_row(candidate, ["1932"], [], [ARTICLE])
    assert row["evidence"] == [{"article_id": "a.txt", "quote": TEXT[:26]}]
    with pytest.raises(InboxError, match="--quote"):
        question_row(candidate, ["40 metres"], [], [ARTICLE])


def test_a_quote_that_no_article_has_any_more_is_no_evidence(history: History) -> None:
    rated(history, "When did the bridge open?")
    (candidate,) = candidates(history)
    added = replace(ARTICLE, id=".uploads/a/a.txt")
    for articles in ([], [replace(ARTICLE, text="Nothing of it.")], [added]):
        with pytest.raises(InboxError, match="no article has it any more"):
            question_row(candidate, ["1932"], [], articles)


@pytest.mark.parametrize(
    ("facts", "quotes", "kind", "problem"),
    [
        ([], ["It is 40 metres long."], None, "--fact"),
        (["40"], ["It is 41 metres long."], None, "no article says"),
        (["1932"], [], "riddle", "the kinds are"),
    ],
)
def test_what_makes_no_question_is_refused(
    history: History, facts: list[str], quotes: list[str], kind: str | None, problem: str
) -> None:
    rated(history, "When did the bridge open?")
    (candidate,) = candidates(history)
    with pytest.raises(InboxError, match=problem):
        question_row(candidate, facts, quotes, [ARTICLE], kind)


def test_the_list_shows_what_a_terminal_can_take(history: History, tmp_path: Path) -> None:
    rating = rated(history, "When \x1b[31m?", reason="bad")
    code, out, _ = run(tmp_path, "--list")
    assert code == 0
    assert rating in out
    assert "reason: bad" in out
    assert "\x1b" not in out


@pytest.mark.usefixtures("known")
def test_one_is_accepted_without_being_asked_anything(history: History, tmp_path: Path) -> None:
    rating = rated(history, "How long is the bridge?")
    code, out, _ = run(
        tmp_path, "--accept", rating[:8], "--fact", "40 metres", "--quote", "It is 40 metres long."
    )
    assert code == 0, out
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert row["question"] == "How long is the bridge?"
    assert candidates(history) == ()
    assert run(tmp_path, "--accept", rating[:8], "--fact", "x")[0] == 2


@pytest.mark.usefixtures("known")
def test_a_file_that_cannot_take_it_is_named_and_nothing_is_lost(
    history: History, tmp_path: Path
) -> None:
    rating = rated(history, "How long is the bridge?")
    accepted = ["--accept", rating, "--fact", "40 metres", "--quote", "It is 40 metres long."]
    (tmp_path / "file").write_text("", "utf-8")
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_bytes(b'{"id"\n')
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\xff\xfe")
    for out, said in (
        (tmp_path / "file" / "x.jsonl", f"{tmp_path / 'file' / 'x.jsonl'}: cannot be written"),
        (wrong, f"{wrong}:1: not JSON"),
        (binary, f"{binary}: cannot be read"),
    ):
        code, _, err = run(tmp_path, *accepted, "--out", str(out))
        assert (code, err.startswith(f"eval: {said}"), err.count("\n")) == (2, True, 1), err
    assert wrong.read_bytes() == b'{"id"\n'
    assert len(candidates(history)) == 1


@pytest.mark.usefixtures("known")
def test_the_file_keeps_its_rights(history: History, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    for rights in (0o644, 0o640):
        rating = rated(history, f"How long is the bridge, said {rights}?")
        out.touch()
        out.chmod(rights)
        accepted = ["--fact", "40 metres", "--quote", "It is 40 metres long."]
        assert run(tmp_path, "--accept", rating, *accepted)[0] == 0
        assert stat.S_IMODE(out.stat().st_mode) == rights


@pytest.mark.usefixtures("known")
def test_what_cannot_be_accepted_stays_a_candidate(history: History, tmp_path: Path) -> None:
    rating = rated(history, "How long is the bridge?")
    for arguments in (["--fact", "41"], ["--fact", "40", "--quote", "not there"], []):
        code, _, err = run(tmp_path, "--accept", rating, *arguments)
        assert code == 2
        assert err.startswith("eval: ")
    assert len(candidates(history)) == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_an_unanswerable_one_and_a_discarded_one(history: History, tmp_path: Path) -> None:
    first, second = rated(history, "Who built it?"), rated(history, "Who?")
    assert run(tmp_path, "--accept", first, "--unanswerable", "No builder is named.")[0] == 0
    assert run(tmp_path, "--discard", second)[0] == 0
    (question,) = load([tmp_path / "out.jsonl"])
    assert not question.answerable
    assert question.about == "a.txt"
    assert candidates(history) == ()


@pytest.mark.usefixtures("known")
def test_all_are_reviewed_one_after_the_other(history: History, tmp_path: Path) -> None:
    for question in ("When did it open?", "Who built it?", "Why?", "How long is it?"):
        rated(history, question)
    typed = "x\na\n41\n\n\na\n1932\n\n\nu\nNo builder is named.\nd\ns\n"
    code, _, err = run(tmp_path, typed=typed)
    assert code == 0
    assert "--quote" in err, "the wrong fact was let pass"
    assert [q.question for q in load([tmp_path / "out.jsonl"])] == [
        "When did it open?",
        "Who built it?",
    ]
    assert [left.question for left in candidates(history)] == ["How long is it?"]


def test_without_conversations_it_says_so_and_makes_none(tmp_path: Path) -> None:
    code, _, err = run(tmp_path / "none")
    assert code == 2
    assert "no conversation is kept" in err
    assert not (tmp_path / "none").exists()
