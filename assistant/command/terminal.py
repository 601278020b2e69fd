"""What the command line shows: plain lines for people, JSON for programs.

Articles are written by strangers, so nothing of theirs reaches the terminal as it is:
`safe` spells out every character that could move the cursor, reorder or hide text.
Only the result goes to stdout; notes, progress and errors go to stderr.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from embeddings.errors import AssistantError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from rich.text import Text
    from typer.exceptions import TyperException

    from assistant.answers import Answer, Citation
    from assistant.proof.citations import Finding
    from assistant.showing.explanation import Explanation
    from embeddings.checking import Check
    from embeddings.indexing import IndexReport, Progress
    from embeddings.records import Article

__all__ = [
    "articles_json",
    "checks_json",
    "error",
    "finish",
    "interruptible",
    "note",
    "prepare",
    "progress",
    "report_json",
    "safe",
    "say",
    "say_answer",
    "say_articles",
    "say_checks",
    "say_findings",
    "say_json",
    "say_markdown",
    "say_report",
    "wrong_usage",
]

UNDATED = "undated"
EXCERPT_CHARACTERS = 160
PATIENCE_SECONDS = 0.5
"""Work that is done sooner shows no progress …"""
LINE_SECONDS = 10.0
"""… and indexing that is done sooner is not told in a log."""
# Controls, formats (bidirectional and zero-width among them), lone surrogates, private use,
# and the two separators that break a line unseen.
UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def safe(text: str) -> str:
    r"""`text` on one line, with every character that steers a terminal spelled out (`\x1b`)."""
    return "".join(
        " "
        if character in "\t\n\r"
        else character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in UNSAFE
        else character
        for character in text
    )


def prepare() -> None:
    """Let no stream that is closed, and no character that its encoding lacks, end the program."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started this: `>&-`
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def finish() -> None:
    """Flush stdout; a reader that has gone away is no error, now or at interpreter exit.

    Raises `AssistantError` when the result cannot be written.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up_stdout()
    except OSError as error:
        raise _unwritten(error) from None


def _give_up_stdout() -> None:
    """Lead stdout nowhere, so that what it still holds is not tried again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unwritten(error: OSError) -> AssistantError:
    _give_up_stdout()
    return AssistantError(
        f"the result could not be written to stdout: {error.strerror}; make room, or write it "
        "elsewhere"
    )


def say(line: str) -> None:
    """One line of the result; raises `AssistantError` when it cannot be written."""
    try:
        sys.stdout.write(line + "\n")
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritten(error) from None


def say_json(value: dict[str, Any]) -> None:
    """The result as JSON; outside UTF-8, with everything beyond ASCII escaped."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    say(json.dumps(value, ensure_ascii=not utf8, indent=2))


def note(line: str) -> None:
    """One dim line on stderr."""
    _stderr().print(safe(line), style="dim", markup=False, highlight=False, soft_wrap=True)


def error(message: str) -> None:
    """`error: …`, one line on stderr, whatever the message holds."""
    sys.stderr.write(f"error: {safe(message)}\n")


def wrong_usage(error: TyperException, program: str) -> str:
    """What was typed wrongly, and the command whose help says how it is typed; one line."""
    context = getattr(error, "ctx", None)  # only what speaks of usage has one
    used = context.command_path if context else program
    return f"{safe(error.format_message()).rstrip('.?')}; see `{used} --help`"


@contextmanager
def progress() -> Iterator[Callable[[Progress], None]]:
    """A function that shows progress on stderr, once work turns out to be long.

    It is silent while an unchanged folder is looked through. Where stderr is not a terminal, as in
    the log of a job, one line says that files are being indexed, where that takes long, and
    another one when they are.
    """
    if not sys.stderr.isatty():
        with _progress_lines() as show_line:
            yield show_line
        return
    with ExitStack() as stack:
        began = time.monotonic()
        bars: Bars | None = None
        tasks: dict[str, TaskID] = {}

        def show(step: Progress) -> None:
            nonlocal bars
            if bars is None:
                sooner = time.monotonic() - began < PATIENCE_SECONDS
                if step.total is not None and sooner and not step.in_hand:
                    return
                bars = stack.enter_context(_bars())
            if step.stage not in tasks:
                name = safe(step.stage.capitalize())
                tasks[step.stage] = bars.add_task(name, total=step.total, article="", speed="")
            task = tasks[step.stage]
            bars.update(
                task,
                completed=step.done,
                total=step.total,
                article=safe(step.article_id or ""),
                speed=_speed(step, bars.tasks[bars.task_ids.index(task)].elapsed or 0.0),
            )

        yield show


@contextmanager
def _progress_lines() -> Iterator[Callable[[Progress], None]]:
    """A function that says in one line what has taken long; at the end one says that it is done."""
    began = time.monotonic()
    files, told = 0, threading.Event()

    def tell() -> None:
        told.set()
        note(f"indexing {files} {_plural('file', files)}")

    late = threading.Timer(LINE_SECONDS, tell)
    late.daemon = True

    def show(step: Progress) -> None:
        nonlocal files
        if step.in_hand and not files:
            files = step.total or step.in_hand
            late.start()

    try:
        yield show
    finally:
        late.cancel()
    if told.is_set():
        note(f"indexed in {time.monotonic() - began:.0f} s")


def _speed(step: Progress, seconds: float) -> str:
    """Files and passages a second since the stage began."""
    if seconds < PATIENCE_SECONDS or step.stage != "indexing":
        return ""
    return f"{step.done / seconds:.1f} files/s, {step.passages / seconds:.1f} passages/s"


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as usual."""
    stop = threading.Event()

    def ask_to_stop(signum: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, earlier)
        sys.stderr.write("\nfinishing the article in hand; Ctrl-C again stops at once\n")

    earlier = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, earlier)


def say_answer(answer: Answer) -> None:
    """The answer, what else is to be known, then the numbered sources; the explanation, if any.

    A source is a title, a date, an article and the beginning of what was quoted.
    """
    _say_text(answer)
    if answer.citations:
        _say_sources(answer.citations)
    if answer.explanation is not None:
        _say_explanation(answer.explanation)


def _say_text(answer: Answer) -> None:
    from rich.text import Text

    if answer.citations:
        _print(Text().join(_sentences(answer)))
    else:
        _print(Text(safe(answer.text), style="" if answer.answered else "bold"))
    for known in answer.notes:
        _print(Text(f"Note: {safe(known)}", style="italic"))


def _say_sources(citations: Iterable[Citation]) -> None:
    from rich.text import Text

    say("")
    _print(Text("Sources", style="bold"))
    for citation in citations:
        _print(
            Text.assemble(
                (f"[{citation.number}] ", "cyan"),
                (safe(citation.title), "bold"),
                (f" · {citation.date or UNDATED} · {safe(citation.article_id)}", "dim"),
                (f", page {citation.page}" if citation.page else "", "dim"),
            )
        )
        _print(Text(f"“{_excerpt(citation)}”"), indent=4)


def _sentences(answer: Answer) -> Iterator[Text]:
    """The sentences with their markers, and what stands between them.

    The short answer, where one is marked, is bold.
    """
    from rich.text import Text

    from assistant.showing.footnotes import sentences_in, stands_below

    before = ""
    for sentence in sentences_in(answer.text, answer.citations):
        if before:
            yield Text("\n" if stands_below(sentence.text, before) else " ")
        before = sentence.text
        start, end = sentence.answer or (0, 0)
        yield Text.assemble(
            safe(sentence.text[:start]),
            (safe(sentence.text[start:end]), "bold"),
            safe(sentence.text[end:]),
            *(f"[{number}]" for number in sentence.numbers),
        )


def say_markdown(answer: Answer) -> None:
    """The answer as Markdown, but for what steers a terminal; the explanation as a list."""
    from assistant.showing.footnotes import escape, nested

    text = answer.to_markdown()
    if answer.explanation is not None:
        text += "\n" + nested(answer.explanation.outline(), escape)
    for line in text.rstrip("\n").split("\n"):
        say(safe(line))


def _say_explanation(explanation: Explanation) -> None:
    """Why the answer is what it is, as indented lines."""
    from rich.text import Text

    say("")
    _print(Text("Why", style="bold"))
    for depth, line in explanation.outline():
        _print(Text(safe(line)), indent=2 * depth)


def say_report(report: IndexReport) -> None:
    """What indexing did: counts, then each file about which there is something to say."""
    counts = [
        ("added", len(report.added)),
        ("updated", len(report.updated)),
        ("moved", len(report.moved)),
        ("unchanged", len(report.unchanged)),
        ("removed", len(report.removed)),
        ("duplicates", len(report.duplicates)),
        ("may be incomplete", len(report.incomplete)),
        ("refused", len(report.refused)),
    ]
    always = ("added", "unchanged", "refused")
    rows = [(name, str(count)) for name, count in counts if count or name in always]
    _table(("files", ""), rows)
    say(
        f"{report.articles} {_plural('article', report.articles)} and "
        f"{report.passages} {_plural('passage', report.passages)} are indexed "
        f"({report.seconds:.1f} s)."
    )
    for heading, told in (
        ("moved", report.moved),
        ("duplicate of", report.duplicates),
        ("may be incomplete", [(note.path, note.reason) for note in report.incomplete]),
        ("refused", [(note.path, note.reason) for note in report.refused]),
    ):
        if told:
            say("")
            if not _stdout().is_terminal:  # there the table has no heading
                say(f"{heading}:")
            _table(("file", heading), told)
    if report.interrupted:
        note("interrupted; run the same command again to go on from here")
    elif not report.articles:
        note(
            "there is nothing to ask: put documents into the folder (text, Markdown, HTML, PDF, "
            "DOCX, …), or name another one"
        )


def report_json(report: IndexReport) -> dict[str, Any]:
    """What indexing did, JSON-ready."""
    return {
        "schema": "footnote/index/1",
        "added": list(report.added),
        "updated": list(report.updated),
        "unchanged": list(report.unchanged),
        "removed": list(report.removed),
        "moved": [{"from": old, "to": new} for old, new in report.moved],
        "duplicates": [{"path": path, "article_id": kept} for path, kept in report.duplicates],
        "incomplete": [{"path": n.path, "reason": n.reason} for n in report.incomplete],
        "refused": [{"path": n.path, "reason": n.reason} for n in report.refused],
        "articles": report.articles,
        "passages": report.passages,
        "seconds": round(report.seconds, 3),
        "interrupted": report.interrupted,
    }


def say_articles(articles: Sequence[Article]) -> None:
    """One row for each article."""
    if not articles:
        note("no articles are indexed; `assistant index FOLDER` adds some")
        return
    _table(
        ("id", "title", "date", "characters", "note"),
        [
            (
                article.id,
                article.label,
                article.date or UNDATED,
                str(len(article.text)),
                _remark(article),
            )
            for article in articles
        ],
    )


def _remark(article: Article) -> str:
    """What else is to be known of an article."""
    remarks = [f"may be incomplete: {article.incomplete}"] if article.incomplete else []
    if article.also_at:
        remarks.append(f"also at {', '.join(article.also_at)}")
    return "; ".join(remarks)


def articles_json(articles: Iterable[Article]) -> dict[str, Any]:
    """The articles without their text, JSON-ready."""
    return {
        "schema": "footnote/articles/1",
        "articles": [
            {
                "id": article.id,
                "title": article.title,
                "date": article.date,
                "author": article.author,
                "language": article.language,
                "source": article.source,
                "also_at": list(article.also_at),
                "sha256": article.sha256,
                "characters": len(article.text),
                "pages": len(article.pages) or None,
                "incomplete": article.incomplete,
            }
            for article in articles
        ],
    }


def say_findings(findings: Sequence[Finding]) -> None:
    """One line for each finding, then the verdict."""
    from rich.text import Text

    for finding in findings:
        message = f"[{finding.number or 'text'}] {finding.message}"
        if finding.soft:
            _print(Text.assemble(("note  ", "yellow"), f"  {safe(message)}"))
        else:
            _verdict(finding.ok, message)
    checks = [finding for finding in findings if not finding.soft]
    failed = sum(not finding.ok for finding in checks)
    cited = sum(finding.number is not None for finding in checks)
    if not findings:
        say("Nothing to check: the answer cites nothing.")
    elif failed:
        say(f"{failed} of {len(checks)} {_plural('check', len(checks))} failed.")
    else:
        say(f"All {cited} {_plural('citation', cited)} hold." if cited > 1 else "It holds.")


def say_checks(checks: Sequence[Check]) -> None:
    """One line for each check."""
    for check in checks:
        repaired = " (repaired)" if check.repaired else ""
        _verdict(check.ok, f"{check.name}: {check.message}{repaired}")


def checks_json(checks: Iterable[Check]) -> dict[str, Any]:
    """What was verified, JSON-ready."""
    return {
        "schema": "footnote/doctor/1",
        "checks": [
            {
                "name": check.name,
                "ok": check.ok,
                "repaired": check.repaired,
                "message": check.message,
            }
            for check in checks
        ],
    }


@cache
def _stdout() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


@cache
def _stderr() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def _bars() -> Bars:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}", markup=False),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[article]}", markup=False, style="dim"),
        console=_stderr(),
        transient=True,
    )


def _print(text: Text, indent: int = 0) -> None:
    """Print for a person's terminal; into a file or a pipe, a line stays one line."""
    from rich.padding import Padding

    if _stdout().is_terminal:
        _stdout().print(Padding(text, (0, 0, 0, indent)))
    else:
        say(" " * indent + text.plain)


def _verdict(ok: bool, message: str) -> None:
    from rich.text import Text

    mark = ("ok    ", "green") if ok else ("FAILED", "bold red")
    _print(Text.assemble(mark, f"  {safe(message)}"))


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A table; into a file or a pipe, tab-separated lines without a heading."""
    if not _stdout().is_terminal:
        for row in rows:
            say("\t".join(map(safe, row)))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=position == 0)
    for row in rows:
        table.add_row(*map(safe, row))
    _stdout().print(table)


def _excerpt(citation: Citation) -> str:
    """The quote on one line, shortened between words."""
    quote = " ".join(safe(citation.quote).split())
    if len(quote) <= EXCERPT_CHARACTERS:
        return quote
    return quote[:EXCERPT_CHARACTERS].rsplit(" ", 1)[0] + " …"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
