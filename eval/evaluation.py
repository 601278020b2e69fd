"""One set evaluated: questions asked and judged, the gate held, the files of the run written."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from embeddings.errors import ReadError
from eval.comparison import compare
from eval.gate import check, check_drops
from eval.html_report import html_report
from eval.junit import junit_xml
from eval.machine import models_of, took
from eval.questions import load
from eval.report import Report, ReportError
from eval.report_command import PAGE
from eval.run import run
from eval.saved import LATEST, Saved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from embeddings.indexing import FileNote
    from eval.gate import Gate
    from eval.questions import Question
    from eval.run import Record
    from eval.sets import QuestionSet

__all__ = ["files_of", "measured", "records_of", "write"]

WRITTEN = {"comparison.json", "reliability.svg", "risk-coverage.svg"}
"""Files that not every run has."""
REFUSED_SHOWN = 5


def own_data_dir(data_dir: Path | None) -> Path:
    """Where the articles are indexed: the folder that is named, else one of the evaluation's own.

    In the assistant's, what people have added to a folder's library or taken out of it would be
    part of what is measured.
    """
    from assistant.settings import Settings

    return data_dir or Settings().resolved_data_dir() / "eval"


def measured(
    chosen: QuestionSet,
    gate: Gate,
    before: Saved | None,
    data_dir: Path | None,
    console: Console,
) -> Report:
    """The set's questions asked, judged, compared with the run before, and held to the gate."""
    started = time.perf_counter()
    data_dir = own_data_dir(data_dir)
    records = records_of(load(chosen.questions), chosen.articles, data_dir, console)
    report = Report(
        records,
        name=chosen.name,
        models=models_of(chosen.articles, data_dir),
        took=took(time.perf_counter() - started),
        held_out=chosen.held_out,
        not_held=() if before is not None else gate.together,
    )
    comparison = None
    if before is not None:
        after = Saved.from_run(report.to_dict())
        comparison = compare(before, after, gate.together or None, gate.alpha)
    verdicts = check(gate.floors, records, comparison)
    if comparison is not None:
        verdicts += check_drops(gate.no_drop, comparison)
    return replace(report, comparison=comparison, verdicts=verdicts)


def records_of(
    questions: Sequence[Question], articles: Path, data_dir: Path | None, console: Console
) -> tuple[Record, ...]:
    """The records of all questions, asked of the articles; progress goes to `console`."""
    from rich.progress import track

    from assistant import Assistant

    if not articles.is_dir():
        raise ReadError(f"{articles}: no such folder; name one with --articles")
    with Assistant.open(articles, data_dir=data_dir) as assistant:
        for line in _refused(assistant.report.refused):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        records = run(questions, assistant)
        return tuple(
            track(records, "Asking", total=len(questions), console=console, transient=True)
        )


def _refused(files: Sequence[FileNote]) -> Iterator[str]:
    """A line for each file that no answer can come from, the first of them."""
    from assistant.command.terminal import safe

    for file in files[:REFUSED_SHOWN]:
        yield safe(f"Not asked: {file.path}: {file.reason}")
    if len(files) > REFUSED_SHOWN:
        yield f"Not asked: {len(files) - REFUSED_SHOWN} more; `assistant index` says why"


def files_of(report: Report) -> dict[str, str]:
    """What is written of a run, by the name of its file."""
    document = report.to_dict()
    comparison = {}
    if report.comparison is not None:
        comparison["comparison.json"] = _json(report.comparison.to_dict())
    return {
        LATEST: _json(document),
        PAGE: html_report(document, report.comparison),
        "latest.md": report.markdown(),
        "junit.xml": junit_xml(report),
        **comparison,
        **report.charts(),
    }


def write(report: Report, folder: Path) -> list[str]:
    """Write the files of a run, and name them; raises `ReportError` when the folder is no place.

    What an earlier run left there and this one does not have is taken away.
    """
    files = files_of(report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in WRITTEN - set(files):
            (folder / name).unlink(missing_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{folder}: cannot be written: {error.strerror}; try --out") from error
    return sorted(files)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
