from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.answers import Hit
from assistant.composing.composer import Draft
from assistant.composing.digest import (
    MOST_ARTICLES,
    SUMMARY_SENTENCES,
    WHICH_IS_MEANT,
    Request,
    compose_digest,
    lead,
    mention,
    request_of,
    summary,
)
from embeddings.encoder import Encoder
from embeddings.records import Article, Passage
from embeddings.splitting import split_sentences
from tests.fakes import HashingEncoder


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What is this article about?", ""),
        ("What does the article say?", ""),
        ("Summarise it.", ""),
        ("Can you summarise this?", ""),
        ("What are the key takeaways from the report?", ""),
        ("Summarize the article about the Nordvik tunnel", "Nordvik tunnel"),
        ("Give me a short summary of the report on the Sundvik ferry", "Sundvik ferry"),
        ("tl;dr of the piece on Kari Holm", "Kari Holm"),
        ("What is the news about Sundvik?", "Sundvik"),
        ("Main points of the Sundvik report, please", "Sundvik"),
        ("What is the article on the ferry about, in short?", "ferry"),
        ("what was in the news when the ferry came", "when ferry came"),
        ("What's the gist of the article on the Sundvik ferry?", "Sundvik ferry"),
        ("What does the report about the ferry say, in short?", "ferry"),
        ("Tell me what the article on the ferry says.", "ferry"),
        ("What's in the ferry article?", "ferry"),
        ("What were the main findings of the ferry report?", "ferry"),
        ("Recap the ferry story for me, please.", "ferry"),
        ("I'd like a quick run-down of the report on the mill", "mill"),
    ],
)
def test_a_summary_is_of_one_article(question: str, topic: str) -> None:
    assert request_of(question) == Request("summary", topic)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Summarise the agreement", "agreement"),
        ("Sum up why the ferry was late", "why ferry was late"),
        ("Give me an overview of what happened in Sundvik.", "what happened Sundvik"),
        (
            "How did the opening go for the Sundvik ferry, in a few sentences?",
            "opening Sundvik ferry",
        ),
        ("how do things stand in Sundvik? A short overview please.", "things Sundvik"),
        ("What happened in Sundvik, briefly?", "Sundvik"),
        ("Summarise the articles about the ferry", "ferry"),
        ("Give me a summary of all reports on the ferry", "ferry"),
        ("Catch me up on the ferry dispute", "ferry dispute"),
        ("Walk me through the ferry dispute.", "ferry dispute"),
        ("What's the story behind the ferry?", "ferry"),
        ("What was the row over the ferry all about?", "row over ferry"),
        ("How did the ferry dispute unfold?", "ferry dispute"),
        ("What do I need to know about the ferry?", "ferry"),
        ("In a nutshell, what happened to the ferry?", "to ferry"),
        ("What happened, in short, to the ferry?", "to ferry"),
        ("Could you briefly explain the ferry dispute?", "ferry dispute"),
        ("ferry dispute, in two sentences", "ferry dispute"),
        ("ferry dispute: quick overview please", "ferry dispute"),
        ("What's going on with the ferry dispute?", "ferry dispute"),
        ("Give me a timeline of the ferry dispute", "ferry dispute"),
        ("List the main points of the ferry dispute", "ferry dispute"),
    ],
)
def test_a_story_may_be_of_several_articles(question: str, topic: str) -> None:
    assert request_of(question) == Request("summary", topic, story=True)


@pytest.mark.parametrize(
    "question",
    [
        "Summarise what the mayor said",
        "How did the vote go?",
        "What happened on 3 May in Sundvik?",
        "Briefly, who is the mayor of Sundvik?",
        "In short, when was the ferry built?",
        "Which mayor briefly lived in Sundvik?",
        "What are the main points of disagreement between Holm and Lund?",
        "What is the account number of the ferry?",
        "Who wrote the summary?",
        "What does the report on the ferry recommend?",
        "How did the ferry dispute end?",
    ],
)
def test_one_sentence_answers_what_is_no_story(question: str) -> None:
    assert request_of(question) is None


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What's the latest article about?", ""),
        ("What is the newest article?", ""),
        ("Summarise the newest report on Elvestad.", "Elvestad"),
    ],
)
def test_the_newest_article_may_be_meant(question: str, topic: str) -> None:
    assert request_of(question) == Request("summary", topic, newest=True)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Which articles mention Kari Holm?", "Kari Holm"),
        ("Which of the reports talk about the tunnel?", "tunnel"),
        ("How many of the articles mention the ferry?", "ferry"),
        ("List all articles about fish farming", "fish farming"),
        ("Find articles on Sundvik", "Sundvik"),
        ("Which stories are from Elvestad?", "Elvestad"),
        ("Which stories take place in Sundvik?", "Sundvik"),
        ("In which article does Kari Holm swim?", "Kari Holm swim"),
        ("What news was there about the tunnel?", "tunnel"),
        ("What articles do you have about the ferry?", "ferry"),
        ("articles about the ferry", "ferry"),
        ("Is there anything about Kari Holm?", "Kari Holm"),
        ("Do you have any reports on fish farming?", "fish farming"),
        ("news on the tunnel, please", "tunnel"),
        ("Where is Kari Holm mentioned?", "Kari Holm"),
        ("Where do the articles mention the ferry?", "ferry"),
        ("Which documents might mention the ferry?", "ferry"),
        ("Which articles mention that the ferry must stay?", "ferry stay"),
        ("Which articles are related to the ferry?", "ferry"),
        ("Which reports were published in Sundvik about fish?", "published Sundvik fish"),
        ("Which articles mention the flood of 2021?", "flood"),
        ("Which articles mention the Treaty of 1963?", "Treaty 1963"),
        ("Which articles mention 2021?", "2021"),
        ("Which articles are there on fish?", "fish"),
    ],
)
def test_what_mentions_a_topic_is_asked_of_all_articles(question: str, topic: str) -> None:
    assert request_of(question) == Request("mentions", topic)


def test_what_mentions_a_topic_may_be_asked_of_a_time() -> None:
    request = request_of("Which articles mention the ferry in 2021?")
    assert request is not None
    assert (request.kind, request.topic) == ("mentions", "ferry")
    assert [(one.since, one.until) for one in request.periods] == [("2021-01-01", "2021-12-31")]


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Tell me about the Sundvik ferry.", "Sundvik ferry"),
        ("tell me more about Kari Holm", "Kari Holm"),
        ("Please tell me everything you know about the ferry", "ferry"),
        ("Give me everything on the ferry", "ferry"),
        ("What can you tell me about Kari Holm?", "Kari Holm"),
        ("What do you know about Sundvik?", "Sundvik"),
        ("What do the articles say about the ferry?", "ferry"),
        ("What is known about the ferry?", "ferry"),
    ],
)
def test_all_that_is_said_of_something_may_be_asked_for(question: str, topic: str) -> None:
    assert request_of(question) == Request("about", topic)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What's the latest on the ferry?", "ferry"),
        ("latest news about Sundvik", "Sundvik"),
        ("Any news on the ferry?", "ferry"),
        ("What's new with Kari Holm?", "Kari Holm"),
        ("Where do things stand with the ferry?", "ferry"),
    ],
)
def test_the_newest_that_is_said_may_be_asked_for(question: str, topic: str) -> None:
    assert request_of(question) == Request("about", topic, newest=True)


@pytest.mark.parametrize(
    "question",
    [
        "What are the articles about?",
        "What is each article about?",
        "What articles do you have?",
        "What topics are there?",
        "What can I ask?",
        "List all your documents",
        "Give me an overview of all the articles.",
        "Sum up everything",
        "What is in the news?",
        "What's the latest news?",
        "News",
        "Which articles?",
        "What was reported?",
        "What do the articles say?",
        "How many documents are there?",
        "What can you do?",
        "help",
        "What's in here?",
        "What is this all about?",
        "What topics do the articles cover?",
        "Which subjects are covered?",
        "What are the topics?",
        "What kind of articles do you have?",
        "What's new?",
        "Give me an example question",
        "List all titles",
    ],
)
def test_an_overview_is_of_all_articles(question: str) -> None:
    assert request_of(question) == Request("overview")


@pytest.mark.parametrize(
    "question",
    [
        "What does the article say about the ferry?",
        "What information is there about Sundvik?",
        "Tell me about how the ferry was built.",
        "Tell me about their plans.",
        "What do you know about who sold the mill?",
        "What's the latest figure for the ferry?",
        "What was written on the ferry?",
        "What is going on at the quay?",
        "Is there anything that Kari Holm fears?",
        "Where is the ferry?",
        "Summarise what the mayor said",
        "Who wrote the article about the quay?",
        "When was the article about the mill published?",
        "What's the date on the article about the quay?",
        "Which article's title is longest?",
        "Which report was published first?",
        "Which mayor opened the quay?",
        "What documents did Kari Holm sign?",
        "What reports did the harbour office publish?",
        "What documents are needed to board the ferry?",
        "Which documents must be included in the claim?",
        "What documents do we have to include in the claim?",
        "Which documents can I include in a claim about the ferry?",
        "Which documents will also be mentioned in the claim?",
        "Which documents are mentioned in the guide to the ferry?",
        "How many reports had been included in the study?",
        "List the documents included in the claim",
        "Which documents are in the envelope?",
        "How many stories does the tower in Sundvik have?",
        "How many pieces of the wreck were found?",
        "How many pages does the report contain?",
        "Which articles talk about it?",
    ],
)
def test_a_question_of_what_articles_say_is_no_digest(question: str) -> None:
    assert request_of(question) is None


def lead_of(text: str) -> str | None:
    spans = split_sentences(text)
    number = lead(text, spans)
    return None if number is None else text[slice(*spans[number])]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What happened in July?", "in July"),
        ("What happened in July across these articles?", "in July"),
        ("In July 2021, what took place?", "In July 2021"),
        ("Tell me everything from August 2021", "from August 2021"),
        ("Tell me everything from 2021", "from 2021"),
        ("Which events took place between March and July 2021?", "between March and July 2021"),
        ("anything dated in February 2020", "in February 2020"),
        ("News since July 2021", "since July 2021"),
    ],
)
def test_what_happened_at_a_time_is_asked_of_all_articles(question: str, words: str) -> None:
    request = request_of(question, newest="2024-01-01")
    assert request is not None
    assert (request.kind, request.topic) == ("time", words)
    assert [period.words for period in request.periods] == [words]


@pytest.mark.parametrize(
    "question",
    [
        "What was signed in July?",
        "What happened to the mayor in July?",
        "What happened at Sundvik in August 2021?",
        "When did it happen in 2020?",
        "What happened?",
        "Was anything going on in July?",
    ],
)
def test_a_question_that_names_more_than_a_time_is_no_digest(question: str) -> None:
    assert request_of(question, newest="2024-01-01") is None


def test_the_lead_says_who_and_when_and_is_no_title_or_slogan() -> None:
    text = (
        "A quay for tomorrow\n\nEverybody should come and see this at once. "
        "On 3 May the mayor of Sundvik, Kari Holm, opened the quay. It rained all day there."
    )
    assert lead_of(text) == "On 3 May the mayor of Sundvik, Kari Holm, opened the quay."


def test_a_chinese_sentence_leads_and_no_date_line() -> None:
    text = "date 2025-04-10\n\n三号线开通\n\n滨河市地铁三号线于4月8日正式开通运营。全长28.6公里。"
    assert lead_of(text) == "滨河市地铁三号线于4月8日正式开通运营。"


def test_a_late_sentence_is_no_lead() -> None:
    text = (
        "Nothing much was going on there. " * 8 + "On 3 May 2020 Kari Holm of Sundvik met Per Lund."
    )
    assert lead_of(text) == "Nothing much was going on there."


def test_without_a_whole_sentence_what_comes_first_leads() -> None:
    assert lead_of("Opening hours\n\nMonday") == "Opening hours"
    assert lead_of("") is None


FERRY = Article(
    "ferry.txt",
    "The ferry Svale sails from Sundvik. Kari Holm steers it. On board there is a small kitchen. "
    "The crew bakes bread in the kitchen every day.",
    title="Svale",
    date="2021-03-01",
)


def mentioned(topic: str) -> str | None:
    spans = split_sentences(FERRY.text)
    number = mention(topic, FERRY, spans)
    return None if number is None else FERRY.text[slice(*spans[number])]


@pytest.mark.parametrize(
    ("topic", "sentence"),
    [
        ("Kari Holm", "Kari Holm steers it."),
        ("Sundvik ferries", "The ferry Svale sails from Sundvik."),
        ("bread kitchen", "The crew bakes bread in the kitchen every day."),
        ("steering ferry", "The ferry Svale sails from Sundvik."),
        ("Kari Lund", None),
        ("Kari Sundvik", None),
        ("bread and wine", None),
        ("", None),
    ],
)
def test_a_mention_holds_the_names_or_half_of_the_words(topic: str, sentence: str | None) -> None:
    assert mentioned(topic) == sentence


LONG = Article(
    "quay.txt",
    "The quay\n\nOn 3 May Kari Holm opened the new quay in Sundvik. "
    "Boats from Elvestad bring fish to the quay in Sundvik. "
    "Boats from Elvestad bring much fish to the quay in Sundvik. "
    "Lamps along the quay in Sundvik burn at night. "
    "Kari Holm wants a kiosk on the quay in Sundvik. "
    "A stall sells waffles with brown cheese there. "
    "Gulls are not afraid of anybody there.",
)


FEW = 4


def summarised(topic: str = "", encoder: Encoder | None = None) -> list[str]:
    spans = split_sentences(LONG.text)
    numbers = summary(LONG, spans, encoder or HashingEncoder(), topic, FEW)
    assert list(numbers) == sorted(numbers)
    return [LONG.text[slice(*spans[n])] for n in numbers]


def test_a_summary_begins_with_the_lead_and_repeats_nothing() -> None:
    assert summarised() == [
        "On 3 May Kari Holm opened the new quay in Sundvik.",
        "Boats from Elvestad bring fish to the quay in Sundvik.",
        "Lamps along the quay in Sundvik burn at night.",
        "Kari Holm wants a kiosk on the quay in Sundvik.",
    ]


class WafflesApart:
    """All texts are alike but those of waffles, which the topic "cheese" is a little nearer to."""

    dimension = 3
    fingerprint = "waffles-apart"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [
            (0.1, 0.3, 0.9486833)
            if text == "cheese"
            else (0, 1, 0)
            if "waffles" in text
            else (1, 0, 0)
            for text in texts
        ]
        return np.array(rows, dtype=np.float32)


def test_a_summary_for_a_topic_holds_what_is_nearest_to_it() -> None:
    waffles = "A stall sells waffles with brown cheese there."
    assert waffles not in summarised(encoder=WafflesApart())
    found = summarised("cheese", WafflesApart())
    assert len(found) == FEW
    assert found[0] == "On 3 May Kari Holm opened the new quay in Sundvik."
    assert waffles in found


def test_for_a_topic_nearness_counts_as_much_as_being_central() -> None:
    found = summarised("gulls and waffles with brown cheese are not anybody")
    assert found[-2:] == [
        "A stall sells waffles with brown cheese there.",
        "Gulls are not afraid of anybody there.",
    ]


def test_what_is_told_of_somebody_and_counted_comes_before_what_is_not() -> None:
    text = "Nobody had thought of it at first there. " * 3 + (
        "On Monday 412 people came to hear Kari Holm speak. Nobody had thought of it at all there."
    )
    article = Article("a.txt", text)
    numbers = summary(article, split_sentences(text), AllAlike(), most=2)
    assert numbers == (0, 3)


class AllAlike:
    """An encoder to which all texts are the same."""

    dimension = 2
    fingerprint = "all-alike"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([(1, 0)] * len(texts), dtype=np.float32)


def test_a_summary_has_something_of_each_section() -> None:
    sections = "\n\n".join(
        f"## Part {name}\n\n"
        + " ".join(f"The {name} of the ferry was mended {n} times by Kari." for n in range(9))
        for name in ("bow", "keel", "mast")
    )
    article = Article("a.md", f"# The ferry\n\n{sections}")
    spans = split_sentences(article.text)
    told = [article.text[slice(*spans[n])] for n in summary(article, spans, HashingEncoder())]
    assert {name for name in ("bow", "keel", "mast") if any(name in one for one in told)} == {
        "bow",
        "keel",
        "mast",
    }


def test_a_single_sentence_is_the_one_that_counts_most_and_not_a_flourish() -> None:
    text = (
        "Nobody who was there will ever forget it. "
        "On Monday 412 people came to hear Kari Holm speak. All of them went home again then."
    )
    numbers = summary(Article("a.txt", text), split_sentences(text), AllAlike(), most=1)
    assert numbers == (1,)


def test_a_detailed_summary_is_longer_and_has_no_sentence_twice() -> None:
    spans = split_sentences(LONG.text)
    short = summary(LONG, spans, HashingEncoder(), most=FEW)
    longer = summary(LONG, spans, HashingEncoder(), most=len(short) + 1)
    assert set(short) < set(longer)
    assert len(set(longer)) == len(longer) == len(short) + 1


def test_a_short_article_is_its_own_summary() -> None:
    text = "Sundvik\n\nThe ferry Svale came to Sundvik today. It left again after one whole hour."
    article = Article("short.txt", text)
    assert summary(article, split_sentences(text), HashingEncoder()) == (1, 2)
    assert summary(Article("none.txt", ""), (), HashingEncoder()) == ()


def hit(article: Article) -> Hit:
    return Hit(Passage(article.id, 0, 3, article.text[:3]), 1.0, 1)


def spoken(topic: str, title: str | None, text: str) -> float:
    """How much a text speaks to a topic: the words that they share."""
    return len({*topic.lower().split()} & {*f"{title} {text}".lower().split()})


def composed(
    request: Request, articles: Sequence[Article], hits: Sequence[Article] | None = None
) -> Draft:
    """The digest of `articles`, newest first; `hits` are those that retrieval found, best first."""
    known = {article.id: article for article in articles}
    found = [hit(article) for article in (articles if hits is None else hits)]
    return compose_digest(
        request, list(known), found, known.get, split_sentences, HashingEncoder, spoken
    )


def told_of(draft: Draft) -> list[str]:
    return [one.article_id for one in draft.sentences]


MILL = Article(
    "mill.txt", "The mill in Elvestad was sold to Per Lund.", title="The mill", date="2019-06-01"
)
TUNNEL = Article("tunnel.txt", "The tunnel to Elvestad was opened by Kari Holm.", date="2018-01-01")
ALL = (FERRY, MILL, TUNNEL)


def test_the_newest_article_is_the_first() -> None:
    newest = composed(Request("summary", newest=True), ALL)
    assert set(told_of(newest)) == {"ferry.txt"}
    assert newest.notes == ()


def test_the_newest_article_about_a_topic_is_the_newest_of_those_that_hold_it() -> None:
    found = composed(Request("summary", "Elvestad", newest=True), ALL, hits=(TUNNEL, MILL, FERRY))
    assert set(told_of(found)) == {"mill.txt"}


def test_without_dates_none_is_the_newest() -> None:
    undated = [Article(f"{n}.txt", f"Kari Holm painted boat number {n} red.") for n in range(3)]
    found = composed(Request("summary", newest=True), undated)
    assert told_of(found) == ["0.txt", "1.txt", "2.txt"]
    assert found.notes == (WHICH_IS_MEANT,)


def test_the_only_article_is_the_one_that_is_meant() -> None:
    alone = composed(Request("summary"), [FERRY], hits=())
    assert set(told_of(alone)) == {"ferry.txt"}
    assert len(alone.sentences) > 1
    assert alone.notes == ()


def test_the_article_of_a_topic_is_the_best_hit() -> None:
    assert set(told_of(composed(Request("summary", "mill"), ALL, hits=(MILL, FERRY)))) == {
        "mill.txt"
    }


def test_a_story_is_told_from_each_article_that_is_near_to_it_in_the_order_of_dates() -> None:
    request = Request("summary", "Elvestad", story=True)

    def told(*scores: float) -> list[str]:
        hits = [
            Hit(Passage(one.id, 0, 3, one.text[:3]), score, rank)
            for rank, (one, score) in enumerate(zip((MILL, TUNNEL, FERRY), scores, strict=True), 1)
        ]
        known = {article.id: article for article in ALL}
        return told_of(
            compose_digest(
                request, list(known), hits, known.get, split_sentences, HashingEncoder, spoken
            )
        )

    assert told(1.0, 0.9, 0.2) == ["tunnel.txt", "mill.txt"]
    assert told(1.0, 0.5, 0.2) == ["mill.txt"]
    assert told_of(composed(Request("summary", "Elvestad"), ALL, hits=(MILL, TUNNEL))) == [
        "mill.txt"
    ]


def test_of_articles_that_are_about_as_near_the_beginning_says_which_is_meant() -> None:
    opening = Article("opening.txt", "The bridge opening was on Monday. It rained all day there.")
    strike = Article("strike.txt", "The builders left the bridge. The opening will be late now.")
    request = Request("summary", "bridge opening on monday")

    def told(*scores: float) -> Draft:
        both = (strike, opening)
        hits = [
            Hit(Passage(one.id, 0, 3, one.text[:3]), score, rank)
            for rank, (one, score) in enumerate(zip(both, scores, strict=True), 1)
        ]
        known = {one.id: one for one in both}
        return compose_digest(
            request, list(known), hits, known.get, split_sentences, HashingEncoder, spoken
        )

    close = told(1.0, 0.9)
    assert set(told_of(close)) == {"opening.txt"}
    assert {one.article_id: one.why for one in close.looked_at} == {
        "opening.txt": "of those about as near to the topic, its beginning speaks most to it",
        "strike.txt": "it is about as near to the topic, but its beginning speaks less to it",
    }
    assert close.chosen_by.startswith("of each article its first sentence")
    assert set(told_of(told(1.0, 0.5))) == {"strike.txt"}


def test_what_is_of_a_day_or_a_month_is_told_from_the_articles_of_then() -> None:
    january, february, march = (
        Article(
            f"{month}.txt",
            f"The council of Sundvik met and {did}. It meets on 15 January, 19 February, 18 March.",
            title=f"Minutes of the council, {month} 2021",
            date=date,
        )
        for month, did, date in (
            ("15 January", "sold the ferry Svale to Kari Holm", "2021-01-15"),
            ("19 February", "met Per Lund of Elvestad about fish", None),
            ("18 March", "mended the old quay of the town", "2021-03-19"),
        )
    )
    minutes = (january, february, march)

    def told(question: str) -> list[str]:
        request = request_of(question)
        assert request is not None
        draft = composed(request, minutes, hits=minutes)
        return list(dict.fromkeys(told_of(draft)))

    assert told("Summarise the minutes of 19 February 2021") == [february.id]
    assert told("Summarise the minutes of the council meeting on 18 March 2021") == [march.id]
    assert told("Summarise the report of the council of 18 March 2021") == [march.id]
    assert told("Summarise the January minutes of the council") == [january.id]
    assert told("Sum up how the council met on 18 March 2021") == [march.id]
    assert told("Summarise the minutes of February and March 2021") == [february.id, march.id]
    every = [february.id, january.id, march.id]
    assert told("Summarise the minutes of the council of 2021") == every
    assert told("Summarise the minutes of the Sundvik Council of May 2021") == every


def test_what_happened_then_may_be_told_later() -> None:
    then = Article(
        "then.txt", "On 9 January the quay of Sundvik had no lamps at all.", date="2021-01-09"
    )
    later = Article(
        "later.txt", "The quay could not open in January: it had no lamps.", date="2021-02-02"
    )
    request = request_of("Summarise why the quay could not open in January")
    assert request is not None
    assert told_of(composed(request, (then, later), hits=(then, later))) == [then.id, later.id]


def test_a_topic_with_a_name_is_of_articles_that_hold_it() -> None:
    assert composed(Request("summary", "Kari Lund ferry"), [FERRY]).refusal is None
    absent = "Atlantis Grand Hotel ferry to Sundvik"
    assert composed(Request("summary", absent), [FERRY]).refusal == "nothing_relevant"
    assert composed(Request("summary", "Atlantis ferry"), [FERRY]).refusal == "nothing_relevant"


def test_a_topic_of_no_article_is_refused() -> None:
    assert composed(Request("summary", "whales"), ALL).refusal == "nothing_relevant"
    assert composed(Request("summary", "whales"), ALL, hits=()).refusal == "nothing_relevant"
    assert composed(Request("mentions", "whales"), ALL).refusal == "not_stated"


def test_an_unclear_article_shows_how_each_begins_and_says_so() -> None:
    unclear = composed(Request("summary"), ALL, hits=())
    assert told_of(unclear) == ["ferry.txt", "mill.txt", "tunnel.txt"]
    assert unclear.notes == (WHICH_IS_MEANT,)
    nothing = composed(Request("summary"), (), hits=())
    assert (nothing.refusal, nothing.notes) == ("not_stated", ())
    overview = composed(Request("overview"), ALL, hits=())
    assert overview.sentences == unclear.sentences
    assert overview.notes == ()


def test_a_mention_is_shown_of_each_article_that_has_it() -> None:
    found = composed(Request("mentions", "Kari Holm"), ALL)
    assert told_of(found) == ["ferry.txt", "tunnel.txt"]
    assert FERRY.text[found.sentences[0].start : found.sentences[0].end] == "Kari Holm steers it."
    assert found.notes == ()


def test_a_mention_at_a_time_is_of_an_article_of_then_or_names_it() -> None:
    then = Article("then.txt", "The Sundvik ferry was late again today.", date="2021-05-01")
    later = Article(
        "later.txt",
        "The Sundvik ferry is blue now. In 2021 the Sundvik ferry ran aground.",
        date="2023-05-01",
    )
    other = Article("other.txt", "The Sundvik ferry was sold for scrap.", date="2022-05-01")
    request = request_of("Which articles mention the Sundvik ferry in 2021?")
    assert request is not None
    found = composed(request, [then, later, other], hits=[other, later, then])
    assert told_of(found) == ["later.txt", "then.txt"]
    assert later.text[found.sentences[0].start :] == "In 2021 the Sundvik ferry ran aground."
    assert "because the question says “in 2021”: 2 of 3." in found.notes[0]
    none = composed(request, [other], hits=[other])
    assert none.refusal == "not_stated"
    assert "0 of 1" in none.notes[0]


def test_what_stands_above_an_article_without_a_date_says_of_when_it_is() -> None:
    review = Article("a.txt", "Two ferries\n\nReview, autumn 2021\n\nThe Sundvik ferry is blue.")
    request = request_of("Which articles mention the Sundvik ferry in 2021?")
    assert request is not None
    assert composed(request, [review], hits=[review]).refusal is None
    other = replace(review, text=review.text.replace("2021", "2022"))
    assert composed(request, [other], hits=[other]).refusal == "not_stated"


def said_of(topic: str, articles: Sequence[Article], *, newest: bool = False) -> list[str]:
    known = {article.id: article for article in articles}
    draft = composed(Request("about", topic, newest=newest), articles, hits=articles)
    return [known[one.article_id].text[one.start : one.end] for one in draft.sentences]


def test_what_is_said_of_a_topic_is_told_oldest_first_with_what_goes_on_from_it() -> None:
    old = Article(
        "old.txt",
        "The quay is busy on most days. The Sundvik ferry was built by Per Lund."
        " It carries 40 cars at a time.",
        date="2018-01-01",
    )
    new = Article(
        "new.txt",
        "Kari Holm now steers the Sundvik ferry. The mill is not for sale. Nobody asked for that."
        " The Sundvik ferry was painted red. It has a new engine since the spring.",
        date="2021-01-01",
    )
    other = Article("other.txt", "The ferry to Elvestad was late again today.", date="2022-01-01")
    told = [
        "The Sundvik ferry was built by Per Lund.",
        "It carries 40 cars at a time.",
        "Kari Holm now steers the Sundvik ferry.",
        "The Sundvik ferry was painted red.",
        "It has a new engine since the spring.",
    ]
    assert said_of("Sundvik ferry", (new, other, old)) == told
    assert said_of("Sundvik ferry", (old, new, other), newest=True) == told[2:]
    assert said_of("ferry to Elvestad", (old, new, other), newest=True) == [other.text]
    older = replace(new, date="2017-01-01")
    assert said_of("Sundvik ferry", (older, old), newest=True) == [*told[2:], *told[:2]]
    assert said_of("Sundvik ferry", [replace(new, date=None)], newest=True) == told[2:]


def test_of_two_who_are_asked_about_each_is_told_of_where_no_sentence_has_both() -> None:
    article = Article(
        "a.txt",
        "Kari Holm steers the ferry to Sundvik. The quay is being mended at last. Rain fell."
        " The mill has been run by Per Lund for years.",
    )
    assert said_of("Kari Holm and Per Lund", [article]) == [
        "Kari Holm steers the ferry to Sundvik.",
        "The mill has been run by Per Lund for years.",
    ]


def test_somebody_is_spoken_of_by_the_name_that_the_article_goes_on_with() -> None:
    article = Article(
        "a.txt",
        "Kari Holm runs the ferry to Sundvik. The quay is being mended at last. “We sail at noon,”"
        " Holm said to those who waited. Nobody but Holm knows the channel so well. Per Lund was"
        " there with his brother.",
    )
    sentences = [article.text[slice(*span)] for span in split_sentences(article.text)]
    assert said_of("Kari Holm", [article]) == [sentences[0], sentences[2], sentences[3]]
    place = Article(
        "b.txt", "Nordvik Works builds boats by hand. Rain falls on Nordvik all through May."
    )
    assert said_of("Nordvik Works", [place]) == ["Nordvik Works builds boats by hand."]


def test_somebody_goes_on_by_the_last_name_and_speaks_as_he_or_she() -> None:
    article = Article(
        "a.txt",
        "Mayor Kari Holm defends that. “We sail at noon,” she said to those who waited. The quay"
        " is being mended. It was Holm who paid for it.",
    )
    sentences = [article.text[slice(*span)] for span in split_sentences(article.text)]
    assert said_of("Kari Holm", [article]) == [*sentences[:2], sentences[3]]
    shared = replace(article, text=f"{article.text} Nobody knows what Per Holm paid for it.")
    assert said_of("Kari Holm", [shared]) == sentences[:2]


def test_what_an_article_begins_with_goes_on_by_what_it_is() -> None:
    about = Article(
        "a.txt", "The mill ferry was opened today. The ferry cost 4 million crowns. Rain fell."
    )
    assert said_of("mill ferry", [about]) == [
        "The mill ferry was opened today.",
        "The ferry cost 4 million crowns.",
    ]
    before = "Nobody is at the quay now. " * 4
    late = replace(about, text=f"{before}{about.text} {'The mill ferry is red. ' * 2}")
    assert "The ferry cost 4 million crowns." not in said_of("mill ferry", [late])


def test_where_little_is_said_of_a_topic_half_of_its_words_will_do() -> None:
    article = Article(
        "a.txt",
        "The quay is busy on most days. The rowers of Sundvik met. A strike of rowers was called"
        " off. The strike took two days.",
    )
    assert said_of("rowers' strike", [article]) == [  # and what is near to it
        "A strike of rowers was called off.",
        "The strike took two days.",
    ]
    assert said_of("rowers' big strike", [article]) == []
    late = "Nobody is at the quay. " * 4 + "The rowers of Sundvik met. The strike took two days."
    scattered = Article("a.txt", late)
    assert said_of("rowers' strike", [scattered]) == []  # too little: the reader may know more


def test_what_stands_under_a_heading_says_something_of_it() -> None:
    text = (
        "# Rules of leave\n\nThey hold for all of us.\n\n## Parental leave\n\n| Who | Weeks |\n"
        "|---|---|\n| Birth mother | 20 |\n\n## Sick leave\n\nA note is needed. - See Kari.\n"
    )
    article = Article("a.md", text, title="Rules of leave")
    assert said_of("parental leave", [article]) == ["| Who | Weeks |", "| Birth mother | 20 |"]
    assert said_of("sick leave", [article])[0] == "A note is needed."
    assert said_of("rules of leave", [article]) != ["They hold for all of us."]


def test_the_article_whose_title_is_said_is_meant() -> None:
    notes = Article("a.md", "The old theme was removed again.", title="Loom 4.0 notes")
    later = Article("b.md", "Since Loom 4.0 much was mended.", title="Loom 4.1 notes")
    request = request_of("Summarise the Loom 4.0 notes")
    assert request is not None
    assert told_of(composed(request, [notes, later], hits=[later, notes])) == ["a.md"]
    both = composed(Request("summary", "Loom", story=True), [notes, later], hits=[later, notes])
    assert sorted(told_of(both)) == ["a.md", "b.md"]


def test_a_name_is_no_word_of_the_same_stem() -> None:
    article = Article(
        "a.txt", "The Chief of the harbour office is on leave. Nobody is at the quay."
    )
    assert (
        composed(Request("mentions", "Chiefs"), [article], hits=[article]).refusal == "not_stated"
    )
    assert said_of("Chiefs", [article]) == []
    assert composed(Request("mentions", "chiefs"), [article], hits=[article]).refusal is None


def test_of_a_topic_nothing_is_said_by_an_article_without_one_of_its_words() -> None:
    about = Article("a.txt", "The Sundvik ferry was built by Per Lund. It carries 40 cars a day.")
    assert said_of("price of the Sundvik ferry", [about]) == []
    assert composed(Request("about", "Atlantis"), [about], hits=[about]).refusal == "not_stated"


def test_of_a_topic_as_much_is_told_as_of_one_article_and_each_has_its_part() -> None:
    long = Article(
        "long.txt",
        " ".join(f"The Sundvik ferry made trip number {n} to the mill." for n in range(30)),
    )
    short = Article(
        "short.txt", "Nobody has ever painted the Sundvik ferry before.", date="2021-01-01"
    )
    told = composed(Request("about", "Sundvik ferry"), (long, short), hits=(long, short))
    assert len(told.sentences) == SUMMARY_SENTENCES
    assert set(told_of(told)) == {"long.txt", "short.txt"}


def test_a_mention_is_a_whole_sentence_if_there_is_one() -> None:
    article = Article("a.txt", "Kari Holm of Sundvik\n\nThe quay was opened by Kari Holm in May.")
    (one,) = composed(Request("mentions", "Kari Holm"), [article], hits=[article]).sentences
    assert article.text[one.start : one.end] == "The quay was opened by Kari Holm in May."


def test_one_more_article_is_one() -> None:
    many = [
        Article(f"{n}.txt", f"Kari Holm rowed to island {n}.") for n in range(MOST_ARTICLES + 1)
    ]
    found = composed(Request("overview"), many)
    assert found.notes == (f"{MOST_ARTICLES} articles are shown; 1 more is not.",)


@pytest.mark.parametrize("kind", ["mentions", "overview"])
def test_of_many_articles_some_are_shown_and_the_rest_counted(kind: str) -> None:
    many = [
        Article(f"{n:02}.txt", f"Kari Holm rowed to island number {n} with two friends.")
        for n in range(MOST_ARTICLES + 3)
    ]
    request = Request("mentions", "Kari Holm") if kind == "mentions" else Request("overview")
    found = composed(request, [*many, MILL] if kind == "mentions" else many)
    assert told_of(found) == [article.id for article in many[:MOST_ARTICLES]]
    assert found.notes == (f"{MOST_ARTICLES} articles are shown; 3 more are not.",)
    exact = composed(request, many[:MOST_ARTICLES])
    assert len(exact.sentences) == MOST_ARTICLES
    assert exact.notes == ()


MAY = Article(
    "may.txt",
    "The harbour froze over. On May 3 Kari Holm sold the last ferry to Sundvik. She left on May 4. "
    "On May 5 the quay was closed for good.",
)
JUNE = Article("june.txt", "Per Lund opened the new quay with a speech.", date="2019-06-02")


def of_a_time(question: str, articles: Sequence[Article], then: Sequence[Article] = ()) -> Draft:
    """The digest of `question`; `then` are the articles that were published at its time."""
    request = request_of(question, newest="2019-06-30")
    assert request is not None
    known = {article.id: article for article in articles}
    hits = [hit(article) for article in articles if article not in then]
    ids = [article.id for article in then]
    return compose_digest(request, ids, hits, known.get, split_sentences, HashingEncoder, spoken)


def test_of_a_time_what_names_a_day_of_it_is_told() -> None:
    told = of_a_time("What happened in May?", [FERRY, MAY, MILL])
    assert [MAY.text[one.start : one.end] for one in told.sentences] == [
        "On May 3 Kari Holm sold the last ferry to Sundvik.",
        "She left on May 4.",
        "On May 5 the quay was closed for good.",
    ]
    assert of_a_time("What happened in April?", [MAY]).refusal == "not_stated"


def test_an_article_of_then_that_names_no_day_is_told_by_its_lead() -> None:
    told = of_a_time("What happened in June?", [MAY, MILL, JUNE], then=[MILL, JUNE])
    assert [one.article_id for one in told.sentences] == ["mill.txt", "june.txt"]
    assert told_of(of_a_time("What happened in May or June?", [MAY, JUNE], then=[JUNE])) == [
        "may.txt",
        "may.txt",
        "may.txt",
        "june.txt",
    ]


def test_an_article_of_then_is_told_by_its_lead_besides_the_days_that_it_names() -> None:
    soon = Article(
        "a.txt",
        "Kari Holm has sold the last ferry to Sundvik. Why? The quay closes on 5 June.",
        date="2019-06-01",
    )
    told = of_a_time("What happened in June?", [soon], then=[soon])
    assert [soon.text[one.start : one.end] for one in told.sentences] == [
        "Kari Holm has sold the last ferry to Sundvik.",
        "The quay closes on 5 June.",
    ]


def test_of_a_time_what_goes_on_with_the_day_is_told_in_the_order_of_the_days() -> None:
    late = Article(
        "a.txt", "On May 20 it rained hard in Sundvik. In the morning Kari Holm came by boat."
    )
    early = Article("b.txt", "On 3 May the mill of Elvestad was sold for good.")
    told = of_a_time("What happened in May?", [late, early])
    assert told_of(told) == ["b.txt", "a.txt", "a.txt"]
    last = told.sentences[-1]
    assert late.text[last.start : last.end] == "In the morning Kari Holm came by boat."


def test_of_a_time_some_articles_are_shown_and_the_rest_counted() -> None:
    many = [
        Article(f"{n:02}.txt", f"On May {n + 1} Kari Holm rowed to island number {n} again.")
        for n in range(MOST_ARTICLES + 2)
    ]
    told = of_a_time("What happened in May?", many)
    assert len(told.sentences) == MOST_ARTICLES
    assert told.notes == (f"{MOST_ARTICLES} articles are shown; 2 more are not.",)


def test_of_a_time_what_was_published_then_comes_before_what_speaks_of_it() -> None:
    later = [
        Article(f"{n:02}.txt", f"On May {n + 1} Kari Holm rowed to island number {n} again.")
        for n in range(MOST_ARTICLES)
    ]
    then = Article("then.txt", "Per Lund has bought the mill of Elvestad.", date="2019-05-09")
    assert "then.txt" in told_of(of_a_time("What happened in May?", [*later, then], then=[then]))


@pytest.mark.parametrize("question", ["Summary of what happened in May 2019", "Recap May 2019"])
def test_a_summary_of_a_time_is_of_all_that_happened_then(question: str) -> None:
    request = request_of(question)
    assert request is not None
    assert request.kind == "time"


def test_of_a_time_no_more_articles_are_read_than_are_shown() -> None:
    many = {f"{n:02}.txt": Article(f"{n:02}.txt", MAY.text, date="2019-05-09") for n in range(50)}
    read = []

    def article(id: str) -> Article | None:
        read.append(id)
        return many.get(id)

    request = request_of("What happened in May 2019?")
    assert request is not None
    told = compose_digest(request, list(many), (), article, split_sentences, HashingEncoder, spoken)
    assert len(set(read)) == MOST_ARTICLES
    assert told.notes == (f"{MOST_ARTICLES} articles are shown; 42 more are not.",)


LISTED = (
    "---\ntitle: Notes on Svale\n---\n\n# Notes on Svale\n\n- A calendar for crews\n"
    "- Faster boarding of cars\n\n| Ticket | Fare |\n|---|---|\n| Adult | 12 euros |\n"
)


def test_of_a_list_and_a_table_the_lines_are_told() -> None:
    article = Article("a.md", LISTED, "Notes on Svale")
    spans = split_sentences(LISTED)
    numbers = summary(article, spans, HashingEncoder())
    assert [LISTED[slice(*spans[number])] for number in numbers] == [
        "- A calendar for crews",
        "- Faster boarding of cars",
        "| Ticket | Fare |",
        "| Adult | 12 euros |",
    ]
    first = lead(LISTED, spans, "Notes on Svale")
    assert first is not None
    assert LISTED[slice(*spans[first])] == "| Adult | 12 euros |"


def test_where_only_a_title_stands_nothing_is_told() -> None:
    text = "# Notes on Svale\n\n---\n"
    assert lead(text, split_sentences(text), "Notes on Svale") is None
    assert summary(Article("a.md", text, "Notes on Svale"), split_sentences(text), AllAlike()) == ()
