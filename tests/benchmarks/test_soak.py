"""What a soak is judged by: the same at the end as at the beginning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.soak import Mark, verdict

LEVEL = [Mark(60.0 * n, 300.0, 20, 1, 50, 2.0, 0, 0) for n in range(1, 21)]


def growing(name: str, first: Any, last: Any) -> list[Mark]:
    """Marks of which one figure grows evenly."""
    step: Any = (last - first) / (len(LEVEL) - 1)
    return [replace(mark, **{name: first + step * n}) for n, mark in enumerate(LEVEL)]


def test_what_stays_level_breaks_nothing() -> None:
    found = verdict(LEVEL)
    assert (found.memory, found.p99, found.descriptors, found.files) == (0, 0, 0, 0)
    assert found.broken == ()


@pytest.mark.parametrize(
    ("name", "first", "last", "broken"),
    [("rss", 300, 400, "memory"), ("p99", 2.0, 3.0, "p99"), ("descriptors", 20, 40, "descriptors"),
     ("files", 0, 30, "files")],
)  # fmt: skip
def test_what_grows_is_found(name: str, first: float, last: float, broken: str) -> None:
    assert verdict(growing(name, first, last)).broken == (broken,)


def test_the_growth_is_from_the_first_third_to_the_last_of_what_follows_the_warm_up() -> None:
    # 20 marks, 4 to warm up; of the 16 others the first five are compared with the last five.
    marks = [*LEVEL[:9], *[replace(mark, rss=315.0) for mark in LEVEL[9:]]]
    assert verdict(marks).memory == pytest.approx(0.05)
    cold = [replace(mark, rss=100.0) for mark in LEVEL[:4]]
    assert verdict([*cold, *LEVEL[4:]]).memory == 0


def test_one_slow_minute_is_no_drift() -> None:
    assert verdict([*LEVEL[:-2], replace(LEVEL[-2], p99=60.0), LEVEL[-1]]).broken == ()


@pytest.mark.parametrize("name", ["errors", "leaks"])
def test_one_error_breaks_it_whenever_it_was(name: str) -> None:
    assert verdict([replace(LEVEL[0], **{name: 1}), *LEVEL[1:]]).broken == (name,)


def test_too_few_marks_are_refused() -> None:
    with pytest.raises(ValueError, match="4 or more"):
        verdict(LEVEL[:2])
