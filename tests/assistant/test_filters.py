"""Which articles are asked, over real indexes: explicitly, and as the question says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant, QuestionError
from assistant.language.periods import (
    about_articles,
    day_named,
    is_of_then,
    periods_in,
    speaks_of,
)
from assistant.retrieval.copies import distinct, repeats
from assistant.retrieval.filters import Filter
from assistant.retrieval.retriever import retrieve
from embeddings.corpus import Corpus
from embeddings.index import build_index
from embeddings.passages import made_with
from embeddings.records import Article, Passage
from embeddings.splitting import split_article
from embeddings.stored import Entry
from tests.fakes import HashingEncoder

ENCODER = HashingEncoder()
NEWEST = "2024-03-05"
Open = Callable[[Sequence[Article]], Assistant]


def entry(article: Article) -> Entry:
    whole = Passage(article.id, 0, len(article.text), article.text, article.label, article.date)
    passages = split_article(article) if len(article.text) > 600 else (whole,)
    vectors = ENCODER.encode([passage.text for passage in passages])
    return Entry(
        article.id, article.sha256, "r", article.source or article.id, article.sha256, None,
        article, passages, vectors,
    )  # fmt: skip


def corpus_of(folder: Path, articles: Sequence[Article]) -> Corpus:
    corpus = Corpus(folder)
    corpus.switch(corpus.build_for(made_with(ENCODER.fingerprint)))
    corpus.commit([entry(article) for article in articles])
    return corpus


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens an assistant over articles that are given as they are, without files."""
    corpora: list[Corpus] = []

    def open_over(articles: Sequence[Article]) -> Assistant:
        corpus = corpus_of(tmp_path / f"corpus-{len(corpora)}", articles)
        corpora.append(corpus)
        return Assistant(corpus, (), lambda: ENCODER, lambda: ENCODER.fingerprint, [])

    yield open_over
    for corpus in corpora:
        corpus.close()


def found(
    assistant: Assistant, question: str, k: int = 12, only: Filter | None = None
) -> list[str]:
    return [hit.passage.article_id for hit in assistant.retrieve(question, k, filters=only)]


# Filters that are given

QUESTION = "How many ferries crossed the fjord?"


def crowd(count: int) -> list[Article]:
    """Articles that each answer the question better than the one that is looked for."""
    return [
        Article(
            f"crowd/{number:04}.txt",
            f"Report {number}. {number} ferries crossed the fjord, many ferries crossed it.",
            language="en",
            date=f"20{number % 20:02}-01-01",
            source=f"/news/crowd/{number:04}.txt",
        )
        for number in range(count)
    ]


NEEDLE = Article(
    "archive/needle.txt",
    "Weather and prices of wool were the talk of the harbour, and a fjord was mentioned once.",
    language="nb-NO",
    date="2031-06-30",
    source="/news/archive/needle.txt",
)


@pytest.fixture(scope="module")
def haystack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    corpus = corpus_of(tmp_path_factory.mktemp("haystack"), [*crowd(2000), NEEDLE])
    yield Assistant(corpus, (), lambda: ENCODER, lambda: ENCODER.fingerprint, [])
    corpus.close()


@pytest.mark.parametrize(
    "only",
    [
        Filter(articles=("archive/needle.txt",)),
        Filter(sources=("news/archive/",)),
        Filter(sources=("/news/archive/needle.txt",)),
        Filter(languages=("nb",)),
        Filter(since="2031"),
        Filter(since="2031-06-30", until="2031-06"),
        Filter(languages=("NB-no", "en"), since="2030-12"),
    ],
)
def test_one_passage_of_two_thousand_is_found_though_it_ranks_last(
    haystack: Assistant, only: Filter
) -> None:
    assert found(haystack, QUESTION, only=only) == [NEEDLE.id]


def test_a_filter_gives_what_is_left_of_the_ranking_without_it(haystack: Assistant) -> None:
    assert NEEDLE.id not in found(haystack, QUESTION, 40)
    half = found(haystack, QUESTION, 40, Filter(since="2010", until="2019"))
    assert len(half) == 40
    assert {int(name[6:10]) % 20 for name in half} == set(range(10, 20))


def test_an_article_outside_is_not_cited(opened: Open) -> None:
    texts = {"2021-04-01": "Otto Brandt", "2023-04-01": "Mara Lindqvist", None: "Kari Holm"}
    assistant = opened(
        [
            Article(f"{name[:4]}.txt", f"The mayor of Wend is {name}.", date=date)
            for date, name in texts.items()
        ]
    )
    question = "Who is the mayor of Wend?"
    answer = assistant.ask(question, filters=Filter(until="2022"))
    assert [hit.passage.article_id for hit in answer.hits] == ["Otto.txt"]
    assert {citation.article_id for citation in answer.citations} <= {"Otto.txt"}
    assert answer.notes == (
        "Asked only articles dated 2022-12-31 or earlier: 1 of 3. 1 without a date was left out.",
    )
    nobody = assistant.ask(question, filters=Filter(since="1990", until="1999"))
    assert nobody.refusal == "nothing_relevant"
    assert nobody.hits == ()
    assert "0 of 3" in nobody.notes[0]
    assert {hit.passage.article_id for hit in assistant.ask(question).hits} == {
        "Otto.txt", "Mara.txt", "Kari.txt",
    }  # fmt: skip


def test_an_article_of_no_stated_language_is_left_out_and_counted(opened: Open) -> None:
    assistant = opened(
        [
            Article("de.txt", "Der Bürgermeister heißt Otto Brandt.", language="de-AT"),
            Article("none.txt", "Bürgermeister: Kari Holm."),
        ]
    )
    answer = assistant.ask("Wer ist Bürgermeister?", filters=Filter(languages=("de",)))
    assert [hit.passage.article_id for hit in answer.hits] == ["de.txt"]
    assert answer.notes[0].endswith("language de: 1 of 2. 1 without a language was left out.")


def test_an_unknown_article_names_near_ones(opened: Open) -> None:
    assistant = opened([NEEDLE])
    with pytest.raises(QuestionError, match=r"'archive/noodle.txt'; did you mean archive/needle"):
        assistant.ask(QUESTION, filters=Filter(articles=("archive/noodle.txt",)))
    with pytest.raises(QuestionError, match=r"comes from 'attic'; they come from /news/archive"):
        assistant.ask(QUESTION, filters=Filter(sources=("attic",)))
    with pytest.raises(QuestionError, match=r"in language 'en'; there is nb-NO"):
        assistant.ask(QUESTION, filters=Filter(languages=("nb", "en")))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2024", "2024", ("2024-01-01", "2024-12-31")),
        ("2024-02", "2024-02", ("2024-02-01", "2024-02-29")),
        (" 2024-02-03 ", None, ("2024-02-03", None)),
    ],
)
def test_a_year_and_a_month_are_widened_to_their_days(
    since: str | None, until: str | None, expected: tuple[str | None, str | None]
) -> None:
    given = Filter(since=since, until=until)
    assert (given.since, given.until) == expected


def test_one_day_is_said_once() -> None:
    assert Filter(since="2023-07-14", until="2023-07-14").describe() == "articles dated 2023-07-14"


def test_what_is_no_text_is_taken_for_what_it_says() -> None:
    names: Any = {"languages": "en", "sources": Path("seeds/a.txt"), "articles": ["a.txt"]}
    days: Any = {"since": 2023, "until": date(2023, 7, 14)}
    assert Filter(**names, **days) == Filter(
        ("a.txt",), ("seeds/a.txt",), ("en",), "2023-01-01", "2023-07-14"
    )


@pytest.mark.parametrize("given", ["", "23", "2023-13", "2023-02-30", "July", "2023/07", "0000"])
def test_what_is_no_date_is_refused(given: str) -> None:
    with pytest.raises(QuestionError, match=r"until is .* write 2023, 2023-07"):
        Filter(until=given)


# Dates that the question names


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many ships came in 2023?", [("2023-01-01", "2023-12-31")]),
        ("In 2023 Oslo built what?", [("2023-01-01", "2023-12-31")]),
        ("What has changed since July?", [("2023-07-01", None)]),
        ("What has changed since february?", [("2024-02-01", None)]),
        ("What has changed since July 2021?", [("2021-07-01", None)]),
        ("Which ships came after March 2021?", [("2021-04-01", None)]),
        ("What was decided before 2020?", [(None, "2019-12-31")]),
        ("What was planned until 2021?", [(None, "2021-12-31")]),
        ("As of March 2023, how many boats were there?", [(None, "2023-03-31")]),
        ("How many boats were there as of 2021?", [(None, "2021-12-31")]),
        ("What has been built as of now?", []),
        ("What came between 2019 and 2021?", [("2019-01-01", "2021-12-31")]),
        ("What came between March and July 2022?", [("2022-03-01", "2022-07-31")]),
        ("From January to May 2023, what came?", [("2023-01-01", "2023-05-31")]),
        ("What came from 2019 onwards?", [("2019-01-01", None)]),
        ("What came in early March 2023?", [("2023-03-01", "2023-03-31")]),
        ("What came on 14 July 2023?", [("2023-07-14", "2023-07-14")]),
        ("What came on July 14, 2023 to Wend?", [("2023-07-14", "2023-07-14")]),
        ("What came on 2023-07-14?", [("2023-07-14", "2023-07-14")]),
        ("What came on the 14th of July 2023?", [("2023-07-14", "2023-07-14")]),
        ("What came between 14 and 19 July 2023?", [("2023-07-14", "2023-07-19")]),
        ("What came from 14th to 19th July?", [("2023-07-14", "2023-07-19")]),
        ("Who sold between 3 and 5 boats?", []),
        ("What came from January 2021 to now?", [("2021-01-01", None)]),
        ("What came in early 2023?", [("2023-01-01", "2023-04-30")]),
        ("What came in the summer of 2023?", [("2023-06-01", "2023-08-31")]),
        ("What came in summer 2023?", [("2023-06-01", "2023-08-31")]),
        ("What has changed since late 2022?", [("2022-09-01", None)]),
        ("What came in mid-2023?", [("2023-04-01", "2023-09-30")]),
        ("What did Mara say in Sept. 2023?", [("2023-09-01", "2023-09-30")]),
        ("Who came in 2022 or May 2023?",
         [("2022-01-01", "2022-12-31"), ("2023-05-01", "2023-05-31")]),
        ("Who may vote in May?", [("2023-05-01", "2023-05-31")]),
        ("What came in July and August 2021?",
         [("2021-07-01", "2021-07-31"), ("2021-08-01", "2021-08-31")]),
        ("What came in December, in January and on 3 February 2021?",
         [("2020-12-01", "2020-12-31"), ("2021-01-01", "2021-01-31"),
          ("2021-02-03", "2021-02-03")]),
        ("What came before July or August 2021?", [(None, "2021-06-30"), (None, "2021-07-31")]),
        ("What has changed since 2019 and in 2021?",
         [("2019-01-01", None), ("2021-01-01", "2021-12-31")]),
        ("What came in July and August?",
         [("2023-07-01", "2023-07-31"), ("2023-08-01", "2023-08-31")]),
        ("What happened last year?", [("2023-01-01", "2023-12-31")]),
        ("What changed since last month?", [("2024-02-01", None)]),
        ("Who may vote?", []),
        ("What may it cost?", []),
        ("Who led the march in Oslo?", []),
        ("Who ran 1,500 in 2000 metres?", []),
        ("Who ran the 1,500?", []),
        ("What is Vision 2030?", []),
        ('Who sang "Lost in 2023"?', []),
        ("Who sang Lost In 2023?", []),
        ("Who visited April Ludgate?", []),
        ("Who left after April came?", []),
        ("What followed after June's speech?", []),
        ("Did it grow from 2000 units?", []),
        ("What happened in the last year of the war?", []),
        ("What is the 2023-24 season?", []),
    ],
)  # fmt: skip
def test_dates_are_read_from_a_question(
    question: str, expected: list[tuple[str | None, str | None]]
) -> None:
    assert [(p.since, p.until) for p in periods_in(question, NEWEST)] == expected


def test_what_needs_a_today_is_left_alone_without_one() -> None:
    for question in ("What happened last year?", "What changed since July?"):
        assert periods_in(question, None) == ()
    assert len(periods_in("What changed since July 2021?", None)) == 1


@pytest.mark.parametrize(
    ("question", "spans", "rest"),
    [
        ("What do articles from 2023 say about ferries?", [("2023-01-01", "2023-12-31")],
         "What do articles say about ferries?"),
        ("Is there news since July?", [], ""),
        ("What is the news since July?", [("2023-07-01", None)], "What is the news?"),
        ("What do the reports published in March 2022 say?", [("2022-03-01", "2022-03-31")],
         "What do the reports say?"),
        ("What was reported before 2020?", [(None, "2019-12-31")], "What was reported?"),
        ("What was reported about ferries since 2020?", [("2020-01-01", None)],
         "What was reported about ferries?"),
        ("What was reported about the ferries in 2023?", [], ""),
        ("Which articles are from 2023?", [("2023-01-01", "2023-12-31")], "Which articles?"),
        ("Which reports were published in 2023?", [("2023-01-01", "2023-12-31")],
         "Which reports?"),
        ("Which articles from before 2020 mention ferries?", [(None, "2019-12-31")],
         "Which articles mention ferries?"),
        ("Which articles are in 2023 style?", [], ""),
        ("How many articles are from 2023?", [("2023-01-01", "2023-12-31")], "How many articles?"),
        ("Summarise news from March 2023", [("2023-03-01", "2023-03-31")], "Summarise news"),
        ("What loss was reported in 2023?", [], ""),
        ("What was reported in 2023 prices?", [], ""),
        ("What did the annual reports published in 2023 show?", [], ""),
        ("How many police reports were there in 2023?", [], ""),
        ("How many ferries came in 2023?", [], ""),
        ("Which articles from 2023 talk about ferries?", [("2023-01-01", "2023-12-31")],
         "Which articles talk about ferries?"),
        ("Which reports from 2023 discuss ferries?", [("2023-01-01", "2023-12-31")],
         "Which reports discuss ferries?"),
        ("Which reports from 2023 show a loss?", [], ""),
        ("Which articles of 2000 words mention ferries?", [], ""),
        ("Which articles were published in July and August 2023?", [("2023-07-01", "2023-08-31")],
         "Which articles?"),
        ("Which articles from 2020 and from 2022 cover ferries?",
         [("2020-01-01", "2020-12-31"), ("2022-01-01", "2022-12-31")],
         "Which articles cover ferries?"),
        ("Articles from 2023, 2022 or May 2020",
         [("2020-05-01", "2020-05-31"), ("2022-01-01", "2023-12-31")], "Articles"),
        ("Which articles from 2020 and since 2022 mention ferries?",
         [("2020-01-01", "2020-12-31"), ("2022-01-01", None)], "Which articles mention ferries?"),
    ],
)  # fmt: skip
def test_a_question_that_speaks_of_articles(
    question: str, spans: list[tuple[str | None, str | None]], rest: str
) -> None:
    periods, asked = about_articles(question, NEWEST)
    assert [(period.since, period.until) for period in periods] == spans
    assert asked == (rest if spans else question)


def yearly() -> list[Article]:
    """Equal news of ten years, none of which says its year."""
    names = "Ann Bo Cy Di Ed Flo Gus Hal Ida Jo".split()
    return [
        Article(f"{year}.txt", f"Ferries crossed the fjord. {name} saw it.", date=f"{year}-12-30")
        for year, name in zip(range(2011, 2021), names, strict=True)
    ]


def rankings(tmp_path: Path, articles: Sequence[Article], newest: str) -> tuple[list[str], ...]:
    """Hits of "since July" where nobody can tell of which year, and where `newest` tells."""
    corpus = corpus_of(tmp_path / "corpus", articles)
    index = build_index(corpus)
    both = []
    for told in (None, newest):
        retrieved = retrieve("Ferries since July?", 70, index, ENCODER, corpus, newest=told)
        scores = [hit.score for hit in retrieved.hits]
        assert scores == sorted(scores, reverse=True)
        assert retrieved.preferred == (told is not None)
        both.append([hit.passage.article_id for hit in retrieved.hits])
    corpus.close()
    return tuple(both)


def test_a_date_in_a_question_prefers_and_drops_nothing(tmp_path: Path) -> None:
    plain, dated = rankings(tmp_path, yearly(), "2020-12-30")
    assert plain[0] != "2020.txt"
    assert dated[0] == "2020.txt"
    assert len(dated) == 10
    assert dated[1:] == [name for name in plain if name != "2020.txt"]


def test_nothing_moves_down_by_more_than_three_places(tmp_path: Path) -> None:
    """Even where nearly all that is found is of the time that the question names."""
    texts = [f"In a year of rain the ferries and {number} boats sailed." for number in range(40)]
    then = [Article(f"{n:02}.txt", text, date="2020-08-01") for n, text in enumerate(texts)]
    best = [Article(f"{name}.txt", f"Ferries. {name}") for name in "Ann Bo Cy Di Ed Flo".split()]
    plain, dated = rankings(tmp_path, [*best, *then], "2020-12-30")
    assert set(plain[:6]) == {article.id for article in best}
    assert sorted(plain) == sorted(dated)
    assert dated != plain
    assert all(dated.index(name) <= place + 3 for place, name in enumerate(plain))
    assert all(dated.index(name) <= plain.index(name) + 3 for name in plain)


@pytest.mark.parametrize(
    ("text", "published", "speaks"),
    [
        ("It sank.", "2018-07-20", True),
        ("It sank.", "2018-08-01", False),
        ("It sank.", None, False),
        ("It sank in July 2018.", "2021-01-01", True),
        ("It sank on 3 July 2018.", None, True),
        ("It sank on July 3.", "2018-09-01", True),
        ("It sank on 2018-07-03.", None, True),
        ("It sank in 2018.", None, False),
        ("It sank in July 2019.", "2020-01-01", False),
    ],
)
def test_what_a_text_speaks_of(text: str, published: str | None, speaks: bool) -> None:
    (period,) = periods_in("What sank in July 2018?", None)
    assert speaks_of(text, published, period) is speaks


@pytest.mark.parametrize(
    ("question", "text", "published", "names"),
    [
        ("What happened on 14 June 2023?", "The flood of 14 June rose.", "2023-06-19", True),
        ("What happened on 14 June 2023?", "It rose on June 14.", "2023-06-19", True),
        ("What happened on 14 June 2023?", "In June 14,000 people left.", "2023-06-19", False),
        ("What happened on 14 June 2023?", "The flood of 14 June rose.", "2021-06-19", False),
        ("What happened in June 2023?", "It will reopen on 27 June.", "2023-06-19", True),
        ("What happened in 2022?", "It will reopen on 27 June.", "2023-06-19", False),
        ("What happened in July 2023?", "Open from 5 July on.", "2023-06-19", True),
        ("What happened in July 2022?", "Open from 5 July on.", "2023-06-19", False),
        ("What happened in January 2024?", "It is to be in January.", "2023-12-03", True),
        ("What happened in May 2023?", "Of those 5 may apply.", "2023-06-19", False),
        ("What happened in July?", "It was in July 2021.", "2021-08-01", False),
        ("What happened in July?", "It is to be in July.", "2023-03-01", True),
        ("What happened in July?", "It was in July.", None, True),
        ("What happened in July and August 2023?", "It was in July.", None, False),
        ("What happened in July and August 2023?", "It was in July.", "2023-09-01", True),
        ("what happened in july?", "It was on July 3.", None, True),
        ("what happened on 14 july?", "It was on July 14.", None, True),
        ("what happened on 14 july?", "It was on July 15.", None, False),
        ("What happened in Q3 2023?", "It was in the third quarter of 2023.", None, True),
        ("What happened in H1 2023?", "It was in the third quarter of 2023.", None, False),
    ],
)
def test_which_days_a_text_names(
    question: str, text: str, published: str | None, names: bool
) -> None:
    period, *_ = periods_in(question, NEWEST)
    assert (day_named(text, published, period) is not None) is names


def test_a_preference_is_said(opened: Open) -> None:
    answer = opened(yearly()).ask("Who saw ferries cross the fjord in 2020?")
    assert answer.hits[0].passage.article_id == "2020.txt"
    assert len(answer.hits) == 10
    assert answer.notes[-1:] == (
        "Passages of the time that the question names (“in 2020”) were preferred.",
    )


def test_the_times_of_a_question_and_of_its_parts_are_told_of_once(opened: Open) -> None:
    answer = opened(yearly()).ask("Who saw ferries cross the fjord in 2020 and in 2012?")
    assert [note for note in answer.notes if "preferred" in note] == [
        "Passages of the time that the question names (“in 2020”, “in 2012”) were preferred.",
    ]


def test_a_question_about_articles_is_a_filter_and_says_so(opened: Open) -> None:
    assistant = opened([*yearly(), Article("undated.txt", "Ferries crossed the fjord in 2018.")])
    answer = assistant.ask("What do articles from 2018 say about ferries?")
    assert {hit.passage.article_id for hit in answer.hits} == {"2018.txt"}
    assert answer.standalone_question == answer.question
    assert answer.notes[0] == (
        "Asked only articles dated 2018-01-01 to 2018-12-31, because the question says "
        "“from 2018”: 1 of 11. 1 without a date was left out."
    )


def test_of_several_spans_each_article_of_one_is_asked_and_one_note_says_so(opened: Open) -> None:
    assistant = opened([*yearly(), Article("undated.txt", "Ferries crossed the fjord in 2018.")])
    answer = assistant.ask("What do articles from 2012, 2017 and 2018 say about ferries?")
    assert {hit.passage.article_id for hit in answer.hits} == {"2012.txt", "2017.txt", "2018.txt"}
    assert [note for note in answer.notes if note.startswith("Asked only")] == [
        "Asked only articles dated 2012-01-01 to 2012-12-31 or articles dated 2017-01-01 to "
        "2018-12-31, because the question says “from 2012, 2017 and 2018”: 3 of 11. "
        "1 without a date was left out."
    ]


@pytest.mark.parametrize(
    ("topic", "title", "published", "its"),
    [
        ("minutes 19 February 2024", None, "2024-02-19", True),
        ("minutes 19 February 2024", "Minutes of 19 February 2024", None, True),
        ("minutes 19 February 2024", "Minutes of 15 January 2024", "2024-01-15", False),
        ("minutes 19 February 2024", None, "2024-02-20", False),
        ("February minutes", None, "2023-02-19", True),
        ("February minutes", "Minutes of February", None, True),
        ("February minutes", None, "2024-03-18", False),
        ("minutes February and March 2024", None, "2024-02-19", True),
        ("minutes Q1 2024", None, "2024-02-19", True),
        ("minutes 2024", None, "2024-02-19", False),
        ("February", None, None, False),
        ("speech April Ludgate", None, "2024-04-19", False),
        ("June's speech", None, "2024-06-19", False),
        ("how they march", None, "2024-03-18", False),
    ],
)
def test_an_article_is_of_the_day_or_the_month_of_its_date_or_its_title(
    topic: str, title: str | None, published: str | None, its: bool
) -> None:
    assert is_of_then(topic, title, published) is its


# Near-copies

TEXT = (
    "The harbour council of Wend decided on Monday to build a new quay for the ferries that cross "
    "the fjord. The quay will cost 12 million crowns and will be ready in three years, said the "
    "mayor, Kari Holm, after the meeting in the town hall. Fishermen had asked for it since the "
    "old quay was damaged in a storm."
)


def test_copies_of_one_text_do_not_crowd_out_the_rest(opened: Open) -> None:
    copies = [
        Article(f"copy-{number:02}.txt", TEXT + " " * number, date=f"2020-01-{number + 1:02}")
        for number in range(1, 13)
    ]
    others = [
        Article(f"other-{name}.txt", f"A quay for ferries was also wanted in {name}, far away.")
        for name in "Bergen Molde Bodo Tromso Vardo Halden".split()
    ]
    hits = found(opened([*copies, *others]), "Who decided to build a quay for ferries in Wend?")
    assert sum(name.startswith("copy") for name in hits) == 1
    assert sum(name.startswith("other") for name in hits) == len(others)


def test_more_copies_than_are_searched_at_first_do_not_hide_the_rest(opened: Open) -> None:
    copies = [Article(f"copy-{n:03}.txt", TEXT + "\n" * (n + 1)) for n in range(120)]
    other = Article("other.txt", "In Bergen a quay was talked about.")
    assert "other.txt" in found(opened([*copies, other]), "Who decided to build a quay in Wend?")


def test_of_copies_with_equal_scores_the_newest_stays() -> None:
    passages = {
        number: Passage(f"{date}.txt", 0, len(TEXT), TEXT, date=date)
        for number, date in enumerate(("2020-01-01", "2022-01-01"))
    }
    assert distinct([(0, 0.5), (1, 0.5)], passages, 9) == [(1, 0.5)]
    assert distinct([(0, 0.6), (1, 0.5)], passages, 9) == [(0, 0.6)]


@pytest.mark.parametrize(
    ("change", "is_copy"),
    [
        ((TEXT, TEXT.upper()), True),
        (("Monday", "Monday  "), True),
        (("the mayor, Kari Holm,", "the mayor Kari Holm"), True),
        (("for the ferries", "for ferries"), True),
        ((" since the old quay was damaged in a storm", ""), True),
        (("12 million", "14 million"), False),
        (("12 million", "12 billion"), False),
        (("three years", "four years"), False),
        (("Kari Holm", "Kari Holst"), False),
        (("Monday", "Friday"), False),
        (("decided on Monday to", "decided on Monday not to"), False),
        (("had asked", "had never asked"), False),
        (("new quay", "wooden quay"), False),
        (("the town hall", "the town hall of Molde"), False),
        (("crowns and", "crowns, 3 more than planned, and"), False),
        (("The quay will cost 12 million crowns and will be ready in three years, said",
          "Nobody knew the price or the time that the work would take, it was told, said"), False),
    ],
)  # fmt: skip
def test_a_copy_that_disagrees_is_not_a_copy(change: tuple[str, str], is_copy: bool) -> None:
    changed = TEXT.replace(*change)
    assert changed != TEXT
    assert repeats(changed, TEXT) is is_copy


def test_what_says_more_is_not_a_copy_of_what_says_less() -> None:
    assert repeats(TEXT, f"{TEXT} Work begins in May.")
    assert not repeats(f"{TEXT} Work begins in May.", TEXT)


def test_copies_that_disagree_are_both_among_the_hits(opened: Open) -> None:
    other = TEXT.replace("12 million", "14 million")
    assistant = opened(
        [Article("a.txt", TEXT), Article("b.txt", other), Article("c.txt", TEXT + " ")]
    )
    hits = found(assistant, "How much will the quay in Wend cost?")
    assert "b.txt" in hits
    assert len({"a.txt", "c.txt"} & set(hits)) == 1


def test_overlapping_passages_of_one_article_stay(opened: Open) -> None:
    assistant = opened([Article("long.txt", f"{TEXT} {TEXT} {TEXT} {TEXT}")])
    assert len(found(assistant, "How much will the quay in Wend cost?")) > 1
