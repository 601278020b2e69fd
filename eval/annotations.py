"""Workflow commands of GitHub Actions: the gate's errors, each lost question at its own line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eval.gate import broken
from eval.report import failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eval.report import Report
    from eval.run import Record

__all__ = ["MOST", "workflow_commands"]

MOST = 10
"""What GitHub shows of each level in one step; the rest is in the report."""
NAMED = 20
"""Questions that one error names."""


def workflow_commands(report: Report, workspace: Path) -> Iterator[str]:
    """An error for each closed floor and each question it lost; a warning for one lost besides.

    `workspace` is the folder of the checkout, which the paths of files start at.
    """
    records = {record.question.id: record for record in report.records}
    closed = broken(report.verdicts)
    named = dict.fromkeys(one for verdict in closed for one in verdict.lost)
    for verdict in closed:
        yield _command("error", _shortened(str(verdict), verdict.lost),
                       {"title": f"Gate: {verdict.floor.name}"})  # fmt: skip
    for one in [*named][: max(0, MOST - len(closed))]:
        yield _about(records[one], "error", "Lost", workspace)
    besides = () if report.comparison is None else report.comparison.lost
    for one in [one for one in besides if one not in named][:MOST]:
        yield _about(records[one], "warning", "Lost since the accepted run", workspace)


def _shortened(text: str, lost: tuple[str, ...]) -> str:
    if len(lost) <= NAMED:
        return text
    every, some = ", ".join(lost), ", ".join(lost[:NAMED])
    return text.replace(every, f"{some} and {len(lost) - NAMED} more")


def _about(record: Record, level: str, title: str, workspace: Path) -> str:
    question = record.question
    path, _, line = question.origin.rpartition(":")
    file = Path(path).resolve()
    inside = file.relative_to(workspace) if file.is_relative_to(workspace) else Path(file.name)
    place = {"file": inside.as_posix(), "line": line, "title": f"{title}: {question.id}"}
    return _command(level, failure(record), place)


def _command(level: str, message: str, properties: Mapping[str, str]) -> str:
    told = ",".join(f"{name}={_escaped(value, ',:')}" for name, value in properties.items())
    return f"::{level} {told}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    """Percent-encoded as the runner decodes it: `%` first, line ends, and what ends a property."""
    for letter in f"%\r\n{more}":
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
