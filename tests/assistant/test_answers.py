"""An answer as Markdown: what articles say is text in it, whatever it looks like."""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.answers import Answer
from assistant.proof.citations import cite
from assistant.showing.footnotes import (
    BREAK,
    escape,
    joined,
    marked,
    sentences_in,
    stands_below,
)
from embeddings.records import Article

ARTICLE = Article(
    "news/the_bridge.txt",
    "It opened\n on 3 May  2021 [12]. It cost 40 million *crowns*.",
    title="The *Wend* bridge",
    date="2024-01-01",
    pages=(0, 32),
)
FIRST, SECOND = cite(ARTICLE, 0, 31, 1), cite(ARTICLE, 32, 60, 2)
MARKED = (
    replace(FIRST, answer_start=14, answer_end=25),
    replace(SECOND, answer_start=40, answer_end=50),
)
TEXT = "It opened on 3 May 2021 (12).[1] It cost 40 million *crowns*.[2]"
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# GitHub makes links of these as they are written …
ADDRESSES = re.compile(r"(?:https?|ftp)://|www\.(?=\S)", re.IGNORECASE)
# … and of these in each run of text, once escapes are undone.
MAIL = re.compile(r"[-.\w+]+@[-\w]+(\.[-\w]+)+")


def answer(**given: Any) -> Answer:
    standing: dict[str, Any] = {
        "question": "When and how much?",
        "standalone_question": "When and how much?",
        "text": TEXT,
        "refusal": None,
        "confidence": 0.9,
        "citations": (FIRST, SECOND),
    }
    return Answer(**{**standing, **given})


def test_an_answer_has_footnotes_and_a_source_list() -> None:
    markdown = answer(citations=MARKED, notes=("Asked only 2 [of 5].", "# So it is")).to_markdown()
    assert markdown.split("\n\n") == [
        "It opened on **3 May 2021** (12).[^1] It cost **40 million** \\*crowns\\*.[^2]",
        "> Asked only 2 \\[of 5\\].",
        "> \\# So it is",
        "[^1]: “It opened on 3 May 2021 \\[12\\].” — The \\*Wend\\* bridge, 2024-01-01, "
        "news/the_bridge\\.txt, page 1, characters 0–31",
        "[^2]: “It cost 40 million \\*crowns\\*.” — The \\*Wend\\* bridge, 2024-01-01, "
        "news/the_bridge\\.txt, page 2, characters 32–60\n",
    ]


def test_nothing_is_bold_where_no_short_answer_is_marked() -> None:
    assert "**" not in answer().to_markdown()


def test_an_undated_source_without_pages_says_so() -> None:
    bare = replace(FIRST, date=None, page=None)
    markdown = answer(text=TEXT[: TEXT.index(" It cost")], citations=(bare,)).to_markdown()
    assert markdown.endswith("bridge, undated, news/the_bridge\\.txt, characters 0–31\n")


def test_a_refusal_is_bold_and_has_no_footnotes() -> None:
    text = "The articles do not state this. The closest is “A *title*” (undated)."
    refused = answer(text=text, refusal="not_stated", citations=(), notes=("A note.",))
    bold, note = refused.to_markdown().split("\n\n")
    assert bold == "**The articles do not state this. The closest is “A \\*title\\*” (undated).**"
    assert note == "> A note.\n"


def test_a_sentence_that_is_no_quote_has_its_footnotes_and_no_bold() -> None:
    written = answer(text="In May 2021.[1] For 40 million.[2][1] Both.", citations=MARKED)
    body, *_ = written.to_markdown().split("\n\n")
    assert body == "In May 2021.[^1] For 40 million.[^2][^1] Both."


def test_a_number_in_brackets_that_is_no_citations_is_text() -> None:
    (said,) = sentences_in("See [7] there.[1]", [FIRST])
    assert (said.text, said.numbers) == ("See [7] there.", (1,))


@given(st.text("ab \n\t[1]*🔋é", min_size=1, max_size=40), st.data())
def test_the_short_answer_is_found_in_what_is_shown(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    if not text.strip():
        return
    article = Article("a.txt", text)
    cited = replace(cite(article, 0, len(text), 1), answer_start=start, answer_end=end)
    shown = " ".join(text.split())
    shown = re.sub(r"\[(\d+)\]", r"(\1)", shown)
    (said,) = sentences_in(f"{shown}[1]", [cited])
    if said.text != shown:  # the quote itself ends in a number in brackets
        return
    marks = str.maketrans("[]", "()")
    wanted = "".join(text[start:end].split()).translate(marks)
    if said.answer is None:
        assert wanted == ""
    else:
        assert said.text[slice(*said.answer)].replace(" ", "").translate(marks) == wanted


# Article text is never more than text


CHARACTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
NASTY = st.sampled_from(
    [*string.punctuation, " ", "\n", "http://", "www.", "ftp://", "@", "a", "1.", "a@b.de", "“",
     "€", "é", "&amp;", "<b>", "![x](y)", "[a](b)", "[^1]", "---", "```", "\n\n", "    ", "| a |"]
)  # fmt: skip
TEXTS = st.one_of(st.text(CHARACTERS), st.lists(st.one_of(NASTY, CHARACTERS)).map("".join))
HOSTILE = (
    "# Title <script>alert(1)</script> ![x](http://a.b/c.png) [ref]: http://d.e"
    " [go](javascript:f()) <http://f.g> &copy;"
    " `code` **b** _i_ ~~s~~ $x$ | a | b | mail a.b@c.de www.h.i HTTP://j.k"
)


def children(markdown: str) -> list[Any]:
    """The inline tokens of the one paragraph that `markdown` is."""
    opening, inline, closing = READER.parse(markdown)
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    assert inline.children is not None
    return inline.children


def no_mail(tokens: list[Any]) -> bool:
    """Whether no run of text, between two elements, holds the address of a mailbox."""
    runs, joined = [], ""
    for token in tokens:
        if token.type == "text":
            joined += token.content
        else:
            runs.append(joined)
            joined = ""
    return not any(MAIL.search(run) for run in [*runs, joined])


def collapsed(text: str) -> str:
    return " ".join(text.split())


@given(TEXTS)
@example(HOSTILE)
@example("1. a")
@example("- a")
@example("a@b@c.de @@ a.b@c.de.")
@example("a\\")
@example("(a) b")
def test_a_reader_gets_back_the_text(text: str) -> None:
    text = collapsed(text)
    if not text:
        return
    tokens = children(escape(text))
    assert {token.type for token in tokens} <= {"text", "em_open", "em_close"}
    assert "".join(token.content for token in tokens) == text
    beside = re.findall(r"(\S)@(\S)", text)
    if not any(unicodedata.category(c) in ("Cc", "Cn") for pair in beside for c in pair):
        assert no_mail(tokens)
    assert not ADDRESSES.search(escape(text))


@given(TEXTS, st.data())
@example(HOSTILE, None)
def test_the_bold_part_is_bold_and_the_text_the_same(text: str, data: Any) -> None:
    text = collapsed(text)
    visible = [at for at, c in enumerate(text) if unicodedata.category(c)[0] not in "CZ"]
    if not visible:
        return
    start, end = 2, 7
    if data is not None:
        start = data.draw(st.sampled_from(visible))
        end = data.draw(st.sampled_from([at for at in visible if at >= start])) + 1
    tokens = children(f"{marked(text, (start, end), escape)}[^1]")
    assert "".join(token.content for token in tokens) == f"{text}[^1]"
    kinds = [token.type for token in tokens]
    assert set(kinds) <= {"text", "em_open", "em_close", "strong_open", "strong_close"}
    if "strong_open" in kinds:
        bold = tokens[kinds.index("strong_open") : kinds.index("strong_close")]
        assert "".join(token.content for token in bold) == text[start:end]
    else:
        assert "@" in text or set(map(unicodedata.category, text)) & {"Cc", "Cn"}


def test_nothing_of_an_article_becomes_markdown() -> None:
    article = Article(f"a/{HOSTILE}.txt", HOSTILE, title=HOSTILE)
    cited = replace(cite(article, 0, len(HOSTILE), 1), answer_start=2, answer_end=30)
    text = re.sub(r"\[(\d+)\]", r"(\1)", HOSTILE)
    made = answer(text=f"{text}[1]", citations=(cited,), notes=(HOSTILE,), question=HOSTILE)
    refused = answer(text=HOSTILE, refusal="not_stated", citations=())
    for markdown in (made.to_markdown(), refused.to_markdown()):
        tokens = READER.parse(markdown)
        inline = [child for token in tokens for child in token.children or ()]
        kinds = {token.type.removesuffix("_open") for token in (*tokens, *inline)}
        assert {kind for kind in kinds if not kind.endswith("_close")} <= {
            "paragraph", "blockquote", "inline", "text", "strong", "em"
        }  # fmt: skip
        shown = READER.render(markdown)
        assert "alert(1)" in shown
        assert not re.search(r"<(?!/?(?:p|blockquote|strong|em)>)", shown)
        assert all(no_mail(token.children) for token in tokens if token.children)
        assert not ADDRESSES.search(markdown)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("2.565 billion yuan, at 12:30", "2.565 billion yuan, at 12:30"),
        ("a snake_case name - and (this)!", "a snake_case name - and (this)\\!"),
        ("Q&A, AT&T & co", "Q\\&A, AT\\&T & co"),
        ("see x.com", "see x\\.com"),
    ],
)
def test_plain_text_stays_readable(text: str, markdown: str) -> None:
    assert escape(text) == markdown


LISTED = Article("pump.txt", "You need:\n- a key\n- a lamp.\nThen go. To start it, run\n\npump on")


def test_items_and_commands_have_a_line_each() -> None:
    spans = [(0, 9), (10, 17), (18, 27), (28, 36), (37, 53), (55, 62)]
    cited = [cite(LISTED, *span, number) for number, span in enumerate(spans, start=1)]
    text = " ".join(f"{c.quote}[{c.number}]" for c in cited)
    body = answer(text=text, citations=tuple(cited)).to_markdown().split("\n\n")[0]
    assert body.split("  \n") == [
        "You need:[^1]", "\\- a key[^2]", "\\- a lamp.[^3]", "Then go.[^4] To start it, run[^5]",
        "pump on[^6]",
    ]  # fmt: skip
    html = READER.render(body)
    assert html.count("<br") == 4
    assert "<li>" not in html


@pytest.mark.parametrize(
    ("before", "sentence", "below"),
    [
        ("", "- first", False),
        ("It is so (2.1).", "It rained.", False),
        ("“It is so!”", "It rained.", False),
        ("It is so:", "It rained.", True),
        ("pump on", "pump off", True),
        ("1. Open it.", "It rained.", True),
        ("It is so.", "b) Close it.", True),
        ("It is so.", "2. Close it.", True),
        ("It is so.", "20 were closed.", False),
        ("It opened in 1962.(3)", "It rained.", False),
        ("It opened in 1962.²", "It rained.", False),
    ],
)
def test_what_stands_on_a_line_of_its_own(before: str, sentence: str, below: bool) -> None:
    assert stands_below(sentence, before) is below
    between = BREAK if below else " "
    pair = [(text, text) for text in (before, sentence) if text]
    assert joined(pair) == f"{before}{between if before else ''}{sentence}"
