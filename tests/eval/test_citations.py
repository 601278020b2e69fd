"""Citation recall and precision, worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from assistant.answers import Answer, Citation
from eval.citations import citation_precision, citation_recall, supported

BUILT, SIGNED = "Sui built 300,600 vehicles.", "Chen signed in Beijing."


def test_what_stands_word_for_word_is_supported(cite: Callable[..., Citation]) -> None:
    whole = cite(1, f"{BUILT} {SIGNED}")
    assert supported("Sui  built 300,600 vehicles.", [whole])
    assert not supported("Sui built 300,700 vehicles.", [whole])
    assert not supported(BUILT, [cite(1, SIGNED)])


def test_what_is_worded_anew_is_held_to_the_rules(cite: Callable[..., Citation]) -> None:
    assert supported("Sui built 300600 vehicles.", [cite(1, BUILT)])
    assert not supported("Sui did not build 300,600 vehicles.", [cite(1, BUILT)])


def test_recall_is_the_share_of_sentences_that_stand(
    answer: Callable[..., Answer], cite: Callable[..., Citation]
) -> None:
    both = (cite(1, BUILT), cite(2, SIGNED))
    assert citation_recall(answer(f"{BUILT} [1] {SIGNED} [2]", *both)) == 1
    assert citation_recall(answer(f"{BUILT} [1] {SIGNED} [1]", *both)) == 0.5
    assert citation_recall(answer(f"{BUILT} [1] {SIGNED}", *both)) == 0.5
    assert citation_recall(answer(f"{BUILT} [3]", *both)) == 0


def test_precision_counts_the_markers_that_are_needed(
    answer: Callable[..., Answer], cite: Callable[..., Citation]
) -> None:
    both = (cite(1, BUILT), cite(2, SIGNED))
    assert citation_precision(answer(f"{BUILT} [1] {SIGNED} [2]", *both)) == 1
    # The second does not state it, and the first does so without it.
    assert citation_precision(answer(f"{BUILT} [1][2]", *both)) == 0.5
    # No marker of a sentence that nothing supports is needed.
    assert citation_precision(answer("Sui built 9 ships. [1][2]", *both)) == 0
    # Each alone states it: neither is beside the point.
    again = replace(both[0], number=3)
    assert citation_precision(answer(f"{BUILT} [1][3]", both[0], again)) == 1


def test_two_that_only_together_state_it_are_both_needed(
    answer: Callable[..., Answer], cite: Callable[..., Citation]
) -> None:
    said = answer("Sui built 300,600 vehicles; Chen signed in Beijing. [1][2]",
                  cite(1, BUILT), cite(2, SIGNED))  # fmt: skip
    assert citation_recall(said) == 1
    assert citation_precision(said) == 1


def test_a_refusal_and_an_answer_without_a_marker_cannot_be_judged(
    answer: Callable[..., Answer],
) -> None:
    refusal = answer("The articles do not say.", refusal="not_stated")
    assert citation_recall(refusal) is citation_precision(refusal) is None
    assert citation_precision(answer(BUILT)) is None
    assert citation_recall(answer(BUILT)) == pytest.approx(0)
