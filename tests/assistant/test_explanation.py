"""Why an answer is what it is, told over real articles."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Assistant, Filter
from assistant.answers import Answer
from assistant.composing.composer import Part
from assistant.reading.reader import Calibration, Reading, sentences_of
from assistant.retrieval.retriever import DENSE_SHARE, Retrieved
from assistant.showing.explanation import Explanation, Trace, explain
from assistant.showing.reasons import Asked
from embeddings.lexical import Term, stems
from embeddings.records import Article

ARTICLES = {
    "bridge.txt": "The Harbour Bridge\n\nDate: 2022-05-01\n\nThe Harbour Bridge was opened by Kari "
    "Holm. It cost 40 million crowns. It carries trains.",
    "mill.txt": "The old mill\n\nThe mill in Bergen was built in 1870. It made paper.",
    "fund.txt": "The National Wind Fund (NWF) paid 12 million crowns for the masts of Bergen.",
}
CHANGES = (
    "# Taskline\n\n## Windows\n\nThe view was mended.\n\n"
    "## Linux\n\nThe importer was slow.\nIt was mended, too.\n"
)
COST = "How much did the Harbour Bridge cost?"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, exported: Path) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("articles")
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, "utf-8")
    with Assistant.open(folder, data_dir=exported) as assistant:
        yield assistant


def told(
    opened: Assistant,
    question: str,
    history: tuple[Mapping[str, str], ...] = (),
    filters: Filter | None = None,
) -> Explanation:
    explanation = opened.ask(question, history, filters=filters, explain=True).explanation
    assert explanation is not None
    return explanation


def against(explanation: Explanation) -> str:
    return "; ".join(explanation.parts[0].sentences[0].evidence_against)


def test_what_stands_under_a_heading_mentions_its_words_and_none_of_the_next_section() -> None:
    words = "importer", "Linux", "mended"
    terms = tuple(Term(word, stems(word)[0]) for word in words)
    part = Part("Which importer of Linux was mended?", Reading((), 0.8), (), 0.5)
    retrieved = Retrieved(part.question, terms, (), (), (), -1.0)
    article = Article("changes.md", CHANGES)
    texts = [CHANGES[slice(*span)] for span in sentences_of(CHANGES)]

    def found(sentence: str) -> list[str]:
        return Asked.of(part, retrieved, article, texts.index(sentence)).found()

    assert found("It was mended, too.") == list(words)
    assert found("The view was mended.") == ["mended"]


def test_a_digest_is_told_to_be_one_and_counts_no_parts(opened: Assistant) -> None:
    digest = told(opened, "What are the articles about?")
    assert digest.parts == ()
    assert digest.decision == "Answered: it asks about the articles themselves."


def test_a_digest_says_what_it_looked_at_and_how_its_sentences_were_chosen(
    opened: Assistant,
) -> None:
    mentions = told(opened, "Which articles mention Bergen?")
    assert mentions.digest is not None
    why = {one.article_id: one.why for one in mentions.digest.articles}
    assert {"mill.txt", "fund.txt"} <= set(why)
    assert why["mill.txt"] == "a sentence of it holds the names of the topic, or half of its words"
    lines = [line for _, line in mentions.outline()]
    assert f"Articles that were looked at ({len(why)})" in lines
    assert "Sentences: of each article the sentence that speaks most of the topic" in lines
    summary = told(opened, "Summarise the article about the old mill.")
    assert summary.digest is not None
    assert "mill.txt" in {one.article_id for one in summary.digest.articles}
    assert json.loads(json.dumps(summary.to_dict()))["digest"]["chosen_by"]
    assert told(opened, COST).digest is None
    assert told(opened, "Summarise the article about whales.").decision.startswith("Refused")


def test_what_a_model_wrote_in_vain_is_counted_by_why(opened: Assistant) -> None:
    trace = Trace()
    trace.left_out["it cites nothing"] += 2
    trace.left_out["it is no plain sentence"] += 1
    answer = opened.ask(COST)
    explained = explain(answer, (), trace, {}, Calibration.load())
    lines = [line for _, line in explained.outline()]
    assert "Left out: 2 sentences of the language model, because it cites nothing" in lines
    assert "Left out: 1 sentence of the language model, because it is no plain sentence" in lines
    assert explained.to_dict()["left_out"] == {"it cites nothing": 2, "it is no plain sentence": 1}


def test_it_is_there_only_when_asked_for_and_changes_nothing(opened: Assistant) -> None:
    plain, explained = opened.ask(COST), opened.ask(COST, explain=True)
    assert plain.explanation is None
    assert "explanation" not in plain.to_dict()
    assert explained.explanation is not None
    assert replace(explained, explanation=None) == plain


def test_two_are_equal_but_for_the_time_they_took(opened: Assistant) -> None:
    first, second = told(opened, COST), told(opened, COST)
    assert first == second
    one, other = first.to_dict(), second.to_dict()
    assert set(one.pop("timings_ms")) >= {"resolve", "filter", "retrieve", "read", "prove"}
    other.pop("timings_ms")
    assert json.dumps(one) == json.dumps(other)
    assert replace(first, timings_ms={}) == first


def test_a_given_answer_says_which_sentence_and_why(opened: Assistant) -> None:
    answer = opened.ask(COST, explain=True)
    explanation = answer.explanation
    assert explanation is not None
    best = explanation.parts[0].sentences[0]
    assert best.cited
    assert (best.article_id, best.start, best.end) == (
        answer.citations[0].article_id,
        answer.citations[0].start,
        answer.citations[0].end,
    )
    assert best.text == "It cost 40 million crowns."
    assert "the reader takes it for an answer: “40 million crowns”" in best.evidence_for
    assert "it states a sum of money, as is asked for" in best.evidence_for
    assert any("mentions: Harbour, Bridge, cost" in said for said in best.evidence_for)
    assert explanation.confidence == answer.confidence >= explanation.least_confidence
    assert explanation.decision.startswith(
        f"Answered: the best sentence reaches a confidence of {answer.confidence:.3f}, and "
        f"{Calibration.load().least_confidence:.3f} is needed: "
    )


def test_each_passage_says_how_it_fared_in_each_stage(opened: Assistant) -> None:
    passages = told(opened, COST).parts[0].passages
    assert [passage.rank for passage in passages] == list(range(1, len(passages) + 1))
    by_words = sorted(
        (p for p in passages if p.bm25 is not None), key=lambda p: p.lexical_rank or 0
    )
    assert [p.bm25 for p in by_words] == sorted((p.bm25 for p in by_words if p.bm25), reverse=True)
    assert by_words[0].lexical_rank == 1
    by_meaning = sorted((p for p in passages if p.dense_rank), key=lambda p: p.dense_rank or 0)
    cosines = [p.cosine for p in by_meaning if p.cosine is not None]
    assert cosines == sorted(cosines, reverse=True)
    most = by_words[0].bm25
    for passage in passages:
        assert passage.cosine is not None
        assert most is not None
        words = (passage.bm25 or 0.0) / most
        fused = DENSE_SHARE * max(passage.cosine, 0.0) + (1 - DENSE_SHARE) * words
        assert passage.fused == pytest.approx(fused, abs=1e-5)
        assert passage.score == passage.fused


def test_a_refusal_says_what_is_missing(opened: Assistant) -> None:
    explanation = told(opened, "How much did the Harbour Bridge of Oslo cost in 1987?")
    assert explanation.confidence < explanation.least_confidence
    assert explanation.decision.startswith("Refused, because ")
    assert "below" in explanation.decision
    assert "for a plain contradiction: it lacks a number of the question: 1987" in (
        explanation.decision
    )
    assert "neither it nor its article mentions: Oslo" in against(explanation)
    assert not any(sentence.cited for sentence in explanation.parts[0].sentences)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who built the mill in Bergen?", "it states no person, though one is asked for"),
        ("How much did the Harbour Bridge and its towers cost?", "not near it: towers"),
        ("What is the melting point of tungsten?", "the reader does not take it for an answer"),
        ("What is the melting point of tungsten?", "it is far from the question in meaning"),
    ],
)
def test_what_speaks_against_a_sentence_is_said_in_words(
    opened: Assistant, question: str, said: str
) -> None:
    sentences = told(opened, question).parts[0].sentences
    assert any(said in against for s in sentences for against in s.evidence_against)


def test_nothing_relevant_and_no_articles_are_told_apart(
    opened: Assistant, tmp_path: Path, data_dir: Path
) -> None:
    assert told(opened, "What is the melting point of tungsten?").decision.startswith(
        "Refused, because no passage is near the question in meaning"
    )
    (tmp_path / "empty").mkdir()
    with Assistant.open(tmp_path / "empty", data_dir=data_dir) as empty:
        explanation = told(empty, COST)
    assert explanation.decision == "Refused, because there are no articles to answer from."
    assert explanation.parts == ()


def test_every_part_of_a_question_is_told(opened: Assistant) -> None:
    explanation = told(opened, "Who opened the Harbour Bridge and when was the mill built?")
    first, second = explanation.parts
    assert "opened" in first.question
    assert "mill" in second.question
    assert first.passages
    assert second.passages
    assert explanation.decision == "Answered: 2 of 2 parts have an answer."
    lines = [line for _, line in explanation.outline()]
    assert f"Part: {second.question}" in lines


def test_a_part_of_which_only_another_article_would_tell_is_told_to_be_unstated(
    opened: Assistant,
) -> None:
    asked = "Who opened the Harbour Bridge, and when was the mill in Tromsø built?"
    answer = opened.ask(asked, explain=True)
    assert [citation.article_id for citation in answer.citations] == ["bridge.txt"]
    assert answer.notes == (
        "The articles do not state an answer to: When was the mill in Tromsø built?",
    )
    assert answer.explanation is not None
    first, second = answer.explanation.parts
    assert second.confidence >= answer.explanation.least_confidence
    assert second.why.endswith("but its article mentions no name of this part")
    assert not any(sentence.cited for sentence in second.sentences)
    assert answer.explanation.decision == "Answered: 1 of 2 parts have an answer."
    assert answer.confidence == first.confidence


def test_filters_times_and_other_names_are_told(opened: Assistant) -> None:
    filtered = told(opened, COST, filters=Filter(articles=("bridge.txt",)))
    assert filtered.filters == ("Asked only the article bridge.txt: 1 of 3.",)
    assert {p.article_id for p in filtered.parts[0].passages} == {"bridge.txt"}

    timed = told(opened, "What did the Harbour Bridge cost in 2022?")
    (period,) = timed.parts[0].periods
    assert (period.words, period.since, period.until) == ("in 2022", "2022-01-01", "2022-12-31")

    named = told(opened, "How much did NWF pay for the masts?")
    assert [(alias.written, alias.other) for alias in named.parts[0].aliases] == [
        ("NWF", "National Wind Fund")
    ]
    for explanation, line in (
        (filtered, "Asked only the article bridge.txt: 1 of 3."),
        (timed, "Time that was preferred: in 2022 (2022-01-01 to 2022-12-31)"),
        (named, "Also searched for: National Wind Fund, for NWF"),
    ):
        assert line in [said for _, said in explanation.outline()]


def test_a_passage_that_was_preferred_for_its_time_says_so(opened: Assistant) -> None:
    explanation = told(opened, "Which masts of Bergen were paid in 2022?")
    raised = [p for p in explanation.parts[0].passages if p.score != p.fused]
    assert {p.article_id for p in raised} == {"bridge.txt"}
    assert any("then preferred for its time" in line for _, line in explanation.outline())


def test_a_follow_up_is_told_as_it_was_understood(opened: Assistant) -> None:
    history = (
        {"role": "user", "content": COST},
        {"role": "assistant", "content": "It cost 40 million crowns.[1]"},
    )
    explanation = told(opened, "Who opened it?", history)
    assert explanation.question == "Who opened it?"
    assert "Harbour Bridge" in explanation.standalone_question
    said = f"Understood as: {explanation.standalone_question}"
    assert said in [line for _, line in explanation.outline()]


def test_an_articles_own_date_is_told_as_that(opened: Assistant) -> None:
    explanation = told(opened, "When was the article about the Harbour Bridge published?")
    assert explanation.parts[0].sentences[0].evidence_for == (
        "it is where the article states its own date",
    )


def test_a_part_without_candidates_is_told_too(opened: Assistant) -> None:
    answer = opened.ask(COST)
    part = Part(COST, Reading((), 0.8), answer.hits, 0.5)
    explanation = explain(answer, [part], Trace(), {}, Calibration.load())
    assert explanation.decision == "Answered: no sentence was weighed by itself."
    assert [p.cosine for p in explanation.parts[0].passages] == [None] * len(answer.hits)
    assert list(explanation.outline())


def test_who_wrote_it_is_told() -> None:
    answer = Answer("q", "q", "Text.[1]", None, 0.9, composer="llm")
    explanation = explain(answer, [], Trace(), {}, Calibration.load())
    assert explanation.decision.startswith("Answered in a language model's words: ")


def test_the_stages_are_timed() -> None:
    trace = Trace()
    for _ in range(2):
        with trace.stage("read"):
            time.sleep(0.002)
    with pytest.raises(ZeroDivisionError), trace.stage("retrieve"):
        _ = 1 / 0
    assert 4 <= trace.milliseconds["read"] < 1000
    assert "retrieve" in trace.milliseconds


def test_it_costs_little_enough_to_be_always_on(
    opened: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = []

    def timed(*given: object) -> Explanation:
        began = time.perf_counter()
        explanation = explain(*given)  # type: ignore[arg-type]
        assert list(explanation.outline())
        spent.append(time.perf_counter() - began)
        return explanation

    monkeypatch.setattr("assistant.service.explain", timed)
    for _ in range(10):
        told(opened, COST)
    assert min(spent) < 0.005


def test_a_sentence_is_cited_that_is_shown_with_its_whole_item(
    tmp_path: Path, exported: Path
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "valve.md").write_text(
        "# Changing the valve\n\nTo change the valve, do this:\n\n1. Close the main tap. Never "
        "work on an open tap.\n2. Loosen the nut.\n3. Take the valve out. Keep the seal.\n",
        "utf-8",
    )
    with Assistant.open(folder, data_dir=exported) as assistant:
        answer = assistant.ask("What are the steps to change the valve?", explain=True)
    assert answer.explanation is not None
    quotes = [citation.quote for citation in answer.citations]
    assert "1. Close the main tap. Never work on an open tap." in quotes
    cited = [one.text for one in answer.explanation.parts[0].sentences if one.cited]
    assert cited
    assert all(any(text in quote for quote in quotes) for text in cited)
    assert "other sentences than the best are cited" not in answer.explanation.decision
