"""`python -m eval compare` and `accept`: a run against another, and the one that holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from embeddings.errors import AssistantError
from eval.comparison import compare as compared
from eval.comparison_report import comparison_lines, comparison_table
from eval.report import wide
from eval.saved import Saved, SavedError, read_saved
from eval.sets import RUNS, QuestionSet, load_sets, named

__all__ = ["accept", "compare"]

DROPPED, FAILED = 1, 2


def compare(
    before: Annotated[Path, typer.Argument(help="A run's folder, or an accepted run.")],
    after: Annotated[Path, typer.Argument(help="The same, of the run that came later.")],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="File for the whole comparison.",
                                  show_default=False),
    ] = None,
) -> None:  # fmt: skip
    """Compare two runs: what was lost and won, and which measures are more than luck apart.

    Over the questions that both were asked in the same words; all measures are tested together.

    Exit code: 0 nothing is significantly worse, 1 something is, 2 a run cannot be read.

    For instance:

      python -m eval --out eval/runs/before

      python -m eval compare eval/runs/before eval/runs/seeds
    """
    from rich.console import Console

    try:
        comparison = compared(read_saved(before), read_saved(after))
        if not comparison.shared:
            raise SavedError(f"{before} and {after} have no question in common")
        if json_file:
            _write(json_file, json.dumps(comparison.to_dict(), indent=1) + "\n")
    except AssistantError as error:
        raise _failed(error) from error
    console = wide(Console())
    console.print(comparison_table(comparison))
    for line in comparison_lines(comparison, {}):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for change in comparison.dropped:
        typer.echo(f"WORSE: {change.name}, lost: {', '.join(change.lost)}")
    if comparison.dropped:
        raise typer.Exit(DROPPED)


def accept(
    run: Annotated[
        Path | None,
        typer.Argument(help="A run's folder. Default: the last run of the set.",
                       show_default=False),
    ] = None,
    set_name: Annotated[
        str | None,
        typer.Option("--set", help="Which set of eval/sets.toml. Default: its first.",
                     show_default=False),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="The last run of every set of eval/sets.toml.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(help="File of the accepted run. Default: that of the set.",
                     show_default=False),
    ] = None,
) -> None:  # fmt: skip
    """Make a run the one that later runs are compared with.

    It writes the judged values by question to the set's file, for you to commit; no word of an
    article is in it.

    For instance, after a run that shall hold, after `python -m eval --all`, and for questions of
    your own:

      python -m eval accept

      python -m eval accept --all

      python -m eval accept eval/runs/own --to accepted.jsonl
    """
    try:
        if every and (run or set_name or to):
            raise SavedError("--all takes each set's last run; leave out RUN, --set and --to")
        chosen = load_sets() if every else (named(set_name, load_sets()),)
        runs = [(one, _accepted_run(run or RUNS / one.name, one, to)) for one in chosen]
        for one, saved in runs:
            path = to or one.accepted
            told = ""
            if path.is_file():
                told = f": {compared(read_saved(path), saved)} since the one before"
            _write(path, saved.accepted())
            typer.echo(f"Accepted {len(saved.judged)} questions into {path}{told}")
    except AssistantError as error:
        raise _failed(error) from error


def _accepted_run(run: Path, chosen: QuestionSet, to: Path | None) -> Saved:
    """The run, if it can be accepted; raises `SavedError` that says why not."""
    saved = read_saved(run)
    failed = [one.id for one in saved.judged if one.outcome == "error"]
    if failed:
        raise SavedError(f"a run with errors is not accepted; failed: {', '.join(failed)}")
    if to is None and saved.name != chosen.name:
        raise SavedError(
            f"the run is of the set {saved.name!r}, not {chosen.name!r}; name its file: --to"
        )
    return saved


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SavedError(f"{path}: cannot be written: {error.strerror}") from error


def _failed(error: AssistantError) -> typer.Exit:
    typer.echo(f"eval: {error}", err=True)
    return typer.Exit(FAILED)
