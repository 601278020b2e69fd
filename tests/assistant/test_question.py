from __future__ import annotations

import time

import pytest

from assistant.understanding.question import (
    LONGEST_QUESTION,
    analyse,
    asks_of_articles,
    asks_of_each,
    cleaned,
    compares,
    joined_names,
    split_names,
    split_parts,
)
from embeddings.errors import QuestionError


def test_a_question_is_put_in_one_line() -> None:
    assert cleaned("  What\x00 is\n\tthis\u200b?\x1b[31m ") == "What is this ? [31m"


@pytest.mark.parametrize("question", ["", "   ", "\n\t\x00", "\u200b"])
def test_nothing_is_no_question(question: str) -> None:
    with pytest.raises(QuestionError, match="is empty"):
        cleaned(question)


@pytest.mark.parametrize("question", ["???", "🎉🎉", "— …"])
def test_marks_alone_are_no_question(question: str) -> None:
    with pytest.raises(QuestionError, match="has no words"):
        cleaned(question)


def test_a_book_is_no_question() -> None:
    with pytest.raises(QuestionError, match="100,000 characters"):
        cleaned("x" * 100_000)
    assert cleaned("x" * LONGEST_QUESTION)


def test_names_and_numbers_of_a_question() -> None:
    form = analyse("How many cars did Volvo's Gothenburg plant build in 2021?")
    assert form.names == ("volvo", "gothenburg")
    assert form.numbers == ("2021",)
    assert analyse("Which plant is it?").names == ()
    assert analyse("Can I see Volvo's plant, and when I'm there, what may I touch?").names == (
        "volvo",
    )
    assert analyse("How large is the 1st hall?").numbers == ()
    coded = analyse("How many E05 alarms did the FM-300 and OF-23-041 give from mid-2019 to 2021?")
    assert coded.codes == ("E05", "FM-300", "OF-23-041")
    assert coded.numbers == ("2019", "2021")
    assert analyse("Did Volvo build more than 5,000 cars?").numbers == ()


def test_how_many_are_asked_for_and_which_part_need_not_stand_in_digits() -> None:
    for question in (
        "Which 2 halls burnt?",
        "3 aims of phase 2",
        "Name the 3 main aims.",
        "What are the 4 halls?",
    ):
        assert analyse(question).numbers == ()
    assert analyse("Why were 3 halls closed?").numbers == ("3",)
    assert analyse("Which 2019 events were held?").numbers == ("2019",)


def test_two_questions_in_one_are_told_apart() -> None:
    assert split_parts("Who is the mayor and when did he take office?") == (
        "Who is the mayor?", "when did he take office?",
    )  # fmt: skip
    assert split_parts("Where are salt and pepper grown?") == ("Where are salt and pepper grown?",)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Who signed the lease, and on which day did the boats arrive?",
         ("Who signed the lease?", "on which day did the boats arrive?")),
        ("What did Acme build and to whom was it sold?",
         ("What did Acme build?", "to whom was it sold?")),
        ("When and where was the lease signed?",
         ("When was the lease signed?", "Where was the lease signed?")),
        ("The lease: when, and by whom, was it signed?",
         ("The lease: when, and by whom, was it signed?",)),
        ("Who signed the lease, and where?", ("Who signed the lease?", "where?")),
        ("How is the lease signed, and by when?", ("How is the lease signed?", "by when?")),
        ("When was the lease signed & by whom?", ("When was the lease signed?", "by whom?")),
        ("Did Johnson & Johnson sign the lease?", ("Did Johnson & Johnson sign the lease?",)),
        ("Did the lease end, and if so when?", ("Did the lease end?", "when?")),
        ("I ask when it opens and what a ticket costs.",
         ("I ask when it opens?", "what a ticket costs?")),
        ("How and why did the boats turn back?",
         ("How did the boats turn back?", "Why did the boats turn back?")),
        ("Did the boats go to and from Oslo?", ("Did the boats go to and from Oslo?",)),
        ("Where and when?", ("Where and when?",)),
    ],
)  # fmt: skip
def test_a_part_may_begin_with_a_preposition_or_be_a_mere_asking_word(
    question: str, parts: tuple[str, ...]
) -> None:
    assert split_parts(question) == parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When does the show open, who is the curator and what does it cost?",
         ("When does the show open?", "who is the curator?", "what does it cost?")),
        ("When does the show open, who is the curator, and what does it cost?",
         ("When does the show open?", "who is the curator?", "what does it cost?")),
        ("What is the fare of the ferry, where does it land, which isle does it serve, and why?",
         ("What is the fare of the ferry?", "where does it land?", "which isle does it serve?",
          "why?")),
        ("Who signed the lease, when and where?", ("Who signed the lease?", "when?", "where?")),
        ("Who met Kari Holm, who is the mayor, and when was she elected?",
         ("Who met Kari Holm, who is the mayor?", "when was she elected?")),
        ("When did Holm, who built the quay, die and where was he buried?",
         ("When did Holm, who built the quay, die?", "where was he buried?")),
        ("When it opened, who came and who paid for it?",
         ("When it opened, who came?", "who paid for it?")),
        ("According to Holm, who built it and when was it sold?",
         ("According to Holm, who built it?", "when was it sold?")),
        ("Who came, what was said in 2023, in July, and how many left?",
         ("Who came, what was said in 2023, in July?", "how many left?")),
    ],
)  # fmt: skip
def test_questions_in_a_row_are_told_apart_and_a_relative_clause_is_none(
    question: str, parts: tuple[str, ...]
) -> None:
    assert split_parts(question) == parts


@pytest.mark.parametrize(
    "question",
    ["Which company was founded in 2009 and is based in Oslo?", "Who won and will take office?",
     "Who lives in Oslo and has a dog?", "Which rooms are warm and are always free?",
     "Who was asked, and did not come?"],
)  # fmt: skip
def test_a_second_verb_of_one_subject_is_no_second_question(question: str) -> None:
    assert split_parts(question) == (question,)


@pytest.mark.parametrize(
    "second",
    ["is it free?", "are dogs allowed?", "was the shop closed?", "has it been sold?",
     "can visitors park there?", "did people complain?", "was Oslo asked?"],
)  # fmt: skip
def test_a_verb_with_its_own_subject_asks_a_second_question(second: str) -> None:
    assert split_parts(f"When did the museum open and {second}")[1] == second
    assert split_parts("When did it open; is lunch free?")[1] == "is lunch free?"


def test_what_another_thinks_is_of_the_same() -> None:
    asked = "What does Kari Holm think of the free meals, and what does Per Lund think?"
    assert split_parts(asked) == (
        "What does Kari Holm think of the free meals?",
        "what does Per Lund think of the free meals?",
    )
    own = "What does Kari Holm think of the meals, and what does Per Lund think of the bus?"
    assert split_parts(own)[1] == "what does Per Lund think of the bus?"


def test_what_came_of_what_was_meant_is_no_second_question_by_itself() -> None:
    assert not compares("When was Kari Holm born, and when did she sail to Oslo?")
    assert not compares("When did Kari Holm sail, and where did she?")


def test_a_topic_before_a_colon_belongs_to_each_part() -> None:
    assert split_parts("The Nordvik tunnel: who built it and when was it opened?") == (
        "The Nordvik tunnel: who built it?", "The Nordvik tunnel: when was it opened?",
    )  # fmt: skip
    alone = "The Nordvik tunnel: who built it?"
    assert split_parts(alone) == (alone,)
    said = "What did Kari Holm say: was she glad and was Per Lund there?"
    assert split_parts(said)[1] == "What did Kari Holm say: was Per Lund there?"


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Which mayors are named in the articles?", True),
        ("What do the reports say about Sundvik?", True),
        ("Which of the two stories is about Elvestad?", True),
        ("What does the article say about Sundvik?", False),
        ("Which mayors opened a quay?", False),
        ("Who documented the fire?", False),
        ("Where does land come up in the two stories?", True),
        ("What documents did she sign?", False),
        ("How many stories does the tower have?", False),
        ("What do the reports she wrote say?", False),
        ("Who wrote the articles of association?", False),
    ],
)
def test_what_several_articles_say_may_be_asked_for(question: str, asks: bool) -> None:
    assert asks_of_articles(question) is asks


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When were Oslo and Bergen founded?",
         ("When were Oslo founded?", "When were Bergen founded?")),
        ("What do the mayor of Oslo and the head of Acme each want?",
         ("What do the mayor of Oslo want?", "What do the head of Acme want?")),
        ("Who are the mayors of Oslo and Bergen?",
         ("Who are the mayors of Oslo?", "Who are the mayors of Bergen?")),
        ("What happened in Oslo and in Bergen?",
         ("What happened in Oslo?", "What happened in Bergen?")),
        ("What is the agreement between Oslo and Bergen?", ()),
        ("What is the difference between VOLVO and SAAB?", ()),
        ("How is the road between Old Oslo and New Bergen?", ()),
        ("Which road is between towns such as Oslo and Bergen?", ()),
        ("What happened between May and July in Oslo and Bergen?",
         ("What happened between May and July in Oslo?",
          "What happened between May and July in Bergen?")),
        ("How long is the road from Oslo to Moss and from Lund to Bergen?", ()),
        ("What does the eBoat and Svale cost?", ()),
        ("Who heads the Ministry of Trade and Industry?", ()),
        ("Who heads the Oslo Science and Technology Board?", ()),
        ("When were the Svale and Fjord Queen built?",
         ("When were the Svale built?", "When were Fjord Queen built?")),
        ("How fast are Pump 3 and Pump 4?", ()),
        ("How fast are the Svale and Pump 4?", ()),
        ("Where are salt and pepper grown?", ()),
    ],
)  # fmt: skip
def test_two_joined_names_are_asked_about_one_by_one(question: str, parts: tuple[str, ...]) -> None:
    assert split_names(question) == parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "When did the visits to Oslo and to the Blue Ridge take place?",
            (
                "When did the visits to Oslo take place?",
                "When did the visits to the Blue Ridge take place?",
            ),
        ),
        (
            "When were Oslo, Bergen and Moss founded?",
            (
                "When were Oslo founded?",
                "When were Bergen founded?",
                "When were Moss founded?",
            ),
        ),
        (
            "Who are the mayors of Oslo, Bergen and Moss?",
            (
                "Who are the mayors of Oslo?",
                "Who are the mayors of Bergen?",
                "Who are the mayors of Moss?",
            ),
        ),
        ("Which is older, Oslo or Bergen?", ()),
        (
            "What is the warranty of the X200 and X300?",
            ("What is the warranty of the X200?", "What is the warranty of X300?"),
        ),
        (
            "What's the warranty of the X200 and the X300?",
            ("What's the warranty of the X200?", "What's the warranty of the X300?"),
        ),
        (
            "Who is the mayor of Oslo and Bergen?",
            ("Who is the mayor of Oslo?", "Who is the mayor of Bergen?"),
        ),
        (
            "Who are the mayors of Oslo and the Vale?",
            ("Who are the mayors of Oslo?", "Who are the mayors of the Vale?"),
        ),
        (
            "What are the fares for Oslo and for Moss?",
            ("What are the fares for Oslo?", "What are the fares for Moss?"),
        ),
        (
            "What do the mayor of Oslo and Acme want?",
            ("What do the mayor of Oslo want?", "What do Acme want?"),
        ),
        (
            "What did the mayor of Oslo and the Council say?",
            ("What did the mayor of Oslo say?", "What did the Council say?"),
        ),
        (
            "How old are the children of Oslo and Bergen now?",
            ("How old are the children of Oslo now?", "How old are the children of Bergen now?"),
        ),
        (
            "Who owns the ferries Svale and Falk?",
            ("Who owns the ferries Svale?", "Who owns the ferries Falk?"),
        ),
        (
            "Who owns the ferry Svale and Falk?",
            ("Who owns the ferry Svale?", "Who owns Falk?"),
        ),
    ],
)
def test_names_may_be_three_or_have_words_of_their_own(
    question: str, parts: tuple[str, ...]
) -> None:
    assert split_names(question) == parts


def test_no_row_of_names_is_slow() -> None:
    """Each name can be read in two ways: with "to" as the link, or as a word before it."""
    began = time.process_time()
    assert split_names(f"When is {'the a to A, ' * 150}") == ()
    assert time.process_time() - began < 1


def test_names_that_stand_side_by_side() -> None:
    assert joined_names("Which is older, Oslo or Bergen?") == ("Oslo", "Bergen")
    assert joined_names("What do the mayors of Oslo, Bergen and Moss earn?") == (
        "Oslo",
        "Bergen",
        "Moss",
    )
    assert joined_names("Where is Oslo?") == ()
    between = "What is the relation between Kari Holm and the X300?"
    assert joined_names(between) == ("Kari Holm", "X300")
    assert joined_names("Who heads the Ministry of Trade and Industry?") == ()
    plans = "What is the price of the Team plan and of the Basic plan?"
    assert joined_names(plans) == ("Team", "Basic")
    assert joined_names("What is said about eels and about the salt course?") == (
        "eels",
        "the salt course",
    )


@pytest.mark.parametrize(
    "question",
    [
        "What post does each one have?",
        "How many boats came in May and in June?",
        "Who led the boats before and after the war?",
        "What was Holm's plan and Lund's?",
        "Is the mill older than the quay?",
        "How do Oslo and Bergen differ?",
        "Which came first, the mill or the quay?",
        "When were Oslo and Bergen founded?",
    ],
)
def test_one_thing_may_be_asked_of_each_of_several(question: str) -> None:
    assert asks_of_each(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many boats came to Oslo?",
        "Did more than 150 boats come?",
        "Who built and sold the boats?",
        "Which salt and pepper shop is in Oslo?",
    ],
)
def test_most_questions_are_of_one_thing(question: str) -> None:
    assert not asks_of_each(question)


@pytest.mark.parametrize(
    "question",
    [
        "How has the price of the Oslo tunnel changed?",
        "What was the tunnel estimated to cost and what did it cost in fact?",
        "Which opening date was promised, and which one did it turn out to be?",
        "How did the number of boats develop, from plan to result?",
        "How many boats were ordered at first, and how many really came?",
        "How much was in the account in May, and how much when it was closed?",
        "Compare the fares in Oslo in January 2021 and January 2023",
        "What was the first estimate of the damage, and what was it corrected to?",
        "The length of the boat is reported differently. What are the two lengths?",
        "Ticket to Oslo 2021 vs 2023",
        "What did the report of May 3, 2023 say that the one of 9 May 2023 did not?",
        "What did the post of 2023-05-03 and the post of 2023-05-09 say of the tunnel?",
        "At what hour was Kari Holm supposed to sail, and when did she?",
    ],
)
def test_one_thing_may_be_asked_for_at_several_times(question: str) -> None:
    assert compares(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many boats were ordered?",
        "Who was the first mayor of Oslo?",
        "How many boats came to Oslo, and how many cars crossed the tunnel?",
        "How many members has the board of Oslo and how often does it meet?",
        "Who is the mayor of Oslo, and when was the tunnel opened?",
        "What happened in Oslo between 2019 and 2021?",
        "Was the tunnel opened in 2019 or in 2021?",
        "Was the tunnel opened on May 3 or on May 9?",
        "What happened in Oslo between May 3 and May 9?",
        "Who spoke on May 3 and what was said on May 3?",
    ],
)
def test_what_is_one_thing_once_or_are_two_things_is_not_compared(question: str) -> None:
    assert not compares(question)
