"""`python -m eval`: ask the questions, print the tables, write the report, hold the floors.

Commands of their own: `python -m eval compare` and `accept`, in `eval.compare_command`, `bench
FOLDER`, in `eval.bench_command`, `report`, in `eval.report_command`, and for questions `new`,
`check`, `inbox`, `export` and `import`, in modules of those names.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from embeddings.errors import AssistantError, ReadError
from eval.annotations import workflow_commands
from eval.bench_command import bench
from eval.check_command import check as check_questions
from eval.compare_command import accept, compare
from eval.comparison import compare as compared
from eval.formats_command import export_questions, import_questions
from eval.gate import Gate, broken, check, check_drops, load_gate
from eval.html_report import html_report
from eval.inbox_command import inbox
from eval.junit import junit_xml
from eval.machine import models_of, took
from eval.new_command import new
from eval.questions import load
from eval.report import Report, ReportError, failures, wide
from eval.report_command import PAGE, report_page
from eval.run import run
from eval.saved import LATEST, Saved, SavedError, read_saved
from eval.sets import RUNS, QuestionSet, load_sets, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from eval.questions import Question
    from eval.run import Record

BROKEN, FAILED = 1, 2
OWN = "own"
"""Name of a set that options make up."""
OWN_FLOORS = Path(__file__).with_name("own_floors.toml")
WRITTEN = {"comparison.json", "reliability.svg", "risk-coverage.svg"}
"""Files that not every run has."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(accept)
app.command()(compare)
app.command()(bench)
app.command()(inbox)
app.command("report")(report_page)
app.command()(new)
app.command("check")(check_questions)
app.command("export")(export_questions)
app.command("import")(import_questions)


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    set_name: Annotated[
        str | None,
        typer.Option("--set", help="Which set of eval/sets.toml. Default: its first.",
                     show_default=False),
    ] = None,
    questions: Annotated[
        list[Path] | None,
        typer.Option(help="JSON Lines file of questions; may be given more than once. "
                     "Default: those of the set.", show_default=False),
    ] = None,
    articles: Annotated[
        Path | None,
        typer.Option(help="Folder of the articles that are asked. Default: that of the set.",
                     show_default=False),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where their index is kept. Default: as the assistant keeps it.",
                     show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for what is written. Default: eval/runs/ and the set's name.",
                     show_default=False),
    ] = None,
    floors: Annotated[
        Path | None,
        typer.Option(help="TOML file of the floors. Default: that of the set; with --questions or "
                     "--articles eval/own_floors.toml.",
                     show_default=False),
    ] = None,
    accepted: Annotated[
        Path | None,
        typer.Option(help="Accepted run, or an earlier one, to compare with. Default: that of the "
                     "set; none with --questions or --articles.", show_default=False),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate/--no-gate", help="Hold the run against the floors.")
    ] = True,
    verbose: Annotated[
        bool,
        typer.Option("--verbose",
                     help="One line for each question that failed: asked, expected, got."),
    ] = False,
    annotate: Annotated[
        bool | None,
        typer.Option("--annotate/--no-annotate", show_default=False,
                     help="Print workflow commands of GitHub Actions. Default: there only."),
    ] = None,
) -> None:  # fmt: skip
    """Ask every question, judge the answers, and hold the result against the gate.

    With no option it asks the questions of the set seeds over the articles of seeds/, compares
    with the accepted run, and writes latest.json, latest.md, report.html, junit.xml,
    comparison.json and two charts to eval/runs/seeds/. No key, no network, no model as a judge;
    all but latency is the same in every run.

    Exit code: 0 the gate is open; 1 it is closed: a floor is broken or a measure has dropped since
    the accepted run (it and the questions lost are named); 2 nothing was judged (a file, a folder
    or an option is wrong).

    For instance, the questions that failed, one line each; your own articles; what a change did:

      python -m eval --verbose

      python -m eval --questions mine.jsonl --articles my-articles/ --floors mine.toml

      python -m eval compare eval/runs/before eval/runs/seeds
    """
    from rich.console import Console

    if context.invoked_subcommand:
        return
    try:
        chosen = _chosen(set_name, questions, articles, floors)
        folder = out or RUNS / chosen.name
        limits = load_gate(chosen.floors) if gate else Gate()
        before = _before(chosen, accepted)
        report = measured(chosen, limits, before, data_dir, Console(stderr=True))
        names = write(report, folder)
    except AssistantError as error:
        typer.echo(f"eval: {error}", err=True)
        raise typer.Exit(FAILED) from error
    show(report, wide(Console()), verbose=verbose)
    if before is None:
        typer.echo("Compared with no accepted run; `python -m eval accept` makes this one it.")
    typer.echo(f"Written to {folder}: {', '.join(names)}")
    if annotate or (annotate is None and os.environ.get("GITHUB_ACTIONS") == "true"):
        workspace = Path(os.environ.get("GITHUB_WORKSPACE", ".")).resolve()
        for line in workflow_commands(report, workspace):
            typer.echo(line)
    if broken(report.verdicts):
        raise typer.Exit(BROKEN)


def measured(
    chosen: QuestionSet,
    gate: Gate,
    before: Saved | None,
    data_dir: Path | None,
    console: Console,
) -> Report:
    """The set's questions asked, judged, compared with the run before, and held to the gate."""
    started = time.perf_counter()
    records = records_of(load(chosen.questions), chosen.articles, data_dir, console)
    report = Report(
        records,
        name=chosen.name,
        models=models_of(chosen.articles, data_dir),
        took=took(time.perf_counter() - started),
    )
    comparison = None
    if before is not None:
        after = Saved.from_run(report.to_dict())
        comparison = compared(before, after, gate.together or None, gate.alpha)
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
        records = run(questions, assistant)
        return tuple(
            track(records, "Asking", total=len(questions), console=console, transient=True)
        )


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


def show(report: Report, console: Console, *, verbose: bool) -> None:
    """Print the tables, what changed, the questions that failed if `verbose`, and broken floors."""
    for table in report.tables():
        console.print(table)
    for line in report.lines():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if verbose:
        for line in failures(report.records):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    for verdict in broken(report.verdicts):
        console.print(f"BROKEN: {verdict}", markup=False, highlight=False, soft_wrap=True)


def _chosen(
    name: str | None,
    questions: Sequence[Path] | None,
    articles: Path | None,
    floors: Path | None,
) -> QuestionSet:
    """The set of that name, with what the options put in its place."""
    chosen = named(name, load_sets())
    if questions or articles:
        chosen = replace(chosen, name=OWN, floors=OWN_FLOORS)
    return replace(
        chosen,
        questions=tuple(questions or chosen.questions),
        articles=articles or chosen.articles,
        floors=floors or chosen.floors,
    )


def _before(chosen: QuestionSet, accepted: Path | None) -> Saved | None:
    """The run to compare with: the one that is named, else that of the set where there is one."""
    if accepted is not None and not accepted.exists():
        raise SavedError(
            f"{accepted}: no such accepted run; `python -m eval accept RUN --to {accepted}` "
            "makes one"
        )
    if accepted is None and (chosen.name == OWN or not chosen.accepted.is_file()):
        return None
    return read_saved(accepted or chosen.accepted)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    app(prog_name="python -m eval")
