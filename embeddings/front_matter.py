"""Where front matter stands in a text, and under which names it states a title and dates."""

from __future__ import annotations

import re

__all__ = ["DATES", "TITLES", "front_matter"]

TITLES = ("title", "headline")
DATES = ("date", "published", "publishdate", "pubdate", "published_at", "created", "updated")
LONGEST = 20_000
"""Characters of front matter, at most; what is longer is text."""

_BLOCK = re.compile(
    r"\s*(?P<fence>---|\+\+\+)[ \t]*\r?\n"
    r"(?P<fields>\s*(?:[\"']?[\w-]+(?: [\w-]+)?[\"']?\s*[:=]|\[|#).*?)^(?P=fence)[ \t]*\r?$",
    re.DOTALL | re.MULTILINE,
)
"""What stands between two rules and begins with no field is text."""


def front_matter(text: str) -> re.Match[str] | None:
    """The block between two fences that begins a text: its `fence` and its `fields`, if any."""
    return _BLOCK.match(text[:LONGEST])
