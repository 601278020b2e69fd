"""The charts of a run, as SVG of a few lines that needs nothing to be shown.

As files they are black on white; on a page, its style sheet gives their classes its colours.
"""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.confidence import Bin

__all__ = ["latency_svg", "reliability_svg", "risk_coverage_svg"]

SIDE = 240
LEFT, TOP, RIGHT, BOTTOM = 52, 34, 20, 46
MARKS = tuple((mark, f"{mark:g}") for mark in (0.0, 0.25, 0.5, 0.75, 1.0))
"""Where a scale is marked, as a share of its length, and what with."""
BARS = 24
TALLEST = 0.86
"""Height of the highest bar; above it stand the labels."""
BESIDE = 0.7
"""Share of the width from which on a label stands on the left of its line."""
INK, PALE, LINE = "#333333", "#bbbbbb", "#1f5fa8"
CROWDED = 1.5
"""Powers of ten from which on a logarithmic scale has fewer marks."""
LARGEST = 9
"""Radius of the bin with the most answers, in pixels; the others by their share of its area."""


def reliability_svg(bins: Sequence[Bin]) -> str:
    """Share right over mean confidence, a dot a bin; on the diagonal a confidence is honest.

    The diagram of Niculescu-Mizil and Caruana, ICML 2005. Raises `ValueError` without a bin.
    """
    if not bins:
        raise ValueError("no bin to draw: no answer was judged")
    most = max(one.n for one in bins)
    diagonal = _line([(0, 0), (1, 1)], PALE, dashed=True, name="pale")
    dots = [
        f'<circle cx="{_x(one.confidence):.1f}" cy="{_y(one.right):.1f}" '
        f'r="{LARGEST * (one.n / most) ** 0.5:.1f}" class="ink" fill="{LINE}" fill-opacity="0.75">'
        f"<title>confidence {one.confidence:.2f}, right {one.right:.2f}, n = {one.n}</title>"
        "</circle>"
        for one in bins
    ]
    path = _line([(one.confidence, one.right) for one in bins], LINE)
    title = f"Reliability, {sum(one.n for one in bins)} answers"
    return _chart(title, "mean confidence", "share right", [diagonal, path, *dots])


def risk_coverage_svg(curve: Sequence[tuple[float, float]]) -> str:
    """Share wrong over the share of questions answered, the surest first.

    Raises `ValueError` without a point.
    """
    if not curve:
        raise ValueError("no point to draw: no answer was given")
    end, risk = curve[-1]
    last = f'<circle cx="{_x(end):.1f}" cy="{_y(risk):.1f}" r="3.5" class="ink" fill="{LINE}"/>'
    return _chart(
        "Risk and coverage", "coverage: questions answered", "risk: answers wrong",
        [_line(curve, LINE), last],
    )  # fmt: skip


def latency_svg(latencies: Sequence[float], p50: float, p95: float) -> str:
    """How many questions took how long, on a logarithmic scale, with the two marked.

    Raises `ValueError` without a latency.
    """
    if not latencies:
        raise ValueError("no bar to draw: no question was answered")
    logs = [log10(max(ms, 0.1)) for ms in latencies]
    low, high = min(logs) - 0.05, max(logs) + 0.05

    def at(ms: float) -> float:
        return (log10(max(ms, 0.1)) - low) / (high - low)

    counts = [0] * BARS
    for one in logs:
        counts[int(BARS * (one - low) / (high - low))] += 1
    wide, most = SIDE / BARS, max(counts) / TALLEST
    bars = [
        f'<rect x="{LEFT + wide * number:.1f}" y="{_y(n / most):.1f}" width="{wide - 1:.1f}" '
        f'height="{SIDE * n / most:.1f}" class="ink" fill="{LINE}" fill-opacity="0.75"><title>'
        f"{10 ** (low + (high - low) * number / BARS):.0f} to "
        f"{10 ** (low + (high - low) * (number + 1) / BARS):.0f} ms: {n}</title></rect>"
        for number, n in enumerate(counts)
        if n
    ]
    marked = [
        part
        for line, (name, ms) in enumerate((("p50", p50), ("p95", p95)), start=1)
        for part in _marked(at(ms), f"{name} {ms:.0f} ms", line)
    ]
    scale = [
        (at(ms), f"{ms:g}" if ms < 1000 else f"{ms / 1000:g}k")
        for power in range(-1, 7)
        for step in ((1, 2, 5) if high - low < CROWDED else (1, 3))
        if low <= log10(ms := step * 10**power) <= high
    ]
    title = f"Time to an answer, {len(latencies)} questions"
    return _chart(title, "milliseconds, logarithmic", "questions", [*bars, *marked],
                  scale, ((0, "0"), (TALLEST, str(max(counts)))))  # fmt: skip


def _marked(share: float, words: str, line: int) -> tuple[str, str]:
    """A line from top to bottom, and its label, on the given line of text."""
    anchor, step = ("end", -4) if share > BESIDE else ("start", 4)
    x, y = _x(share) + step, TOP + 14 * line
    return (
        _line([(share, 0), (share, 1)], INK, dashed=True, name="mark"),
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" class="label" fill="{INK}">{words}'
        "</text>",
    )


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)


def _line(
    points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False, name: str = "line"
) -> str:
    places = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<polyline points="{places}" class="{name}" fill="none" stroke="{colour}" '
        f'stroke-width="2"{dashes}/>'
    )


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="{INK}"{more}>{words}</text>'


def _chart(
    title: str,
    across: str,
    up: str,
    drawn: Sequence[str],
    marks_across: Sequence[tuple[float, str]] = MARKS,
    marks_up: Sequence[tuple[float, str]] = MARKS,
) -> str:
    """A square from 0 to 1 on both sides, on white so that it can be read on any page."""
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    middle = TOP + SIDE / 2
    marks = [
        *(_text(_x(mark), TOP + SIDE + 16, words) for mark, words in marks_across),
        *(_text(LEFT - 17, _y(mark) + 4, words) for mark, words in marks_up),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" font-family="sans-serif" '
            'font-size="11">',
            f"<title>{title}</title>",
            f'<rect width="{width}" height="{height}" class="ground" fill="#ffffff"/>',
            f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" class="pale" fill="none" '
            f'stroke="{PALE}"/>',
            _text(_x(0.5), 20, title, ' font-size="13"'),
            *marks,
            _text(_x(0.5), height - 10, across),
            _text(14, middle, up, f' transform="rotate(-90 14 {middle:.1f})"'),
            *drawn,
            "</svg>",
            "",
        ]
    )
