"""Questions go out and come back as far as a format can hold them; what it cannot is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from assistant.answers import Answer
from embeddings.records import Article
from eval.__main__ import app
from eval.answering import load_questions
from eval.articles import read_articles
from eval.beir import load_benchmark
from eval.formats import FormatError, Imported, beir, promptfoo, ragas, row_of, squad
from eval.formats.documents import as_read, filed, loadable, standing
from eval.questions import Question, load
from eval.report import Report
from eval.run import Record, judge

ROOT = Path(__file__).parents[2]
RUNNER = CliRunner()
TEXT = "The bridge at Arle opened in 1932. It is 40 metres long.\n\nAda Roe opened it."
ARTICLES = {
    "a.txt": Article("a.txt", TEXT, title="The bridge"),
    "b.txt": Article("b.txt", "Opened in 1932, the bridge was sold in 1950."),
}
ROWS: list[dict[str, Any]] = [
    {
        "id": "opened", "kind": "date", "question": "When did the bridge open?",
        "answerable": True, "facts": [["1932", "the year 1932"]],
        "evidence": [{"article_id": "a.txt", "quote": TEXT[:34],
                      "also": [{"article_id": "b.txt", "quote": "Opened in 1932"}]}],
    },
    {
        "id": "both", "kind": "list", "question": "Who opened it, and how long is it?",
        "answerable": True, "facts": [["Ada Roe"], ["40 metres"]],
        "evidence": [{"article_id": "a.txt", "quote": "Ada Roe opened it."},
                     {"article_id": "a.txt", "quote": "It is 40 metres long."}],
        "note": "two facts",
    },
    {
        "id": "then", "kind": "follow_up", "question": "And sold?", "answerable": True,
        "history": [{"role": "user", "content": "When did {{ it }} open?"}],
        "facts": [["1950"]], "evidence": [{"article_id": "b.txt", "quote": "sold in 1950"}],
    },
    {
        "id": "cost", "kind": "unanswerable", "question": "What did it cost?", "answerable": False,
        "about": "a.txt", "why": "No sum is named.", "synthetic": True,
    },
    {
        "id": "moon", "kind": "unanswerable", "question": "How far is the moon?",
        "answerable": False, "about": None, "why": "Nothing is like it.",
    },
]  # fmt: skip


def loaded(folder: Path, rows: Any) -> tuple[Question, ...]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return load([path])


@pytest.fixture
def mine(tmp_path: Path) -> tuple[Question, ...]:
    return loaded(tmp_path, ROWS)


def put(folder: Path, files: Any) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def reasons(made: Any) -> dict[str, str]:
    return {one.id: one.reason for one in made.left_out}


def test_a_row_reads_as_the_question_it_was_made_of(mine: tuple[Question, ...]) -> None:
    assert [row_of(question) for question in mine] == ROWS


def test_beir_brings_everything_back_and_the_benchmark_takes_it(
    mine: tuple[Question, ...], tmp_path: Path
) -> None:
    made = beir.exported(mine, ARTICLES)
    assert made.left_out == ()
    folder = put(tmp_path / "beir", made.files)
    back = beir.imported(folder)
    assert list(back.rows) == ROWS
    assert back.documents == {a.id: a.text for a in ARTICLES.values()}
    benchmark = load_benchmark(folder)
    assert {q.id: dict(q.relevance) for q in benchmark.queries} == {
        "opened": {"a.txt": 1, "b.txt": 1}, "both": {"a.txt": 1}, "then": {"b.txt": 1},
    }  # fmt: skip
    assert [article.title for article in benchmark.articles] == ["The bridge", None]
    asked = load_questions(folder)
    assert asked is not None
    by_id = {one.id: one for one in asked.asked}
    assert by_id["opened"].answers == ("1932", "the year 1932")
    assert by_id["both"].evidence == ("Ada Roe opened it.", "It is 40 metres long.")
    assert [one.id for one in asked.asked if not one.answerable] == ["cost", "moon"]
    assert by_id["then"].history[0]["content"] == "When did {{ it }} open?"


SEPARATED = "The bridge at Arle\u2028opened in 1932.\x85It is 40 metres long."
"""With line ends that are none in JSON Lines."""


def test_a_line_of_a_file_ends_at_a_line_end_only(tmp_path: Path) -> None:
    articles = {"a.txt": Article("a.txt", SEPARATED)}
    question = "When did the\u2028bridge open?"
    row = {**ROWS[0], "question": question, "facts": [["1932"]],
           "evidence": [{"article_id": "a.txt", "quote": SEPARATED[:34]}]}  # fmt: skip
    mine = loaded(tmp_path, [row])
    folder = put(tmp_path / "beir", beir.exported(mine, articles).files)
    assert list(beir.imported(folder).rows) == [row]
    folder = put(tmp_path / "ragas", ragas.exported(mine, articles).files)
    (back,) = ragas.imported(folder / "ragas.jsonl", articles).rows
    assert back["question"] == question


def test_files_that_begin_with_a_byte_order_mark_are_read(
    mine: tuple[Question, ...], tmp_path: Path
) -> None:
    files = beir.exported(mine, ARTICLES).files
    folder = put(tmp_path / "beir", {name: f"\ufeff{text}" for name, text in files.items()})
    assert list(beir.imported(folder).rows) == ROWS
    asked = load_questions(folder)
    assert asked is not None
    assert len(asked.asked) == len(ROWS)
    (text,) = ragas.exported(mine[:1], ARTICLES).files.values()
    (tmp_path / "ragas.jsonl").write_text(f"\ufeff{text}", "utf-8")
    assert ragas.imported(tmp_path / "ragas.jsonl", ARTICLES).rows
    (text,) = squad.exported(mine[:1], ARTICLES).files.values()
    (tmp_path / "squad.json").write_text(f"\ufeff{text}", "utf-8")
    assert squad.imported(tmp_path / "squad.json").rows


def test_what_no_question_can_be_made_of_is_left_out_and_the_others_are_taken() -> None:
    rows = (ROWS[0], {**ROWS[1], "question": " "}, {**ROWS[0], "question": "Twice?"},
            {"question": "Who?"}, {**ROWS[3], "question": "Half \ud83d?"})  # fmt: skip
    made = loadable(Imported(rows))
    assert made.rows == (ROWS[0],)
    assert [(one.id, one.reason) for one in made.left_out] == [
        ("both", "`question` must be a string that is not empty"),
        ("opened", "another question has its id"),
        ("None", "`answerable` must be true or false"),
        ("cost", "a text holds half a character (\\ud800 to \\udfff)"),
    ]


def test_beir_of_others_may_write_one_answer_alone(tmp_path: Path) -> None:
    queries = [
        {"_id": str(number), "text": "When?", "metadata": {"answerable": True, "answers": answers}}
        for number, answers in enumerate(("1932", ["1932"]), start=1)
    ]
    folder = put(tmp_path / "beir", {
        "corpus.jsonl": json.dumps({"_id": "d", "text": TEXT}),
        "queries.jsonl": "\n".join(map(json.dumps, queries)),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\n1\td\t1\n2\td\t1\n",
    })  # fmt: skip
    back = beir.imported(folder)
    assert [row["id"] for row in back.rows] == ["2"]
    assert reasons(back) == {"1": "it does not say what the answer is"}


def test_beir_of_others_is_taken_where_it_states_answers(tmp_path: Path) -> None:
    queries = [
        {"_id": "1", "text": "When?", "metadata": {"answerable": True, "answers": ["1932"]}},
        {"_id": "2", "text": "Why?", "metadata": {"answerable": False, "about": ["d 1"]}},
        {"_id": "3", "text": "Who?"},
        {"_id": "4", "text": "What?", "metadata": {"answerable": True, "answers": ["a tunnel"]}},
    ]
    folder = put(tmp_path / "beir", {
        "corpus.jsonl": json.dumps({"_id": "d 1", "text": TEXT}),
        "queries.jsonl": "\n".join(map(json.dumps, queries)),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\n1\td 1\t1\n4\td 1\t1\n",
    })  # fmt: skip
    back = beir.imported(folder)
    assert reasons(back) == {
        "3": "it does not say what the answer is",
        "4": "no article given states 'a tunnel' in so many words",
    }
    made, files = filed(back)
    assert files == {"d-1.txt": TEXT}
    when, why = loaded(tmp_path, made.rows)
    assert (when.kind, when.facts) == ("date", (("1932",),))
    assert when.evidence[0].places[0].quote == TEXT[:34]
    assert why.about == "d-1.txt"
    (folder / "queries.jsonl").write_text('{"_id": "1", "text": "When?"}', "utf-8")
    (folder / "qrels" / "test.tsv").write_text("q\tc\ts\n1\td 1\t1\n", "utf-8")
    with pytest.raises(FormatError, match="python -m eval bench"):
        beir.imported(folder)


def test_squad_keeps_what_is_one_span_in_one_context(
    mine: tuple[Question, ...], tmp_path: Path
) -> None:
    made = squad.exported(mine, ARTICLES)
    assert reasons(made) == {
        "both": "it needs several facts or places; an answer of SQuAD is one span",
        "then": "it leans on the conversation before it",
        "moon": "it is about no article, and SQuAD asks of one",
    }
    document = json.loads(made.files["squad.json"])
    assert document["version"] == "v2.0"
    (entry,) = document["data"]
    (paragraph,) = entry["paragraphs"]
    opened, cost = paragraph["qas"]
    (answer,) = opened["answers"]
    start = answer["answer_start"]
    assert paragraph["context"][start : start + len(answer["text"])] == answer["text"] == "1932"
    assert (opened["is_impossible"], cost["is_impossible"], cost["answers"]) == (False, True, [])
    back = squad.imported(put(tmp_path / "squad", made.files) / "squad.json")
    one, other = loaded(tmp_path, back.rows)
    assert (one.id, one.kind, one.facts) == ("opened", "date", (("1932",),))
    assert one.evidence[0].places == mine[0].evidence[0].places[:1]
    assert (other.id, other.answerable, other.about) == ("cost", False, "a.txt")


def test_squad_of_others_with_several_contexts_of_one_title(tmp_path: Path) -> None:
    def qa(id: str, text: str, start: int) -> dict[str, Any]:
        answers = [{"text": text, "answer_start": start}, {"text": text, "answer_start": start}]
        return {"id": id, "question": "What?", "answers": answers}

    first, second = "Arle has 40 homes.", "Senn is new. It has 70 homes. Nobody knows."
    paragraphs = [
        {"context": first, "qas": [qa("1", "40", 9)]},
        {"context": second, "qas": [qa("2", "70 homes", 20), qa("3", "70", 3)]},
    ]
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"data": [{"title": "My/Places", "paragraphs": paragraphs}]}))
    made, files = filed(squad.imported(path))
    assert files == {"My-Places.txt": f"{first}\n\n{second}"}
    sound = standing(made, as_read(files))
    one, two = loaded(tmp_path, sound.rows)
    assert one.evidence[0].places[0].quote == first
    assert (two.facts, two.evidence[0].places[0].quote) == ((("70 homes",),), "It has 70 homes.")
    assert reasons(sound) == {"3": "its context does not have '70' at 3"}
    path.write_text("[]")
    with pytest.raises(FormatError, match="not in the format of SQuAD"):
        squad.imported(path)


def test_documents_of_one_name_get_two_and_altered_ones_lose_their_questions() -> None:
    mark = "\ufeff"
    row = {**ROWS[0], "evidence": [{"article_id": "x y", "quote": mark + TEXT[:34]}]}
    made = Imported((row,), {"x y": mark + TEXT, "x/y": TEXT})
    renamed, files = filed(made)
    assert list(files) == ["x-y.txt", "x-y-2.txt"]
    assert renamed.rows[0]["evidence"][0]["article_id"] == "x-y.txt"
    kept = standing(renamed, as_read(files))  # no reader keeps a byte-order mark
    assert kept.rows == ()
    assert reasons(kept) == {"opened": "its quote does not stand in 'x-y.txt'"}


def test_ragas_of_questions_has_the_fields_of_a_single_turn_sample(
    mine: tuple[Question, ...], tmp_path: Path
) -> None:
    made = ragas.exported(mine, ARTICLES)
    assert list(reasons(made)) == ["then"]
    samples = [json.loads(line) for line in made.files["ragas.jsonl"].splitlines()]
    assert samples[1] == {
        "user_input": "Who opened it, and how long is it?",
        "reference": "Ada Roe opened it. It is 40 metres long.",
        "reference_contexts": ["Ada Roe opened it.", "It is 40 metres long."],
        "reference_context_ids": ["a.txt", "a.txt"],
    }
    assert samples[2] == {"user_input": "What did it cost?", "reference": ragas.REFUSAL}
    back = ragas.imported(put(tmp_path, made.files) / "ragas.jsonl", ARTICLES)
    one, cost, moon = loaded(tmp_path, back.rows)
    assert one.facts == ((TEXT[:34],),)
    assert not cost.answerable
    assert not moon.answerable
    assert list(reasons(back)) == ["ragas-2"]  # its two sentences are not one after the other


def test_ragas_of_others_is_taken_where_the_reference_stands_in_an_article(tmp_path: Path) -> None:
    lines = [
        {"user_input": "When?", "reference": "1932", "reference_context_ids": ["b.txt"]},
        {"user_input": "When?", "reference": "It was opened in the thirties."},
        {"user_input": [{"content": "Hi", "type": "human"}], "reference": "1932"},
    ]
    path = tmp_path / "r.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    back = ragas.imported(path, ARTICLES)
    (question,) = loaded(tmp_path, back.rows)
    assert question.evidence[0].places[0].article_id == "b.txt"
    assert list(reasons(back)) == ["ragas-2", "ragas-3"]


def test_ragas_of_a_run_has_our_answers_and_what_was_retrieved(
    mine: tuple[Question, ...],
    tmp_path: Path,
    fake: Callable[..., Any],
    articles: dict[str, Article],
) -> None:
    assistant = fake()
    asked = load([ROOT / "eval" / "questions" / "development.jsonl"])[:2]
    records: list[Record] = []
    for one in asked:
        answer: Answer = assistant.ask(one.question)
        records.append(judge(one, answer, assistant.retrieve(one.question), (), assistant))
    (tmp_path / "latest.json").write_text(json.dumps(Report(tuple(records)).to_dict()), "utf-8")
    made = ragas.exported((*asked, mine[0]), articles, ragas.read_run(tmp_path))
    assert reasons(made) == {"opened": "the run has no answer to it"}
    first, _ = (json.loads(line) for line in made.files["ragas.jsonl"].splitlines())
    quote = asked[0].evidence[0].places[0]
    assert first["response"] == quote.quote
    assert first["retrieved_contexts"][0] == quote.quote
    assert first["retrieved_context_ids"][0] == quote.article_id
    assert first["user_input"] == asked[0].question


def test_promptfoo_brings_everything_back(mine: tuple[Question, ...], tmp_path: Path) -> None:
    made = promptfoo.exported(mine, Path("articles"))
    folder = put(tmp_path / "promptfoo", made.files)
    tests = yaml.safe_load(made.files["tests.yaml"])
    assert tests[1]["assert"] == [
        {"type": "icontains-any", "value": ["Ada Roe"]},
        {"type": "icontains-any", "value": ["40 metres"]},
    ]
    assert tests[3]["assert"] == [{"type": "javascript", "value": promptfoo.REFUSED}]
    said = "{% raw %}When did {{ it }} open?{% endraw %}"  # everything is a template there
    assert tests[2]["vars"]["history"] == [{"role": "user", "content": said}]
    config = yaml.safe_load(made.files["promptfooconfig.yaml"])
    assert config["tests"] == "file://tests.yaml"
    assert (folder / config["providers"][0]["id"].removeprefix("file://")).is_file()
    assert list(promptfoo.imported(folder / "tests.yaml", {}).rows) == ROWS


def test_promptfoo_is_told_of_both_apostrophes(mine: tuple[Question, ...]) -> None:
    """It compares letter by letter; found by running it, where an article had the other one."""
    one = replace(mine[0], facts=(("Roe's bridge", "1932"),))
    (test,) = yaml.safe_load(promptfoo.exported([one], None).files["tests.yaml"])
    assert test["assert"][0]["value"] == ["Roe's bridge", "1932", "Roe’s bridge"]


def test_promptfoo_of_others_may_name_files_where_words_could_stand(tmp_path: Path) -> None:
    check = {"type": "icontains", "value": "1932"}
    tests = [
        {"vars": "file://vars.yaml", "assert": [check], "description": "elsewhere"},
        {"vars": {"question": "When?"}, "assert": ["file://check.js", check], "metadata": "x"},
        {"vars": {"question": "When?"}, "assert": "file://checks.yaml", "description": "unseen"},
    ]
    path = tmp_path / "tests.yaml"
    path.write_text(yaml.safe_dump(tests), "utf-8")
    back = promptfoo.imported(path, ARTICLES)
    assert [row["facts"] for row in back.rows] == [[["1932"]]]
    assert reasons(back) == {
        "elsewhere": "it has no var 'question' of one text; name another with --var",
        "unseen": "it asserts no words of the answer",
    }


def test_promptfoo_of_others_is_taken_where_words_are_asserted(tmp_path: Path) -> None:
    def case(question: str, **check: Any) -> dict[str, Any]:
        return {"vars": {"q": question}, "assert": [check], "description": question}

    tests = [
        case("When?", type="icontains", value=1932),
        case("Who, how long?", type="contains-all", value=["Ada Roe", "40 metres"]),
        case("Cost?", type="is-refusal"),
        case("Nice?", type="llm-rubric", value="is polite"),
        {"vars": {"other": "x"}, "description": "none"},
    ]
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(yaml.safe_dump({"prompts": ["{{q}}"], "tests": tests}), "utf-8")
    back = promptfoo.imported(path, ARTICLES, "q")
    when, who, cost = loaded(tmp_path, back.rows)
    assert (when.facts, who.facts) == ((("1932",),), (("Ada Roe",), ("40 metres",)))
    assert len(who.evidence) == 2
    assert not cost.answerable
    assert reasons(back) == {
        "Nice?": "it asserts no words of the answer",
        "none": "it has no var 'q' of one text; name another with --var",
    }
    path.write_text("tests: file://tests.yaml", "utf-8")
    with pytest.raises(FormatError, match=r"its tests are in file://tests\.yaml; name that file"):
        promptfoo.imported(path, ARTICLES)


def test_the_provider_answers_as_promptfoo_asks(
    monkeypatch: pytest.MonkeyPatch, fake: Callable[..., Any]
) -> None:
    spec = util.spec_from_file_location("provider_under_test", promptfoo.PROVIDER)
    assert spec is not None
    assert spec.loader is not None
    provider = util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "provider_under_test", provider)
    spec.loader.exec_module(provider)

    monkeypatch.setattr(provider, "_opened", lambda articles: fake())
    context = {"vars": {"question": "Who is the king of Norland?"}}
    made = provider.call_api("Who is the king of Norland?", {"config": {}}, context)
    assert made["output"] == "The articles do not say."
    assert made["metadata"]["refusal"] == "not_stated"
    monkeypatch.setattr(provider, "_opened", lambda articles: fake("fails"))
    assert provider.call_api("Who?", {}, {})["error"] == "the index is gone"


def test_squad_is_given_no_place_of_a_quote_that_its_article_does_not_have(
    mine: tuple[Question, ...],
) -> None:
    changed = {**ARTICLES, "a.txt": Article("a.txt", "A bridge. In 1932 it opened.")}
    made = squad.exported(mine, changed)
    assert reasons(made)["opened"] == "its quote does not stand in 'a.txt'"
    assert "1932" not in json.loads(made.files["squad.json"])["data"][0]["paragraphs"][0]["qas"]


def test_an_import_writes_all_or_nothing_with_the_rights_of_any_new_file(
    mine: tuple[Question, ...], tmp_path: Path
) -> None:
    source = put(tmp_path, squad.exported(mine, ARTICLES).files) / "squad.json"
    out, documents = tmp_path / "new.jsonl", tmp_path / "documents"
    put(documents, {"a.txt": "Mine."})
    arguments = ["import", "squad", str(source), "--out", str(out), "--articles-out"]
    refused = RUNNER.invoke(app, [*arguments, str(documents)])
    assert (refused.exit_code, f"{documents / 'a.txt'} is there" in refused.stderr) == (2, True)
    assert not out.exists()
    result = RUNNER.invoke(app, [*arguments, str(tmp_path / "other")])
    assert result.exit_code == 0, result.output
    usual = source.stat().st_mode
    assert out.stat().st_mode == (tmp_path / "other" / "a.txt").stat().st_mode == usual


def test_the_commands_tell_what_is_left_out_and_replace_nothing(tmp_path: Path) -> None:
    folder = put(tmp_path / "articles", {name: a.text for name, a in ARTICLES.items()})
    loaded(tmp_path, ROWS)
    rows = str(tmp_path / "rows.jsonl")
    out, back = str(tmp_path / "out"), tmp_path / "back.jsonl"
    arguments = ["export", "squad", "--questions", rows, "--articles", str(folder), "--out", out]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "2 of 5 questions written" in result.stdout
    assert "Left out, it leans on the conversation before it: then" in result.stdout
    assert RUNNER.invoke(app, arguments).exit_code == 2
    documents = tmp_path / "documents"
    source = ["import", "squad", f"{out}/squad.json", "--out", str(back)]
    assert RUNNER.invoke(app, source).exit_code == 2  # neither --articles nor --articles-out
    result = RUNNER.invoke(app, [*source, "--articles-out", str(documents)])
    assert result.exit_code == 0, result.output
    assert "1 articles written" in result.stdout
    checked = RUNNER.invoke(app, ["check", str(back), "--articles", str(documents), "--strict"])
    assert checked.exit_code == 0, checked.output
    result = RUNNER.invoke(app, ["import", "ragas", rows, "--out", str(tmp_path / "r.jsonl")])
    assert (result.exit_code, "name the folder of them" in result.stderr) == (2, True)


def test_the_committed_questions_go_out_and_come_back(tmp_path: Path) -> None:
    questions = load([ROOT / "eval" / "questions" / "development.jsonl"])
    articles = read_articles(ROOT / "seeds")
    made = squad.exported(questions, articles)
    back = standing(
        squad.imported(put(tmp_path, made.files) / "squad.json"),
        {article.id: article.text for article in articles.values()},
    )
    assert len(back.rows) == len(questions) - len(made.left_out) > 150
    assert back.left_out == ()
    known = {question.id: question for question in questions}
    for one in loaded(tmp_path, back.rows):
        assert one.question == known[one.id].question
        assert one.answerable == known[one.id].answerable
