"""Facts are found as a reader would find them; sentences end where their markers do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.text import cited_sentences, normalise, states, strip_markers, word_count


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It made 300,600 cars.", "300600"),
        ("It made 300600 cars.", "300,600"),
        ("It made 300\u202f600 cars.", "300,600"),
        ("worth 2.565 billion yuan", "2.565 Billion"),
        ("in  Fu’an\ncounty", "fu'an county"),
        ("reached 37 ℃.", "37 °C"),
        ("a “one-game chess” plan", '"one-game chess"'),
        ("a 54% increase", "54%"),
        ("It ended in 2013.", "2013"),
        ("On July 16th, it was hot.", "July 16"),
    ],
)
def test_states_across_harmless_differences(text: str, wanted: str) -> None:
    assert states(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It made 1,300,600 cars.", "300,600"),
        ("110 projects", "10 projects"),
        ("worth 2.565 billion", "2.5"),
        ("worth 12.5 billion", "2.5"),
        ("worth 3.2013 yuan", "2013"),
        ("of 2,565 billion", "2.565"),
        ("educational", "education"),
        ("4, 500 of them", "4,500"),
        ("anything", " "),
        ("July 161", "July 16"),
        ("the 16th", "16"),
    ],
)
def test_does_not_state_what_only_looks_alike(text: str, wanted: str) -> None:
    assert not states(text, wanted)


def test_cuts_after_groups_of_markers() -> None:
    text = "One thing. [1] Another [2][3]. And, a third [1], [2]"
    found = [(s.text, s.markers) for s in cited_sentences(text)]
    assert found == [("One thing.", (1,)), ("Another.", (2, 3)), ("And, a third", (1, 2))]


def test_a_tail_without_markers_is_kept() -> None:
    assert [s.markers for s in cited_sentences("Cited. [1] Not cited.")] == [(1,), ()]
    assert cited_sentences("") == ()


def test_words_do_not_count_markers() -> None:
    assert word_count("Three words here. [1][2]") == 3
    assert strip_markers("It was 2013. [1]") == "It was 2013."


@given(st.lists(st.tuples(st.text("ab. ,", min_size=1), st.integers(1, 99)), max_size=5))
def test_no_word_and_no_marker_is_lost_in_the_cutting(parts: list[tuple[str, int]]) -> None:
    text = "".join(f"{words} [{number}]" for words, number in parts)
    sentences = cited_sentences(text)
    assert [n for s in sentences for n in s.markers] == [number for _, number in parts]
    letters = "".join(c for words, _ in parts for c in words if c in "ab")
    assert "".join(c for s in sentences for c in s.text if c in "ab") == letters


@given(st.text(), st.text("abc 0123456789,.", min_size=1))
def test_a_text_states_itself_wherever_it_stands(around: str, wanted: str) -> None:
    assert states(f"{around} ({wanted}) {around}", wanted) or not normalise(wanted)
