"""`python -m eval compare` and `accept`: a run against another, and the one that holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from embeddings.errors import AssistantError
from eval.comparison import compare as compared
from eval.comparison_report import comparison_lines, comparison_table
from eval.report import wide
from eval.saved import Saved, SavedError, read_saved
from eval.sets import RUNS, QuestionSet, load_sets, named
from eval.tables import counted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eval.comparison import Comparison

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
    because: Annotated[
        str,
        typer.Option(help="Why a run shall hold though its gate is closed; kept in the file.",
                     show_default=False),
    ] = "",
) -> None:  # fmt: skip
    """Make a run the one that later runs are compared with.

    It writes the judged values by question to the set's file, for you to commit; no word of an
    article is in it. A run whose gate is closed, or that was held against none, is refused
    without --because, so that what is accepted does not sink unseen; measures of the gate that are
    worse than in the run accepted before are named.

    Exit code: 0 it is written, 2 it is not: a run cannot be read or is refused.

    For instance, after a run that shall hold, after `python -m eval --all`, and for questions of
    your own:

      python -m eval accept

      python -m eval accept --all

      python -m eval accept eval/runs/own --to accepted.jsonl
    """
    try:
        if every and (run or set_name or to or because):
            raise SavedError(
                "--all takes each set's last run; leave out RUN, --set, --to and --because"
            )
        chosen = load_sets() if every else (named(set_name, load_sets()),)
        runs = [
            (to or one.accepted, *_acceptable(run or RUNS / one.name, one, to, because.strip()))
            for one in chosen
        ]
        for path, saved, since in runs:
            _write(path, saved.accepted())
            told = "" if since is None else f": {since} since the one before"
            typer.echo(f"Accepted {counted(len(saved.judged), 'question')} into {path}{told}")
            if since is not None and (worse := ", ".join(_worse(saved, since))):
                typer.echo(f"Worse than in the run accepted before: {worse}", err=True)
    except AssistantError as error:
        raise _failed(error) from error


def _acceptable(
    run: Path, chosen: QuestionSet, to: Path | None, because: str
) -> tuple[Saved, Comparison | None]:
    """The run, and what changed since the one accepted before, where there is one.

    Raises `SavedError` that says why it cannot be accepted.
    """
    if run == RUNS / chosen.name and not run.exists():
        raise SavedError(
            f"there is no run of {chosen.name} yet; make one: python -m eval --set {chosen.name}"
        )
    saved = read_saved(run)
    failed = [one.id for one in saved.judged if one.outcome == "error"]
    if failed:
        raise SavedError(f"a run with errors is not accepted; failed: {', '.join(failed)}")
    if to is None and saved.name != chosen.name:
        raise SavedError(
            f"the run is of the set {saved.name!r}, not {chosen.name!r}; name its file: --to"
        )
    path = to or chosen.accepted
    since = compared(read_saved(path), saved, saved.no_drop) if path.is_file() else None
    if not because and (fault := _fault(saved, since)):
        raise SavedError(
            f"the run of {saved.name or run} is not accepted: {fault}; mend that, or say why it "
            'shall hold all the same: --because "…"'
        )
    return replace(saved, because=because), since


def _fault(saved: Saved, since: Comparison | None) -> str:
    """Why later runs should not be held to this one; else nothing.

    Its gate may have been held to another accepted run, or to none: so the drop since the one that
    it takes the place of is tested here again.
    """
    if not saved.gated:
        return "it was held against no gate"
    if saved.closed_by:
        return f"its gate is closed by {', '.join(saved.closed_by)}"
    if since is not None and since.dropped:
        fallen = ", ".join(change.name for change in since.dropped)
        return f"significantly worse than in the run accepted before: {fallen}"
    return ""


def _worse(saved: Saved, since: Comparison) -> Iterator[str]:
    """The measures of the gate that are worse, significantly or not, or judged no more."""
    for change in since.changes:
        name = change.measure.name
        if name in saved.gated and change.worse:
            yield f"{change.name} ({shown(name, change.before)} → {shown(name, change.after)})"
    for name in since.gone:
        if name in saved.gated:
            yield f"{name} (judged no more)"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SavedError(f"{path}: cannot be written: {error.strerror}") from error


def _failed(error: AssistantError) -> typer.Exit:
    typer.echo(f"eval: {error}", err=True)
    return typer.Exit(FAILED)
