"""Filters: which articles are asked. Given explicitly, or understood from the question.

An explicit filter is hard: what lies outside is neither retrieved nor cited. So is a question
that speaks of the articles themselves ("articles from 2023"). Any other date in a question is
only a preference (`assistant.retrieval.retriever`), because an article of 2024 may tell of 2023.
"""

from __future__ import annotations

import os
import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.language.periods import about_articles
from assistant.wording import say, say_count
from embeddings.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.wording import Said
    from embeddings.records import Article
    from embeddings.stored import Outline, Outlines

__all__ = ["Filter", "Scope", "as_named", "check", "scope_of"]

MOST_NAMED = 8
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which articles to ask; an article must meet every condition that is given.

    A name may stand alone, without a tuple; paths, dates and years need not be written as text.
    Raises `QuestionError` for a date that is none, and for a range that ends before it begins.
    """

    articles: tuple[str, ...] = ()
    """Ids, as `assistant list` shows them."""
    sources: tuple[str, ...] = ()
    """Files or folders; as much of the end or the middle of a path as is needed to name it. An
    absolute path is understood where the folders are known (`as_named`)."""
    languages: tuple[str, ...] = ()
    """BCP 47 tags; `en` takes `en-GB` in."""
    since: str | None = None
    """First day, ISO 8601. A year or a month (`2023`, `2023-07`) means its first day."""
    until: str | None = None
    """Last day, itself included. A year or a month means its last day."""

    def __post_init__(self) -> None:
        for name in ("articles", "sources", "languages"):
            given = getattr(self, name)
            several = (given,) if isinstance(given, str | os.PathLike) else given
            object.__setattr__(self, name, tuple(map(os.fspath, several)))
        for name, last in (("since", False), ("until", True)):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, _day(str(given), name, last=last))
        if self.since and self.until and self.since > self.until:
            raise QuestionError(
                say(
                    "the articles asked would have to be dated since {since} and until {until}, "
                    "which leaves no day; exchange the two dates",
                    since=self.since,
                    until=self.until,
                )
            )

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.articles or self.sources or self.languages or self.since or self.until)

    def matches(self, article: Article | Outline) -> bool:
        """Whether the article is asked. One without a date is outside of any range of dates."""
        return (
            self._is_named(article)
            and (not self.languages or _speaks(article.language, self.languages))
            and (not (self.since or self.until) or self._is_dated(article.date))
        )

    def _is_named(self, article: Article | Outline) -> bool:
        return (not self.articles or article.id in self.articles) and (
            not self.sources or any(_comes_from(article, source) for source in self.sources)
        )

    def _is_dated(self, day: str | None) -> bool:
        return day is not None and (self.since or "") <= day <= (self.until or "9999-12-31")

    def describe(self) -> str:
        """What is asked, in plain words: "articles in language en, dated since 2023-01-01"."""
        if len(self.articles) == 1:
            named = say("the article {name}", name=self.articles[0])
        elif self.articles:
            named = say("the articles {names}", names=_all_of(self.articles))
        else:
            named = say("articles")
        conditions = []
        if self.sources:
            conditions.append(say("from {names}", names=_any_of(self.sources)))
        if self.languages:
            conditions.append(say("in language {names}", names=_any_of(self.languages)))
        if self.since and self.since == self.until:
            conditions.append(say("dated {since}", since=self.since))
        elif self.since and self.until:
            conditions.append(say("dated {since} to {until}", since=self.since, until=self.until))
        elif self.since:
            conditions.append(say("dated {since} or later", since=self.since))
        elif self.until:
            conditions.append(say("dated {until} or earlier", until=self.until))
        if not conditions:
            return named
        among = reduce(lambda one, other: say("{one}, {other}", one=one, other=other), conditions)
        return say("{articles} {conditions}", articles=named, conditions=among)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question is asked of."""

    question: str
    """The question, without what it says of the articles' dates."""
    keys: tuple[int, ...] | None
    """Keys of the articles that are asked; None for all of them."""
    notes: tuple[str, ...]
    """What was left out, for the reader of the answer."""
    newest: str | None
    """Date of the newest article."""


def scope_of(question: str, given: Filter | None, outlines: Outlines) -> Scope:
    """What `question` is asked of: by the filter given, and by what it says itself."""
    newest = outlines.newest
    periods, rest = about_articles(question, newest)
    filters: list[tuple[Filter, ...]] = [(given,)] if given else []
    notes = [_note((given,), outlines, "")] if given else []
    if periods:
        said = tuple(Filter(since=period.since, until=period.until) for period in periods)
        filters.append(said)
        notes.append(_note(said, outlines, periods[0].words))
    if not filters:
        return Scope(question, None, (), newest)
    keys = tuple(o.key for o in outlines if all(_any_matches(one, o) for one in filters))
    return Scope(rest, keys, tuple(notes), newest)


def _any_matches(filters: Iterable[Filter], outline: Outline) -> bool:
    return any(one.matches(outline) for one in filters)


def _note(applied: Sequence[Filter], outlines: Sequence[Outline], words: str) -> str:
    """What is asked, and how much has been left out for want of a date or a language.

    Each article meets one of the filters. `words` are those of the question that say so, if any.
    """
    asked = sum(_any_matches(applied, outline) for outline in outlines)
    described = reduce(
        lambda one, other: say("{names} or {last}", names=one, last=other),
        [one.describe() for one in applied],
    )
    values = {"articles": described, "asked": asked, "all": len(outlines)}
    note = (
        say(
            "Asked only {articles}, because the question says “{words}”: {asked} of {all}.",
            words=words,
            **values,
        )
        if words
        else say("Asked only {articles}: {asked} of {all}.", **values)
    )
    if any(one.since or one.until for one in applied):
        undated = [replace(one, since=None, until=None) for one in applied]
        count = sum(o.date is None and _any_matches(undated, o) for o in outlines)
        left_out = say_count(
            "{count} without a date was left out.", "{count} without a date were left out.", count
        )
        note = _with(note, count, left_out)
    if any(one.languages for one in applied):
        named = [Filter(one.articles, one.sources) for one in applied]
        count = sum(o.language is None and _any_matches(named, o) for o in outlines)
        left_out = say_count(
            "{count} without a language was left out.",
            "{count} without a language were left out.",
            count,
        )
        note = _with(note, count, left_out)
    return note


def _with(note: Said, count: int, left_out: Said) -> Said:
    return say("{note} {more}", note=note, more=left_out) if count else note


def check(given: Filter, outlines: Iterable[Outline]) -> None:
    """Raise `QuestionError` when no article has a language or a source that is asked for."""
    outlines = tuple(outlines)
    for language in given.languages:
        if not any(_speaks(outline.language, (language,)) for outline in outlines):
            there = sorted({o.language for o in outlines if o.language})
            hint = (
                say("there is {names}", names=_all_of(there))
                if there
                else say("no article states its language")
            )
            raise QuestionError(
                say("no article is in language {name}; {hint}", name=repr(language), hint=hint)
            )
    for source in given.sources:
        if not any(_comes_from(outline, source) for outline in outlines):
            there = sorted({_folder(o.source) for o in outlines if o.source})
            hint = (
                say("they come from {names}", names=_all_of(there))
                if there
                else say("none names its file")
            )
            raise QuestionError(
                say("no article comes from {name}; {hint}", name=repr(source), hint=hint)
            )


def as_named(given: Filter, folders: Sequence[Path]) -> Filter:
    """The filter with absolute paths as the sources of the articles in `folders` have them.

    Those begin with the name of their folder. A path above a folder means all that is in it.
    """
    sources = (name for source in given.sources for name in _names(source, folders))
    return replace(given, sources=tuple(dict.fromkeys(sources)))


def _names(source: str, folders: Sequence[Path]) -> Sequence[str]:
    if not os.path.isabs(source) or "\0" in source:
        return (source,)
    wanted = Path(os.path.realpath(source))
    names: list[str] = []
    for folder in (folder.resolve() for folder in folders):
        if wanted.is_relative_to(folder):
            names.append((folder.name / wanted.relative_to(folder)).as_posix())
        elif folder.is_relative_to(wanted):
            names.append(folder.name)
    return names or (source,)


def _day(given: str, name: str, *, last: bool) -> str:
    """The first or last day of a date, a month or a year."""
    match = _DATE.fullmatch(given.strip())
    try:
        if match is None:
            raise ValueError
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None
        month = month or (12 if last else 1)
        day = day or (monthrange(year, month)[1] if last else 1)
        return date(year, month, day).isoformat()
    except ValueError:
        raise QuestionError(
            say(
                "{name} is {given}, which is no date; write 2023, 2023-07 or 2023-07-14",
                name=say("since") if name == "since" else say("until"),
                given=repr(given),
            )
        ) from None


def _speaks(language: str | None, wanted: Iterable[str]) -> bool:
    """Whether a language is one of those wanted, or a kind of it (RFC 4647, basic filtering)."""
    tag = f"{language or ''}-".lower()
    return any(tag.startswith(f"{one.strip()}-".lower()) for one in wanted)


def _comes_from(article: Article | Outline, wanted: str) -> bool:
    """Whether a file that has the article's text lies there."""
    sources = (article.source, *getattr(article, "also_from", ()))
    return any(_lies_in(source, wanted) for source in sources)


def _lies_in(source: str | None, wanted: str) -> bool:
    """Whether the parts of the path that is wanted stand in the source, one after the other."""
    return source is not None and f"/{_path(wanted)}/" in f"/{_path(source)}/"


def _path(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").strip("/")


def _folder(source: str) -> str:
    return source.rpartition("/")[0] or source


def _all_of(names: Sequence[str]) -> str:
    first, last = _parted(names)
    return say("{names} and {last}", names=first, last=last) if first else last


def _any_of(names: Sequence[str]) -> str:
    first, last = _parted(names)
    return say("{names} or {last}", names=first, last=last) if first else last


def _parted(names: Sequence[str]) -> tuple[str, str]:
    """Those before the last, and the last, which stands for all that are too many to be named."""
    if len(names) > MOST_NAMED:
        more = say("{count} more", count=len(names) - MOST_NAMED)
        return ", ".join(names[:MOST_NAMED]), more
    return ", ".join(names[:-1]), names[-1]
