"""What the chat shows: pure functions on answers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.answers import Answer, Citation, Hit, Refusal
from assistant.chat.replies import rendering
from assistant.showing.explanation import Explanation
from embeddings.catalog import CatalogPage
from embeddings.errors import CitationError
from embeddings.records import Article, Passage

TEXT = "An opening. The sum was 5 [sic]. A closing 🔋 line."
ARTICLE = Article(id="news/a.txt", text=TEXT, title="A *title*", date="2024-01-01")
UNDATED = Article(id="b.txt", text="Some words that open it.")


def citation(number: int = 1, quote: str = "The sum was 5 [sic].") -> Citation:
    start = TEXT.index(quote)
    return Citation(
        number=number,
        article_id=ARTICLE.id,
        title=ARTICLE.label,
        date=ARTICLE.date,
        source=None,
        start=start,
        end=start + len(quote),
        quote=quote,
        sha256=ARTICLE.sha256,
        page=2,
    )


def hit(article: Article, rank: int) -> Hit:
    words = Passage(article.id, 0, 7, article.text[:7], article.title, article.date)
    return Hit(words, 1 / rank, rank)


def answer(**given: object) -> Answer:
    standing: dict[str, object] = {
        "question": "How much?",
        "standalone_question": "How much?",
        "text": "The sum was 5 [sic].[1]",
        "refusal": None,
        "confidence": 0.9,
        "citations": (citation(),),
    }
    return Answer(**{**standing, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("articles", "line"),
    [
        ((), "No articles yet"),
        ((UNDATED,), "1 article"),
        ((ARTICLE, UNDATED), "2 articles, newest 2024-01-01"),
        ((ARTICLE,) * 1234, "1,234 articles, newest 2024-01-01"),
    ],
)
def test_what_is_covered(articles: tuple[Article, ...], line: str) -> None:
    newest = CatalogPage(articles[:1], (), len(articles), 1, 1, 0)
    assert rendering.covered(newest) == line


def test_what_was_found() -> None:
    hits = [hit(ARTICLE, 1), hit(UNDATED, 2), hit(ARTICLE, 3)]
    assert rendering.found(hits) == "3 passages from 2 articles"
    assert rendering.found(hits[:1]) == "1 passage from 1 article"
    assert rendering.found([]) == "No passage found"
    labels = {ARTICLE.id: ARTICLE.label, UNDATED.id: UNDATED.label}
    first, second = rendering.found_markdown(hits, labels).splitlines()
    assert first.startswith("- A &#42;title&#42; &#40;2024")
    assert second.endswith("&#40;undated&#41;")


def test_a_follow_up_is_noted_only_when_it_was_understood_otherwise() -> None:
    assert rendering.asked_as_markdown("How  much?", "how much?") == ""
    assert rendering.asked_as_markdown("How much?", "how much? thanks!") == ""
    assert rendering.asked_as_markdown("How much did X pay?", "How much?").startswith("> Asked as")


def test_markers_become_links() -> None:
    markdown = rendering.sentence_markdown("The sum was 5.[1][2]", "id", [citation(1), citation(2)])
    title = "A &#42;title&#42;"
    expected = f'[1](#cite-id-1 "{title}")[2](#cite-id-2 "{title}")'
    assert markdown == f"The sum was 5&#46;{expected}"


def short(quote: str = "The sum was 5 [sic].", answer: str = "5") -> Citation:
    cited = citation(quote=quote)
    at = cited.start + quote.index(answer)
    return replace(cited, answer_start=at, answer_end=at + len(answer))


def test_the_short_answer_is_bold() -> None:
    markdown = rendering.sentence_markdown("The sum was 5 [sic].[1]", "id", [short()])
    assert "&#32;**5**&#32;" in markdown
    assert markdown.replace("**", "") == (
        "The sum was&#32;5&#32;&#91;sic&#93;&#46;" + markdown[markdown.index("[1]") :]
    )
    other = rendering.sentence_markdown("The sum is 5.[1]", "id", [short()])
    assert "**" not in other, "a sentence that is no quote has no such place"


def test_the_panel_shows_the_short_answer_inside_the_quote() -> None:
    source = rendering.cited_source(short(), ARTICLE)
    assert source["answer"] == ("The sum was ", "5", " [sic].")
    assert rendering.cited_source(citation(), ARTICLE)["answer"] is None


def test_an_explanation_is_a_list_with_nothing_else_in_it() -> None:
    hostile = "![x](http://a.b) <b>*bold*</b>\n# heading"
    explanation = Explanation(
        "q", hostile, (hostile,), (), 0.9, 0.3, f"Answered: {hostile}.", {"read": 1.25}
    )
    markdown = rendering.explanation_markdown(explanation)
    tokens = MarkdownIt().parse(markdown)
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in inline} <= {"text", "em_open", "em_close"}
    assert {token.tag for token in tokens} <= {"ul", "li", "p", ""}
    assert markdown.count("\n- ") == 3
    assert "Milliseconds&#58; read 1&#46;2" in markdown


def test_brackets_inside_a_sentence_are_text() -> None:
    markdown = rendering.sentence_markdown("See [2] there.[1]", "id", [citation(1)])
    assert markdown.count("](#cite-") == 1
    assert "&#91;2&#93;" in markdown


def test_the_quote_stands_in_the_text_around_it() -> None:
    source = rendering.cited_source(citation(), ARTICLE)
    assert source["before"] + source["quote"] + source["after"] == TEXT
    assert source["quote"] == "The sum was 5 [sic]."
    assert source["page"] == 2
    assert (source["more_before"], source["more_after"]) == (False, False)


@given(st.text("ab \n🔋", min_size=1, max_size=2000), st.data())
def test_the_surroundings_are_the_articles_own(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    article = Article(id="x", text=text)
    cited = replace(citation(), start=start, end=end, quote=text[start:end], sha256=article.sha256)
    source = rendering.cited_source(cited, article)
    assert source["before"] + source["quote"] + source["after"] in text
    assert text[:start].endswith(source["before"])
    assert text[end:].startswith(source["after"])
    assert source["more_before"] == (len(source["before"]) < start)
    assert source["more_after"] == (len(source["after"]) < len(text) - end)


def test_surroundings_are_cut_between_words() -> None:
    article = Article(id="x", text="word " * 400)
    cited = replace(citation(), start=1000, end=1004, quote="word", sha256=article.sha256)
    source = rendering.cited_source(cited, article)
    assert source["before"].startswith("word ")
    assert source["after"].endswith(" word")


def test_a_quote_that_is_not_in_the_article_is_not_shown() -> None:
    with pytest.raises(CitationError, match=r"news/a\.txt"):
        rendering.cited_source(citation(), replace(ARTICLE, text="Another text altogether."))


def test_closest_articles_are_named_once_and_three_at_most() -> None:
    others = [Article(id=f"{n}.txt", text="Other words.") for n in range(5)]
    hits = [hit(ARTICLE, 1), hit(ARTICLE, 2), *(hit(a, n) for n, a in enumerate(others, start=3))]
    closest = rendering.closest_hits(reversed(hits))
    assert [each.passage.article_id for each in closest] == [ARTICLE.id, "0.txt", "1.txt"]
    source = rendering.closest_source(1, closest[0], ARTICLE)
    assert source["quote"] == ""
    assert source["more_after"]


@pytest.mark.parametrize("refusal", get_args(Refusal))
def test_a_refusal_says_why_and_what_to_try(refusal: Refusal) -> None:
    text = "The articles do not state this. The closest is “A” (undated)."
    markdown = rendering.refusal_markdown(answer(text=text, refusal=refusal, citations=()))
    bold, _, rephrase = markdown.partition("\n\n")
    assert bold == f"**{rendering.REFUSED[refusal]}**"
    assert rephrase == rendering.REPHRASE[refusal]
    assert "[1]" not in markdown


def test_a_refusal_says_what_was_asked_too() -> None:
    refused = answer(refusal="not_stated", citations=(), notes=("Asked only *2* articles.",))
    assert rendering.refusal_markdown(refused).endswith(
        "\n\n> Asked only &#42;2&#42; articles&#46;"
    )


def test_what_is_read_out_has_the_notes_too() -> None:
    noted = answer(notes=("The articles differ.", "Asked only 2 articles."))
    assert rendering.spoken(noted) == (
        "The sum was 5 [sic]. The articles differ. Asked only 2 articles. 1 source"
    )
    refused = answer(refusal="not_stated", citations=(), notes=("Asked only 2 articles.",))
    said = rendering.spoken(refused)
    assert said.startswith("The articles do not state this. Try ")
    assert said.endswith(" Asked only 2 articles.")


def test_the_copy_holds_every_source() -> None:
    copy = rendering.copy_text(answer(notes=("A note.",)))
    assert copy == (
        "The sum was 5 \\[sic\\].[^1]\n\n> A note.\n\n[^1]: “The sum was 5 \\[sic\\].” — "
        "A \\*title\\*, 2024-01-01, news/a\\.txt, page 2, characters 12–32\n"
    )


def test_an_error_shows_its_id_and_nothing_as_markdown() -> None:
    markdown = rendering.error_markdown("no *file*", "abc123")
    assert markdown.endswith("abc123")
    assert not re.search(r"(?<!\*)\*(?!\*)", markdown)
