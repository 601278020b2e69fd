from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.language.lists import (
    REACH,
    asks_for_questions,
    goes_on,
    is_heading,
    is_mark,
    item_span,
    led_to,
    names_questions,
    wants_to_know,
    whole_list,
)
from embeddings.splitting import split_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embeddings.splitting import Span


def listed(text: str, sentence: str) -> list[str]:
    """The list to which the sentence with these words belongs: what leads in, and its items."""
    spans = split_sentences(text)
    index = next(n for n, span in enumerate(spans) if sentence in text[slice(*span)])
    whole = whole_list(index, text, spans)
    if whole is None:
        return []
    lead = [] if whole.lead is None else [(whole.lead,)]
    return [told(text, spans, each) for each in (*lead, *whole.items)]


def told(text: str, spans: Sequence[Span], numbers: Sequence[int]) -> str:
    """Sentences in one line."""
    return " ".join(" ".join(text[slice(*spans[n])].split()) for n in numbers)


ORDERED = (
    "She opened the day. She said that first, the quay must be mended. It is old. "
    "Secondly, the crane needs oil. Nobody spoke. Finally, there should be lights. All left."
)


@pytest.mark.parametrize("found", ["quay must", "Secondly", "Finally"])
def test_an_enumeration_is_whole_wherever_it_was_found(found: str) -> None:
    assert listed(ORDERED, found) == [
        "She said that first, the quay must be mended.",
        "Secondly, the crane needs oil.",
        "Finally, there should be lights.",
    ]


def test_a_sentence_between_the_items_is_no_item() -> None:
    assert listed(ORDERED, "It is old") == []
    assert listed(ORDERED, "All left") == []


def test_first_alone_is_no_list() -> None:
    assert listed("First, the quay opened. Then it rained.", "First") == []
    assert listed("The second ferry sank. The third one too.", "second ferry") == []


@pytest.mark.parametrize("found", ["first warning", "second was"])
def test_the_one_and_the_other_are_a_list(found: str) -> None:
    text = "The first warning came early. Nobody spoke. The second was a letter. All left."
    assert listed(text, found) == ["The first warning came early.", "The second was a letter."]
    text = "There are two. One is warmth. It rained. The other is fishing."
    assert listed(text, "fishing") == ["One is warmth.", "The other is fishing."]
    assert listed("The first bus is late. The ferry is not.", "first bus") == []


def test_two_enumerations_stay_two() -> None:
    text = "First, ask. Second, wait. It rained for a day. First, eat. Second, sleep."
    assert listed(text, "wait") == ["First, ask.", "Second, wait."]
    assert listed(text, "sleep") == ["First, eat.", "Second, sleep."]


MARKED = (
    "The harbour needs:\n- new lamps.\n- A crane. It may be used.\n- rope.\n\n1. Oslo\n2. Bergen\n"
)


def test_marked_lines_are_a_list_with_the_line_that_leads_in() -> None:
    whole = ["The harbour needs:", "- new lamps.", "- A crane. It may be used.", "- rope."]
    assert listed(MARKED, "new lamps") == whole
    assert listed(MARKED, "It may be used") == whole
    assert listed(MARKED, "The harbour needs") == whole


def test_another_kind_of_mark_begins_another_list() -> None:
    assert listed(MARKED, "Bergen") == ["Oslo", "Bergen"]


PUMP = """\
It takes an hour. Do this:

1. Close the main valve. Never work on an open valve.
2. Screw the pump to the wall with the four bolts that are supplied and
   tighten them with a torque of 12 newton metres. Wait.
3. Clean the filter:
   - Unscrew the cover. It is red.
   - Rinse
     with cold water.
   It takes a while.

   If it is torn, replace it.

4. Choose one of:
- red
- blue
5. Switch it on.

It runs for years.

1. Oil it.
2. Paint it.
It is blue then.
"""
STEPS_OF_PUMP = [
    "Do this:",
    "Close the main valve. Never work on an open valve.",
    "Screw the pump to the wall with the four bolts that are supplied and "
    "tighten them with a torque of 12 newton metres. Wait.",
    "Clean the filter: - Unscrew the cover. It is red. - Rinse with cold water. "
    "It takes a while. If it is torn, replace it.",
    "Choose one of: - red - blue",
    "Switch it on.",
]


@pytest.mark.parametrize(
    "found",
    ["Do this", "Never work", "tighten them", "Wait", "It takes a while", "replace it", "Switch"],
)
def test_an_item_has_all_its_sentences_lines_and_lists_of_its_own(found: str) -> None:
    assert listed(PUMP, found) == STEPS_OF_PUMP


def test_a_list_within_an_item_is_one_by_itself() -> None:
    within = ["Clean the filter:", "- Unscrew the cover. It is red.", "- Rinse with cold water."]
    assert listed(PUMP, "It is red") == listed(PUMP, "with cold") == within
    assert listed(PUMP, "- blue") == ["Choose one of:", "- red", "- blue"]


def test_what_follows_a_list_is_none_of_it() -> None:
    assert listed(PUMP, "runs for years") == listed(PUMP, "blue then") == []
    assert listed(PUMP, "Paint it") == ["Oil it.", "Paint it."]


def test_items_are_of_one_list_only_where_they_stand_together() -> None:
    text = "- red\nIt is a colour.\n\n- blue\n- green\n# Shapes\n- round\n"
    assert listed(text, "red") == []
    assert listed(text, "green") == ["- blue", "- green"]
    assert listed(text, "round") == []
    far = "1. red\n" + "It is a colour.\n" * (REACH + 1) + "2. blue\n"
    assert listed(far, "blue") == []
    assert len(listed(far.replace("It is a colour.\n", "", 2), "blue")) == 2


def test_a_character_more_or_less_indents_nothing_and_a_tab_does() -> None:
    text = " 9. oil\n10. paint\n\t- red\n\t  all over\n11. wait\n"
    assert listed(text, "oil") == ["oil", "paint - red all over", "wait"]


def test_lists_within_two_items_are_two() -> None:
    text = "1. Oil:\n   - a bolt\n2. Paint:\n   - a nut\n   - a rod\n"
    assert listed(text, "bolt") == ["Oil:", "- a bolt"]
    assert listed(text, "nut") == ["Paint:", "- a nut", "- a rod"]


def test_lists_may_be_as_deep_as_a_text_is_long() -> None:
    depth = 1_000
    text = "".join(f"{'  ' * n}- a{n}.\n" for n in range(depth)) + f"{'  ' * (depth - 1)}- b\n"
    assert listed(text, "a999") == ["- a999.", "- b"]


def test_only_the_mark_of_an_item_is_one() -> None:
    text = "3. Oil it.\n\nIt has rooms:\n\n12.\n"
    spans = split_sentences(text)
    assert [text[slice(*spans[n])] for n in range(len(spans)) if is_mark(n, text, spans)] == ["3."]


@pytest.mark.parametrize(
    ("between", "following", "goes"),
    [
        (" ", "Keep it.", True),
        ("\n   ", "Keep it.", True),
        ("\n", "Keep it.", False),
        ("\n\n   ", "Keep it.", False),
        ("\n   ", "- Keep it.", False),
        (" And so on. ", "Keep it.", False),
    ],
)
def test_a_sentence_goes_on_with_an_item(between: str, following: str, goes: bool) -> None:
    for item, begins in (("3. Oil it.", True), ("It is old.", False), ("3. Run:", False)):
        text = item + between + following
        span = len(text) - len(following), len(text)
        assert goes_on((0, len(item)), span, text) is (goes and begins)


def test_questions_side_by_side_are_a_list() -> None:
    text = 'He came. "Is it safe?" "When will it open?" He left. Why?'
    assert listed(text, "safe") == ['"Is it safe?"', '"When will it open?"']
    assert listed(text, "Why") == []


@pytest.mark.parametrize("said", ["First Minister Holm", "The first bus", "First buses"])
def test_a_first_one_opens_no_list(said: str) -> None:
    text = f"{said} came at noon. It rained. Finally, everybody left."
    assert listed(text, "came at noon") == []
    assert listed(text, "Finally") == []


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("What two questions did the mayor put?", True),
        ("What did she want to know at the site?", True),
        ("What did the mayor ask the crew?", True),
        ("What did the mayor say?", False),
        ("How many questions are left?", False),
    ],
)
def test_questions_may_be_what_is_asked_for(question: str, asks: bool) -> None:
    assert asks_for_questions(question) is asks


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Which questions were put to the mayor?", True),
        ("What two questions stand in the article?", True),
        ("List the questions from the meeting.", True),
        ("Which question did she ask first?", True),
        ("What did she want to know?", False),
        ("What is the answer to the questions of the mayor?", False),
        ("Who asked questions?", False),
    ],
)
def test_questions_may_be_asked_for_by_that_name(question: str, named: bool) -> None:
    assert names_questions(question) is named


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("What did she want to know at the site?", True),
        ("Which things does the council want to know?", True),
        ("What did he wonder about the bridge?", True),
        ("What did the crew ask for?", False),
        ("I want to know who built the bridge", False),
    ],
)
def test_what_somebody_wanted_to_know_may_be_asked_for(question: str, wants: bool) -> None:
    assert wants_to_know(question) is wants


def below(text: str, sentence: str) -> list[str]:
    """What the sentence with these words leads to, sentence by sentence."""
    spans = split_sentences(text)
    index = next(n for n, span in enumerate(spans) if sentence in text[slice(*span)])
    return [told(text, spans, each) for each in led_to(index, text, spans)]


MANUAL = (
    "To hold the package, use\n\npump hold NAME\n\nand to let it go, run:\n\npump free NAME\n"
    "pump list\n\nBoth take effect at once. Three things are needed:\n\n- a lamp\n\n- a rope\n\n"
    "He said: it is late. The fee is:\n"
)


@pytest.mark.parametrize(
    ("sentence", "led"),
    [
        ("let it go", ["pump free NAME", "pump list"]),
        ("Three things", ["- a lamp", "- a rope"]),
        ("take effect", []),
        ("To hold the package", []),  # "use" alone may end a sentence of its own
        ("He said", []),
        ("The fee", []),
    ],
)
def test_a_sentence_that_leads_to_a_block_is_told_with_it(sentence: str, led: list[str]) -> None:
    assert below(MANUAL, sentence) == led


def test_a_line_that_breaks_off_leads_on_and_a_colon_within_a_line_does_not() -> None:
    assert below("You can hold it using\n\npump hold NAME\n\nAll is well.", "hold it using") == [
        "pump hold NAME"
    ]
    assert below("The rule is:  be on time. It helps.", "The rule is") == []


def test_a_heading_is_led_to_by_nothing() -> None:
    assert below("See this:\n\n# The next chapter\n\nIt is long.", "See this") == []


STEPS = (
    "1. To hold the pump, run:\n\npump hold NAME\n\n2. Choose one of:\n- red\n- blue\n3. Wait.\n"
)


def test_a_step_that_leads_to_a_command_is_told_with_it_and_not_with_the_next_step() -> None:
    assert below(STEPS, "To hold") == ["pump hold NAME"]
    assert below(STEPS, "Choose one") == ["- red", "- blue"]
    assert below("You need\nthese three things:\n1. a lamp.\n2. oil.\n", "these three") == [
        "a lamp.", "oil.",
    ]  # fmt: skip


def test_what_an_item_leads_to_may_have_its_kind_of_mark() -> None:
    text = "- Choose one of:\n  - red. It is bright.\n  - blue\n- Wait.\n"
    assert below(text, "Choose") == ["- red. It is bright.", "- blue"]


def test_the_number_of_an_item_belongs_to_it() -> None:
    text = "To start it:\n\n1. Oil it.\n\n2. Turn it on. Then wait.\n\nIt cost 1.\nIt runs."
    spans = split_sentences(text)
    found = [text[slice(*item_span(n, text, spans))].strip() for n in range(len(spans))]
    assert [each for each in found if each not in ("1.", "2.")] == [
        "To start it:", "1. Oil it.", "2. Turn it on.", "Then wait.", "It cost 1.", "It runs.",
    ]  # fmt: skip


def test_what_stands_before_an_item_does_not_go_on_with_it() -> None:
    text = "It was cold. 1. Close the tap. 2. Open the valve."
    before, item = (0, 12), (13, 30)
    assert text[slice(*item)] == "1. Close the tap."
    assert not goes_on(item, before, text)
    assert not goes_on(item, (16, 30), text)


def test_a_heading_is_marked_or_a_short_line_alone() -> None:
    text = (
        "# Ferries\n\nThe ferry is blue.\n\nOn board\n\n- a bar\n- a bell\n\n---\n\n"
        "Bring with you:\n\nsoap"
    )
    spans = split_sentences(text)
    headings = [n for n in range(len(spans)) if is_heading(n, text, spans)]
    assert [text[slice(*spans[n])] for n in headings] == ["# Ferries", "On board", "soap"]
