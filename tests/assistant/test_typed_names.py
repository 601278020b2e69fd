"""Names that were typed in small letters."""

from __future__ import annotations

import pytest

from assistant.understanding.typed_names import MOST_WORDS, with_names

TEXTS = (
    "Volvo sold its works. In Bergen, BYD and Volvo met.",
    "The Quiet Tern is quiet. Kari Holm took the Quiet Tern to Bergen.",
    "Bikes are free. Nobody pays for bikes, said Mayor Kari Holm.",
    "Ferries cross the sound. On the Oslo People's Bank stood Chen Zhichang.",
)


def texts_with(word: str) -> list[str]:
    return [text for text in TEXTS if word in text.lower()]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("and byd?", "and BYD?"),
        ("what does kari holm want from volvo", "what does Kari Holm want from Volvo"),
        ("Is it in bergen", "Is it in Bergen"),
        ("what did I pay in bergen", "what did I pay in Bergen"),
        ("how big is the quiet tern", "how big is the Quiet Tern"),
        ("what about bikes", "what about bikes"),
        ("ferries?", "ferries?"),
        ("how many people came to oslo", "how many people came to oslo"),
        ("who is mayor", "who is mayor"),
        ("who does zhichang know", "who does Zhichang know"),
        ("What does Saab want in bergen?", "What does Saab want in bergen?"),
        ("bergen " * (MOST_WORDS + 1), "bergen " * (MOST_WORDS + 1)),
    ],
)
def test_a_name_has_the_capitals_that_the_articles_give_it(typed: str, expected: str) -> None:
    assert with_names(typed, texts_with) == expected
