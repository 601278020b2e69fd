"""The charts: well-formed, self-contained, and every point where it belongs."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from eval.charts import reliability_svg, risk_coverage_svg
from eval.confidence import Bin

SVG = "{http://www.w3.org/2000/svg}"
LEFT, TOP, SIDE = 52, 34, 240


def place(x: float, y: float) -> tuple[float, float]:
    return round(LEFT + SIDE * x, 1), round(TOP + SIDE * (1 - y), 1)


def test_a_dot_a_bin_where_it_belongs_and_larger_for_more_answers() -> None:
    text = reliability_svg([Bin(10, 0.2, 0.1), Bin(40, 0.9, 1.0)])
    root = ElementTree.fromstring(text)
    dots = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in root.iter(f"{SVG}circle")]
    assert dots == [place(0.2, 0.1), place(0.9, 1)]
    sizes = [float(dot.attrib["r"]) for dot in root.iter(f"{SVG}circle")]
    assert sizes == [4.5, 9]
    assert "Reliability, 50 answers" in text
    assert "confidence 0.20, right 0.10, n = 10" in text


def test_the_curve_goes_through_its_points() -> None:
    root = ElementTree.fromstring(risk_coverage_svg([(0.5, 0.0), (1.0, 0.25)]))
    (line,) = root.iter(f"{SVG}polyline")
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert points == [place(0.5, 0), place(1, 0.25)]


def test_nothing_outside_is_loaded() -> None:
    for text in (reliability_svg([Bin(1, 0.5, 1.0)]), risk_coverage_svg([(1.0, 0.0)])):
        assert text.count("http") == 1  # the name of the format
        assert "<script" not in text
        assert "href" not in text


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="no bin"):
        reliability_svg([])
    with pytest.raises(ValueError, match="no point"):
        risk_coverage_svg([])
