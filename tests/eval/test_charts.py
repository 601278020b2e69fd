"""The charts: well-formed, self-contained, and every point where it belongs."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from eval.charts import latency_svg, reliability_svg, risk_coverage_svg
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


def test_a_bar_for_each_stretch_of_time_and_the_two_marks() -> None:
    latencies = [10.0] * 3 + [100.0] * 6 + [1000.0]
    root = ElementTree.fromstring(latency_svg(latencies, 100.0, 595.0))
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.attrib["class"] == "ink"]
    told = [bar.findtext(f"{SVG}title", "").rpartition(": ")[2] for bar in bars]
    assert told == ["3", "6", "1"]
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert heights == pytest.approx([max(heights) / 2, max(heights), max(heights) / 6], abs=0.1)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"p50 100 ms", "p95 595 ms", "10", "1k", "6", "0"} <= set(texts)
    marks = [float(line.attrib["points"].split(",")[0]) for line in root.iter(f"{SVG}polyline")]
    middle, right = (float(bars[n].attrib["x"]) for n in (1, 2))
    assert middle <= marks[0] <= middle + SIDE / 24
    assert middle < marks[1] < right


def test_one_latency_has_a_bar() -> None:
    root = ElementTree.fromstring(latency_svg([5.0], 5.0, 5.0))
    assert sum(one.attrib["class"] == "ink" for one in root.iter(f"{SVG}rect")) == 1


def test_nothing_outside_is_loaded() -> None:
    for text in (
        reliability_svg([Bin(1, 0.5, 1.0)]),
        risk_coverage_svg([(1.0, 0.0)]),
        latency_svg([1.0], 1, 1),
    ):
        assert text.count("http") == 1  # the name of the format
        assert "<script" not in text
        assert "href" not in text


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="no bin"):
        reliability_svg([])
    with pytest.raises(ValueError, match="no point"):
        risk_coverage_svg([])
    with pytest.raises(ValueError, match="no bar"):
        latency_svg([], 0, 0)
