"""A comparison, for reading: a table and the questions lost and won, in terminal and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.tables import decimal, escaped, markdown_table, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.table import Table

    from eval.comparison import Change, Comparison

__all__ = [
    "HEADER",
    "LISTED",
    "SEES",
    "comparison_lines",
    "comparison_markdown",
    "comparison_rows",
    "comparison_table",
]

HEADER = ("measure", "before", "after", "difference", "95 %", "p", "lost", "won", "sees", "n")
LISTED = 50
"""Questions that are listed of those lost, of those won, and of those that failed."""


def comparison_table(comparison: Comparison) -> Table:
    """Each measure, before and after."""
    return table_of(
        f"Against the run before: {comparison}", list(HEADER), comparison_rows(comparison)
    )


def comparison_lines(comparison: Comparison, asked: Mapping[str, str]) -> Iterator[str]:
    """What has to be known, then a line for each question lost and won.

    `asked` has the words of the questions by id, of those that are known.
    """
    yield from comparison.notes
    for title, ids in (("lost", comparison.lost), ("won", comparison.won)):
        for one in ids[:LISTED]:
            words = asked.get(one)
            yield f"{title} · {one}" + (f" · {words}" if words else "")
        if len(ids) > LISTED:
            yield f"{title} · and {len(ids) - LISTED} more"


def comparison_markdown(comparison: Comparison, asked: Mapping[str, str]) -> list[str]:
    """A section of the report."""
    fallen = ", ".join(change.name for change in comparison.dropped)
    told = f"significantly worse: {fallen}" if fallen else "nothing is significantly worse"
    lines = [f"**{comparison}**; {told} (α = {comparison.alpha:g}, Holm).", ""]
    for title, ids in (("Lost", comparison.lost), ("Won", comparison.won)):
        lines += [f"- {title}: `{one}` {escaped(asked.get(one, ''))}".rstrip() for one in
                  ids[:LISTED]]  # fmt: skip
        if len(ids) > LISTED:
            lines.append(f"- {title}: and {len(ids) - LISTED} more")
    lines += ["", *comparison.notes, ""] if comparison.notes else [""]
    return [*lines, *markdown_table(list(HEADER), comparison_rows(comparison)), "", SEES, ""]


SEES = (
    "p is that of a paired test; among the measures of the gate it is adjusted for their number "
    "(Holm), and in brackets for the others, where it is not. “sees” is the smallest drop that "
    "would be noticed four times in five."
)


def comparison_rows(comparison: Comparison) -> list[list[str]]:
    """The cells under `HEADER`, of each measure."""
    return [_row(change) for change in comparison.changes]


def _row(change: Change) -> list[str]:
    difference = change.difference
    digits = 3 if change.measure.aggregate == "share" else 1
    p = f"({change.p:.3f})" if change.adjusted is None else f"{change.adjusted:.3f}"
    return [
        change.name,
        decimal(change.before.value, digits),
        decimal(change.after.value, digits),
        f"{difference.value:+.{digits}f}",
        f"{difference.low:+.{digits}f} to {difference.high:+.{digits}f}",
        p,
        str(len(change.lost)),
        str(len(change.won)),
        decimal(change.detectable, digits),
        str(difference.n),
    ]
