from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.answers import Hit
from assistant.composer import Draft, Part, compose, refusal_text
from assistant.evidence import NAMES
from assistant.reader import Candidate, Reading
from embeddings.records import Article, Passage
from embeddings.splitting import split_sentences

TEXT = (
    "The mayor spoke. He said that first, we must build faster. The bank agreed. "
    "Secondly, we need rest. Thirdly, we need bread. Nobody left. It cost 40 crowns."
)
SPANS = split_sentences(TEXT)


def candidate(number: int, score: float = 2.0, probability: float = 0.9) -> Candidate:
    start, end = SPANS[number]
    features = (0.0,) * len(NAMES)
    return Candidate(
        "a.txt", start, end, TEXT[start:end], number, score, probability, features, (0, 1)
    )


def part(question: str, *candidates: Candidate, confidence: float = 0.9) -> Part:
    return Part(question, Reading(candidates, confidence), (), 0.6)


def chosen(draft: Draft) -> list[str]:
    return [TEXT[one.start : one.end] for one in draft.sentences]


def draft(*parts: Part) -> Draft:
    return compose(parts, 0.5, {"a.txt": Article("a.txt", TEXT)})


def test_the_best_sentence_alone_answers() -> None:
    found = draft(part("How much did it cost?", candidate(6), candidate(2, -1.0, 0.1)))
    assert found.refusal is None
    assert chosen(found) == ["It cost 40 crowns."]


def test_a_sentence_as_good_joins_and_a_doubtful_one_does_not() -> None:
    found = draft(part("How much did it cost?", candidate(6), candidate(2, 1.9, 0.85)))
    assert chosen(found) == ["It cost 40 crowns.", "The bank agreed."]
    found = draft(part("How much did it cost?", candidate(6), candidate(2, 1.9, 0.05)))
    assert chosen(found) == ["It cost 40 crowns."]


@pytest.mark.parametrize("best", [1, 3, 4])
def test_an_enumeration_stays_whole_wherever_it_was_found(best: int) -> None:
    found = draft(part("What did the mayor demand?", candidate(best)))
    assert chosen(found) == [
        "He said that first, we must build faster.",
        "Secondly, we need rest.",
        "Thirdly, we need bread.",
    ]


def test_a_number_is_no_enumeration() -> None:
    assert len(draft(part("How many spoke?", candidate(3))).sentences) == 1


def test_each_part_is_answered_and_a_part_that_is_not_says_so() -> None:
    cost = part("How much did it cost?", candidate(6))
    who = part("Who left?", candidate(5), confidence=0.1)
    found = draft(cost, who)
    assert chosen(found) == ["It cost 40 crowns."]
    assert found.notes == ("The articles do not state an answer to: Who left?",)
    assert draft(cost, cost).sentences == draft(cost).sentences


def test_refusals_have_their_reason() -> None:
    doubtful = part("Who left?", candidate(5), confidence=0.1)
    assert draft(doubtful).refusal == "not_stated"
    assert draft(replace(doubtful, best_cosine=0.1)).refusal == "nothing_relevant"
    assert draft(doubtful).confidence == 0.1


def test_a_refusal_names_what_comes_closest() -> None:
    article = Article("a.txt", TEXT, title="The mayor", date="2022-05-01")
    hit = Hit(Passage("a.txt", 0, 4, "The "), 1.0, 1)
    assert "“The mayor” (2022-05-01)" in refusal_text("not_stated", [hit], lambda _: article)
    assert "undated" in refusal_text("not_stated", [hit], lambda _: replace(article, date=None))
    assert "None of the articles" in refusal_text("nothing_relevant", [hit], lambda _: article)
    assert "no articles" in refusal_text("no_articles", [], lambda _: None)
