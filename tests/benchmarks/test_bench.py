"""The benchmark's own logic: what contenders say, what is asked of them, what the page tells."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import contenders, engines, measuring, performance, profiles
from benchmarks.bench import check_floors, growth, percentiles, quality
from benchmarks.corpora import Asked, asked, made_up, recall, write_texts
from benchmarks.drawing import lines_svg
from benchmarks.growth import row_of
from benchmarks.measuring import Ratio, StepError, percentile, ratio
from benchmarks.peers import protocol
from benchmarks.peers.protocol import ReplyError, parse_reply
from eval.retrieval import Span

SVG = "{http://www.w3.org/2000/svg}"
TEXTS = {"a.txt": "One. Two is here. Three.", "b.txt": "Two is here."}


def test_the_reply_is_the_last_line_and_of_the_step_that_was_asked() -> None:
    assert parse_reply('noise\n{"step": "cold", "open": 1.5}\n', "cold")["open"] == 1.5
    for output in ("", "noise", '{"step": "warm"}', "[1]"):
        with pytest.raises(ReplyError, match="no reply to 'cold'"):
            parse_reply(output, "cold")


PEER = """
import sys
from benchmarks.peers.protocol import Found, serve
class Peer:
    def __init__(self, articles, store, weights):
        print("a library that chats")
        self.articles = articles
    def ingest(self):
        return ["ab", "cde"]
    def open(self): pass
    def search(self, question):
        if question == "die": raise SystemExit("it broke here")
        return [Found("a.txt", question, 3)]
serve(Peer)
"""


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A contender of a few lines, started as the real ones are."""
    package = tmp_path / "benchmarks" / "peers"
    package.mkdir(parents=True)
    (package / "with_toy.py").write_text(PEER, "utf-8")
    (package / "protocol.py").write_text(Path(protocol.__file__).read_text("utf-8"), "utf-8")
    monkeypatch.setattr(measuring, "ROOT", tmp_path)
    (tmp_path / "a.txt").write_text("words", "utf-8")
    return tmp_path


def toy(folder: Path, step: str, *given: str) -> measuring.Run:
    return measuring.run(Path(sys.executable), "with_toy", step, folder, folder, "", *given)


def test_a_contender_is_measured_from_outside(peer: Path) -> None:
    run = toy(peer, "ingest")
    assert (run.reply["articles"], run.reply["passages"], run.reply["characters"]) == (1, 2, 5)
    assert run.wall > 0
    assert run.cpu > 0
    assert 1 < run.peak_mib < 10_000


def test_each_step_replies_with_what_was_found_and_how_long_it_took(peer: Path) -> None:
    hit = {"article": "a.txt", "text": "what?", "start": 3}
    cold = toy(peer, "cold", "what?").reply
    assert cold["hits"] == [hit]
    assert cold.keys() >= {"load", "open", "search"}
    questions = peer / "questions.json"
    questions.write_text(json.dumps(["what?", "else?"]), "utf-8")
    warm = toy(peer, "warm", str(questions)).reply
    assert warm["hits"] == [[hit], [{**hit, "text": "else?"}]]
    assert len(warm["ms"]) == 2


def test_a_contender_that_fails_is_told_with_its_own_words(peer: Path) -> None:
    with pytest.raises(StepError, match="it broke here"):
        toy(peer, "cold", "die")


def test_a_ratio_is_made_round_by_round() -> None:
    assert ratio([1.0, 3.0, 2.0], [2.0, 3.0, 8.0], min) == Ratio(0.5, 0.25, 1.0, 0.5)
    assert ratio([4.0, 8.0], [2.0, 2.0], max).quietest == 4.0


def test_two_floors_with_the_same_weights_are_no_two_floors(tmp_path: Path) -> None:
    whole, rounded = tmp_path / "whole", tmp_path / "rounded"
    whole.write_bytes(b"0" * 400)
    rounded.write_bytes(b"0" * 100)
    check_floors(whole, rounded)
    with pytest.raises(ValueError, match="the same weights: 400 and 400 bytes"):
        check_floors(whole, whole)


def test_percentiles_lie_between_the_nearest_values() -> None:
    assert percentile([4.0, 1.0, 2.0, 3.0], 0.5) == 2.5
    assert percentile([7.0], 0.95) == 7.0
    assert percentiles([1.0, 3.0]) == {"p50": 2.0, "p95": 2.9}


def test_recall_is_by_the_characters_that_are_shared() -> None:
    one = Asked("?", ((Span("a.txt", 5, 17), Span("b.txt", 0, 12)), (Span("a.txt", 18, 24),)))
    whole = {"article": "a.txt", "text": TEXTS["a.txt"], "start": None}
    other = {"article": "b.txt", "text": "Two is here.", "start": 0}
    little = {"article": "a.txt", "text": "is here. Th", "start": 9}
    assert recall([whole], one, TEXTS) == 1.0
    assert recall([other], one, TEXTS) == 0.5
    assert recall([little], one, TEXTS) == 0.5
    assert recall([], one, TEXTS) == 0.0
    with pytest.raises(ValueError, match=r"do not stand in a\.txt"):
        recall([{"article": "a.txt", "text": "Four.", "start": None}], one, TEXTS)


def test_every_contender_gets_the_same_texts_and_questions_about_them(tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "articles")
    assert len(texts) == 77
    assert protocol.read_texts(tmp_path / "articles") == texts
    questions = asked(texts)
    assert all(spans for one in questions for spans in one.needed)
    few = asked(texts, 20)
    assert len(few) == 20
    assert few == asked(texts, 20)
    first = next(name for name in texts if name.startswith("000_"))
    of_one = asked({first: texts[first]})
    assert 0 < len(of_one) < len(questions)


def test_made_up_articles_are_all_different_and_the_same_every_time(tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "articles")
    for name in ("once", "twice"):
        made_up(tmp_path / name, texts, 90)
    once = protocol.read_texts(tmp_path / "once")
    assert once == protocol.read_texts(tmp_path / "twice")
    assert len(set(once.values())) == 90
    paragraphs = [part for text in once.values() for part in text.split("\n\n")[1:]]
    assert len(set(paragraphs)) == len(paragraphs)


def test_quality_is_compared_question_by_question() -> None:
    found = quality({"footnote": [1.0, 1.0, 0.5, 1.0], "onnx": [1.0, 0.0, 0.5, 1.0]})
    assert found["onnx"]["recall_at_5"]["value"] == 0.625
    assert found["onnx"]["footnote_minus_this"]["value"] == 0.25
    assert found["footnote"]["p"] == 1.0


def test_every_requirement_is_pinned_and_names_no_host() -> None:
    files = {one.requirements for one in contenders.CONTENDERS if one.requirements} | {"py_spy.txt"}
    for name in files:
        text = (contenders.FOLDER / name).read_text("utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        assert all("==" in line for line in lines), name
        assert "://" not in text
        assert "torch==2.13.0" in lines or not any("torch" in line for line in lines)


def results() -> dict[str, Any]:
    """As a run leaves them, with figures that are easy to divide."""

    def cold(wall: float) -> dict[str, float]:
        return {"wall": wall, "cpu": 1, "peak_mib": 2, "load": 3, "open": 4, "search": 5}

    def ingest(seconds: float) -> dict[str, float]:
        counts = {"articles": 60, "passages": 120, "characters": 6000}
        return {**counts, "seconds": seconds, "wall": 1, "cpu": 1, "peak_mib": 2, "index_mib": 1}

    keys = ("footnote", "langchain", "onnx_int8")
    spread = {"p50": 100.0, "p95": 200.0}
    return {
        "note": "Quiet.",
        "commit": "abc", "uncommitted_changes": False, "date": "2026-01-01", "size": "quick",
        "machine": {"cores": 2, "system": "Linux", "python": "3.11"},
        "contenders": {key: {"title": key.upper(), "environment_mib": None} for key in keys},
        "corpus": {"articles": 77, "characters": 9, "questions": 3, "ingest_articles": 60},
        "first_export_seconds": 20,
        "index": {key: {"mib": 1.5, "passages": 10, "characters": 9} for key in keys},
        "cold": {
            "footnote": [cold(1.0), cold(2.0), cold(1.0)],
            "langchain": [cold(10.0), cold(10.0), cold(20.0)],
            "onnx_int8": [cold(1.0), cold(1.0), cold(1.0)],
        },
        "warm": {key: [spread] for key in keys},
        "quality": quality({key: [1.0, 0.5] for key in keys}),
        "answer": [{"questions": 3, **spread, "processor": spread, "stages": {"read": spread}}],
        "ingest": {
            "footnote": [ingest(10.0), ingest(12.0)],
            "langchain": [ingest(30.0), ingest(36.0)],
            "onnx_int8": [ingest(5.0), ingest(6.0)],
        },
        "growth": [{"passages": 1000, "retrieve_ms": spread, "recall_at_10": 1.0}],
    }  # fmt: skip


def test_the_page_tells_what_holds_and_what_falls_short(tmp_path: Path) -> None:
    page, none = tmp_path / "page.md", tmp_path / "none.json"
    written = performance.write_page(results(), page, tmp_path, none)
    lines = page.read_text("utf-8").splitlines()
    assert "| cold first answer ÷ LANGCHAIN | ≤ 0.15 | 0.10 | 0.05–0.20 | 0.10 | holds |" in lines
    assert "| articles a second ÷ LANGCHAIN | ≥ 2 | 3.00 | 3.00–3.00 | 3.00 | holds |" in lines
    short = "| articles a second ÷ ONNX_INT8 | ≥ 0.9 | 0.50 | 0.50–0.50 | 0.50 | **falls short** |"
    assert short in lines
    assert not any("LlamaIndex |" in line for line in lines)
    assert any("p50 100 ms" in line and line.endswith("150 ms: holds.") for line in lines)
    assert "| retrieve ms | 100 / 200 |" in lines
    assert any(line.endswith("`benchmarks/results/abc.json`. Quiet.") for line in lines)
    assert {path.name for path in written} == {
        "page.md", "performance-cold.svg", "performance-ingest.svg", "performance-recall.svg",
    }  # fmt: skip


def grown_round(factor: float) -> dict[str, Any]:
    """What one process of `benchmarks/growth.py` says."""
    spread = {"p50": 10.0 * factor, "p95": 60.0 * factor}
    names = ("open_and_answer", "open_and_answer_processor", "added_and_found", "removed_and_asked")
    seconds = {f"{name}_seconds": factor for name in names}
    timed = ("retrieve", "retrieve_processor", "answer", "answer_processor")
    times = {f"{name}_ms": spread for name in timed}
    return {**seconds, **times, "peak_mib": 500, "load": 3.5}


def test_the_page_tells_of_the_run_of_growth_that_is_kept(tmp_path: Path) -> None:
    rows = [
        row_of(size, {"index_seconds": 9.0}, [grown_round(factor), grown_round(2 * factor)])
        for size, factor in ((100_000, 0.5), (1_000_000, 1.0))
    ]
    rows[1]["rounds"][0]["recall_at_10"] = 0.9
    kept = {"commit": "def", "date": "2026-01-02", "cores": 2, "python": "3.11", "rounds": 2}
    path = tmp_path / "growth.json"
    path.write_text(json.dumps({**kept, "rows": rows}), "utf-8")
    written = performance.write_page(results(), tmp_path / "page.md", tmp_path, path)
    assert tmp_path / "performance-growth.svg" in written
    lines = (tmp_path / "page.md").read_text("utf-8").splitlines()
    for line in (
        "| retrieval, p95, ms | ≤ 50 | 90 | 60–120 | **falls short** |",
        "| recall@10 of its search by meaning | ≥ 0.98 | 0.9 | 0.9–0.9 | **falls short** |",
        "| open and answer, s | ≤ 3 | 1.5 | 1–2 | holds |",
        "| answer, p50 ÷ at a tenth | ≤ 1.5 | 2 | 2–2 | **falls short** |",
        "| passages | 100,000 | 1,000,000 |",
        "| retrieve ms | 7.5 / 45 | 15 / 90 |",
    ):
        assert line in lines
    assert any("a load of 3.5 to 3.5" in line for line in lines)


def test_engines_are_told_beside_the_exact_one() -> None:
    def other(value: float, lost: list[str]) -> dict[str, Any]:
        measures = [{"name": "mrr", "exact": 0.5, "this": value, "p": 0.25}]
        return {"kind": "it", "questions": 9, "lost": lost, "won": [], "measures": measures}

    others = {"quantised": other(0.5, []), "Milvus": other(0.25, ["q1"])}
    figures = {"set": "a", "date": "2026-01-02", "exact": "exact search", "others": others}
    told = list(engines.lines(figures))
    assert "- Milvus: it; of 9 questions 1 lost and 0 won." in told
    assert told[-1] == "| mrr | 0.5 | 0.5 | 0.25 | 0.25 | 0.25 |"


def test_a_line_goes_through_its_figures() -> None:
    svg = lines_svg("a < b", [1_000, 1_000_000], {"slow": [10.0, 100.0], "fast": [1.0, 1.0]})
    root = ElementTree.fromstring(svg)
    fast, slow = (line.attrib["points"].split() for line in root.iter(f"{SVG}polyline"))
    height = [float(point.split(",")[1]) for point in (*slow, *fast)]
    assert height[0] - height[1] == height[2] - height[0], "a decade is as high as the other"
    assert height[2] == height[3]
    assert {"a < b", "slow", "fast", "1,000,000"} <= {text.text for text in root.iter(f"{SVG}text")}


def test_a_bar_is_as_long_as_its_figure() -> None:
    root = ElementTree.fromstring(performance.bars_svg("a < b", {"one": 2.0, "two": 1.0}))
    _, one, two = (float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect"))
    assert one == 2 * two
    assert "a < b" in [text.text for text in root.iter(f"{SVG}text")]


def test_growth_keeps_plain_figures(tmp_path: Path) -> None:
    row = {"passages": 1, "retrieve_ms": {"p50": 1, "p95": 2}, "filtered": {"10 %": {}}}
    path = tmp_path / "growth.json"
    path.write_text(json.dumps({"rows": [row]}), "utf-8")
    assert growth(path) == [{"passages": 1, "retrieve_ms": {"p50": 1, "p95": 2}}]


STACKS = """\
<module> (x.py:1);A.ask (assistant/service.py:7);read (assistant/reader.py:1);run (onnx.py:3) 6
<module> (x.py:1);A.ask (assistant/service.py:8);read (assistant/reader.py:2) 1
<module> (x.py:1);A.ask (assistant/service.py:9);retrieve (assistant/retriever.py:1) 3
<module> (x.py:1);A.ask (assistant/service.py:9);Condition.wait (threading.py:5) 40
<module> (x.py:1);import (importlib.py:1) 50
_bootstrap (threading.py:1);_run (embeddings/reader_model.py:1);run (onnx.py:3) 10
"""


def test_a_flame_graph_holds_what_is_below_the_root_and_in_own_threads() -> None:
    tree = profiles.tree_of(profiles.read_stacks(STACKS), "A.ask")
    assert tree.samples == 20
    assert profiles.widest(tree) == [
        {"function": "_run (embeddings/reader_model.py)", "share": 0.5},
        {"function": "read (assistant/reader.py)", "share": 0.35},
        {"function": "retrieve (assistant/retriever.py)", "share": 0.15},
    ]
    root = ElementTree.fromstring(profiles.flame_svg("asking", tree))
    wide = {group[0].text: float(group[1].attrib["width"]) for group in root.iter(f"{SVG}g")}
    assert wide["A.ask (assistant/service.py): 50.0%"] == 499.5
    assert wide["retrieve (assistant/retriever.py): 15.0%"] == 149.5
    with pytest.raises(ValueError, match="nothing was sampled"):
        profiles.flame_svg("asking", profiles.Frame("all"))
