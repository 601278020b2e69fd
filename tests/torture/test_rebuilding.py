"""R5: indexes made again find what the lost ones found, at the same scores."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.torture.figures import Figures
from tests.torture.harness import FULL, LARGE, Workers, message_of

pytestmark = pytest.mark.crash

QUERIES = 1000
ARTICLES = 800 if FULL else 400
TOLERANCE = 1e-5


@pytest.mark.skipif(
    LARGE in os.environ, reason="what came since has an average length of its own until then"
)
def test_rebuilt_indexes_answer_the_same(workers: Workers, figures: Figures) -> None:
    place = workers.places[0]
    shutil.rmtree(place.data, ignore_errors=True)
    run = place.server.start("rebuild", **place.paths, count=ARTICLES, queries=QUERIES)
    run.finish(400)
    run.sweep()
    assert run.status == 0, message_of(run)
    before, after = run.value("before"), run.value("after")

    figures.add("R5", "passages", run.value("passages"))
    figures.add("R5", "queries", len(before))
    different, largest = 0, 0.0
    for one, other in zip(before, after, strict=True):
        if [hit[:3] for hit in one] != [hit[:3] for hit in other]:
            different += 1
        else:
            gaps = [abs(a[3] - b[3]) for a, b in zip(one, other, strict=True)]
            largest = max([largest, *gaps])
    figures.add("R5", "queries with other passages", different)
    figures.most("R5", "largest difference of a score", largest)
    assert run.value("deleted"), "no index was deleted"
    assert len(before) == QUERIES
    assert sum(map(len, before)) > 5 * QUERIES
    assert different == 0
    assert largest <= TOLERANCE
