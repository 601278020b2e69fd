from __future__ import annotations

import time
from pathlib import Path

import pytest

from assistant.retrieval.aliases import Alias, aliases_in, definitions, read_synonyms, suggestions
from embeddings.errors import ReadError


def test_the_synonyms_file(tmp_path: Path) -> None:
    (tmp_path / ".footnotesynonyms").write_text("# names\nACME, Acme Tools Corporation\n\n")
    groups = read_synonyms([tmp_path, tmp_path / "nowhere"])
    assert groups == (("ACME", "Acme Tools Corporation"),)
    (alias,) = aliases_in("What does acme make?", groups)
    assert alias == Alias("ACME", "Acme Tools Corporation")
    assert alias.put_into("What does acme make?") == "What does Acme Tools Corporation make?"
    assert aliases_in("What does Acmeville make?", groups) == ()


def test_a_name_alone_is_an_error_with_its_line(tmp_path: Path) -> None:
    (tmp_path / ".footnotesynonyms").write_text("a, b\nalone\n")
    with pytest.raises(ReadError, match="line 2"):
        read_synonyms([tmp_path])


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("What is an NEV?", "The new energy vehicle industry grows.", "new energy vehicle"),
        (
            "Who chairs the NWG?",
            "The Northern Water Supply Group met.",
            "Northern Water Supply Group",
        ),
        ("Who chairs the Northern Water Supply Group?", "The NWG met.", "NWG"),
    ],
)
def test_abbreviations_are_found_in_the_text(question: str, text: str, other: str) -> None:
    assert other in [alias.other for alias in aliases_in(question, (), [text])]


@pytest.mark.parametrize(
    ("question", "text", "alias"),
    [
        ("Who builds phase 3?", "The third phase is built.", Alias("phase 3", "third phase")),
        ("Who builds phase III?", "Phase 3 is built.", Alias("phase III", "Phase 3")),
        ("Who builds the 2nd stage?", "Stage two is built.", Alias("2nd stage", "Stage two")),
    ],
)
def test_a_numbered_part_is_known_by_its_other_writing(
    question: str, text: str, alias: Alias
) -> None:
    assert aliases_in(question, (), [text]) == (alias,)
    others = ["The second phase is built.", "Phase 3 is built.", "The third stage is built."]
    assert aliases_in("Who builds phase 3?", (), others) == ()
    both = "Phase III is the third phase."
    assert aliases_in("Who builds phase III?", (), [both]) == ()


def test_what_does_not_abbreviate_is_left_alone() -> None:
    assert aliases_in("Who chairs the XYZ?", (), ["The Northern Water Group met."]) == ()
    assert aliases_in("Who is he?", (), ["The NWG met."]) == ()


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (
            "The Northern Water Supply Group (NWSG) met.",
            [("Northern Water Supply Group", "NWSG")],
        ),
        ("The NWG (Northern Water Group) met.", [("Northern Water Group", "NWG")]),
        ("Zentrum für Luft- und Raumfahrt (ZLR)", [("Zentrum für Luft- und Raumfahrt", "ZLR")]),
        ("The Northern Water Group\n(NWG) met.", [("Northern Water Group", "NWG")]),
        ("Northern Water\nGroup (NWG) met.", []),
        ("(Northern) Water Group (NWG) met.", []),
        (f"The Northern {' ' * 200} Water Group (NWG) met.", []),
        ("The Northern Water Group, of Oslo (NWG), met.", []),
        ("It met (see below) in Oslo (Norway).", []),
        ("The group of water (XYZ) met.", []),
    ],
)
def test_an_abbreviation_beside_its_long_form(text: str, pairs: list[tuple[str, str]]) -> None:
    assert list(definitions(text)) == pairs


def test_a_book_without_brackets_is_searched_at_once() -> None:
    book = "The chronicle of the town tells of its bridges, and of who built them. " * 15_000
    begun = time.perf_counter()
    assert list(definitions(f"{book}The Northern Water Group (NWG) met.")) == [
        ("Northern Water Group", "NWG")
    ]
    assert time.perf_counter() - begun < 1.0


def test_suggestions_leave_out_what_the_file_has() -> None:
    texts = [
        ("a.txt", "The Northern Water Group (NWG) met the Oslo Rail Board (ORB)."),
        ("b.txt", "The Northern Water Group (NWG) rested."),
    ]
    assert suggestions(texts) == [
        (("NWG", "Northern Water Group"), ("a.txt", "b.txt")),
        (("ORB", "Oslo Rail Board"), ("a.txt",)),
    ]
    assert [names for names, _ in suggestions(texts, [("nwg", "northern water group", "NW")])] == [
        ("ORB", "Oslo Rail Board")
    ]
