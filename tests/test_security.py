"""Every test that docs/security.md names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


@cache
def _tests_in(path: Path) -> frozenset[str]:
    """Names of the test functions in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_promise_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "| test |" not in line]
    without = [row for row in rows if not NAMED.search(row)]
    missing = [
        f"{file}::{test}"
        for file, test in NAMED.findall(text)
        if not (ROOT / "tests" / file).is_file() or test not in _tests_in(ROOT / "tests" / file)
    ]

    assert len(rows) > 30
    assert without == []
    assert missing == []
