from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.answers import Answer
from assistant.citations import cite, prove, shown, verify
from embeddings.errors import CitationError
from embeddings.records import Article

ARTICLE = Article("a.txt", "One. Two [7] is\nhere. Three 🙂.", title="Numbers", source="x/a.txt")


def saved() -> dict[str, Any]:
    first, second = cite(ARTICLE, 0, 4, 1), cite(ARTICLE, 5, 21, 2)
    answer = Answer("q?", "q?", "One.[1] Two (7) is here.[2]", None, 0.9, (first, second))
    return answer.to_dict()


def failures(changed: dict[str, Any], article: Article | None = ARTICLE) -> list[str]:
    return [f.message for f in verify(changed, lambda _: article) if not f.ok]


def test_a_citation_quotes_exact_characters() -> None:
    citation = cite(ARTICLE, 22, 30, 1)
    assert citation.quote == "Three 🙂."
    assert citation.sha256 == ARTICLE.sha256
    prove(citation, ARTICLE)


@pytest.mark.parametrize(
    "change",
    [{"start": 1}, {"end": 3}, {"quote": "Two."}, {"start": -4}, {"end": 400}, {"sha256": "0" * 64},
     {"start": 4, "end": 4, "quote": ""}],
)  # fmt: skip
def test_anything_that_is_off_fails(change: dict[str, Any]) -> None:
    with pytest.raises(CitationError):
        prove(replace(cite(ARTICLE, 0, 4, 1), **change), ARTICLE)


def test_a_saved_answer_is_proven_again() -> None:
    assert failures(saved()) == []
    assert len(verify(saved(), lambda _: ARTICLE)) == 3


def test_what_looks_like_a_marker_in_an_article_is_shown_otherwise() -> None:
    assert shown("Two [7] is\nhere.") == "Two (7) is here."


@pytest.mark.parametrize(
    "text",
    ["One.[2] Two (7) is here.[1]", "One.[1] Two (7) is here.", "One.[1] Three.[2]", "One.[1]",
     "One.[1] Two (7) is here.[2][3]", "", "Two (8) is here.[1][2]"],
)  # fmt: skip
def test_a_text_that_does_not_match_its_citations_fails(text: str) -> None:
    assert failures({**saved(), "text": text})


def test_a_changed_and_a_missing_article_fail() -> None:
    assert "has changed" in failures(saved(), Article("a.txt", "One. Two."))[0]
    assert "not among the articles" in failures(saved(), None)[0]


@pytest.mark.parametrize(
    "broken", [{}, {"schema": "footnote/answer/0"}, {"citations": [{}]}, {"citations": None}, []]
)
def test_what_is_no_answer_is_refused(broken: Any) -> None:
    with pytest.raises(CitationError, match="not a saved answer"):
        verify(
            {**saved(), **broken} if broken and "schema" not in broken else broken, lambda _: None
        )
