"""Spans of time that a question asks about, and the dates that a text names. Rules only.

What is not surely a date is left alone: a bare "may" or "march", a year without a word before
it, a number that counts something ("in 2000 metres"), what stands in quotation marks. A month
without a year, "last year" and the like are dated from the newest article; where no article
has a date they are left alone, too.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from assistant.language.answer_types import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Period",
    "about_articles",
    "date_words",
    "day_named",
    "is_of_then",
    "periods_in",
    "speaks_of",
]

_NUMBER_OF = {name: number for number, name in enumerate(MONTHS, start=1)}
_NUMBER_OF |= {name[:3]: number for name, number in _NUMBER_OF.items()} | {"sept": 9}

_FULL_MONTH = rf"(?:{'|'.join(MONTHS)})"
_ANY_MONTH = rf"(?:{'|'.join(sorted(_NUMBER_OF, key=len, reverse=True))})\b\.?"
_YEAR = r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\w%]|[.,]\d)"
_DAY = r"(?<![\d.,])[0-3]?\d(?:st|nd|rd|th)?"
_ISO = r"(?<!\d)(?:1[5-9]|20)\d\d-[01]\d(?:-[0-3]\d)?(?!\d)"
_SHARE = r"(?:(?:first|second|third|fourth|last)\s+(?:half|quarter)\s+of|[hq][1-4])"
_WHOLE = (
    rf"(?:{_ISO}|{_DAY}\s+(?:of\s+)?{_ANY_MONTH},?\s+{_YEAR}|{_ANY_MONTH}\s+{_DAY},?\s+{_YEAR}"
    rf"|{_ANY_MONTH},?\s+(?:of\s+)?{_YEAR}|{_SHARE}\s+{_YEAR})"
)
"""A date that is one wherever it stands: its year is said, and a month, a quarter or a half."""
_RELATIVE = r"(?:last|this)\s+(?:year|month)\b(?!\s+of\b)"
_PART = rf"(?:{_DAY}\s+(?:of\s+)?{_FULL_MONTH}\b|{_FULL_MONTH}\s+{_DAY}|{_FULL_MONTH}\b|{_YEAR})"
"""A date only where a word before it says so."""
_DATE = rf"(?:{_WHOLE}|{_PART}|{_RELATIVE})"
_NEAR = (
    r"(?:(?:the\s+)?(?:year\s+|(?P<near>early|late|mid(?=[-\s])|spring|summer|autumn|fall"
    r"|(?:beginning|start|end|middle|spring|summer|autumn|fall)\s+of)[-\s]\s*+)"
    r"|the\s+(?=\d{1,2}(?:st|nd|rd|th)\b))?"
)
_MONTHS_OF = {
    "early": (1, 4), "beginning": (1, 4), "start": (1, 4), "spring": (3, 5), "mid": (4, 9),
    "middle": (4, 9), "summer": (6, 8), "late": (9, 12), "end": (9, 12), "autumn": (9, 11),
    "fall": (9, 11),
}  # fmt: skip
"""First and last month of a part of a year, which is as much of it as anyone means by the word."""
_UP_TO_NOW = r"(?:to|until|till|up\s+to)\s+(?:now|today|date|the\s+present)\b"
_EXPRESSION = re.compile(
    rf"\b(?:between\s+(?P<low>{_DATE}|{_ANY_MONTH}|{_DAY})\s+and\s+"
    rf"|from\s+(?P<first>{_DATE}|{_ANY_MONTH}|{_DAY})\s+(?:to|until|till|through)\s+"
    rf"|(?:(?:from|in|during)\s+)?(?P<start>{_ANY_MONTH}(?:\s+{_DAY})?)"
    rf"(?:\s*[-–]\s*|\s+(?:to|until|till|through)\s+)(?={_WHOLE}))(?P<high>{_DATE})"
    rf"|\bfrom\s+(?P<onwards>{_DATE})\s+"
    rf"(?:on(?:wards\b|ward\b|(?=\s*(?:[?.!,;]|$)))|{_UP_TO_NOW})"
    r"|\b(?:from\s+)?(?P<way>since|after|before|prior\s+to|until|till|up\s+to|as\s+of|in|during|throughout|on|from|of"
    rf"|dated|(?:half|quarter|summer|spring|autumn|winter|fall|months?)\s+of)\s+{_NEAR}"
    rf"(?P<date>{_DATE})"
    rf"|(?P<bare>{_WHOLE}|(?<!the\s){_RELATIVE})",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\s*+(?:,(?:\s*+(?:and|or))?+|and|or)\s++", re.IGNORECASE)
_FURTHER = re.compile(
    rf"{_JOINED.pattern}(?:(?P<way>in|on|from|during)\s++)?+(?P<date>{_DATE})", re.IGNORECASE
)
_FOLLOWS = frozenset(
    "a about according across after an and are as at before but by compared did do does "
    "during for from had has have how if in is mention on onwards or report say show tell "
    "than the there through to until was were what when where which who why will with".split()
)
"""Words that may come after a date; after any other, a number is one that counts it."""
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»')

_ARTICLES = (
    r"(?:^|\b(?:the|all|any|only|in|of|from|which|what|do|does|did|your|these|those|say|to|by"
    r"|many|me|show|list|find|summari[sz]e|sum\s+up)\s+)"
    r"(?:recent\s+)?"
)
_SPEAKS_OF_ARTICLES = re.compile(
    rf"{_ARTICLES}(?:(?:news\s+)?articles?|news|coverage|(?:news\s+)?stories|press\s+releases?)"
    r"(?P<verb>\s+(?:(?:(?:that|which)\s+)?(?:was|were|is|are)\s+)?"
    r"(?:published|written|dated|printed|released|posted)|\s+(?:(?:that|which)\s+)?(?:is|are))?\s+$"
    rf"|{_ARTICLES}(?P<texts>reports|documents|papers|texts|posts|publications)"
    r"(?P<must>\s+(?:(?:(?:that|which)\s+)?(?:was|were|is|are)\s+)?"
    r"(?:published|written|dated|printed|released|posted))?\s+$"
    r"|^\s*(?P<passive>what\s+(?:was|were|is|has\s+been)\s+(?:reported|written|published))"
    r"(?P<subject>\s+(?:about|on)\s+[^?]{1,60}?)?\s+$",
    re.IGNORECASE,
)
_THEY_SPEAK = re.compile(
    r"\s*+(?:(?:that|which)\s+)?(?:mention|discuss|talk|speak|cover|deal\s+with|are\s+about)\b",
    re.IGNORECASE,
)
"""What reports do that are articles: those of a company show a loss."""
_IS = re.compile(r"\b(?:is|are)\s+$", re.IGNORECASE)
_TEXT_DATE = re.compile(
    rf"{_WHOLE}|{_DAY}\s+(?:of\s+)?{_FULL_MONTH}\b|\b{_FULL_MONTH}\s+{_DAY}(?!\d|[.,]\d)"
    rf"|\b{_FULL_MONTH}\b|{_YEAR}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, both included, ISO 8601; None where it is open."""

    since: str | None
    until: str | None
    words: str = ""
    """What the question says: "since July"."""
    start: int = 0
    end: int = 0
    """Where it says so."""
    dated: bool = False
    """Whether its year is said, if only with another date: "in July and August 2023"."""

    def holds(self, since: str, until: str) -> bool:
        """Whether all the days from `since` to `until` lie inside."""
        return (self.since is None or self.since <= since) and (
            self.until is None or until <= self.until
        )


def periods_in(question: str, newest: str | None, *, unsure: bool = False) -> tuple[Period, ...]:
    """The spans of time that `question` asks about, in order.

    `newest` is the date of the newest article, ISO 8601; None when there is none. With `unsure`
    also what is mostly an amount: "from 2000".
    """
    return tuple(
        period for period in _all(question, newest) if unsure or not _needs_articles(period)
    )


def about_articles(question: str, newest: str | None) -> tuple[tuple[Period, ...], str]:
    """The spans of time in which the articles that `question` asks for were published, if any.

    "Articles from 2023 and 2025", "news since July", "what was reported before 2020". Also returns
    the question without them: what the articles are asked.
    """
    periods = tuple(_all(question, newest))
    for place, period in enumerate(periods):
        row = _adjoining(question, periods[place:])
        end = row[-1].end
        spoken = _of_articles(question, period.start, end)
        after = question[end:].lstrip()
        if spoken is None or after.startswith("by "):
            continue
        if spoken["subject"] and all(one.since and one.until for one in row):
            continue  # "reported about the bridge in 2023" may be the bridge of 2023
        verb = "verb" if spoken["verb"] else "must"
        cut = spoken.start(verb) if spoken[verb] else period.start
        rest = f"{question[:cut].rstrip()} {after}"
        return _united(row, question), re.sub(r"\s+([?.!,;])", r"\1", rest).strip()
    return (), question


def _of_articles(text: str, start: int, end: int) -> re.Match[str] | None:
    """What says of a date from `start` to `end` that it is one of articles."""
    spoken = _SPEAKS_OF_ARTICLES.search(text[:start])
    surely = spoken and (not spoken["texts"] or spoken["must"] or _THEY_SPEAK.match(text, end))
    return spoken if surely else None


def _adjoining(question: str, periods: Sequence[Period]) -> list[Period]:
    """The first period and those that are joined to it: "from 2020, 2022 and 2024"."""
    row = [periods[0]]
    for period in periods[1:]:
        if not _JOINED.fullmatch(question[row[-1].end : period.start]):
            break
        row.append(period)
    return row


def _united(row: Sequence[Period], question: str) -> tuple[Period, ...]:
    """What the periods of a row cover, in the order of time: those that meet are one."""
    start, end = row[0].start, row[-1].end
    united: list[Period] = []
    for period in sorted(row, key=lambda each: each.since or ""):
        last = united[-1] if united else None
        if last and (not last.until or (period.since or "") <= _moved(last.until, 1)):
            ends = (last.until, period.until)
            united[-1] = replace(last, until=max(filter(None, ends)) if all(ends) else None)
        else:
            united.append(replace(period, words=question[start:end], start=start, end=end))
    return tuple(united)


def _needs_articles(period: Period) -> bool:
    """Whether it is no more than "from 2000" or "of 2000": amounts, unless said of articles."""
    way, _, rest = period.words.lower().partition(" ")
    return way in ("from", "of") and re.fullmatch(_YEAR, rest) is not None


def _all(question: str, newest: str | None) -> Iterator[Period]:
    text = _QUOTED.sub(lambda match: " " * len(match[0]), question)
    at = 0
    while match := _EXPRESSION.search(text, at):
        row = _row(match, text, newest)
        yield from row
        at = row[-1].end if row else match.start() + 1


def _row(match: re.Match[str], text: str, newest: str | None) -> list[Period]:
    """The period that is found, if it is one, and those that are joined to it, in order.

    A month without a year is of the year of the next in its row: "in July and August 2023".
    """
    further: list[re.Match[str]] = []
    end = match.end()
    while match["way"] and (more := _FURTHER.match(text, end)):
        if not _stands(text, more, "date", match):
            break
        further.append(more)
        end = more.end()
    row: list[Period] = []  # from the last to the first
    for more in reversed(further):
        span, dated = _dated(more["date"], newest, row)
        if span is None:
            row = []
            continue
        start = more.start("way") if more["way"] else more.start("date")
        since, until = _bounded(more["way"] or match["way"], span)
        row.append(Period(since, until, text[start : more.end()], start, more.end(), dated))
    first = _period(match, text, newest, row)
    return [first, *reversed(row)] if first else []


def _dated(
    written: str, newest: str | None, following: Sequence[Period]
) -> tuple[tuple[str, str] | None, bool]:
    """First and last day of a date, and whether its year is said, by the last of `following`."""
    after = following[-1] if following and following[-1].dated else None
    if after and _month_and_day(written):
        return _span(written, after.until or after.since), True
    return _span(written, newest), re.search(_YEAR, written) is not None


def _period(
    match: re.Match[str], text: str, newest: str | None, following: Sequence[Period]
) -> Period | None:
    group = next(name for name in ("high", "onwards", "date", "bare") if match[name])
    end = match.end()
    if match["way"] and match["way"][0].isupper() and match.start() > 0:
        return None  # "Lost In 2023": a title
    if not _stands(text, match, group, match):
        return None
    span, dated = _dated(match[group], newest, following)
    if span is None:
        return None
    since: str | None
    until: str | None
    if group == "high":
        # "between March and July 2023": the year is said once, of both.
        low = _low(match["low"] or match["first"] or match["start"], span)
        if low is None or low[0] > span[1]:
            return None
        since, until = low[0], span[1]
    elif group == "onwards":
        since, until = span[0], None
    else:
        since, until = _bounded(match["way"] or "in", _part_of(match["near"] or match["way"], span))
    return Period(since, until, text[match.start() : end], match.start(), end, dated)


def _low(written: str, high: tuple[str, str]) -> tuple[str, str] | None:
    """The beginning of a range that ends with `high`, whose year and month it may leave out."""
    if not re.fullmatch(_DAY, written, re.IGNORECASE):
        return _span(written, high[1])
    year, month, _ = map(int, high[1].split("-"))
    return _days(year, month, int(re.sub(r"\D", "", written))) if high[0] == high[1] else None


def _part_of(near: str | None, span: tuple[str, str]) -> tuple[str, str]:
    """The part of a whole year that a word before it names: "early", "summer of"."""
    year = int(span[0][:4])
    months = _MONTHS_OF.get(near.lower().split()[0]) if near else None
    if months is None or span != _days(year):
        return span
    first, last = _days(year, months[0]), _days(year, months[1])
    assert first
    assert last
    return first[0], last[1]


def _bounded(way: str, span: tuple[str, str]) -> tuple[str | None, str | None]:
    way = " ".join(way.lower().split())
    if way == "since":
        return span[0], None
    if way == "after":
        return _moved(span[1], 1), None
    if way in ("before", "prior to"):
        return None, _moved(span[0], -1)
    if way in ("until", "till", "up to", "as of"):
        return None, span[1]
    return span


def _moved(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def _stands(text: str, match: re.Match[str], group: str, first: re.Match[str]) -> bool:
    """Whether what is written is a date there, by its case and by what comes after it.

    `first` begins the row that it is in.
    """
    written, end, bare = match[group], match.end(group), group == "bare"
    dated = re.search(_YEAR, written) is not None
    month = re.search(rf"\b{_ANY_MONTH}", written, re.IGNORECASE)
    if (
        month
        and month[0].lower() in ("may", "march")
        and month[0].islower()
        and (bare or not dated)
    ):
        return False
    if text[end : end + 1] in ("-", "'", "’", "–"):
        return text[end : end + 2] in ("'s", "’s") and dated
    word = _NEXT_WORD.match(text, end)
    if word is None or re.fullmatch(_WHOLE, written, re.IGNORECASE) or not (month or dated):
        return not re.match(r"\s*\d", text[end:])
    if word[1][0].isupper():
        return dated  # "in April Ludgate's office"
    return word[1].lower() in _FOLLOWS or _counts_nothing(text, first, end)


def _counts_nothing(text: str, first: re.Match[str], end: int) -> bool:
    """Whether what follows a row that ends at `end` is what articles do: "from 2023 discuss"."""
    spoken = _of_articles(text, first.start(), end)
    if spoken is None or spoken["passive"] or (first["way"] or "").lower() == "of":
        return False
    return not _IS.search(spoken[0])  # "articles are in 2023 style"


def _span(written: str, newest: str | None) -> tuple[str, str] | None:
    """First and last day of what is written; None for no date, or one that cannot be told."""
    written = written.lower()
    year = re.search(_YEAR, written)
    if year and re.match(_SHARE, written):
        return _share(written, int(year[0]))
    if re.match(r"(?:last|this)\s", written):
        return _relative(written, newest)
    if re.fullmatch(_ISO, written):
        numbers = [int(part) for part in written.split("-")]
        return _days(*numbers)
    name = re.search(rf"\b{_ANY_MONTH}", written)
    if name is None:
        return _days(int(written))
    month = _NUMBER_OF[name[0].rstrip(".")]
    rest = written[: name.start()] + " " + written[name.end() :]
    day = re.search(r"(?<!\d)(\d{1,2})(?!\d)", rest)
    number = int(day[1]) if day else None
    if year:
        return _days(int(year[0]), month, number)
    if newest is None:
        return None
    # The last one that the articles can know of.
    told = int(newest[:4])
    span = _days(told, month, number)
    return span if span is None or span[0] <= newest else _days(told - 1, month, number)


def _share(written: str, year: int) -> tuple[str, str] | None:
    """First and last day of "the third quarter of 2023", "Q3 2023", "H1 2023"."""
    months = 6 if re.search(r"\bh\d|\bhalf\b", written) else 3
    if digit := re.match(r"[hq](\d)", written):
        number = int(digit[1])
    else:
        word = written.split()[0]
        ordinals = ("first", "second", "third", "fourth")
        number = 12 // months if word == "last" else ordinals.index(word) + 1
    if number * months > 12:
        return None
    first, last = _days(year, (number - 1) * months + 1), _days(year, number * months)
    return first and last and (first[0], last[1])


def _relative(written: str, newest: str | None) -> tuple[str, str] | None:
    if newest is None:
        return None
    year, month = int(newest[:4]), int(newest[5:7])
    last = written.startswith("last")
    if "year" in written:
        return _days(year - last)
    months = 12 * year + month - 1 - last
    return _days(months // 12, months % 12 + 1)


def _days(year: int, month: int | None = None, day: int | None = None) -> tuple[str, str] | None:
    if month is None:
        return f"{year}-01-01", f"{year}-12-31"
    if not 1 <= month <= 12:
        return None
    last = monthrange(year, month)[1]
    if day is None:
        return f"{year}-{month:02}-01", f"{year}-{month:02}-{last}"
    if not 1 <= day <= last:
        return None
    return (f"{year}-{month:02}-{day:02}",) * 2


def date_words(words: str) -> str | None:
    """The date in a `Period`'s words, when it names a month: "July" in "since July"."""
    found = re.search(rf"(?:{_WHOLE}|{_PART})", words, re.IGNORECASE)
    return found[0] if found and re.search(_FULL_MONTH, found[0], re.IGNORECASE) else None


def _month_and_day(written: str | None) -> tuple[int, int | None] | None:
    """Of a date that leaves out its year: "July" is (7, None), "14 July" (7, 14)."""
    name = written and re.search(rf"\b{_FULL_MONTH}\b", written, re.IGNORECASE)
    if not written or not name or re.search(_YEAR, written):
        return None
    day = re.search(r"(?<!\d)(\d{1,2})(?!\d)", written.replace(name[0], " "))
    return _NUMBER_OF[name[0].lower()], int(day[1]) if day else None


def speaks_of(text: str, published: str | None, period: Period) -> bool:
    """Whether a text was published in the period, or names a date inside it.

    `published` is the date of its article; a month without a year is dated from it.
    """
    if published and period.holds(published, published):
        return True
    return day_named(text, published, period) is not None


def day_named(text: str, published: str | None, period: Period) -> str | None:
    """The first date inside the period that a text names (of a month its first day), ISO 8601.

    Arguments are those of `speaks_of`; None where it names none.
    """
    asked = None if period.dated else _month_and_day(date_words(period.words))
    known = published and _soon_after(published)
    for match in _TEXT_DATE.finditer(text):
        if re.search(r"\b(?:may|march)\b", match[0]):
            continue
        # Where neither says which year, the month will do, and the day if one is asked for.
        if asked and (named := _month_and_day(match[0])) and asked in (named, (named[0], None)):
            year = (period.since or period.until or "")[:4]
            return f"{year}-{named[0]:02}-{named[1] or 1:02}"
        span = _span(match[0], known)
        if span and period.holds(*span):
            return span[0]
    return None


def _soon_after(published: str) -> str:
    """Up to when a text may mean a day without a year: the last of the second month to come.

    "Open on Sundays from 5 November", says one of October.
    """
    months = 12 * int(published[:4]) + int(published[5:7]) + 1
    return f"{months // 12}-{months % 12 + 1:02}-31"


def is_of_then(topic: str, title: str | None, published: str | None) -> bool:
    """Whether an article is of a day or a month that a topic names, by its date or its title.

    "Minutes of 19 February 2024", "the February minutes": of its own year where none is said.
    """
    year = re.search(_YEAR, f"{published or ''} {title or ''}")
    known = f"{year[0] if year else 2000}-12-31"  # any will do where neither says which
    return any(speaks_of(title or "", published, time) for time in _times_in(topic, known))


def _times_in(topic: str, known: str) -> list[Period]:
    """The spans of less than a year that a topic names, a month also with no word before it."""
    found = list(_all(topic, known))
    for match in _TEXT_DATE.finditer(topic):
        if not _month_and_day(match[0]) or not _stands_alone(topic, match):
            continue
        span = _span(match[0], known)
        if span and not any(one.start <= match.start() < one.end for one in found):
            found.append(Period(*span, match[0], *match.span()))
    return [one for one in found if one.since and one.until and one.until < _moved(one.since, 364)]


def _stands_alone(topic: str, match: re.Match[str]) -> bool:
    """Whether a month is one, and neither a verb nor a part of a name: "April Ludgate"."""
    beside = (*topic[: match.start()].split()[-1:], *topic[match.end() :].split()[:1])
    return (
        re.search(r"\b(?:may|march)\b", match[0]) is None
        and topic[match.end() : match.end() + 1] not in ("-", "'", "’", "–")
        and not any(word[0].isupper() for word in beside)
    )
