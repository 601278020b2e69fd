"""Escaped text is, to a Markdown reader, one paragraph with exactly the text that went in."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.chat.replies.escaping import escape, escape_title, shown

# CommonMark shows U+0000 and unpaired surrogates as U+FFFD, whatever is done about it.
CHARACTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
FLAG = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
NASTY = st.sampled_from(
    [
        *string.punctuation,
        *" \t\n\r",
        "http://",
        "www.",
        "@",
        "a",
        "1.",
        ":::",
        "\u202e",
        "\u2066",
        "\xad",
        "\ufeff",
        "\U000e0041",
        FLAG,
    ]
)
TEXTS = st.one_of(st.text(CHARACTERS), st.lists(st.one_of(NASTY, CHARACTERS)).map("".join))
READER = MarkdownIt("commonmark")
# The addresses that Chainlit's browser side looks for in each text node after parsing.
LINKS = re.compile(r"https?://[-.\w]|www\.[-.\w]|[-.\w+]+@[-\w]+(\.[-\w]+)+", re.IGNORECASE)


def nodes(markdown: str) -> list[str]:
    """The text nodes of the one paragraph that `markdown` is."""
    if not markdown:
        return []
    opening, inline, closing = READER.parse(markdown)
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    assert inline.children is not None
    kinds = {child.type for child in inline.children}
    assert kinds <= {"text", "em_open", "em_close"}
    found, joined = [], ""
    for child in inline.children:
        if child.type == "text":
            joined += child.content
        else:
            found.append(joined)
            joined = ""
    return [*found, joined]


@given(TEXTS)
@example("Note:this ::: **bold** _it_ `code` <b> &amp; [a](b) ![](http://x/y.png) $x$ ~~no~~ | #")
@example("1. a")
@example("    four spaces")
@example("a@b@c.de @@ a.b@c.de. www.www.x http://www.a@b.cd")
@example("\u202eabc\u202c\u2066@\u2069")
def test_a_reader_gets_back_the_text(text: str) -> None:
    # Controls that are white space and have no reference may be trimmed at either end.
    controls = "\x0b\x1c\x1d\x1e\x1f\x85"
    assert "".join(nodes(escape(text))).strip(controls) == shown(text).strip(controls)


@given(TEXTS)
@example("mail a.b@c.de, see HTTP://a.b/c?d=e#f and www.a.b")
@example("x@y.z\u202ewww.a.b\u202c")
def test_no_text_node_holds_an_address(text: str) -> None:
    unreferable = re.search("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", text)
    if not unreferable:
        assert not [node for node in nodes(escape(text)) if LINKS.search(node)]


@given(TEXTS)
def test_nothing_is_left_that_markdown_reads(text: str) -> None:
    plain = re.sub(r"&#\d+;", "", escape(text))
    assert not set(plain) & set(string.punctuation) - {"*"}
    assert not set(plain) & set("\t\r\n")
    assert "  " not in escape(text)


@given(TEXTS)
def test_sentences_can_be_joined_and_followed_by_a_marker(text: str) -> None:
    markdown = f'{escape(text)}[1](#cite-x-1 "{escape_title(text)}") {escape(text)}'
    inline = READER.parse(markdown)[1]
    assert inline.children is not None
    links = [child for child in inline.children if child.type == "link_open"]
    assert [link.attrs["href"] for link in links] == ["#cite-x-1"]
    assert links[0].attrs.get("title", "") == shown(text)


@pytest.mark.parametrize("text", ["", "plain words", "naïve 新能源 🔋", "one two, three"])
def test_plain_words_stay_readable(text: str) -> None:
    assert escape(text).replace("&#44;", ",") == text


def test_only_zero_width_spaces_are_lost() -> None:
    assert shown("a\u200bb\u200cc\u200dd\ufeffe") == "ab\u200cc\u200dd\ufeffe"


def test_what_has_no_shape_stands_apart() -> None:
    assert nodes(escape(f"a\u00adb \u2060\ufeffc {FLAG} \U000e0041d")) == [
        "a", "\u00ad", "b ", "\u2060\ufeff", f"c {FLAG} ", "\U000e0041", "d",
    ]  # fmt: skip
