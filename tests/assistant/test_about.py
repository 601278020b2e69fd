from __future__ import annotations

import pytest

from assistant.understanding.about import asks_publication_date, stated_date
from embeddings.readers import read_article
from embeddings.splitting import split_sentences


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("When was the article about the bridge published?", True),
        ("What is the publication date of the report?", True),
        ("What date was this news posted?", True),
        ("At what time of day did the item on the bridge go online?", True),
        ("When was the piece on the keeper's visit put online?", True),
        ("How old is the write-up on the bridge?", True),
        ("When did the first item on the list go to the keeper?", False),
        ("When did the new ticket shop go online?", False),
        ("When was the bridge opened?", False),
        ("When was the agreement signed?", False),
        ("What did the article say about the bridge?", False),
    ],
)
def test_a_question_about_the_article_is_told_from_one_about_its_events(
    question: str, asks: bool
) -> None:
    assert asks_publication_date(question) is asks


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("The bridge\n\nDate: 2021-03-03\n\nIt opened on May 3, 2020.", "Date: 2021-03-03"),
        ("date 2021-03-03 The bridge\n\nIt opened.", "date 2021-03-03 The bridge"),
        ("The bridge\n\nIt opened on May 3, 2020.", None),
    ],
)
def test_the_line_that_states_the_date(head: str, line: str | None) -> None:
    article = read_article(head.encode(), "a.txt", "a.txt")
    sentences = split_sentences(article.text)
    number = stated_date(article, sentences)
    assert (None if number is None else article.text[slice(*sentences[number])]) == line
