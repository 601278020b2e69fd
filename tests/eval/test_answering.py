"""A made-up benchmark asked of the assistant: answers, refusals, and what is left out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from assistant.reading.reader import PASSAGES_READ, Calibration, read
from assistant.retrieval.retriever import retrieve
from embeddings import reader_model
from embeddings.training.examples import held_out_articles, held_out_documents
from eval.__main__ import app
from eval.answering import Asked, Questions, Reply, _Watched, ask_all, load_questions
from eval.answering_report import AnswersReport, confidences_of, figures_of
from eval.beir import Benchmark, load_benchmark
from eval.bench import opened
from eval.intervals import Figure
from tests.fakes import HashingEncoder

FERRY = "The ferry carried forty lorries to the island of Skarn."
DOCUMENTS = (
    {"_id": "mill", "title": "Mill", "text": "Marta Olsen built the mill in 1874. It is made of "
     "oak, which the carpenters of the valley had dried for seven long years in the open."},
    {"_id": "ferry", "title": "Ferry", "text": FERRY},
    {"_id": "again", "title": "Boat", "text": FERRY},
    {"_id": "tower", "title": "Tower", "text": "Mara Lindqvist painted the lighthouse in 1931."},
    {"_id": "bridge", "title": "Bridge", "text": "The bridge cost nine million crowns."},
    {"_id": "chapel", "title": "Chapel", "text": "The chapel lost its roof in a storm."},
)  # fmt: skip
WRITTEN = "It was made of oak wood that had been left to dry outdoors for seven years"
OAK = (
    "It is made of oak, which the carpenters of the valley had dried for seven long years in "
    "the open."
)


def query(
    id_: str, text: str, kind: str, answers: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    facts = {"type": kind, "answerable": bool(answers), "answers": list(answers), **more}
    return {"_id": id_, "text": text, "metadata": facts}


QUERIES = (
    query("built", "Who built the mill?", "person", ["Marta Olsen", "Olsen"]),
    query("lorries", "How many lorries did the ferry carry?", "number", ["forty"]),
    query("oak", "What is the mill made of?", "long", [WRITTEN], evidence=[OAK]),
    query("roof", "Did the chapel lose its roof?", "bare", ["Yes"]),
    query("painted", "When did she paint it?", "turn", ["1931"], history=[
        {"role": "user", "content": "Who painted the lighthouse?"},
        {"role": "assistant", "content": "Mara Lindqvist painted the lighthouse red."}]),
    query("sunk", "Who sank the submarine?", "nothing", about=["tower"]),
    query("toll", "Which toll do cyclists pay on Sundays?", "nothing", about=["bridge"]),
    {"_id": "unlabelled", "text": "Is this asked?"},
)  # fmt: skip
QRELS = {"built": "mill", "lorries": "again", "oak": "mill", "roof": "chapel", "painted": "tower"}


def write(folder: Path, documents: Sequence[Mapping[str, Any]], queries: Sequence[Any]) -> Path:
    (folder / "qrels").mkdir(parents=True)
    for name, rows in (("corpus", documents), ("queries", queries)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    known = {row["_id"] for row in queries}
    qrels = [f"{q}\t{d}\t1" for q, d in QRELS.items() if q in known]
    (folder / "qrels" / "dev.tsv").write_text("\n".join(["q\td\ts", *qrels]) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("answers") / "island", DOCUMENTS, QUERIES)


@pytest.fixture(scope="module")
def questions(folder: Path) -> Questions:
    found = load_questions(folder)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def replies(questions: Questions, folder: Path) -> dict[str, Reply]:
    encoder = HashingEncoder()
    with opened(questions.benchmark, folder.parent, encoder) as (corpus, _):
        return {reply.question.id: reply for reply in ask_all(questions.asked, corpus, encoder)}


# What is read


def test_a_gold_answer_is_held_against_a_quote_only_where_one_can_give_it(
    questions: Questions,
) -> None:
    asked = {one.id: one for one in questions.asked}
    assert list(asked) == ["built", "lorries", "oak", "roof", "painted", "sunk", "toll"]
    assert asked["built"].answers == ("Marta Olsen", "Olsen")
    assert (asked["oak"].answers, asked["oak"].evidence) == ((), (OAK,))
    assert asked["roof"].answers == ()
    judgeable = {id_: one.judgeable for id_, one in asked.items()}
    assert [id_ for id_, can in judgeable.items() if not can] == ["roof"]
    assert asked["painted"].history[0] == {
        "role": "user", "content": "Who painted the lighthouse?",
    }  # fmt: skip
    assert [one.unseen for one in asked.values()] == [None] * 7  # no training reads an island


def test_a_long_answer_is_quoted_where_its_document_states_it(tmp_path: Path) -> None:
    stated = query("built", "Who?", "long", [OAK, WRITTEN])
    folder = write(tmp_path / "long", DOCUMENTS, [stated, *QUERIES[1:5]])
    assert loaded(folder).asked[0].answers == (OAK,)


def test_labels_are_no_answers(tmp_path: Path) -> None:
    rows = [query(id_, "It is so.", "SUPPORT", ["SUPPORT"]) for id_ in QRELS]
    assert load_questions(write(tmp_path / "claims", DOCUMENTS, rows)) is None


def test_a_sample_is_the_same_every_time(folder: Path, questions: Questions) -> None:
    sample = loaded(folder, limit=3)
    assert (len(sample.asked), sample.of) == (3, 7)
    assert loaded(folder, limit=3).asked == sample.asked
    everything = [one.id for one in questions.asked]
    assert [one.id for one in sample.asked] == sorted(
        {one.id for one in sample.asked}, key=everything.index
    )
    assert len(sample.benchmark.articles) == 6  # all documents are there to be found


def loaded(folder: Path, limit: int | None = None) -> Questions:
    found = load_questions(folder, limit=limit)
    assert found is not None
    return found


# What was trained on


def test_questions_of_the_articles_kept_back_are_marked(tmp_path: Path) -> None:
    titles = [str(row["title"]) for row in DOCUMENTS]
    held_out = held_out_articles("squad2", titles)
    assert len(held_out) == 3
    rows = [
        {**row, "metadata": {**row["metadata"], "about": [QRELS.get(row["_id"], "tower")]}}
        for row in QUERIES[:6]
    ]
    folder = write(tmp_path / "squad2", DOCUMENTS, rows)
    kept = {str(row["_id"]) for row in DOCUMENTS if row["title"] in held_out}
    assert set(held_out_documents(folder) or ()) == kept
    unseen = {one.id: one.unseen for one in loaded(folder).asked}
    assert unseen == {id_: QRELS.get(id_, "tower") in kept for id_ in unseen}
    assert set(unseen.values()) == {True, False}


def test_documents_that_are_pieces_of_an_article_go_with_it(tmp_path: Path) -> None:
    documents = [
        {"_id": f"{n}-{part}", "title": "", "text": f"Fact {part} of {n}.",
         "metadata": {"article_id": f"a{n}"}}
        for n in range(20) for part in (1, 2)
    ]  # fmt: skip
    folder = tmp_path / "multihop-rag"
    write(folder, documents, [query("q", "Which?", "one", ["1"])])
    (folder / "qrels" / "dev.tsv").write_text("q\td\ts\nq\t0-1\t1\n", "utf-8")
    articles = held_out_articles("multihop-rag", [f"a{n}" for n in range(20)])
    assert 0 < len(articles) < 20
    expected = {f"{a[1:]}-{part}" for a in articles for part in (1, 2)}
    assert set(held_out_documents(folder) or ()) == expected


def test_nothing_is_kept_back_from_a_reader_trained_on_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {**row, "metadata": {**row["metadata"], "about": [QRELS.get(row["_id"], "tower")]}}
        for row in QUERIES[:6]
    ]
    folder = write(tmp_path / "squad2", DOCUMENTS, rows)
    (tmp_path / "reader.json").write_text('{"everything": true}', "utf-8")
    monkeypatch.setattr(reader_model, "FOLDER", tmp_path)
    assert [one.unseen for one in loaded(folder).asked] == [False] * 6


def test_another_collection_of_the_name_is_not_known(tmp_path: Path) -> None:
    folder = write(tmp_path / "ramdocs", DOCUMENTS, QUERIES)  # no metadata.query_id
    assert [one.unseen for one in loaded(folder).asked] == [None] * 7


# What is asked


def test_the_answers_are_the_product_s(
    questions: Questions, folder: Path, replies: dict[str, Reply]
) -> None:
    encoder, least = HashingEncoder(), Calibration.load().least_confidence
    with opened(questions.benchmark, folder.parent, encoder) as (corpus, index):
        for asked in questions.asked:
            if asked.history:
                continue
            found = retrieve(asked.text, PASSAGES_READ, index, encoder, corpus)
            reading = read(found, index, corpus.article)
            reply = replies[asked.id]
            assert reply.error is None
            assert reply.confidence == reading.confidence
            assert reply.refused == (reading.confidence < least)
            if asked.answers:
                best = reading.candidates[0]
                assert reply.right == (asked.answers[0] in best.text)


def test_each_reply_is_judged_by_what_it_is_about(replies: dict[str, Reply]) -> None:
    built = replies["built"]
    assert (built.states, built.right) == (1.0, True)
    assert not built.refused
    assert built.f1 is not None
    assert built.f1 > 0
    assert replies["lorries"].right is True
    assert replies["painted"].right is True  # only with its history is the lighthouse found
    oak = replies["oak"]
    assert (oak.states, oak.exact, oak.right) == (None, None, True)
    assert oak.quotes == float(not oak.refused)
    assert (replies["roof"].right, replies["roof"].quotes) == (None, None)
    for id_ in ("sunk", "toll"):
        reply = replies[id_]
        assert (reply.right, reply.states, reply.f1, reply.without) == (False, None, None, None)


def test_without_its_document_a_question_finds_only_others(
    questions: Questions, folder: Path, replies: dict[str, Reply]
) -> None:
    for id_ in ("built", "lorries"):
        without = replies[id_].without
        assert without is not None
        assert without < replies[id_].confidence
    lorries = next(one for one in questions.asked if one.id == "lorries")
    encoder = HashingEncoder()
    with opened(questions.benchmark, folder.parent, encoder) as (corpus, _):
        watched = _Watched(corpus, encoder)
        (held,) = {a.id for a in corpus.articles() if a.text == FERRY}  # two ids, kept once
        whole, (part,) = watched.watched(lorries)
        answer, (rest,) = watched.watched(lorries, frozenset({held}))
        assert watched.watched(lorries)[0] == whole  # nothing stays left out
    articles = [hit.passage.article_id for hit in rest.hits]
    assert held in [hit.passage.article_id for hit in part.hits]
    assert held not in articles
    assert [hit.rank for hit in rest.hits] == list(range(1, len(articles) + 1))
    assert rest.best_cosine < part.best_cosine
    assert answer.confidence == replies["lorries"].without


def test_one_that_fails_does_not_lose_the_others(questions: Questions, folder: Path) -> None:
    first, second = questions.asked[:2]
    encoder = HashingEncoder()
    with opened(questions.benchmark, folder.parent, encoder) as (corpus, _):
        done = list(ask_all([replace(first, text="?!"), second], corpus, encoder, without=False))
    assert "the question has no words" in (done[0].error or "")
    assert done[1].error is None
    assert done[1].without is None
    report = AnswersReport(Questions(questions.benchmark, (first, second), 2), tuple(done))
    assert report.groups()["all"] == (done[1],)
    assert "1 failed and are in no figure" in " ".join(report.notes())


# What is reported


def reply(answerable: bool, confidence: float, **fields: Any) -> Reply:
    """A reply to a question that a quote can answer, or to one that nothing answers."""
    kind, unseen = fields.pop("kind", "a"), fields.pop("unseen", None)
    answers = ("gold",) if answerable else ()
    asked = Asked("q", "?", kind, answerable, answers, (), frozenset(), unseen)
    refused = fields.pop("refused", False)
    return Reply(asked, refused=refused, confidence=confidence, **fields)


HAND = (
    reply(True, 0.9, states=1.0, exact=1.0, f1=1.0, right=True, without=0.2, refused_without=True),
    reply(True, 0.6, states=0.0, exact=0.0, f1=0.5, right=False, without=0.7, refused_without=False,
          kind="b", unseen=True),
    reply(True, 0.3, states=0.0, exact=1.0, f1=1.0, right=True, refused=True),
    reply(False, 0.5, right=False, kind="n"),
    reply(False, 0.1, right=False, refused=True, kind="n", unseen=True),
)  # fmt: skip


def test_figures_by_hand() -> None:
    figures = figures_of(HAND)
    expected = {
        "states a gold answer, of answerable": (3, 1 / 3),
        "states a gold answer, of answered": (2, 1 / 2),
        "short answer, exact": (3, 2 / 3),
        "short answer, F1": (3, 2.5 / 3),
        "SQuAD 2.0 exact, of all": (5, (1 + 0 + 0 + 0 + 1) / 5),
        "SQuAD 2.0 F1, of all": (5, (1 + 0.5 + 0 + 0 + 1) / 5),
        "refused, of answerable": (3, 1 / 3),
        "refused, of a": (2, 1 / 2),
        "refused, of b": (1, 0),
        "refused, of unanswerable": (2, 1 / 2),
        "refused, of article left out": (2, 1 / 2),
        "AUROC, answerable / unanswerable": (5, 5 / 6),
        "AUROC, article there / left out": (2, 3 / 4),
        "Brier score": (5, (0.01 + 0.36 + 0.49 + 0.25 + 0.01) / 5),
        "area under risk-coverage": (5, (0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5),
        "right, of the surest 80 %": (5, 1 / 2),
    }
    for name, (n, value) in expected.items():
        assert figures[name].n == n, name
        assert figures[name].value == pytest.approx(value), name
    assert "refused, of n" not in figures  # the only kind of its side
    assert figures["quotes evidence, of answerable"] == Figure(n=0)


def test_where_most_cannot_be_judged_the_confidence_is_not() -> None:
    unclear = [replace(one, question=replace(one.question, answers=()), right=None)
               for one in HAND[:2]]  # fmt: skip
    assert confidences_of(HAND).unjudged == 0
    assert confidences_of([*HAND, unclear[0]]).unjudged == 1
    assert confidences_of([*unclear, *HAND[2:]]).judgements == ()


def test_those_not_trained_on_stand_beside_all() -> None:
    benchmark = Benchmark("hand", "dev", ("dev",), (), (), 0, 0, 0, 0, "")
    asked = Questions(benchmark, tuple(one.question for one in HAND), 9)
    report = AnswersReport(asked, HAND)
    assert report.groups()["not trained on"] == (HAND[1], HAND[4])
    text = printed(report)
    assert "not trained on" in text
    row = next(line for line in text.splitlines() if "refused, of unanswerable" in line)
    assert row.split() == [
        "refused,", "of", "unanswerable", "0.500", "(0.000–1.000)", "2",
        "1.000", "(1.000–1.000)", "1",
    ]  # fmt: skip
    assert "Reliability of the confidence" in text
    assert "A sample of 5 of 9 questions" in text


def printed(report: AnswersReport) -> str:
    console = Console(file=StringIO(), width=110, color_system=None)
    for table in report.tables():
        console.print(table)
    for note in report.notes():
        console.print(note)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


# The command


def test_the_command_asks_where_answers_are_stated(
    folder: Path, tmp_path: Path, data_dir: Path
) -> None:
    file = tmp_path / "figures.json"
    arguments = ["bench", str(folder), "--data-dir", str(data_dir), "--no-reader", "--limit", "4",
                 "--json", str(file)]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "Answers to 4 questions" in result.stdout
    assert result.stdout.index("dense − lexical") < result.stdout.index("Answers to 4")
    told = json.loads(file.read_text("utf-8"))["answers"]
    assert told["schema"] == "footnote/answers/1"
    assert (told["questions"], told["of"], len(told["replies"])) == (4, 7, 4)
    assert "Olsen" not in json.dumps(told)

    result = CliRunner().invoke(app, [*arguments, "--no-answers"])
    assert "Answers to" not in result.stdout
    assert "answers" not in json.loads(file.read_text("utf-8"))


def test_a_folder_for_retrieval_only_is_not_asked(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(folder, bare)
    rows = [{"_id": row["_id"], "text": row["text"]} for row in QUERIES]
    (bare / "queries.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    assert load_benchmark(bare).queries
    assert load_questions(bare) is None
