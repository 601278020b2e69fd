"""Two charts of the confidence, as SVG files of a few lines that need nothing to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.confidence import Bin

__all__ = ["reliability_svg", "risk_coverage_svg"]

SIDE = 240
LEFT, TOP, RIGHT, BOTTOM = 52, 34, 20, 46
MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)
INK, PALE, LINE = "#333333", "#bbbbbb", "#1f5fa8"
LARGEST = 9
"""Radius of the bin with the most answers, in pixels; the others by their share of its area."""


def reliability_svg(bins: Sequence[Bin]) -> str:
    """Share right over mean confidence, a dot a bin; on the diagonal a confidence is honest.

    The diagram of Niculescu-Mizil and Caruana, ICML 2005. Raises `ValueError` without a bin.
    """
    if not bins:
        raise ValueError("no bin to draw: no answer was judged")
    most = max(one.n for one in bins)
    diagonal = _line([(0, 0), (1, 1)], PALE, dashed=True)
    dots = [
        f'<circle cx="{_x(one.confidence):.1f}" cy="{_y(one.right):.1f}" '
        f'r="{LARGEST * (one.n / most) ** 0.5:.1f}" fill="{LINE}" fill-opacity="0.75">'
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
    last = f'<circle cx="{_x(end):.1f}" cy="{_y(risk):.1f}" r="3.5" fill="{LINE}"/>'
    return _chart(
        "Risk and coverage", "coverage: questions answered", "risk: answers wrong",
        [_line(curve, LINE), last],
    )  # fmt: skip


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)


def _line(points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    places = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="{INK}"{more}>{words}</text>'


def _chart(title: str, across: str, up: str, drawn: Sequence[str]) -> str:
    """A square from 0 to 1 on both sides, on white so that it can be read on any page."""
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    middle = TOP + SIDE / 2
    marks = [
        part
        for mark in MARKS
        for part in (
            _text(_x(mark), TOP + SIDE + 16, f"{mark:g}"),
            _text(LEFT - 17, _y(mark) + 4, f"{mark:g}"),
        )
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" font-family="sans-serif" '
            'font-size="11">',
            f"<title>{title}</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" '
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
