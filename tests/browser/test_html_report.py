"""The page of an evaluation: opened from the disk it loads nothing, and all can read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, expect

from eval.comparison import compare
from eval.gate import check, load_gate
from eval.html_report import html_report
from eval.questions import load
from eval.report import Report
from eval.run import run
from eval.saved import Saved
from tests.browser.screens import DESKTOP, PHONE
from tests.browser.test_accessibility import violations
from tests.eval.conftest import FakeAssistant

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
QUESTIONS = 60


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run that answers what it should refuse, against one that forgot follow-ups."""
    from embeddings.records import Article

    seeds = sorted((ROOT / "seeds").glob("*.txt"))
    articles = {one.name: Article(one.name, one.read_text(encoding="utf-8")) for one in seeds}
    questions = load([ROOT / "eval" / "questions" / "development.jsonl"])
    known = {" → ".join([*(t.content for t in q.history), q.question]): q for q in questions}
    some = questions[:: len(questions) // QUESTIONS]

    def of(sabotage: str) -> Report:
        records = run(some, FakeAssistant(articles, known, sabotage))
        timed = [replace(record, latency_ms=5.0 + n) for n, record in enumerate(records)]
        floors = load_gate(ROOT / "eval" / "floors.toml").floors
        return Report(tuple(timed), check(floors, timed), name="seeds")

    before, now = (of(one).to_dict() for one in ("forgets_history", "never_refuses"))
    comparison = compare(Saved.from_run(before), Saved.from_run(now))
    page = html_report(
        json.loads(json.dumps(now)), comparison, {row["id"]: row for row in before["records"]}
    )
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page, encoding="utf-8")
    return file


@pytest.fixture
def opened(browser: Browser, path: Path) -> Any:
    """Opens the page; at the end checks that it asked for nothing else and broke no policy."""
    contexts, asked, told = [], [], []

    def new(**options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield new
    for context in contexts:
        context.close()
    assert [url.partition("#")[0] for url in asked] == [path.as_uri()] * len(asked)
    assert told == []


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_can_read_it(opened: Callable[..., Page], scheme: str, device: dict[str, Any]) -> None:
    page = opened(color_scheme=scheme, **device)
    expect(page.get_by_role("heading", level=1)).to_have_text("Evaluation of seeds")
    expect(page.locator("figure svg")).to_have_count(3)
    # What is closed is not looked at by axe.
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations(page) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.evaluate("window.innerWidth")  # only tables scroll to the side


def test_a_link_to_a_question_opens_it(opened: Callable[..., Page]) -> None:
    page = opened(**DESKTOP)
    link = page.locator("#gate ~ .scroll a").first
    shown = page.locator(link.get_attribute("href") or "")
    expect(shown.locator(".inside")).to_be_hidden()
    link.click()
    expect(shown.locator("summary").first).to_be_in_viewport()
    shown.locator("summary").first.click()
    expect(shown.locator(".inside")).to_be_visible()
    expect(shown.get_by_text("Expected")).to_be_visible()
