"""What a reader sets: what is asked for it, what is remembered, and what a form can mean."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.routing import Router

from assistant.answers import Answer
from assistant.chat.choosing import choice, preference_routes
from assistant.chat.history.store import FILE_NAME, History
from assistant.chat.opening import Opening
from assistant.chat.preferences import (
    MOST_ARTICLES,
    MOST_MATCHES,
    Asking,
    Preferences,
    Remembered,
    asking,
    read_form,
    shown_names,
    summary,
)
from assistant.retrieval.filters import Filter
from assistant.wording import Said, say, translated
from embeddings.catalog import CatalogPage, CatalogQuery
from embeddings.errors import QuestionError
from embeddings.records import Article

BRIDGE = Article("bridge.txt", "Text.", title="The bridge over the Wend", date="2021-05-03")
MILL = Article("mill.txt", "Text.", title="The mill of Elvestad", date="2019-03-01")
TWIN = Article("twin.txt", "Text.", title="The mill of Elvestad")
SET = Preferences(articles=("mill.txt",), since="2019", detailed=True, llm=False)


class Shelf:
    """Articles that are found by the words of their titles."""

    def __init__(self, *articles: Article) -> None:
        self._articles = articles

    def known(self, article_id: str, sha256: str | None = None) -> Article | None:
        return next((a for a in self._articles if article_id in (a.id, *a.also_at)), None)

    def close(self) -> None: ...

    def catalog(self, query: CatalogQuery) -> CatalogPage:
        words = query.words.lower().split()
        found = [a for a in self._articles if all(word in a.label.lower() for word in words)]
        return CatalogPage(tuple(found[: query.size]), (), len(found), 1, 1, 0)


def now(preferences: Preferences, *articles: Article) -> Asking:
    return asking(preferences, Shelf(*articles))  # type: ignore[arg-type]


def read(form: dict[str, Any], articles: Sequence[Article], before: Asking | None = None) -> Any:
    return read_form(form, before or now(Preferences()), Shelf(*articles))  # type: ignore[arg-type]


def test_without_anything_set_all_articles_are_asked_for_short_answers() -> None:
    nothing = Preferences()
    assert nothing.filters is None
    assert (nothing.detailed, nothing.llm) == (False, True)


def test_what_is_set_becomes_a_filter() -> None:
    assert SET.filters == Filter(("mill.txt",), since="2019-01-01")
    assert Preferences(until="2020-02").until == "2020-02-29"
    assert Preferences(articles=("a", "b", "a")).articles == ("a", "b")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"since": "tomorrow"}, "since is 'tomorrow'"),
        ({"until": "2023-02-30"}, "until is '2023-02-30'"),
        ({"since": "2024", "until": "2023"}, "leaves no day"),
        ({"articles": tuple(map(str, range(MOST_ARTICLES + 1)))}, "can be chosen at most"),
    ],
)
def test_what_can_mean_nothing_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        Preferences(**fields)


def test_each_user_s_are_remembered_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with History(path) as history:
        Remembered(history).keep("ada", SET)
    with History(path) as history:
        remembered = Remembered(history)
        assert remembered.of("ada") == SET
        assert remembered.of("bob") == Preferences()
        remembered.keep("ada", Preferences())
        assert remembered.of("ada") == Preferences()


def test_a_file_from_before_there_were_any_takes_them(tmp_path: Path) -> None:
    with History(tmp_path / FILE_NAME) as history:
        history._db.execute("DROP TABLE preferences")
    with History(tmp_path / FILE_NAME) as history:
        Remembered(history).keep("ada", SET)
        assert Remembered(history).of("ada") == SET


@pytest.mark.parametrize("kept", ["{", "[]", '{"articles": 3}', '{"articles": [], "since": "x"}'])
def test_what_cannot_be_read_any_more_is_nothing(tmp_path: Path, kept: str) -> None:
    with History(tmp_path / FILE_NAME) as history:
        history.set_preferences("ada", kept)
        assert Remembered(history).of("ada") == Preferences()


def test_without_a_history_they_last_as_long_as_the_chat() -> None:
    remembered = Remembered(None)
    remembered.keep("ada", SET)
    assert remembered.of("ada") == SET
    assert remembered.of("bob") == Preferences()
    assert Remembered(None).of("ada") == Preferences()


def test_an_article_that_is_gone_is_not_asked_and_is_told_of() -> None:
    both = Preferences(articles=("bridge.txt", "mill.txt"))
    left = now(both, BRIDGE)
    left.check()
    assert left.preferences.articles == ("bridge.txt",)
    assert (left.chosen, left.gone) == ((BRIDGE,), 1)
    with pytest.raises(QuestionError, match="not there any more"):
        now(both).check()


def test_the_form_s_words_choose_the_articles_that_have_them() -> None:
    articles = (BRIDGE, MILL)
    found = read({"articles": ["mill  ELVESTAD"], "since": " 2019 ", "until": ""}, articles)
    assert found == Preferences(articles=("mill.txt",), since="2019")
    assert read({"articles": ["the"]}, articles).articles == ("bridge.txt", "mill.txt")
    assert read({"articles": ["", "  "], "answers": "detailed"}, articles).detailed


def test_what_is_shown_of_an_article_means_that_one() -> None:
    twins = Preferences(articles=("mill.txt", "twin.txt"))
    before = now(twins, MILL, TWIN)
    names = list(shown_names(before.chosen))
    assert names == ["The mill of Elvestad", "The mill of Elvestad (twin.txt)"]
    assert read({"articles": names}, (MILL, TWIN), before) == twins
    assert read({"articles": names[1:]}, (MILL, TWIN), before).articles == ("twin.txt",)


def test_words_of_no_article_or_of_too_many_change_nothing() -> None:
    with pytest.raises(QuestionError, match="no article has “harbour”"):
        read({"articles": ["harbour"]}, (BRIDGE,))
    many = [Article(f"{n}.txt", "Text.", title=f"Mill {n}") for n in range(MOST_MATCHES + 1)]
    with pytest.raises(QuestionError, match=f"{len(many)} articles have “mill”"):
        read({"articles": ["mill"]}, many)


def test_a_form_without_a_switch_leaves_it() -> None:
    off = now(Preferences(llm=False))
    assert not read({}, (), off).llm
    assert read({"llm": True}, (), off).llm


def test_one_line_says_what_is_on() -> None:
    assert summary(now(Preferences()), with_llm=False) == "Asking all articles · short answers"
    assert summary(now(SET, MILL), with_llm=True) == (
        "Asking 1 article · since 2019-01-01 · detailed answers · language model off"
    )
    both = Preferences(articles=("bridge.txt", "mill.txt"), until="2022")
    assert summary(now(both, BRIDGE), with_llm=False) == (
        "Asking 1 article · 1 is gone · until 2022-12-31 · short answers"
    )


def test_articles_are_admitted_by_name_and_date() -> None:
    assert now(Preferences()).admits(TWIN)
    since = now(Preferences(since="2020"))
    assert [since.admits(a) for a in (BRIDGE, MILL, TWIN)] == [True, False, False]
    assert not now(SET, BRIDGE, MILL).admits(BRIDGE)


def test_ticks_change_what_their_page_shows_and_nothing_else() -> None:
    before = Preferences(articles=("a", "b", "other page"), detailed=True)
    page = {"shown": ["a", "b", "c"], "article": ["b", "c"]}
    ticked = choice(before, {**page, "then": ["chat"]})
    assert ticked == Preferences(articles=("other page", "b", "c"), detailed=True)
    assert choice(before, {"then": ["only"], "article": ["c"]}).articles == ("c",)
    assert choice(before, {**page, "then": ["all"]}) == Preferences(detailed=True)


def test_what_is_ticked_counts_for_a_file_that_has_moved_too() -> None:
    moved = Shelf(BRIDGE, replace(MILL, id="2024/mill.txt", also_at=("mill.txt",)))
    launch: Any = SimpleNamespace(
        opening=Opening(lambda: moved),  # type: ignore[arg-type, return-value]
        remembered=Remembered(None),
    )
    router = Router(preference_routes(launch, lambda _: "ada"))

    def ticked(*articles: str) -> tuple[str, ...]:
        """What is chosen once these are ticked, of all on the one page of the list."""
        launch.remembered.keep("ada", Preferences(articles=("bridge.txt", "mill.txt", "lost.txt")))
        shown = ("bridge.txt", "2024/mill.txt")
        form = urlencode({"shown": shown, "article": articles, "then": "chat"}, doseq=True).encode()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": form, "more_body": False}

        async def send(message: Any) -> None:
            assert message.get("status", 303) == 303

        scope = {"type": "http", "method": "POST", "path": "/preferences", "headers": [],
                 "query_string": b"", "root_path": ""}  # fmt: skip
        asyncio.run(router(scope, receive, send))
        found: Preferences = launch.remembered.of("ada")
        return found.articles

    try:
        assert ticked("bridge.txt") == ("bridge.txt",)
        assert ticked() == ()
        assert ticked("bridge.txt", "2024/mill.txt") == ("bridge.txt", "2024/mill.txt")
    finally:
        launch.opening.close()


def test_two_names_of_one_article_choose_it_once() -> None:
    both = replace(MILL, also_at=("copy.txt",))
    one = now(Preferences(articles=("mill.txt", "copy.txt")), both)
    assert (one.chosen, one.gone) == ((both,), 0)
    assert summary(one, with_llm=False) == "Asking 1 article · short answers"


def noted(*asked: str) -> Answer:
    """An answer that tells what was asked."""
    described = Filter(asked).describe()
    note = say("Asked only {articles}: {asked} of {all}.", articles=described, asked=2, all=3)
    return Answer(
        question="How long?", standalone_question="How long?", text="No.", refusal="not_stated",
        confidence=0.1, citations=(), hits=(), notes=(note, "Said elsewhere."),
    )  # fmt: skip


def test_notes_name_the_conversations_own_articles_by_their_titles_too() -> None:
    own = {".uploads/1/a.txt": "The tower  of Bar", ".uploads/1/b.txt": "The sea"}
    titled = Asking(Preferences(), (BRIDGE, MILL)).titled(
        noted("bridge.txt", "mill.txt", *own), own
    )
    named = "“The bridge over the Wend”, “The mill of Elvestad”, “The tower of Bar” and “The sea”"
    assert titled.notes[0] == f"Asked only the articles {named}: 2 of 3."
    alone = Asking(Preferences()).titled(noted(), own)
    assert alone.notes == noted().notes


def test_notes_name_what_was_asked_by_its_titles_in_every_language() -> None:
    answer = noted("bridge.txt", "mill.txt")
    titled = Asking(Preferences(), (BRIDGE, MILL)).titled(answer)
    named = "“The bridge over the Wend” and “The mill of Elvestad”"
    assert titled.notes == (f"Asked only the articles {named}: 2 of 3.", "Said elsewhere.")
    again = Said.of(titled.notes[0].parts())  # type: ignore[attr-defined]
    assert "“The mill of Elvestad”" in translated(again, str, lambda one, more, n: more)
