"""Questions made by program are sound: of one sentence, and no article speaks against them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from embeddings.records import Article
from eval.__main__ import app
from eval.articles import read_articles
from eval.linting import lint, read_files
from eval.proposing import near_miss, propose, proposed_of
from eval.questions import load
from eval.sentences import cloze, proposals, turned

ROOT = Path(__file__).parents[2]
RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "The bridge at Arle was opened by the queen in 1932.",
            "In which year was the bridge at Arle opened by the queen?",
            "1932",
        ),
        (
            "In 1932 the bridge at Arle has been opened by the queen.",
            "In which year has the bridge at Arle been opened by the queen?",
            "1932",
        ),
        (
            "The treaty with Norland was signed in Arle on 3 May 1932.",
            "On which date was the treaty with Norland signed in Arle?",
            "3 May 1932",
        ),
        (
            "The Arle company will build 340 homes at Senn.",
            "How many homes will the Arle company build at Senn?",
            "340",
        ),
        (
            "The crossing to Senn would cost £9.80 in summer.",
            "How much would the crossing to Senn cost in summer?",
            "£9.80",
        ),
        (
            "The library at Arle has 21,000 readers in three towns.",
            "How many readers does the library at Arle have in three towns?",
            "21,000",
        ),
        (
            "Nine people were treated in the hospital at Arle.",
            "How many people were treated in the hospital at Arle?",
            "Nine",
        ),
        (
            "The harbour master of Arle, Edwin Cray, said that he had no power.",
            "Which harbour master of Arle said that he had no power?",
            "Edwin Cray",
        ),
    ],
)
def test_a_simple_sentence_is_turned_around(sentence: str, question: str, answer: str) -> None:
    proposal = turned(sentence)
    assert proposal is not None
    assert proposal.question == question
    assert sentence[proposal.start : proposal.end] == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "The mayor said the bridge at Arle was opened by the queen in 1932.",
        "The mayor claims rents at Arle were raised for all in 1932.",
        "The bridge and what was left of the Arle mill were opened in 1932.",
        "The fare for the old ferry is what it was in 1932.",
        "The library of the town has 21,000 readers.",
        "The Arle company has built about 340 homes at Senn.",
        "They were opened by the queen of Norland in 1932.",
    ],
)
def test_what_could_go_wrong_is_not_turned(sentence: str) -> None:
    assert all(proposal.form == "cloze" for proposal in proposals(sentence))


def test_a_cloze_leaves_out_one_whole_answer() -> None:
    sentence = "The Arle mill, bought for £3.5 million by Ada Roe in 1932, has more than 40 rooms."
    made = {sentence[p.start : p.end]: p for p in cloze(sentence)}
    assert set(made) == {"£3.5 million", "Ada Roe", "1932"}  # "more than 40": not the whole answer
    assert made["1932"].kind == "date"
    assert made["1932"].question == (
        "Which year is missing in “The Arle mill, bought for £3.5 million by Ada Roe in ___, has "
        "more than 40 rooms”?"
    )


@pytest.mark.parametrize("written", ["6:30", "2024-03-11", "11/7", "10–15", "2.14.3"])
def test_a_part_of_what_is_written_with_numbers_is_no_answer(written: str) -> None:
    sentence = f"The bakery of Ada Roe at Arle gives {written} on the board at the door."
    assert [p.kind for p in cloze(sentence) if p.kind == "number"] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "He bought the mill at Arle for £3.5 million in the spring of that year.",
        "The mill at Arle “was bought for £3.5 million in all,” said Ada Roe in 1932.",
        "The mill at Arle cost £40.",
    ],
)
def test_a_sentence_that_leans_quotes_or_is_short_is_not_asked_about(sentence: str) -> None:
    assert list(proposals(sentence)) == []


def test_an_answer_that_stands_twice_in_the_article_is_not_asked_for() -> None:
    once = "The mill at Arle was bought by the council in 1932."
    assert {one.answer for one in proposed_of(Article("a.txt", once))} == {"1932"}
    assert list(proposed_of(Article("a.txt", f"{once} It burned in 1932."))) == []
    assert list(proposed_of(Article("a.txt", once, language="de"))) == []


def test_a_near_miss_has_another_year_or_person() -> None:
    article = Article(
        "a.txt", "In 1932 the mill at Arle was bought for £40 by the council of Senn."
    )
    one = next(p for p in proposed_of(article) if p.answer == "£40")
    miss = near_miss(one, (), Random(1))
    assert miss is not None
    assert (miss.old, miss.anchors) == ("1932", ("Arle", "Senn"))
    assert miss.new != "1932"
    assert miss.question == one.proposal.question.replace("1932", miss.new)
    named = Article(
        "a.txt", "The mill at Arle was bought for £40 by Mrs Roe of Norland last spring."
    )
    (by_sum,) = (p for p in proposed_of(named) if p.answer == "£40")
    assert near_miss(by_sum, ("Mr Roe",), Random(1)) is None
    changed = near_miss(by_sum, ("Mr Tarn",), Random(1))
    assert changed is not None
    assert "by Mr Tarn of Norland" in changed.question


def folder_of(path: Path, **texts: str) -> Path:
    path.mkdir()
    for name, text in texts.items():
        (path / f"{name}.txt").write_text(text, "utf-8")
    return path


def test_another_article_confirms_or_refutes(tmp_path: Path) -> None:
    said = "The mill at Arle was bought by the council of Senn for {} in the spring."
    same = folder_of(
        tmp_path / "same", a=said.format("£40"), b="\n" + said.format("£40") + " Good."
    )
    (row,) = (r for r in propose(same, 4, 0) if r["answerable"])
    assert row["facts"] == [["£40"]]
    assert {row["evidence"][0]["article_id"], row["evidence"][0]["also"][0]["article_id"]} == {
        "a.txt", "b.txt",
    }  # fmt: skip
    differ = folder_of(tmp_path / "differ", a=said.format("£40"), b=said.format("£70"))
    assert propose(differ, 4, 0) == ()


def test_a_near_miss_that_an_article_states_is_dropped(tmp_path: Path) -> None:
    text = "In {0} the mill at Arle was bought for £{1} by the council of Senn. Ash fell in {0}."
    alone = folder_of(tmp_path / "alone", a=text.format(1932, 40))
    (miss,) = (row for row in propose(alone, 5, 0) if not row["answerable"])
    assert miss["synthetic"]
    assert miss["about"] == "a.txt"
    years = "".join(f"The fair at Arle was held in {year}.\n" for year in range(1920, 1940))
    stated = folder_of(tmp_path / "stated", a=text.format(1932, 40), b=years)
    assert [row for row in propose(stated, 5, 0) if not row["answerable"]] == []


def test_questions_of_the_invented_news_are_sound_spread_and_the_same_every_time(
    tmp_path: Path,
) -> None:
    news = ROOT / "eval" / "corpora" / "larkmere" / "articles"
    articles = tmp_path / "articles"
    articles.mkdir()
    for path in sorted(news.glob("*-01-*.md")):
        shutil.copy(path, articles)
    out = tmp_path / "new.jsonl"
    arguments = ["new", "--articles", str(articles), "--count", "12"]
    result = RUNNER.invoke(app, [*arguments, "--out", str(out)])
    assert result.exit_code == 0, result.output
    questions = load([out])
    assert len(questions) == 12
    assert all(q.synthetic for q in questions)
    assert sum(not q.answerable for q in questions) == 2
    cited = [q.evidence[0].places[0].article_id for q in questions if q.answerable]
    assert len(set(cited)) == len(cited)  # there are more articles than questions
    assert lint(read_files([out])[0], read_articles(articles)) == ()
    again = RUNNER.invoke(app, arguments)
    assert again.stdout == out.read_text("utf-8")
    refused = RUNNER.invoke(app, [*arguments, "--out", str(out)])
    assert (refused.exit_code, "is there already" in refused.stderr) == (2, True)


def test_where_nothing_can_be_asked_it_says_so(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "empty", a="Nothing of note.")
    result = RUNNER.invoke(app, ["new", "--articles", str(folder)])
    assert (result.exit_code, "no English sentence" in result.stderr) == (2, True)


def test_synthetic_is_true_or_false(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "id": "x", "kind": "unanswerable", "question": "Who?", "answerable": False, "why": "No.",
        "synthetic": "yes",
    }  # fmt: skip
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    with pytest.raises(Exception, match="`synthetic` must be true or false"):
        load([path])
