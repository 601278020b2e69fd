from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.answers import Hit
from assistant.composing.composer import (
    AMOUNTS_WITHIN,
    COMPARED_WITHIN,
    EACH_WITHIN,
    LATEST_WITHIN,
    LONG_ITEM,
    LONGEST_ITEMS,
    LONGEST_LED_TO,
    LONGEST_LIST,
    MOST_LED_TO,
    Draft,
    Part,
    compose,
    refusal_text,
    sides_unsaid,
)
from assistant.reading.evidence import NAMES
from assistant.reading.reader import Candidate, Reading
from assistant.reading.support import NAMES as SUPPORT_NAMES
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


def test_a_detailed_answer_goes_on_with_what_is_near_and_supports_it() -> None:
    question = "How much did it cost?"
    found = (candidate(6), candidate(5, 0.5, 0.5), candidate(2, 0.4, 0.5), candidate(4, -1.0, 0.05))
    short = draft(part(question, *found))
    assert chosen(short) == ["It cost 40 crowns."]
    detailed = compose(
        [part(question, *found)], 0.5, {"a.txt": Article("a.txt", TEXT)}, detailed=True
    )
    # Sentence 2 is too far, and 4 would not pass for an answer.
    assert chosen(detailed) == ["It cost 40 crowns.", "Nobody left."]
    assert detailed.sentences[0] == short.sentences[0]
    assert (detailed.confidence, detailed.notes) == (short.confidence, short.notes)


def test_a_detailed_answer_has_all_answers_first_and_no_sentence_twice() -> None:
    cost = part("How much did it cost?", candidate(6), candidate(5, 0.5, 0.5))
    who = part("Who left?", candidate(5, 2.0), candidate(6, 0.5, 0.5), candidate(4, 0.5, 0.5))
    articles = {"a.txt": Article("a.txt", TEXT)}
    found = compose([cost, who], 0.5, articles, detailed=True)
    assert chosen(found) == ["It cost 40 crowns.", "Nobody left.", "Thirdly, we need bread."]


def test_weak_evidence_says_so_in_words() -> None:
    weak = ("The evidence is weak: what is quoted may not answer the question.",)
    unsure = replace(part("Who left?", candidate(5)), reading=Reading((candidate(5),), 0.45))
    said = compose([unsure], 0.4, {"a.txt": Article("a.txt", TEXT)})
    assert (chosen(said), said.notes) == (["Nobody left."], weak)
    assert draft(part("Who left?", candidate(5), confidence=0.5)).notes == ()
    assert compose([unsure], 0.46, {}).notes == ()  # refused: it says more than that


def test_a_refusal_is_not_detailed() -> None:
    doubtful = part("Who left?", candidate(5), candidate(6), confidence=0.1)
    assert compose([doubtful], 0.5, {}, detailed=True) == draft(doubtful)


@pytest.mark.parametrize("best", [1, 3, 4])
def test_an_enumeration_stays_whole_wherever_it_was_found(best: int) -> None:
    found = draft(part("What did the mayor demand?", candidate(best)))
    assert chosen(found) == [
        "He said that first, we must build faster.",
        "Secondly, we need rest.",
        "Thirdly, we need bread.",
    ]


@pytest.mark.parametrize(("found", "first"), [(3, 0), (20, 9), (39, 28)])
def test_a_very_long_list_is_cut_around_what_was_found_and_says_so(found: int, first: int) -> None:
    text = "\n".join(f"- item {n} of many." for n in range(40))
    spans = [span for span in split_sentences(text) if "item" in text[slice(*span)]]
    index = split_sentences(text).index(spans[found])
    best = replace(candidate(0), start=spans[found][0], end=spans[found][1], index=index)
    said = compose([part("Which items are there?", best)], 0.5, {"a.txt": Article("a.txt", text)})
    assert [(one.start, one.end) for one in said.sentences] == spans[first : first + LONGEST_LIST]
    assert said.notes == (
        "The list has 40 items; 12 of them are shown. The article has the others.",
    )


def listed(text: str, found: str, question: str = "How is it done?") -> Draft:
    """The draft of an article whose sentence with these words answers."""
    spans = split_sentences(text)
    index = next(n for n, span in enumerate(spans) if found in text[slice(*span)])
    start, end = spans[index]
    best = replace(candidate(0), start=start, end=end, text=text[start:end], index=index)
    return compose([part(question, best)], 0.5, {"a.txt": Article("a.txt", text)})


def test_an_item_of_several_sentences_is_quoted_whole_in_one_line() -> None:
    text = (
        "Do this:\n\n1. Close the main tap. Never work on an open tap.\n2. Clean the filter:\n"
        "   - Rinse it.\n     Twice.\n3. Run\n\n   pump on\n\nIt is done."
    )
    for found in ("Do this", "Close", "Never"):
        said = listed(text, found)
        assert [text[one.start : one.end] for one in said.sentences] == [
            "Do this:", "1. Close the main tap. Never work on an open tap.",
            "2. Clean the filter:", "- Rinse it.\n     Twice.", "3. Run", "pump on",
        ]  # fmt: skip
        assert said.notes == ()


def test_what_leads_in_is_no_item_and_is_not_counted() -> None:
    text = "There are these:\n" + "".join(f"- part {n}\n" for n in range(15))
    said = listed(text, "part 3")
    assert len(said.sentences) == 1 + LONGEST_LIST
    assert said.notes == (
        "The list has 15 items; 12 of them are shown. The article has the others.",
    )
    assert listed(text.replace("- part 12\n- part 13\n- part 14\n", ""), "part 3").notes == ()


def test_of_items_that_are_too_long_the_beginning_and_what_answers_are_shown() -> None:
    more = "It goes on. " * (LONGEST_ITEMS // 30)
    text = f"Do this:\n- Open it. {more}\n- Look into it. {more}Wait a day. {more}\n- Shut it.\n"
    said = listed(text, "Wait a day")
    assert [text[one.start : one.end] for one in said.sentences] == [
        "Do this:", "- Open it.", "- Look into it.", "Wait a day.", "- Shut it.",
    ]  # fmt: skip
    assert said.notes == (
        "Of each item of the list its beginning is shown. The article has the rest.",
    )
    shorter = text.replace(more, more[:12])
    assert len(shorter) < LONGEST_ITEMS
    assert listed(shorter, "Wait a day").notes == ()


def test_of_paragraphs_with_a_mark_only_what_answers_is_shown() -> None:
    more = "It goes on. " * (LONG_ITEM // 5)
    text = f"# Rules\n\n- Open it. {more}\n- Look into it. Wait a day. {more}\n- Shut it.\n"
    for question in ("How is it done?", "What are the limits?"):
        said = listed(text, "Wait a day", question)
        assert [text[one.start : one.end] for one in said.sentences] == ["Wait a day."]
    for whole in (
        listed(text.replace(more, ""), "Wait a day"),
        listed(text.replace("# Rules", "Do this:"), "Wait a day"),
        listed(text, "Wait a day", "What are the rules?"),
        listed(text.replace("- O", "1. O").replace("- L", "2. L"), "Wait a day"),
    ):
        assert len(whole.sentences) > 1


def test_a_short_answer_stays_where_the_sentences_of_an_item_are_put_together() -> None:
    text = "- It is old. It cost 40 crowns.\n- It is red.\n"
    spans = split_sentences(text)
    old, cost = (
        replace(candidate(n), start=a, end=b, text=text[a:b], index=n, span=(8, 17))
        for n, (a, b) in enumerate(spans[:2])
    )
    article = Article("a.txt", text)
    asked = "How much did it cost?"
    (said,) = compose([part(asked, old, cost)], 0.5, {"a.txt": article}).sentences
    assert text[said.start : said.end] == "- It is old. It cost 40 crowns."
    assert said.answer is not None
    assert text[slice(*said.answer)] == "40 crowns"


def test_a_number_is_no_enumeration() -> None:
    assert len(draft(part("How many spoke?", candidate(3))).sentences) == 1


def test_each_part_is_answered_and_a_part_that_is_not_says_so() -> None:
    cost = part("How much did it cost?", candidate(6))
    who = part("Who left?", candidate(5), confidence=0.1)
    found = draft(cost, who)
    assert chosen(found) == ["It cost 40 crowns."]
    assert found.notes == ("The articles do not state an answer to: Who left?",)
    assert draft(cost, cost).sentences == draft(cost).sentences
    assert found.confidence == 0.9
    doubtful = part("Who left?", candidate(5), confidence=0.4)
    assert draft(cost, doubtful).confidence == 0.6  # that it is not stated is as doubtful


def test_a_part_is_not_answered_from_an_article_without_its_names() -> None:
    cost = part("How much did it cost?", candidate(6))
    absent = tuple(float(name == "names_absent") for name in SUPPORT_NAMES)
    elsewhere = part("When did the mayor of Oslo leave?", candidate(5))
    elsewhere = replace(elsewhere, reading=replace(elsewhere.reading, supported=absent))
    found = draft(cost, elsewhere)
    assert chosen(found) == ["It cost 40 crowns."]
    assert found.notes == (
        "The articles do not state an answer to: When did the mayor of Oslo leave?",
    )
    # Asked alone, the reader has weighed it already.
    assert chosen(draft(elsewhere)) == ["Nobody left."]
    assert chosen(draft(elsewhere, elsewhere)) == ["Nobody left."]


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


# Several articles

MILL = Article("mill.txt", "Elvestad mill has 4 wheels.", title="The mill", date="2019-03-01")
QUAY = Article("quay.txt", "Elvestad mill now has 6 wheels.", title="The quay", date="2021-05-01")
LAKE = Article("lake.txt", "Nobody swims in the lake.", date="2022-05-01")
WHEELS = "How many wheels does the mill in Elvestad have?"


def whole(article: Article, value: str, score: float = 2.0) -> Candidate:
    """The one sentence of an article, with `value` as what the reader found in it."""
    start = article.text.index(value)
    span = (start, start + len(value))
    end, features = len(article.text), (0.0,) * len(NAMES)
    return Candidate(article.id, 0, end, article.text, 0, score, 0.9, features, span)


def over(question: str, *candidates: Candidate, newest: str | None = None) -> Draft:
    articles = {article.id: article for article in (MILL, QUAY, LAKE)}
    return compose([part(question, *candidates)], 0.5, articles, newest)


def cited(draft: Draft) -> list[str]:
    return [one.article_id for one in draft.sentences]


def test_a_short_answer_has_its_place_in_the_article() -> None:
    question = "How much did it cost?"
    start = TEXT.index("40 crowns")
    sentence = candidate(6)
    offset = start - sentence.start
    found = draft(part(question, replace(sentence, span=(offset, offset + 9))))
    assert found.sentences[0].answer == (start, start + 9)


def test_an_answer_of_no_kind_has_no_short_answer() -> None:
    assert [one.answer for one in draft(part("Why did nobody stay?", candidate(5))).sentences] == [
        None
    ]


def test_articles_that_differ_are_all_quoted_and_told_of() -> None:
    found = over(WHEELS, whole(MILL, "4"), whole(QUAY, "6", 0.5), whole(LAKE, "lake"))
    assert cited(found) == ["mill.txt", "quay.txt"]
    assert found.notes == (
        "The articles differ on this: “4” (“The mill”, 2019-03-01); “6” (“The quay”, 2021-05-01).",
    )
    assert found.refusal is None


def test_articles_that_agree_are_not_told_of() -> None:
    again = replace(QUAY, text="Elvestad mill still has 4 wheels.")
    articles = {MILL.id: MILL, again.id: again}
    found = compose([part(WHEELS, whole(MILL, "4"), whole(again, "4", 0.5))], 0.5, articles)
    assert cited(found) == ["mill.txt"]
    assert found.notes == ()


def answering(article: Article, value: str, score: float = 2.0) -> Candidate:
    """One that holds what is asked for."""
    found = whole(article, value, score)
    features = [*found.features]
    features[NAMES.index("expected_present")] = 1.0
    return replace(found, features=tuple(features))


def test_what_is_compared_is_quoted_from_each_article_in_the_order_of_dates() -> None:
    question = "How has the number of wheels of the mill in Elvestad changed?"
    near, far = 2.0 - COMPARED_WITHIN, 2.0 - COMPARED_WITHIN - 0.1
    found = over(question, answering(QUAY, "6"), answering(MILL, "4", near))
    assert cited(found) == ["mill.txt", "quay.txt"]
    assert found.notes == ()
    assert cited(over(question, answering(QUAY, "6"), answering(MILL, "4", far))) == ["quay.txt"]


def test_amounts_that_are_compared_may_be_further_behind() -> None:
    question = "How many wheels of the mill in Elvestad were planned, and how many came in the end?"
    near, far = 2.0 - AMOUNTS_WITHIN, 2.0 - AMOUNTS_WITHIN - 0.1
    found = over(question, answering(QUAY, "6"), answering(MILL, "4", near))
    assert cited(found) == ["mill.txt", "quay.txt"]
    assert cited(over(question, answering(QUAY, "6"), answering(MILL, "4", far))) == ["quay.txt"]


def test_what_is_compared_is_of_the_kind_and_of_the_names_that_are_asked_for() -> None:
    question = "How has the number of wheels of the mill in Elvestad changed?"
    of_no_kind = over(question, answering(QUAY, "6"), whole(MILL, "4"))
    assert cited(of_no_kind) == ["quay.txt"]
    of_no_name = over(question, answering(QUAY, "6"), answering(LAKE, "lake"))
    assert cited(of_no_name) == ["quay.txt"]


def test_of_articles_that_are_asked_of_each_says_what_it_says() -> None:
    question = "What do the articles say of the mill in Elvestad?"
    near, far = 2.0 - EACH_WITHIN, 2.0 - EACH_WITHIN - 0.1
    found = over(question, whole(MILL, "4"), whole(QUAY, "6", near), whole(LAKE, "lake", near))
    assert cited(found) == ["mill.txt", "quay.txt", "lake.txt"]
    assert found.notes == ()
    assert cited(over(question, whole(MILL, "4"), whole(QUAY, "6", far))) == ["mill.txt"]


def test_the_latest_is_what_the_newer_article_says_if_it_answers_about_as_well() -> None:
    question = "What is the latest on the mill?"
    near, far = 2.0 - LATEST_WITHIN, 2.0 - LATEST_WITHIN - 0.1
    assert cited(over(question, whole(MILL, "4"), whole(QUAY, "6", near)))[0] == "quay.txt"
    assert cited(over(question, whole(MILL, "4"), whole(QUAY, "6", far)))[0] == "mill.txt"
    assert cited(over("What is with the mill?", whole(MILL, "4"), whole(QUAY, "6", near)))[0] == (
        "mill.txt"
    )


def test_an_old_answer_says_from_when_it_is() -> None:
    question = "Who is in the mill?"
    assert over(question, whole(MILL, "4"), newest="2022-05-01").notes == (
        "This is as of 2019-03-01, the date of “The mill”.",
    )
    assert over(question, whole(MILL, "4"), newest="2019-05-01").notes == ()


def test_a_further_sentence_is_of_an_article_that_speaks_of_what_is_named() -> None:
    question = "What is with the mill in Elvestad?"
    beside = over(question, whole(MILL, "Elvestad"), whole(QUAY, "Elvestad", 1.9))
    assert cited(beside) == ["mill.txt", "quay.txt"]
    assert cited(over(question, whole(MILL, "Elvestad"), whole(LAKE, "Nobody", 1.9))) == [
        "mill.txt"
    ]
    lower = question.replace("in Elvestad", "")
    assert len(cited(over(lower, whole(MILL, "Elvestad"), whole(LAKE, "Nobody", 1.9)))) == 2


def test_the_latest_is_as_sure_as_the_sentence_that_comes_first() -> None:
    question = "What is the latest on the mill?"
    behind = over(question, whole(MILL, "4"), whole(QUAY, "6", 1.5))
    assert cited(behind)[0] == "quay.txt"
    assert behind.confidence == pytest.approx(0.8452, abs=1e-4)  # 0.9, less 0.5 log-odds
    assert over(question, whole(QUAY, "6"), whole(MILL, "4", 1.5)).confidence == 0.9


def test_the_latest_that_is_not_sure_enough_does_not_come_first() -> None:
    articles = {article.id: article for article in (MILL, QUAY)}
    asked = part("What is the latest on the mill?", whole(MILL, "4"), whole(QUAY, "6", 1.5))
    found = compose([asked], 0.88, articles)
    assert (cited(found)[0], found.confidence) == ("mill.txt", 0.9)


def test_a_part_in_a_note_begins_as_a_sentence() -> None:
    who = replace(part("Who left?", candidate(5), confidence=0.1), asked="and who left?")
    assert draft(part("How much did it cost?", candidate(6)), who).notes == (
        "The articles do not state an answer to: And who left?",
    )


def test_a_part_of_several_shows_what_may_answer_it_too() -> None:
    cost = part("How much did it cost?", candidate(6), candidate(2, 1.2, 0.07))
    assert chosen(draft(cost)) == ["It cost 40 crowns."]
    who = part("Who left?", candidate(5))
    assert chosen(draft(cost, who)) == ["It cost 40 crowns.", "The bank agreed.", "Nobody left."]
    far = part("How much did it cost?", candidate(6), candidate(2, 0.9, 0.1))
    assert chosen(draft(far, who)) == ["It cost 40 crowns.", "Nobody left."]
    doubtful = part("How much did it cost?", candidate(6), candidate(2, 1.2, 0.01))
    assert chosen(draft(doubtful, who)) == ["It cost 40 crowns.", "Nobody left."]


def test_what_is_asked_of_each_is_quoted_from_each_article() -> None:
    near = whole(QUAY, "6", 2.0 - EACH_WITHIN)
    of_each = "How many wheels does each mill in Elvestad have?"
    assert cited(over(of_each, whole(MILL, "4"), near)) == ["mill.txt", "quay.txt"]


def test_a_side_of_which_nothing_is_quoted_is_told_of() -> None:
    told = "Nothing that is quoted speaks of Sundvik."
    question = "Which mill has more wheels, Elvestad or Sundvik?"
    assert over(question, whole(MILL, "4")).notes == (told,)
    assert told not in over("Which has more wheels, Elvestad?", whole(MILL, "4")).notes
    both = "Which mill has more wheels, Oslo or Sundvik?"  # then the answer is of neither
    assert over(both, whole(MILL, "4")).notes == ()


def test_an_abbreviation_may_be_written_out_where_it_is_quoted() -> None:
    question = "Which mill has more wheels, Elvestad or SMC?"
    assert over(question, whole(MILL, "4")).notes == ()


def test_what_another_article_says_in_the_same_words_is_told_once() -> None:
    first, copy = "It cost 40 crowns, all in all.", "It  cost 40 crowns, all in all."
    other = "It cost 45 crowns, all in all."
    texts = {"a.txt": first, "b.txt": copy, "c.txt": other}
    candidates = [
        replace(candidate(6, 2.0 - place / 10), article_id=id, start=0, end=len(t), text=t, index=0)
        for place, (id, t) in enumerate(texts.items())
    ]
    articles = {id: Article(id, t) for id, t in texts.items()}
    found = compose([part("What was said of it?", *candidates)], 0.5, articles)
    assert [one.article_id for one in found.sentences] == ["a.txt", "c.txt"]


def test_a_sentence_that_leads_to_a_command_is_shown_with_it() -> None:
    text = "It is old. To let it go, run:\n\npump free NAME\n\nIt takes a while."
    spans = split_sentences(text)
    one = replace(candidate(1), start=spans[1][0], end=spans[1][1], text=text[slice(*spans[1])])
    found = compose([part("How is it let go?", one)], 0.5, {"a.txt": Article("a.txt", text)})
    assert [text[c.start : c.end].strip() for c in found.sentences] == [
        "To let it go, run:", "pump free NAME",
    ]  # fmt: skip


def led(text: str, question: str = "How is it done?") -> Draft:
    """The draft of an article whose first sentence answers."""
    start, end = split_sentences(text)[0]
    one = replace(candidate(0), start=start, end=end, text=text[start:end], index=0)
    return compose([part(question, one)], 0.5, {"a.txt": Article("a.txt", text)})


def test_of_much_that_is_led_to_the_first_is_shown_and_a_list_says_so() -> None:
    lines = [f"pump part{n} --now" for n in range(20)]
    text = "Run these commands:\n" + "\n".join(lines)
    found = led(text)
    assert [text[c.start : c.end].strip() for c in found.sentences[1:]] == lines[:MOST_LED_TO]
    assert found.notes == ()
    text = f"Run this:\npump list\npump {'x' * LONGEST_LED_TO}\n"
    assert [text[c.start : c.end].strip() for c in led(text).sentences] == [
        "Run this:",
        "pump list",
    ]
    text = "You need, all in all:\n" + "\n".join(f"- part {n}" for n in range(9))
    found = led(text, "How much do I need?")
    assert len(found.sentences) == 1 + MOST_LED_TO
    assert found.notes == (f"The list has 9 items; {MOST_LED_TO} of them are shown. "
                           "The article has the others.",)  # fmt: skip


def test_of_what_is_led_to_items_are_counted_and_no_item_is_shown_in_part() -> None:
    text = "You need, all in all:\n" + "".join(f"- part {n}. It is old.\n" for n in range(9))
    found = led(text, "How much do I need?")
    assert [text[one.start : one.end] for one in found.sentences[1:]] == [
        f"- part {n}. It is old." for n in range(MOST_LED_TO)
    ]
    assert found.notes == (f"The list has 9 items; {MOST_LED_TO} of them are shown. "
                           "The article has the others.",)  # fmt: skip


def test_what_is_led_to_keeps_its_short_answer_where_it_answers_too() -> None:
    text = "The fee is:\n\nIt is 40 crowns for adults.\n\nAll pay."
    (first, _), (start, end) = split_sentences(text)[:2]
    features = list(candidate(0).features)
    lead = replace(candidate(0), start=first, end=11, text=text[:11], index=0)
    said = replace(candidate(0, 1.9), start=start, end=end, text=text[start:end].rstrip(), index=1,
                   features=tuple(features), span=(6, 15))  # fmt: skip
    found = compose(
        [part("How much is the fee?", lead, said)], 0.5, {"a.txt": Article("a.txt", text)}
    )
    assert [c.answer is not None for c in found.sentences] == [False, True]


def test_of_two_articles_that_say_the_same_the_newer_is_quoted() -> None:
    said = "Ada Holm is the keeper of it."
    old = replace(candidate(6, 2.0), article_id="old.txt", start=0, end=29, text=said, index=0)
    new = replace(old, article_id="new.txt", score=1.9)
    articles = {
        "old.txt": Article("old.txt", said, "Old", "2015-01-01"),
        "new.txt": Article("new.txt", said, "New", "2024-01-01"),
    }
    found = compose([part("Who is the keeper of it?", old, new)], 0.5, articles, "2024-01-01")
    assert [one.article_id for one in found.sentences] == ["new.txt"]
    assert found.notes == ()


NEWS = (
    "# Loom\n\n## New\n\n- Patterns can be shared.\n- Dark theme.\n\n## Removed\n\n"
    "- The old theme.\n- The old search."
)


def among(question: str, texts: dict[str, str], *found: str) -> list[str]:
    """What is shown where the sentences with these words answer, each a little less than before."""
    candidates = []
    for place, words in enumerate(found):
        id = next(id for id, text in texts.items() if words in text)
        spans = split_sentences(texts[id])
        index = next(n for n, span in enumerate(spans) if words in texts[id][slice(*span)])
        start, end = spans[index]
        one = candidate(0, 2.0 - place / 2, 0.5)
        text = texts[id][start:end]
        candidates.append(replace(one, article_id=id, start=start, end=end, text=text, index=index))
    articles = {
        id: Article(id, text, date=f"202{n}-01-01") for n, (id, text) in enumerate(texts.items())
    }
    draft = compose([part(question, *candidates)], 0.5, articles)
    return [texts[one.article_id][one.start : one.end] for one in draft.sentences]


def test_of_two_lists_the_one_whose_heading_has_what_is_asked_for_is_shown() -> None:
    new = ["- Patterns can be shared.", "- Dark theme."]
    old = ["- The old theme.", "- The old search."]
    assert among("What is new in Loom?", {"a.md": NEWS}, "old theme", "Dark") == new
    assert among("What is old in Loom?", {"a.md": NEWS}, "old theme", "Dark") == old
    assert among("What is new in Loom?", {"a.md": NEWS}, "old theme", "old search") == old


def test_where_lists_are_compared_one_of_each_article_is_shown() -> None:
    next_one = NEWS.replace("Dark", "Light")
    told = among("New in Loom: 2023 vs 2024?", {"a": NEWS, "b": next_one}, "Light", "Dark")
    assert told == [
        "- Patterns can be shared.",
        "- Dark theme.",
        "- Patterns can be shared.",
        "- Light theme.",
    ]


def test_a_table_is_shown_whole_where_all_of_it_is_asked_for() -> None:
    table = "There are rooms.\n\n| Room | Seats |\n|---|---|\n| Warp | 12 |\n| Weft | 4 |\n"
    whole = ["| Room | Seats |", "| Warp | 12 |", "| Weft | 4 |"]
    assert among("List the rooms", {"a.md": table}, "There are", "Weft") == whole
    assert among("Which rooms are there?", {"a.md": table}, "Weft") == ["| Weft | 4 |"]
    rows = ["Room | Seats | Floor", "Warp | 12 | 1", "Weft | 4 | 2"]  # of a web page, or DOCX
    page = {"a.html": "There are rooms.\n\n" + "\n".join(rows)}
    assert among("List the rooms", page, "There are", "Weft") == rows


def test_each_of_two_that_are_asked_of_has_a_sentence_that_names_it() -> None:
    text = "Kari Holm called it a pity. He said it was late. Per Lund praised it, they say."
    told = among("What did Kari Holm and Per Lund say of it?", {"a": text}, "Holm", "Lund")
    assert told == ["Kari Holm called it a pity.", "Per Lund praised it, they say."]
    far = ("Holm", "He said", "He said", "He said", "Lund")
    assert "Per Lund praised it, they say." in among(
        "What did Kari Holm and Per Lund say of it?", {"a": text}, *far
    )
    of_both = among("When did Kari Holm and Per Lund meet?", {"a": text}, *far)
    assert "Per Lund praised it, they say." not in of_both


def test_a_thing_of_which_nothing_is_quoted_is_told_of() -> None:
    question = "What is told about the mill and about the salt course?"
    assert over(question, whole(MILL, "4")).notes == (
        "Nothing that is quoted speaks of the salt course.",
    )


def test_all_that_is_said_of_something_is_more_and_in_its_order() -> None:
    found = draft(
        part("Tell me about the bank", candidate(6), candidate(5, 1.2, 0.5), candidate(2, 0.5, 0.5))
    )
    assert chosen(found) == ["The bank agreed.", "Nobody left.", "It cost 40 crowns."]


def test_the_other_is_shown_with_the_one() -> None:
    text = "Seals are not to blame. One is warmth. It rained. The other is fishing. All left."
    told = ["Seals are not to blame.", "One is warmth.", "The other is fishing."]
    assert among("What is to blame?", {"a": text}, "Seals", "fishing") == told
    assert among("Who is to blame?", {"a": text}, "Seals", "fishing") == [told[0], told[2]]


def test_which_several_are_may_be_said_soon_after() -> None:
    text = "Pupils of two schools are fed. It costs much. The schools are Holm and Lund. All left."
    told = ["Pupils of two schools are fed.", "The schools are Holm and Lund."]
    assert among("Which schools are fed?", {"a": text}, "Pupils") == told
    assert among("Who is fed?", {"a": text}, "Pupils") == told[:1]


def test_a_side_that_is_asked_of_alone_adds_its_best_sentence() -> None:
    question = "How much did it cost, at first and after the bank agreed?"
    agreed = part("How much did it cost after the bank agreed?", candidate(2))
    doubtful = part("How much did it cost at first?", candidate(5), confidence=0.2)
    whole = replace(part(question, candidate(6)), sides=(doubtful, agreed))
    assert chosen(draft(whole)) == ["It cost 40 crowns.", "The bank agreed."]
    assert draft(whole).notes == ()


def test_sides_are_asked_of_where_the_best_sentence_does_not_name_them_all() -> None:
    question = "What did the mayor and the bank do?"
    assert [side.words for side in sides_unsaid(part(question, candidate(0)))] == [
        "the mayor",
        "the bank",
    ]
    both = candidate(0)
    both = replace(both, text="The mayor and the bank met.")
    assert sides_unsaid(part(question, both)) == ()
