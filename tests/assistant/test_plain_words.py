from __future__ import annotations

import pytest

from assistant.understanding.conversation import stand_alone
from assistant.understanding.plain_words import in_plain_words


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("tell me abt the ferry", "Tell me about the ferry"),
        ("what shld the town do w/o a ferry", "What should the town do without a ferry"),
        ("acc. to the mayor, why is it late?", "According to the mayor, why is it late?"),
        ("whats the fare", "What's the fare"),
        ("why didnt the ferry sail?", "Why didn't the ferry sail?"),
        ("all sailings w fares", "All sailings with fares"),
        ("Who signed it please?", "Who signed it?"),
        ("Who signed the deal? Thanks!", "Who signed the deal?"),
        ("who signed the deal. quick answer pls", "Who signed the deal."),
        ("What is it about? Short please, I have a meeting in five minutes", "What is it about?"),
        ("what happened at the quay, need it for class", "What happened at the quay"),
        ("need bullets: the aims of the plan", "The aims of the plan"),
        ("which aims has the plan, please list", "Which aims has the plan"),
        ("which firms came etc", "Which firms came"),
        ("Can you tell me who signed the deal?", "Who signed the deal?"),
        ("I'd like to know how many cars were built.", "How many cars were built."),
        ("Quick question: how many cars?", "How many cars?"),
        ("What is the code? It's urgent", "What is the code?"),
    ],
)
def test_shorthand_is_written_out_and_asides_are_left_out(typed: str, plain: str) -> None:
    assert in_plain_words(typed) == plain


@pytest.mark.parametrize(
    "question",
    [
        "Who signed the deal?",
        "tell me about the mayor",
        "List the measures, briefly",
        "Summarise it in a nutshell",
        "The mayor named three directions. Which ones?",
        "How does plan W work?",
        "What is u.s. steel?",
        "What does Q&A mean, and what u/r?",
        "What is in the list",
        "Do you know the mayor?",
        "Tell me what the article on the ferry says.",
        "who wrote “Tell me who I am”?",
        "please",
        "Thanks!",
        "Why?",
        "I need it for my class.",
    ],
)
def test_what_asks_is_left_as_it_is(question: str) -> None:
    assert in_plain_words(question) == question


def test_a_follow_up_is_understood_without_its_asides() -> None:
    history = [
        {"role": "user", "content": "pls tell me who opened the Sundvik quay, thanks"},
        {"role": "assistant", "content": "Kari Holm opened the quay.[1]"},
    ]
    assert stand_alone("and when? quick answer pls", history) == (
        "When (opened the Sundvik quay, Kari Holm)?"
    )
