from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from embeddings.records import Article
from embeddings.splitting import (
    LONGEST_SENTENCE,
    PASSAGE_CHARACTERS,
    PIECE,
    WINDOW,
    split_article,
    split_sentences,
)

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))

PIECES = (
    *("Same line.\n", "Same line.\r\n", "\r\n\r\n", "\n", " ", "\t", "\u00a0", "x" * 700),
    *("🙂 emoji 👩\u200d👩\u200d👧 here. ", '"Quoted? ', "e.g. Dr. No. 5. ", "宁德市新能源。"),
    *("3.14, 2,565! ", "- item\n", "Wrapped at the end of\n", "and on, " * 60),
    *("  - a deeper item that may have been wrapped\n", "    indented\n"),
)
awkward = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def check(text: str) -> None:
    passages = split_article(Article("a.txt", text))
    covered = [False] * len(text)
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert passage.text.strip() == passage.text != ""
        covered[passage.start : passage.end] = [True] * (passage.end - passage.start)
    lost = "".join(c for c, seen in zip(text, covered, strict=True) if not seen)
    assert not lost.strip(' \t\r\n\x0b\x0c\u00a0\u3000\ufeff"\x1c\x1d\x1e\x1f\x85\u2028\u2029'), (
        lost[:80]
    )
    assert [(p.start, p.end) for p in passages] == sorted({(p.start, p.end) for p in passages})


@pytest.mark.parametrize("path", SEEDS, ids=lambda p: p.stem[:3])
def test_passages_of_the_seeds_stand_at_their_offsets(path: Path) -> None:
    check(path.read_bytes().decode("utf-8"))


@given(awkward | st.text(max_size=2000))
@settings(max_examples=150, deadline=None)
@example("Same line.\n" * 500)
@example("Same line.\r\n" * 500)
@example("")
@example('"')
def test_passages_stand_at_their_offsets_in_any_text(text: str) -> None:
    check(text)


def test_one_line_of_a_megabyte() -> None:
    check("word " * 200_000)
    check("a" * 1_000_000)


def test_passages_are_bounded() -> None:
    passages = split_article(Article("a.txt", "A sentence of some words. " * 500))
    assert max(len(p.text) for p in passages) <= 2 * PASSAGE_CHARACTERS


@given(awkward)
@settings(max_examples=100, deadline=None)
def test_sentences_are_ordered_and_do_not_overlap(text: str) -> None:
    position = 0
    for start, end in split_sentences(text):
        assert position <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]
        position = end


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def test_a_quotation_that_never_closes_hides_no_sentence_end() -> None:
    text = 'What is left? "On arrival he looked. He listened. He left.\nIt rained. It did.'
    assert sentences(text) == [
        "What is left?", "On arrival he looked.", "He listened.", "He left.",
        "It rained.", "It did.",
    ]  # fmt: skip


def test_a_wrapped_sentence_stays_whole_and_a_heading_stays_apart() -> None:
    text = (
        "A heading\n\nThis sentence was wrapped by an editor at some width\nand goes on here. Next."
    )
    assert sentences(text) == [
        "A heading",
        "This sentence was wrapped by an editor at some width\nand goes on here.",
        "Next.",
    ]


@pytest.mark.parametrize(
    "rule", ["=" * 50, "-" * 50, "* * * * * * * * * * * * * * * * * * * * * *"]
)
def test_a_rule_is_no_part_of_what_stands_above_or_below_it(rule: str) -> None:
    title, first = "How the bridge over the Wend was built in four years", "It was built of brick."
    assert sentences(f"{title}\n{rule}\n{first}") == [title, rule, first]


@pytest.mark.parametrize(
    ("following", "goes_on"),
    [
        ("and it goes on here.", True),
        ("`ferry --now` goes on here.", True),
        ("(or so it says) and goes on here.", True),
        ("Another speaker: Ola Lie", False),
        ("- an item", False),
    ],
)
def test_a_line_that_is_wrapped_wide_goes_on_in_small_letters(
    following: str, goes_on: bool
) -> None:
    line = "The ferry between the old harbour and the new one " + "sails every day of the week " * 5
    text = f"{line.strip()}\n{following}"
    assert len(line) > 180
    assert (len(sentences(text)) == 1) is goes_on


@pytest.mark.parametrize("indent", ["", "- an item.\n  ", "10. an item.\n    ", "   "])
def test_what_is_wrapped_may_be_indented(indent: str) -> None:
    own = indent.rpartition("\n")[2]
    wrapped = "four bolts, which have to be made of stainless steel, and be at least"
    text = f"{indent}{wrapped}\n{own}60 mm long\n{own}- {wrapped}\n{own}  90 mm long\n   \nAll."
    assert [" ".join(each.split()) for each in sentences(text)][-3:] == [
        f"{wrapped} 60 mm long",
        f"- {wrapped} 90 mm long",
        "All.",
    ]


@pytest.mark.parametrize("around", ["    ", "1. Run:\n\n       ", "- Run:\n      "])
def test_lines_of_code_are_not_wrapped(around: str) -> None:
    own = around.rpartition("\n")[2]
    lines = ["pump hold NAME --with-the-bolts --and-the-nuts", "pump list"]
    assert sentences(f"{around}{lines[0]}\n{own}{lines[1]}\n")[-2:] == lines


def test_what_is_indented_deeper_than_prose_is_a_block_of_its_own() -> None:
    line = "A heading that is so long that it might as well be wrapped"
    text = f"{line}\n    The chapter begins.\n\n- item\n\n{line}\n\n    {line}\n\t- red\n"
    assert sentences(text) == [line, "The chapter begins.", "- item", line, line, "- red"]


@pytest.mark.parametrize(
    "rows",
    [
        # As web pages, DOCX, ODT and RTF are read, and as people type them
        [
            "Treatment | Weeks, January 2023 | Weeks, January 2024",
            "Knee replacement with a prosthesis of steel | 32 | 41",
            "Hip, by Dr. K. Moe. It takes a day. | 29 | 34",
            "Hearing test | 8 | 11",
        ],
        # Two cells, and a table that a program has written with tabs
        ["The point that is in dispute at the inquiry | Zephyrine", "Homes that are supplied | 9"],
        ["Name of the ferry that crosses\tSeats in all\tBuilt", "Quiet Tern of the Wend\t40\t2023"],
        # Markdown, without the rule below a head
        ["| Deck of the bridge. Of steel. | May 2025 | November 2025 |", "| Piers | 2024 | 2025 |"],
    ],
)
def test_a_row_of_a_table_is_one_sentence(rows: list[str]) -> None:
    before, after = "This sentence was wrapped by an editor at some width", "It was long. It ended."
    table = "\n".join(rows)
    parts = ["It was long.", "It ended."]
    assert sentences(f"{before}\n\n{table}\n\n{after}") == [before, *rows, *parts]


def test_a_bar_in_running_text_makes_no_row() -> None:
    text = (
        "Count the files with `ls | sort | wc` in the folder of the articles. It takes a moment\n"
        "and a bar | in between is no cell of a table. Then go on.\n"
    )
    assert len(sentences(text)) == 3
    cell = "Each rule is told. " * 40
    assert len(sentences(f"| {cell} | {cell} |")) > 2, "a long row is no one quote"


SPOKEN = [f"so we say word {n} and go on to the next that we have to say" for n in range(60)]


@pytest.mark.parametrize(
    ("between", "ends"),
    [("\n", "say"), ("\r\n", "say"), ("; ", ";"), ("；", "；"), (", ", ","), (" ", ""), ("", "")],
)
def test_what_is_longer_than_any_sentence_is_cut_where_it_can_be(between: str, ends: str) -> None:
    text = f"It begins. {between.join(SPOKEN)}"
    if not between:
        text = "It begins. " + "".join(SPOKEN).replace(" ", "")
    first, *pieces = split_sentences(text)
    assert text[slice(*first)] == "It begins."
    assert max(end - start for start, end in pieces) <= PIECE[-1]
    assert min(end - start for start, end in pieces) >= PIECE[0] - 2
    for (_, end), (start, _) in pairwise(pieces):
        assert text[end:start] == between.strip(";；,")
        assert text[:end].endswith(ends)
    check(text)


def test_a_long_sentence_stays_whole_as_long_as_somebody_may_have_written_it() -> None:
    text = f"{'many words, ' * 66}end."
    assert len(text) <= LONGEST_SENTENCE
    assert sentences(text) == [text]
    assert len(sentences(f"many words, {text}")) > 1


def test_abbreviations_and_numbers_do_not_end_a_sentence() -> None:
    text = "Dr. Li sold 2.565 billion. Mr. Sui left."
    assert sentences(text) == ["Dr. Li sold 2.565 billion.", "Mr. Sui left."]


class Counted(str):
    """Text that counts the characters which are copied out of it."""

    copied = 0

    def __getitem__(self, place: Any) -> str:
        piece = super().__getitem__(place)
        Counted.copied += len(piece)
        return piece


def test_a_long_text_is_not_copied_for_each_of_its_lines() -> None:
    text = Counted("A line of the log.\n" * 2_000)
    assert len(split_sentences(text)) == 2_000
    assert Counted.copied < 10 * len(text)


FRONT_MATTER = (
    "---\n"
    "title: A bridge over the Hollin that is open to all who walk\n"
    'author: "Kari Holm, who has written of bridges before"\n'
    "date: 2024-05-01\n"
    "---\n\n"
    "The bridge over the Hollin, which took four years to build,\nis open.\n"
)


def test_a_line_of_front_matter_is_a_sentence() -> None:
    spans = split_sentences(FRONT_MATTER)
    assert [FRONT_MATTER[start:end] for start, end in spans] == [
        "---",
        "title: A bridge over the Hollin that is open to all who walk",
        'author: "Kari Holm, who has written of bridges before"',
        "date: 2024-05-01",
        "---",
        "The bridge over the Hollin, which took four years to build,\nis open.",
    ]
    check(FRONT_MATTER)
    later = f"Before.\n\n{FRONT_MATTER}"  # a rule between two lines, and what is between them
    assert "title: A bridge over the Hollin that is open to all who walk\nauthor" in "\n".join(
        later[start:end] for start, end in split_sentences(later)
    )
    prose = f"---\n{FRONT_MATTER.split('---')[2].strip()}\n---\nMore.\n"  # between two rules
    assert "The bridge over the Hollin, which took four years to build,\nis open." in [
        prose[start:end] for start, end in split_sentences(prose)
    ]


@pytest.mark.parametrize("space", ["\u00a0", "\u2028", "\u3000", "\u0085"])
def test_no_white_space_makes_the_splitting_fail(space: str) -> None:
    text = f"She said that I{space}.{space}.{space}. well, never mind. It was late."
    spans = split_sentences(text)
    assert text[slice(*spans[-1])] == "It was late."
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_a_sentence_splitter_that_panics_loses_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panics(language: str, text: str) -> None:
        raise PanicException

    monkeypatch.setattr("sentencex.get_sentence_boundaries", panics)
    assert split_sentences("One went. Two came.\n\nThree.") == ((0, 19), (21, 27))


def test_a_long_chinese_paragraph_is_split_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    import sentencex

    split = sentencex.get_sentence_boundaries
    lengths: list[int] = []

    def counted(language: str, text: str) -> object:
        lengths.append(len(text))
        return split(language, text)

    monkeypatch.setattr("sentencex.get_sentence_boundaries", counted)
    sentence = "桥在早上开放了。"
    spans = split_sentences(sentence * 1_000)
    assert len(spans) == 1_000
    assert max(lengths) < 2 * WINDOW
