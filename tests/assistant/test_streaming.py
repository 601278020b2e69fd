"""Sentences of a text that comes in pieces: the same ones, however it was cut."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.llm.streaming import LONGEST, LOOKAHEAD, LOOKBEHIND, Written, sentences

TEXT = (
    "<think>\nFirst [9], I look. They want [8].\n</think>\n\nDr. Mara Lindqvist signed it on 2.5 "
    'pages [3]. The U.S. Army left.[4] [5] It rained [1] and snowed [2, 3]. "No," he said. '
    "[12]\n- A list item [6]\n* Another [7]\nIt is 5 % [1]! The end [2]"
)
WRITTEN = [
    Written("Dr. Mara Lindqvist signed it on 2.5 pages.", (3,)),
    Written("The U.S. Army left.", (4, 5)),
    Written("It rained and snowed.", (1, 2, 3)),
    Written('"No," he said.', (12,)),
    Written("- A list item", (6,)),
    Written("* Another", (7,)),
    Written("It is 5 %!", (1,)),
    Written("The end", (2,)),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
def test_sentences_and_their_markers(size: int) -> None:
    pieces = [TEXT[start : start + size] for start in range(0, len(TEXT), size)]
    assert list(sentences(pieces)) == WRITTEN


@given(
    st.text(alphabet='abcAB .?!\n[]123,"“”<think>/', max_size=300),
    st.lists(st.integers(0, 300), max_size=20),
)
def test_how_it_is_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    at = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    pieces = [text[a:b] for a, b in pairwise(at)]
    assert list(sentences(pieces)) == list(sentences([text])) == list(sentences(text))


@pytest.mark.parametrize(
    "text",
    [
        "Mr. A met Dr. B of the U.S. Army [1], " * 100 + "it says. The end [2].",
        "word " * 150 + "\tMr. Smith left [1]. He ran.",
        "x" * (LOOKBEHIND - 5) + " Mr. Smith left [1]. He ran. " * 4,
        "好" * (LOOKBEHIND + 100) + "。 It rained [1]. It snowed.",
        "... " * 1_000,
        "." * 5_000 + " It rained [1]. It snowed.",
        "<think>" + "Mr. A [1]. " * 300 + "</think>It rained [2]. It snowed.",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100])
def test_how_it_is_cut_makes_no_difference_for_long_lines(text: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert list(sentences(pieces)) == list(sentences([text]))


def test_a_sentence_ends_in_a_long_line_as_in_a_short_one() -> None:
    long = "word " * 200 + "for Dr. Smith of the U.S. Army [1]. "
    assert [(len(each.text), each.numbers) for each in sentences([long * 3])] == [
        (len(long) - len(" [1] "), (1,))
    ] * 3


@pytest.mark.parametrize("piece", ["...", " .[1]", " U.S.", ". ", "word", "<think>", ".[", "\n"])
def test_a_text_that_goes_in_circles_takes_no_time(piece: str) -> None:
    began = time.process_time()
    for _ in sentences([piece] * 500):
        pass
    assert time.process_time() - began < 3


def test_a_sentence_comes_as_soon_as_it_is_sure() -> None:
    seen: list[int] = []

    read = 0

    def counted() -> Iterator[str]:
        nonlocal read
        for piece in "Acme made cars [1]. Beta sold them all over the country [2].":
            read += 1
            yield piece

    for _ in sentences(counted()):
        seen.append(read)
    assert seen[0] == len("Acme made cars [1]. ") + LOOKAHEAD


def test_memory_stays_small_and_nothing_incomplete_is_given() -> None:
    long = list(sentences(["x" * 10] * 1000))
    assert max(len(each.text) for each in long) <= LONGEST + LOOKAHEAD

    def broken() -> Iterator[str]:
        yield "Acme made cars [1]. Beta sold 300"
        raise ConnectionError

    given: list[Written] = []
    with pytest.raises(ConnectionError):
        given.extend(sentences(broken()))
    assert given == []
