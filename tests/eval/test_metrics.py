"""Each metric against numbers worked by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.answers import Answer, Citation
from embeddings.records import Article
from eval import metrics
from eval.questions import Question

Lookup = Callable[[str], Article]
BUILT, SIGNED = "Sui built 300,600 vehicles.", "Chen signed in Beijing."


def test_coverage_is_the_share_of_facts_and_correctness_needs_all(
    question: Callable[..., Question], answer: Callable[..., Answer]
) -> None:
    asked = question(["300,600", "300 thousand"], ["Beijing"], ["Sui"])
    two = answer("Sui built 300600 of them. [1]")
    assert metrics.fact_coverage(asked, two) == pytest.approx(2 / 3)
    assert metrics.correctness(asked, two) == 0
    assert metrics.missing_facts(asked, two) == ("Beijing",)
    assert metrics.correctness(asked, answer("Sui, in Beijing: 300 thousand. [1]")) == 1


def test_a_refusal_states_nothing(
    question: Callable[..., Question], answer: Callable[..., Answer]
) -> None:
    refusal = answer("Nothing is stated on 300,600.", refusal="not_stated")
    assert metrics.correctness(question(["300,600"]), refusal) == 0
    assert metrics.words(refusal) is None
    assert metrics.refused(refusal) == 1
    assert metrics.refused(answer("Yes. [1]")) == 0


def test_a_marker_is_no_fact(
    question: Callable[..., Question], answer: Callable[..., Answer]
) -> None:
    assert metrics.correctness(question(["10"]), answer("Some projects. [10]")) == 0


def test_an_unanswerable_question_has_no_correctness(
    question: Callable[..., Question], answer: Callable[..., Answer]
) -> None:
    asked = question(kind="unanswerable")
    assert metrics.correctness(asked, answer("Yes. [1]")) is None
    assert metrics.fact_coverage(asked, answer("Yes. [1]")) is None


def test_sound_citations_have_no_faults(
    answer: Callable[..., Answer], cite: Callable[..., Citation], lookup: Lookup
) -> None:
    sound = answer(f"{BUILT} [1] {SIGNED} [2]", cite(1, BUILT), cite(2, SIGNED))
    assert metrics.citation_faults(sound, lookup) == ()
    assert metrics.citation_validity(sound, lookup) == 1


@pytest.mark.parametrize(
    ("text", "changes", "fault"),
    [
        (f"{BUILT} [1]", {"start": 1, "end": 28}, "quotes other words"),
        (f"{BUILT} [1]", {"end": 9999}, "cites characters"),
        (f"{BUILT} [1]", {"start": -1, "end": 27}, "cites characters"),
        (f"{BUILT} [1]", {"sha256": "0" * 64}, "SHA-256"),
        (f"{BUILT} [1]", {"article_id": "b.txt"}, "not among the articles"),
        (f"{BUILT} [2]", {}, "marker [2] has no citation"),
        (f"{BUILT} [1] And more.", {}, "no marker after"),
        (f"{BUILT}", {}, "no marker after"),
        ("Ships came. Sui built 300,600 vehicles. [1]", {}, "a sentence inside"),
        (f"{BUILT} [1] [1]. [1]", {}, "follows no words"),
        ("", {}, "no text"),
    ],
)
def test_each_fault_is_found(
    text: str,
    changes: dict[str, object],
    fault: str,
    answer: Callable[..., Answer],
    cite: Callable[..., Citation],
    lookup: Lookup,
) -> None:
    faulty = answer(text, cite(1, BUILT, **changes))
    assert any(fault in found for found in metrics.citation_faults(faulty, lookup))
    assert metrics.citation_validity(faulty, lookup) == 0


def test_two_citations_of_one_number_are_a_fault(
    answer: Callable[..., Answer], cite: Callable[..., Citation], lookup: Lookup
) -> None:
    faulty = answer(f"{BUILT} [1]", cite(1, BUILT), cite(1, SIGNED))
    assert metrics.citation_faults(faulty, lookup) == ("[1] names two citations",)


def test_a_quote_of_two_sentences_is_one_cited_stretch(
    answer: Callable[..., Answer], cite: Callable[..., Citation], lookup: Lookup
) -> None:
    whole = f"{BUILT} {SIGNED}"
    assert metrics.citation_faults(answer(f"{whole} [1]", cite(1, whole)), lookup) == ()


def test_the_full_stop_of_a_title_ends_no_sentence(
    answer: Callable[..., Answer], cite: Callable[..., Citation], lookup: Lookup
) -> None:
    said = answer("It was Mr. Sui who built 300,600 vehicles. [1]", cite(1, BUILT))
    assert metrics.citation_faults(said, lookup) == ()


def test_support_looks_at_the_citation_of_the_facts_own_sentence(
    question: Callable[..., Question],
    answer: Callable[..., Answer],
    cite: Callable[..., Citation],
) -> None:
    asked = question(["300,600"], ["Beijing"], ["absent"])
    text, citations = f"{BUILT} [1] {SIGNED} [2]", (cite(1, BUILT), cite(2, SIGNED))
    assert metrics.citation_support(asked, answer(text, *citations)) == 1
    swapped = answer(f"{BUILT} [2] {SIGNED} [1]", *citations)
    assert metrics.citation_support(asked, swapped) == 0
    half = answer(f"{BUILT} [1] {SIGNED} [1]", *citations)
    assert metrics.citation_support(asked, half) == 0.5


def test_support_needs_every_sentence_that_states_the_fact(
    question: Callable[..., Question],
    answer: Callable[..., Answer],
    cite: Callable[..., Citation],
) -> None:
    twice = answer(f"{BUILT} [1] So 300,600. [2]", cite(1, BUILT), cite(2, SIGNED))
    assert metrics.citation_support(question(["300,600"]), twice) == 0


def test_support_without_facts_cannot_be_judged(
    question: Callable[..., Question], answer: Callable[..., Answer]
) -> None:
    assert metrics.citation_support(question(["absent"]), answer("Something. [1]")) is None
    assert metrics.citation_support(question(), answer("Something. [1]")) is None


def test_words_are_counted_without_markers(answer: Callable[..., Answer]) -> None:
    assert metrics.words(answer(f"{BUILT} [1] {SIGNED} [2]")) == 8


def test_words_are_compared_as_the_official_squad_script_does() -> None:
    assert metrics.squad_words("The U.S.  Army, an army; a theory") == (
        "us", "army", "army", "theory",
    )  # fmt: skip
    assert metrics.exact_match("the Adriatic.", ["Baltic", "Adriatic"]) == 1
    assert metrics.exact_match("Adriatic Sea", ["Adriatic"]) == 0


def test_token_f1_counts_a_word_as_often_as_both_have_it() -> None:
    # 2 words shared of 3 and 4: precision 2/3, recall 1/2
    assert metrics.token_f1("New New York", ["new york city hall"]) == pytest.approx(4 / 7)
    assert metrics.token_f1("in York", ["Leeds", "York"]) == pytest.approx(2 / 3)
    assert metrics.token_f1("Leeds", ["York"]) == 0


def test_no_gold_answer_is_matched_by_no_answer_only() -> None:
    for measure in (metrics.exact_match, metrics.token_f1):
        assert measure("", []) == measure("the", ["", "."]) == 1
        assert measure("York", []) == measure("", ["York"]) == 0


def test_containment_is_of_whole_words_in_a_row() -> None:
    assert metrics.contains_answer("They left for the New-York coast.", ["coast", "Leeds"]) == 1
    assert metrics.contains_answer("I know.", ["no"]) == 0
    assert metrics.contains_answer("York is new.", ["New York"]) == 0
    assert metrics.contains_answer("Anything.", ["", "the"]) == 0


def test_conciseness_is_the_allowance_of_what_is_stated_by_the_length(
    question: Callable[..., Question], answer: Callable[..., Answer]
) -> None:
    two = question(["300,600"], ["Beijing"])
    assert metrics.conciseness(two, answer(f"{BUILT} [1] {SIGNED} [2]")) == 1
    long = answer("300,600 " + "x" * 393 + " [1]")  # 400 characters for one fact
    assert metrics.conciseness(two, long) == pytest.approx(100 / 400)
    assert metrics.conciseness(two, answer("It was hot. [1]")) == 0
    assert metrics.conciseness(two, answer("Nothing.", refusal="not_stated")) is None
    assert metrics.conciseness(question(), answer(f"{BUILT} [1]")) is None


def test_the_short_answer_is_compared_with_the_one_fact(
    question: Callable[..., Question],
    answer: Callable[..., Answer],
    cite: Callable[..., Citation],
    article: Article,
) -> None:
    start = article.text.index("300,600")
    marked = cite(1, BUILT, answer_start=start, answer_end=start + len("300,600 vehicles"))
    said = answer(f"{BUILT} [1]", marked)
    assert metrics.short_answer(said) == "300,600 vehicles"
    one = question(["300,600", "300,600 vehicles"])
    assert metrics.short_answer_exact(one, said) == metrics.short_answer_f1(one, said) == 1
    number = question(["300,600"])
    assert metrics.short_answer_exact(number, said) == 0
    assert metrics.short_answer_f1(number, said) == pytest.approx(2 / 3)
    refusal = answer("Nothing.", refusal="not_stated")
    assert metrics.short_answer_exact(number, refusal) == 0
    assert metrics.short_answer_f1(number, refusal) == 0


def test_a_short_answer_is_judged_where_there_is_one_and_one_fact(
    question: Callable[..., Question],
    answer: Callable[..., Answer],
    cite: Callable[..., Citation],
) -> None:
    unmarked = answer(f"{BUILT} [1]", cite(1, BUILT))
    assert metrics.short_answer(unmarked) is None
    assert metrics.short_answer_exact(question(["300,600"]), unmarked) is None
    assert metrics.short_answer_f1(question(["300,600"], ["Sui"]), unmarked) is None
    assert metrics.short_answer_f1(question(), unmarked) is None


def test_selective_accuracy_is_of_what_was_answered(
    question: Callable[..., Question], answer: Callable[..., Answer]
) -> None:
    assert metrics.selective_accuracy(question(["300,600"]), answer(f"{BUILT} [1]")) == 1
    assert metrics.selective_accuracy(question(["Beijing"]), answer(f"{BUILT} [1]")) == 0
    assert metrics.selective_accuracy(question(), answer(f"{BUILT} [1]")) == 0
    refusal = answer("Nothing.", refusal="not_stated")
    assert metrics.selective_accuracy(question(), refusal) is None
