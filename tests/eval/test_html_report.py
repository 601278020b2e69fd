"""The page of a run: its numbers are the record's, its words are text, and it loads nothing."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from typer.testing import CliRunner, Result

from eval.__main__ import app
from eval.comparison import compare
from eval.gate import Floor, check
from eval.html_report import LISTED, html_report, pieces
from eval.measures import measure_named
from eval.report import Report
from eval.run import Record
from eval.saved import Saved

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>\"'&\u202e"
FLOORS = (Floor(measure_named("correctness"), 0.85), Floor(measure_named("errors"), 1))


@pytest.fixture
def document(records: tuple[Record, ...]) -> dict[str, Any]:
    """The five records worked by hand, as `latest.json` holds them."""
    report = Report(records, check(FLOORS, records), name="mine")
    saved: dict[str, Any] = json.loads(json.dumps(report.to_dict()))
    return saved


def parsed(page: str) -> Any:
    return html.document_fromstring(page)


def table(page: str, caption: str) -> dict[str, list[str]]:
    """The cells of the table with that caption, by the words of their row's header."""
    for one in parsed(page).iter("table"):
        if caption in one.findtext("caption", ""):
            return {
                words(line.find("th")): [words(cell) for cell in line.findall("td")]
                for line in one.iterfind("tbody/tr")
            }
    raise AssertionError(f"no table {caption!r}")


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


def test_the_numbers_are_those_of_the_record(document: dict[str, Any]) -> None:
    page = html_report(document)
    figures = table(page, "Every measure")
    assert figures["correctness"][:2] == ["33.3 %", "0.0 %–100.0 %"]
    assert figures["correctness"][3:5] == ["3", "1"]
    assert figures["errors"][0] == "1"
    assert figures["latency p50 ms"][0] == "25"
    kinds = table(page, "Shares in per cent")
    assert kinds["number"][0] == "1"
    assert kinds["all"][0] == "5"
    gate = table(page, "What the run was held against")
    assert gate["correctness"] == ["≥ 0.85", "33.3 %", "✕ broken", "place, weather"]
    assert gate["errors"][1:3] == ["1", "✓ holds"]
    assert "1 of 2 floors broken" in page
    everything = table(page, "In the order they were asked")
    assert everything["vehicles"] == ["number", "What was built?", "✓ correct", "0.50", "10"]
    assert everything["gone"][2:] == ["✕ error", "", ""]


def test_a_gate_that_is_open_and_none_at_all(document: dict[str, Any]) -> None:
    open_gate = {**document, "gate": document["gate"][1:]}
    assert "✓ Gate passed</strong><span>All 1 floors hold." in html_report(open_gate)
    unasked = {**document["gate"][0], "state": "not_judged", "lost": []}
    some = html_report({**open_gate, "gate": [*open_gate["gate"], unasked]})
    assert "1 floors hold; of 1 there is no question." in some
    assert "No gate" in html_report({**document, "gate": []})


def test_the_charts_show_the_record(document: dict[str, Any]) -> None:
    titles = [one.text for one in parsed(html_report(document)).iterfind(".//figure//svg/title")]
    assert titles == ["Risk and coverage", "Reliability, 3 answers",
                      "Time to an answer, 4 questions"]  # fmt: skip
    failed = {**document, "records": document["records"][4:]}
    failed["confidence"] = {**document["confidence"], "bins": [], "risk_coverage": []}
    assert "<figure>" not in html_report(failed)


def test_the_worst_are_shown_with_all_that_led_to_them(document: dict[str, Any]) -> None:
    place = document["records"][1]
    place["needed"] = [[{"article_id": "a.txt", "start": 28, "end": 52}],
                       [{"article_id": "a.txt", "start": 0, "end": 27}]]  # fmt: skip
    signed, built = "Chen signed in Beijing.", "Sui built 300,600 vehicles."
    place["evidence"] = [[{"article_id": "a.txt", "quote": one}] for one in (signed, built)]
    place["retrieved"] = [{"rank": 1, "score": 0.75, "article_id": "a.txt", "start": 20,
                           "end": 63, "read": True}]  # fmt: skip
    document["passages"] = [{"article_id": "a.txt", "start": 20, "end": 63,
                             "text": "hicles. Chen signed in Beijing. It was hot."}]  # fmt: skip
    page = parsed(html_report(document))
    shown = page.get_element_by_id("q2")
    text = words(shown)
    assert "✕ partial · confidence 0.50 · list · place" in text
    assert "Beijing ✓ stated Sui ✕ not stated" in text
    assert [words(one) for one in shown.iterfind(".//ol/li/span[@class]")][2::3] == [
        "✓ found at rank 1", "✕ not found",
    ]  # fmt: skip
    assert "Lost at the stage “passage”." in text
    assert "Chen signed in Beijing. [1]" in text
    assert [words(cell) for cell in shown.iterfind(".//tbody/tr/td")][:4] == [
        "1", "0.750", "✓ 1", "yes",
    ]  # fmt: skip
    assert [mark.text for mark in shown.iter("mark")] == ["hicles.", "Chen signed in Beijing. "]
    headings = [words(one) for one in page.iterfind(".//h3")]
    assert headings == [
        "Failed: 1 shown",
        "Answered, though the articles do not say: 1 shown",
        "Wrong, or right in part only: 1 shown",
        "Refused, though the articles answer: 1 shown",
    ]
    assert page.find(".//details[@id='q1']") is None  # it was right


def test_what_changed_is_shown_with_the_answers_before_and_now(document: dict[str, Any]) -> None:
    earlier = copy.deepcopy(document)
    earlier["records"][1]["outcome"] = "correct"
    earlier["records"][1]["answer"]["text"] = "It was signed in Beijing by Sui."
    earlier["records"][0]["outcome"] = "wrong"
    earlier["records"][0]["scores"]["correctness"] = 0.0
    changed = compare(Saved.from_run(earlier), Saved.from_run(document))
    page = html_report(document, changed, {row["id"]: row for row in earlier["records"]})
    text = words(parsed(page))
    assert "place · list · correct → partial" in text
    assert "It was signed in Beijing by Sui." in text
    assert "vehicles · number · wrong → correct" in text
    correctness = table(page, "p is that of a paired test")["correctness"]
    assert correctness[:3] == ["0.000", "0.333", "+0.333"]
    assert correctness[4:7] == ["1.000", "0", "1"]
    without = html_report(document, changed)
    assert "kept no answers" in without
    assert "correct → partial" in words(parsed(without))


def test_hostile_words_are_text_and_nothing_outside_is_named(document: dict[str, Any]) -> None:
    def spoil(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: one if name in KEPT else spoil(one) for name, one in value.items()}
        if isinstance(value, list):
            return [spoil(one) for one in value]
        return f"{value}{HOSTILE}" if isinstance(value, str) else value

    KEPT = {"schema", "outcome", "kind", "state", "floor", "measure", "fingerprint"}
    document["models"] = {"encoder": "some"}
    sound = parsed(html_report(document))
    document |= spoil(copy.deepcopy(document))
    page = html_report(document, compare(Saved.from_run(document), Saved.from_run(document)))
    spoilt = parsed(page)
    assert "<script>alert(1)" in spoilt.text_content()
    assert {one.tag for one in spoilt.iter()} <= {one.tag for one in sound.iter()} | {"br"}
    for one in spoilt.iter():
        if not isinstance(one.tag, str):
            continue
        assert "src" not in one.attrib
        assert not [name for name in one.attrib if name.startswith("on")]
        assert one.get("href", "#").startswith(("#", "data:,"))
    assert "url(" not in page
    assert "@import" not in page
    policy = spoilt.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy.startswith("default-src 'none';")


def test_a_large_run_stays_small(document: dict[str, Any]) -> None:
    price = document["records"][3]
    text = "All work and no play makes a passage. " * 25
    hits = [{"rank": n, "score": 0.5, "article_id": "a.txt", "start": 1000 * n,
             "end": 1000 * n + len(text), "read": True} for n in range(1, 11)]  # fmt: skip
    document["records"] = [
        {**price, "id": f"price-{n}", "answer": {**price["answer"], "confidence": n / 1000},
         "retrieved": hits} for n in range(1000)
    ]  # fmt: skip
    document["passages"] = [{**hit, "text": text} for hit in hits]
    page = html_report(document)
    assert len(page.encode()) < 5_000_000
    shown = re.findall(r'<details id="q(\d+)">', page)
    assert shown == [str(n) for n in range(1000, 1000 - LISTED, -1)]
    assert len(table(page, "In the order they were asked")) == 1000


def test_evidence_is_marked_where_it_stands() -> None:
    hit = {"article_id": "a", "start": 100, "end": 110}
    spans = {"a": ((95, 103), (105, 106), (0, 50), (300, 400)), "b": ((0, 200),)}
    needed = [
        [{"article_id": article, "start": start, "end": end}]
        for article, places in spans.items()
        for start, end in places
    ]
    assert pieces(hit, {"needed": needed}, "0123456789") == [
        ("012", True), ("34", False), ("5", True), ("6789", False),
    ]  # fmt: skip
    assert pieces(hit, {}, "0123456789") == [("0123456789", False)]


@pytest.fixture
def saved(document: dict[str, Any], tmp_path: Path) -> Callable[..., Path]:
    """Keeps the run in a folder, with changes."""

    def keep(name: str, **changes: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "latest.json").write_text(json.dumps({**document, **changes}), encoding="utf-8")
        return folder

    return keep


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_the_command_makes_the_page_of_a_run_and_of_two(
    saved: Callable[..., Path], document: dict[str, Any], tmp_path: Path
) -> None:
    now = saved("now")
    assert command(now).exit_code == 0
    assert (now / "report.html").read_text(encoding="utf-8") == html_report(document)
    rows = copy.deepcopy(document["records"])
    rows[1] |= {"outcome": "correct", "answer": {**rows[1]["answer"], "text": "As it was."}}
    both = command(now, "--against", saved("before", records=rows), "--out", tmp_path / "b.html")
    assert both.exit_code == 0, both.output
    assert "As it was." in (tmp_path / "b.html").read_text(encoding="utf-8")


def test_a_run_made_before_places_were_kept_has_a_page_without_stages(
    saved: Callable[..., Path], document: dict[str, Any]
) -> None:
    rows = [{name: one for name, one in row.items() if name != "needed"}
            for row in document["records"]]  # fmt: skip
    folder = saved("old", records=rows)
    assert command(folder).exit_code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert 'id="all"' in page
    assert 'id="stages"' not in page
    assert "lost at" not in page.lower()


def test_what_is_no_run_is_said(saved: Callable[..., Path], tmp_path: Path) -> None:
    for wrong, said in (
        (tmp_path / "none", "cannot be read"),
        (saved("short", measures={}), "is not a run of `python -m eval`"),
        (saved("other", confidence="none"), "is not a run of `python -m eval`"),
    ):
        result = command(wrong)
        assert result.exit_code == 2
        assert said in result.stderr
    accepted = ROOT / "eval" / "accepted" / "seeds.jsonl"
    assert "has no answers" in command(accepted).stderr
    sound = saved("sound")
    assert "no question in common" in command(sound, "--against", accepted).stderr
    assert "try --out" in command(sound, "--out", tmp_path / "no" / "where.html").stderr


def test_the_colours_it_shares_with_the_pages_of_articles_are_theirs() -> None:
    """Neither page can load the other's style sheet; so the two lists must not drift apart."""

    def colours(path: str) -> dict[str, str]:
        return dict(re.findall(r"^  (--[\w-]+): (.*);$", (ROOT / path).read_text("utf-8"), re.M))

    ours = colours("eval/templates/report.css")
    theirs = colours("assistant/chat/public/articles.css")
    shared = ours.keys() & theirs.keys()
    assert len(shared) >= 8
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}
