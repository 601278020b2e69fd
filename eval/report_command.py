"""`python -m eval report`: the HTML page of a run that is on the disk, compared with another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embeddings.errors import AssistantError
from eval.comparison import compare
from eval.gate import Gate, load_gate
from eval.html_report import html_report
from eval.saved import LATEST, Saved, SavedError, is_accepted, read_saved
from eval.sets import load_sets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eval.comparison import Comparison

__all__ = ["PAGE", "report_page"]

FAILED = 2
PAGE = "report.html"


def report_page(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its latest.json.")],
    against: Annotated[
        Path | None,
        typer.Option(help="Run to compare with: its folder, which has its answers too, or an "
                     "accepted run. Default: the accepted run of the set.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write. Default: report.html beside the run.",
                     show_default=False),
    ] = None,
) -> None:  # fmt: skip
    """Write the HTML page of a run: figures, charts, stages, worst questions, what changed.

    One file that loads nothing, to be opened in a browser, mailed or kept. Every run writes it
    too; this makes it of an earlier one, and compares any two.

    Exit code: 0 it is written, 2 a run cannot be read or the page not be written.

    For instance:

      python -m eval report eval/runs/seeds --against eval/runs/before --out changed.html
    """
    try:
        document = _document(run)
        if document is None:
            raise SavedError(f"{run}: has no answers; name a run's folder")
        path = out or (run if run.is_dir() else run.parent) / PAGE
        comparison, before = _compared(document, run, against)
        try:
            page = html_report(document, comparison, before)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SavedError(f"{run}: is not a run of `python -m eval`: make it anew") from error
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise SavedError(f"{path}: cannot be written: {error.strerror}; try --out") from error
    except AssistantError as error:
        typer.echo(f"eval: {error}", err=True)
        raise typer.Exit(FAILED) from error
    typer.echo(f"Written to {path}")


def _document(run: Path) -> dict[str, Any] | None:
    """All of a run; None of an accepted run, which has too little."""
    read_saved(run)  # raises where it is none
    text = (run / LATEST if run.is_dir() else run).read_text(encoding="utf-8")
    return None if is_accepted(text) else json.loads(text)


def _compared(
    document: Mapping[str, Any], run: Path, against: Path | None
) -> tuple[Comparison | None, Mapping[str, Any]]:
    """The comparison with the run named, or as the run made it with the accepted one."""
    after = Saved.from_run(document)
    if against is not None:
        comparison = compare(read_saved(against), after)
        if not comparison.shared:
            raise SavedError(f"{against} and {run} have no question in common")
        whole = _document(against) or {"records": []}
        return comparison, {row["id"]: row for row in whole["records"]}
    chosen = next((one for one in load_sets() if one.name == after.name), None)
    if chosen is None or not chosen.accepted.is_file():
        return None, {}
    gate = load_gate(chosen.floors) if document.get("gate") else Gate()
    return compare(read_saved(chosen.accepted), after, gate.together or None, gate.alpha), {}
