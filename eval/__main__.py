"""`python -m eval`: ask the questions, print the tables, write the report, hold the floors.

Commands of their own: `python -m eval compare` and `accept`, in `eval.compare_command`, `bench
FOLDER`, in `eval.bench_command`, `report`, in `eval.report_command`, and for questions `new`,
`check`, `inbox`, `export` and `import`, in modules of those names.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from assistant.command.terminal import wrong_usage
from embeddings.errors import AssistantError
from eval.annotations import workflow_commands
from eval.bench_command import bench
from eval.check_command import check as check_questions
from eval.compare_command import accept, compare
from eval.evaluation import measured, write
from eval.formats_command import export_questions, import_questions
from eval.gate import Gate, broken, load_gate
from eval.inbox_command import inbox
from eval.new_command import new
from eval.questions import fingerprint, load
from eval.report import Report, failures, wide
from eval.report_command import report_page
from eval.run import FINGERPRINT
from eval.saved import Saved, SavedError, read_saved
from eval.sets import RUNS, QuestionSet, SetsError, load_sets, named
from eval.tables import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

BROKEN, FAILED, INTERRUPTED = 1, 2, 130
NAME = "python -m eval"
OWN = "own"
"""Name of a set that options make up."""
OWN_FLOORS = Path(__file__).with_name("own_floors.toml")

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
    every: Annotated[
        bool, typer.Option("--all", help="Ask every set of eval/sets.toml, one after the other.")
    ] = False,
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
        typer.Option(help="Where their index is kept. Default: eval/ in the data folder.",
                     show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for what is written; with --all for a folder a set. Default: "
                     "eval/runs/ and the set's name.", show_default=False),
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
    comparison.json and two charts to eval/runs/seeds/. With --all it does so for each set: the full
    evaluation. No key, no network, no model as a judge; all but latency is the same in every run.
    Of a set that is held out neither question nor answer is printed.

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
    given = {"--set": set_name, "--questions": questions, "--articles": articles,
             "--floors": floors, "--accepted": accepted}  # fmt: skip
    try:
        if every:
            sets = _every([option for option, value in given.items() if value])
        else:
            sets = (_chosen(set_name, questions, articles, floors),)
    except AssistantError as error:
        raise _failed(error) from error
    workspace = Path(os.environ.get("GITHUB_WORKSPACE", ".")).resolve()
    reports = []
    for chosen in sets:
        folder = (out / chosen.name if every else out) if out else RUNS / chosen.name
        try:
            limits = load_gate(chosen.floors) if gate else Gate()
            report = replace(
                measured(chosen, limits, _before(chosen, accepted), data_dir, Console(stderr=True)),
                next_step=_next_step(chosen, folder, workspace),
            )
            show(report, wide(Console()), verbose=verbose)  # also where it cannot be written
            names = write(report, folder)
        except AssistantError as error:
            _failed(error)
            continue
        typer.echo(f"Written to {folder}: {', '.join(names)}")
        reports.append(report)
    if every:
        for report in reports:
            typer.echo(_summary(report))
    if annotate or (annotate is None and os.environ.get("GITHUB_ACTIONS") == "true"):
        for line in workflow_commands(reports, workspace):
            typer.echo(line)
    if len(reports) < len(sets):
        raise typer.Exit(FAILED)
    if any(broken(report.verdicts) for report in reports):
        raise typer.Exit(BROKEN)


def show(report: Report, console: Console, *, verbose: bool) -> None:
    """Print the tables, what changed, the questions that failed if `verbose`, and broken floors."""
    for table in report.tables():
        console.print(table)
    for line in report.lines():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if verbose and not report.held_out:
        for line in failures(report.records):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if report.comparison is None:
        told = report.ungated or f"compared with no accepted run; to have one, {report.next_step}"
        told = f"{told[0].upper()}{told[1:]}."
        console.print(told, markup=False, highlight=False, soft_wrap=True)
    for verdict in broken(report.verdicts):
        console.print(f"BROKEN: {verdict}", markup=False, highlight=False, soft_wrap=True)


def _summary(report: Report) -> str:
    """One line of a set among several."""
    closed = [verdict.floor.name for verdict in broken(report.verdicts)]
    state = f"closed by {', '.join(closed)}" if closed else "open"
    seconds = report.took["seconds"]
    asked = counted(len(report.records), "question")
    return f"{report.name}: {asked}, {seconds:.0f} s; the gate is {state}"


def _failed(error: AssistantError) -> typer.Exit:
    typer.echo(f"eval: {error}", err=True)
    return typer.Exit(FAILED)


def _every(beside: Sequence[str]) -> tuple[QuestionSet, ...]:
    """All sets; raises `SetsError` where options beside --all say what is asked."""
    if beside:
        raise SetsError(f"--all asks the sets as they are; leave out {', '.join(beside)}")
    return load_sets()


def _chosen(
    name: str | None,
    questions: Sequence[Path] | None,
    articles: Path | None,
    floors: Path | None,
) -> QuestionSet:
    """The set of that name, with what the options put in its place."""
    chosen = named(name, load_sets())
    if questions or articles:
        chosen = replace(chosen, name=OWN, floors=OWN_FLOORS, held_out=False)
    return replace(
        chosen,
        questions=tuple(questions or chosen.questions),
        articles=articles or chosen.articles,
        floors=floors or chosen.floors,
    )


def _next_step(chosen: QuestionSet, folder: Path, workspace: Path) -> str:
    """What makes the run in `folder` the accepted one, told from the folder of the checkout."""
    place = folder.resolve()
    place = place.relative_to(workspace) if place.is_relative_to(workspace) else place
    command = f"python -m eval accept {shlex.quote(place.as_posix())}"
    if chosen.name != OWN:
        return f"run `{command} --set {chosen.name}` and commit {chosen.accepted.name}"
    return (
        f"run `{command} --to accepted.jsonl`, commit that file, and name it with --accepted (in "
        "the action: `accepted: accepted.jsonl`)"
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
    saved = read_saved(accepted or chosen.accepted)
    if accepted is not None:
        asked = {fingerprint([one])[:FINGERPRINT] for one in load(chosen.questions)}
        if asked.isdisjoint(one.fingerprint for one in saved.judged):
            raise SavedError(
                f"{accepted}: was asked none of these questions in these words, so no drop can be "
                "seen; name another run, or none, and accept the new one"
            )
    return saved


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its code; wrong usage is told in one line."""
    command = typer.main.get_command(app)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with command.make_context(NAME, given) as context:
            command.invoke(context)
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except TyperException as error:
        typer.echo(f"eval: {wrong_usage(error, NAME)}", err=True)
        sys.exit(FAILED)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("eval: interrupted", err=True)
        sys.exit(INTERRUPTED)
    sys.exit()


if __name__ == "__main__":
    main()
