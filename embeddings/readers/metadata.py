"""What an article says of itself in its first lines: a title, a publication date. Never a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Metadata", "find_metadata"]

HEAD_LINES = 12
_FEW_WORDS = 4
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was found; None where the article does not say."""

    title: str | None
    date: str | None


_ISO = r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WORDS = (
    rf"(?:{_MONTH}\s+(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year1>\d{{4}})"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH.replace('name', 'name2')},?"
    r"\s+(?P<year2>\d{4}))"
)
_WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tues?|wed|thur?s?|fri|sat|sun)\b\.?)"
)
_DAY = rf"(?:{_WEEKDAY},?\s+)?(?:{_ISO}|{_WORDS})"
_TIME = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:[ap]m|Z|UTC|GMT|[+-]\d{2}:?\d{2}))?)?"
_LABEL = (
    r"(?:(?:publi(?:cation|shed|sh)|release|posted|updated?|issued?|time|date)"
    r"(?:\s+(?:date|time|on|at))?)"
)
_DATE_LINE = re.compile(
    rf"\W*(?:{_LABEL}\s*(?:[:：]\s*)?)?{_DAY}{_TIME}(?P<rest>.*)", re.IGNORECASE
)
_BYLINE = re.compile(
    rf"\W*(?:written\s+)?by\s+(?!{_WEEKDAY})(?-i:[A-ZÀ-Þ])[^!?\d]{{1,80}}?[\s,|·•–—-]\s*{_DAY}{_TIME}\W*",
    re.IGNORECASE,
)
"""A line that says who has written it, and on which day: "By Ada Berg, 3 March 2021"."""
_LABELLED = re.compile(rf"\W*{_LABEL}\s*(?P<colon>[:：]\s*)?{_DAY}", re.IGNORECASE)
_SET_APART = re.compile(r"\s*[|·•–—(\[/:;-]|\s+(?:UTC|GMT|[A-Z]{1,3}T)\b")
"""What stands behind a day on its line and goes on with no sentence: a mark, a time zone."""
_BY = re.compile(r"\s+by\b", re.IGNORECASE)
_DATELINE = re.compile(
    rf"(?-i:[A-ZÀ-Þ][A-ZÀ-Þ .,'’/-]{{2,60}}?),\s+(?:{_ISO}|{_WORDS})"
    r"\s*(?:\([^)]{1,60}\)\s*)?(?:[—–-]|\Z)",
    re.IGNORECASE,
)
"""A news agency's: a place in capitals, a day, a dash."""
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’)]*$")
_WORD = re.compile(r"[^\W\d_]{2}|[\u3040-\u9fff]")
_MARKUP = re.compile(r"^(?:#{1,6}\s+|title\s*[:：]\s*)|(?:\s+#+)$", re.IGNORECASE)
_RULE = re.compile(r"([=~^*#+-])\1{2,}")
"""A line under a heading, in reStructuredText and Markdown; one over it has to be the same."""
_DIRECTIVE = re.compile(r"\.\.(?:\s|$)|#!|-\*-")
"""A line for a program: a label or directive of reStructuredText, an interpreter, an editor."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def find_metadata(text: str) -> Metadata:
    """Title and publication date as the head of `text` states them.

    The date is one on a line of its own, behind a label such as `Date:`, in a dateline
    (`OSLO, March 3, 2021 —`), or in a byline (`By Ada Berg, 3 March 2021`); a date inside a
    sentence tells of the events, not of the publication. The title is the first line of the head
    that stands alone and is no sentence.
    """
    title = date = None
    for line, alone in _head(text):
        found = _DATE_LINE.fullmatch(line) if date is None else None
        if found and _is_stated(line, found["rest"]):
            iso = _iso_date(found)
            if iso:
                date = iso
                line = found["rest"].strip(" \t-–—|·:")
                if not line:
                    continue
        if date is None:
            date = _dateline(line)
        if (
            title is None
            and alone
            and len(line) <= LONGEST_TITLE
            and not _SENTENCE_END.search(line)
            and _WORD.search(line)
        ):
            title = _MARKUP.sub("", line).strip() or None
        if title and date:
            break
    return Metadata(title, date)


def _is_stated(line: str, rest: str) -> bool:
    """Whether a line's day is the publication's: alone there, or labelled.

    `rest` goes on behind the day. A sentence may begin as a label does, "Issued 3 March 1921 as a
    stamp.", and tells of events.
    """
    if not rest.strip():
        return True
    label = _LABELLED.match(line)
    if label is None or label["colon"] or not _WORD.search(rest) or _SET_APART.match(rest):
        return label is not None
    begins = rest.lstrip(" ,")[:1]
    goes_on = begins.islower() and len(rest.split()) > _FEW_WORDS and not _BY.match(rest)
    return not goes_on and not _SENTENCE_END.search(rest)


def _dateline(line: str) -> str | None:
    found = _DATELINE.match(line) or _BYLINE.fullmatch(line)
    return _iso_date(found) if found else None


def _head(text: str) -> Iterator[tuple[str, bool]]:
    """The first lines that hold text; whether each stands alone, as a title does."""
    lines = [line.strip() for line in text[:20_000].splitlines()]
    seen = 0
    for index, line in enumerate(lines):
        if not line:
            continue
        before = lines[index - 1] if index else ""
        after = lines[index + 1] if index + 1 < len(lines) else ""
        if _DIRECTIVE.match(line):
            continue
        framed = before == after and len(before) >= len(line) and bool(_RULE.fullmatch(before))
        opens = not before or framed or _DATE_LINE.fullmatch(before) is not None
        closes = not after or bool(_DATE_LINE.fullmatch(after) or _RULE.fullmatch(after))
        closes |= line.startswith("#")
        first = index == 0 and len(line) <= LONGEST_TITLE // 2
        yield line, (opens and closes) or first
        seen += 1
        if seen == HEAD_LINES:
            return


def _iso_date(found: re.Match[str]) -> str | None:
    """ISO 8601 form of a matched date; None for a day that no calendar has."""
    import datetime

    groups = found.groupdict()
    name = groups["name"] or groups["name2"]
    year = groups["year"] or groups["year1"] or groups["year2"]
    day = groups["day"] or groups["day1"] or groups["day2"]
    month = groups["month"] or str(_MONTHS.index(name[:3].lower()) + 1)
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
