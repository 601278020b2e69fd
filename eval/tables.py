"""Tables of figures, in the terminal and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from eval.intervals import Figure

__all__ = ["counted", "decimal", "escaped", "interval", "markdown_table", "shown", "table_of"]


def counted(count: int, thing: str) -> str:
    """`1 query`, `2 queries`: how many things there are."""
    plural = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{count} {thing if count == 1 else plural}"


def table_of(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[str] = ()
) -> Table:
    """A table of figures, which stand on the right; the first column and `words` on the left."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for position, name in enumerate(header):
        left = position == 0 or name in words
        table.add_column(name, justify="left" if left else "right", no_wrap=position == 0)
    for row in rows:
        table.add_row(*row)
    return table


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table whose cells may hold anything."""
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(escaped(cell) for cell in line)} |" for line in lines]


def escaped(text: str) -> str:
    """Text for a line or a cell of Markdown, in which nothing ends it, links or loads a picture."""
    plain = " ".join(text.split()).replace("\\", "\\\\")
    return plain.replace("|", "\\|").replace("[", "\\[").replace("<", "&lt;")


def decimal(value: float | None, digits: int = 3) -> str:
    """The number for a cell; a dash when there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def shown(name: str, figure: Figure, decimals: int = 1) -> str:
    """The figure of a measure for a cell; `decimals` of a share in per cent."""
    if figure.value is None:
        return "–"
    if name == "errors":
        return str(round(figure.value * figure.n))
    return _number(name, figure.value, decimals)


def interval(name: str, figure: Figure) -> str:
    """The interval of a measure for a cell."""
    if figure.low is None or figure.high is None or name == "errors":
        return "–"
    return f"{_number(name, figure.low)}–{_number(name, figure.high)}"


def _number(name: str, value: float, decimals: int = 1) -> str:
    if name.startswith("latency"):
        return f"{value:.0f}"
    if name == "median_words":
        return f"{value:.3g}"
    if name.startswith(("mrr", "ndcg")):
        return f"{value:.{2 + decimals}f}"
    return f"{100 * value:.{decimals}f} %"
