"""Workflow commands of GitHub Actions: the gate's errors, each lost question at its own line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eval.gate import broken
from eval.report import failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from eval.gate import Verdict
    from eval.report import Report
    from eval.run import Record

    Closed = tuple[Report, Verdict]
    Lost = tuple[Report, str]

__all__ = ["MOST", "workflow_commands"]

MOST = 10
"""What GitHub shows of each level in one step; the rest is in the report."""
FLOORS = 4
"""Floors with an error of their own where questions were lost, so that those get some too."""
NAMED = 20
"""Questions that the error of a floor names."""
REST_NAMED = 200
"""Questions that the last error names, of those that have none of their own."""


def workflow_commands(reports: Sequence[Report], workspace: Path) -> Iterator[str]:
    """Errors for closed floors and the questions they lost; warnings for those lost besides.

    At most `MOST` of each level over all reports: what has no place of its own is named together,
    floors in one error and questions in another. `workspace` is the folder of the checkout, which
    the paths of files start at. Where a set has no accepted run, the first warning says so.
    """
    several = len(reports) > 1
    closed = [(report, verdict) for report in reports for verdict in broken(report.verdicts)]
    lost = _distinct((report, one) for report, verdict in closed for one in verdict.lost)
    floors = [*_floors(closed, several, most=FLOORS if lost else MOST - 1)]
    yield from floors
    yield from _questions(lost, MOST - len(floors), "error", "Lost", workspace)
    besides = [
        (report, one)
        for report in reports
        if report.comparison is not None
        for one in report.comparison.lost
        if (id(report), one) not in {(id(each), name) for each, name in lost}
    ]
    ungated = [f"{r.name}: {r.ungated}" if several else r.ungated for r in reports if r.ungated]
    if ungated:
        yield _command("warning", "\n".join(ungated), {"title": "No accepted run"})
    most = MOST - bool(ungated)
    yield from _questions(besides, most, "warning", "Lost since the accepted run", workspace)


def _distinct(pairs: Iterable[Lost]) -> list[Lost]:
    return [*{(id(report), one): (report, one) for report, one in pairs}.values()]


def _floors(closed: Sequence[Closed], several: bool, most: int) -> Iterator[str]:
    """An error for each of the first `most` floors, and one for all others."""
    alone = closed if len(closed) <= most + 1 else closed[:most]
    for report, verdict in alone:
        title = f"Gate: {_named(report, verdict, several)}"
        yield _command("error", _shortened(str(verdict), verdict.lost), {"title": title})
    if rest := closed[len(alone) :]:
        told = "; ".join(
            f"{_named(report, verdict, several)} {verdict.floor.bound}" for report, verdict in rest
        )
        yield _command("error", told, {"title": f"Gate: {len(rest)} more floors"})


def _named(report: Report, verdict: Verdict, several: bool) -> str:
    return f"{report.name}: {verdict.floor.name}" if several else verdict.floor.name


def _questions(
    lost: Sequence[Lost], most: int, level: str, title: str, workspace: Path
) -> Iterator[str]:
    """A command at the line of each question, as many as there may be, the last for all others."""
    alone = lost if len(lost) <= most else lost[: most - 1]
    for report, one in alone:
        yield _about(_record(report, one), level, title, workspace, report.held_out)
    if rest := [one for _, one in lost[len(alone) :]]:
        more = len(rest) - REST_NAMED
        told = ", ".join(rest[:REST_NAMED]) + (f" and {more} more" if more > 0 else "")
        yield _command(level, told, {"title": f"{title}: {len(rest)} more questions"})


def _record(report: Report, question: str) -> Record:
    return next(record for record in report.records if record.question.id == question)


def _shortened(text: str, lost: tuple[str, ...]) -> str:
    if len(lost) <= NAMED:
        return text
    every, some = ", ".join(lost), ", ".join(lost[:NAMED])
    return text.replace(every, f"{some} and {len(lost) - NAMED} more")


def _about(record: Record, level: str, title: str, workspace: Path, held_out: bool) -> str:
    question = record.question
    path, _, line = question.origin.rpartition(":")
    file = Path(path).resolve()
    inside = file.relative_to(workspace) if file.is_relative_to(workspace) else Path(file.name)
    place = {"file": inside.as_posix(), "line": line, "title": f"{title}: {question.id}"}
    return _command(level, record.outcome if held_out else failure(record), place)


def _command(level: str, message: str, properties: Mapping[str, str]) -> str:
    told = ",".join(f"{name}={_escaped(value, ',:')}" for name, value in properties.items())
    return f"::{level} {told}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    """Percent-encoded as the runner decodes it: `%` first, line ends, and what ends a property."""
    for letter in f"%\r\n{more}":
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
