from __future__ import annotations

from assistant.composing.subjects import names_missing, names_of, speaks_of_names
from embeddings.records import Article

QUAY = Article("quay.txt", "Kari Holm opened the quay.", title="News from Sundvik")


def test_names_are_the_capitalised_words() -> None:
    assert names_of("What did Kari Holm open in Elvestad?") == {"kari", "holm", "elvestad"}
    assert names_of("who opened the quay") == frozenset()


def test_a_title_speaks_too() -> None:
    assert names_missing("What did Holm open in Sundvik?", QUAY) == frozenset()
    assert names_missing("What did Holm open in Elvestad?", QUAY) == {"elvestad"}


def test_one_name_of_several_is_enough_to_speak_of_them() -> None:
    assert speaks_of_names("What did Holm and Berg open?", QUAY)
    assert not speaks_of_names("What did Berg open?", QUAY)
    assert speaks_of_names("what was opened", QUAY)
