"""Tables in Markdown and plots in SVG, for pages that are written by a benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

__all__ = ["bars_svg", "lines_svg", "table"]

LABEL, WIDTH, ROW, TOP, BOTTOM = 190, 520, 24, 34, 10
INK, OURS, THEIRS, GRID = "#333333", "#1f5fa8", "#9db4cc", "#dddddd"
COLOURS = (OURS, "#c8641e", "#4b8b3b", "#7a4fa3")
LEFT, RIGHT, HEIGHT = 60, 130, 240


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; numbers to the right."""
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "--:|" * (len(heads) - 1)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def bars_svg(title: str, figures: Mapping[str, float]) -> str:
    """A bar a contender, the first in another colour; on white, so that any page can show it."""
    most = max(figures.values())
    room = WIDTH - LABEL - 60
    parts = []
    for place, (name, value) in enumerate(figures.items()):
        y, wide = TOP + ROW * place, room * value / most
        parts += [
            f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LABEL}" y="{y + 3}" width="{wide:.1f}" height="{ROW - 8}" '
            f'fill="{THEIRS if place else OURS}"/>',
            f'<text x="{LABEL + wide + 6:.1f}" y="{y + 15}">{value:.3g}</text>',
        ]
    return _framed(title, TOP + ROW * len(figures) + BOTTOM, parts)


def lines_svg(title: str, places: Sequence[float], lines: Mapping[str, Sequence[float]]) -> str:
    """A line a name, each with a value at each of the places; both axes are logarithmic."""
    values = [value for line in lines.values() for value in line]
    decades = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)

    def x(place: float) -> float:
        first, last = math.log10(places[0]), math.log10(places[-1])
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(place) - first) / ((last - first) or 1)

    def y(value: float) -> float:
        share = (math.log10(value) - decades[0]) / ((decades[-1] - decades[0]) or 1)
        return HEIGHT - 30 - (HEIGHT - 30 - TOP) * share

    parts = []
    for decade in decades:
        parts += [
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(10**decade):.1f}" '
            f'y2="{y(10**decade):.1f}" stroke="{GRID}"/>',
            f'<text x="{LEFT - 8}" y="{y(10**decade) + 4:.1f}" text-anchor="end">'
            f"{10**decade:g}</text>",
        ]
    parts += [
        f'<text x="{x(place):.1f}" y="{HEIGHT - 10}" text-anchor="middle">{place:,}</text>'
        for place in places
    ]
    last = math.inf
    by_height = sorted(lines.items(), key=lambda line: line[1][-1])
    for colour, (name, line) in zip(COLOURS, by_height, strict=False):
        points = " ".join(
            f"{x(place):.1f},{y(value):.1f}" for place, value in zip(places, line, strict=True)
        )
        last = min(y(line[-1]) + 4, last - 14)  # names do not lie upon each other
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{WIDTH - RIGHT + 8}" y="{last:.1f}" fill="{colour}">{escape(name)}</text>',
        ]
    return _framed(title, HEIGHT, parts)


def _framed(title: str, height: int, parts: Sequence[str]) -> str:
    """The whole SVG, on white."""
    opening = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family="sans-serif" font-size="12" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="20" font-size="13">{escape(title)}</text>',
    ]
    return "\n".join([*opening, *parts, "</svg>", ""])
