"""What a reader has set: which articles are asked, and how they are answered; kept by user."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.chat.texts.language import gettext as _
from assistant.chat.texts.language import ngettext
from assistant.retrieval.filters import Filter
from assistant.wording import Said, say
from embeddings.catalog import MOST_WORDS, CatalogQuery
from embeddings.errors import QuestionError
from embeddings.records import Article

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from assistant.answers import Answer
    from assistant.chat.history.store import History
    from assistant.chat.opening import Answerer

__all__ = ["Asking", "Preferences", "Remembered", "asking", "read_form", "shown_names", "summary"]

MOST_ARTICLES = 200
"""Articles that can be chosen by name; for more of them there are dates."""
MOST_MATCHES = 20
"""Articles that words of a title may choose at once."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader has set; without anything set, all articles are asked for short answers.

    Raises `QuestionError` for a date that is none, and for a range that ends before it begins.
    """

    articles: tuple[str, ...] = ()
    """Ids of the articles to ask; none means all."""
    since: str | None = None
    until: str | None = None
    """First and last day of the articles to ask, ISO 8601."""
    detailed: bool = False
    llm: bool = True
    """Whether a language model may write the answer, if one is set."""

    def __post_init__(self) -> None:
        articles = tuple(dict.fromkeys(self.articles))
        if len(articles) > MOST_ARTICLES:
            raise QuestionError(
                say("{count} articles can be chosen at most; choose by date", count=MOST_ARTICLES)
            )
        dates = Filter(since=self.since or None, until=self.until or None)
        object.__setattr__(self, "articles", articles)
        object.__setattr__(self, "since", dates.since)
        object.__setattr__(self, "until", dates.until)

    @property
    def filters(self) -> Filter | None:
        """The articles that are asked; None for all."""
        return Filter(self.articles, since=self.since, until=self.until) or None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Preferences:
        """What `asdict` made of them."""
        return cls(**{**fields, "articles": tuple(fields["articles"])})


class Remembered:
    """The preferences of each user: in the history's file, or without one until the chat ends."""

    def __init__(self, history: History | None) -> None:
        self._history = history
        self._here: dict[str, str] = {}

    def of(self, user: str) -> Preferences:
        """What the user has set; nothing, where that cannot be read any more."""
        kept = self._here.get(user) if self._history is None else self._history.preferences(user)
        try:
            return Preferences.of(json.loads(kept)) if kept else Preferences()
        except (ValueError, TypeError, KeyError, QuestionError):
            return Preferences()

    def keep(self, user: str, preferences: Preferences) -> None:
        """Remember what the user has set now; raises `CorpusError` where it cannot be kept."""
        fields = json.dumps(asdict(preferences), ensure_ascii=False)
        if self._history is None:
            self._here[user] = fields
        else:
            self._history.set_preferences(user, fields)


@dataclass(frozen=True, slots=True)
class Asking:
    """Preferences as they can be followed now: with the articles that are still there."""

    preferences: Preferences
    chosen: tuple[Article, ...] = ()
    gone: int = 0
    """Articles that were chosen and are not there any more."""

    def check(self) -> None:
        """Raise `QuestionError` when nothing that was chosen is left to ask."""
        if self.gone and not self.chosen:
            raise QuestionError(
                say(
                    "the articles that your settings choose are not there any more; "
                    "choose others in the settings"
                )
            )

    def titled(self, answer: Answer, own: Mapping[str, str] | None = None) -> Answer:
        """The answer with titles in its notes, in place of the ids of what was asked.

        `own` has the titles of the conversation's own articles, which are asked beside the chosen.
        """
        titles = {article.id: article.label for article in self.chosen} | dict(own or {})
        shown = (f"“{' '.join(title.split())}”" for title in titles.values())
        names = dict(_replaced(Filter((*titles,)).describe(), Filter((*shown,)).describe()))

        def named(notes: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(n.renamed(names) if isinstance(n, Said) else n for n in notes)

        told = answer.explanation and replace(
            answer.explanation, filters=named(answer.explanation.filters)
        )
        return replace(answer, notes=named(answer.notes), explanation=told)

    def admits(self, article: Article) -> bool:
        """Whether the article is one of those that are asked."""
        filters = self.preferences.filters
        return filters is None or filters.matches(article)


def asking(preferences: Preferences, assistant: Answerer) -> Asking:
    """The preferences with what has become of the articles that they name."""
    found = [assistant.known(article_id) for article_id in preferences.articles]
    there = {article.id: article for article in found if isinstance(article, Article)}
    gone = sum(not isinstance(article, Article) for article in found)
    return Asking(replace(preferences, articles=(*there,)), (*there.values(),), gone)


def _replaced(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The values of one text with those that stand in their places in another.

    Of several articles that are named most are one value, with commas.
    """
    if isinstance(before, Said) and isinstance(after, Said):
        for name, value in before.values.items():
            yield from _replaced(value, after.values[name])
    else:
        yield before, after


def shown_names(articles: Iterable[Article]) -> dict[str, str]:
    """Ids of articles by the name that the settings show of each; equal names get the id too."""
    names: dict[str, str] = {}
    for article in articles:
        name = " ".join(article.label.split())
        names[f"{name} ({article.id})" if name in names else name] = article.id
    return names


def read_form(form: Mapping[str, Any], before: Asking, assistant: Answerer) -> Preferences:
    """What the settings say now; raises `QuestionError` for what they cannot mean.

    An article is chosen by its name as shown, or by words of its title, author or file name.
    """
    given = form.get("articles")
    known = shown_names(before.chosen)
    ids: list[str] = []
    for name in given if isinstance(given, list) else ():
        words = " ".join(str(name).split())
        if words:
            ids += [known[words]] if words in known else _matching(words, assistant)
    return Preferences(
        articles=tuple(ids),
        since=str(form.get("since") or "").strip() or None,
        until=str(form.get("until") or "").strip() or None,
        detailed=form.get("answers") == "detailed",
        llm=bool(form.get("llm", before.preferences.llm)),
    )


def _matching(words: str, assistant: Answerer) -> list[str]:
    query = CatalogQuery(" ".join(words.split()[:MOST_WORDS]), size=MOST_MATCHES)
    found = assistant.catalog(query)
    if not found.found:
        raise QuestionError(
            say("no article has “{words}” in its title, author or file name", words=words)
        )
    if found.found > MOST_MATCHES:
        raise QuestionError(
            say(
                "{count} articles have “{words}” in title, author or file name; write more of the "
                "title, or tick them under “Browse the articles”",
                count=found.found,
                words=words,
            )
        )
    return [article.id for article in found.articles]


def summary(now: Asking, *, with_llm: bool) -> str:
    """What is asked and how, in one line: "Asking 2 articles · since 2023-01-01 · detailed"."""
    preferences, count = now.preferences, len(now.chosen)
    if count or now.gone:
        parts = [ngettext("Asking {count} article", "Asking {count} articles", count)]
        if now.gone:
            parts.append(ngettext("{gone} is gone", "{gone} are gone", now.gone))
    else:
        parts = [_("Asking all articles")]
    if preferences.since:
        parts.append(_("since {since}"))
    if preferences.until:
        parts.append(_("until {until}"))
    parts.append(_("detailed answers") if preferences.detailed else _("short answers"))
    if with_llm:
        parts.append(_("language model on") if preferences.llm else _("language model off"))
    values = {
        "count": count, "gone": now.gone, "since": preferences.since, "until": preferences.until,
    }  # fmt: skip
    return " · ".join(part.format(**values) for part in parts)
