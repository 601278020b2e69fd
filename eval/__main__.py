"""`python -m eval`: ask the questions, print the tables, write the report, hold the floors.

`python -m eval bench FOLDER` is a command of its own, in `eval.bench_command`, and so is
`python -m eval inbox`, in `eval.inbox_command`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from embeddings.errors import AssistantError, ReadError
from eval.bench_command import bench
from eval.gate import broken, check, load_floors
from eval.inbox_command import inbox
from eval.questions import load
from eval.report import Report, ReportError, failures, wide
from eval.run import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from eval.questions import Question
    from eval.run import Record

HERE = Path(__file__).parent
QUESTIONS = HERE / "questions" / "development.jsonl"
SEEDS = HERE.parent / "seeds"
RUNS = HERE / "runs"
FLOORS = HERE / "floors.toml"

PASSED, BROKEN, FAILED = 0, 1, 2

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(bench)
app.command()(inbox)


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    questions: Annotated[
        list[Path] | None,
        typer.Option(help="JSON Lines file of questions; may be given more than once. "
                     "Default: eval/questions/development.jsonl.", show_default=False),
    ] = None,
    articles: Annotated[
        Path, typer.Option(help="Folder of the articles that are asked.", show_default="seeds")
    ] = SEEDS,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where their index is kept. Default: as the assistant keeps it.",
                     show_default=False),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(help="Folder for latest.json and latest.md.", show_default="eval/runs"),
    ] = RUNS,
    floors: Annotated[
        Path,
        typer.Option(help="TOML file of the floors.", show_default="eval/floors.toml"),
    ] = FLOORS,
    gate: Annotated[
        bool, typer.Option("--gate/--no-gate", help="Hold the run against the floors.")
    ] = True,
    verbose: Annotated[
        bool,
        typer.Option("--verbose",
                     help="One line for each question that failed: asked, expected, got."),
    ] = False,
) -> None:  # fmt: skip
    """Ask every question, judge the answers, and hold the result against the floors.

    With no option it asks eval/questions/development.jsonl over the articles of seeds/ and
    writes eval/runs/latest.json and latest.md. No key, no network, no model as a judge; all but
    latency is the same in every run.

    Exit code: 0 the floors hold, 1 a floor is broken (it and the questions lost are named),
    2 nothing was judged (a file, a folder or an option is wrong).

    For instance, the questions that failed, one line each, and then your own articles:

      python -m eval --verbose

      python -m eval --questions mine.jsonl --articles my-articles/ --floors mine.toml
    """
    from rich.console import Console

    if context.invoked_subcommand:
        return
    try:
        limits = load_floors(floors) if gate else ()
        asked = load(questions or [QUESTIONS])
        records = records_of(asked, articles, data_dir, Console(stderr=True))
        report = Report(records, check(limits, records))
        write(report, out)
    except AssistantError as error:
        typer.echo(f"eval: {error}", err=True)
        raise typer.Exit(FAILED) from error
    show(report, wide(Console()), verbose=verbose)
    typer.echo(f"Written to {out}/latest.json and latest.md")
    if broken(report.verdicts):
        raise typer.Exit(BROKEN)


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


def write(report: Report, folder: Path) -> None:
    """Write latest.json, latest.md and its charts.

    Raises `ReportError` when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        document = json.dumps(report.to_dict(), ensure_ascii=False, indent=1)
        (folder / "latest.json").write_text(document + "\n", encoding="utf-8")
        (folder / "latest.md").write_text(report.markdown(), encoding="utf-8")
        for name, chart in report.charts().items():
            (folder / name).write_text(chart, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{folder}: cannot be written: {error.strerror}; try --out") from error


def show(report: Report, console: Console, *, verbose: bool) -> None:
    """Print the tables, the questions that failed if `verbose`, and every broken floor."""
    for table in report.tables():
        console.print(table)
    if verbose:
        for line in failures(report.records):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    for verdict in broken(report.verdicts):
        console.print(f"BROKEN: {verdict}", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app(prog_name="python -m eval")
