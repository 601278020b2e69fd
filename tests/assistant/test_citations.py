from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.answers import Answer
from assistant.proof.citations import cite, prove, shown, verify
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
     "One.[1] Two (7) is here.[2][3]", " ", "Two (8) is here.[1][2]", "One[1] Two (7) is here.[2]",
     "One.[1] is here.[2]", "One.[1] [1] Two (7) is here.[2]", "One.[1][2] Two (7) is here.[2]",
     "One.[1][1] Two (7) is here.[2]", "One.[01] Two (7) is here.[2]",
     "One.[1] Two (7) is here.[2] ", "One.[1] Two (7) is here.[" + "9" * 5000 + "]"],
)  # fmt: skip
def test_a_text_that_does_not_match_its_citations_fails(text: str) -> None:
    assert failures({**saved(), "text": text})


def test_a_changed_and_a_missing_article_fail() -> None:
    assert "has changed" in failures(saved(), Article("a.txt", "One. Two."))[0]
    assert "not among the articles" in failures(saved(), None)[0]


def test_a_text_that_has_another_name_by_now_is_proven_by_that() -> None:
    moved, other = replace(ARTICLE, id="b.txt"), Article("a.txt", "One. Two.")
    known = {("a.txt", ARTICLE.sha256): moved}
    findings = verify(saved(), lambda _: other, lambda *key: known.get(key))
    assert [f.message for f in findings if not f.ok] == []
    assert findings[0].message == "stands in b.txt, characters 0–4"
    for changed in ("article_id", "sha256"):
        wrong = saved()
        wrong["citations"][0][changed] = "c.txt" if changed == "article_id" else "0" * 64
        assert not all(f.ok for f in verify(wrong, lambda _: other, lambda *key: known.get(key)))


@pytest.mark.parametrize(
    "broken", [{}, {"schema": "footnote/answer/0"}, {"citations": [{}]}, {"citations": None}, []]
)
def test_what_is_no_answer_is_refused(broken: Any) -> None:
    with pytest.raises(CitationError, match="not a saved answer"):
        verify(
            {**saved(), **broken} if broken and "schema" not in broken else broken, lambda _: None
        )


def test_what_is_said_of_a_citation_may_change_and_is_told() -> None:
    renamed = replace(ARTICLE, title="Figures", date="2024-01-01", pages=(0, 2))
    findings = verify(saved(), lambda _: renamed)
    assert all(finding.ok for finding in findings)
    assert [(f.number, f.message) for f in findings if f.soft] == [
        (1, "its title was 'Numbers' and is 'Figures'"),
        (1, "its date was None and is '2024-01-01'"),
        (1, "its page was None and is 1"),
        (2, "its title was 'Numbers' and is 'Figures'"),
        (2, "its date was None and is '2024-01-01'"),
        (2, "its page was None and is 2"),
    ]
    assert not any(finding.soft for finding in verify(saved(), lambda _: ARTICLE))


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [(0, 4, True), (1, 2, True), (None, None, True), (0, None, False), (None, 4, False),
     (2, 2, False), (3, 2, False), (0, 5, False)],
)  # fmt: skip
def test_the_short_answer_lies_inside_the_quote(
    first: int | None, last: int | None, holds: bool
) -> None:
    changed = saved()
    changed["citations"][0] |= {"answer_start": first, "answer_end": last}
    assert (failures(changed) == []) is holds
    changed["citations"][0] |= {"start": 1, "quote": "ne."}
    if first == 0 and last == 4:
        assert any("short answer" in message for message in failures(changed))


def test_two_citations_with_one_number_fail() -> None:
    changed = saved()
    changed["citations"].append(changed["citations"][0])
    assert failures(changed) == ["a citation or a marker is there twice"]


def test_the_markers_of_a_refusal_are_checked_too() -> None:
    refused = saved() | {"answered": False, "refusal": "sources_disagree", "text": "Either.[1] Or."}
    assert failures(refused) == ["the markers in the text and the citations do not match"]
    assert failures(refused | {"text": "Either.[1] Or.[2]"}) == []
    assert (
        verify({**refused, "citations": [], "text": "Nothing says so [1]."}, lambda _: None) == ()
    )


TEXT = saved()["text"]
SPOTS = st.integers(0, len(TEXT))
# Any change at all: of a citation's proof, of a number in a marker, of a character of the text.
CITED = st.tuples(
    st.integers(0, 1),
    st.sampled_from(["number", "start", "end", "quote", "sha256", "article_id"]),
)
VALUES = st.one_of(
    st.integers(0, 40), st.text(max_size=8), st.sampled_from(["One.", "Two [7] is\nhere.", "b.txt"])
)


def look_up(article_id: str) -> Article | None:
    other = Article("b.txt", "One. Two [7] is\nhere, too.")
    return {article.id: article for article in (ARTICLE, other)}.get(article_id)


@given(CITED, VALUES)
@example((0, "article_id"), "b.txt")
@example((1, "number"), 1)
@example((0, "end"), 3)
def test_any_change_of_a_citation_is_caught(place: tuple[int, str], value: Any) -> None:
    number, name = place
    changed = saved()
    if changed["citations"][number][name] == value:
        return
    changed["citations"][number][name] = value
    assert not holds(changed)


@given(SPOTS, SPOTS, st.text(max_size=5))
@example(4, 7, "")
@example(5, 6, "2")
@example(0, 0, " ")
@example(7, 8, "\n")
def test_any_change_of_the_text_is_caught(start: int, end: int, put: str) -> None:
    text = TEXT[:start] + put + TEXT[max(start, end) :]
    if text != TEXT:
        assert not holds(saved() | {"text": text})


def holds(changed: dict[str, Any]) -> bool:
    """Whether a saved answer is proven; one that is none is not."""
    try:
        return all(finding.ok for finding in verify(changed, look_up))
    except CitationError:
        return False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
PATHS = st.sampled_from(
    [(name,) for name in saved()] + [("citations", 0, name) for name in saved()["citations"][0]]
)


@given(PATHS, JSON)
@example(("citations", 0, "start"), 0.0)
@example(("citations", 0, "start"), False)
@example(("citations", 0, "start"), 10**5000)
@example(("citations", 0, "number"), 10**5000)
@example(("citations", 0, "article_id"), "\ud800")
@example(("confidence",), float("nan"))
@example(("answered",), False)
@example(("refusal",), "not_stated")
def test_whatever_a_field_holds_is_no_crash(path: tuple[Any, ...], value: Any) -> None:
    changed = copy.deepcopy(saved())
    *parents, name = path
    inside: Any = changed
    for parent in parents:
        inside = inside[parent]
    inside[name] = value
    holds(changed)
    del inside[name]
    holds(changed)


def test_a_field_that_is_nested_too_deep_is_no_crash() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(CitationError, match="not a saved answer"):
        verify(saved() | {"citations": deep}, look_up)


def test_fields_of_a_later_version_are_let_pass() -> None:
    later = saved() | {"colour": "blue"}
    later["citations"][0]["mood"] = {"kind": ["new"]}
    assert failures(later) == []
    assert failures(json.loads(json.dumps(later))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"confidence": 2}, "confidence: 2 is greater than the maximum of 1"),
        ({"confidence": float("nan")}, "what JSON in UTF-8 cannot"),
        ({"text": None}, "text: None is not of type 'string'"),
        ({"answered": False}, "refusal: None is not of type 'string'"),
        ({"citations": [{}]}, r"citations\[0\]: 'number' is a required property"),
        ({"citations": [[{"quote": "x" * 500}]]}, r"citations\[0\] does not meet 'type': 'object'"),
        ({"hits": {}}, "hits: {} is not of type 'array'"),
    ],
)
def test_a_message_names_the_field(change: dict[str, Any], said: str) -> None:
    with pytest.raises(CitationError, match=said):
        verify(saved() | change, lambda _: ARTICLE)
