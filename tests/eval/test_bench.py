"""`python -m eval bench`: the folder, the stages, the figures, and what is said of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from math import log2
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from typer.testing import CliRunner

from assistant.reading.reader import read
from assistant.retrieval.retriever import DEPTH, retrieve
from embeddings.errors import ReadError
from embeddings.passages import split_and_encode
from eval import bench
from eval.__main__ import app
from eval.beir import Benchmark, Query, load_benchmark
from eval.bench import STAGES, Ranking, opened, rank, score
from eval.bench_command import measure
from eval.bench_report import BenchReport
from eval.published import PUBLISHED, load_published
from tests.fakes import HashingEncoder

FERRY = "The ferry carried forty lorries to the island."
DOCUMENTS: tuple[Mapping[str, Any], ...] = (
    {"_id": "bridge", "title": "A bridge", "text": "The bridge cost nine million crowns."},
    {"_id": "ferry", "title": "A ferry", "text": FERRY, "metadata": {"year": 1990}},
    {"_id": "empty", "title": "A title without a text", "text": " \n"},
    {"_id": "tower", "title": "", "text": "Mara Lindqvist painted the lighthouse red in 1931."},
    {"_id": "again", "title": "Another ferry", "text": FERRY},
    {
        "_id": "long",
        "title": "A chronicle",
        "text": "\n\n".join(
            [*(f"In year {n} the village counted sheep, goats and geese. " * 9 for n in range(9)),
             "At last the harbour froze."]
        ),
    },
)  # fmt: skip
QUERIES: tuple[Mapping[str, Any], ...] = (
    {"_id": "cost", "text": "What did the bridge cost?"},
    {"_id": "unjudged", "text": "Is anybody there?"},
    {"_id": "painted", "text": "Who painted the lighthouse?"},
    {"_id": "lorries", "text": "How many lorries did the ferry carry?"},
    {"_id": "frozen", "text": "When did the harbour freeze?"},
    {"_id": "nothing", "text": "Where is the airport?"},
)
QRELS = (
    ("cost", "bridge", 1),
    ("cost", "ferry", 0),
    ("painted", "tower", 2),
    ("painted", "empty", 1),
    ("lorries", "ferry", 1),
    ("lorries", "again", 1),
    ("frozen", "long", 1),
    ("nothing", "tower", 0),
)
QUIET = Console(file=StringIO())

Rankings = dict[str, dict[str, tuple[str, ...]]]
"""Stage → query → documents, best first."""


def write(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def write_qrels(folder: Path, split: str, rows: Sequence[tuple[str, str, int]] = QRELS) -> None:
    (folder / "qrels").mkdir(exist_ok=True)
    lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in rows)]
    (folder / "qrels" / f"{split}.tsv").write_text("\n".join(lines) + "\n", "utf-8")


def village(parent: Path) -> Path:
    """A folder in BEIR layout: one split, one empty document, one text that is there twice."""
    made = parent / "village"
    made.mkdir()
    write(made, "corpus.jsonl", DOCUMENTS)
    write(made, "queries.jsonl", QUERIES)
    write_qrels(made, "dev")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return village(tmp_path)


def test_what_a_documents_metadata_state_is_kept(tmp_path: Path) -> None:
    stated = {
        "author": "Mara Lindqvist",
        "source": "The Island Post",
        "published_at": "2024-05-06T08",
    }
    rows: list[dict[str, Any]] = [
        {"_id": "a", "text": "Snow.", "metadata": stated},
        {"_id": "b", "text": "Rain.", "metadata": {"author": 7, "published_at": "spring"}},
        {"_id": "c", "text": "Hail.", "metadata": "none"},
    ]
    write(tmp_path, "corpus.jsonl", rows)
    write(tmp_path, "queries.jsonl", [{"_id": "q", "text": "Snow?"}])
    write_qrels(tmp_path, "test", [("q", "a", 1)])
    articles = load_benchmark(tmp_path).articles
    assert [(a.author, a.date) for a in articles] == [
        ("Mara Lindqvist, The Island Post", "2024-05-06"),
        (None, None),
        (None, None),
    ]


@pytest.fixture(scope="module")
def rankings(tmp_path_factory: pytest.TempPathFactory) -> Rankings:
    """What every stage finds, by the hashing encoder."""
    parent = tmp_path_factory.mktemp("rankings")
    encoder, benchmark = HashingEncoder(), load_benchmark(village(parent))
    found: Rankings = {stage: {} for stage in STAGES}
    with opened(benchmark, parent, encoder) as (corpus, index):
        for own in rank(benchmark, corpus, index, encoder, depth=5):
            assert [ranking.stage for ranking in own] == list(STAGES)
            for ranking in own:
                assert ranking.latency_ms > 0
                found[ranking.stage][ranking.query] = ranking.documents
    return found


# The folder


def test_a_folder_is_read(folder: Path) -> None:
    benchmark = load_benchmark(folder)
    assert (benchmark.name, benchmark.split) == ("village", "dev")
    assert [a.id for a in benchmark.articles] == ["bridge", "ferry", "tower", "again", "long"]
    assert benchmark.articles[1].text == FERRY
    assert benchmark.articles[1].title == "A ferry"
    assert benchmark.articles[2].title is None
    assert [query.id for query in benchmark.queries] == ["cost", "painted", "lorries", "frozen"]
    assert benchmark.queries[1].relevance == {"tower": 2, "empty": 1}
    assert (benchmark.judged, benchmark.unjudged) == (4, 1)
    assert (benchmark.empty, benchmark.missing) == (1, 1)


def test_the_split_is_the_one_named_or_test_dev_train(folder: Path) -> None:
    write_qrels(folder, "train", QRELS[:1])
    assert load_benchmark(folder).split == "dev"
    write_qrels(folder, "test", QRELS[:1])
    assert load_benchmark(folder).split == "test"
    assert load_benchmark(folder, "train").split == "train"
    assert load_benchmark(folder, "train").splits == ("dev", "test", "train")


def test_a_limit_is_a_sample_that_stays_the_same(folder: Path) -> None:
    some = load_benchmark(folder, limit=2)
    assert len(some.queries) == 2
    assert some.judged == 4
    assert some == load_benchmark(folder, limit=2)
    assert load_benchmark(folder, limit=99) == load_benchmark(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", None, "village: not in BEIR layout, no corpus.jsonl; it needs"),
        ("queries.jsonl", None, "village: not in BEIR layout, no queries.jsonl; it needs"),
        ("qrels/dev.tsv", None, "village: not in BEIR layout, no qrels/*.tsv; it needs"),
        ("corpus.jsonl", b'{"_id": "a", "text": "b"}\n{"_id', "corpus.jsonl:2: not JSON in UTF-8"),
        ("corpus.jsonl", b'{"_id": "a", "text": "\xff"}', "corpus.jsonl:1: not JSON in UTF-8"),
        ("corpus.jsonl", b"\n[1]", "corpus.jsonl:2: not a JSON object"),
        ("corpus.jsonl", b'{"text": "b"}', "corpus.jsonl:1: no _id; it has to be a text"),
        ("corpus.jsonl", b'{"_id": "a"}', "corpus.jsonl:1: no text; it has to be a text"),
        ("corpus.jsonl", b'{"_id": "a", "text": 7}', "corpus.jsonl:1: 7 as text; it has to be"),
        ("corpus.jsonl", b'{"_id": "a", "text": "\\ud800"}', "corpus.jsonl:1: text holds half a"),
        ("corpus.jsonl", b'{"_id": "a", "text": ""}', "corpus.jsonl: no document has a text"),
        (
            "queries.jsonl",
            b'{"_id": 1, "text": "b"}\n{"_id": "1", "text": "c"}',
            "queries.jsonl:2: _id '1' stands in line 1 too",
        ),
        ("queries.jsonl", b'{"_id": "cost", "text": ""}', "dev.tsv:4: query 'painted' is not in"),
        ("qrels/dev.tsv", b"cost\tbridge\t1\n", "dev.tsv:1: no header line; it has to be query-id"),
        ("qrels/dev.tsv", b"q\td\ts\ncost 0 bridge 1", "dev.tsv:2: 1 columns between tabs; it"),
        ("qrels/dev.tsv", b"q\td\ts\ncost\tbridge\thigh", "dev.tsv:2: score 'high' is not a whole"),
        ("qrels/dev.tsv", b"q\td\ts\nwho\tbridge\t1", "dev.tsv:2: query 'who' is not in"),
        ("qrels/dev.tsv", b"q\td\ts\ncost\tbridge\t0", "dev.tsv: no query has a relevant document"),
    ],
)
def test_what_is_not_beir_is_named_with_its_place(
    name: str, content: bytes | None, message: str, folder: Path
) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(ReadError) as caught:
        load_benchmark(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_split_that_is_not_there_is_named_with_those_that_are(folder: Path) -> None:
    with pytest.raises(ReadError, match="no such folder; name one with corpus"):
        load_benchmark(folder / "nowhere")
    with pytest.raises(ReadError, match=r"no qrels/test\.tsv; --split can be dev"):
        load_benchmark(folder, "test")
    (folder / "qrels" / "dev.tsv").rename(folder / "qrels" / "a.tsv")
    write_qrels(folder, "b")
    with pytest.raises(ReadError, match="has the splits a, b; name one with --split"):
        load_benchmark(folder)


# The stages


def test_lexical_ranks_what_shares_words(rankings: Rankings) -> None:
    lexical = rankings["lexical"]
    assert lexical["cost"] == ("bridge",)
    assert lexical["painted"] == ("tower",)
    assert lexical["frozen"] == ("long",)  # once, though several of its passages are searched


def test_equal_texts_stand_together(rankings: Rankings) -> None:
    assert rankings["lexical"]["lorries"] == ("again", "ferry")
    assert set(rankings["fused"]["lorries"][:2]) == {"again", "ferry"}


def test_dense_ranks_a_document_by_its_best_passage(folder: Path, rankings: Rankings) -> None:
    benchmark, encoder = load_benchmark(folder), HashingEncoder()
    articles = [article for article in benchmark.articles if article.id != "again"]
    made = split_and_encode(articles, encoder)
    assert len(made[-1][0]) > 2
    for query in benchmark.queries:
        vector = encoder.encode([query.text])[0]
        cosines = [float((vectors @ vector).max()) for _, vectors in made]
        best = [articles[n].id for n in np.argsort(cosines)[::-1]]
        assert [doc for doc in rankings["dense"][query.id] if doc != "again"] == best


def test_fused_and_reader_are_the_product(folder: Path, tmp_path: Path, rankings: Rankings) -> None:
    benchmark, encoder = load_benchmark(folder), HashingEncoder()
    with opened(benchmark, tmp_path, encoder) as (corpus, index):
        for query in benchmark.queries:
            retrieved = retrieve(query.text, DEPTH, index, encoder, corpus)
            hits = dict.fromkeys(hit.passage.article_id for hit in retrieved.hits)
            assert first_names(rankings["fused"][query.id]) == list(hits)
            reading = read(retrieved, index, corpus.article)
            best = dict.fromkeys(candidate.article_id for candidate in reading.candidates)
            expected = list(dict.fromkeys([*best, *hits]))
            assert first_names(rankings["reader"][query.id]) == expected
    assert rankings["reader"]["painted"][0] == "tower"


def test_a_deep_recall_fills_up_below_the_product(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    rows = [
        {"_id": f"d{n}", "text": f"The mill number {n} grinds {n * 7} sacks."} for n in range(90)
    ]
    write(folder, "corpus.jsonl", rows)
    write(folder, "queries.jsonl", [{"_id": "q", "text": "How many sacks does a mill grind?"}])
    write_qrels(folder, "test", [("q", "d7", 1)])
    benchmark, encoder = load_benchmark(folder), HashingEncoder()
    with opened(benchmark, tmp_path, encoder) as (corpus, index):
        (own,) = rank(benchmark, corpus, index, encoder, depth=80, reader=False)
        hits = retrieve(benchmark.queries[0].text, DEPTH, index, encoder, corpus).hits
    assert [ranking.stage for ranking in own] == ["lexical", "dense", "fused"]
    fused = own[-1].documents
    assert list(fused[: len(hits)]) == [hit.passage.article_id for hit in hits]
    assert len(hits) == DEPTH
    assert len(fused) == len(set(fused)) == 90


def first_names(documents: Sequence[str]) -> list[str]:
    """The ids by which the corpus knows them: it keeps the text of two ferries once."""
    return [document for document in documents if document != "again"]


# The index


def test_a_second_run_encodes_no_document_and_says_the_same(folder: Path, tmp_path: Path) -> None:
    benchmark = load_benchmark(folder)
    first, second = HashingEncoder(), HashingEncoder()
    before = measure(benchmark, tmp_path, first, [5, 100], QUIET).to_dict()
    assert any("nine million" in text for text in first.encoded)
    after = measure(benchmark, tmp_path, second, [5, 100], QUIET, reader=False).to_dict()
    assert set(second.encoded) == {query.text for query in benchmark.queries}
    again = measure(benchmark, tmp_path, second, [5, 100], QUIET).to_dict()
    assert without_latency(before) == without_latency(again)
    assert after["stages"]["fused"]["measures"] == before["stages"]["fused"]["measures"]
    assert "reader" not in after["stages"]


def test_the_index_goes_with_the_content_not_with_the_folder(folder: Path, tmp_path: Path) -> None:
    first = HashingEncoder()
    measure(load_benchmark(folder), tmp_path, first, [5], QUIET, reader=False)
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved)
    encoder = HashingEncoder()
    measure(load_benchmark(moved), tmp_path, encoder, [5], QUIET, reader=False)
    assert not any("nine million" in text for text in encoder.encoded)

    write(moved, "corpus.jsonl", [*DOCUMENTS, {"_id": "new", "text": "A new text."}])
    measure(load_benchmark(moved), tmp_path, encoder, [5], QUIET, reader=False)
    assert any("A new text." in text for text in encoder.encoded)
    other = HashingEncoder(name="other")
    measure(load_benchmark(folder), tmp_path, other, [5], QUIET, reader=False)
    assert any("nine million" in text for text in other.encoded)


def test_an_interrupted_run_goes_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if any("lighthouse" in text for text in texts):
                raise KeyboardInterrupt
            return super().encode(texts)

    monkeypatch.setattr(bench, "DOCUMENTS_AT_ONCE", 2)
    benchmark, said = load_benchmark(folder), list[str]()
    with pytest.raises(KeyboardInterrupt):
        opened(benchmark, tmp_path, Interrupted()).__enter__()
    encoder = HashingEncoder()
    with opened(benchmark, tmp_path, encoder, said.append) as (corpus, index):
        assert corpus.paths() == {"bridge", "ferry", "tower", "again", "long"}
        assert index.dense.size == corpus.count()[1]
    assert not any("nine million" in text for text in encoder.encoded)
    assert said == ["documents 1–2 of 3", "documents 3–3 of 3"]


# The figures


def benchmark_of(**relevance: Mapping[str, int]) -> Benchmark:
    queries = tuple(Query(id_, "?", grades) for id_, grades in relevance.items())
    return Benchmark("hand", "test", ("test",), (), queries, len(queries), 0, 0, 0, "")


def test_measures_by_hand() -> None:
    benchmark = benchmark_of(one={"a": 1, "b": 1}, two={"c": 2, "d": 1}, three={"e": 1})
    found = {"one": ("x", "a", "b"), "two": ("d", "c"), "three": ()}
    rankings = [(Ranking(query, "lexical", docs, 3.0),) for query, docs in found.items()]
    values = score(benchmark, rankings, [2, 100]).values["lexical"]
    second, third = 1 / log2(3), 1 / log2(4)
    assert values["nDCG@10"] == pytest.approx(
        ((second + third) / (1 + second), (1 + 2 * second) / (2 + second), 0)
    )
    assert {name: own for name, own in values.items() if name != "nDCG@10"} == {
        "RR@10": (0.5, 1, 0),
        "P@1": (0, 1, 0),
        "Success@5": (1, 1, 0),
        "R@2": (0.5, 1, 0),
        "R@100": (1, 1, 0),
    }
    assert list(values) == ["nDCG@10", "RR@10", "P@1", "Success@5", "R@2", "R@100"]


def test_a_document_asked_as_a_query_does_not_count() -> None:
    rankings = [(Ranking("a", "dense", ("a", "b"), 1.0),)]
    assert score(benchmark_of(a={"b": 1}), rankings, [1]).values["dense"]["R@1"] == (1,)


def test_a_stage_is_compared_with_the_one_before() -> None:
    benchmark = benchmark_of(**{f"q{n}": {"a": 1} for n in range(8)})
    rankings = [
        (Ranking(q.id, "lexical", ("x", "a"), 1.0), Ranking(q.id, "dense", ("a",), 2.0))
        for q in benchmark.queries
    ]
    result = score(benchmark, rankings, [5])
    (change,) = result.changes()
    assert (change.stage, change.before) == ("dense", "lexical")
    assert change.difference.value == pytest.approx(1 - 1 / log2(3))
    assert change.p == pytest.approx(2 / 2**8, abs=0.003)
    assert result.latency("dense").value == 2


# What is said


@pytest.fixture
def report() -> Callable[..., BenchReport]:
    """Make a report of one query, with fields of its benchmark replaced."""

    def make(**changes: Any) -> BenchReport:
        benchmark = benchmark_of(q={"a": 1})
        result = score(benchmark, [(Ranking("q", "lexical", ("x", "a"), 1.5),)], [5, 100])
        changed = replace(benchmark, **changes)
        return BenchReport(changed, result, "hashing").beside(load_published(changed.name))

    return make


def printed(report: BenchReport) -> str:
    console = Console(file=StringIO(), width=110, color_system=None)
    for table in report.tables():
        console.print(table)
    for note in report.notes():
        console.print(note)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_published_figures_stand_beside_ours_by_name(report: Callable[..., BenchReport]) -> None:
    assert "BM25" not in printed(report())
    train = printed(report(name="scifact", split="train"))
    assert "Beside published figures (of test, not train)" in train
    assert "Footnote, lexical" in train
    assert "bge-base-en-v1.5" in train
    assert "asked here the train queries: other questions" in train
    assert "not to be compared" in train  # 0 documents here, 5,183 there


def test_equal_splits_need_no_word(report: Callable[..., BenchReport]) -> None:
    queries = tuple(Query("q", "?", {"a": 1}) for _ in range(300))
    same = report(name="scifact", empty=5183, queries=queries, judged=300)
    assert [note for note in same.notes() if "ublished" in note] == []


def test_what_was_left_out_is_said(report: Callable[..., BenchReport]) -> None:
    notes = " ".join(
        report(splits=("dev", "test"), judged=9, unjudged=1, empty=2, missing=3).notes()
    )
    assert "Splits: dev, test; asked: test." in notes
    assert "A sample of 1 of 9 queries" in notes
    assert "1 query without a relevant document: not asked." in notes
    assert "2 documents without text: not indexed." in notes
    assert "3 relevant documents not in the corpus" in notes


def test_published_facts_have_their_sources(tmp_path: Path) -> None:
    scifact = load_published("scifact")
    assert scifact is not None
    assert scifact.split == "test"
    assert all(figure.source for figure in scifact.figures)
    assert max(figure.values["nDCG@10"] for figure in scifact.figures) == 0.7408
    assert load_published("unheard-of") is None
    damaged = tmp_path / "published.toml"
    damaged.write_text(PUBLISHED.read_text("utf-8").replace("documents", "sheets"), "utf-8")
    with pytest.raises(ReadError, match="cannot be read as published figures"):
        load_published("scifact", damaged)


# The command


def test_the_command_measures_and_writes(folder: Path, data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    arguments = ["bench", str(folder), "--data-dir", str(data_dir), "--no-reader", "--limit", "3",
                 "--k", "1", "--json", str(file)]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "village, dev: 3 queries, 5 documents" in result.stdout
    assert "dense − lexical" in result.stdout
    assert "A sample of 3 of 4 queries" in result.stdout
    document = json.loads(file.read_text("utf-8"))
    assert document["schema"] == "footnote/bench/1"
    assert list(document["stages"]) == ["lexical", "dense", "fused"]
    assert document["stages"]["dense"]["measures"]["R@1"]["n"] == 3
    assert len(document["queries"]) == 3


def test_what_cannot_be_written_is_shown_all_the_same(
    folder: Path, data_dir: Path, tmp_path: Path
) -> None:
    arguments = ["bench", str(folder), "--data-dir", str(data_dir), "--no-reader",
                 "--json", str(tmp_path)]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "dense − lexical" in result.stdout
    assert "cannot be written: Is a directory; try --json" in result.stderr


def test_a_mistake_is_one_line_and_exit_code_2(folder: Path) -> None:
    (folder / "corpus.jsonl").unlink()
    result = CliRunner().invoke(app, ["bench", str(folder)])
    assert result.exit_code == 2
    assert result.stderr.startswith("eval bench: ")
    assert result.stderr.count("\n") == 1


def without_latency(document: dict[str, Any]) -> dict[str, Any]:
    for stage in document["stages"].values():
        del stage["latency_p50_ms"]
    return document
