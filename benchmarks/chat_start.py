"""How long until the chat can be used, how long until an answer begins, and the memory it takes.

Real processes and a real Chromium: `assistant chat` is started anew each round, and the page is
loaded at once. Then, on a server that is warm, starters and other questions are clicked and
typed; the clock runs from the click to the first words in the page.

    python -m benchmarks.chat_start --rounds 5 --questions 30 --json start.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.chat_load import percentiles
from benchmarks.processes import ServerProcess, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE = 120_000
REPLY = '[data-step-type="assistant_message"]'
WORDS = f"n => {{ const all = document.querySelectorAll('{REPLY}'); " + (
    "return all.length > n && all[n].innerText.trim().length > 0; }"
)
"""Whether reply `n` has begun to say something."""
MOST_START_SECONDS = 8.0
MOST_FIRST_WORDS_SECONDS = 1.0
MOST_IDLE_MIB = 600.0


def main() -> None:
    """Measure, print the figures beside what was promised, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="starts of the server")
    parser.add_argument("--questions", type=int, default=30)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("FOOTNOTE_TEST_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no Chromium on this machine; install the chromium package")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            figures = measure(browser, Path(folder), options.rounds, options.questions)
        finally:
            browser.close()
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def measure(browser: Browser, folder: Path, rounds: int, questions: int) -> dict[str, Any]:
    """The very first start, some more, then the answers of the last server."""
    starts = []
    for number in range(rounds + 1):
        server = started(folder)
        try:
            starts.append(start_seconds(browser, server))
            if number < rounds:
                continue
            idle = asdict(server.memory())
            words = first_words(browser, server, questions)
            later = asdict(server.memory())
        finally:
            server.stop()
    return {
        "first_start": starts[0], "later_starts": starts[1:],
        "usable_median": statistics.median(each["usable"] for each in starts[1:]),
        "usable_longest": max(each["usable"] for each in starts[1:]),
        "memory_after_first_answer": idle, "memory_after_all": later,
        "click_to_first_words": percentiles(words), "questions": len(words),
        "cores": os.cpu_count(), "python": platform.python_version(),
    }  # fmt: skip


def started(folder: Path) -> ServerProcess:
    """`make chat`, as it is when everything is installed."""
    port = free_port()
    command = [sys.executable, "-m", "assistant", "chat", "--port", str(port),
               "--data-dir", str(folder / "data")]  # fmt: skip
    return ServerProcess(command, port, folder / "server.log", PYTHONPATH=str(ROOT))


def start_seconds(browser: Browser, server: ServerProcess) -> dict[str, float]:
    """Seconds from the start of the process to each thing that somebody waits for."""
    answers = server.wait()
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector("#chat-input:visible")
    usable = time.perf_counter() - server.started
    page.wait_for_selector("[id^=starter-]:visible")
    starters = time.perf_counter() - server.started
    ask(page, 0, page.locator("[id^=starter-]").first.click)
    words = time.perf_counter() - server.started
    context.close()
    return {
        name: round(seconds, 2)
        for name, seconds in (
            ("answers", answers), ("usable", usable), ("starters", starters), ("words", words),
        )
    }  # fmt: skip


def first_words(browser: Browser, server: ServerProcess, questions: int) -> list[float]:
    """Seconds from the click to the first words, for so many questions."""
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector("#chat-input:visible")
    seconds = []
    for number, question in enumerate(asked(questions)):
        page.fill("#chat-input", question)
        seconds.append(ask(page, number, page.locator("#chat-submit").click))
    context.close()
    return seconds


def ask(page: Page, number: int, click: Any) -> float:
    """Click, and wait for the first words of reply `number`, then for its end."""
    began = time.perf_counter()
    click()
    page.wait_for_function(WORDS, arg=number, polling="raf")
    seconds = time.perf_counter() - began
    page.wait_for_selector("#stop-button", state="detached")
    return seconds


def asked(number: int) -> list[str]:
    """Questions of the project's development set, as many as are wanted."""
    path = ROOT / "eval" / "questions" / "development.jsonl"
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines if line.strip()][:number]


def show(figures: dict[str, Any]) -> None:
    """Each figure beside what was promised."""
    print(json.dumps(figures, indent=2))
    words, idle = figures["click_to_first_words"], figures["memory_after_first_answer"]
    for name, found, most in (
        # The first one indexes the articles, which others find there.
        (
            "seconds to a usable page, first start",
            figures["first_start"]["usable"],
            MOST_START_SECONDS,
        ),
        ("seconds to a usable page, median of later", figures["usable_median"], MOST_START_SECONDS),
        ("seconds to the first words, p95", words["p95"], MOST_FIRST_WORDS_SECONDS),
        ("idle memory, MiB (RSS)", idle["rss"], MOST_IDLE_MIB),
    ):
        print(f"{name:44}{found:8.2f}  of {most:g}  {'ok' if found <= most else 'TOO MUCH'}")


if __name__ == "__main__":
    main()
