"""How often a kind of answer is missed where it is: `python benchmarks/answer_types.py FOLDER`.

FOLDER holds the public sets that the reader is trained on. For each answerable question of
SQuAD 2.0, CLAPnq and CANARD, and of the news and documents written for the reader, the sentences
that answer are held against `assistant.language.answer_types`: what it rules out there is a false
alarm. No model is asked.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from assistant.language.answer_types import (
    answer_type,
    holds,
    other_ordinal,
    other_rank,
    unnamed,
)
from embeddings.training.examples import Question, load_collection
from embeddings.training.written import load_articles

SOURCES = ("squad2", "clapnq", "canard")
MOST_SENTENCES = 2
"""Longer answers of CLAPnq and CANARD are no single fact."""
WRITTEN = Path(__file__).resolve().parents[1] / "embeddings" / "training"
RULES = {
    "another place in an order": other_ordinal,
    "nobody in the office": other_rank,
    "no name where one is wanted": unnamed,
}


def public(folder: Path) -> Iterator[Question]:
    """The answerable questions of the public sets."""
    for question in load_collection(folder, test=False, everything=True).questions:
        few = question.source == "squad2" or len(question.relevant) <= MOST_SENTENCES
        if question.source in SOURCES and question.relevant and few:
            yield question


def written() -> Iterator[Question]:
    """The answerable questions of our own news and documents."""
    for name in ("news", "documents"):
        for test in (True, False):
            articles = load_articles(WRITTEN / f"{name}.jsonl", test=test)
            yield from (question for question in articles.questions if question.relevant)


def sentences(question: Question) -> list[str]:
    """What answers the question."""
    spans = (question.paragraph.sentences[number] for number in question.relevant)
    return [question.paragraph.text[start:end] for start, end in spans]


def main() -> None:
    """Print the share of false alarms by kind of answer."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the public sets")
    folder = parser.parse_args().folder
    asked, missed = Counter[str](), Counter[str]()
    alarms = {"public": Counter[str](), "own": Counter[str]()}
    totals = Counter[str]()
    for whose, questions in (("public", public(folder)), ("own", written())):
        for question in questions:
            found = sentences(question)
            totals[whose] += 1
            for name, rule in RULES.items():
                alarms[whose][name] += all(rule(question.text, each) for each in found)
            if whose == "public":
                kind = answer_type(question.text)
                asked[kind.value] += 1
                missed[kind.value] += not holds(kind, " ".join(found), question.text)
    print("| kind | questions | missed |\n|---|---|---|")
    for kind_name, count in asked.most_common():
        print(f"| {kind_name} | {count} | {missed[kind_name] / count:.1%} |")
    total = sum(asked.values())
    print(f"| all | {total} | {sum(missed.values()) / total:.1%} |")
    print("\n| ruled out | public questions | own questions |\n|---|---|---|")
    for name in RULES:
        print(f"| {name} | {alarms['public'][name]} | {alarms['own'][name]} |")
    print(f"| of | {totals['public']} | {totals['own']} |")


if __name__ == "__main__":
    main()
